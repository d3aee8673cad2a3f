#include "profiles.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "error.h"
#include "text.h"

namespace pinion {
namespace {

[[noreturn]] void invalid(const std::string& message) {
    throw Error(PN_INVALID_ARGUMENT, message);
}

Dims withDynamic(const TensorInfo& input, int64_t batch, int64_t other) {
    Dims dims = input.dims;
    for (size_t i = 0; i < static_cast<size_t>(input.rank); ++i) {
        if (dims[i] < 0) {
            dims[i] = i == 0 ? batch : other;
        }
    }
    return dims;
}

// "x:min=1x3x224x224,opt=4x3x224x224,max=8x3x224x224", with the model's own fixed dimensions.
std::string exampleRange(const TensorInfo& input) {
    constexpr int64_t kExampleSize = 224;
    return input.name + ":min=" + shapeText(withDynamic(input, 1, kExampleSize), input.rank) +
           ",opt=" + shapeText(withDynamic(input, 4, kExampleSize), input.rank) +
           ",max=" + shapeText(withDynamic(input, 8, kExampleSize), input.rank);
}

std::vector<std::string> namesOf(const std::vector<TensorInfo>& tensors) {
    std::vector<std::string> names;
    names.reserve(tensors.size());
    for (const TensorInfo& tensor : tensors) {
        names.push_back(tensor.name);
    }
    return names;
}

std::string place(const ShapeRange& given) {
    return "profile " + std::to_string(given.profile) + ", input '" + given.tensor + "': ";
}

// Why one dimension of a range is wrong, or "".
std::string misfit(int64_t min, int64_t opt, int64_t max, int64_t modelDim) {
    if (min <= 0 || opt <= 0 || max <= 0 || max > INT32_MAX) {
        return "each must be 1 to " + std::to_string(INT32_MAX);
    }
    if (min > opt || opt > max) {
        return "they must not descend";
    }
    if (modelDim >= 0 && (min != modelDim || max != modelDim)) {
        return "the dimension is fixed at " + std::to_string(modelDim) + " in the model";
    }
    return "";
}

void checkDimension(const ShapeRange& given, size_t dimension, int64_t modelDim) {
    const int64_t min = given.range.min[dimension];
    const int64_t opt = given.range.opt[dimension];
    const int64_t max = given.range.max[dimension];
    const std::string reason = misfit(min, opt, max, modelDim);
    if (!reason.empty()) {
        invalid(place(given) + "dimension " + std::to_string(dimension) + " has min " + std::to_string(min) + ", opt " +
                std::to_string(opt) + ", max " + std::to_string(max) + "; " + reason);
    }
}

void checkRange(const TensorInfo& input, const ShapeRange& given) {
    if (given.rank != input.rank) {
        invalid(place(given) + "the ranges have rank " + std::to_string(given.rank) + "; the model's shape is " +
                shapeText(input.dims, input.rank) + ", rank " + std::to_string(input.rank));
    }
    for (size_t i = 0; i < static_cast<size_t>(input.rank); ++i) {
        checkDimension(given, i, input.dims[i]);
    }
}

std::string listDynamic(const std::vector<TensorInfo>& inputs) {
    std::vector<std::string> parts;
    for (const TensorInfo& input : inputs) {
        if (isDynamic(input)) {
            parts.push_back("'" + input.name + "' (" + shapeText(input.dims, input.rank) + ")");
        }
    }
    return join(parts, ", ");
}

std::string sizesText(const std::string& input, size_t dimension, const ProfileRange& range) {
    return "dimension " + std::to_string(dimension) + " of '" + input + "' has min " +
           std::to_string(range.min[dimension]) + ", opt " + std::to_string(range.opt[dimension]) + ", max " +
           std::to_string(range.max[dimension]);
}

// Ranges by profile and input; every gap is an input that was not named.
using Table = std::vector<std::vector<std::optional<ProfileRange>>>;

Table makeTable(const std::vector<TensorInfo>& inputs, const std::vector<ShapeRange>& ranges) {
    Table table;
    for (const ShapeRange& given : ranges) {
        const auto input = std::find_if(inputs.begin(), inputs.end(),
                                        [&](const TensorInfo& tensor) { return tensor.name == given.tensor; });
        if (input == inputs.end()) {
            invalid("profile " + std::to_string(given.profile) + ": the model has no input '" + given.tensor + "'" +
                    suggestion(given.tensor, namesOf(inputs)));
        }
        checkRange(*input, given);
        table.resize(std::max(table.size(), static_cast<size_t>(given.profile) + 1),
                     std::vector<std::optional<ProfileRange>>(inputs.size()));
        auto& entry = table[static_cast<size_t>(given.profile)][static_cast<size_t>(input - inputs.begin())];
        if (entry.has_value()) {
            invalid("profile " + std::to_string(given.profile) + " has two ranges for input '" + given.tensor + "'");
        }
        entry = given.range;
    }
    return table;
}

}  // namespace

void refuseShapeTensors(const std::vector<TensorInfo>& tensors) {
    const auto found =
        std::find_if(tensors.begin(), tensors.end(), [](const TensorInfo& tensor) { return tensor.isShapeTensor; });
    if (found != tensors.end()) {
        throw Error(PN_UNSUPPORTED, "'" + found->name +
                                        "' is a shape tensor: its values decide other shapes, which Pinion does not "
                                        "support; make it a constant of the model, or a dimension of an input");
    }
}

int32_t assignProfiles(std::vector<TensorInfo>& inputs, const std::vector<ShapeRange>& ranges) {
    refuseShapeTensors(inputs);
    const Table table = makeTable(inputs, ranges);
    const auto firstDynamic = std::find_if(inputs.begin(), inputs.end(), isDynamic);
    if (table.empty() && firstDynamic != inputs.end()) {
        invalid("the model has dynamic inputs and needs an optimization profile for them: " + listDynamic(inputs) +
                ". For example: " + exampleRange(*firstDynamic));
    }
    if (table.empty()) {
        for (TensorInfo& input : inputs) {
            input.profiles.push_back({input.dims, input.dims, input.dims});
        }
    }
    for (size_t profile = 0; profile < table.size(); ++profile) {
        for (size_t i = 0; i < inputs.size(); ++i) {
            TensorInfo& input = inputs[i];
            if (table[profile][i].has_value()) {
                input.profiles.push_back(*table[profile][i]);
            } else if (isDynamic(input)) {
                invalid("profile " + std::to_string(profile) + " has no range for the dynamic input '" + input.name +
                        "'. For example: " + exampleRange(input));
            } else {
                input.profiles.push_back({input.dims, input.dims, input.dims});
            }
        }
    }
    return static_cast<int32_t>(table.size());
}

std::string describeSharedNames(const std::vector<TensorInfo>& inputs) {
    struct Dimension {
        std::string name;
        std::string text;
        std::array<int64_t, 3> sizes;
    };
    std::vector<std::string> parts;
    const size_t profileCount = inputs.empty() ? 0 : inputs.front().profiles.size();
    for (size_t profile = 0; profile < profileCount; ++profile) {
        std::vector<Dimension> firsts;  // of each name
        const auto compare = [&](Dimension dimension) {
            const auto first = std::find_if(firsts.begin(), firsts.end(),
                                            [&](const Dimension& known) { return known.name == dimension.name; });
            if (first == firsts.end()) {
                firsts.push_back(std::move(dimension));
            } else if (first->sizes != dimension.sizes) {
                parts.push_back("profile " + std::to_string(profile) + ", '" + dimension.name + "': " + first->text +
                                ", and " + dimension.text);
            }
        };
        for (const TensorInfo& input : inputs) {
            const ProfileRange& range = input.profiles[profile];
            for (size_t i = 0; i < input.dimensionNames.size(); ++i) {
                if (!input.dimensionNames[i].empty()) {
                    compare({input.dimensionNames[i],
                             sizesText(input.name, i, range),
                             {range.min[i], range.opt[i], range.max[i]}});
                }
            }
        }
    }
    return join(parts, "; ");
}

}  // namespace pinion
