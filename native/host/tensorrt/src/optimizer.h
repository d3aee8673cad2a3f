// Lets ONNX Runtime optimise a model once, at build time, and takes the result apart for the plan.
#pragma once

#include <string>
#include <vector>

#include "onnx_model.h"
#include "prepare.h"
#include "session.h"

namespace pinion_host_tensorrt {

// One node of the optimised graph: what the engine calls a layer.
struct LayerInfo {
    std::string name;
    std::string op;
    std::vector<std::string> inputs;  // without constants
    std::vector<std::string> outputs;
};

struct OptimizedModel {
    ModelParts parts;
    std::vector<LayerInfo> layers;
};

// folder is the model's own, for external data. Throws with ONNX Runtime's message when it refuses the model.
OptimizedModel optimize(const std::string& model, const ModelView& view, const std::string& folder,
                        GraphOptimizationLevel level, const Log& log);

}  // namespace pinion_host_tensorrt
