#pragma once

#include <cstdint>

namespace hostcuda {

// A monotonic clock, in nanoseconds.
int64_t nowNanos();

// Sleeps until that clock shows `nanos`, some 10 us precise where the system allows it.
void sleepUntilNanos(int64_t nanos);

}  // namespace hostcuda
