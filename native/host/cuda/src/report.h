#pragma once

#include <cstdint>

#include "pinion_host_cuda.h"

namespace hostcuda {

// Says loudly what the real runtime would let corrupt memory in silence: one line, printf-style.
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
void report(const char* format, ...);

uint64_t reportCount();
void setReportCallback(PinionHostCudaReportFn callback, void* userData);

}  // namespace hostcuda
