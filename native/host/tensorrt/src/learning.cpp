#include "learning.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>

#include "ort_words.h"

namespace pinion_host_tensorrt {
namespace {

constexpr int kMostTries = 1000;

// Whether the first output is of the type that importers compute in.
bool makesItsType(const std::string& op) {
    return !isOneOf(op, {"ArgMax", "ArgMin", "Cast", "CastLike", "Equal", "Greater", "GreaterOrEqual", "IsInf", "IsNaN",
                         "Less", "LessOrEqual", "NonMaxSuppression", "NonZero", "Shape", "Size"});
}

// Importers that take all inputs there are, and combine or refuse those that ONNX does not have.
bool countsInputs(const std::string& op) {
    return isOneOf(op, {"Add",
                        "And",
                        "Clip",
                        "Div",
                        "Equal",
                        "GRU",
                        "Greater",
                        "GridSample",
                        "LSTM",
                        "LayerNormalization",
                        "Less",
                        "Mul",
                        "NonZero",
                        "Or",
                        "PRelu",
                        "Pad",
                        "Pow",
                        "RNN",
                        "RandomNormalLike",
                        "RandomUniformLike",
                        "ReverseSequence",
                        "RoiAlign",
                        "Slice",
                        "Sub",
                        "TopK",
                        "Trilu",
                        "Unsqueeze",
                        "Xor"});
}

// Whether a type that ONNX does not have for the operator is none to its importer, neither.
bool imports(const std::string& op, int32_t type) {
    switch (type) {
        case onnx::kInt8:
        case onnx::kFloat8:
        case onnx::kInt4:
            return !isOneOf(op, {"And",
                                 "BatchNormalization",
                                 "CumSum",
                                 "GRU",
                                 "GlobalLpPool",
                                 "Hardmax",
                                 "LSTM",
                                 "LayerNormalization",
                                 "LpPool",
                                 "MeanVarianceNormalization",
                                 "Mish",
                                 "Mod",
                                 "NonZero",
                                 "Not",
                                 "Or",
                                 "RNN",
                                 "RandomNormalLike",
                                 "RandomUniformLike",
                                 "RoiAlign",
                                 "STFT",
                                 "Xor"});
        case onnx::kInt32:
        case onnx::kInt64:
            return isOneOf(op, {"Dropout", "GlobalAveragePool", "GlobalMaxPool", "Sum"});
        case onnx::kBool:
            return op == "Dropout";
        case onnx::kFloat16:
            return op == "IsInf";
        default:
            return type == onnx::kBfloat16;
    }
}

AddedInput condition() {
    AddedInput input;
    input.type = onnx::kBool;
    input.raw = "\1";
    return input;
}

bool isOfOtherRank(const std::string& message) {
    return message.find("Number of spatial dimensions in the weight tensor") != std::string::npos ||
           message.find("Weight tensor spatial rank does not match") != std::string::npos;
}

// What a convolution makes of an extent.
int64_t windowed(const onnx::Node& node, size_t i, int64_t extent, int64_t kernel) {
    const auto at = [&](const char* name, size_t k, int64_t otherwise) {
        const std::vector<int64_t> list = node.integers(name);
        return k < list.size() ? list[k] : otherwise;
    };
    const size_t half = node.integers("pads").size() / 2;
    const int64_t padding = i < half ? at("pads", i, 0) + at("pads", i + half, 0) : 0;
    const int64_t stride = std::max<int64_t>(at("strides", i, 1), 1);
    const int64_t window = (kernel - 1) * at("dilations", i, 1) + 1;
    return extent < 0 || kernel < 0 ? -1
           : node.op == "Conv"      ? (extent + padding - window) / stride + 1
                                    : (extent - 1) * stride + window - padding + at("output_padding", i, 0);
}

}  // namespace

bool Learning::learn(const std::string& message) {
    if (out_.node < 0 || ++tries_ > kMostTries) {
        return false;
    }
    if (out_.inner != nullptr) {
        return raise(message);
    }
    const onnx::Node& node = model_.graph.nodes[static_cast<size_t>(out_.node)];
    return overlook(message) || retype(message) || shorten(message, node) || lift(message, node) || raise(message) ||
           divide(message, node) || repeat(message, node) || defer(message, node);
}

// Importers ask for the attributes that they know, and never see others.
bool Learning::overlook(const std::string& message) {
    const std::string name = between(message, "Unrecognized attribute: ", " for operator");
    return !name.empty() && view().attributes.emplace(name, "").second;
}

// A getter of another type reads what such an attribute does not have: zero.
bool Learning::retype(const std::string& message) {
    const std::string name = between(message + "'", "Mismatched attribute type in '", "'");
    const size_t begin = name.find(" : ");
    if (begin == std::string::npos) {
        return false;
    }
    const std::string attribute = name.substr(begin + 3);
    return view().attributes.emplace(attribute, zeroAttribute(attribute, between(message, "Expected: '", "'"))).second;
}

// Inputs beyond those that an importer asks for.
bool Learning::shorten(const std::string& message, const onnx::Node& node) {
    const std::string most =
        message.find("not in range [min=") != std::string::npos ? between(message, "max=", "]") : "";
    if (most.empty() || most.find_first_not_of("0123456789") != std::string::npos || most.size() > 4 ||
        node.inputs.size() <= std::stoul(most) || view().inputs != NodeView::kAll || countsInputs(node.op)) {
        return false;
    }
    view().inputs = std::stoul(most);
    return true;
}

bool Learning::lift(const std::string& message, const onnx::Node& node) {
    const int32_t type = message.find("' of input parameter (") != std::string::npos
                             ? typeNamed(between(message, "Type '", "'"))
                             : onnx::kUndefined;
    if (PINION_TRT_SINCE(11, 0) && type != onnx::kUndefined && isOneOf(node.op, {"If", "Loop"}) &&
        view().liftedType == onnx::kUndefined && view().replaced.empty()) {
        if (node.op == "If") {
            view().replaced[0] = condition();
            out_.view.refused = "node " + quote(node.label()) + " [If]: its condition is no BOOL";
        } else {
            view().liftedType = type;
            view().liftsTo = onnx::kInt64;
            view().liftedInputs = {0};
            view().castsBack = false;
        }
        return true;
    }
    if (type == onnx::kInt32 && isOneOf(node.op, {"ConstantOfShape", "Expand", "Pad", "Reshape", "Tile", "TopK"})) {
        const size_t index = node.op == "ConstantOfShape" ? 0 : 1;
        return node.inputs.size() > index && model_.graph.initializer(node.inputs[index]) != nullptr &&
               out_.view.longs.insert(node.inputs[index]).second;
    }
    // Axes that ONNX's own inference reads as INT64.
    if (const std::string name = between(message, "ParseData type mismatch for tensor: ", ". Expected:int64");
        !name.empty() && model_.graph.initializer(name) != nullptr) {
        return out_.view.longs.insert(name).second;
    }
    if (type == onnx::kUndefined || !imports(node.op, type) || view().liftedType != onnx::kUndefined) {
        return false;
    }
    const Inference known = before(out_.node);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
        const auto value = known.values.find(node.inputs[i]);
        if (value != known.values.end() && value->second.type == type) {
            view().liftedInputs.insert(i);
        }
    }
    view().liftedType = type;
    view().castsBack = makesItsType(node.op);
    return !view().liftedInputs.empty();
}

// Parts that ONNX cannot tell, or that are not equal.
bool Learning::divide(const std::string& message, const onnx::Node& node) {
    const bool isSplit = message.find("not evenly splittable") != std::string::npos ||
                         message.find("'num_outputs' attribute has been given") != std::string::npos;
    if (!PINION_TRT_SINCE(11, 0) || !isSplit || node.op != "Split" || node.inputs.empty() || !view().added.empty() ||
        view().attributes.count("split") != 0) {
        return false;
    }
    const size_t known = view().added.size() + view().attributes.size();
    viewSplit(node);
    return view().added.size() + view().attributes.size() != known;
}

// Repeats that are fewer than the dimensions begin again.
bool Learning::repeat(const std::string& message, const onnx::Node& node) {
    const bool isShort = message.find("'Repeats' input") != std::string::npos;
    const std::vector<double> repeats = isShort ? constantValues(node, 1) : std::vector<double>();
    const int64_t rank = isShort ? rankOf(node.inputs[0]) : -1;
    const bool isTooLong = rank > 0 && static_cast<int64_t>(repeats.size()) > rank;
    if (!PINION_TRT_SINCE(11, 0) || repeats.empty() || rank < 0 || isTooLong || view().replaced.count(1) != 0) {
        return false;
    }
    std::vector<int64_t> all;
    for (size_t i = 0; i < static_cast<size_t>(rank); ++i) {
        all.push_back(static_cast<int64_t>(repeats[i % repeats.size()]));
    }
    view().replaced[1] = longs(all);
    return true;
}

// What only the builder refuses, or takes although ONNX Runtime does not compute it: importers know what such a
// node makes.
bool Learning::defer(const std::string& message, const onnx::Node& node) {
    if (!PINION_TRT_SINCE(11, 0) || !view().made.empty() || node.inputs.empty() || node.outputs.empty()) {
        return false;
    }
    const onnx::Value data = find(node.inputs[0]);
    std::vector<double> values = constantValues(node, 1);
    const auto rank = static_cast<int64_t>(data.dims.size());
    const int64_t given = node.integer("axis", node.op == "TopK" ? -1 : 0);
    const int64_t axis = onnx::axisOf(&data, given);
    const bool hasAxis = axis >= 0;
    bool isRefused = true;
    std::vector<onnx::Value> made;
    const auto make = [&](size_t output, const std::vector<onnx::Dim>& dims, int32_t type) {
        onnx::Value value;
        value.name = node.outputs[output];
        value.type = type;
        value.isTensor = true;
        value.hasShape = true;
        value.dims = dims;
        made.push_back(std::move(value));
    };
    std::vector<onnx::Dim> dims = data.dims;
    if (node.op == "Split" && values.empty()) {
        const std::vector<int64_t> sizes = node.integers("split");
        values.assign(sizes.begin(), sizes.end());
    }
    if (node.op == "TopK" && message.find("less than the requested k") != std::string::npos && hasAxis &&
        values.size() == 1) {
        dims[static_cast<size_t>(axis)] = {onnx::extentOf(values[0]), ""};
        for (size_t i = 0; i < std::min<size_t>(node.outputs.size(), 2); ++i) {
            make(i, dims, i == 0 ? data.type : onnx::kInt64);
        }
    } else if (node.op == "Split" && message.find("Mismatch between the sum of") != std::string::npos && hasAxis &&
               values.size() == node.outputs.size()) {
        double sum = 0;
        for (size_t i = 0; i < values.size(); ++i) {
            sum += values[i];
            dims[static_cast<size_t>(axis)] = {onnx::extentOf(values[i]), ""};
            make(i, dims, data.type);
        }
        isRefused = sum > static_cast<double>(data.dims[static_cast<size_t>(axis)].extent);
    } else if (node.op == "Split" && message.find("Invalid value of attribute 'axis'") != std::string::npos &&
               data.hasShape && rank > 0 && given == rank) {
        for (size_t i = 0; i < node.outputs.size(); ++i) {
            make(i, dims, data.type);  // it slices along no axis that is there
        }
        isRefused = false;
    } else if (isOneOf(node.op, {"Softmax", "LogSoftmax"}) && message.find("'axis' must be in") != std::string::npos &&
               data.hasShape && rank > 0 && node.integer("axis", 1) == rank && model_.opset() < 13) {
        make(0, dims, data.type);  // of a matrix of one column
        isRefused = false;
    } else if (node.op == "Expand" && message.find("Incompatible dimensions") != std::string::npos && data.hasShape &&
               !values.empty()) {
        const size_t wider = std::max(values.size(), dims.size());
        std::vector<onnx::Dim> out(wider);
        isRefused = false;
        for (size_t i = 0; i < wider; ++i) {
            const int64_t old = i + dims.size() >= wider ? dims[i + dims.size() - wider].extent : 1;
            const int64_t wanted = i + values.size() >= wider ? onnx::extentOf(values[i + values.size() - wider]) : 1;
            if (old < 0 || wanted < 0) {
                return false;
            }
            isRefused = isRefused || (old > 1 && wanted > 1 && old != wanted);
            out[i] = {old == 0 || wanted == 0 ? 0 : std::max(old, wanted), ""};
        }
        make(0, out, data.type);
    } else if (node.op == "GridSample" && message.find("last dimension of the grid") != std::string::npos &&
               node.inputs.size() > 1) {
        const onnx::Value grid = find(node.inputs[1]);
        if (!grid.hasShape || grid.dims.size() != dims.size() || dims.size() < 4) {
            return false;
        }
        std::copy(grid.dims.begin() + 1, grid.dims.end() - 1, dims.begin() + 2);
        make(0, dims, data.type);
    } else if (node.op == "OneHot" && message.find("must have rank >= 1") != std::string::npos &&
               node.inputs.size() > 2 && values.size() == 1 && (given == 0 || given == -1)) {
        make(0, {{onnx::extentOf(values[0]), ""}}, find(node.inputs[2]).type);
        isRefused = false;
    } else if (isOneOf(node.op, {"Conv", "ConvTranspose"}) && isOfOtherRank(message) && node.inputs.size() > 1) {
        const onnx::Value weights = find(node.inputs[1]);
        if (!data.hasShape || data.dims.size() != 4 || !weights.hasShape || weights.dims.size() != 3) {
            return false;
        }
        std::vector<onnx::Dim> kernel = {weights.dims[2], {1, ""}};
        dims[1] =
            node.op == "Conv" ? weights.dims[0] : onnx::Dim{weights.dims[1].extent * node.integer("group", 1), ""};
        for (size_t i = 0; i < 2; ++i) {
            dims[i + 2] = {windowed(node, i, data.dims[i + 2].extent, kernel[i].extent), ""};
        }
        make(0, dims, data.type);
        isRefused = false;
    }
    if (made.empty()) {
        return false;
    }
    const std::string why = "node " + quote(node.label()) + " [" + node.op + "]: " + reasonIn(message);
    if (isRefused || !view().forgo(made, why)) {
        view().made = std::move(made);
        out_.view.refused = why;
    }
    return true;
}

// Importers go by the operator's name, whatever the set of operators is. A later set is tried where that is all.
bool Learning::raise(const std::string& message) {
    constexpr int64_t kLatest = 21;
    const bool isUnknown = message.find("No Op registered for ") != std::string::npos;
    const int64_t tried = std::max(out_.view.opset, model_.opset());
    if (!isUnknown || tried >= kLatest) {
        return false;
    }
    out_.view.opset = tried + 1;
    return true;
}

onnx::Value Learning::find(const std::string& name) const {
    const auto known = out_.values.find(name);
    if (known != out_.values.end()) {
        return known->second;
    }
    const Inference earlier = before(out_.node);
    const auto inferred = earlier.values.find(name);
    return inferred != earlier.values.end() ? inferred->second : onnx::Value();
}

int64_t Learning::rankOf(const std::string& name) const {
    const onnx::Value value = find(name);
    return value.hasShape ? static_cast<int64_t>(value.dims.size()) : -1;
}

std::vector<double> Learning::constantValues(const onnx::Node& node, size_t input) const {
    const onnx::Tensor* const tensor =
        input < node.inputs.size() ? model_.graph.initializer(node.inputs[input]) : nullptr;
    return tensor != nullptr ? smallValues(*tensor) : std::vector<double>();
}

Inference Learning::before(int node) const {
    if (node == 0) {
        return declaredValues(model_);
    }
    return ask_(static_cast<size_t>(node));
}

}  // namespace pinion_host_tensorrt
