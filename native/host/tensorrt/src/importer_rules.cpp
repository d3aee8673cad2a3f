#include "importer_rules.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <unordered_set>

#include "types.h"

namespace pinion_host_tensorrt {
namespace {

using onnx::Node;
using onnx::Value;
using Code = nvonnxparser::ErrorCode;

// A node with what is known of its tensors.
class Import {
public:
    Import(const Node& itsNode, const Inference& values, const std::unordered_set<std::string>& constants,
           const std::unordered_set<std::string>& outputs, int64_t itsOpset)
        : node(itsNode), opset(itsOpset), values_(values), constants_(constants), outputs_(outputs) {}

    const Node& node;
    const int64_t opset;

    // Null where it is left out or unknown.
    const Value* input(size_t index) const { return index < node.inputs.size() ? value(node.inputs[index]) : nullptr; }
    const Value* output(size_t index) const {
        return index < node.outputs.size() ? value(node.outputs[index]) : nullptr;
    }
    bool has(size_t index) const { return index < node.inputs.size() && !node.inputs[index].empty(); }
    bool isConstant(size_t index) const { return has(index) && constants_.count(node.inputs[index]) != 0; }
    bool isGraphOutput(const std::string& name) const { return outputs_.count(name) != 0; }

    // An extent that is known, or -1.
    static int64_t extent(const Value* value, size_t axis) {
        return value != nullptr && value->hasShape && axis < value->dims.size() ? value->dims[axis].extent : -1;
    }
    // Elements, or -1 when they are not known.
    static int64_t elements(const Value* value) {
        return value != nullptr && value->hasShape ? elementCount(value->shape()) : -1;
    }

private:
    const Value* value(const std::string& name) const {
        const auto known = values_.values.find(name);
        return !name.empty() && known != values_.values.end() && known->second.isTensor ? &known->second : nullptr;
    }

    const Inference& values_;
    const std::unordered_set<std::string>& constants_;
    const std::unordered_set<std::string>& outputs_;
};

std::string number(int64_t value) {
    return std::to_string(value);
}

bool isOneOf(const std::string& text, std::initializer_list<const char*> list) {
    return std::any_of(list.begin(), list.end(), [&](const char* item) { return text == item; });
}

// Each check returns what is wrong, or nothing.

std::string convolutionChannels(const Import& import) {
    const bool transposed = import.node.op == "ConvTranspose";
    const Value* const weights = import.input(1);
    const int64_t channels = Import::extent(import.input(0), 1);
    const int64_t group = import.node.integer("group", 1);
    const int64_t first = Import::extent(weights, 0);
    const int64_t second = Import::extent(weights, 1);
    const int64_t expected = transposed ? first : second < 0 ? -1 : second * group;
    if (group < 1) {
        return "its group is " + number(group);
    }
    if (channels >= 0 && expected >= 0 && channels != expected) {
        return "its input has " + number(channels) + " channels, and its weights " + toString(weights->shape()) +
               " take " + number(expected) + (group != 1 ? " in " + number(group) + " groups" : "");
    }
    const int64_t bias = Import::extent(import.input(2), 0);
    const int64_t made = !transposed ? first : second < 0 ? -1 : second * group;
    if (bias >= 0 && made >= 0 && bias != made) {
        return "its bias has " + number(bias) + " elements for " + number(made) + " output channels";
    }
    return "";
}

std::string convolutionBias(const Import& import) {
    const bool leftOut = import.node.inputs.size() > 2 && import.node.inputs[2].empty();
    return leftOut ? "its bias is named by an empty name; leave the name away" : "";
}

std::string convolutionKernel(const Import& import) {
    const std::vector<int64_t> kernel = import.node.integers("kernel_shape");
    for (size_t i = 0; i < kernel.size(); ++i) {
        const int64_t extent = Import::extent(import.input(1), i + 2);
        if (extent >= 0 && extent != kernel[i]) {
            return "its kernel_shape is " + toString(kernel) + ", and its weights are " +
                   toString(import.input(1)->shape());
        }
    }
    return "";
}

std::string convolutionFits(const Import& import) {
    const std::vector<int64_t> pads = import.node.integers("pads");
    const std::vector<int64_t> dilations = import.node.integers("dilations");
    const Value* const weights = import.input(1);
    const size_t spatial = weights != nullptr && weights->dims.size() > 2 ? weights->dims.size() - 2 : 0;
    if (import.node.text("auto_pad", "NOTSET") != "NOTSET") {
        return "";
    }
    for (size_t i = 0; i < spatial; ++i) {
        const int64_t extent = Import::extent(import.input(0), i + 2);
        const int64_t kernel = Import::extent(weights, i + 2);
        const int64_t dilation = i < dilations.size() ? dilations[i] : 1;
        const int64_t padding = pads.size() == 2 * spatial ? pads[i] + pads[i + spatial] : 0;
        if (extent >= 0 && kernel > 0 && extent + padding < (kernel - 1) * dilation + 1) {
            return "its input " + toString(import.input(0)->shape()) + " is smaller than its kernel " +
                   toString(weights->shape());
        }
    }
    return "";
}

std::string normalizationChannels(const Import& import) {
    const int64_t channels = Import::extent(import.input(0), 1);
    for (size_t i = 1; i < import.node.inputs.size(); ++i) {
        const int64_t elements = Import::elements(import.input(i));
        if (channels >= 0 && elements >= 0 && elements != channels) {
            return "its input has " + number(channels) + " channels, and " + quote(import.node.inputs[i]) + " has " +
                   number(elements) + " elements";
        }
    }
    return "";
}

std::string trainingMode(const Import& import) {
    return import.node.integer("training_mode", 0) != 0 ? "TensorRT does not support training_mode 1" : "";
}

// The importers of these make one output.
std::string singleOutput(const Import& import) {
#if PINION_TRT_SINCE(11, 0)
    const auto wanted = std::count_if(import.node.outputs.begin(), import.node.outputs.end(),
                                      [](const std::string& name) { return !name.empty(); });
#else
    const auto wanted = static_cast<std::ptrdiff_t>(import.node.outputs.size());
#endif
    return wanted > 1 ? "TensorRT supports one output of this operator, and the node has " + number(wanted) : "";
}

// The importers of these make all outputs, and each needs a name.
std::string namedOutputs(const Import& import) {
    const auto nameless = std::find(import.node.outputs.begin(), import.node.outputs.end(), "");
    return nameless != import.node.outputs.end()
               ? "its output " + number(nameless - import.node.outputs.begin()) + " has no name, and TensorRT makes it"
               : "";
}

std::string poolingDilations(const Import& import) {
    const std::vector<int64_t> dilations = import.node.integers("dilations");
    const bool dilated = std::any_of(dilations.begin(), dilations.end(), [](int64_t value) { return value != 1; });
    return dilated ? "TensorRT supports no dilations but 1 here, and they are " + toString(dilations) : "";
}

std::string poolingNorm(const Import& import) {
    const int64_t p = import.node.integer("p", 2);
    return p != 1 && p != 2 ? "TensorRT supports L1 and L2 only, and p is " + number(p) : "";
}

// The input's name is ONNX's, and the verb agrees with it.
std::string constantInput(const Import& import, size_t index, const char* name, const char* verb) {
    const bool variable = import.has(index) && !import.isConstant(index);
    return variable ? "its " + std::string(name) + " " + quote(import.node.inputs[index]) + " " + verb + " no constant"
                    : "";
}

std::string constantAxes(const Import& import) {
    return constantInput(import, 1, "axes", "are");
}

std::string constantStep(const Import& import) {
    return constantInput(import, 1, "frame_step", "is");
}

std::string constantTraining(const Import& import) {
    return constantInput(import, 2, "training_mode", "is");
}

std::string noBool(const Import& import) {
    const Value* const input = import.input(0);
    return input != nullptr && input->type == onnx::kBool ? "TensorRT has it not for BOOL" : "";
}

std::string clipTypes(const Import& import) {
    const Value* const input = import.input(0);
    return input != nullptr && input->type == onnx::kInt8 ? "TensorRT has it not for INT8" : "";
}

std::string integerRemainder(const Import& import) {
    const Value* const input = import.input(0);
    const bool fits = input == nullptr || input->type == onnx::kInt32 || input->type == onnx::kInt64;
    return import.node.integer("fmod", 0) == 0 && !fits
               ? "without fmod it is for INT32 and INT64, and its input is " + onnx::typeName(input->type)
               : "";
}

std::string noReduction(const Import& import) {
    const std::string reduction = import.node.text("reduction", "none");
    return reduction != "none" ? "TensorRT does not support the reduction " + quote(reduction) : "";
}

std::string resizeModes(const Import& import) {
    if (import.node.integer("antialias", 0) != 0) {
        return "TensorRT does not support antialias";
    }
    const std::string policy = import.node.text("keep_aspect_ratio_policy", "stretch");
    return policy != "stretch" ? "TensorRT does not support the keep_aspect_ratio_policy " + quote(policy) : "";
}

std::string resizeCoordinates(const Import& import) {
    const std::string mode = import.node.text("coordinate_transformation_mode", "half_pixel");
    return isOneOf(mode, {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn"})
               ? ""
               : "TensorRT does not support the coordinate_transformation_mode " + quote(mode);
}

std::string reshapeKeepsElements(const Import& import) {
    const int64_t before = Import::elements(import.input(0));
    const int64_t after = Import::elements(import.output(0));
    return before >= 0 && after >= 0 && before != after
               ? "it makes " + toString(import.output(0)->shape()) + " of " + toString(import.input(0)->shape())
               : "";
}

std::string twoDimensions(const Import& import) {
    const Value* const input = import.input(0);
    return input != nullptr && input->hasShape && input->dims.size() < 2
               ? "it takes two dimensions or more, and its input has the shape " + toString(input->shape())
               : "";
}

std::string oldBroadcast(const Import& import) {
    constexpr int64_t kFirstWithNumpyRules = 7;
    return import.opset < kFirstWithNumpyRules
               ? "TensorRT does not support the broadcasting of ONNX opsets before 7, and the model is of opset " +
                     number(import.opset)
               : "";
}

std::string namedInputs(const Import& import) {
    const auto nameless = std::find(import.node.inputs.begin(), import.node.inputs.end(), "");
    return nameless != import.node.inputs.end()
               ? "its input " + number(nameless - import.node.inputs.begin()) + " has no name"
               : "";
}

std::string recurrentWeights(const Import& import) {
    const int64_t width = Import::extent(import.input(0), 2);
    const int64_t taken = Import::extent(import.input(1), 2);
    return width >= 0 && taken >= 0 && width != taken
               ? "its input has " + number(width) + " features, and its weights " + toString(import.input(1)->shape()) +
                     " take " + number(taken)
               : "";
}

std::string slopeBroadcasts(const Import& import) {
    const Value* const input = import.input(0);
    const Value* const slope = import.input(1);
    if (input == nullptr || slope == nullptr || !input->hasShape || !slope->hasShape) {
        return "";
    }
    bool fits = slope->dims.size() <= input->dims.size();
    for (size_t i = 0; fits && i < slope->dims.size(); ++i) {
        const int64_t extent = slope->dims[i].extent;
        const int64_t wanted = input->dims[input->dims.size() - slope->dims.size() + i].extent;
        fits = extent == 1 || extent < 0 || wanted < 0 || extent == wanted;
    }
    return fits ? "" : "its slope " + toString(slope->shape()) + " does not broadcast to " + toString(input->shape());
}

std::string blocksOfChannels(const Import& import) {
    const int64_t block = import.node.integer("blocksize", 0);
    const int64_t channels = Import::extent(import.input(0), 1);
    constexpr int64_t kLargest = 1 << 15;
    const bool fits = channels < 0 || (block > 0 && block < kLargest && channels % (block * block) == 0);
    return fits ? "" : number(channels) + " channels make no blocks of " + number(block);
}

std::string windowIsOdd(const Import& import) {
    const int64_t size = import.node.integer("size", 1);
    return size % 2 == 0 || size < 1 ? "its size is " + number(size) + ", and TensorRT takes odd ones" : "";
}

std::string hiddenSize(const Import& import) {
    const int64_t size = import.node.integer("hidden_size", -1);
    // The importer of GRU takes the weights' word for it.
    const int64_t taken = import.node.op != "GRU" ? Import::extent(import.input(2), 2) : -1;
    const int64_t least = import.node.op != "GRU" ? 1 : 0;
    return size < least || (taken >= 0 && taken != size)
               ? "its hidden_size is " + number(size) + (taken >= 0 ? ", and its weights are of " + number(taken) : "")
               : "";
}

std::string coupledGates(const Import& import) {
    return import.node.integer("input_forget", 0) != 0 ? "TensorRT does not support input_forget" : "";
}

std::string sliceLists(const Import& import) {
    const int64_t starts = Import::extent(import.input(1), 0);
    const Value* const input = import.input(0);
    if (!import.has(3) && starts >= 0 && input != nullptr && input->hasShape &&
        starts != static_cast<int64_t>(input->dims.size())) {
        return "it has " + number(starts) + " starts for the " + number(static_cast<int64_t>(input->dims.size())) +
               " dimensions of its input, and no axes";
    }
    for (size_t i = 2; i < 5; ++i) {
        const int64_t others = Import::extent(import.input(i), 0);
        if (starts >= 0 && others >= 0 && starts != others) {
            return "it has " + number(starts) + " starts, and " + number(others) + " elements in " +
                   quote(import.node.inputs[i]);
        }
    }
    return "";
}

std::string sameRanks(const Import& import) {
    const Value* const data = import.input(0);
    for (size_t i = 1; i < 3; ++i) {
        const Value* const other = import.input(i);
        if (data != nullptr && other != nullptr && data->hasShape && other->hasShape &&
            data->dims.size() != other->dims.size()) {
            return "its data have " + number(static_cast<int64_t>(data->dims.size())) + " dimensions, and " +
                   quote(import.node.inputs[i]) + " has " + number(static_cast<int64_t>(other->dims.size()));
        }
    }
    return "";
}

std::string knownExtents(const Import& import) {
    const Value* const input = import.input(0);
    return input != nullptr && input->hasShape && Import::elements(input) < 0 ? "TensorRT has it not for dynamic shapes"
                                                                              : "";
}

std::string shapeFits(const Import& import) {
    constexpr int64_t kLargestExtent = std::numeric_limits<int32_t>::max();
    for (size_t i = 0; i < import.node.outputs.size(); ++i) {
        const Value* const output = import.output(i);
        if (output == nullptr) {
            continue;
        }
        const std::string who = "its output " + quote(import.node.outputs[i]) + " has ";
        if (output->dims.size() > nvinfer1::Dims::MAX_DIMS) {
            return who + number(static_cast<int64_t>(output->dims.size())) + " dimensions; TensorRT takes " +
                   number(nvinfer1::Dims::MAX_DIMS);
        }
        if (std::any_of(output->dims.begin(), output->dims.end(),
                        [](const onnx::Dim& dim) { return dim.extent > kLargestExtent; })) {
            return who + "the shape " + toString(output->shape()) + "; TensorRT takes extents up to " +
                   number(kLargestExtent);
        }
    }
    return "";
}

// Modes that are text: the operator, the attribute, its default and what importers know.
std::string knownMode(const Import& import) {
    struct Mode {
        const char* op;
        const char* attribute;
        const char* otherwise;
        std::initializer_list<const char*> known;
    };
    static const Mode kModes[] = {
        {"Resize", "mode", "nearest", {"nearest", "linear", "cubic"}},
        {"Pad", "mode", "constant", {"constant", "reflect", "edge", "wrap"}},
        {"GridSample", "mode", "bilinear", {"bilinear", "linear", "nearest", "bicubic", "cubic"}},
        {"LSTM", "direction", "forward", {"forward", "reverse", "bidirectional"}},
        {"GRU", "direction", "forward", {"forward", "reverse", "bidirectional"}},
        {"RNN", "direction", "forward", {"forward", "reverse", "bidirectional"}},
    };
    for (const Mode& mode : kModes) {
        const std::string value = import.node.op == mode.op ? import.node.text(mode.attribute, mode.otherwise) : "";
        if (!value.empty() && !isOneOf(value, mode.known)) {
            return std::string("TensorRT does not know the ") + mode.attribute + " " + quote(value);
        }
    }
    return "";
}

std::string missingPlugin(const Import&) {
    return PINION_TRT_RTX ? "TensorRT for RTX lacks the plugin that computes it" : "";
}

// 8-bit unsigned integers are for the bindings: what reads an input, or makes an output.
std::string noBytesInside(const Import& import) {
    for (size_t i = 0; i < import.node.outputs.size(); ++i) {
        const Value* const output = import.output(i);
        if (output != nullptr && output->type == onnx::kUint8 && !import.isGraphOutput(import.node.outputs[i])) {
            return "its output " + quote(import.node.outputs[i]) +
                   " is of UINT8, which TensorRT has for inputs and outputs of the network only";
        }
    }
    if (isOneOf(import.node.op,
                {"Cast", "CastLike", "Identity", "Constant", "Equal", "QuantizeLinear", "Shape", "Size"})) {
        return "";
    }
    for (size_t i = 0; i < import.node.inputs.size(); ++i) {
        const Value* const input = import.input(i);
        if (input != nullptr && input->type == onnx::kUint8) {
            return "its input " + quote(import.node.inputs[i]) + " is of UINT8, which TensorRT computes nothing with";
        }
    }
    return "";
}

std::string knownTypes(const Import& import) {
    for (size_t i = 0; i < import.node.outputs.size(); ++i) {
        const Value* const output = import.output(i);
        DataType type{};
        if (output != nullptr && !bindingType(output->type, type)) {
            return "its output " + quote(import.node.outputs[i]) + " is of the type " + onnx::typeName(output->type) +
                   ", which TensorRT does not take";
        }
    }
    return "";
}

struct Rule {
    std::initializer_list<const char*> operators;  // none: all
    int since;                                     // the release, as major * 100 + minor
    Code code;
    std::string (*check)(const Import&);
};

constexpr int kAlways = 800;

// In the order in which an importer finds out.
const Rule kRules[] = {
    {{"Add", "Sub", "Mul", "Div", "And", "Or", "Xor", "Greater", "Less", "Equal", "Pow", "PRelu", "Gemm", "Max", "Min",
      "Sum", "Mean"},
     kAlways,
     Code::kUNSUPPORTED_NODE,
     oldBroadcast},
    {{}, 805, Code::kUNSUPPORTED_NODE, noBytesInside},
    {{"Cast"}, kAlways, Code::kINVALID_NODE, knownTypes},
    {{}, kAlways, Code::kUNSUPPORTED_NODE, knownTypes},
    {{}, kAlways, Code::kINVALID_NODE, shapeFits},
    {{"RoiAlign"}, kAlways, Code::kUNSUPPORTED_NODE, missingPlugin},
    {{"Conv", "ConvTranspose"}, kAlways, Code::kINVALID_NODE, convolutionBias},
    {{"Conv", "ConvTranspose"}, kAlways, Code::kINVALID_NODE, convolutionChannels},
    {{"Conv", "ConvTranspose"}, kAlways, Code::kUNSUPPORTED_NODE, convolutionKernel},
    {{"Conv"}, kAlways, Code::kINVALID_NODE, convolutionFits},
    {{"BatchNormalization"}, 806, Code::kUNSUPPORTED_NODE, trainingMode},
    {{"BatchNormalization", "LayerNormalization", "MaxPool"}, kAlways, Code::kUNSUPPORTED_NODE, singleOutput},
    {{"BatchNormalization"}, kAlways, Code::kINVALID_NODE, normalizationChannels},
    {{"Split", "TopK", "Dropout", "If"}, 1100, Code::kINVALID_GRAPH, namedOutputs},
    {{"AveragePool", "LpPool", "MaxPool"}, kAlways, Code::kUNSUPPORTED_NODE, poolingDilations},
    {{"LpPool", "GlobalLpPool", "LpNormalization"}, kAlways, Code::kUNSUPPORTED_NODE, poolingNorm},
    {{"ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
      "ReduceSum", "ReduceSumSquare"},
     kAlways,
     Code::kUNSUPPORTED_NODE,
     constantAxes},
    {{"ReduceMax", "ReduceMin"}, kAlways, Code::kUNSUPPORTED_NODE, noBool},
    {{"Dropout"}, kAlways, Code::kUNSUPPORTED_NODE, constantTraining},
    {{"STFT"}, 1005, Code::kUNSUPPORTED_NODE, constantStep},
    {{"Clip"}, 1000, Code::kUNSUPPORTED_NODE, clipTypes},
    {{"Mod"}, 805, Code::kUNSUPPORTED_NODE, integerRemainder},
    {{"ScatterElements", "ScatterND"}, 1100, Code::kUNSUPPORTED_NODE, noReduction},
    {{"Resize"}, 1000, Code::kUNSUPPORTED_NODE, resizeModes},
    {{"Resize"}, kAlways, Code::kUNSUPPORTED_NODE, resizeCoordinates},
    {{"Concat", "Einsum", "Max", "Mean", "Min", "Sum"}, kAlways, Code::kINVALID_NODE, namedInputs},
    {{}, kAlways, Code::kUNSUPPORTED_NODE, knownMode},
    {{"GRU", "LSTM", "RNN"}, kAlways, Code::kINVALID_NODE, hiddenSize},
    {{"GRU", "LSTM", "RNN"}, kAlways, Code::kINVALID_NODE, recurrentWeights},
    {{"LSTM"}, kAlways, Code::kUNSUPPORTED_NODE, coupledGates},
    {{"Slice"}, kAlways, Code::kINVALID_NODE, sliceLists},
    {{"Scatter", "ScatterElements"}, kAlways, Code::kINVALID_NODE, sameRanks},
    {{"EyeLike"}, kAlways, Code::kUNSUPPORTED_NODE, knownExtents},
    {{"PRelu"}, kAlways, Code::kINVALID_NODE, slopeBroadcasts},
    {{"DepthToSpace"}, kAlways, Code::kINVALID_NODE, blocksOfChannels},
    {{"LRN"}, kAlways, Code::kINVALID_NODE, windowIsOdd},
    {{"Reshape"}, kAlways, Code::kINVALID_NODE, reshapeKeepsElements},
    {{"Softmax", "LogSoftmax"}, 1100, Code::kINVALID_NODE, twoDimensions},
};

}  // namespace

std::optional<ImportProblem> checkHazards(const onnx::Model& model) {
    for (size_t i = 0; i < model.graph.nodes.size(); ++i) {
        const Node& node = model.graph.nodes[i];
        const int64_t dimensions = node.op == "GatherND" ? node.integer("batch_dims", 0) : 0;
        if (dimensions < 0) {
            return ImportProblem{static_cast<int>(i), Code::kINVALID_NODE, "its batch_dims are " + number(dimensions)};
        }
    }
    return std::nullopt;
}

std::optional<ImportProblem> checkImporters(const onnx::Model& model, const Inference& values) {
    std::unordered_set<std::string> constants;
    for (const onnx::Tensor& tensor : model.graph.initializers) {
        constants.insert(tensor.name);
    }
    for (const Node& node : model.graph.nodes) {
        if (node.op == "Constant") {
            constants.insert(node.outputs.begin(), node.outputs.end());
        }
    }
    std::unordered_set<std::string> outputs;
    for (const Value& output : model.graph.outputs) {
        outputs.insert(output.name);
    }
    for (size_t i = 0; i < model.graph.nodes.size(); ++i) {
        const Node& node = model.graph.nodes[i];
        const Import import(node, values, constants, outputs, model.opset());
        for (const Rule& rule : kRules) {
            const auto& list = rule.operators;
            if (rule.since > PINION_TRT_API || (list.size() != 0 && !isOneOf(node.op, list))) {
                continue;
            }
            if (std::string what = rule.check(import); !what.empty()) {
                return ImportProblem{static_cast<int>(i), rule.code, std::move(what)};
            }
        }
    }
    return std::nullopt;
}

}  // namespace pinion_host_tensorrt
