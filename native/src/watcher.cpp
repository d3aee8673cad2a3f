#include "watcher.h"

#include <utility>

namespace pinion {

Watcher::Watcher(std::function<void()> complete) : complete_(std::move(complete)) {}

void Watcher::start() {
    if (!thread_.joinable()) {
        thread_ = std::thread([this] { run(); });
    }
}

void Watcher::stop() noexcept {
    if (thread_.joinable()) {
        isStopping_ = true;
        semaphore_.post();
        thread_.join();
    }
}

void Watcher::run() {
    threadId_ = std::this_thread::get_id();
    for (semaphore_.wait(); !isStopping_; semaphore_.wait()) {
        complete_();
    }
    threadId_ = std::thread::id();
}

}  // namespace pinion
