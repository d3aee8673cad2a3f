// Input shapes that a session has prepared, and what follows from them.
#pragma once

#include <cstdint>
#include <vector>

#include "tensor_info.h"

namespace pinion {

// Both by tensor number, inputs first.
struct Variant {
    std::vector<Dims> shapes;
    std::vector<uint64_t> bytes;  // what a run copies
};

uint64_t tensorBytes(const TensorInfo& tensor, const Dims& dims);

// Shapes of all inputs, checked against the profile: those given, and the static ones. Throws PN_INVALID_ARGUMENT.
std::vector<Dims> resolveInputShapes(const std::vector<TensorInfo>& tensors, int32_t inputCount, int32_t profile,
                                     const pn_shape* shapes, int32_t count);

}  // namespace pinion
