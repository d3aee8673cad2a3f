// The thread that completes a session's asynchronous runs: it exists for this alone, so that no pool thread ever
// blocks.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "counting_semaphore.h"

namespace pinion {

// Threads: start and stop from whoever has claimed the session; isCurrentThread from any.
class Watcher {
public:
    // complete handles one posted run, on the watcher's thread; it must not throw.
    explicit Watcher(std::function<void()> complete);
    ~Watcher() { stop(); }
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    // Before the first post: makes the thread. Throws std::system_error if there can be no more threads.
    void start();
    // One run is in the stream. Neither locks nor allocates.
    void post() noexcept { semaphore_.post(); }
    // Ends the thread, after the callback that it is in. Every posted run is complete.
    void stop() noexcept;
    bool isCurrentThread() const noexcept { return std::this_thread::get_id() == threadId_.load(); }

private:
    void run();

    const std::function<void()> complete_;
    CountingSemaphore semaphore_;
    std::atomic<bool> isStopping_{false};
    std::atomic<std::thread::id> threadId_{};  // of none once it has ended, since a later thread may have the same
    std::thread thread_;
};

}  // namespace pinion
