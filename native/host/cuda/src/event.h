#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "cuda_runtime_api.h"

namespace hostcuda {

class Capture;
class Stream;

// A position in a stream. It is complete when the stream has finished the operation with that number.
class Event {
public:
    Event(int device, unsigned flags) : device(device), flags(flags) {}

    struct Position {
        std::shared_ptr<Stream> stream;  // null: never recorded
        uint64_t sequence = 0;
        int64_t nanos = 0;  // when the stream reached it; 0 = not yet
    };
    Position position() const;
    bool complete() const;

    // Called under the stream's lock, before its worker can see the operation.
    void setPosition(const std::shared_ptr<Stream>& stream, uint64_t sequence);

    // Called by the worker; ignored when the event has been recorded anew since.
    void stamp(const Stream& stream, uint64_t sequence);

    const int device;
    const unsigned flags;

    // The capture this event was last recorded in, and the nodes that it stands for; guarded by captureMutex().
    std::shared_ptr<Capture> capture;
    std::vector<uint32_t> captureDependencies;
    std::atomic<bool> isCaptured{false};  // whether `capture` counts, readable without the lock

private:
    mutable std::mutex mutex_;
    Position position_;
};

}  // namespace hostcuda
