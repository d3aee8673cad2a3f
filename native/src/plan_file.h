// Pinion's plan file: a small checked header in front of TensorRT's bytes, so that what does not fit is refused with
// both sides named, and damaged bytes never reach the deserializer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pinion/pinion.h"

namespace pinion {

// What must fit between a plan and the machine that loads it.
struct PlanHeader {
    bool raw = true;  // TensorRT's bytes alone: everything below is unknown
    int32_t tensorRtVersion = 0;
    int32_t sdk = PN_SDK_NVIDIA;
    int32_t smMajor = 0;
    int32_t smMinor = 0;
    int32_t precision = PN_PRECISION_FP32;
    int32_t hardwareCompatibility = PN_HARDWARE_SAME;
    bool versionCompatible = false;
    int32_t profileCopies = 1;  // TensorRT's profiles for each of the caller's
    std::string deviceName;
    std::string platform;  // "linux-x64"
    std::string json;      // one object with everything known of the build, for people and scripts
};

}  // namespace pinion
