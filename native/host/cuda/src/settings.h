#pragma once

#include <cstddef>
#include <string>

#include "faults.h"

namespace hostcuda {

constexpr int kMaxDevices = 8;

// What PINION_HOST_CUDA_FAULTS and PINION_HOST_CUDA_SM say; see native/host/README.md for the syntax.
struct Settings {
    int devices = 1;
    int unavailableDevice = -1;   // as if another process had it exclusively; -1 for none
    int computeCapability = 0;    // 75 for SM 7.5
    size_t deviceMemory = 0;      // bytes; 0 = half of the machine's memory
    double copyBytesPerNano = 0;  // simulated bandwidth of each copy direction; 0 = as fast as memcpy
    int copySetupMicros = 0;      // of each copy between host and device
    int64_t mallocNanos = 0;      // what each allocation of device memory takes
    int spinMicros = 20;          // longest spin of a waiting thread before it blocks
    Faults faults;
    std::string problem;  // first item that could not be understood; empty if all is well
};

// The settings in force; read from the environment on first use.
const Settings& settings();

// Reads the environment again and restarts the fault counters.
void reloadSettings();

inline cudaError_t faultAtCall(FaultPoint point) {
    return settings().faults.atCall(point);
}
inline cudaError_t faultAtRun(FaultPoint point) {
    return settings().faults.atRun(point);
}

}  // namespace hostcuda
