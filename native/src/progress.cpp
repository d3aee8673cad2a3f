#include "progress.h"

#include "error.h"

namespace pinion {

Progress::Progress(pn_progress_callback callback, void* user) : callback_(callback), user_(user) {}

bool Progress::report(const char* phase, const char* parent, int32_t step, int32_t stepCount) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (callback_ != nullptr && !stopped_) {
        stopped_ = callback_(user_, phase, parent, step, stepCount, elapsedSeconds()) != 0;
    }
    return !stopped_;
}

double Progress::elapsedSeconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

bool Progress::isStopped() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return stopped_;
}

void Progress::throwIfStopped(bool goesOn) const {
    if (!goesOn) {
        throw Error(PN_CANCELLED, "the build was cancelled by the caller");
    }
}

}  // namespace pinion
