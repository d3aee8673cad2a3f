#include "enqueue.h"

#include "capture.h"
#include "device.h"

namespace hostcuda {

void orderWithLegacyStream(const std::shared_ptr<Stream>& stream) {
    // Each wait is for what has been submitted before this call, so two streams never wait for each other.
    if (stream->kind == Stream::Kind::kLegacy) {
        for (const auto& other : stream->device.streams()) {
            const uint64_t last = other->submitted();
            if (other->kind == Stream::Kind::kBlocking && !other->isComplete(last)) {
                stream->submit(WaitWork{other, last});
            }
        }
    } else if (stream->kind == Stream::Kind::kBlocking) {
        if (const auto legacy = stream->device.legacyStreamIfUsed()) {
            const uint64_t last = legacy->submitted();
            if (!legacy->isComplete(last)) {
                stream->submit(WaitWork{legacy, last});
            }
        }
    }
}

cudaError_t captureInstead(const std::shared_ptr<Stream>& stream, Work& work, bool& captured) {
    captured = false;
    if (!anyCapture()) {
        return cudaSuccess;
    }
    if (stream->kind == Stream::Kind::kLegacy) {
        return refuseLegacyUse(stream->device.ordinal, true);
    }
    const std::lock_guard<std::mutex> lock(captureMutex());
    if (stream->capture == nullptr) {
        return cudaSuccess;
    }
    captured = true;
    if (!stream->capture->valid) {
        return cudaErrorStreamCaptureInvalidated;
    }
    stream->capture->record(*stream, std::move(work));
    return cudaSuccess;
}

cudaError_t enqueue(const std::shared_ptr<Stream>& stream, Work&& work) {
    bool captured = false;
    const cudaError_t error = captureInstead(stream, work, captured);
    return captured || error != cudaSuccess ? error : submit(stream, std::move(work), [](uint64_t) {});
}

}  // namespace hostcuda
