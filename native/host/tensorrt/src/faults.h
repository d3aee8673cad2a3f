// Failures and delays scripted through PINION_HOST_TENSORRT_FAULTS; native/host/README.md has the syntax.
#pragma once

#include <chrono>
#include <cstdint>

#include "NvInferRuntimeCommon.h"

namespace pinion_host_tensorrt {

enum class FaultPoint { kParse, kBuild, kDeserialize, kContext, kEnqueue, kRun, kCount };
enum class FaultEffect { kNone, kFail, kOutOfMemory, kCrash, kHang, kAllocate, kLateError };

// Counts one pass through the point, does what is scripted for the whole process (a crash, a hang, an allocation), and
// returns what is scripted for the call.
FaultEffect faultAt(FaultPoint point);

// The same; throws a Refusal with this code, or with that of exhausted memory, where a failure of `what` is scripted.
void refuseIfScripted(FaultPoint point, nvinfer1::ErrorCode code, const char* what);

// Simulated time, slept and not spun.
int64_t buildDelayMilliseconds();
int64_t contextDelayMilliseconds();
int64_t runDelayMicroseconds();
int64_t compileMicroseconds();

// Counts an inference, and says whether a bit of its outputs is to be flipped.
bool flipsNow(bool isReplay);

// Whether an inference computes on an auxiliary stream, which its stream forks to and joins.
bool forksToAuxiliaryStream();
// Whether an inference begins by writing all of the scratch memory that it was given.
bool writesScratch();

// Takes the simulated device for one run, after the runs that took it before, and returns when it is free again: the
// clock's epoch where no compute time is simulated.
std::chrono::steady_clock::time_point occupyDevice();

}  // namespace pinion_host_tensorrt
