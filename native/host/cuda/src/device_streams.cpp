#include "device_streams.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "clock.h"
#include "settings.h"

namespace hostcuda {
namespace {

// The streams of one device.
class StreamList {
public:
    void add(std::shared_ptr<Stream> stream) {
        const std::lock_guard<std::mutex> lock(mutex_);
        streams_.push_back(std::move(stream));
    }

    void remove(const Stream& stream) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto found =
            std::find_if(streams_.begin(), streams_.end(), [&](const auto& s) { return s.get() == &stream; });
        if (found != streams_.end()) {
            streams_.erase(found);
        }
    }

    std::vector<std::shared_ptr<Stream>> all() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        return streams_;
    }

    std::shared_ptr<Stream> legacy(Device& device) {
        if (const auto stream = legacyIfUsed()) {
            return stream;
        }
        const std::lock_guard<std::mutex> lock(creation_);
        if (legacy_ == nullptr) {
            legacy_ = createStream(device, Stream::Kind::kLegacy);
            legacyUsed_.store(true, std::memory_order_release);
        }
        return legacy_;
    }

    std::shared_ptr<Stream> legacyIfUsed() const {
        return legacyUsed_.load(std::memory_order_acquire) ? legacy_ : nullptr;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<Stream>> streams_;
    std::mutex creation_;
    std::shared_ptr<Stream> legacy_;
    std::atomic<bool> legacyUsed_{false};
};

// Work in flight when the process exits may use what static destructors are about to destroy.
void quiesce() {
    Stream::haltWorkers();
    constexpr int64_t kPatienceNanos = 2'000'000'000;
    const int64_t end = nowNanos() + kPatienceNanos;
    for (int i = 0; i < kMaxDevices && !insideHostFunction(); ++i) {
        for (const auto& stream : streamsOf(deviceAt(i))) {
            while (stream->isRunning() && nowNanos() < end) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        }
    }
}

// Never destroyed: streams may outlive main().
StreamList& listOf(const Device& device) {
    static auto& lists = *[] {
        std::atexit(quiesce);
        return new std::array<StreamList, kMaxDevices>();
    }();
    return lists[static_cast<size_t>(device.ordinal)];
}

// The calling thread's own default streams.
struct PerThreadStreams {
    std::shared_ptr<Stream> streams[kMaxDevices];

    ~PerThreadStreams() {
        for (const auto& stream : streams) {
            if (stream != nullptr) {
                stream->close();
            }
        }
    }
};

}  // namespace

std::shared_ptr<Stream> createStream(Device& device, Stream::Kind kind) {
    auto stream = std::make_shared<Stream>(device, kind);
    StreamList& list = listOf(device);
    list.add(stream);
    try {
        std::thread([stream, &list] {
            stream->runWorker();
            list.remove(*stream);
        }).detach();
    } catch (...) {
        list.remove(*stream);
        throw;
    }
    return stream;
}

std::vector<std::shared_ptr<Stream>> streamsOf(const Device& device) {
    return listOf(device).all();
}

void waitIdle(const Device& device, WaitMode mode) {
    for (const auto& stream : streamsOf(device)) {
        stream->waitIdle(mode);
    }
}

std::shared_ptr<Stream> legacyStream(Device& device) {
    return listOf(device).legacy(device);
}

std::shared_ptr<Stream> legacyStreamIfUsed(const Device& device) {
    return listOf(device).legacyIfUsed();
}

std::shared_ptr<Stream> perThreadStream(Device& device) {
    thread_local PerThreadStreams own;
    std::shared_ptr<Stream>& stream = own.streams[device.ordinal];
    if (stream == nullptr || stream->closed()) {
        stream = createStream(device, Stream::Kind::kBlocking);
    }
    return stream;
}

void orderWithLegacyStream(const std::shared_ptr<Stream>& stream) {
    // Each wait is for what has been submitted before this call, so two streams never wait for each other.
    if (stream->kind == Stream::Kind::kLegacy) {
        for (const auto& other : streamsOf(stream->device)) {
            const uint64_t last = other->submitted();
            if (other->kind == Stream::Kind::kBlocking && !other->isComplete(last)) {
                stream->submit(WaitWork{other, last});
            }
        }
    } else if (stream->kind == Stream::Kind::kBlocking) {
        if (const auto legacy = legacyStreamIfUsed(stream->device)) {
            const uint64_t last = legacy->submitted();
            if (!legacy->isComplete(last)) {
                stream->submit(WaitWork{legacy, last});
            }
        }
    }
}

}  // namespace hostcuda
