#include <algorithm>
#include <cstdio>
#include <cstring>
#include <vector>

#include "capture.h"
#include "cuda_runtime_api.h"
#include "device_streams.h"
#include "identity.h"
#include "runtime.h"
#include "settings.h"

using namespace hostcuda;

namespace {

bool isDevice(int device) {
    return device >= 0 && device < settings().devices;
}

// Calls that ask about the machine only; a failed device still answers them.
cudaError_t answerFor(int device) {
    return isDevice(device) ? cudaSuccess : cudaErrorInvalidDevice;
}

// Stable for one CPU model and ordinal, so that a plan made here fits here again.
cudaUUID_t uuidOf(const std::string& name, int ordinal) {
    cudaUUID_t uuid = {};
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < sizeof(uuid.bytes); ++i) {
        for (const char c : name) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
        }
        hash = (hash ^ static_cast<uint64_t>(ordinal)) * 0x100000001b3U;
        uuid.bytes[i] = static_cast<char>(hash >> 56);
    }
    return uuid;
}

// What is unknown or has no meaning on a CPU stays 0; the compute capability 0.0 says that this is no GPU.
cudaDeviceProp propertiesOf(int device) {
    cudaDeviceProp prop = {};
    const std::string name = "Pinion host device" + (cpuName().empty() ? std::string() : " (" + cpuName() + ")");
    std::snprintf(prop.name, sizeof(prop.name), "%s", name.c_str());
    prop.uuid = uuidOf(name, device);
    prop.totalGlobalMem = Device::totalMemory();
    prop.warpSize = 1;
    prop.maxThreadsPerBlock = 1;
    std::fill_n(prop.maxThreadsDim, 3, 1);
    std::fill_n(prop.maxGridSize, 3, 1);
    prop.clockRate = cpuClockKhz();
    prop.multiProcessorCount = cpuCount();
    prop.major = settings().computeCapability / 10;
    prop.minor = settings().computeCapability % 10;
    prop.integrated = 1;
    prop.canMapHostMemory = 1;
    prop.computeMode = cudaComputeModeDefault;
    prop.deviceOverlap = 1;
    prop.concurrentKernels = 1;
    prop.pciDeviceID = device;
    prop.asyncEngineCount = 2;
    prop.unifiedAddressing = 1;
    prop.l2CacheSize = l2CacheBytes();
    prop.canUseHostPointerForRegisteredMem = 1;
    return prop;
}

}  // namespace

cudaError_t cudaGetLastError(void) {
    const cudaError_t error = cudaPeekAtLastError();
    setLastError(cudaSuccess);
    return error;
}

cudaError_t cudaPeekAtLastError(void) {
    const cudaError_t sticky = thisDevice().error();
    return sticky != cudaSuccess ? sticky : lastError();
}

const char* cudaGetErrorName(cudaError_t error) {
    switch (error) {
#define PINION_CUDA_ERROR(enumerator, text) \
    case enumerator:                        \
        return #enumerator;
#include "error_table.inc"
#undef PINION_CUDA_ERROR
        default:
            return "unrecognized error code";
    }
}

const char* cudaGetErrorString(cudaError_t error) {
    switch (error) {
#define PINION_CUDA_ERROR(enumerator, text) \
    case enumerator:                        \
        return text;
#include "error_table.inc"
#undef PINION_CUDA_ERROR
        default:
            return "unrecognized error code";
    }
}

cudaError_t cudaGetDeviceCount(int* count) {
    if (count != nullptr) {
        *count = 0;
    }
    return apiWithoutContext([&] {
        if (count == nullptr) {
            return cudaErrorInvalidValue;
        }
        *count = settings().devices;
        return cudaSuccess;
    });
}

cudaError_t cudaSetDevice(int device) {
    return apiWithoutContext([&] {
        // As of CUDA 12 the device's primary context is made at once, and the device stays as it was where that fails.
        cudaError_t error = answerFor(device);
        if (error == cudaSuccess) {
            error = deviceAt(device).initialize();
        }
        if (error == cudaSuccess) {
            setCurrentDevice(device);
        }
        return error;
    });
}

cudaError_t cudaGetDevice(int* device) {
    return apiWithoutContext([&] {
        if (device == nullptr) {
            return cudaErrorInvalidValue;
        }
        *device = currentDevice();
        return cudaSuccess;
    });
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* prop, int device) {
    return apiWithoutContext([&] {
        if (prop == nullptr) {
            return cudaErrorInvalidValue;
        }
        const cudaError_t error = answerFor(device);
        if (error == cudaSuccess) {
            *prop = propertiesOf(device);
        }
        return error;
    });
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attr, int device) {
    return apiWithoutContext([&] {
        if (value == nullptr || attr <= 0 || attr >= cudaDevAttrMax) {
            return cudaErrorInvalidValue;
        }
        const cudaError_t error = answerFor(device);
        if (error != cudaSuccess) {
            return error;
        }
        const cudaDeviceProp prop = propertiesOf(device);
        switch (attr) {
            case cudaDevAttrMaxThreadsPerBlock:
            case cudaDevAttrMaxBlockDimX:
            case cudaDevAttrMaxBlockDimY:
            case cudaDevAttrMaxBlockDimZ:
            case cudaDevAttrMaxGridDimX:
            case cudaDevAttrMaxGridDimY:
            case cudaDevAttrMaxGridDimZ:
            case cudaDevAttrWarpSize:
            case cudaDevAttrGpuOverlap:
            case cudaDevAttrIntegrated:
            case cudaDevAttrCanMapHostMemory:
            case cudaDevAttrConcurrentKernels:
            case cudaDevAttrUnifiedAddressing:
            case cudaDevAttrCanUseHostPointerForRegisteredMem:
            case cudaDevAttrHostRegisterSupported:
            case cudaDevAttrMemoryPoolsSupported:
                *value = 1;
                break;
            case cudaDevAttrComputeCapabilityMajor:
                *value = prop.major;
                break;
            case cudaDevAttrComputeCapabilityMinor:
                *value = prop.minor;
                break;
            case cudaDevAttrClockRate:
                *value = prop.clockRate;
                break;
            case cudaDevAttrMultiProcessorCount:
                *value = prop.multiProcessorCount;
                break;
            case cudaDevAttrPciDeviceId:
                *value = prop.pciDeviceID;
                break;
            case cudaDevAttrL2CacheSize:
                *value = prop.l2CacheSize;
                break;
            case cudaDevAttrAsyncEngineCount:
                *value = prop.asyncEngineCount;
                break;
            default:
                *value = 0;
        }
        return cudaSuccess;
    });
}

cudaError_t cudaDeviceGetPCIBusId(char* pciBusId, int len, int device) {
    return apiWithoutContext([&] {
        constexpr int kLength = 13;  // "0000:00:00.0" and its end
        if (pciBusId == nullptr || len < kLength) {
            return cudaErrorInvalidValue;
        }
        const cudaError_t error = answerFor(device);
        if (error == cudaSuccess) {
            std::snprintf(pciBusId, static_cast<size_t>(len), "0000:00:%02x.0", static_cast<unsigned>(device));
        }
        return error;
    });
}

cudaError_t cudaDeviceGetByPCIBusId(int* device, const char* pciBusId) {
    return apiWithoutContext([&] {
        if (device == nullptr || pciBusId == nullptr) {
            return cudaErrorInvalidValue;
        }
        unsigned domain = 0;
        unsigned bus = 0;
        unsigned slot = 0;
        if (std::sscanf(pciBusId, "%x:%x:%x", &domain, &bus, &slot) != 3 || domain != 0 || bus != 0 ||
            slot >= static_cast<unsigned>(settings().devices)) {
            return cudaErrorInvalidDevice;
        }
        *device = static_cast<int>(slot);
        return cudaSuccess;
    });
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* leastPriority, int* greatestPriority) {
    return apiWithoutContext([&] {
        // Workers are ordinary threads: there is one priority.
        if (leastPriority != nullptr) {
            *leastPriority = 0;
        }
        if (greatestPriority != nullptr) {
            *greatestPriority = 0;
        }
        return cudaSuccess;
    });
}

cudaError_t cudaDeviceSynchronize(void) {
    return api([] {
        Device& device = thisDevice();
        cudaError_t error = refuseIfDeviceCapturing(device.ordinal);
        if (error == cudaSuccess) {
            error = refuseIfUnsafe();
        }
        if (error == cudaSuccess) {
            error = faultAtCall(FaultPoint::kSynchronize);
        }
        if (error != cudaSuccess) {
            return error;
        }
        waitIdle(device, device.waitMode());
        return device.error();
    });
}

cudaError_t cudaDeviceReset(void) {
    return apiWithoutContext([] {
        Device& device = thisDevice();
        Runtime& all = runtime();
        for (const auto& stream : streamsOf(device)) {
            abandonCapture(*stream);
        }
        waitIdle(device, WaitMode::kAuto);
        for (const auto& stream : all.streams.removeIf([&](const Stream& s) { return &s.device == &device; })) {
            stream->close();
        }
        const auto belongs = [&](const auto& object) { return object.device == device.ordinal; };
        all.graphExecs.removeIf(belongs);
        all.graphs.removeIf(belongs);
        all.events.removeIf(belongs);
        for (const auto& memory : memoryRegistry().removeDevice(device.ordinal)) {
            memory->releaseStorage();
            if (memory->kind == MemoryKind::kDevice) {
                device.unreserve(memory->size);
            }
        }
        device.setFlags(cudaDeviceScheduleAuto);
        device.clearError();
        device.deinitialize();
        return cudaSuccess;
    });
}

cudaError_t cudaSetDeviceFlags(unsigned int flags) {
    return api([&] {
        const unsigned schedule = flags & cudaDeviceScheduleMask;
        if ((flags & ~static_cast<unsigned>(cudaDeviceMask)) != 0 || (schedule & (schedule - 1)) != 0) {
            return cudaErrorInvalidValue;
        }
        thisDevice().setFlags(flags);
        return cudaSuccess;
    });
}

cudaError_t cudaGetDeviceFlags(unsigned int* flags) {
    return apiWithoutContext([&] {
        if (flags == nullptr) {
            return cudaErrorInvalidValue;
        }
        *flags = thisDevice().flags() | cudaDeviceMapHost;
        return cudaSuccess;
    });
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
    return apiOnDevice([&] {
        if (free == nullptr || total == nullptr) {
            return cudaErrorInvalidValue;
        }
        *total = Device::totalMemory();
        const size_t used = std::min(thisDevice().used(), *total);
        *free = std::min(*total - used, machineMemoryAvailable());
        return cudaSuccess;
    });
}

cudaError_t cudaDriverGetVersion(int* driverVersion) {
    if (driverVersion == nullptr) {
        setLastError(cudaErrorInvalidValue);
        return cudaErrorInvalidValue;
    }
    *driverVersion = 0;  // what the real runtime says where no driver is installed
    return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* runtimeVersion) {
    if (runtimeVersion == nullptr) {
        setLastError(cudaErrorInvalidValue);
        return cudaErrorInvalidValue;
    }
    *runtimeVersion = CUDART_VERSION;
    return cudaSuccess;
}
