#include "clock.h"

#include <chrono>
#include <thread>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

namespace hostcuda {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

int64_t nowNanos() {
    return std::chrono::duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

void sleepUntilNanos(int64_t nanos) {
    const steady_clock::time_point end{std::chrono::duration_cast<steady_clock::duration>(nanoseconds(nanos))};
#if defined(__linux__)
    // Linux may wake a thread up to its timer slack too late, 50 us by default.
    const int slack = prctl(PR_GET_TIMERSLACK, 0UL, 0UL, 0UL, 0UL);
    prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
    std::this_thread::sleep_until(end);
    prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(slack > 0 ? slack : 0), 0UL, 0UL, 0UL);
#else
    std::this_thread::sleep_until(end);
#endif
}

}  // namespace hostcuda
