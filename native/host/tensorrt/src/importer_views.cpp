// What importers are known to see otherwise than ONNX Runtime, before it is asked.
#include <algorithm>
#include <initializer_list>
#include <limits>

#include "learning.h"

namespace pinion_host_tensorrt {
namespace {

struct List {
    const char* name;
    size_t each;  // elements for a dimension
    int64_t otherwise;
};
constexpr List kLists[] = {
    {"kernel_shape", 1, 1}, {"strides", 1, 1}, {"dilations", 1, 1}, {"output_padding", 1, 0}, {"pads", 2, 0}};

// Importers that combine the inputs one by one, and give back a single one as it is.
bool combines(const std::string& op) {
    return isOneOf(op, {"Add", "And", "Div", "Equal", "Greater", "Less", "Mul", "Or", "Sub", "Xor"});
}

// Attributes that are flags, which importers compare with zero.
bool isFlag(const std::string& op, const std::string& attribute) {
    return isOneOf(attribute, {"keepdims", "noop_with_empty_axes", "exclusive", "reverse", "ceil_mode", "fmod"}) &&
           op != "Loop";
}

AddedInput noReals() {
    AddedInput input;
    input.type = onnx::kFloat;
    input.dims = {0};
    return input;
}

AddedInput real(float value) {
    AddedInput input;
    input.type = onnx::kFloat;
    input.raw.assign(reinterpret_cast<const char*>(&value), sizeof value);
    return input;
}

}  // namespace

bool Learning::recheck(size_t nodes) {
    bool found = false;
    for (size_t i = 0; i < std::min(nodes, model_.graph.nodes.size()); ++i) {
        const onnx::Node& node = model_.graph.nodes[i];
        if (node.op != "Transpose" || node.inputs.empty() || node.attributes.count("perm") == 0) {
            continue;
        }
        const auto input = out_.values.find(node.inputs[0]);
        out_.node = static_cast<int>(i);
        if (input != out_.values.end() && input->second.hasShape &&
            input->second.dims.size() != node.integers("perm").size() && view().attributes.count("perm") == 0) {
            viewPermutation(node);
            found = true;
        }
    }
    out_.node = -1;
    return found;
}

void Learning::viewNodes(size_t nodes) {
    for (size_t i = 0; i < std::min(nodes, model_.graph.nodes.size()); ++i) {
        out_.node = static_cast<int>(i);
        viewNode(model_.graph.nodes[i]);
    }
    out_.node = -1;
}

void Learning::viewNode(const onnx::Node& node) {
    viewReduction(node);
    for (const auto& [name, attribute] : node.attributes) {
        if (isFlag(node.op, name) && attribute.integer != 0 && attribute.integer != 1) {
            view().attributes.emplace(name, integerAttribute(name, name == "noop_with_empty_axes" ? 0 : 1));
        }
    }
    if (node.inputs.size() == 1 && combines(node.op)) {
        view().op = "Identity";
    }
    if ((node.op == "Split" || node.op == "Squeeze") && node.inputs.size() > 2) {
        view().inputs = 1;  // they look at the second of two
    }
    if (node.op == "Split" && model_.opset() < 18 && node.attributes.count("num_outputs") != 0) {
        view().attributes.emplace("num_outputs", "");
    }
    viewValues(node);
    constexpr int64_t kAxesAreInputs = 13;
    constexpr int64_t kAxesOfAllAreInputs = 18;
    const bool isReduction = node.op.rfind("Reduce", 0) == 0;
    const bool takesAxes = isOneOf(node.op, {"ReduceSum", "Squeeze", "Unsqueeze"})
                               ? model_.opset() >= kAxesAreInputs
                               : model_.opset() >= kAxesOfAllAreInputs;
    if (takesAxes && node.attributes.count("axes") != 0 &&
        (isReduction || (node.inputs.size() == 1 && node.op == "Unsqueeze"))) {
        view().attributes.emplace("axes", "");
        view().inputs = 1;
        add(node.integers("axes"));
    }
    const bool isConvolution = node.op == "Conv" || node.op == "ConvTranspose";
    const bool isPooling = node.op == "AveragePool" || node.op == "MaxPool" || node.op == "LpPool";
    if ((isConvolution || isPooling) && !node.inputs.empty()) {
        viewWindow(node, isConvolution && node.inputs.size() > 1 ? node.inputs[1] : node.inputs[0]);
    } else if (node.op == "Transpose" && node.attributes.count("perm") != 0) {
        viewPermutation(node);
    } else if (node.op == "LayerNormalization" && PINION_TRT_SINCE(11, 0) && node.inputs.size() > 1 &&
               node.inputs[1].empty()) {
        viewScale(node);
    } else if (node.op == "GroupNormalization") {
        keepAttributes(node, {"epsilon", "num_groups", "stash_type"});
        if (node.attributes.count("num_groups") == 0) {
            view().attributes.emplace("num_groups", integerAttribute("num_groups", 1));
        }
        view().inputs = 3;
        atLeast(18);
    } else if (node.op == "GreaterOrEqual" || node.op == "LessOrEqual") {
        keepAttributes(node, {});
        view().inputs = 2;
        atLeast(12);
    } else if (node.op == "MeanVarianceNormalization") {
        keepAttributes(node, {"axes"});
        view().inputs = 1;
    } else if (isOneOf(node.op, {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"})) {
        viewRandom(node);
    } else if (node.op == "Split" && PINION_TRT_SINCE(11, 0) && !node.inputs.empty() &&
               out_.values.count(node.inputs[0]) != 0) {
        viewSplit(node);
    } else if (isOneOf(node.op, {"DequantizeLinear", "QuantizeLinear"}) && PINION_TRT_SINCE(11, 0)) {
        viewQuantization(node);
    } else if (node.op == "DepthToSpace" && node.text("mode", "DCR") != "CRD") {
        replace(node, "mode", "DCR");
    } else if (node.op == "GridSample" &&
               !isOneOf(node.text("padding_mode", "zeros"), {"zeros", "border", "reflection"})) {
        replace(node, "padding_mode", "zeros");
    } else if (node.op == "Resize" && !isOneOf(node.text("nearest_mode", "floor"),
                                               {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})) {
        view().attributes.emplace("nearest_mode", "");
    }
}

// Importers know the flag in every set of operators.
void Learning::viewReduction(const onnx::Node& node) {
    constexpr int64_t kFirstSum = 13;
    constexpr int64_t kFirstOfAll = 18;
    const bool isReduction = node.op.rfind("Reduce", 0) == 0;
    const bool isKnown = model_.opset() >= (node.op == "ReduceSum" ? kFirstSum : kFirstOfAll);
    if (!isReduction || isKnown || node.attributes.count("noop_with_empty_axes") == 0) {
        return;
    }
    view().attributes.emplace("noop_with_empty_axes", "");
    if (node.integer("noop_with_empty_axes", 0) == 1 && node.attributes.count("axes") == 0) {
        keepAttributes(node, {});
        view().op = "Identity";
        view().inputs = 1;
    }
}

// What of a node's values importers do not look at, and ONNX Runtime refuses.
void Learning::viewValues(const onnx::Node& node) {
    const bool isRecurrent = isOneOf(node.op, {"GRU", "LSTM", "RNN"});
    const auto clip = node.attributes.find("clip");
    if (isRecurrent && clip != node.attributes.end() && clip->second.real <= 0) {
        view().attributes.emplace("clip", "");
    }
    const bool isNarrow = node.integer("to", onnx::kFloat) >= onnx::kFloat8;
    if ((node.op == "Cast" || node.op == "CastLike") && node.attributes.count("saturate") != 0 && !isNarrow) {
        view().attributes.emplace("saturate", "");
    }
    if (node.op == "Resize" && node.text("mode", "nearest") != "cubic" &&
        node.attributes.count("exclude_outside") != 0) {
        view().attributes.emplace("exclude_outside", "");
    }
    const bool isScaled = node.op == "Resize" && node.inputs.size() > 3 && !node.inputs[2].empty();
    if (isScaled && !node.inputs[3].empty()) {
        view().replaced[2] = noReals();  // it goes by the sizes
    }
    if (node.op == "Dropout") {
        view().given = 1;
    } else if (node.op == "STFT" && node.integer("onesided", 1) != 1) {
        view().attributes.emplace("onesided", integerAttribute("onesided", 0));
    } else if (node.op == "EyeLike") {
        const auto type = static_cast<int32_t>(node.integer("dtype", onnx::kFloat));
        if (type == onnx::kBool || type == onnx::kInt8 || type == onnx::kFloat16) {
            view().attributes.emplace("dtype", integerAttribute("dtype", onnx::kFloat));
            view().liftedType = type;
        }
    } else if (node.op == "TopK" && node.inputs.size() > 1) {
        const std::vector<double> values = constantValues(node, 1);
        const onnx::Tensor* const k = model_.graph.initializer(node.inputs[1]);
        if (values.size() == 1 && k->dims.size() != 1) {
            view().replaced[1] = longs({static_cast<int64_t>(values[0])});
        }
    } else if (node.op == "Pad" && node.inputs.size() > 1) {
        const std::vector<double> values = constantValues(node, 1);
        const onnx::Tensor* const pads = model_.graph.initializer(node.inputs[1]);
        if (pads != nullptr && pads->dims.size() > 1 && !values.empty()) {
            view().replaced[1] = longs(std::vector<int64_t>(values.begin(), values.end()));
        }
    } else if (node.op == "Constant") {
        // A list of another type is none, and a number of another type zero.
        const auto list = node.attributes.find("value_ints");
        const auto one = node.attributes.find("value_int");
        if (list != node.attributes.end() && list->second.integers.empty()) {
            view().attributes.emplace("value_ints", integersAttribute("value_ints", {}));
        }
        if (one != node.attributes.end() && !one->second.integers.empty()) {
            view().attributes.emplace("value_int", integerAttribute("value_int", 0));
        }
    } else if (node.op == "Clip") {
        const bool isNamed = std::find(node.inputs.begin(), node.inputs.end(), "") == node.inputs.end();
        for (size_t i = 1; isNamed && i < std::min<size_t>(node.inputs.size(), 3); ++i) {
            const onnx::Tensor* const bound = model_.graph.initializer(node.inputs[i]);
            const std::vector<double> values = constantValues(node, i);
            if (bound != nullptr && bound->type == onnx::kFloat && values.size() > 1) {
                view().replaced[i] = real(static_cast<float>(values[0]));  // it takes the first
            }
        }
    }
}

// Equal parts, the last ones smaller or empty where they do not come out even.
void Learning::viewSplit(const onnx::Node& node) {
    const size_t taken = std::min(node.inputs.size(), view().inputs);
    if (taken != 1 || !node.integers("split").empty() || node.outputs.empty()) {
        return;
    }
    const onnx::Value input = find(node.inputs[0]);
    const int64_t axis = onnx::axisOf(&input, node.integer("axis", 0));
    const auto parts = static_cast<int64_t>(node.outputs.size());
    const int64_t wanted = model_.opset() >= 18 ? node.integer("num_outputs", parts) : parts;
    constexpr int64_t kSizesAreAnInput = 13;
    if (axis < 0 || wanted != parts) {
        return;
    }
    const int64_t extent = input.dims[static_cast<size_t>(axis)].extent;
    constexpr int64_t kLargest = std::numeric_limits<int32_t>::max();
    if (extent >= 0 && extent <= kLargest && (extent % parts != 0 || node.attributes.count("num_outputs") == 0)) {
        std::vector<int64_t> sizes;
        for (int64_t left = extent, size = (extent + parts - 1) / parts; static_cast<int64_t>(sizes.size()) < parts;
             left -= sizes.back()) {
            sizes.push_back(std::min(left, size));
        }
        if (model_.opset() < kSizesAreAnInput) {
            view().attributes["split"] = integersAttribute("split", sizes);
        } else {
            view().attributes["num_outputs"] = "";
            add(sizes);
        }
    } else if (model_.opset() >= 18 && node.attributes.count("num_outputs") == 0) {
        view().attributes.emplace("num_outputs", integerAttribute("num_outputs", parts));
    }
}

// Without a zero point it quantizes to INT8, as with one of zeros of another type.
void Learning::viewQuantization(const onnx::Node& node) {
    const bool isTyped = node.integer("output_dtype", 0) != 0;
    const bool quantizes = node.op == "QuantizeLinear";
    const bool given = node.inputs.size() > 2 && !node.inputs[2].empty();
    const onnx::Tensor* const point = given ? model_.graph.initializer(node.inputs[2]) : nullptr;
    const bool isOther = point != nullptr && (point->type == onnx::kUint8 || point->type == onnx::kInt32);
    if ((quantizes && isTyped) || node.inputs.size() < 2 || (given && !isOther) || (!given && !quantizes)) {
        return;
    }
    const onnx::Value data = find(node.inputs[0]);
    if (!quantizes && data.type != onnx::kInt8) {
        return;
    }
    const onnx::Value scale = find(node.inputs[1]);
    AddedInput zero;
    zero.type = onnx::kInt8;
    zero.dims = scale.shape();
    const int64_t elements = elementCount(zero.dims);
    constexpr int64_t kMost = 1 << 20;
    if (scale.hasShape && elements >= 0 && elements <= kMost && zero.dims.size() < 2) {
        zero.raw.assign(static_cast<size_t>(elements), '\0');
        if (given) {
            view().replaced[2] = std::move(zero);
        } else {
            view().inputs = 2;
            view().attributes.emplace("output_dtype", "");
            view().added.push_back(std::move(zero));
        }
    }
}

// A list that is too short goes on with the axes themselves.
void Learning::viewPermutation(const onnx::Node& node) {
    const std::vector<int64_t> given = node.integers("perm");
    std::vector<int64_t> sorted = given;
    std::sort(sorted.begin(), sorted.end());
    bool isOne = !given.empty();
    for (size_t i = 0; i < sorted.size(); ++i) {
        isOne = isOne && sorted[i] == static_cast<int64_t>(i);
    }
    if (isOne && (node.inputs.empty() || out_.values.count(node.inputs[0]) == 0)) {
        return;
    }
    const int64_t rank = rankOf(node.inputs.empty() ? "" : node.inputs[0]);
    std::vector<int64_t> taken;
    for (int64_t i = 0; i < rank; ++i) {
        const int64_t axis = i < static_cast<int64_t>(given.size()) ? given[static_cast<size_t>(i)] : i;
        taken.push_back(axis < 0 ? axis + rank : axis);
    }
    if (rank >= 0 && taken != given) {
        view().attributes.emplace("perm", integersAttribute("perm", taken));
    }
}

// It has kernels for FLOAT alone.
void Learning::viewRandom(const onnx::Node& node) {
    const auto type = static_cast<int32_t>(node.integer("dtype", onnx::kFloat));
    const bool isLike = node.op == "RandomNormalLike" || node.op == "RandomUniformLike";
    if (type == onnx::kFloat16) {
        view().attributes.emplace("dtype", integerAttribute("dtype", onnx::kFloat));
        view().liftedType = type;
    } else if (isLike && node.attributes.count("dtype") == 0 && !node.inputs.empty()) {
        const auto known = find(node.inputs[0]);
        if (known.type == onnx::kFloat16) {
            view().attributes.emplace("dtype", integerAttribute("dtype", onnx::kFloat));
            view().liftedType = known.type;
        }
    }
}

void Learning::viewWindow(const onnx::Node& node, const std::string& ranked) {
    const std::string mode = node.text("auto_pad", "NOTSET");
    if (mode != "NOTSET" && mode != "SAME_UPPER" && mode != "SAME_LOWER" && mode != "VALID") {
        view().attributes.emplace("auto_pad", "");
    }
    // Lists that agree are believed where the rank would have to be inferred, which costs a session for each node.
    size_t likely = 0;
    bool isGiven = false;
    bool agree = true;
    for (const List& list : kLists) {
        if (node.attributes.count(list.name) != 0) {
            const size_t given = node.integers(list.name).size();
            likely = isGiven ? likely : given / list.each;
            isGiven = true;
            agree = agree && likely != 0 && given == list.each * likely;
        }
    }
    const auto known = out_.values.find(ranked);
    if (!isGiven || (agree && (known == out_.values.end() || known->second.dims.size() == likely + 2))) {
        return;
    }
    const size_t rank = find(ranked).dims.size();
    const size_t spatial = rank > 2 ? rank - 2 : 0;
    const bool isPooling = node.op != "Conv" && node.op != "ConvTranspose";
    // A window of two dimensions goes over the last two of three.
    if (PINION_TRT_SINCE(11, 0) && isPooling && spatial == 3 && node.integers(kLists[0].name).size() == 2) {
        for (const List& list : kLists) {
            std::vector<int64_t> taken = node.integers(list.name);
            if (taken.size() == 2 * list.each) {
                taken.insert(taken.begin(), list.otherwise);
                if (list.each == 2) {
                    taken.insert(taken.begin() + 3, list.otherwise);
                }
                view().attributes.emplace(list.name, integersAttribute(list.name, taken));
            }
        }
        return;
    }
    for (const List& list : kLists) {
        const std::vector<int64_t> given = node.integers(list.name);
        const bool isExact = node.op != "Conv" && node.op != "ConvTranspose" && list.name == kLists[0].name;
        if (spatial == 0 || isExact || node.attributes.count(list.name) == 0 || given.size() == list.each * spatial) {
            continue;
        }
        const size_t half = given.size() / list.each;
        std::vector<int64_t> taken(list.each * spatial, list.otherwise);
        for (size_t i = 0; i < std::min(half, spatial); ++i) {
            for (size_t k = 0; k < list.each; ++k) {
                taken[i + k * spatial] = given[i + k * half];
            }
        }
        view().attributes.emplace(list.name, integersAttribute(list.name, taken));
    }
}

void Learning::replace(const onnx::Node& node, const std::string& name, const std::string& value) {
    if (node.attributes.count(name) != 0) {
        view().attributes.emplace(name, textAttribute(name, value));
    }
}

// Those that ONNX Runtime is not asked about, because another operator stands in.
void Learning::keepAttributes(const onnx::Node& node, std::initializer_list<const char*> known) {
    for (const auto& [name, attribute] : node.attributes) {
        if (!isOneOf(name, known)) {
            view().attributes.emplace(name, "");
        }
    }
}

void Learning::atLeast(int64_t opset) {
    if (model_.opset() < opset) {
        out_.view.opset = std::max(out_.view.opset, opset);
    }
}

// Without a scale it takes ones.
void Learning::viewScale(const onnx::Node& node) {
    const onnx::Value input = find(node.inputs[0]);
    const int64_t axis = onnx::axisOf(&input, node.integer("axis", -1));
    AddedInput scale;
    scale.type = onnx::kFloat;
    for (size_t i = axis < 0 ? input.dims.size() : static_cast<size_t>(axis); i < input.dims.size(); ++i) {
        scale.dims.push_back(input.dims[i].extent);
    }
    const int64_t elements = elementCount(scale.dims);
    constexpr int64_t kMost = 1 << 20;
    if (scale.dims.empty() || elements < 0 || elements > kMost || input.type != onnx::kFloat) {
        return;
    }
    const float one = 1;
    for (int64_t i = 0; i < elements; ++i) {
        scale.raw.append(reinterpret_cast<const char*>(&one), sizeof one);
    }
    view().replaced[1] = std::move(scale);
}

AddedInput Learning::longs(const std::vector<int64_t>& values) {
    AddedInput input;
    input.dims = {static_cast<int64_t>(values.size())};
    for (int64_t value : values) {
        for (int byte = 0; byte < 8; ++byte) {
            input.raw.push_back(static_cast<char>(static_cast<uint64_t>(value) >> (8 * byte)));
        }
    }
    return input;
}

}  // namespace pinion_host_tensorrt
