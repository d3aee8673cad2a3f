#include "watcher.h"

#include <utility>

namespace pinion {

Watcher::Watcher(std::function<void()> complete) : complete_(std::move(complete)), thread_([this] { run(); }) {}

void Watcher::stop() {
    if (thread_.joinable()) {
        // A token without a pending run says stop; runs posted meanwhile have tokens of their own.
        semaphore_.post();
        thread_.join();
    }
}

void Watcher::run() {
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
