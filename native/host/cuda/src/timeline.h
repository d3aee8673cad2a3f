#pragma once

#include <atomic>
#include <cstdint>

#include "device.h"

namespace hostcuda {

// Operations numbered from 1 in the order submitted, and how many of them are done. Every stream is one; events and
// operations know a stream only as a timeline.
class Timeline {
public:
    Timeline() = default;
    virtual ~Timeline() = default;
    Timeline(const Timeline&) = delete;
    Timeline& operator=(const Timeline&) = delete;

    uint64_t submitted() const { return submitted_.load(std::memory_order_acquire); }
    bool isComplete(uint64_t number) const { return completed_.load(std::memory_order_acquire) >= number; }
    bool isIdle() const { return isComplete(submitted()); }

    // Waits until the operation with this number is done, or does it.
    virtual void wait(uint64_t number, WaitMode mode) = 0;
    void waitIdle(WaitMode mode) { wait(submitted(), mode); }

protected:
    std::atomic<uint64_t> submitted_{0};
    std::atomic<uint64_t> completed_{0};
};

}  // namespace hostcuda
