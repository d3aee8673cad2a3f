#include "cuda_resources.h"

#include <algorithm>
#include <cstring>

#include "error.h"

namespace pinion {
namespace {

// TensorRT wants a non-null address for an empty tensor too.
constexpr uint64_t kSmallestAllocation = 256;

[[noreturn]] void throwAllocation(cudaError_t code, const char* call, const char* kind, uint64_t bytes,
                                  const std::string& purpose) {
    if (code != cudaErrorMemoryAllocation) {
        throwCuda(code, call);
    }
    (void)cudaGetLastError();
    size_t freeBytes = 0;
    size_t totalBytes = 0;
    std::string available = "an unknown amount is";
    if (cudaMemGetInfo(&freeBytes, &totalBytes) == cudaSuccess) {
        available = std::to_string(freeBytes) + " of " + std::to_string(totalBytes) + " device bytes are";
    }
    throw Error(PN_DEVICE_OUT_OF_MEMORY, "out of " + std::string(kind) + " memory: " + purpose + " needs " +
                                             std::to_string(bytes) + " bytes, " + available +
                                             " free; use fewer sessions or smaller profile shapes");
}

}  // namespace

DeviceMemory allocateDevice(uint64_t bytes, const std::string& purpose) {
    bytes = std::max(bytes, kSmallestAllocation);
    DeviceMemory memory;
    const cudaError_t code = cudaMalloc(memory.out(), bytes);
    if (code != cudaSuccess) {
        throwAllocation(code, "cudaMalloc", "device", bytes, purpose);
    }
    return memory;
}

PinnedMemory allocatePinned(uint64_t bytes, const std::string& purpose) {
    bytes = std::max(bytes, kSmallestAllocation);
    PinnedMemory memory;
    const cudaError_t code = cudaHostAlloc(memory.out(), bytes, cudaHostAllocPortable);
    if (code != cudaSuccess) {
        throwAllocation(code, "cudaHostAlloc", "pinned host", bytes, purpose);
    }
    std::memset(memory.get(), 0, bytes);
    return memory;
}

}  // namespace pinion
