#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "cuda_runtime_api.h"
#include "timeline.h"

namespace hostcuda {

// A position in a stream. It is complete when the stream has finished the operation with that number.
class Event {
public:
    Event(int device, unsigned flags) : device(device), flags(flags) {}

    struct Position {
        std::shared_ptr<Timeline> stream;  // null: never recorded
        uint64_t sequence = 0;
        int64_t nanos = 0;  // when the stream reached it; 0 = not yet

        bool isComplete() const { return stream == nullptr || stream->isComplete(sequence); }
    };
    Position position() const;

    // Called under the stream's lock, before its worker can see the operation.
    void setPosition(const std::shared_ptr<Timeline>& stream, uint64_t sequence);

    // Called by the worker; ignored when the event has been recorded anew since.
    void stamp(const Timeline& stream, uint64_t sequence);

    // Whether it was last recorded in a capture, where it has no position.
    bool isCaptured() const { return captureId.load() != 0; }

    const int device;
    const unsigned flags;

    // The id of the capture that it was last recorded in, or 0, and the nodes of the captured graph that it stands for.
    // Only capture.cpp changes them, under its lock.
    std::atomic<uint64_t> captureId{0};
    std::vector<uint32_t> captureNodes;

private:
    mutable std::mutex mutex_;
    Position position_;
};

}  // namespace hostcuda
