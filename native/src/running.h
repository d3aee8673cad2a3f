// What runs here, in the terms of a plan's header: what plans are compared with.
#pragma once

#include <cstdint>

#include "json.h"
#include "plan_file.h"

namespace pinion {

PlanHeader runningHeader(int32_t device);

// "tensorrt", "sdk", "device", "sm" and "platform" of a header.
void writeOrigin(JsonWriter& json, const PlanHeader& header);

}  // namespace pinion
