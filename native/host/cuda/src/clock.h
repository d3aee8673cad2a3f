#pragma once

#include <chrono>
#include <cstdint>
#if defined(_MSC_VER)
#include <intrin.h>
#endif

namespace hostcuda {

inline int64_t nowNanos() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// Tells the core that this is a spin loop.
inline void relaxCpu() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
    __asm__ __volatile__("yield");
#elif defined(_MSC_VER)
    YieldProcessor();
#endif
}

}  // namespace hostcuda
