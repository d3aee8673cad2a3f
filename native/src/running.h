// What runs here, in the terms of a plan's header: what plans are compared with.
#pragma once

#include <cstdint>
#include <vector>

#include "json.h"
#include "plan_file.h"

namespace pinion {

PlanHeader runningHeader(int32_t device);

// The header of a plan that is built here: for the device, or for targets where the SDK builds for those.
PlanHeader builtHeader(int32_t device, const std::vector<int32_t>& targets);

// "tensorrt", "sdk", "device", "sm" and "platform" of a header; for targets "targets" instead of device and SM.
void writeOrigin(JsonWriter& json, const PlanHeader& header);

}  // namespace pinion
