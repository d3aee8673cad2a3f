#include "run_state.h"

#include "error.h"

namespace pinion {

void RunState::close() noexcept {
    isClosing_.store(true, std::memory_order_release);
    sleepUntil([this] {
        pn_run_state found = state_.load(std::memory_order_relaxed);
        const bool isFree = found == PN_RUN_IDLE || found == PN_RUN_ENQUEUED;
        return found == PN_RUN_CLOSED ||
               (isFree && state_.compare_exchange_strong(found, PN_RUN_CLOSED, std::memory_order_acquire,
                                                         std::memory_order_relaxed));
    });
}

void RunState::throwRefused(pn_run_state found, pn_run_state wanted) const {
    if (get() == PN_RUN_CLOSED) {
        throwClosed();
    }
    if (found == PN_RUN_IDLE && wanted == PN_RUN_ENQUEUED) {
        throw Error(PN_INVALID_STATE, "nothing was enqueued on the session");
    }
    throw Error(PN_BUSY, found == PN_RUN_ENQUEUED ? "the session is in flight; poll or wait until it is done"
                         : found == PN_RUN_ASYNC  ? "the session is in flight; its callback tells the end"
                                                  : "another thread is using the session");
}

void throwClosed() {
    throw Error(PN_INVALID_STATE, "the session is closed");
}

}  // namespace pinion
