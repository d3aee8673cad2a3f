#include "capture.h"
#include "cuda_runtime_api.h"
#include "device_streams.h"
#include "runtime.h"
#include "settings.h"

using namespace hostcuda;

namespace {

cudaError_t createEvent(cudaEvent_t* out, unsigned flags) {
    constexpr unsigned kKnown = cudaEventBlockingSync | cudaEventDisableTiming | cudaEventInterprocess;
    if (out == nullptr || (flags & ~kKnown) != 0) {
        return cudaErrorInvalidValue;
    }
    if ((flags & cudaEventInterprocess) != 0) {
        return (flags & cudaEventDisableTiming) != 0 ? cudaErrorNotSupported : cudaErrorInvalidValue;
    }
    const cudaError_t fault = faultAtCall(FaultPoint::kEventCreate);
    if (fault != cudaSuccess) {
        return fault;
    }
    *out = static_cast<cudaEvent_t>(runtime().events.add(std::make_shared<Event>(currentDevice(), flags)));
    return *out != nullptr ? cudaSuccess : cudaErrorMemoryAllocation;
}

cudaError_t recordEvent(cudaEvent_t eventHandle, cudaStream_t streamHandle, unsigned flags) {
    std::shared_ptr<Event> event;
    std::shared_ptr<Stream> stream;
    cudaError_t error = findEvent(eventHandle, event);
    if (error == cudaSuccess) {
        error = findStream(streamHandle, stream);
    }
    if (error == cudaSuccess && event->device != stream->device.ordinal) {
        error = cudaErrorInvalidResourceHandle;
    }
    if (error == cudaSuccess && flags != cudaEventRecordDefault && flags != cudaEventRecordExternal) {
        error = cudaErrorInvalidValue;
    }
    if (error == cudaSuccess) {
        error = faultAtCall(FaultPoint::kEventRecord);
    }
    if (error != cudaSuccess) {
        return error;
    }
    Work work = RecordWork{event};
    bool captured = false;
    if (flags == cudaEventRecordExternal || stream->kind == Stream::Kind::kLegacy) {
        error = captureInstead(*stream, work, captured);
    } else {
        error = captureRecord(*stream, *event, captured);
    }
    if (captured || error != cudaSuccess) {
        return error;
    }
    forgetCapture(*event);
    return submit(stream, std::move(work), [&](uint64_t number) { event->setPosition(stream, number); });
}

// The event's position, if it may be waited for or queried.
cudaError_t positionToWaitFor(cudaEvent_t handle, std::shared_ptr<Event>& event, Event::Position& position) {
    cudaError_t error = findEvent(handle, event);
    if (error == cudaSuccess) {
        error = refuseIfCaptured(*event);
    }
    if (error == cudaSuccess) {
        error = refuseIfUnsafe();
    }
    if (error == cudaSuccess) {
        position = event->position();
    }
    return error;
}

// When the event happened; refused for events without a time.
cudaError_t timeOf(const Event& event, int64_t& nanos) {
    if ((event.flags & cudaEventDisableTiming) != 0) {
        return cudaErrorInvalidResourceHandle;
    }
    if (event.isCaptured()) {
        return cudaErrorCapturedEvent;
    }
    const Event::Position seen = event.position();
    if (seen.stream == nullptr) {
        return cudaErrorInvalidResourceHandle;
    }
    if (!seen.isComplete()) {
        return cudaErrorNotReady;
    }
    // Complete, so the time is there now, unless the event has been recorded anew in the meantime.
    nanos = event.position().nanos;
    return nanos != 0 ? cudaSuccess : cudaErrorNotReady;
}

}  // namespace

cudaError_t cudaEventCreate(cudaEvent_t* event) {
    return apiOnDevice([&] { return createEvent(event, cudaEventDefault); });
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
    return apiOnDevice([&] { return createEvent(event, flags); });
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    return apiOnDevice([&] { return recordEvent(event, stream, cudaEventRecordDefault); });
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned int flags) {
    return apiOnDevice([&] { return recordEvent(event, stream, flags); });
}

cudaError_t cudaEventQuery(cudaEvent_t handle) {
    return apiOnDevice([&] {
        std::shared_ptr<Event> event;
        Event::Position position;
        const cudaError_t error = positionToWaitFor(handle, event, position);
        if (error != cudaSuccess) {
            return error;
        }
        const cudaError_t failure = deviceAt(event->device).error();
        return failure == cudaSuccess && !position.isComplete() ? cudaErrorNotReady : failure;
    });
}

cudaError_t cudaEventSynchronize(cudaEvent_t handle) {
    return apiOnDevice([&] {
        std::shared_ptr<Event> event;
        Event::Position position;
        cudaError_t error = positionToWaitFor(handle, event, position);
        if (error == cudaSuccess) {
            error = faultAtCall(FaultPoint::kSynchronize);
        }
        if (error != cudaSuccess) {
            return error;
        }
        const Device& device = deviceAt(event->device);
        if (position.stream != nullptr) {
            const bool blocking = (event->flags & cudaEventBlockingSync) != 0;
            position.stream->wait(position.sequence, blocking ? WaitMode::kBlock : device.waitMode());
        }
        return device.error();
    });
}

cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t startHandle, cudaEvent_t endHandle) {
    return apiOnDevice([&] {
        std::shared_ptr<Event> start;
        std::shared_ptr<Event> end;
        cudaError_t error = ms == nullptr ? cudaErrorInvalidValue : findEvent(startHandle, start);
        if (error == cudaSuccess) {
            error = findEvent(endHandle, end);
        }
        if (error == cudaSuccess && start->device != end->device) {
            error = cudaErrorInvalidResourceHandle;
        }
        int64_t startNanos = 0;
        int64_t endNanos = 0;
        if (error == cudaSuccess) {
            error = timeOf(*start, startNanos);
        }
        if (error == cudaSuccess) {
            error = timeOf(*end, endNanos);
        }
        if (error == cudaSuccess) {
            *ms = static_cast<float>(static_cast<double>(endNanos - startNanos) / 1e6);
        }
        return error;
    });
}

cudaError_t cudaEventDestroy(cudaEvent_t handle) {
    return api([&] { return destroy(runtime().events, handle, findEvent); });
}
