// The thread that completes a slot's asynchronous runs: it exists for this alone, so that no pool thread ever blocks.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "counting_semaphore.h"

namespace pinion {

class Watcher {
public:
    // complete handles one posted run, on the watcher's thread; it must not throw. polls: the thread looks for the next
    // run for a moment before it sleeps, which saves waking it up.
    Watcher(std::function<void()> complete, bool polls);
    ~Watcher() { stop(); }
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    // One run is in the stream. Neither locks nor allocates.
    void post() noexcept {
        pending_.fetch_add(1, std::memory_order_relaxed);
        semaphore_.post();
    }
    // Completes what was posted, then ends the thread.
    void stop();
    bool isCurrentThread() const noexcept { return std::this_thread::get_id() == thread_.get_id(); }

private:
    void run();
    void pollForWork() const noexcept;

    const std::function<void()> complete_;
    const bool polls_;
    Semaphore semaphore_;
    std::atomic<int> pending_{0};
    std::thread thread_;  // last: starts when the rest is there
};

}  // namespace pinion
