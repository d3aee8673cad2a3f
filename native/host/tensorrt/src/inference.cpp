#include "inference.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <numeric>

#include "operators.h"
#include "ort_library.h"
#include "session.h"
#include "types.h"

namespace pinion_host_tensorrt {
namespace {

// ONNX Runtime's own names of extents of which it knows nothing.
constexpr const char* kUnknownExtent = "unk__";

onnx::Value describe(const OrtLibrary& ort, const OrtTypeInfo* type) {
    onnx::Value value;
    const OrtTensorTypeAndShapeInfo* info = nullptr;
    ort.check(ort.api->CastTypeInfoToTensorInfo(type, &info), "tell a tensor's type");
    if (info == nullptr) {
        return value;
    }
    value.isTensor = true;
    ONNXTensorElementDataType element{};
    ort.check(ort.api->GetTensorElementType(info, &element), "tell a tensor's type");
    value.type = toldType(static_cast<int32_t>(element));
    value.hasShape = ort.api->TensorTypeAndShape_HasShape(info);
    size_t rank = 0;
    ort.check(ort.api->GetDimensionsCount(info, &rank), "tell a tensor's rank");
    Shape shape(rank);
    std::vector<const char*> symbols(rank);
    ort.check(ort.api->GetDimensions(info, shape.data(), rank), "tell a tensor's shape");
    ort.check(ort.api->GetSymbolicDimensions(info, symbols.data(), rank), "tell the names of a tensor's extents");
    for (size_t i = 0; i < rank; ++i) {
        const std::string symbol = shape[i] < 0 && symbols[i] != nullptr ? symbols[i] : "";
        value.dims.push_back({shape[i], symbol.rfind(kUnknownExtent, 0) == 0 ? "" : symbol});
    }
    return value;
}

// The part of ONNX Runtime's words that says what is wrong.
std::string reasonIn(const std::string& message) {
    for (const char* mark : {"InferenceError] ", ", Error ", "This is an invalid model. "}) {
        const size_t at = message.rfind(mark);
        if (at != std::string::npos) {
            return message.substr(at + std::string(mark).size());
        }
    }
    return message;
}

// ONNX Runtime speaks of the types that it was asked about.
std::string withToldTypes(std::string text) {
    const std::pair<std::string, std::string> names[] = {{"tensor(double)", "tensor(bfloat16)"},
                                                         {"tensor(uint16)", "tensor(float8)"},
                                                         {"tensor(int16)", "tensor(int4)"}};
    for (const auto& [asked, told] : names) {
        for (size_t at = text.find(asked); at != std::string::npos; at = text.find(asked, at + told.size())) {
            text.replace(at, asked.size(), told);
        }
    }
    return text;
}

// A constant's value as an extent; what none can be is unknown.
int64_t extentOf(double value) {
    constexpr double kLargest = std::numeric_limits<int32_t>::max();
    return value >= 0 && value <= kLargest ? static_cast<int64_t>(value) : -1;
}

std::string between(const std::string& text, const std::string& before, const std::string& after) {
    const size_t at = text.find(before);
    const size_t begin = at != std::string::npos ? at + before.size() : at;
    const size_t end = begin != std::string::npos ? text.find(after, begin) : begin;
    return end != std::string::npos ? text.substr(begin, end - begin) : "";
}

int32_t typeNamed(const std::string& name) {
    struct Named {
        const char* name;
        int32_t type;
    };
    constexpr Named kNames[] = {
        {"tensor(float)", onnx::kFloat},     {"tensor(uint8)", onnx::kUint8},     {"tensor(int8)", onnx::kInt8},
        {"tensor(int32)", onnx::kInt32},     {"tensor(int64)", onnx::kInt64},     {"tensor(bool)", onnx::kBool},
        {"tensor(float16)", onnx::kFloat16}, {"tensor(double)", onnx::kBfloat16}, {"tensor(uint16)", onnx::kFloat8},
        {"tensor(int16)", onnx::kInt4},
    };
    const auto* const found =
        std::find_if(std::begin(kNames), std::end(kNames), [&](const Named& known) { return name == known.name; });
    return found != std::end(kNames) ? found->type : onnx::kUndefined;
}

bool isOneOf(const std::string& text, std::initializer_list<const char*> list) {
    return std::any_of(list.begin(), list.end(), [&](const char* item) { return text == item; });
}

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

// Importers that combine the inputs one by one, and give back a single one as it is.
bool combines(const std::string& op) {
    return isOneOf(op, {"Add", "And", "Div", "Equal", "Greater", "Less", "Mul", "Or", "Sub", "Xor"});
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

// Attributes that are flags, which importers compare with zero.
bool isFlag(const std::string& op, const std::string& attribute) {
    return isOneOf(attribute, {"keepdims", "noop_with_empty_axes", "exclusive", "reverse", "ceil_mode", "fmod"}) &&
           op != "Loop";
}

// A node that NVIDIA's builder takes and ONNX Runtime does not compute makes NaN, where its shape is known.
bool forgo(NodeView& view, const std::vector<onnx::Value>& made, const std::string& why) {
    const bool isKnown = std::all_of(made.begin(), made.end(), [](const onnx::Value& value) {
        return value.hasShape && elementCount(value.shape()) >= 0;
    });
    if (isKnown) {
        view.made = made;
        view.notComputed = why;
    }
    return isKnown;
}

// How importers see what ONNX Runtime refuses a model for, if they see it otherwise: learned from its words.
class Learning {
public:
    Learning(const std::string& bytes, const onnx::Model& model, const Log& log, const std::vector<Shape>* inputs,
             Inference& out)
        : bytes_(bytes), model_(model), log_(log), inputs_(inputs), out_(out) {}

    // Whether there is something new to try.
    bool learn(const std::string& message) {
        if (out_.node < 0 || ++tries_ > kMostTries) {
            return false;
        }
        const onnx::Node& node = model_.graph.nodes[static_cast<size_t>(out_.node)];
        return overlook(message) || retype(message) || shorten(message, node) || lift(message, node) ||
               raise(message) || divide(message, node) || repeat(message, node) || defer(message, node);
    }

    // Permutations of other lengths than their inputs' ranks, which inference believes. Whether there are some.
    bool recheck(size_t nodes) {
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

    // What is known of importers beforehand.
    void viewNodes(size_t nodes) {
        for (size_t i = 0; i < std::min(nodes, model_.graph.nodes.size()); ++i) {
            out_.node = static_cast<int>(i);
            viewNode(model_.graph.nodes[i]);
        }
        out_.node = -1;
    }

private:
    static constexpr int kMostTries = 1000;

    struct List {
        const char* name;
        size_t each;  // elements for a dimension
        int64_t otherwise;
    };
    static constexpr List kLists[] = {
        {"kernel_shape", 1, 1}, {"strides", 1, 1}, {"dilations", 1, 1}, {"output_padding", 1, 0}, {"pads", 2, 0}};

    void viewNode(const onnx::Node& node) {
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
    void viewReduction(const onnx::Node& node) {
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
    void viewValues(const onnx::Node& node) {
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

    std::vector<double> constantValues(const onnx::Node& node, size_t input) const {
        const onnx::Tensor* const tensor =
            input < node.inputs.size() ? model_.graph.initializer(node.inputs[input]) : nullptr;
        return tensor != nullptr ? smallValues(*tensor) : std::vector<double>();
    }

    static AddedInput longs(const std::vector<int64_t>& values) {
        AddedInput input;
        input.dims = {static_cast<int64_t>(values.size())};
        for (int64_t value : values) {
            for (int byte = 0; byte < 8; ++byte) {
                input.raw.push_back(static_cast<char>(static_cast<uint64_t>(value) >> (8 * byte)));
            }
        }
        return input;
    }

    static AddedInput condition() {
        AddedInput input;
        input.type = onnx::kBool;
        input.raw = "\1";
        return input;
    }

    static AddedInput noReals() {
        AddedInput input;
        input.type = onnx::kFloat;
        input.dims = {0};
        return input;
    }

    static AddedInput real(float value) {
        AddedInput input;
        input.type = onnx::kFloat;
        input.raw.assign(reinterpret_cast<const char*>(&value), sizeof value);
        return input;
    }

    void atLeast(int64_t opset) {
        if (model_.opset() < opset) {
            out_.view.opset = std::max(out_.view.opset, opset);
        }
    }

    void add(const std::vector<int64_t>& values) { view().added.push_back(longs(values)); }

    // Equal parts, the last ones smaller or empty where they do not come out even.
    void viewSplit(const onnx::Node& node) {
        const size_t taken = std::min(node.inputs.size(), view().inputs);
        if (taken != 1 || !node.integers("split").empty() || node.outputs.empty()) {
            return;
        }
        const onnx::Value input = find(node.inputs[0]);
        const auto rank = static_cast<int64_t>(input.dims.size());
        const int64_t axis = node.integer("axis", 0) + (node.integer("axis", 0) < 0 ? rank : 0);
        const auto parts = static_cast<int64_t>(node.outputs.size());
        const int64_t wanted = model_.opset() >= 18 ? node.integer("num_outputs", parts) : parts;
        constexpr int64_t kSizesAreAnInput = 13;
        if (!input.hasShape || axis < 0 || axis >= rank || wanted != parts) {
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
    void viewQuantization(const onnx::Node& node) {
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

    void replace(const onnx::Node& node, const std::string& name, const std::string& value) {
        if (node.attributes.count(name) != 0) {
            view().attributes.emplace(name, textAttribute(name, value));
        }
    }

    // Those that ONNX Runtime is not asked about, because another operator stands in.
    void keepAttributes(const onnx::Node& node, std::initializer_list<const char*> known) {
        for (const auto& [name, attribute] : node.attributes) {
            if (!isOneOf(name, known)) {
                view().attributes.emplace(name, "");
            }
        }
    }

    // A list that is too short goes on with the axes themselves.
    void viewPermutation(const onnx::Node& node) {
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
    void viewRandom(const onnx::Node& node) {
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

    onnx::Value find(const std::string& name) const {
        const auto known = out_.values.find(name);
        if (known != out_.values.end()) {
            return known->second;
        }
        const Inference earlier = before(out_.node);
        const auto inferred = earlier.values.find(name);
        return inferred != earlier.values.end() ? inferred->second : onnx::Value();
    }

    int64_t rankOf(const std::string& name) const {
        const onnx::Value value = find(name);
        return value.hasShape ? static_cast<int64_t>(value.dims.size()) : -1;
    }

    void viewWindow(const onnx::Node& node, const std::string& ranked) {
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
            if (spatial == 0 || isExact || node.attributes.count(list.name) == 0 ||
                given.size() == list.each * spatial) {
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

    NodeView& view() { return out_.view.nodes[out_.node]; }

    // Importers ask for the attributes that they know, and never see others.
    bool overlook(const std::string& message) {
        const std::string name = between(message, "Unrecognized attribute: ", " for operator");
        return !name.empty() && view().attributes.emplace(name, "").second;
    }

    // A getter of another type reads what such an attribute does not have: zero.
    bool retype(const std::string& message) {
        const std::string name = between(message + "'", "Mismatched attribute type in '", "'");
        const size_t begin = name.find(" : ");
        if (begin == std::string::npos) {
            return false;
        }
        const std::string attribute = name.substr(begin + 3);
        return view()
            .attributes.emplace(attribute, zeroAttribute(attribute, between(message, "Expected: '", "'")))
            .second;
    }

    // Inputs beyond those that an importer asks for.
    bool shorten(const std::string& message, const onnx::Node& node) {
        const std::string most =
            message.find("not in range [min=") != std::string::npos ? between(message, "max=", "]") : "";
        if (most.empty() || most.find_first_not_of("0123456789") != std::string::npos || most.size() > 4 ||
            node.inputs.size() <= std::stoul(most) || view().inputs != NodeView::kAll || countsInputs(node.op)) {
            return false;
        }
        view().inputs = std::stoul(most);
        return true;
    }

    bool lift(const std::string& message, const onnx::Node& node) {
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
    bool divide(const std::string& message, const onnx::Node& node) {
        const bool isSplit = message.find("not evenly splittable") != std::string::npos ||
                             message.find("'num_outputs' attribute has been given") != std::string::npos;
        if (!PINION_TRT_SINCE(11, 0) || !isSplit || node.op != "Split" || node.inputs.empty() ||
            !view().added.empty() || view().attributes.count("split") != 0) {
            return false;
        }
        const size_t known = view().added.size() + view().attributes.size();
        viewSplit(node);
        return view().added.size() + view().attributes.size() != known;
    }

    // Repeats that are fewer than the dimensions begin again.
    bool repeat(const std::string& message, const onnx::Node& node) {
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
    bool defer(const std::string& message, const onnx::Node& node) {
        if (!PINION_TRT_SINCE(11, 0) || !view().made.empty() || node.inputs.empty() || node.outputs.empty()) {
            return false;
        }
        const onnx::Value data = find(node.inputs[0]);
        std::vector<double> values = constantValues(node, 1);
        const auto rank = static_cast<int64_t>(data.dims.size());
        const int64_t given = node.integer("axis", node.op == "TopK" ? -1 : 0);
        const int64_t axis = given < 0 ? given + rank : given;
        const bool hasAxis = data.hasShape && axis >= 0 && axis < rank;
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
            dims[static_cast<size_t>(axis)] = {extentOf(values[0]), ""};
            for (size_t i = 0; i < std::min<size_t>(node.outputs.size(), 2); ++i) {
                make(i, dims, i == 0 ? data.type : onnx::kInt64);
            }
        } else if (node.op == "Split" && message.find("Mismatch between the sum of") != std::string::npos && hasAxis &&
                   values.size() == node.outputs.size()) {
            double sum = 0;
            for (size_t i = 0; i < values.size(); ++i) {
                sum += values[i];
                dims[static_cast<size_t>(axis)] = {extentOf(values[i]), ""};
                make(i, dims, data.type);
            }
            isRefused = sum > static_cast<double>(data.dims[static_cast<size_t>(axis)].extent);
        } else if (node.op == "Split" && message.find("Invalid value of attribute 'axis'") != std::string::npos &&
                   data.hasShape && rank > 0 && axis == rank) {
            for (size_t i = 0; i < node.outputs.size(); ++i) {
                make(i, dims, data.type);  // it slices along no axis that is there
            }
            isRefused = false;
        } else if (isOneOf(node.op, {"Softmax", "LogSoftmax"}) &&
                   message.find("'axis' must be in") != std::string::npos && data.hasShape && rank > 0 &&
                   node.integer("axis", 1) == rank && model_.opset() < 13) {
            make(0, dims, data.type);  // of a matrix of one column
            isRefused = false;
        } else if (node.op == "Expand" && message.find("Incompatible dimensions") != std::string::npos &&
                   data.hasShape && !values.empty()) {
            const size_t wider = std::max(values.size(), dims.size());
            std::vector<onnx::Dim> out(wider);
            isRefused = false;
            for (size_t i = 0; i < wider; ++i) {
                const int64_t old = i + dims.size() >= wider ? dims[i + dims.size() - wider].extent : 1;
                const int64_t wanted = i + values.size() >= wider ? extentOf(values[i + values.size() - wider]) : 1;
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
            make(0, {{extentOf(values[0]), ""}}, find(node.inputs[2]).type);
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
        if (isRefused || !forgo(view(), made, why)) {
            view().made = std::move(made);
            out_.view.refused = why;
        }
        return true;
    }

    static bool isOfOtherRank(const std::string& message) {
        return message.find("Number of spatial dimensions in the weight tensor") != std::string::npos ||
               message.find("Weight tensor spatial rank does not match") != std::string::npos;
    }

    // What a convolution makes of an extent.
    static int64_t windowed(const onnx::Node& node, size_t i, int64_t extent, int64_t kernel) {
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

    // Importers go by the operator's name, whatever the set of operators is. A later set is tried where that is all.
    bool raise(const std::string& message) {
        constexpr int64_t kLatest = 21;
        const bool isUnknown = message.find("No Op registered for ") != std::string::npos;
        const int64_t tried = std::max(out_.view.opset, model_.opset());
        if (!isUnknown || tried >= kLatest) {
            return false;
        }
        out_.view.opset = tried + 1;
        return true;
    }

    // What is known of the values that a node may take.
    Inference before(int node) const {
        if (node == 0) {
            return declaredValues(model_);
        }
        return infer(bytes_, model_, log_, inputs_, &out_.view, static_cast<size_t>(node));
    }

    const std::string& bytes_;
    const onnx::Model& model_;
    const Log& log_;
    const std::vector<Shape>* inputs_;
    Inference& out_;
    int tries_ = 0;
};

const onnx::Value* knownInput(const onnx::Node& node, size_t input, const Inference& out) {
    const auto known = input < node.inputs.size() ? out.values.find(node.inputs[input]) : out.values.end();
    return known != out.values.end() && known->second.hasShape ? &known->second : nullptr;
}

// Importers slice what they need from the weights of recurrent layers.
std::string whyNoRecurrence(const onnx::Node& node, const onnx::Value& input, const onnx::Value* weights) {
    const bool isBoth = node.text("direction", "forward") == "bidirectional";
    const int64_t size = node.integer("hidden_size", -1);
    if (size == 0) {
        return "a hidden_size of zero";
    }
    if (weights == nullptr || weights->dims.size() != 3 || input.dims.size() != 3) {
        return "";
    }
    const int64_t directions = weights->dims[0].extent;
    const int64_t width = input.dims[2].extent;
    if (node.op == "GRU") {
        const int64_t gates = weights->dims[1].extent;
        const bool isWide = width >= 0 && weights->dims[2].extent >= 0 && width != weights->dims[2].extent;
        return isWide || (!isBoth && directions == 2) || (size > 0 && gates > 3 * size) ? "weights of other sizes" : "";
    }
    const bool isOther = isBoth ? directions == 1 : directions == 2 && node.op == "LSTM";
    return isOther ? "weights of another number of directions" : "";
}

// Why ONNX Runtime has no kernel for what NVIDIA's builder takes; empty where it has.
std::string whyNotComputed(const onnx::Node& node, const Inference& out) {
    const onnx::Value* const input = knownInput(node, 0, out);
    const size_t rank = input != nullptr ? input->dims.size() : 0;
    const bool isPooling = isOneOf(node.op, {"AveragePool", "LpPool", "MaxPool"});
    const bool isRecurrent = isOneOf(node.op, {"GRU", "LSTM", "RNN"});
    if (input == nullptr) {
        return "";
    }
    if (isPooling && rank > 1 && input->dims[1].extent == 0) {
        return "a window without channels";
    }
    if (isPooling) {
        const std::vector<int64_t> kernel = node.integers("kernel_shape");
        const std::vector<int64_t> pads = node.integers("pads");
        for (size_t i = 0; i < pads.size() && !kernel.empty(); ++i) {
            if (pads[i] >= kernel[i % kernel.size()]) {
                return "pads as wide as the kernel";
            }
        }
    }
    if (node.op == "LRN") {
        const auto alpha = node.attributes.find("alpha");
        return rank != 4                                                   ? "other than four dimensions"
               : alpha != node.attributes.end() && alpha->second.real <= 0 ? "an alpha that is not positive"
                                                                           : "";
    }
    if (isRecurrent) {
        return whyNoRecurrence(node, *input, knownInput(node, 1, out));
    }
    if (node.op == "Resize") {
        const onnx::Value* const made =
            !node.outputs.empty() && out.values.count(node.outputs[0]) != 0 ? &out.values.at(node.outputs[0]) : nullptr;
        return made != nullptr && made->hasShape && elementCount(made->shape()) == 0 ? "nothing" : "";
    }
    if (node.op == "ConvTranspose") {
        const std::vector<int64_t> padding = node.integers("output_padding");
        const std::vector<int64_t> strides = node.integers("strides");
        const std::vector<int64_t> dilations = node.integers("dilations");
        const std::vector<int64_t> shape = node.integers("output_shape");
        const onnx::Value* const weights = knownInput(node, 1, out);
        for (size_t i = 0; i + 2 < rank; ++i) {
            const int64_t stride = i < strides.size() ? strides[i] : 1;
            const int64_t dilation = i < dilations.size() ? dilations[i] : 1;
            const int64_t padded = i < padding.size() ? padding[i] : 0;
            const int64_t kernel = weights != nullptr && i + 2 < weights->dims.size() ? weights->dims[i + 2].extent : 0;
            const int64_t made = stride * (input->dims[i + 2].extent - 1) + padded + (kernel - 1) * dilation + 1;
            if (padded != 0 && padded >= std::max(stride, dilation)) {
                return "an output_padding of a step and more";
            }
            if (i < shape.size() && made < shape[i]) {
                return "an output_shape of more than it makes";
            }
        }
    }
    if (node.op == "DequantizeLinear") {
        const onnx::Value* const scale = knownInput(node, 1, out);
        const int64_t given = node.integer("axis", 1);
        const auto axis = static_cast<size_t>(given < 0 ? given + static_cast<int64_t>(rank) : given);
        if (scale == nullptr || scale->dims.size() != rank || rank < 2 || axis >= rank) {
            return "";
        }
        const int64_t size = node.integer("block_size", 0);
        bool fits = size > 0;
        for (size_t i = 0; i < rank; ++i) {
            const int64_t extent = input->dims[i].extent;
            const int64_t blocks = i == axis && size > 0 ? (extent + size - 1) / size : extent;
            fits = fits && scale->dims[i].extent == blocks;
        }
        return fits ? "" : "blocks of other sizes than its scales have";
    }
    return "";
}

// It has kernels for some combinations of types, and for three of FLOAT.
void liftOneHot(const onnx::Node& node, const Inference& out, NodeView& view) {
    struct Known {
        int32_t indices;
        int32_t values;
        int32_t depth;
    };
    constexpr Known kKnown[] = {
        {onnx::kInt64, onnx::kInt64, onnx::kInt64}, {onnx::kFloat, onnx::kInt64, onnx::kInt64},
        {onnx::kFloat, onnx::kFloat, onnx::kFloat}, {onnx::kInt64, onnx::kFloat, onnx::kInt64},
        {onnx::kInt32, onnx::kFloat, onnx::kInt32}, {onnx::kInt32, onnx::kFloat, onnx::kFloat},
    };
    const onnx::Value* const indices = knownInput(node, 0, out);
    const onnx::Value* const depth = knownInput(node, 1, out);
    const onnx::Value* const values = knownInput(node, 2, out);
    if (indices == nullptr || depth == nullptr || values == nullptr || view.liftedType != onnx::kUndefined ||
        std::any_of(std::begin(kKnown), std::end(kKnown), [&](const Known& known) {
            return known.indices == indices->type && known.values == values->type && known.depth == depth->type;
        })) {
        return;
    }
    view.liftedType = values->type;
    view.castsBack = values->type != onnx::kFloat;
    view.liftedInputs = {0, 1, 2};
}

// Pools of more dimensions than ONNX Runtime has are reductions.
void reducePool(const onnx::Node& node, const Inference& out, int64_t opset, NodeView& view) {
    const onnx::Value* const input = knownInput(node, 0, out);
    constexpr size_t kMost = 5;
    constexpr int64_t kAxesAreInputs = 18;
    if (input == nullptr || input->dims.size() <= kMost || !view.op.empty()) {
        return;
    }
    std::vector<int64_t> axes(input->dims.size() - 2);
    std::iota(axes.begin(), axes.end(), 2);
    view.op = node.op == "GlobalAveragePool" ? "ReduceMean"
              : node.op == "GlobalMaxPool"   ? "ReduceMax"
              : node.integer("p", 2) == 1    ? "ReduceL1"
                                             : "ReduceL2";
    view.attributes.emplace("p", "");
    if (opset < kAxesAreInputs) {
        view.attributes.emplace("axes", integersAttribute("axes", axes));
    } else {
        AddedInput input64;
        input64.dims = {static_cast<int64_t>(axes.size())};
        for (int64_t axis : axes) {
            input64.raw.push_back(static_cast<char>(axis));
            input64.raw.append(7, '\0');
        }
        view.added.push_back(std::move(input64));
    }
}

// Extents that importers know and ONNX's inference does not, and kernels that ONNX Runtime lacks.
void refine(const onnx::Model& model, size_t nodes, Inference& out) {
    struct Lacking {
        const char* op;
        std::initializer_list<int32_t> types;
    };
    static const Lacking kLacking[] = {
        {"DepthToSpace", {onnx::kInt8, onnx::kInt32, onnx::kInt64}},
        {"Erf", {onnx::kInt8}},
        {"EyeLike", {onnx::kInt8, onnx::kBool}},
        {"Relu", {onnx::kInt64}},
        {"SpaceToDepth", {onnx::kInt8, onnx::kInt32, onnx::kInt64}},
        {"Trilu", {onnx::kInt8}},
        {"Where", {onnx::kBool}},
    };
    for (size_t i = 0; i < std::min(nodes, model.graph.nodes.size()); ++i) {
        const onnx::Node& node = model.graph.nodes[i];
        const auto extentAt = [&](size_t input, size_t axis) -> int64_t {
            const auto known = input < node.inputs.size() ? out.values.find(node.inputs[input]) : out.values.end();
            return known != out.values.end() && axis < known->second.dims.size() ? known->second.dims[axis].extent : -1;
        };
        const auto fix = [&](size_t output, size_t axis, int64_t extent) {
            const auto known = output < node.outputs.size() ? out.values.find(node.outputs[output]) : out.values.end();
            if (extent >= 0 && known != out.values.end() && axis < known->second.dims.size() &&
                known->second.dims[axis].extent < 0) {
                known->second.dims[axis] = {extent, ""};
            }
        };
        const bool isFree = node.inputs.size() > 1 && !node.inputs[1].empty() &&
                            std::any_of(model.graph.inputs.begin(), model.graph.inputs.end(),
                                        [&](const onnx::Value& input) { return input.name == node.inputs[1]; }) &&
                            model.graph.initializer(node.inputs[1]) == nullptr;
        if (isFree && (node.op == "Expand" || node.op == "Split")) {
            const auto data = out.values.find(node.inputs[0]);
            const auto rank = data != out.values.end() ? static_cast<int64_t>(data->second.dims.size()) : 0;
            const int64_t axis = node.integer("axis", 0) + (node.integer("axis", 0) < 0 ? rank : 0);
            for (const std::string& name : node.outputs) {
                const auto known = out.values.find(name);
                if (node.op == "Split" && known != out.values.end() && !known->second.hasShape && rank > 0) {
                    known->second.hasShape = true;
                    known->second.dims = data->second.dims;
                }
                for (size_t d = 0; known != out.values.end() && d < known->second.dims.size(); ++d) {
                    if (node.op == "Expand" || static_cast<int64_t>(d) == axis) {
                        known->second.dims[d] = {-1, ""};
                    } else if (static_cast<int64_t>(d) < rank) {
                        known->second.dims[d] = data->second.dims[d];
                    }
                }
            }
        } else if (node.op == "Split" && node.inputs.size() > 1) {
            const onnx::Tensor* const sizes = model.graph.initializer(node.inputs[1]);
            const std::vector<double> values = sizes != nullptr ? smallValues(*sizes) : std::vector<double>();
            const onnx::Value* const data = knownInput(node, 0, out);
            const int64_t rank = data != nullptr ? static_cast<int64_t>(data->dims.size()) : 0;
            const int64_t axis = node.integer("axis", 0) + (node.integer("axis", 0) < 0 ? rank : 0);
            for (size_t i = 0; i < std::min(values.size(), node.outputs.size()) && axis >= 0; ++i) {
                fix(i, static_cast<size_t>(axis), extentOf(values[i]));
            }
        } else if (node.op == "Loop") {
            const std::optional<int64_t> count = tripLimit(model.graph, node);
            const size_t states = std::max<size_t>(node.inputs.size(), 2) - 2;
            // What it carries keeps its shape.
            for (size_t state = 0; state < std::min(states, node.outputs.size()); ++state) {
                const onnx::Value* const initial = knownInput(node, state + 2, out);
                const auto made = out.values.find(node.outputs[state]);
                if (initial != nullptr && made != out.values.end() && !made->second.hasShape) {
                    made->second.hasShape = true;
                    made->second.dims = initial->dims;
                }
            }
            for (size_t output = states; count && output < node.outputs.size(); ++output) {
                fix(output, 0, std::max<int64_t>(*count, 0));
            }
        } else if (node.op == "GRU" && node.integer("hidden_size", -1) == 0) {
            fix(0, 3, 0);
            fix(1, 2, 0);
        } else if (PINION_TRT_SINCE(11, 0) && node.op == "Constant" && !node.tensors.empty() &&
                   node.tensors[0].type == onnx::kUint8 && !node.outputs.empty()) {
            // The builder refuses such a constant, and nothing is known of its shape before.
            if (const auto known = out.values.find(node.outputs[0]); known != out.values.end()) {
                known->second.dims.clear();
            }
        } else if (node.op == "BatchNormalization") {
            fix(0, 1, extentAt(1, 0));
        } else if (node.op == "TopK" && node.inputs.size() > 1 && !node.outputs.empty()) {
            const onnx::Tensor* const k = model.graph.initializer(node.inputs[1]);
            const std::vector<double> values = k != nullptr ? smallValues(*k) : std::vector<double>();
            const auto data = out.values.find(node.inputs[0]);
            const auto rank = data != out.values.end() ? static_cast<int64_t>(data->second.dims.size()) : 0;
            const int64_t axis = node.integer("axis", -1) + (node.integer("axis", -1) < 0 ? rank : 0);
            for (size_t output = 0; output < 2; ++output) {
                const auto known =
                    output < node.outputs.size() ? out.values.find(node.outputs[output]) : out.values.end();
                for (int64_t d = 0; known != out.values.end() && d < rank; ++d) {
                    if (d != axis) {
                        fix(output, static_cast<size_t>(d), extentAt(0, static_cast<size_t>(d)));
                    } else if (values.size() == 1) {
                        fix(output, static_cast<size_t>(d), extentOf(values[0]));
                    }
                }
            }
        }
        if (const std::string why = whyNotComputed(node, out); PINION_TRT_SINCE(11, 0) && !why.empty()) {
            std::vector<onnx::Value> made;
            for (const std::string& name : node.outputs) {
                const auto known = out.values.find(name);
                if (!name.empty() && known != out.values.end()) {
                    made.push_back(known->second);
                    made.back().name = name;
                }
            }
            NodeView& view = out.view.nodes[static_cast<int>(i)];
            if (!made.empty() && view.made.empty()) {
                forgo(view, made, "node " + quote(node.label()) + " [" + node.op + "]: " + why);
            }
        }
        if (node.op == "OneHot") {
            liftOneHot(node, out, out.view.nodes[static_cast<int>(i)]);
        }
        if (isOneOf(node.op, {"GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool"})) {
            reducePool(node, out, std::max(out.view.opset, model.opset()), out.view.nodes[static_cast<int>(i)]);
        }
        for (const Lacking& lacking : kLacking) {
            if (node.op != lacking.op) {
                continue;
            }
            // The condition of Where is no value.
            const size_t first = node.op == "Where" ? 1 : 0;
            const auto known = first < node.inputs.size() ? out.values.find(node.inputs[first]) : out.values.end();
            const bool isTyped = node.op == "EyeLike" && node.attributes.count("dtype") != 0;
            if (known == out.values.end() || isTyped ||
                std::find(lacking.types.begin(), lacking.types.end(), known->second.type) == lacking.types.end()) {
                continue;
            }
            NodeView& view = out.view.nodes[static_cast<int>(i)];
            view.liftedType = known->second.type;
            for (size_t input = first; input < node.inputs.size(); ++input) {
                const auto value = out.values.find(node.inputs[input]);
                if (value != out.values.end() && value->second.type == known->second.type) {
                    view.liftedInputs.insert(input);
                }
            }
        }
    }
}

// A session of the model editor, which resolves the graph and makes no kernels before it is finalized. Null where ONNX
// Runtime refuses the model, with its words.
OrtOwned<OrtSession> resolve(const OrtLibrary& ort, const std::string& model, const OrtSessionOptions* options,
                             std::string& message) {
    OrtSession* raw = nullptr;
    OrtStatus* const status =
        ort.editor->CreateModelEditorSessionFromArray(ort.environment, model.data(), model.size(), options, &raw);
    OrtOwned<OrtSession> session(raw);
    if (status != nullptr) {
        message = ort.api->GetErrorMessage(status);
        ort.api->ReleaseStatus(status);
        session.reset();
    }
    return session;
}

}  // namespace

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

Inference infer(const std::string& bytes, const onnx::Model& model, const Log& log, const std::vector<Shape>* inputs,
                const ModelView* view, size_t nodes) {
    const OrtLibrary& ort = ortLibrary();
    const OrtLogScope scope(log);
    Inference out = declaredValues(model);
    Learning learning(bytes, model, log, inputs, out);
    if (view != nullptr) {
        out.view = *view;
    } else {
        learning.viewNodes(nodes);
    }
    const OrtOwned<OrtSessionOptions> options = sessionOptions(ORT_DISABLE_ALL);
    OrtOwned<OrtSession> session;
    while (session == nullptr) {
        std::string message;
        session = resolve(ort, modelToInfer(bytes, model, out.view, inputs, nodes), options.get(), message);
        if (session == nullptr) {
            out.node = findNodeToken(message, model.graph);
            if (!learning.learn(message)) {
                out.problem = withToldTypes(reasonIn(message));
                return out;
            }
            out.node = -1;
        }
    }
    for (const auto& [name, type] : outputTypes(session.get())) {
        onnx::Value value = describe(ort, type.get());
        value.name = name;
        out.values[name] = std::move(value);
    }
    if (learning.recheck(nodes)) {
        return infer(bytes, model, log, inputs, &out.view, nodes);
    }
    refine(model, nodes, out);
    return out;
}

std::unordered_map<std::string, int32_t> inferTypes(const std::string& prepared, const Log& log) {
    const OrtLibrary& ort = ortLibrary();
    const OrtLogScope scope(log);
    const OrtOwned<OrtSessionOptions> options = sessionOptions(ORT_DISABLE_ALL);
    std::unordered_map<std::string, int32_t> types;
    std::string message;
    const OrtOwned<OrtSession> session = resolve(ort, prepared, options.get(), message);
    if (session == nullptr) {
        log.verbose("The types inside of a body are not known: " + message);
        return types;
    }
    for (const auto& [name, type] : outputTypes(session.get())) {
        if (const onnx::Value value = describe(ort, type.get()); value.isTensor) {
            types[name] = value.type;
        }
    }
    return types;
}

}  // namespace pinion_host_tensorrt
