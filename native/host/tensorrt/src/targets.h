// What plans of TensorRT for RTX are compiled for: compute capabilities, as 75 for SM 7.5.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "NvInfer.h"

namespace pinion_host_tensorrt {

#if PINION_TRT_RTX

// Several targets as one number, a bit for each. No bit stands for what NVIDIA compiles for unless told otherwise:
// Ampere (but not Hopper), Ada, and Blackwell as on workstations, and newer.
using TargetBits = uint64_t;

bool isTarget(nvinfer1::ComputeCapability capability) noexcept;
// Throws a Refusal for one that was not set; kCURRENT asks the device.
TargetBits targetBits(const std::vector<nvinfer1::ComputeCapability>& capabilities);
bool fits(TargetBits targets, int32_t capability) noexcept;
std::string targetsText(TargetBits targets);

// Of the current device. Throws a Refusal where there is none.
int32_t deviceCapability();

#endif

}  // namespace pinion_host_tensorrt
