// The thread that completes a slot's asynchronous runs: it exists for this alone, so that no pool thread ever blocks.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "counting_semaphore.h"

namespace pinion {

// Threads: post from one thread at a time; the rest from any.
class Watcher {
public:
    // complete handles one posted run, on the watcher's thread; it must not throw.
    explicit Watcher(std::function<void()> complete);
    ~Watcher() { stop(); }
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    // Before the first post: makes the thread, unless stopped. Throws std::system_error if there can be no more
    // threads.
    void start() {
        if (!isStarted_.load(std::memory_order_acquire)) {
            startThread();
        }
    }
    // One run is in the stream. Neither locks nor allocates.
    void post() noexcept {
        pending_.fetch_add(1, std::memory_order_relaxed);
        semaphore_.post();
    }
    // Completes what was posted and ends the thread, for good. What is posted afterwards is the caller's to complete.
    void stop();
    bool isCurrentThread() const noexcept { return std::this_thread::get_id() == threadId_.load(); }

private:
    void startThread();
    void run();

    const std::function<void()> complete_;
    CountingSemaphore semaphore_;
    std::atomic<int> pending_{0};
    std::atomic<bool> isStarted_{false};
    std::atomic<std::thread::id> threadId_{};
    std::mutex mutex_;  // over the two below
    bool isStopped_ = false;
    std::thread thread_;
};

}  // namespace pinion
