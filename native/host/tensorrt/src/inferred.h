// What is known of a model's tensors.
#pragma once

#include <string>
#include <unordered_map>

#include "onnx_model.h"
#include "prepare.h"

namespace pinion_host_tensorrt {

struct Inference {
    // By tensor, those of the main graph: constants, inputs and what nodes make. Extents without a name are unknown.
    std::unordered_map<std::string, onnx::Value> values;
    std::string problem;                // empty when all is well
    int node = -1;                      // whose problem it is
    const onnx::Node* inner = nullptr;  // the node of a body, if it is one's
    ModelView view;
};

// What the model itself says of inputs and constants; nothing of what nodes make.
Inference declaredValues(const onnx::Model& model);

}  // namespace pinion_host_tensorrt
