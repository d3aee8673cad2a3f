#include "event.h"

#include "clock.h"

namespace hostcuda {

Event::Position Event::position() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return position_;
}

void Event::setPosition(const std::shared_ptr<Timeline>& stream, uint64_t sequence) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (position_.stream != stream) {
        position_.stream = stream;
    }
    position_.sequence = sequence;
    position_.nanos = 0;
}

void Event::stamp(const Timeline& stream, uint64_t sequence) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (position_.stream.get() == &stream && position_.sequence == sequence) {
        position_.nanos = nowNanos();
    }
}

}  // namespace hostcuda
