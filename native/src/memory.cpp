#include "memory.h"

#include <cuda_runtime_api.h>

#include <cstring>
#include <string>

#include "device.h"
#include "error.h"

namespace pinion {
namespace {

void requireBytes(uint64_t bytes) {
    if (bytes == 0) {
        throw Error(PN_INVALID_ARGUMENT, "bytes is 0; it must be at least 1");
    }
}

// CUDA's own words do not say how much was asked for.
void checkAllocation(cudaError_t code, const char* call, const char* kind, uint64_t bytes) {
    if (code == cudaErrorMemoryAllocation) {
        (void)cudaGetLastError();
        throw Error(PN_DEVICE_OUT_OF_MEMORY,
                    "out of " + std::string(kind) + " memory: " + std::to_string(bytes) + " bytes were asked for");
    }
    checkCuda(code, call);
}

}  // namespace

void* pinnedAlloc(int32_t device, uint64_t bytes) {
    requireBytes(bytes);
    useDevice(device);
    void* data = nullptr;
    checkAllocation(cudaHostAlloc(&data, bytes, cudaHostAllocPortable), "cudaHostAlloc", "pinned host", bytes);
    std::memset(data, 0, bytes);
    return data;
}

void pinnedFree(int32_t device, void* data) {
    useDevice(device);
    PN_CHECK_CUDA(cudaFreeHost(data));
}

void pinnedRegister(int32_t device, void* data, uint64_t bytes) {
    requireBytes(bytes);
    useDevice(device);
    PN_CHECK_CUDA(cudaHostRegister(data, bytes, cudaHostRegisterPortable));
}

void pinnedUnregister(int32_t device, void* data) {
    useDevice(device);
    PN_CHECK_CUDA(cudaHostUnregister(data));
}

void* deviceAlloc(int32_t device, uint64_t bytes) {
    requireBytes(bytes);
    useDevice(device);
    void* data = nullptr;
    checkAllocation(cudaMalloc(&data, bytes), "cudaMalloc", "device", bytes);
    return data;
}

void deviceFree(int32_t device, void* data) {
    useDevice(device);
    PN_CHECK_CUDA(cudaFree(data));
}

void memoryCopy(int32_t device, void* destination, const void* source, uint64_t bytes) {
    useDevice(device);
    // cudaMemcpy may return before its copy has landed (within the device, or from pageable memory), and the streams of
    // sessions do not wait for its stream.
    PN_CHECK_CUDA(cudaMemcpyAsync(destination, source, bytes, cudaMemcpyDefault, cudaStreamPerThread));
    PN_CHECK_CUDA(cudaStreamSynchronize(cudaStreamPerThread));
}

}  // namespace pinion
