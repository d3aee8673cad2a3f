// What TensorRT's importers refuse although ONNX allows it: one rule for each, with the releases that have it.
#pragma once

#include <optional>
#include <string>

#include "NvOnnxParser.h"
#include "inferred.h"
#include "onnx_model.h"

namespace pinion_host_tensorrt {

struct ImportProblem {
    int node = -1;
    nvonnxparser::ErrorCode code{};
    std::string what;
    bool isNameless = false;            // the parser itself fails, and names no node
    const onnx::Node* inner = nullptr;  // the node of a body, in the model, that is blamed in its place
};

// The first node on which ONNX Runtime's inference crashes, if there is one.
std::optional<ImportProblem> checkHazards(const onnx::Model& model);

// Why the builder refuses what the parser takes; empty when it does not.
std::string refusedByBuilder(const onnx::Model& model, const Inference& values);

// The first node that its importer refuses, if there is one. values may know only some of the tensors.
std::optional<ImportProblem> checkImporters(const onnx::Model& model, const Inference& values);

}  // namespace pinion_host_tensorrt
