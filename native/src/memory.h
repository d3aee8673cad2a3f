// Memory that the C API hands to callers. Each throws with the call, the size and CUDA's words.
#pragma once

#include <cstdint>

namespace pinion {

// Each works in the primary context of the device that it names.

// Portable among devices, zeroed.
void* pinnedAlloc(int32_t device, uint64_t bytes);
void pinnedFree(int32_t device, void* data);
void pinnedRegister(int32_t device, void* data, uint64_t bytes);
void pinnedUnregister(int32_t device, void* data);
void* deviceAlloc(int32_t device, uint64_t bytes);
void deviceFree(int32_t device, void* data);
// Between any two of host and device memory.
void memoryCopy(int32_t device, void* destination, const void* source, uint64_t bytes);

}  // namespace pinion
