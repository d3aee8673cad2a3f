#include "event.h"

#include "clock.h"
#include "stream.h"

namespace hostcuda {

Event::Position Event::position() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return position_;
}

bool Event::complete() const {
    const Position now = position();
    return now.stream == nullptr || now.stream->isComplete(now.sequence);
}

void Event::setPosition(const std::shared_ptr<Stream>& stream, uint64_t sequence) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (position_.stream != stream) {
        position_.stream = stream;
    }
    position_.sequence = sequence;
    position_.nanos = 0;
}

void Event::stamp(const Stream& stream, uint64_t sequence) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (position_.stream.get() == &stream && position_.sequence == sequence) {
        position_.nanos = nowNanos();
    }
}

}  // namespace hostcuda
