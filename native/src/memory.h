// Memory that the C API hands to callers. Each throws with the call, the size and CUDA's words.
#pragma once

#include <cstdint>

namespace pinion {

// Portable among devices, zeroed.
void* pinnedAlloc(uint64_t bytes);
void pinnedFree(void* data);
void pinnedRegister(void* data, uint64_t bytes);
void pinnedUnregister(void* data);
void* deviceAlloc(int32_t device, uint64_t bytes);
void deviceFree(void* data);
// Between any two of host and device memory.
void memoryCopy(void* destination, const void* source, uint64_t bytes);

}  // namespace pinion
