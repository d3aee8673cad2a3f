#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cuda_runtime_api.h"

namespace hostcuda {

// The operations that PINION_HOST_CUDA_FAULTS can make fail.
enum class FaultPoint {
    kMalloc,
    kMallocAsync,
    kHostAlloc,
    kHostRegister,
    kMemcpy,
    kMemset,
    kHostFunc,
    kGraphInstantiate,
    kGraphLaunch,
    kEventCreate,
    kEventRecord,
    kStreamCreate,
    kSynchronize,
    kBeginCapture,
    kEndCapture,
    kCount
};

constexpr int kMaxDevices = 8;

// One scripted failure: the n-th operation, or from the n-th on.
struct Fault {
    uint64_t first = 0;
    bool andLater = false;
    cudaError_t error = cudaSuccess;
};

// What PINION_HOST_CUDA_FAULTS says; see native/host/README.md for the syntax.
struct Settings {
    int devices = 1;
    size_t deviceMemory = 0;      // bytes; 0 = half of the machine's memory
    double copyBytesPerNano = 0;  // simulated bandwidth of each copy direction; 0 = as fast as memcpy
    int spinMicros = 20;          // longest spin of a waiting thread before it blocks
    std::vector<Fault> faults[static_cast<size_t>(FaultPoint::kCount)];
    bool anyFault = false;
    std::string problem;  // first item that could not be understood; empty if all is well

    static Settings parse(const char* text);
};

// The settings in force; read from the environment on first use.
const Settings& settings();

// Reads the environment again and restarts the fault counters.
void reloadSettings();

// Errors that a real device only finds while it runs the work, and that then stick to the device.
bool isSticky(cudaError_t error);

// Counts one call of an operation and returns the non-sticky error scripted for it, or success.
cudaError_t faultAtCall(FaultPoint point);

// Counts one execution of an operation and returns the sticky error scripted for it, or success.
cudaError_t faultAtRun(FaultPoint point);

}  // namespace hostcuda
