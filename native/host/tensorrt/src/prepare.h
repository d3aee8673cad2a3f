// A model as ONNX Runtime is given it: what TensorRT's importer would make of it, without what the model only claims of
// its tensors.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "onnx_model.h"

namespace pinion_host_tensorrt {

// TensorRT's name of a network input. One that is an output too gives its name to the output.
std::string networkInputName(const onnx::Graph& graph, const std::string& input);

// Attributes of nodes of the main graph, by the node's index.
using NodeAttributes = std::set<std::pair<int, std::string>>;

// The whole model without some attributes, to be optimised and run. folder is the model's own, for external data.
std::string modelToRun(const std::string& bytes, const onnx::Model& model, const NodeAttributes& overlooked,
                       const std::string& folder);

// A model of which types and shapes are asked: every tensor is an output, large constants are inputs, so that it is
// small, and node 7 is called nodeToken(7). Inputs that the network takes have these shapes when they are given.
std::string modelToInfer(const std::string& bytes, const onnx::Model& model, const NodeAttributes& overlooked,
                         const std::vector<Shape>* inputs);

std::string nodeToken(size_t node);
// The node whose token is in the text, which is replaced by the label; -1 when there is none.
int findNodeToken(std::string& text, const onnx::Graph& graph);

}  // namespace pinion_host_tensorrt
