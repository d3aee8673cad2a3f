#pragma once

#include <cstddef>
#include <string>

#include "cuda_runtime_api.h"
#include "fault_script.h"

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
    kGraphUpload,
    kGraphLaunch,
    kEventCreate,
    kEventRecord,
    kStreamCreate,
    kSynchronize,
    kBeginCapture,
    kEndCapture,
    kCount
};

// The scripted faults, with the counts of operations that they go by. Any thread may ask.
class Faults {
public:
    // Takes a fault by its names in the script. False if there is no such operation or error, or if only running work
    // can have the error and the operation runs none.
    bool add(const std::string& point, const pinion_host::Occurrence& occurrence, const std::string& error);

    // Counts one call of an operation and returns the error scripted for the call, or success.
    cudaError_t atCall(FaultPoint point) const { return atCall_[static_cast<size_t>(point)].next(); }

    // Counts one execution of an operation and returns the sticky error scripted for it, or success.
    cudaError_t atRun(FaultPoint point) const { return atRun_[static_cast<size_t>(point)].next(); }

private:
    pinion_host::FaultSequence<cudaError_t> atCall_[static_cast<size_t>(FaultPoint::kCount)];
    pinion_host::FaultSequence<cudaError_t> atRun_[static_cast<size_t>(FaultPoint::kCount)];
};

}  // namespace hostcuda
