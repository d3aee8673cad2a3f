// Progress of a build and the caller's wish to stop it.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

#include "pinion/pinion.h"

namespace pinion {

class Progress {
public:
    // callback may be NULL.
    Progress(pn_progress_callback callback, void* user);

    // One call of the callback at a time, whatever the thread. False once the caller asked to stop.
    bool report(const char* phase, const char* parent, int32_t step, int32_t stepCount);

    void begin(const char* phase) { throwIfStopped(report(phase, "", 0, 1)); }
    void end(const char* phase) { throwIfStopped(report(phase, "", 1, 1)); }
    // Throws PN_CANCELLED.
    void throwIfStopped() { throwIfStopped(!isStopped()); }
    double elapsedSeconds() const;

private:
    bool isStopped();
    void throwIfStopped(bool goesOn) const;

    pn_progress_callback callback_;
    void* user_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    bool stopped_ = false;
};

}  // namespace pinion
