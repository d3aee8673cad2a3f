// FP16 as a GPU computes it.
#pragma once

#include "inference.h"
#include "log.h"
#include "onnx_model.h"
#include "prepare.h"

namespace pinion_host_tensorrt {

// Makes nodes of FLOAT16 compute in FLOAT between casts from FLOAT16 and to it, in bodies too, which is to round every
// tensor as a GPU does. Left alone, ONNX Runtime computes them in FLOAT and drops the casts between them.
void roundHalf(const onnx::Model& model, const Inference& values, const Log& log, ModelView& view);

}  // namespace pinion_host_tensorrt
