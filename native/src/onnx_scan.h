// Just enough protobuf to name what parser errors are about where they do not: a node by its index, an input by its
// type.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pinion {

struct OnnxNode {
    std::string name;
    std::string op;
};

struct OnnxDimensionName {
    std::string text;
    uint64_t tagOffset;  // in the model, of the one byte that says that the name follows
};

struct OnnxInput {
    std::string name;
    uint64_t dataType = 0;  // ONNX's number
    size_t rank = 0;
    std::vector<OnnxDimensionName> dimensionNames;
};

struct OnnxOutline {
    std::vector<OnnxNode> nodes;         // of the main graph, in order
    std::vector<OnnxInput> inputs;       // of tensors
    std::vector<std::string> functions;  // names of the model's own functions
};

// What the model keeps for others, of the keys that begin so.
std::map<std::string, std::string> scanMetadata(const void* model, uint64_t bytes, const std::string& prefix);

// Damaged bytes give what was understood before the damage.
OnnxOutline scanOnnx(const void* model, uint64_t bytes);

}  // namespace pinion
