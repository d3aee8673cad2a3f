#pragma once

#include <mutex>
#if defined(_MSC_VER)
#include <intrin.h>
#endif

namespace hostcuda {

// Tells the core that this is a spin loop.
inline void relaxCpu() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
    __asm__ __volatile__("yield");
#elif defined(_M_X64)
    _mm_pause();
#elif defined(_M_ARM64)
    __yield();
#endif
}

// Locks a mutex that others hold for some dozen nanoseconds only: spins a moment before it blocks.
inline std::unique_lock<std::mutex> lockBriefly(std::mutex& mutex) {
    for (int i = 0; i < 100; ++i) {
        if (mutex.try_lock()) {
            return {mutex, std::adopt_lock};
        }
        relaxCpu();
    }
    return std::unique_lock<std::mutex>(mutex);
}

}  // namespace hostcuda
