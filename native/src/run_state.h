// Where a session's one inference stands, and so who may touch the session: the one owner of its run state.
//
//            claim                   enqueue
//   idle ------------> in call ------------------> enqueued ---+
//    ^ ^ <-- release -- |   ^                       |          |
//    | |                |   +------ poll, wait -----+          |
//    | |                | enqueue_async                        |
//    | |                v                                      |
//    | +- completion - async                                   |
//    |                                                         |
//    +------------ close ---> closed <--- close ---------------+
//
// Who has claimed it is alone with the session until the release. close waits for a call's and an asynchronous run's
// end, and takes over what poll or wait would have ended. Nothing leaves closed.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "pinion/pinion.h"

namespace pinion {

// Threads: any. Free of locks: one compare-and-swap claims, one store releases.
class RunState {
public:
    RunState() = default;
    RunState(const RunState&) = delete;
    RunState& operator=(const RunState&) = delete;

    // Closed from the call of close on.
    pn_run_state get() const noexcept {
        return isClosing_.load(std::memory_order_acquire) ? PN_RUN_CLOSED : state_.load(std::memory_order_acquire);
    }
    // From idle or enqueued to in call. Throws PN_BUSY or PN_INVALID_STATE, which say what the caller has to do.
    void claim(pn_run_state from) {
        pn_run_state found = from;
        if (isClosing_.load(std::memory_order_relaxed) ||
            !state_.compare_exchange_strong(found, PN_RUN_IN_CALL, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
            throwRefused(found, from);
        }
    }
    // The last touch of a call.
    void release(pn_run_state to) noexcept { state_.store(to, std::memory_order_release); }
    // Refuses claims from now on, so that a chain of callbacks ends too. When it returns the session is closed, and
    // what it owns is the calling thread's. One thread at a time; a second call returns at once.
    void close() noexcept;

private:
    [[noreturn]] void throwRefused(pn_run_state found, pn_run_state wanted) const;

    std::atomic<pn_run_state> state_{PN_RUN_IDLE};
    std::atomic<bool> isClosing_{false};
};

// A session in this thread's hands until the end of the scope.
class RunClaim {
public:
    explicit RunClaim(RunState& state, pn_run_state from = PN_RUN_IDLE) : state_(state) { state_.claim(from); }
    ~RunClaim() { state_.release(next_); }
    RunClaim(const RunClaim&) = delete;
    RunClaim& operator=(const RunClaim&) = delete;

    // What the session is after the scope, instead of idle.
    void leaveAs(pn_run_state next) noexcept { next_ = next; }

private:
    RunState& state_;
    pn_run_state next_ = PN_RUN_IDLE;
};

[[noreturn]] void throwClosed();

// For waits away from the hot path that last a moment, or as long as a run.
template <typename Condition>
void sleepUntil(const Condition& condition) {
    while (!condition()) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
}

}  // namespace pinion
