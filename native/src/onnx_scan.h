// Just enough protobuf to name an ONNX model's nodes, for parser errors that give a node's index alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pinion {

struct OnnxNode {
    std::string name;
    std::string op;
};

struct OnnxOutline {
    std::vector<OnnxNode> nodes;         // of the main graph, in order
    std::vector<std::string> functions;  // names of the model's own functions
};

// Damaged bytes give what was understood before the damage.
OnnxOutline scanOnnx(const void* model, uint64_t bytes);

}  // namespace pinion
