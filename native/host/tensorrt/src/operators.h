// Which ONNX operators TensorRT's parser imports, from which release on, and as which kind of layer.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "onnx_model.h"

namespace pinion_host_tensorrt {

// Whether this API level's parser has an importer for it.
bool hasImporter(const std::string& op) noexcept;

// Null when this API level's parser imports the operator and the host runs it, else why not. Importers go by the
// operator's name alone, whatever its domain.
const char* whyUnsupported(const std::string& op) noexcept;

// The layer an operator becomes, coarsely: the main layer where the real parser makes several.
nvinfer1::LayerType layerType(const std::string& op) noexcept;

// The iterations that a Loop's constant count says; none where it has none, or as many as no limit.
std::optional<int64_t> tripLimit(const onnx::Graph& graph, const onnx::Node& loop);

// The branch of an If whose condition is a constant, as the name of its attribute; empty where it is none.
std::string branchTaken(const onnx::Graph& graph, const onnx::Node& node);

// The bodies of a node that are imported: of a constant condition one branch, from release 11 on.
std::vector<const onnx::Graph*> importedBodies(const onnx::Graph& graph, const onnx::Node& node);

// What is wrong with a graph, by node; empty when it can be built.
struct GraphProblem {
    int node = -1;  // -1: the graph as a whole
    bool unsupported = false;
    std::string what;
    bool atBuild = false;               // the parser takes it, and the builder refuses
    const onnx::Node* inner = nullptr;  // the node of a body that is blamed in its place
};

struct GraphCheck {
    std::vector<GraphProblem> problems;
    // Network inputs whose values decide shapes, and the first node of each.
    std::map<std::string, int> shapeInputs;
};
GraphCheck checkGraph(const onnx::Graph& graph);

// Whether the graph computes with an input's values, and not only shapes from them.
bool computesWith(const onnx::Graph& graph, const std::string& input);

}  // namespace pinion_host_tensorrt
