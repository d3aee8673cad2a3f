#include "device.h"

#include <cuda_runtime_api.h>

#include <cstdio>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "error.h"

namespace pinion {
namespace {

int32_t attribute(cudaDeviceAttr name, int32_t device) {
    int value = 0;
    PN_CHECK_CUDA(cudaDeviceGetAttribute(&value, name, device));
    return value;
}

void checkIndex(int32_t device) {
    const int32_t count = deviceCount();
    if (device < 0 || device >= count) {
        throw Error(PN_INVALID_ARGUMENT,
                    "device is " + std::to_string(device) + "; it must be 0 to " + std::to_string(count - 1));
    }
}

}  // namespace

int32_t deviceCount() {
    int count = 0;
    const cudaError_t code = cudaGetDeviceCount(&count);
    if (code != cudaSuccess) {
        (void)cudaGetLastError();
        throw Error(PN_NO_DEVICE,
                    std::string("no CUDA device: ") + cudaGetErrorName(code) + ": " + cudaGetErrorString(code));
    }
    if (count == 0) {
        throw Error(PN_NO_DEVICE, "no CUDA device: the CUDA runtime counts 0");
    }
    return count;
}

pn_device_info deviceInfo(int32_t device) {
    checkIndex(device);
    pn_device_info info{};
    info.struct_size = sizeof(info);
    info.index = device;
    info.sm_major = attribute(cudaDevAttrComputeCapabilityMajor, device);
    info.sm_minor = attribute(cudaDevAttrComputeCapabilityMinor, device);
    info.multiprocessors = attribute(cudaDevAttrMultiProcessorCount, device);
    info.clock_khz = attribute(cudaDevAttrClockRate, device);
    info.memory_clock_khz = attribute(cudaDevAttrMemoryClockRate, device);
    info.memory_bus_bits = attribute(cudaDevAttrGlobalMemoryBusWidth, device);
    info.l2_bytes = attribute(cudaDevAttrL2CacheSize, device);
    cudaDeviceProp properties{};
    PN_CHECK_CUDA(cudaGetDeviceProperties(&properties, device));
    info.total_bytes = static_cast<int64_t>(properties.totalGlobalMem);
    std::snprintf(info.name, sizeof(info.name), "%s", properties.name);
    PN_CHECK_CUDA(cudaDeviceGetPCIBusId(info.pci_bus_id, sizeof(info.pci_bus_id), device));
    return info;
}

void deviceMemory(int32_t device, int64_t& outFree, int64_t& outTotal) {
    useDevice(device);
    size_t freeBytes = 0;
    size_t totalBytes = 0;
    PN_CHECK_CUDA(cudaMemGetInfo(&freeBytes, &totalBytes));
    outFree = static_cast<int64_t>(freeBytes);
    outTotal = static_cast<int64_t>(totalBytes);
}

void useDevice(int32_t device) {
    checkIndex(device);
    useKnownDevice(device);
}

void useKnownDevice(int32_t device) {
    int current = 0;
    PN_CHECK_CUDA(cudaGetDevice(&current));
    // Before CUDA 12 a thread's device may be current and have no context yet; whatever follows makes it.
    if (current != device) {
        PN_CHECK_CUDA(cudaSetDevice(device));
    }
}

bool useDeviceToRelease(int32_t device) noexcept {
    return cudaSetDevice(device) != cudaErrorCudartUnloading;
}

void leave(std::shared_ptr<void> object) {
    static auto& mutex = *new std::mutex;
    static auto& left = *new std::vector<std::shared_ptr<void>>;
    const std::lock_guard<std::mutex> lock(mutex);
    left.push_back(std::move(object));
}

}  // namespace pinion
