// What ONNX Runtime infers of a model's tensors, without weights and without kernels.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "inferred.h"
#include "log.h"
#include "onnx_model.h"
#include "prepare.h"

namespace pinion_host_tensorrt {

// Inputs that the network takes have these shapes when they are given; a view is begun with where one is known.
// Only the first nodes are looked at, where their number is given.
Inference infer(const std::string& bytes, const onnx::Model& model, const Log& log,
                const std::vector<Shape>* inputs = nullptr, const ModelView* view = nullptr,
                size_t nodes = NodeView::kAll);

// The types of what the nodes of a prepared model make, of as many as ONNX Runtime knows; none where it refuses the
// model.
std::unordered_map<std::string, int32_t> inferTypes(const std::string& prepared, const Log& log);

}  // namespace pinion_host_tensorrt
