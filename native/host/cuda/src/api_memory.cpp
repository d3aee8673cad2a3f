#include <cstring>
#include <new>

#include "capture.h"
#include "clock.h"
#include "cuda_runtime_api.h"
#include "device_streams.h"
#include "report.h"
#include "runtime.h"
#include "settings.h"

using namespace hostcuda;

namespace {

// Every byte of fresh memory: a NaN in all floating-point types, so that an output nobody wrote shows.
constexpr int kPoison = 0xFF;

// Smaller pageable sources are staged, larger ones are read before the call returns; both as CUDA documents it.
constexpr size_t kStagingLimit = 0x10000;

// Allocates, poisons and registers. Device memory comes out of the device's budget.
cudaError_t allocate(void** out, size_t size, MemoryKind kind, unsigned flags, bool streamOrdered) {
    *out = nullptr;
    if (size == 0) {
        return cudaSuccess;
    }
    Device& device = thisDevice();
    const bool onDevice = kind == MemoryKind::kDevice;
    if (onDevice && !device.reserve(size)) {
        return cudaErrorMemoryAllocation;
    }
    void* base = nullptr;
    if (size <= SIZE_MAX / 2) {
        base = ::operator new (size, std::align_val_t{onDevice ? 256U : 4096U}, std::nothrow);
    }
    if (base == nullptr) {
        if (onDevice) {
            device.unreserve(size);
        }
        return cudaErrorMemoryAllocation;
    }
    std::memset(base, kPoison, size);
    memoryRegistry().insert(std::make_shared<Allocation>(base, size, kind, device.ordinal, flags, streamOrdered));
    *out = base;
    return cudaSuccess;
}

cudaError_t refuseAllocation(FaultPoint point) {
    const cudaError_t error = refuseIfUnsafe();
    return error != cudaSuccess ? error : faultAtCall(point);
}

// Whether a pointer lies in device memory, in host memory that the device can reach, or in neither.
struct Side {
    bool device = false;
    bool reachable = false;

    explicit Side(const MemoryUse& use)
        : device(use.allocation() != nullptr && use.allocation()->kind == MemoryKind::kDevice),
          reachable(use.allocation() != nullptr) {}
};

bool directionIsRight(cudaMemcpyKind kind, Side to, Side from) {
    switch (kind) {
        case cudaMemcpyHostToHost:
            return !to.device && !from.device;
        case cudaMemcpyHostToDevice:
            return to.reachable && !from.device;
        case cudaMemcpyDeviceToHost:
            return !to.device && from.reachable;
        case cudaMemcpyDeviceToDevice:
            return to.reachable && from.reachable;
        default:
            return true;
    }
}

// Checks a copy and takes hold of its memory.
cudaError_t prepareCopy(void* dst, const void* src, size_t count, cudaMemcpyKind kind, CopyWork& copy) {
    if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault) {
        return cudaErrorInvalidMemcpyDirection;
    }
    if (dst == nullptr || src == nullptr) {
        return cudaErrorInvalidValue;
    }
    copy.to = static_cast<std::byte*>(dst);
    copy.from = static_cast<const std::byte*>(src);
    copy.bytes = count;
    const MemoryRegistry& memory = memoryRegistry();
    cudaError_t error = memory.use(dst, count, "a copy's destination", copy.toUse);
    if (error == cudaSuccess) {
        error = memory.use(src, count, "a copy's source", copy.fromUse);
    }
    if (error != cudaSuccess) {
        return error;
    }
    if (copy.to < copy.from + count && copy.from < copy.to + count) {
        report("a copy of %zu bytes from %p to %p overlaps itself", count, src, dst);
        return cudaErrorInvalidValue;
    }
    const Side to(copy.toUse);
    const Side from(copy.fromUse);
    if (!directionIsRight(kind, to, from)) {
        return cudaErrorInvalidValue;
    }
    // A copy that calls itself one within the device reaches mapped host memory as a kernel does, not through a copy
    // engine.
    if (to.device != from.device && kind != cudaMemcpyDeviceToDevice) {
        copy.path = to.device ? CopyPath::kHostToDevice : CopyPath::kDeviceToHost;
    }
    return cudaSuccess;
}

// What a copy or fill on the legacy stream must pass first.
cudaError_t refuseSynchronous(const Stream& legacy, FaultPoint point) {
    cudaError_t error = refuseLegacyUse(legacy.device.ordinal, true);
    if (error == cudaSuccess) {
        error = refuseIfUnsafe();
    }
    return error != cudaSuccess ? error : faultAtCall(point);
}

// Submits and waits until the stream has done it.
cudaError_t submitAndWait(const std::shared_ptr<Stream>& stream, Work&& work) {
    uint64_t number = 0;
    const cudaError_t error = submit(stream, std::move(work), [&](uint64_t n) { number = n; });
    if (error != cudaSuccess) {
        return error;
    }
    stream->wait(number, stream->device.waitMode());
    return stream->device.error();
}

bool isFromPageable(const CopyWork& copy) {
    return !Side(copy.fromUse).reachable && Side(copy.toUse).device;
}

bool isWithinDevice(const CopyWork& copy) {
    return Side(copy.fromUse).device && Side(copy.toUse).device &&
           copy.fromUse.allocation()->device == copy.toUse.allocation()->device;
}

// Makes the copy's own what lies in the caller's pageable memory.
void stage(CopyWork& copy) {
    copy.staging = std::make_unique<std::byte[]>(copy.bytes);
    std::memcpy(copy.staging.get(), copy.from, copy.bytes);
    copy.from = copy.staging.get();
}

// From pageable memory: the source has been read when the call returns, and the last piece may still be on its way.
cudaError_t copyFromPageable(const std::shared_ptr<Stream>& stream, CopyWork&& copy) {
    if (copy.bytes <= kStagingLimit) {
        stream->waitIdle(stream->device.waitMode());
        stage(copy);
        return enqueue(stream, std::move(copy));
    }
    std::byte* const to = copy.to + (copy.bytes - kStagingLimit);
    const std::byte* const from = copy.from + (copy.bytes - kStagingLimit);
    copy.bytes -= kStagingLimit;
    cudaError_t error = submitAndWait(stream, std::move(copy));
    CopyWork rest;
    if (error == cudaSuccess) {
        error = prepareCopy(to, from, kStagingLimit, cudaMemcpyHostToDevice, rest);
    }
    if (error != cudaSuccess) {
        return error;
    }
    stage(rest);
    return enqueue(stream, std::move(rest));
}

cudaError_t copyAsync(void* dst, const void* src, size_t count, cudaMemcpyKind kind,
                      const std::shared_ptr<Stream>& stream) {
    CopyWork copy;
    const cudaError_t error = prepareCopy(dst, src, count, kind, copy);
    if (error != cudaSuccess) {
        return error;
    }
    // A captured copy runs at each launch of its graph, and copies what the memory holds then.
    if (isCapturing(*stream)) {
        return enqueue(stream, std::move(copy));
    }
    const Side to(copy.toUse);
    const Side from(copy.fromUse);
    const bool bothOnHost = !to.device && !from.device;
    const bool sourceIsPageable = !from.reachable;
    if (isFromPageable(copy) && count <= kStagingLimit) {
        stage(copy);
        return enqueue(stream, std::move(copy));
    }
    if (bothOnHost || sourceIsPageable || !to.reachable) {
        Work work(std::move(copy));
        bool captured = false;
        const cudaError_t refused = captureInstead(*stream, work, captured);
        return captured || refused != cudaSuccess ? refused : submitAndWait(stream, std::move(work));
    }
    return enqueue(stream, std::move(copy));
}

cudaError_t fillAsync(void* devPtr, int value, size_t count, const std::shared_ptr<Stream>& stream) {
    if (devPtr == nullptr) {
        return cudaErrorInvalidValue;
    }
    FillWork fill;
    fill.to = static_cast<std::byte*>(devPtr);
    fill.value = value;
    fill.bytes = count;
    const cudaError_t error = memoryRegistry().use(devPtr, count, "a memset", fill.use);
    if (error != cudaSuccess) {
        return error;
    }
    return fill.use.allocation() == nullptr ? cudaErrorInvalidValue : enqueue(stream, std::move(fill));
}

cudaError_t removeHostRange(void* ptr, MemoryKind kind, const char* call, cudaError_t ifUnknown) {
    const cudaError_t unsafe = refuseIfUnsafe();
    if (unsafe != cudaSuccess) {
        return unsafe;
    }
    std::shared_ptr<Allocation> memory;
    switch (memoryRegistry().remove(ptr, kind, memory)) {
        case MemoryRegistry::Removal::kUnknown:
            return ifUnknown;
        case MemoryRegistry::Removal::kInUse:
            report("%s of %p while a stream still uses the memory; it stays allocated", call, ptr);
            return cudaErrorInvalidValue;
        default:
            memory->releaseStorage();
            return thisDevice().error();
    }
}

}  // namespace

cudaError_t cudaMalloc(void** devPtr, size_t size) {
    return apiOnDevice([&] {
        if (devPtr == nullptr) {
            return cudaErrorInvalidValue;
        }
        const cudaError_t error = refuseAllocation(FaultPoint::kMalloc);
        if (settings().mallocNanos > 0) {
            sleepUntilNanos(nowNanos() + settings().mallocNanos);
        }
        return error != cudaSuccess ? error : allocate(devPtr, size, MemoryKind::kDevice, 0, false);
    });
}

cudaError_t cudaFree(void* devPtr) {
    return api([&] {
        if (devPtr == nullptr) {
            return cudaSuccess;
        }
        const cudaError_t unsafe = refuseIfUnsafe();
        if (unsafe != cudaSuccess) {
            return unsafe;
        }
        std::shared_ptr<Allocation> memory = memoryRegistry().find(devPtr);
        // As on a GPU, freeing waits for the whole device, unless the memory is stream-ordered.
        if (memory != nullptr && memory->kind == MemoryKind::kDevice && !memory->streamOrdered) {
            waitIdle(deviceAt(memory->device), WaitMode::kAuto);
        }
        switch (memoryRegistry().remove(devPtr, MemoryKind::kDevice, memory)) {
            case MemoryRegistry::Removal::kUnknown:
                return cudaErrorInvalidValue;
            case MemoryRegistry::Removal::kInUse:
                report("cudaFree of %p while a stream still uses the memory; it stays allocated", devPtr);
                return cudaErrorInvalidValue;
            default:
                memory->releaseStorage();
                deviceAt(memory->device).unreserve(memory->size);
                return thisDevice().error();
        }
    });
}

cudaError_t cudaMallocAsync(void** devPtr, size_t size, cudaStream_t hStream) {
    return apiOnDevice([&] {
        std::shared_ptr<Stream> stream;
        const cudaError_t error = devPtr == nullptr ? cudaErrorInvalidValue : findStream(hStream, stream);
        if (error != cudaSuccess) {
            return error;
        }
        if (isCapturing(*stream)) {
            return cudaErrorNotSupported;  // a graph that owns memory
        }
        const cudaError_t fault = faultAtCall(FaultPoint::kMallocAsync);
        return fault != cudaSuccess ? fault : allocate(devPtr, size, MemoryKind::kDevice, 0, true);
    });
}

cudaError_t cudaFreeAsync(void* devPtr, cudaStream_t hStream) {
    return api([&] {
        std::shared_ptr<Stream> stream;
        const cudaError_t error = findStream(hStream, stream);
        if (error != cudaSuccess) {
            return error;
        }
        if (isCapturing(*stream)) {
            return cudaErrorNotSupported;
        }
        if (stream->kind == Stream::Kind::kLegacy) {
            const cudaError_t refused = refuseLegacyUse(stream->device.ordinal, true);
            if (refused != cudaSuccess) {
                return refused;
            }
        }
        std::shared_ptr<Allocation> memory;
        if (memoryRegistry().beginFree(devPtr, memory) != MemoryRegistry::Removal::kDone) {
            return cudaErrorInvalidValue;
        }
        const cudaError_t submitted = submit(stream, FreeWork{memory}, [](uint64_t) {});
        if (submitted != cudaSuccess) {
            memory->freed.store(false);  // another thread has just destroyed the stream
            return submitted;
        }
        return thisDevice().error();
    });
}

cudaError_t cudaMallocHost(void** ptr, size_t size) {
    return cudaHostAlloc(ptr, size, cudaHostAllocDefault);
}

cudaError_t cudaHostAlloc(void** pHost, size_t size, unsigned int flags) {
    return apiOnDevice([&] {
        constexpr unsigned kKnown = cudaHostAllocPortable | cudaHostAllocMapped | cudaHostAllocWriteCombined;
        if (pHost == nullptr || (flags & ~kKnown) != 0) {
            return cudaErrorInvalidValue;
        }
        const cudaError_t error = refuseAllocation(FaultPoint::kHostAlloc);
        return error != cudaSuccess ? error : allocate(pHost, size, MemoryKind::kPinned, flags, false);
    });
}

cudaError_t cudaFreeHost(void* ptr) {
    return api([&] {
        return ptr == nullptr ? cudaSuccess
                              : removeHostRange(ptr, MemoryKind::kPinned, "cudaFreeHost", cudaErrorInvalidValue);
    });
}

cudaError_t cudaHostRegister(void* ptr, size_t size, unsigned int flags) {
    return apiOnDevice([&] {
        constexpr unsigned kKnown =
            cudaHostRegisterPortable | cudaHostRegisterMapped | cudaHostRegisterIoMemory | cudaHostRegisterReadOnly;
        if (ptr == nullptr || size == 0 || size > SIZE_MAX - reinterpret_cast<uintptr_t>(ptr) ||
            (flags & ~kKnown) != 0) {
            return cudaErrorInvalidValue;
        }
        if ((flags & (cudaHostRegisterIoMemory | cudaHostRegisterReadOnly)) != 0) {
            return cudaErrorNotSupported;
        }
        const cudaError_t error = refuseAllocation(FaultPoint::kHostRegister);
        if (error != cudaSuccess) {
            return error;
        }
        const bool added = memoryRegistry().insert(
            std::make_shared<Allocation>(ptr, size, MemoryKind::kRegistered, currentDevice(), flags, false));
        return added ? cudaSuccess : cudaErrorHostMemoryAlreadyRegistered;
    });
}

cudaError_t cudaHostUnregister(void* ptr) {
    return api([&] {
        return ptr == nullptr ? cudaErrorInvalidValue
                              : removeHostRange(ptr, MemoryKind::kRegistered, "cudaHostUnregister",
                                                cudaErrorHostMemoryNotRegistered);
    });
}

cudaError_t cudaHostGetDevicePointer(void** pDevice, void* pHost, unsigned int flags) {
    return apiOnDevice([&] {
        if (pDevice == nullptr || pHost == nullptr || flags != 0) {
            return cudaErrorInvalidValue;
        }
        const auto memory = memoryRegistry().find(pHost);
        if (memory == nullptr || memory->kind == MemoryKind::kDevice) {
            return cudaErrorInvalidValue;
        }
        *pDevice = pHost;
        return cudaSuccess;
    });
}

cudaError_t cudaHostGetFlags(unsigned int* pFlags, void* pHost) {
    return apiOnDevice([&] {
        const auto memory = pFlags != nullptr ? memoryRegistry().find(pHost) : nullptr;
        if (memory == nullptr || memory->kind == MemoryKind::kDevice) {
            return cudaErrorInvalidValue;
        }
        *pFlags = memory->flags;
        return cudaSuccess;
    });
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* ptr) {
    return apiOnDevice([&] {
        if (attributes == nullptr) {
            return cudaErrorInvalidValue;
        }
        void* const pointer = const_cast<void*>(ptr);
        const auto memory = memoryRegistry().find(ptr);
        if (memory == nullptr || memory->freed.load()) {
            *attributes = {cudaMemoryTypeUnregistered, cudaInvalidDeviceId, nullptr, pointer};
        } else if (memory->kind == MemoryKind::kDevice) {
            *attributes = {cudaMemoryTypeDevice, memory->device, pointer, nullptr};
        } else {
            *attributes = {cudaMemoryTypeHost, memory->device, pointer, pointer};
        }
        return cudaSuccess;
    });
}

cudaError_t cudaMemcpy(void* dst, const void* src, size_t count, cudaMemcpyKind kind) {
    return apiOnDevice([&] {
        const std::shared_ptr<Stream> stream = legacyStream(thisDevice());
        cudaError_t error = refuseSynchronous(*stream, FaultPoint::kMemcpy);
        if (error != cudaSuccess || count == 0) {
            return error;
        }
        CopyWork copy;
        error = prepareCopy(dst, src, count, kind, copy);
        if (error != cudaSuccess) {
            return error;
        }
        return isFromPageable(copy)   ? copyFromPageable(stream, std::move(copy))
               : isWithinDevice(copy) ? enqueue(stream, std::move(copy))
                                      : submitAndWait(stream, std::move(copy));
    });
}

cudaError_t cudaMemcpyAsync(void* dst, const void* src, size_t count, cudaMemcpyKind kind, cudaStream_t hStream) {
    return apiOnDevice([&] {
        std::shared_ptr<Stream> stream;
        cudaError_t error = findStream(hStream, stream);
        if (error == cudaSuccess) {
            error = faultAtCall(FaultPoint::kMemcpy);
        }
        return error != cudaSuccess || count == 0 ? error : copyAsync(dst, src, count, kind, stream);
    });
}

cudaError_t cudaMemset(void* devPtr, int value, size_t count) {
    return apiOnDevice([&] {
        const std::shared_ptr<Stream> stream = legacyStream(thisDevice());
        const cudaError_t error = refuseSynchronous(*stream, FaultPoint::kMemset);
        return error != cudaSuccess || count == 0 ? error : fillAsync(devPtr, value, count, stream);
    });
}

cudaError_t cudaMemsetAsync(void* devPtr, int value, size_t count, cudaStream_t hStream) {
    return apiOnDevice([&] {
        std::shared_ptr<Stream> stream;
        cudaError_t error = findStream(hStream, stream);
        if (error == cudaSuccess) {
            error = faultAtCall(FaultPoint::kMemset);
        }
        return error != cudaSuccess || count == 0 ? error : fillAsync(devPtr, value, count, stream);
    });
}
