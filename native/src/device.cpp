#include "device.h"

#include <cuda_runtime_api.h>

#include <cstdio>
#include <string>

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
    const DeviceScope scope(device);
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
    size_t freeBytes = 0;
    size_t totalBytes = 0;
    PN_CHECK_CUDA(cudaMemGetInfo(&freeBytes, &totalBytes));
    info.free_bytes = static_cast<int64_t>(freeBytes);
    info.total_bytes = static_cast<int64_t>(totalBytes);
    cudaDeviceProp properties{};
    PN_CHECK_CUDA(cudaGetDeviceProperties(&properties, device));
    std::snprintf(info.name, sizeof(info.name), "%s", properties.name);
    PN_CHECK_CUDA(cudaDeviceGetPCIBusId(info.pci_bus_id, sizeof(info.pci_bus_id), device));
    return info;
}

DeviceScope::DeviceScope(int32_t device) {
    checkIndex(device);
    PN_CHECK_CUDA(cudaGetDevice(&former_));
    PN_CHECK_CUDA(cudaSetDevice(device));
}

DeviceScope::~DeviceScope() {
    (void)cudaSetDevice(former_);
}

ReleaseScope::ReleaseScope(int32_t device) noexcept {
    (void)cudaGetDevice(&former_);
    (void)cudaSetDevice(device);
}

ReleaseScope::~ReleaseScope() {
    (void)cudaSetDevice(former_);
}

void HotDeviceScope::enter(int32_t device) {
    PN_CHECK_CUDA(cudaGetDevice(&former_));
    if (former_ != device) {
        PN_CHECK_CUDA(cudaSetDevice(device));
        isChanged_ = true;
    }
}

void HotDeviceScope::leave() noexcept {
    (void)cudaSetDevice(former_);
}

}  // namespace pinion
