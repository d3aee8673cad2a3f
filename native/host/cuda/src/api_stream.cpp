#include "capture.h"
#include "cuda_runtime_api.h"
#include "device_streams.h"
#include "runtime.h"
#include "settings.h"

using namespace hostcuda;

namespace {

cudaError_t createStream(cudaStream_t* out, unsigned flags) {
    if (out == nullptr || (flags != cudaStreamDefault && flags != cudaStreamNonBlocking)) {
        return cudaErrorInvalidValue;
    }
    const cudaError_t fault = faultAtCall(FaultPoint::kStreamCreate);
    if (fault != cudaSuccess) {
        return fault;
    }
    const auto kind = flags == cudaStreamNonBlocking ? Stream::Kind::kNonBlocking : Stream::Kind::kBlocking;
    const std::shared_ptr<Stream> stream = createStream(thisDevice(), kind);
    *out = static_cast<cudaStream_t>(runtime().streams.add(stream));
    if (*out == nullptr) {
        stream->close();
        return cudaErrorMemoryAllocation;
    }
    return cudaSuccess;
}

// What a query or a wait for a stream must pass first.
cudaError_t mayWaitFor(const Stream& stream) {
    cudaError_t error = refuseIfCapturing(stream);
    if (error == cudaSuccess && stream.kind == Stream::Kind::kLegacy) {
        error = refuseLegacyUse(stream.device.ordinal, true);
    }
    return error != cudaSuccess ? error : refuseIfUnsafe();
}

bool isIdle(const Stream& stream) {
    if (!stream.isIdle()) {
        return false;
    }
    if (stream.kind == Stream::Kind::kLegacy) {
        for (const auto& other : streamsOf(stream.device)) {
            if (other->kind == Stream::Kind::kBlocking && !other->isIdle()) {
                return false;
            }
        }
    }
    return true;
}

void waitIdle(Stream& stream) {
    const WaitMode mode = stream.device.waitMode();
    stream.waitIdle(mode);
    // The legacy stream stands for all blocking streams of its device.
    if (stream.kind == Stream::Kind::kLegacy) {
        for (const auto& other : streamsOf(stream.device)) {
            if (other->kind == Stream::Kind::kBlocking) {
                other->waitIdle(mode);
            }
        }
    }
}

cudaError_t findCaptureStatus(cudaStream_t handle, cudaStreamCaptureStatus& status, unsigned long long& id) {
    std::shared_ptr<Stream> stream;
    cudaError_t error = findStream(handle, stream);
    if (error == cudaSuccess && stream->kind == Stream::Kind::kLegacy) {
        error = refuseLegacyUse(stream->device.ordinal, false);
    }
    if (error != cudaSuccess) {
        return error;
    }
    status = captureStatus(*stream, id);
    return cudaSuccess;
}

}  // namespace

cudaError_t cudaStreamCreate(cudaStream_t* pStream) {
    return apiOnDevice([&] { return createStream(pStream, cudaStreamDefault); });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* pStream, unsigned int flags) {
    return apiOnDevice([&] { return createStream(pStream, flags); });
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* pStream, unsigned int flags, int) {
    return apiOnDevice([&] { return createStream(pStream, flags); });
}

cudaError_t cudaStreamGetFlags(cudaStream_t hStream, unsigned int* flags) {
    return apiOnDevice([&] {
        std::shared_ptr<Stream> stream;
        const cudaError_t error = flags == nullptr ? cudaErrorInvalidValue : findStream(hStream, stream);
        if (error == cudaSuccess) {
            *flags = stream->kind == Stream::Kind::kNonBlocking ? cudaStreamNonBlocking : cudaStreamDefault;
        }
        return error;
    });
}

cudaError_t cudaStreamGetPriority(cudaStream_t hStream, int* priority) {
    return apiOnDevice([&] {
        std::shared_ptr<Stream> stream;
        const cudaError_t error = priority == nullptr ? cudaErrorInvalidValue : findStream(hStream, stream);
        if (error == cudaSuccess) {
            *priority = 0;
        }
        return error;
    });
}

cudaError_t cudaStreamDestroy(cudaStream_t handle) {
    return api([&] {
        if (handle == nullptr || handle == cudaStreamLegacy || handle == cudaStreamPerThread) {
            return cudaErrorInvalidResourceHandle;
        }
        std::shared_ptr<Stream> stream;
        const cudaError_t error = findStream(handle, stream);
        if (error != cudaSuccess) {
            return error;
        }
        runtime().streams.remove(handle, stream);
        abandonCapture(*stream);
        stream->close();
        return thisDevice().error();
    });
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
    return apiOnDevice([&] {
        std::shared_ptr<Stream> stream;
        cudaError_t error = findStream(handle, stream);
        if (error == cudaSuccess) {
            error = mayWaitFor(*stream);
        }
        if (error == cudaSuccess) {
            error = faultAtCall(FaultPoint::kSynchronize);
        }
        if (error != cudaSuccess) {
            return error;
        }
        waitIdle(*stream);
        return stream->device.error();
    });
}

cudaError_t cudaStreamQuery(cudaStream_t handle) {
    return apiOnDevice([&] {
        std::shared_ptr<Stream> stream;
        cudaError_t error = findStream(handle, stream);
        if (error == cudaSuccess) {
            error = mayWaitFor(*stream);
        }
        if (error != cudaSuccess) {
            return error;
        }
        const bool idle = isIdle(*stream);
        error = stream->device.error();
        return error == cudaSuccess && !idle ? cudaErrorNotReady : error;
    });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t streamHandle, cudaEvent_t eventHandle, unsigned int flags) {
    return apiOnDevice([&] {
        std::shared_ptr<Stream> stream;
        std::shared_ptr<Event> event;
        cudaError_t error = findStream(streamHandle, stream);
        if (error == cudaSuccess) {
            error = findEvent(eventHandle, event);
        }
        if (error != cudaSuccess) {
            return error;
        }
        if (flags != cudaEventWaitDefault && flags != cudaEventWaitExternal) {
            return cudaErrorInvalidValue;
        }
        bool captured = false;
        if (flags == cudaEventWaitExternal) {
            Work work = WaitEventWork{event};
            error = captureInstead(*stream, work, captured);
        } else {
            if (stream->kind == Stream::Kind::kLegacy) {
                error = refuseLegacyUse(stream->device.ordinal, true);
            }
            if (error == cudaSuccess) {
                error = captureWait(stream, *event, captured);
            }
        }
        if (captured || error != cudaSuccess) {
            return error;
        }
        Event::Position position = event->position();
        return position.stream == stream || position.isComplete()
                   ? cudaSuccess
                   : submit(stream, WaitWork{std::move(position.stream), position.sequence}, [](uint64_t) {});
    });
}

cudaError_t cudaStreamAddCallback(cudaStream_t handle, cudaStreamCallback_t callback, void* userData,
                                  unsigned int flags) {
    return apiOnDevice([&] {
        std::shared_ptr<Stream> stream;
        cudaError_t error = callback == nullptr || flags != 0 ? cudaErrorInvalidValue : findStream(handle, stream);
        if (error == cudaSuccess) {
            error = refuseIfCapturing(*stream);
        }
        return error != cudaSuccess ? error : enqueue(stream, CallbackWork{callback, handle, userData});
    });
}

cudaError_t cudaLaunchHostFunc(cudaStream_t handle, cudaHostFn_t fn, void* userData) {
    return apiOnDevice([&] {
        std::shared_ptr<Stream> stream;
        cudaError_t error = fn == nullptr ? cudaErrorInvalidValue : findStream(handle, stream);
        if (error == cudaSuccess) {
            error = faultAtCall(FaultPoint::kHostFunc);
        }
        return error != cudaSuccess ? error : enqueue(stream, HostFunctionWork{fn, userData});
    });
}

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode mode) {
    return apiOnDevice([&] {
        std::shared_ptr<Stream> stream;
        cudaError_t error = findStream(handle, stream);
        if (error == cudaSuccess && (mode < cudaStreamCaptureModeGlobal || mode > cudaStreamCaptureModeRelaxed)) {
            error = cudaErrorInvalidValue;
        }
        if (error == cudaSuccess) {
            error = faultAtCall(FaultPoint::kBeginCapture);
        }
        return error != cudaSuccess ? error : beginCapture(stream, mode);
    });
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* pGraph) {
    return api([&] {
        if (pGraph == nullptr) {
            return cudaErrorInvalidValue;
        }
        std::shared_ptr<Stream> stream;
        std::shared_ptr<Graph> graph;
        cudaError_t error = findStream(handle, stream);
        if (error != cudaSuccess) {
            return error;
        }
        *pGraph = nullptr;
        error = endCapture(stream, faultAtCall(FaultPoint::kEndCapture), graph);
        if (error != cudaSuccess) {
            return error;
        }
        *pGraph = static_cast<cudaGraph_t>(runtime().graphs.add(std::move(graph)));
        return *pGraph != nullptr ? thisDevice().error() : cudaErrorMemoryAllocation;
    });
}

cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* pCaptureStatus) {
    return apiOnDevice([&] {
        unsigned long long id = 0;
        return pCaptureStatus == nullptr ? cudaErrorInvalidValue : findCaptureStatus(handle, *pCaptureStatus, id);
    });
}

cudaError_t cudaStreamGetCaptureInfo(cudaStream_t handle, cudaStreamCaptureStatus* pCaptureStatus,
                                     unsigned long long* pId) {
    return apiOnDevice([&] {
        unsigned long long id = 0;
        const cudaError_t error =
            pCaptureStatus == nullptr ? cudaErrorInvalidValue : findCaptureStatus(handle, *pCaptureStatus, id);
        if (error == cudaSuccess && pId != nullptr) {
            *pId = id;
        }
        return error;
    });
}

cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
    return apiWithoutContext([&] {
        if (mode == nullptr || *mode < cudaStreamCaptureModeGlobal || *mode > cudaStreamCaptureModeRelaxed) {
            return cudaErrorInvalidValue;
        }
        *mode = exchangeCaptureMode(*mode);
        return cudaSuccess;
    });
}
