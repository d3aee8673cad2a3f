#include "watcher.h"

#include <chrono>
#include <utility>

namespace pinion {
namespace {

// About what waking a sleeping thread takes: longer, and polling costs more than it saves.
constexpr std::chrono::microseconds kPollTime{50};

}  // namespace

Watcher::Watcher(std::function<void()> complete, bool polls) : complete_(std::move(complete)), polls_(polls) {}

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
        if (polls_) {
            pollForWork();
        }
        semaphore_.wait();
        if (pending_.load(std::memory_order_relaxed) == 0) {
            return;
        }
        pending_.fetch_sub(1, std::memory_order_relaxed);
        complete_();
    }
}

void Watcher::pollForWork() const noexcept {
    const auto end = std::chrono::steady_clock::now() + kPollTime;
    while (pending_.load(std::memory_order_relaxed) == 0 && std::chrono::steady_clock::now() < end) {
        std::this_thread::yield();
    }
}

}  // namespace pinion
