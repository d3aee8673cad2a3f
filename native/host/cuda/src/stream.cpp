#include "stream.h"

#include <algorithm>
#include <thread>
#if defined(__linux__)
#include <pthread.h>
#endif

#include "clock.h"
#include "settings.h"

namespace hostcuda {
namespace {

constexpr size_t kFirstCapacity = 64;
constexpr int kPausesPerLook = 16;

std::atomic<bool> workersHalted{false};

void nameWorkerThread() {
#if defined(__linux__)
    pthread_setname_np(pthread_self(), "cuda-stream");
#endif
}

// Looks again and again until `ready` or the time is over.
template <class Ready>
bool spin(int64_t nanos, const Ready& ready) {
    if (nanos <= 0) {
        return ready();
    }
    const int64_t end = nowNanos() + nanos;
    do {
        for (int i = 0; i < kPausesPerLook; ++i) {
            if (ready()) {
                return true;
            }
            relaxCpu();
        }
    } while (nowNanos() < end);
    return ready();
}

}  // namespace

Stream::Stream(Device& device, Kind kind) : device(device), kind(kind), ring_(kFirstCapacity) {}

void Stream::push(Work&& work) {
    if (tail_ - head_ == ring_.size()) {
        std::vector<Work> larger(ring_.size() * 2);
        for (uint64_t i = head_; i != tail_; ++i) {
            larger[i & (larger.size() - 1)] = std::move(ring_[i & (ring_.size() - 1)]);
        }
        ring_ = std::move(larger);
    }
    ring_[tail_++ & (ring_.size() - 1)] = std::move(work);
}

void Stream::spinForWork() {
    const int limit = settings().spinMicros * 1000;
    spinNanos_ = std::clamp(spinNanos_, limit / 8, limit);
    const bool found = spin(spinNanos_, [&] { return !isIdle(); });
    spinNanos_ = found ? spinNanos_ * 2 : spinNanos_ / 2;
}

void Stream::runWorker() {
    nameWorkerThread();
    std::unique_lock<std::mutex> lock(mutex_);
    while (hasWork() || running_ || !closed_) {
        if (hasWork() && !running_ && !workersHalted.load()) {
            runQueued(lock, UINT64_MAX, Runner::kWorker);
            lock.unlock();
            spinForWork();
            lock.lock();
        } else {
            asleep_ = true;
            workArrived_.wait(lock);
            asleep_ = false;
        }
    }
}

void Stream::runQueued(std::unique_lock<std::mutex>& lock, uint64_t last, Runner runner) {
    running_ = true;
    const auto mayGoOn = [&] { return hasWork() && (runner == Runner::kWaiter || !workersHalted.load()); };
    for (uint64_t number = completed_.load() + 1; mayGoOn() && number <= last; ++number) {
        Work work = std::exchange(ring_[head_++ & (ring_.size() - 1)], Work());
        lock.unlock();
        run(work, WorkContext{device, *this, number});
        // Lets go of memory and events before the completion becomes visible.
        work = Work();
        lock = lockBriefly(mutex_);
        completed_.store(number, std::memory_order_release);
        if (number >= wakeAt_) {
            wakeAt_ = UINT64_MAX;
            lock.unlock();
            workDone_.notify_all();
            lock.lock();
        }
    }
    running_ = false;
    // A waiting thread stops at the operation that it waits for; the worker runs the rest.
    if (asleep_ && (hasWork() || closed_)) {
        workArrived_.notify_one();
    }
    if (hasWork() && workersHalted.load()) {
        workDone_.notify_all();  // a blocked thread takes over
    }
}

void Stream::wait(uint64_t number, WaitMode mode) {
    const auto ready = [&] { return isComplete(number); };
    if (ready()) {
        return;
    }
    std::unique_lock<std::mutex> lock(mutex_);
    if (!running_ && !ready()) {
        runQueued(lock, number, Runner::kWaiter);
    }
    lock.unlock();
    if (ready()) {
        return;
    }
    if (mode == WaitMode::kSpin || mode == WaitMode::kYield) {
        // Even a spinning thread yields now and then: the work it waits for may need this very core.
        const int64_t slice = mode == WaitMode::kSpin ? 50'000 : 0;
        while (!spin(slice, ready)) {
            std::this_thread::yield();
        }
        return;
    }
    if (mode == WaitMode::kAuto && spin(settings().spinMicros * int64_t{1000}, ready)) {
        return;
    }
    lock.lock();
    while (!ready()) {
        if (running_ || !workersHalted.load()) {
            wakeAt_ = std::min(wakeAt_, number);
            workDone_.wait(lock);
        } else {
            runQueued(lock, number, Runner::kWaiter);
        }
    }
}

void Stream::close() {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        closed_ = true;
        asleep_ = false;
    }
    workArrived_.notify_one();
}

void Stream::haltWorkers() {
    workersHalted.store(true);
}

bool Stream::isRunning() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return running_;
}

bool Stream::closed() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return closed_;
}

}  // namespace hostcuda
