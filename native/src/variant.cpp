#include "variant.h"

#include <string>

#include "error.h"
#include "text.h"

namespace pinion {
namespace {

Dims checkedShape(const TensorInfo& tensor, int32_t profile, const pn_shape& shape) {
    if (shape.rank != tensor.rank) {
        throw Error(PN_INVALID_ARGUMENT, "input '" + tensor.name + "' has " + std::to_string(tensor.rank) +
                                             " dimensions, the shape given has " + std::to_string(shape.rank));
    }
    const ProfileRange& range = tensor.profiles[static_cast<size_t>(profile)];
    Dims dims{};
    for (size_t i = 0; i < static_cast<size_t>(tensor.rank); ++i) {
        const bool isFree = tensor.dims[i] < 0;
        const int64_t min = isFree ? range.min[i] : tensor.dims[i];
        const int64_t max = isFree ? range.max[i] : tensor.dims[i];
        dims[i] = shape.dims[i];
        if (dims[i] < min || dims[i] > max) {
            throw Error(PN_INVALID_ARGUMENT, "input '" + tensor.name + "': dimension " + std::to_string(i) + " is " +
                                                 std::to_string(dims[i]) + ", " +
                                                 (isFree ? "profile " + std::to_string(profile) + " allows " +
                                                               std::to_string(min) + " to " + std::to_string(max)
                                                         : "the engine has " + std::to_string(max)));
        }
    }
    return dims;
}

}  // namespace

std::vector<Dims> resolveInputShapes(const std::vector<TensorInfo>& tensors, int32_t inputCount, int32_t profile,
                                     const pn_shape* shapes, int32_t count) {
    if (count < 0 || (count > 0 && shapes == nullptr)) {
        throw Error(PN_INVALID_ARGUMENT, "shapes is NULL or its count is negative");
    }
    const auto inputs = static_cast<size_t>(inputCount);
    std::vector<Dims> resolved(inputs);
    std::vector<bool> isSet(inputs);
    for (int32_t i = 0; i < count; ++i) {
        const int32_t number = shapes[i].tensor;
        if (number < 0 || number >= inputCount) {
            throw Error(PN_INVALID_ARGUMENT, "tensor " + std::to_string(number) + " is no input; inputs are 0 to " +
                                                 std::to_string(inputCount - 1));
        }
        const auto input = static_cast<size_t>(number);
        if (isSet[input]) {
            throw Error(PN_INVALID_ARGUMENT, "input '" + tensors[input].name + "' has two shapes");
        }
        resolved[input] = checkedShape(tensors[input], profile, shapes[i]);
        isSet[input] = true;
    }
    for (size_t input = 0; input < inputs; ++input) {
        if (isSet[input]) {
            continue;
        }
        const TensorInfo& tensor = tensors[input];
        if (isDynamic(tensor)) {
            throw Error(PN_INVALID_ARGUMENT, "input '" + tensor.name + "' is dynamic (" +
                                                 shapeText(tensor.dims, tensor.rank) + ") and needs a shape");
        }
        resolved[input] = tensor.dims;
    }
    return resolved;
}

}  // namespace pinion
