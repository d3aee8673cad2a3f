#include "watcher.h"

#include <utility>

namespace pinion {

Watcher::Watcher(std::function<void()> complete) : complete_(std::move(complete)) {}

void Watcher::startThread() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!isStopped_ && !thread_.joinable()) {
        thread_ = std::thread([this] { run(); });
        isStarted_.store(true, std::memory_order_release);
    }
}

void Watcher::stop() {
    std::unique_lock<std::mutex> lock(mutex_);
    isStopped_ = true;
    if (thread_.joinable()) {
        std::thread thread = std::move(thread_);
        lock.unlock();
        // A token without a pending run says stop; runs posted meanwhile have tokens of their own.
        semaphore_.post();
        thread.join();
    }
}

void Watcher::run() {
    threadId_ = std::this_thread::get_id();
    for (;;) {
        semaphore_.wait();
        if (pending_.load(std::memory_order_relaxed) == 0) {
            return;
        }
        pending_.fetch_sub(1, std::memory_order_relaxed);
        complete_();
    }
}

}  // namespace pinion
