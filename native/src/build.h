// From an ONNX model to a plan.
#pragma once

#include <cstdint>
#include <vector>

#include "build_options.h"
#include "model.h"

namespace pinion {

std::vector<uint8_t> buildPlan(const ModelSource& source, const BuildOptions& options);

}  // namespace pinion
