// What importers know beyond ONNX's inference.
#pragma once

#include "inferred.h"
#include "onnx_model.h"

namespace pinion_host_tensorrt {

// Extents that importers know and ONNX's inference does not, and kernels that ONNX Runtime lacks. Of the first nodes.
void refine(const onnx::Model& model, size_t nodes, Inference& out);

}  // namespace pinion_host_tensorrt
