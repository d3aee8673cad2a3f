#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "spin.h"
#include "work.h"

namespace hostcuda {

class Capture;
class Device;

// How a host thread waits for a stream.
enum class WaitMode {
    kAuto,   // spin briefly, then block
    kSpin,   // never block
    kYield,  // never block, but give the core away
    kBlock   // block at once
};

// A FIFO queue of operations and the thread that runs them. Operations are numbered from 1 in the order submitted.
// A thread that waits for a stream whose worker has not woken up yet runs the operations itself: that saves two
// thread switches, which on an idle machine cost more than small work. One thread runs operations at a time.
// The worker holds a reference: a closed stream lives until its queue has drained.
class Stream {
public:
    enum class Kind { kBlocking, kNonBlocking, kLegacy };

    static std::shared_ptr<Stream> create(Device& device, Kind kind);

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
            // A running thread sees the work itself, or leaves it to the worker when it stops.
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

    uint64_t submitted() const { return submitted_.load(std::memory_order_acquire); }
    bool isComplete(uint64_t number) const { return completed_.load(std::memory_order_acquire) >= number; }
    bool isIdle() const { return isComplete(submitted()); }

    // Waits until the operation with this number is done, or does it.
    void wait(uint64_t number, WaitMode mode);
    void waitIdle(WaitMode mode) { wait(submitted(), mode); }

    // Refuses further work; the worker ends when the queue is empty.
    void close();
    bool closed() const;

    // At process exit: workers finish the operation they are in and begin no other.
    static void haltWorkers();
    bool isRunning() const;

    Device& device;
    const Kind kind;

    // The capture this stream takes part in; guarded by captureMutex().
    std::shared_ptr<Capture> capture;

private:
    Stream(Device& device, Kind kind);
    void push(Work&& work);
    bool hasWork() const { return head_ != tail_; }
    void loop();
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
    std::atomic<uint64_t> submitted_{0};
    std::atomic<uint64_t> completed_{0};
    int spinNanos_ = 0;  // the worker's own: grows while spinning pays, shrinks while it does not
};

}  // namespace hostcuda
