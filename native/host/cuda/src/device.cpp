#include "device.h"

#include <algorithm>

#include "clock.h"
#include "identity.h"
#include "settings.h"

namespace hostcuda {

void Device::fail(cudaError_t error) {
    cudaError_t none = cudaSuccess;
    error_.compare_exchange_strong(none, error);
}

WaitMode Device::waitMode() const {
    switch (flags() & cudaDeviceScheduleMask) {
        case cudaDeviceScheduleSpin:
            return WaitMode::kSpin;
        case cudaDeviceScheduleYield:
            return WaitMode::kYield;
        case cudaDeviceScheduleBlockingSync:
            return WaitMode::kBlock;
        default:
            return WaitMode::kAuto;
    }
}

size_t Device::totalMemory() {
    const size_t configured = settings().deviceMemory;
    return configured != 0 ? configured : machineMemory() / 2;
}

bool Device::reserve(size_t bytes) {
    const size_t total = totalMemory();
    size_t used = used_.load();
    do {
        if (used > total || bytes > total - used) {
            return false;
        }
    } while (!used_.compare_exchange_weak(used, used + bytes));
    return true;
}

std::shared_ptr<Stream> Device::legacyStream() {
    if (legacyUsed_.load(std::memory_order_acquire)) {
        return legacy_;
    }
    static std::mutex creation;
    const std::lock_guard<std::mutex> lock(creation);
    if (legacy_ == nullptr) {
        legacy_ = Stream::create(*this, Stream::Kind::kLegacy);
        legacyUsed_.store(true, std::memory_order_release);
    }
    return legacy_;
}

std::shared_ptr<Stream> Device::legacyStreamIfUsed() const {
    return legacyUsed_.load(std::memory_order_acquire) ? legacy_ : nullptr;
}

void Device::addStream(std::shared_ptr<Stream> stream) {
    const std::lock_guard<std::mutex> lock(mutex_);
    streams_.push_back(std::move(stream));
}

void Device::removeStream(const Stream* stream) {
    const std::lock_guard<std::mutex> lock(mutex_);
    streams_.erase(
        std::remove_if(streams_.begin(), streams_.end(), [stream](const auto& s) { return s.get() == stream; }),
        streams_.end());
}

std::vector<std::shared_ptr<Stream>> Device::streams() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return streams_;
}

void Device::waitIdle(WaitMode mode) {
    for (const auto& stream : streams()) {
        stream->waitIdle(mode);
    }
}

void Device::delayCopy(CopyPath path, size_t bytes, int64_t startNanos) {
    const double bytesPerNano = settings().copyBytesPerNano;
    if (bytesPerNano <= 0 || path == CopyPath::kSameSide) {
        return;
    }
    int64_t end = 0;
    {
        const std::lock_guard<std::mutex> lock(engineMutex_);
        int64_t& freeAt = engineFreeAt_[path == CopyPath::kHostToDevice ? 0 : 1];
        freeAt = std::max(freeAt, startNanos) + static_cast<int64_t>(static_cast<double>(bytes) / bytesPerNano);
        end = freeAt;
    }
    sleepUntilNanos(end);
}

}  // namespace hostcuda
