#include "inferred.h"

#include <utility>

namespace pinion_host_tensorrt {

Inference declaredValues(const onnx::Model& model) {
    Inference out;
    for (const onnx::Value& input : model.graph.inputs) {
        onnx::Value value = input;
        value.hasShape = true;
        out.values.emplace(input.name, std::move(value));
    }
    for (const onnx::Tensor& tensor : model.graph.initializers) {
        onnx::Value value;
        value.name = tensor.name;
        value.type = tensor.type;
        value.isTensor = true;
        value.hasShape = true;
        for (int64_t extent : tensor.dims) {
            value.dims.push_back({extent, ""});
        }
        out.values[tensor.name] = std::move(value);
    }
    return out;
}

}  // namespace pinion_host_tensorrt
