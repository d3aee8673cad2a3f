#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "device.h"
#include "spin.h"
#include "timeline.h"
#include "work.h"

namespace hostcuda {

// A FIFO queue of operations, which a worker thread runs.
// A thread that waits for a stream whose worker has not woken up yet runs the operations itself: that saves two
// thread switches, which on an idle machine cost more than small work. One thread runs operations at a time.
class Stream final : public Timeline {
public:
    enum class Kind { kBlocking, kNonBlocking, kLegacy };

    Stream(Device& device, Kind kind);

    // What the stream's worker thread does until the stream is closed and its queue is empty.
    void runWorker();

    // Submits an operation and returns its number, or 0 if the stream has been closed. `onNumber` runs under the
    // stream's lock, before the worker can see the operation. Allocates only when the queue has to grow.
    template <class OnNumber>
    uint64_t submit(Work&& work, OnNumber&& onNumber) {
        bool wake = false;
        uint64_t number = 0;
        {
            const std::unique_lock<std::mutex> lock = lockBriefly(mutex_);
            if (closed_) {
                return 0;
            }
            push(std::move(work));
            number = submitted_.load(std::memory_order_relaxed) + 1;
            onNumber(number);
            submitted_.store(number, std::memory_order_release);
            // A thread in runQueued() runs this operation too, or wakes the worker when it stops before.
            wake = !running_ && std::exchange(asleep_, false);
        }
        if (wake) {
            workArrived_.notify_one();
        }
        return number;
    }
    uint64_t submit(Work&& work) {
        return submit(std::move(work), [](uint64_t) {});
    }

    void wait(uint64_t number, WaitMode mode) override;

    // Refuses further work; the worker ends when the queue is empty.
    void close();
    bool closed() const;

    // At process exit: workers finish the operation they are in and begin no other.
    static void haltWorkers();
    bool isRunning() const;

    Device& device;
    const Kind kind;

private:
    void push(Work&& work);
    bool hasWork() const { return head_ != tail_; }
    void spinForWork();
    enum class Runner { kWorker, kWaiter };
    void runQueued(std::unique_lock<std::mutex>& lock, uint64_t last, Runner runner);

    mutable std::mutex mutex_;
    std::condition_variable workArrived_;
    std::condition_variable workDone_;
    std::vector<Work> ring_;  // size is a power of two
    uint64_t head_ = 0;       // positions in the ring, counted without wrapping
    uint64_t tail_ = 0;
    bool running_ = false;  // a thread is in runQueued()
    bool asleep_ = false;   // the worker waits to be notified
    bool closed_ = false;
    uint64_t wakeAt_ = UINT64_MAX;  // smallest number that a blocked thread waits for
    int spinNanos_ = 0;             // the worker's own: grows while spinning pays, shrinks while it does not
};

}  // namespace hostcuda
