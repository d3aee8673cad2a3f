// The JSON forms that plans, engines and models share.
#pragma once

#include <string>
#include <vector>

#include "json.h"
#include "tensor_info.h"

namespace pinion {

// "float32", "float16", ...
const char* dataTypeName(pn_data_type type);

// "inputs": [{"name": "x", "dtype": "float32", "shape": [-1, 3, 224, 224]}]
void writeTensors(JsonWriter& json, const std::string& key, const std::vector<TensorInfo>& tensors);

// "profiles": [{"x": {"min": [...], "opt": [...], "max": [...]}}], from the inputs among the tensors.
void writeProfiles(JsonWriter& json, const std::vector<TensorInfo>& tensors, int32_t profileCount);

}  // namespace pinion
