// What Pinion knows of an engine's inputs and outputs, the same under every TensorRT version.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "pinion/pinion.h"

namespace pinion {

using Dims = std::array<int64_t, PN_MAX_RANK>;

struct ProfileRange {
    Dims min{};
    Dims opt{};
    Dims max{};
};

struct TensorInfo {
    std::string name;
    pn_tensor_mode mode = PN_TENSOR_INPUT;
    pn_data_type dataType = PN_FLOAT32;
    int32_t elementBits = 32;
    int32_t rank = 0;
    Dims dims{};  // -1 where dynamic
    // What the model calls them; "" without a name. Empty but for a network's inputs.
    std::vector<std::string> dimensionNames;
    bool isShapeTensor = false;
    int32_t bindingIndex = 0;            // within profile 0; only versions with binding indices use it
    std::vector<ProfileRange> profiles;  // inputs only, one for each profile
};

inline bool isDynamic(const TensorInfo& tensor) {
    return std::any_of(tensor.dims.begin(), tensor.dims.begin() + tensor.rank, [](int64_t dim) { return dim < 0; });
}

// More than any memory has; what is larger counts as so many.
constexpr uint64_t kTooManyElements = std::numeric_limits<uint64_t>::max() / 64;

inline uint64_t tensorBytes(const TensorInfo& tensor, const Dims& dims) {
    uint64_t elements = 1;
    for (size_t i = 0; i < static_cast<size_t>(tensor.rank); ++i) {
        const auto extent = static_cast<uint64_t>(dims[i]);
        elements = extent != 0 && elements > kTooManyElements / extent ? kTooManyElements : elements * extent;
    }
    return (elements * static_cast<uint64_t>(tensor.elementBits) + 7) / 8;
}

}  // namespace pinion
