// Optimization profiles: the caller's shape ranges against the model's inputs, before TensorRT sees them.
#pragma once

#include <string>
#include <vector>

#include "build_options.h"
#include "tensor_info.h"

namespace pinion {

// Throws PN_UNSUPPORTED where one of them has values that decide shapes.
void refuseShapeTensors(const std::vector<TensorInfo>& tensors);

// Fills each input's profiles (static inputs get their own shape) and gives the number of profiles that TensorRT needs:
// 0 for a model without dynamic inputs and ranges, which has the one of its static shapes. Throws PN_INVALID_ARGUMENT
// that names the tensor, the values and the way out.
int32_t assignProfiles(std::vector<TensorInfo>& inputs, const std::vector<ShapeRange>& ranges);

// Inputs' dimensions that share a name and were given different sizes, with those; "" if there are none.
std::string describeSharedNames(const std::vector<TensorInfo>& inputs);

}  // namespace pinion
