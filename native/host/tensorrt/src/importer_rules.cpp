#include "importer_rules.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <map>
#include <unordered_set>

#include "operators.h"
#include "types.h"

namespace pinion_host_tensorrt {
namespace {

using onnx::Node;
using onnx::Value;
using Code = nvonnxparser::ErrorCode;

// A node with what is known of its tensors.
class Import {
public:
    Import(const Node& itsNode, const Node& asWritten, const Inference& values,
           const std::unordered_set<std::string>& constants, const std::unordered_set<std::string>& outputs,
           const onnx::Model& model)
        : node(itsNode),
          written(asWritten),
          opset(model.opset()),
          values_(values),
          constants_(constants),
          outputs_(outputs),
          graph_(model.graph) {}

    const Node& node;     // as its importer sees it
    const Node& written;  // as it stands in the model
    const int64_t opset;

    // Null where it is left out or unknown.
    const Value* input(size_t index) const { return index < node.inputs.size() ? value(node.inputs[index]) : nullptr; }
    const Value* output(size_t index) const {
        return index < node.outputs.size() ? value(node.outputs[index]) : nullptr;
    }
    bool has(size_t index) const { return index < node.inputs.size() && !node.inputs[index].empty(); }
    bool isConstant(size_t index) const { return has(index) && constants_.count(node.inputs[index]) != 0; }
    // Of a small constant; none where it is none, or large.
    std::vector<double> values(size_t index) const {
        const onnx::Tensor* const tensor = has(index) ? graph_.initializer(node.inputs[index]) : nullptr;
        return tensor != nullptr ? smallValues(*tensor) : std::vector<double>();
    }
    // The node of the graph that makes an input, or null.
    const Node* makerOf(size_t index) const {
        const auto maker = std::find_if(graph_.nodes.begin(), graph_.nodes.end(), [&](const Node& other) {
            return has(index) && !other.inputs.empty() && !other.outputs.empty() &&
                   other.outputs[0] == node.inputs[index];
        });
        return maker != graph_.nodes.end() ? &*maker : nullptr;
    }
    const Value* named(const std::string& name) const { return value(name); }
    std::optional<int64_t> tripLimit() const { return pinion_host_tensorrt::tripLimit(graph_, node); }
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
    const onnx::Graph& graph_;
};

std::string number(int64_t value) {
    return std::to_string(value);
}

size_t rankOf(const Value* value) {
    return value != nullptr && value->hasShape ? value->dims.size() : nvinfer1::Dims::MAX_DIMS;
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

std::string convolutionDimensions(const Import& import) {
    const Value* const input = import.input(0);
    const Value* const weights = import.input(1);
    const bool isTransposed = import.node.op == "ConvTranspose";
    const Value* const counted = isTransposed ? input : weights;
    if (rankOf(counted) != nvinfer1::Dims::MAX_DIMS && rankOf(counted) > 5) {
        return "TensorRT has it for up to three spatial dimensions, and it is of " + toString(counted->shape());
    }
    if (isTransposed && input != nullptr && input->hasShape && input->dims.size() > 1 && input->dims[1].extent < 0) {
        return "the number of its channels is not known";
    }
    const int64_t channels = Import::extent(input, 1);
    const int64_t group = import.node.integer("group", 1);
    return isTransposed && channels >= 0 && group > 0 && channels % group != 0
               ? number(channels) + " channels make no " + number(group) + " groups"
               : "";
}

// What is cut off at the beginning, so that an output has the shape that the node asks for.
std::string deconvolutionPads(const Import& import) {
    const std::vector<int64_t> wanted = import.node.integers("output_shape");
    const auto at = [&](const char* name, size_t i, int64_t otherwise) {
        const std::vector<int64_t> list = import.node.integers(name);
        return i < list.size() ? list[i] : otherwise;
    };
    for (size_t i = 0; i < wanted.size(); ++i) {
        const int64_t extent = Import::extent(import.input(0), i + 2);
        const int64_t kernel = Import::extent(import.input(1), i + 2);
        const int64_t made =
            at("strides", i, 1) * (extent - 1) + at("output_padding", i, 0) + (kernel - 1) * at("dilations", i, 1) + 1;
        if (extent >= 0 && kernel >= 0 && (made - wanted[i]) / 2 < 0) {
            return "its output_shape is " + toString(wanted) + ", more than it makes";
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

std::string namedResult(const Import& import) {
    const std::vector<std::string>& outputs = import.node.outputs;
    const bool isNamed = std::any_of(outputs.begin(), outputs.end(), [](const auto& name) { return !name.empty(); });
    return isNamed ? "" : "none of its outputs has a name";
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
    const std::vector<double> training = import.values(2);
    if (PINION_TRT_SINCE(10, 0) && import.node.inputs.size() == 3 && !import.has(2)) {
        return "its training_mode has no name";
    }
    return !training.empty() && training[0] != 0 ? "TensorRT does not support the training_mode"
                                                 : constantInput(import, 2, "training_mode", "is");
}

std::string noBool(const Import& import) {
    const Value* const input = import.input(0);
    return input != nullptr && input->type == onnx::kBool ? "TensorRT has it not for BOOL" : "";
}

std::string clipTypes(const Import& import) {
    const Value* const input = import.input(0);
    const bool isConstant = (!import.has(1) || import.isConstant(1)) && (!import.has(2) || import.isConstant(2));
    return input != nullptr && input->type == onnx::kInt8 && !(PINION_TRT_SINCE(11, 0) && isConstant)
               ? "TensorRT has it not for INT8"
               : "";
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
    constexpr int64_t kFirstOfOneAxis = 13;  // before, what it computes with is always a matrix
    const Value* const input = import.input(0);
    const bool isScalar = input != nullptr && input->hasShape && input->dims.empty();
    return (import.opset >= kFirstOfOneAxis || isScalar) && input != nullptr && input->hasShape &&
                   input->dims.size() < 2
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
    const std::vector<std::string>& inputs = import.written.inputs;
    const auto nameless = std::find(inputs.begin(), inputs.end(), "");
    return nameless != inputs.end() ? "its input " + number(nameless - inputs.begin()) + " has no name" : "";
}

// Importers that look at the second of two inputs.
std::string namedSecond(const Import& import) {
    constexpr int64_t kListsAreInputs = 13;
    const bool isList = import.node.op != "Clip";
    const bool looks = import.written.inputs.size() == 2 && (!isList || import.opset >= kListsAreInputs);
    return looks ? namedInputs(import) : "";
}

// The inputs of a layer of these go by the hidden size, and that of a GRU is not looked at elsewhere.
std::string hiddenInputs(const Import& import) {
    const int64_t gates = import.node.op == "LSTM" ? 4 : import.node.op == "GRU" ? 3 : 1;
    const int64_t directions = import.node.text("direction", "forward") == "bidirectional" ? 2 : 1;
    const int64_t size = import.node.integer("hidden_size", -1);
    const int64_t bias = Import::elements(import.input(3));
    if (size >= 0 && bias >= 0 && bias != directions * 2 * gates * size) {
        return "its bias has " + number(bias) + " elements for a hidden_size of " + number(size);
    }
    const int64_t batch = Import::extent(import.input(0), 1);
    for (size_t i : {size_t{4}, size_t{5}, size_t{6}}) {
        const int64_t others = Import::extent(import.input(i), i == 4 ? 0 : 1);
        if (batch > 1 && others > 1 && batch != others) {
            return quote(import.node.inputs[i]) + " is of " + number(others) + " sequences, and its input of " +
                   number(batch);
        }
    }
    const int64_t initial = Import::extent(import.input(5), 2);
    return size >= 0 && initial >= 0 && initial != size
               ? "its initial state is of " + number(initial) + " elements, and its hidden_size is " + number(size)
               : "";
}

std::string recurrentWeights(const Import& import) {
    const int64_t width = Import::extent(import.input(0), 2);
    const int64_t taken = Import::extent(import.input(1), 2);
    if (PINION_TRT_SINCE(11, 0) && import.node.op == "GRU") {
        return "";  // its loop is not looked into
    }
    return width >= 0 && taken >= 0 && width != taken
               ? "its input has " + number(width) + " features, and its weights " + toString(import.input(1)->shape()) +
                     " take " + number(taken)
               : "";
}

// The input's name is ONNX's.
std::string broadcasts(const Import& import, size_t index, const char* name) {
    const Value* const input = import.input(0);
    const Value* const slope = import.input(index);
    if (input == nullptr || slope == nullptr || !input->hasShape || !slope->hasShape) {
        return "";
    }
    bool fits = slope->dims.size() <= input->dims.size();
    for (size_t i = 0; fits && i < slope->dims.size(); ++i) {
        const int64_t extent = slope->dims[i].extent;
        const int64_t wanted = input->dims[input->dims.size() - slope->dims.size() + i].extent;
        fits = extent == 1 || extent < 0 || wanted < 0 || extent == wanted;
    }
    return fits ? ""
                : "its " + std::string(name) + " " + toString(slope->shape()) + " does not broadcast to " +
                      toString(input->shape());
}

std::string slopeBroadcasts(const Import& import) {
    return broadcasts(import, 1, "slope");
}

// Of constants the first values are taken, unless one has no name.
std::string boundsBroadcast(const Import& import) {
    const std::vector<std::string>& inputs = import.written.inputs;
    const bool isNamed = std::find(inputs.begin(), inputs.end(), "") == inputs.end();
    const bool isConstant =
        isNamed && (!import.has(1) || import.isConstant(1)) && (!import.has(2) || import.isConstant(2));
    const std::string least = isConstant ? "" : broadcasts(import, 1, "min");
    return !least.empty() || isConstant ? least : broadcasts(import, 2, "max");
}

std::string blocksOfChannels(const Import& import) {
    const int64_t block = import.node.integer("blocksize", 0);
    const int64_t channels = Import::extent(import.input(0), 1);
    constexpr int64_t kLargest = 1 << 15;
    const bool isDeferred = PINION_TRT_SINCE(11, 0) && block > 0 && Import::elements(import.input(0)) < 0;
    const bool fits = channels < 0 || isDeferred || (block > 0 && block < kLargest && channels % (block * block) == 0);
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

// Axes that are a constant, of Slice and Pad.
std::string axesWithin(const Import& import) {
    const Value* const input = import.input(0);
    const std::vector<double> axes = import.values(3);
    for (double axis : axes) {
        const auto rank = static_cast<double>(input != nullptr && input->hasShape ? input->dims.size() : 0);
        if (input != nullptr && input->hasShape && (axis >= rank || axis < -rank)) {
            return "its axis " + number(static_cast<int64_t>(axis)) + " is none of " + toString(input->shape());
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
std::string notLessThanNothing(const Import& import) {
    for (size_t i = 0; i < import.node.outputs.size(); ++i) {
        const Value* const output = import.output(i);
        if (output != nullptr && std::any_of(output->dims.begin(), output->dims.end(),
                                             [](const onnx::Dim& dim) { return dim.extent < -1; })) {
            return "its output " + quote(import.node.outputs[i]) + " would have the shape " + toString(output->shape());
        }
    }
    return "";
}

std::string knownMode(const Import& import) {
    struct Mode {
        const char* op;
        const char* attribute;
        const char* otherwise;
        std::initializer_list<const char*> known;
    };
    static const Mode kModes[] = {
        {"Resize", "mode", "nearest", {"nearest", "linear", "cubic"}},
#if !PINION_TRT_SINCE(11, 0)
        {"Pad", "mode", "constant", {"constant", "reflect", "edge", "wrap"}},
#endif
        {"GridSample", "mode", "bilinear", {"bilinear", "linear", "nearest", "bicubic", "cubic"}},
        {"LSTM", "direction", "forward", {"forward", "reverse", "bidirectional"}},
        {"GRU", "direction", "forward", {"forward", "reverse", "bidirectional"}},
        {"RNN", "direction", "forward", {"forward", "reverse", "bidirectional"}},
    };
    for (const Mode& mode : kModes) {
        const std::string value = import.node.text(mode.attribute, mode.otherwise);
        if (import.node.op == mode.op && !isOneOf(value, mode.known)) {
            return std::string("TensorRT does not know the ") + mode.attribute + " " + quote(value);
        }
    }
    return "";
}

// What is collected needs a number of iterations.
std::string collectedIterations(const Import& import) {
    const bool collects = import.node.outputs.size() + 2 > import.node.inputs.size();
    const bool isGiven = import.has(0) && (!import.isConstant(0) || import.tripLimit());
    return collects && !isGiven ? "it collects an output, and has no trip limit" : "";
}

// Of a runtime condition both branches make outputs of as many dimensions, else nothing is known of them.
std::string equalRanks(const Import& import) {
    for (size_t i = 0; i < import.node.outputs.size() && !import.isConstant(0); ++i) {
        const Value* const output = import.output(i);
        if (output != nullptr && !output->hasShape) {
            return "its branches make outputs of different dimensions";
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
    // A zero point of zeros is of no matter.
    const bool isScaled = PINION_TRT_SINCE(11, 0) && import.node.op == "DequantizeLinear";
    for (size_t i = 0; i < import.node.inputs.size(); ++i) {
        const Value* const input = import.input(i);
        if (input != nullptr && input->type == onnx::kUint8 && !(isScaled && i == 2)) {
            return "its input " + quote(import.node.inputs[i]) + " is of UINT8, which TensorRT computes nothing with";
        }
    }
    return "";
}

std::string knownTypes(const Import& import) {
    for (const char* attribute : {"to", "dtype", "output_dtype"}) {
        const int64_t wanted = import.node.integer(attribute, onnx::kFloat);
        DataType type{};
        if (wanted < 0 || wanted > onnx::kInt4 || (wanted != 0 && !bindingType(static_cast<int32_t>(wanted), type))) {
            return std::string("its ") + attribute + " is " + onnx::typeName(static_cast<int32_t>(wanted)) +
                   ", which TensorRT does not take";
        }
    }
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

std::string poolingKernel(const Import& import) {
    const Value* const input = import.input(0);
    const size_t wanted = import.node.integers("kernel_shape").size();
    return input != nullptr && input->hasShape && input->dims.size() != wanted + 2
               ? "its kernel_shape has " + number(static_cast<int64_t>(wanted)) + " dimensions, and its input is " +
                     toString(input->shape())
               : "";
}

std::string spatialDimensions(const Import& import) {
    return rankOf(import.input(0)) < 3 ? "its input has no dimensions to be reduced" : "";
}

// What is less than nothing, which a window makes of too few elements.
std::string poolingExtents(const Import& import) {
    const Value* const input = import.input(0);
    const std::vector<int64_t> kernel = import.node.integers("kernel_shape");
    const std::vector<int64_t> strides = import.node.integers("strides");
    const std::vector<int64_t> pads = import.node.integers("pads");
    const std::string padding = import.node.text("auto_pad", "NOTSET");
    for (size_t i = 0; i < kernel.size() && (padding == "NOTSET" || padding == "VALID"); ++i) {
        const int64_t extent = Import::extent(input, i + 2);
        const int64_t stride = i < strides.size() ? std::max<int64_t>(strides[i], 1) : 1;
        const bool isPadded = padding == "NOTSET" && pads.size() == 2 * kernel.size();
        const int64_t padded = extent + (isPadded ? pads[i] + pads[i + kernel.size()] : 0);
        if (extent >= 0 && padded - kernel[i] < -stride) {
            return "its input " + toString(input->shape()) + " is smaller than its kernel_shape " + toString(kernel);
        }
    }
    return "";
}

std::string threeDimensions(const Import& import) {
    return rankOf(import.input(0)) < 3
               ? "it takes three dimensions or more, and its input is " + toString(import.input(0)->shape())
               : "";
}

std::string multipliedExtents(const Import& import) {
    const Value* const first = import.input(0);
    const Value* const second = import.input(1);
    const size_t transposedA = import.node.integer("transA", 0) != 0 ? 1 : 0;
    const size_t transposedB = import.node.integer("transB", 0) != 0 ? 1 : 0;
    const int64_t width = Import::extent(first, 1 - transposedA);
    const int64_t height = Import::extent(second, transposedB);
    if (width >= 0 && height >= 0 && width != height) {
        return "it multiplies " + toString(first->shape()) + " and " + toString(second->shape());
    }
    const Value* const bias = import.input(2);
    const int64_t made[] = {Import::extent(second, 1 - transposedB), Import::extent(first, transposedA)};
    for (size_t i = 0; bias != nullptr && i < std::min<size_t>(bias->dims.size(), 2); ++i) {
        const int64_t extent = bias->dims[bias->dims.size() - 1 - i].extent;
        if (extent >= 0 && made[i] >= 0 && extent != 1 && made[i] != 1 && extent != made[i]) {
            return "its bias " + toString(bias->shape()) + " does not broadcast to what it makes";
        }
    }
    return "";
}

std::string noScalar(const Import& import) {
    return rankOf(import.input(0)) == 0 ? "its input is a scalar" : "";
}

// The largest of a row is taken by a TopK of one element.
std::string oneOfAxis(const Import& import) {
    constexpr int64_t kFirstHardmaxOfOneAxis = 13;
    const Value* const input = import.input(0);
    const bool isHardmax = import.node.op == "Hardmax";
    if (isHardmax && import.opset < kFirstHardmaxOfOneAxis) {
        return "";
    }
    const int64_t axis = onnx::axisOf(input, import.node.integer("axis", isHardmax ? -1 : 0));
    if (rankOf(input) == 1) {
        return "it takes two dimensions or more, and its input is " + toString(input->shape());
    }
    return axis >= 0 && Import::extent(input, static_cast<size_t>(axis)) == 0
               ? "its axis has no elements in " + toString(input->shape())
               : "";
}

// Axes that are an attribute or a constant input.
std::vector<int64_t> reducedAxes(const Import& import) {
    std::vector<int64_t> axes = import.node.integers("axes");
    for (double axis : import.values(1)) {
        axes.push_back(static_cast<int64_t>(axis));
    }
    return axes;
}

std::string reducedDimensions(const Import& import) {
    const Value* const input = import.input(0);
    const std::vector<int64_t> axes = reducedAxes(import);
    if (rankOf(input) == 0 && (!axes.empty() || import.written.integer("noop_with_empty_axes", 0) != 1)) {
        return "its input is a scalar, and TensorRT reduces dimensions";
    }
    const bool fits = input == nullptr || !input->hasShape || std::all_of(axes.begin(), axes.end(), [&](int64_t axis) {
                          return onnx::axisOf(input, axis) >= 0;
                      });
    return fits ? "" : "its axes are " + toString(axes) + ", and its input is " + toString(input->shape());
}

std::string normalizedAxes(const Import& import) {
    const Value* const input = import.input(0);
    if (input == nullptr) {
        return "";
    }
    if (input->type == onnx::kFloat16 || input->type == onnx::kBfloat16) {
        return "TensorRT has it not for " + onnx::typeName(input->type);
    }
    const bool given = import.node.attributes.count("axes") != 0;
    const std::vector<int64_t> axes = given ? import.node.integers("axes") : std::vector<int64_t>{0, 2, 3};
    const bool fits = !axes.empty() && std::all_of(axes.begin(), axes.end(), [&](int64_t axis) {
        return !input->hasShape || onnx::axisOf(input, axis) >= 0;
    });
    return fits ? "" : "its axes are " + toString(axes) + ", and its input is " + toString(input->shape());
}

// The number of elements of an input that is one value.
std::string oneAxis(const Import& import) {
    const int64_t elements = Import::elements(import.input(1));
    return elements > 1 ? "its axis has " + number(elements) + " values" : "";
}

std::string knownAttributes(const Import& import) {
    for (const auto& [name, attribute] : import.written.attributes) {
        if (!isOneOf(name, {"axis", "reduction"})) {
            return "TensorRT does not know its attribute " + quote(name);
        }
    }
    return "";
}

bool isFloatOrHalf(const Value* value) {
    return value == nullptr || value->type == onnx::kFloat || value->type == onnx::kFloat16;
}

std::string floatOrHalf(const Import& import) {
    return isFloatOrHalf(import.input(0)) ? "" : "TensorRT has it for FLOAT and HALF only";
}

std::string randomType(const Import& import) {
    const int64_t type = import.node.integer("dtype", onnx::kFloat);
    const bool fits = type == onnx::kFloat || type == onnx::kFloat16;
    return fits && isFloatOrHalf(import.output(0)) ? "" : "TensorRT makes random values of FLOAT and HALF only";
}

std::string scalesOfAxis(const Import& import) {
    const Value* const input = import.input(0);
    const Value* const scale = import.input(1);
    const int64_t scales = Import::elements(scale);
    if (rankOf(scale) != 1 || scales <= 1 || input == nullptr || !input->hasShape) {
        return "";
    }
    const auto rank = static_cast<int64_t>(input->dims.size());
    const int64_t axis = import.node.integer("axis", 1);
    const int64_t index = axis < 0 ? axis + rank : axis;
    const int64_t extent = index >= 0 && index < rank ? Import::extent(input, static_cast<size_t>(index)) : 0;
    return extent >= 0 && extent != scales
               ? "it has " + number(scales) + " scales for the axis " + number(axis) + " of " + toString(input->shape())
               : "";
}

std::string groupsOfChannels(const Import& import) {
    const int64_t groups = import.node.integer("num_groups", 1);
    const int64_t channels = Import::extent(import.input(0), 1);
    if (rankOf(import.input(0)) < 3) {
        return "it takes three dimensions or more, and its input is " + toString(import.input(0)->shape());
    }
    return groups < 1 || (channels >= 0 && channels % groups != 0)
               ? number(channels) + " channels make no " + number(groups) + " groups"
               : "";
}

std::string normalizationLimits(const Import& import) {
    constexpr int64_t kWidest = 15;
    constexpr float kLeastBias = 1e-5F;
    if (rankOf(import.input(0)) < 4) {
        return "it takes four dimensions or more, and its input is " + toString(import.input(0)->shape());
    }
    const auto bias = import.node.attributes.find("bias");
    const int64_t size = import.node.integer("size", 1);
    constexpr float kLeastBeta = 0.01F;
    const auto beta = import.node.attributes.find("beta");
    if (beta != import.node.attributes.end() && beta->second.real < kLeastBeta) {
        return "its beta is below what TensorRT takes";
    }
    return size > kWidest ? "its size is " + number(size) + ", and TensorRT takes up to " + number(kWidest)
           : bias != import.node.attributes.end() && bias->second.real < kLeastBias
               ? "its bias is below what TensorRT takes"
               : "";
}

std::string noNegatives(const Import& import, size_t index) {
    const std::vector<double> values = import.values(index);
    return std::any_of(values.begin(), values.end(), [](double value) { return value < 0; })
               ? "its input " + quote(import.node.inputs[index]) + " has a negative value"
               : "";
}

std::string repeatsArePositive(const Import& import) {
    return noNegatives(import, 1);
}

std::string scalesArePositive(const Import& import) {
    const std::string sizes = noNegatives(import, 3);
    return sizes.empty() ? noNegatives(import, import.node.inputs.size() == 2 ? 1 : 2) : sizes;
}

// Attributes that are axes, by their names.
std::string axesInRange(const Import& import) {
    const Value* const input = import.input(0);
    if (input == nullptr || !input->hasShape) {
        return "";
    }
    const auto rank = static_cast<int64_t>(input->dims.size());
    for (const char* name : {"axis", "batch_axis", "time_axis"}) {
        const int64_t axis = import.node.integer(name, 0);
        if (axis >= std::max<int64_t>(rank, 1) || axis < -std::max<int64_t>(rank, 1)) {
            return std::string("its ") + name + " is " + number(axis) + ", and its input " + toString(input->shape());
        }
    }
    return "";
}

std::string axesDiffer(const Import& import) {
    return import.node.integer("batch_axis", 1) == import.node.integer("time_axis", 0)
               ? "its batch_axis and its time_axis are the same"
               : "";
}

std::string padsWithinKernel(const Import& import) {
    const std::vector<int64_t> kernel = import.node.integers("kernel_shape");
    const std::vector<int64_t> pads = import.node.integers("pads");
    for (size_t i = 0; i < pads.size() && !kernel.empty(); ++i) {
        if (pads[i] >= kernel[i % kernel.size()]) {
            return "its pads are " + toString(pads) + ", and its kernel_shape is " + toString(kernel);
        }
    }
    return "";
}

// Its check takes the first of its inputs.
std::string anyInput(const Import& import) {
    return import.node.inputs.empty() ? "it has no input" : "";
}

std::string quantizedType(const Import& import) {
    const int64_t type = import.node.integer("output_dtype", 0);
    return type == onnx::kUint8 ? "TensorRT does not quantize to UINT8" : "";
}

std::string quantizedInput(const Import& import) {
    const Value* const input = import.input(0);
    return input != nullptr && input->type == onnx::kInt32 ? "TensorRT has it not for INT32" : "";
}

std::string noTexts(const Import& import) {
    for (const char* attribute : {"value_string", "value_strings", "sparse_value"}) {
        if (import.node.attributes.count(attribute) != 0) {
            return std::string("TensorRT does not support ") + attribute;
        }
    }
    return "";
}

std::string zeroZeroPoint(const Import& import) {
    const std::vector<double> points = import.values(2);
    return std::any_of(points.begin(), points.end(), [](double value) { return value != 0; })
               ? "its zero point is not zero"
               : "";
}

std::string boxes(const Import& import) {
    constexpr int64_t kCorners = 4;
    const int64_t center = import.node.integer("center_point_box", 0);
    if (center != 0 && center != 1) {
        return "its center_point_box is " + number(center);
    }
    const Value* const input = import.input(0);
    const Value* const scores = import.input(1);
    const bool fits =
        input == nullptr || !input->hasShape || (input->dims.size() == 3 && input->dims[2].extent == kCorners);
    const bool scored = scores == nullptr || !scores->hasShape || scores->dims.size() == 3;
    return !fits     ? "its boxes are " + toString(input->shape())
           : !scored ? "its scores are " + toString(scores->shape())
                     : "";
}

std::string realSignal(const Import& import) {
    const Value* const input = import.input(0);
    return input != nullptr && input->hasShape && input->dims.size() > 2 &&
                   (input->dims.size() > 3 || input->dims.back().extent != 1)
               ? "TensorRT takes signals of real numbers only, and its input is " + toString(input->shape())
               : "";
}

std::string paddedWith(const Import& import) {
    const int64_t values = Import::elements(import.input(2));
    return values > 1 ? "it has " + number(values) + " values to pad with" : "";
}

std::string padsOfAxes(const Import& import) {
    const Value* const input = import.input(0);
    const int64_t pads = Import::elements(import.input(1));
    const int64_t given = Import::elements(import.input(3));
    const bool isKnown = !import.has(3) && input != nullptr && input->hasShape;
    const int64_t axes = isKnown ? static_cast<int64_t>(input->dims.size()) : given;
    if (pads >= 0 && axes >= 0 && pads != 2 * axes) {
        return "it has " + number(pads) + " pads for " + number(axes) + " axes";
    }
    return import.isConstant(2) ? paddedWith(import) : "";
}

std::string singleResult(const Import& import) {
    return import.node.outputs.size() > 1 ? "it has several outputs" : "";
}

std::string oneValue(const Import& import) {
    if (rankOf(import.input(0)) != nvinfer1::Dims::MAX_DIMS && rankOf(import.input(0)) > 1) {
        return "its shape is given by " + toString(import.input(0)->shape());
    }
    const int64_t values = import.node.tensors.empty() ? 1 : elementCount(import.node.tensors[0].dims);
    return values != 1 ? "its value has " + number(values) + " elements" : "";
}

std::string keepsExtents(const Import& import) {
    const std::vector<double> pads = import.values(1);
    const Value* const input = import.input(0);
    if (input == nullptr || !input->hasShape || pads.size() != 2 * input->dims.size() || import.has(3)) {
        return "";
    }
    for (size_t i = 0; i < input->dims.size(); ++i) {
        const auto extent = static_cast<double>(input->dims[i].extent);
        if (extent >= 0 && extent + pads[i] + pads[i + input->dims.size()] < 0) {
            return "its pads leave nothing of " + toString(input->shape());
        }
    }
    return "";
}

std::string blocksOfExtents(const Import& import) {
    const int64_t block = import.node.integer("blocksize", 0);
    for (size_t axis : {size_t{2}, size_t{3}}) {
        const int64_t extent = Import::extent(import.input(0), axis);
        if (extent >= 0 && (block <= 0 || extent % block != 0)) {
            return toString(import.input(0)->shape()) + " makes no blocks of " + number(block);
        }
    }
    return "";
}

std::string indicesWithinData(const Import& import) {
    const Value* const data = import.input(0);
    const Value* const indices = import.input(1);
    if (data == nullptr || indices == nullptr || !data->hasShape || !indices->hasShape) {
        return "";
    }
    for (size_t i = 0; i < std::min(data->dims.size(), indices->dims.size()); ++i) {
        const int64_t extent = data->dims[i].extent;
        if (extent >= 0 && indices->dims[i].extent > extent) {
            return "its indices " + toString(indices->shape()) + " are beyond its data " + toString(data->shape());
        }
    }
    return "";
}

std::string noTypes(const Import& import, std::initializer_list<int32_t> types) {
    const Value* const input = import.input(0);
    const bool isOne = input != nullptr && std::find(types.begin(), types.end(), input->type) != types.end();
    return isOne ? "TensorRT has it not for " + onnx::typeName(input->type) : "";
}

std::string noIntegers(const Import& import) {
    return noTypes(import, {onnx::kInt32, onnx::kInt64, onnx::kBool});
}

std::string noNarrowIntegers(const Import& import) {
    return noTypes(import, {onnx::kInt8});
}

std::string noInt32(const Import& import) {
    return noTypes(import, {onnx::kInt32});
}

std::string noBrain(const Import& import) {
    return noTypes(import, {onnx::kBfloat16});
}

std::string quantization(const Import& import) {
    const std::vector<double> scales = import.values(1);
    return std::any_of(scales.begin(), scales.end(), [](double value) { return value <= 0; })
               ? "its scale is not positive"
               : "";
}

// What only the builder finds out.

std::string gatheredAxis(const Import& import) {
    const Value* const data = import.input(0);
    const Value* const indices = import.input(1);
    const int64_t axis = onnx::axisOf(data, import.node.integer("axis", 0));
    const int64_t extent = axis >= 0 ? Import::extent(data, static_cast<size_t>(axis)) : -1;
    return extent == 0 && Import::elements(indices) > 0 ? "its axis has no elements in " + toString(data->shape()) : "";
}

std::string gatheredExtents(const Import& import) {
    const Value* const data = import.input(0);
    const Value* const indices = import.input(1);
    const int64_t axis = onnx::axisOf(data, import.node.integer("axis", 0));
    for (size_t i = 0; data != nullptr && indices != nullptr && i < indices->dims.size(); ++i) {
        const int64_t extent = Import::extent(data, i);
        if (static_cast<int64_t>(i) != axis && extent >= 0 && indices->dims[i].extent > extent) {
            return "its indices " + toString(indices->shape()) + " are beyond its data " + toString(data->shape());
        }
    }
    return "";
}

std::string gatheredSlices(const Import& import) {
    const Value* const data = import.input(0);
    const Value* const indices = import.input(1);
    const size_t depth = indices != nullptr && !indices->dims.empty() && indices->dims.back().extent > 0
                             ? static_cast<size_t>(indices->dims.back().extent)
                             : 0;
    const auto batch = static_cast<size_t>(std::max<int64_t>(import.node.integer("batch_dims", 0), 0));
    for (size_t i = batch; i < batch + depth; ++i) {
        if (Import::extent(data, i) == 0 && Import::elements(indices) > 0) {
            return "its indices are into " + toString(data->shape());
        }
    }
    return "";
}

// The updates have a slice of the data for each index.
std::string scatteredSlices(const Import& import) {
    const Value* const data = import.input(0);
    const Value* const indices = import.input(1);
    const Value* const updates = import.input(2);
    if (data == nullptr || indices == nullptr || updates == nullptr || !data->hasShape || !indices->hasShape ||
        !updates->hasShape || indices->dims.empty() || indices->dims.back().extent < 0) {
        return "";
    }
    std::vector<onnx::Dim> wanted(indices->dims.begin(), indices->dims.end() - 1);
    const auto depth = std::min(static_cast<size_t>(indices->dims.back().extent), data->dims.size());
    wanted.insert(wanted.end(), data->dims.begin() + static_cast<std::ptrdiff_t>(depth), data->dims.end());
    bool fits = wanted.size() == updates->dims.size();
    for (size_t i = 0; fits && i < wanted.size(); ++i) {
        const int64_t extent = updates->dims[i].extent;
        fits = extent < 0 || wanted[i].extent < 0 || extent == wanted[i].extent;
    }
    return fits ? "" : "its updates " + toString(updates->shape()) + " do not fit its indices and its data";
}

std::string sequencesOfBatch(const Import& import) {
    const int64_t axis = onnx::axisOf(import.input(0), import.node.integer("batch_axis", 1));
    const int64_t batch = axis >= 0 ? Import::extent(import.input(0), static_cast<size_t>(axis)) : -1;
    const int64_t lengths = Import::elements(import.input(1));
    return batch >= 0 && lengths >= 0 && batch != lengths
               ? "it has " + number(lengths) + " lengths for " + number(batch) + " sequences"
               : "";
}

std::string mostOfTopK(const Import& import) {
    constexpr double kMost = 3840;
    const std::vector<double> k = import.values(1);
    return !k.empty() && k[0] > kMost ? "its k is " + number(static_cast<int64_t>(k[0])) + ", and TensorRT takes " +
                                            number(static_cast<int64_t>(kMost))
                                      : "";
}

// Nothing is normalized where there is nothing.
std::string normalizedElements(const Import& import) {
    const Value* const input = import.input(0);
    for (size_t i = 1; input != nullptr && i < input->dims.size(); ++i) {
        if (input->dims[i].extent == 0) {
            return "its input is " + toString(input->shape());
        }
    }
    return "";
}

std::string normalizedScale(const Import& import) {
    const Value* const input = import.input(0);
    for (size_t k : {size_t{1}, size_t{2}}) {
        const Value* const scale = import.input(k);
        for (size_t i = 1;
             input != nullptr && scale != nullptr && i <= std::min(scale->dims.size(), input->dims.size()); ++i) {
            const int64_t extent = scale->dims[scale->dims.size() - i].extent;
            const int64_t wanted = input->dims[input->dims.size() - i].extent;
            if (extent > 1 && wanted >= 0 && extent != wanted) {
                return quote(import.node.inputs[k]) + " of " + toString(scale->shape()) + " does not broadcast to " +
                       toString(input->shape());
            }
        }
    }
    return "";
}

// A window makes something of nothing only where the input is padded.
std::string convolvedExtents(const Import& import) {
    const Value* const input = import.input(0);
    const Value* const output = import.output(0);
    for (size_t i = 2; input != nullptr && i < input->dims.size(); ++i) {
        if (input->dims[i].extent == 0 && Import::extent(output, i) > 0) {
            return "it makes " + toString(output->shape()) + " of " + toString(input->shape());
        }
    }
    return "";
}

// It has no convolution of INT8 by INT8.
std::string convolvesIntegers(const Import& import) {
    const auto isInteger = [&](size_t index) {
        const Node* const maker = import.makerOf(index);
        const Value* const quantized =
            maker != nullptr && maker->op == "DequantizeLinear" ? import.named(maker->inputs[0]) : nullptr;
        return quantized != nullptr && quantized->type == onnx::kInt8;
    };
    return isInteger(0) && isInteger(1) ? "its input and its weights are of INT8" : "";
}

// It makes a first element of none.
std::string reversedNothing(const Import& import) {
    const std::vector<double> axes = import.values(3);
    const std::vector<double> steps = import.values(4);
    for (size_t i = 0; i < std::min(axes.size(), steps.size()); ++i) {
        const int64_t axis = onnx::axisOf(import.input(0), static_cast<int64_t>(axes[i]));
        if (steps[i] < 0 && axis >= 0 && Import::extent(import.input(0), static_cast<size_t>(axis)) == 0) {
            return "it reverses an axis without elements";
        }
    }
    return "";
}

std::string zeroPointIsConstant(const Import& import) {
    return constantInput(import, 2, "zero point", "is");
}

std::string noByteConstant(const Import& import) {
    const bool isByte = !import.node.tensors.empty() && import.node.tensors[0].type == onnx::kUint8;
    return isByte ? "TensorRT has no constants of UINT8" : "";
}

std::string blocksOfAnyChannels(const Import& import) {
    const int64_t block = import.node.integer("blocksize", 1);
    const int64_t channels = Import::extent(import.input(0), 1);
    return channels >= 0 && block > 0 && channels % (block * block) != 0
               ? number(channels) + " channels make no blocks of " + number(block)
               : "";
}

std::string geluApproximation(const Import& import) {
    const std::string value = import.node.text("approximate", "none");
    return isOneOf(value, {"none", "tanh"}) ? "" : "TensorRT does not know the approximation " + quote(value);
}

// The letters of an equation's terms, of its inputs and then of its output, which may be left out.
std::vector<std::string> subscripts(std::string equation) {
    equation.erase(std::remove(equation.begin(), equation.end(), ' '), equation.end());
    if (const size_t arrow = equation.find("->"); arrow != std::string::npos) {
        equation.replace(arrow, 2, ",");
    }
    std::vector<std::string> terms(1);
    for (char letter : equation) {
        if (letter == ',') {
            terms.emplace_back();
        } else {
            terms.back().push_back(letter);
        }
    }
    return terms;
}

std::string subscriptsOfInputs(const Import& import) {
    const std::string equation = import.node.text("equation", "");
    if (equation.empty()) {
        return "its equation is empty";
    }
    const std::vector<std::string> terms = subscripts(equation);
    const size_t inputs = import.node.inputs.size();
    std::map<char, int64_t> extents;
    for (size_t i = 0; i < std::min(terms.size(), inputs); ++i) {
        const size_t dots = terms[i].find('.');
        const size_t rank = import.input(i) != nullptr ? import.input(i)->dims.size() : 0;
        for (size_t k = 0; k < terms[i].size(); ++k) {
            if (terms[i][k] == '.') {
                continue;
            }
            // Those behind an ellipsis are the last ones.
            const size_t axis = k < dots ? k : k + rank - terms[i].size();
            const int64_t extent = Import::extent(import.input(i), axis);
            int64_t& known = extents.emplace(terms[i][k], 1).first->second;
            if (extent >= 0 && extent != 1 && known != 1 && known != extent) {
                return "its dimensions of " + quote(std::string(1, terms[i][k])) + " are " + number(known) + " and " +
                       number(extent);
            }
            known = extent >= 0 && extent != 1 ? extent : known;
        }
    }
    const std::string& output = terms.size() > inputs ? terms[inputs] : "";
    for (size_t k = 0; k < output.size(); ++k) {
        if (output[k] != '.' && (extents.count(output[k]) == 0 || output.find(output[k], k + 1) != std::string::npos)) {
            return "its output's " + quote(std::string(1, output[k])) + " is in no input, or twice in the output";
        }
    }
    return "";
}

std::string quantizedAxis(const Import& import) {
    const Value* const input = import.input(0);
    const int64_t axis = import.node.integer("axis", 1);
    constexpr int64_t kFirstWithAxis = 13;
    const auto rank = static_cast<int64_t>(rankOf(input));
    return import.opset >= kFirstWithAxis && input != nullptr && input->hasShape && (axis > rank || axis < -rank)
               ? "its axis is " + number(axis) + ", and its input " + toString(input->shape())
               : "";
}

std::string stepIsNotZero(const Import& import) {
    const std::vector<double> step = import.values(2);
    return !step.empty() && step[0] == 0 ? "its step is zero" : "";
}

// The set of operators in which Split is told how many parts it makes.
constexpr int64_t kFirstWithParts = 18;

std::string otherParts(int64_t wanted, int64_t parts) {
    return "its num_outputs is " + number(wanted) + ", and it has " + number(parts) + " outputs";
}

std::string partsAsSaid(const Import& import) {
    const auto parts = static_cast<int64_t>(import.node.outputs.size());
    const int64_t wanted = import.node.integer("num_outputs", parts);
    return wanted != parts ? otherParts(wanted, parts) : "";
}

// NVIDIA's parser dies of these.
std::string sizesAreAList(const Import& import) {
    constexpr int64_t kSizesAreAnInput = 13;
    const auto sizes = import.written.attributes.find("split");
    const bool isNone = sizes != import.written.attributes.end() && sizes->second.integers.empty();
    return isNone && import.opset < kSizesAreAnInput ? "its split is no list of sizes" : "";
}

// Parts are of the same size but for the last one, which has what is left.
std::string lastPart(const Import& import) {
    const auto parts = static_cast<int64_t>(import.node.outputs.size());
    const bool isSized = import.has(1) || import.written.attributes.count("split") != 0;
    const int64_t axis = onnx::axisOf(import.input(0), import.node.integer("axis", 0));
    const int64_t extent = axis >= 0 ? Import::extent(import.input(0), static_cast<size_t>(axis)) : -1;
    const int64_t size = parts > 0 ? (extent + parts - 1) / parts : 0;
    return !isSized && extent >= 0 && size * (parts - 1) > extent
               ? "of " + number(extent) + " elements its last part would have fewer than none"
               : "";
}

std::string hasElements(const Import& import) {
    return import.isConstant(1) && Import::elements(import.input(1)) == 0 ? quote(import.node.inputs[1]) + " is empty"
                                                                          : "";
}

std::string squeezedDimensions(const Import& import) {
    const Value* const input = import.input(0);
    const bool isDynamic = input != nullptr && input->hasShape && Import::elements(input) < 0;
    const bool given = import.has(1) || import.node.attributes.count("axes") != 0;
    return isDynamic && !given ? "it has no axes, and its input is " + toString(input->shape()) : "";
}

std::string windowType(const Import& import) {
    const int64_t type = import.node.integer("output_datatype", onnx::kFloat);
    return type != onnx::kFloat ? "TensorRT makes windows of FLOAT only" : "";
}

std::string constantWindow(const Import& import) {
    const std::string window = constantInput(import, 2, "window", "is");
    return window.empty() ? constantInput(import, 3, "frame_length", "is") : window;
}

std::string stepIsPositive(const Import& import) {
    const std::vector<double> step = import.values(1);
    return !step.empty() && step[0] <= 0 ? "its frame_step is " + number(static_cast<int64_t>(step[0])) : "";
}

std::string signalFits(const Import& import) {
    const int64_t signal = Import::extent(import.input(0), 1);
    const std::vector<double> given = import.values(3);
    const int64_t window = Import::extent(import.input(2), 0);
    const int64_t frame = !given.empty() ? static_cast<int64_t>(given[0]) : window;
    return signal >= 0 && frame >= 0 && signal < frame
               ? "its signal has " + number(signal) + " elements for frames of " + number(frame)
               : "";
}

std::string keepsVolume(const Import& import) {
    const Value* const shape = import.input(1);
    const std::vector<double> values = import.values(1);
    const int64_t before = Import::elements(import.input(0));
    if (rankOf(shape) != 2 || values.empty() || before < 0) {
        return "";
    }
    // Of a matrix it takes as many values as the first extent says.
    int64_t after = 1;
    for (size_t i = 0; i < std::min(values.size(), static_cast<size_t>(Import::extent(shape, 0))); ++i) {
        after *= static_cast<int64_t>(values[i]);
    }
    return after > 0 && after != before ? "its shape is a matrix" : "";
}

struct BuilderRule {
    std::initializer_list<const char*> operators;
    std::string (*check)(const Import&);
};

// All known of TensorRT for RTX 1.6.1.
const BuilderRule kBuilderRules[] = {
    {{"Gather", "GatherElements"}, gatheredAxis},
    {{"GatherElements"}, gatheredExtents},
    {{"GatherND"}, gatheredSlices},
    {{"ScatterND"}, scatteredSlices},
    {{"ReverseSequence"}, sequencesOfBatch},
    {{"TopK"}, mostOfTopK},
    {{"InstanceNormalization", "GroupNormalization"}, normalizedElements},
    {{"LayerNormalization"}, normalizedScale},
    {{"Conv", "ConvTranspose"}, convolvedExtents},
    {{"Conv"}, convolvesIntegers},
    {{"ConvTranspose"}, noBrain},
    {{"DequantizeLinear", "QuantizeLinear"}, zeroPointIsConstant},
    {{"Constant"}, noByteConstant},
    {{"DepthToSpace"}, blocksOfAnyChannels},
    {{"Slice"}, reversedNothing},
    {{"Pad"}, paddedWith},
    {{"If"}, equalRanks},
};

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
    {{}, kAlways, Code::kINVALID_NODE, namedResult},
    {{}, 805, Code::kUNSUPPORTED_NODE, noBytesInside},
    {{"Cast"}, kAlways, Code::kINVALID_NODE, knownTypes},
    {{}, kAlways, Code::kUNSUPPORTED_NODE, knownTypes},
    {{}, kAlways, Code::kINVALID_NODE, shapeFits},
    {{"Identity"}, 1100, Code::kINVALID_NODE, anyInput},
    {{"Loop"}, 1100, Code::kUNSUPPORTED_NODE, collectedIterations},
    {{"RoiAlign"}, kAlways, Code::kUNSUPPORTED_NODE, missingPlugin},
    {{"Conv", "ConvTranspose"}, kAlways, Code::kINVALID_NODE, convolutionBias},
    {{"Conv", "ConvTranspose"}, kAlways, Code::kINVALID_NODE, convolutionChannels},
    {{"Conv", "ConvTranspose"}, kAlways, Code::kUNSUPPORTED_NODE, convolutionKernel},
    {{"Conv"}, kAlways, Code::kINVALID_NODE, convolutionFits},
    {{"Conv", "ConvTranspose"}, 1000, Code::kUNSUPPORTED_NODE, convolutionDimensions},
    {{"ConvTranspose"}, 1000, Code::kUNSUPPORTED_NODE, deconvolutionPads},
    {{"BatchNormalization"}, 806, Code::kUNSUPPORTED_NODE, trainingMode},
    {{"BatchNormalization", "LayerNormalization", "MaxPool"}, kAlways, Code::kUNSUPPORTED_NODE, singleOutput},
    {{"BatchNormalization"}, kAlways, Code::kINVALID_NODE, normalizationChannels},
    {{"Split", "TopK", "Dropout", "If"}, 1100, Code::kINVALID_GRAPH, namedOutputs},
    {{"AveragePool", "LpPool", "MaxPool"}, kAlways, Code::kUNSUPPORTED_NODE, poolingDilations},
    {{"LpPool", "LpNormalization"}, kAlways, Code::kUNSUPPORTED_NODE, poolingNorm},
    {{"AveragePool", "LpPool", "MaxPool"}, 1000, Code::kINVALID_NODE, poolingKernel},
    {{"GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool"}, 1000, Code::kINVALID_NODE, spatialDimensions},
    {{"AveragePool", "LpPool", "MaxPool"}, 1000, Code::kINVALID_NODE, poolingExtents},
    {{"InstanceNormalization"}, 1000, Code::kINVALID_NODE, threeDimensions},
    {{"Gemm"}, kAlways, Code::kINVALID_NODE, multipliedExtents},
    {{"Range"}, kAlways, Code::kINVALID_NODE, stepIsNotZero},
    {{"Split"}, 1000, Code::kINVALID_NODE, partsAsSaid},
    {{"Split"}, 1100, Code::kINVALID_NODE, sizesAreAList},
    {{"Split"}, 1100, Code::kINVALID_NODE, lastPart},
    {{"Squeeze"}, 1000, Code::kUNSUPPORTED_NODE, squeezedDimensions},
    {{"BlackmanWindow", "HammingWindow", "HannWindow"}, 1000, Code::kUNSUPPORTED_NODE, windowType},
    {{"CumSum", "GatherElements", "LpNormalization"}, 1000, Code::kINVALID_NODE, noScalar},
    {{"CumSum"}, 1000, Code::kINVALID_NODE, oneAxis},
    {{"CumSum", "DequantizeLinear", "QuantizeLinear", "Trilu"}, 1100, Code::kINVALID_NODE, hasElements},
    {{"ArgMax", "ArgMin", "Hardmax"}, 1000, Code::kINVALID_NODE, oneOfAxis},
    {{"MeanVarianceNormalization"}, 1000, Code::kINVALID_NODE, normalizedAxes},
    {{"ScatterElements"}, 1100, Code::kUNSUPPORTED_NODE, knownAttributes},
    {{"GlobalLpPool"}, 1000, Code::kUNSUPPORTED_NODE, floatOrHalf},
    {{"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"},
     1000,
     Code::kUNSUPPORTED_NODE,
     randomType},
    {{"DequantizeLinear", "QuantizeLinear"}, 1000, Code::kINVALID_NODE, scalesOfAxis},
    {{"GroupNormalization"}, 1000, Code::kINVALID_NODE, groupsOfChannels},
    {{"Constant"}, 1100, Code::kUNSUPPORTED_NODE, noTexts},
    {{"Constant"}, 1100, Code::kINVALID_GRAPH, singleResult},
    {{"Expand"}, 1000, Code::kINVALID_NODE, repeatsArePositive},
    {{"DequantizeLinear"}, 1100, Code::kINVALID_NODE, quantizedInput},
    {{"QuantizeLinear"}, 1100, Code::kUNSUPPORTED_NODE, quantizedType},
    {{"DequantizeLinear", "QuantizeLinear"}, 1000, Code::kINVALID_NODE, quantizedAxis},
    {{"DequantizeLinear", "QuantizeLinear"}, 1100, Code::kUNSUPPORTED_NODE, zeroZeroPoint},
    {{"NonMaxSuppression"}, 1100, Code::kINVALID_NODE, boxes},
    {{"STFT"}, 1100, Code::kUNSUPPORTED_NODE, realSignal},
    {{"STFT"}, 1100, Code::kUNSUPPORTED_NODE, constantWindow},
    {{"STFT"}, 1100, Code::kINVALID_NODE, signalFits},
    // ONNX Runtime dies of these.
    {{"STFT"}, 1005, Code::kINVALID_NODE, stepIsPositive},
    {{"OneHot"}, 805, Code::kINVALID_NODE, repeatsArePositive},
    {{"Pad"}, 1100, Code::kINVALID_NODE, keepsExtents},
    {{"SpaceToDepth"}, 1100, Code::kINVALID_NODE, blocksOfExtents},
    {{"Scatter", "ScatterElements"}, 1100, Code::kINVALID_NODE, indicesWithinData},
    {{"MatMul", "Gemm", "Einsum", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "PRelu", "GroupNormalization",
      "MeanVarianceNormalization", "Upsample", "Resize"},
     1100,
     Code::kINVALID_NODE,
     noIntegers},
    {{"MeanVarianceNormalization"}, 1100, Code::kINVALID_NODE, noNarrowIntegers},
    {{"Relu"}, 1100, Code::kUNSUPPORTED_NODE, noInt32},
    {{"SpaceToDepth", "Upsample"}, 1100, Code::kINVALID_NODE, noBool},
    {{"Celu", "GRU", "HardSwish", "LpNormalization", "Shrink"}, 1100, Code::kUNSUPPORTED_NODE, noBrain},
    {{"DequantizeLinear", "QuantizeLinear"}, 1000, Code::kINVALID_NODE, quantization},
    {{"AveragePool"}, 1000, Code::kINVALID_NODE, padsWithinKernel},
    {{"GatherElements", "LpNormalization", "ReverseSequence", "ScatterElements"},
     1000,
     Code::kINVALID_NODE,
     axesInRange},
    {{"ReverseSequence"}, 1000, Code::kUNSUPPORTED_NODE, axesDiffer},
    // ONNX Runtime dies of these.
    {{"Tile"}, kAlways, Code::kINVALID_NODE, repeatsArePositive},
    {{"Resize", "Upsample"}, kAlways, Code::kINVALID_NODE, scalesArePositive},
    {{"ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
      "ReduceSum", "ReduceSumSquare"},
     kAlways,
     Code::kUNSUPPORTED_NODE,
     constantAxes},
    {{"ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
      "ReduceSum", "ReduceSumSquare"},
     1000,
     Code::kINVALID_NODE,
     reducedDimensions},
    {{"ReduceMax", "ReduceMin"}, kAlways, Code::kUNSUPPORTED_NODE, noBool},
    {{"Dropout"}, kAlways, Code::kUNSUPPORTED_NODE, constantTraining},
    {{"STFT"}, 1005, Code::kUNSUPPORTED_NODE, constantStep},
    {{"Clip"}, 1000, Code::kUNSUPPORTED_NODE, clipTypes},
    {{"Mod"}, 805, Code::kUNSUPPORTED_NODE, integerRemainder},
    {{"ScatterElements", "ScatterND"}, 1100, Code::kUNSUPPORTED_NODE, noReduction},
    {{"Resize"}, 1000, Code::kUNSUPPORTED_NODE, resizeModes},
    {{"Resize"}, kAlways, Code::kUNSUPPORTED_NODE, resizeCoordinates},
    {{"Concat", "Einsum", "Max", "Mean", "Min", "Sum"}, kAlways, Code::kINVALID_NODE, namedInputs},
    {{"DequantizeLinear", "Gemm", "GroupNormalization", "QuantizeLinear", "Trilu"},
     1000,
     Code::kINVALID_NODE,
     namedInputs},
    {{"Clip", "Split", "Squeeze"}, 1000, Code::kINVALID_NODE, namedSecond},
    {{"Clip"}, 1000, Code::kINVALID_NODE, boundsBroadcast},
    {{}, kAlways, Code::kUNSUPPORTED_NODE, knownMode},
    {{"GRU", "LSTM", "RNN"}, kAlways, Code::kINVALID_NODE, hiddenSize},
    {{"GRU", "LSTM", "RNN"}, kAlways, Code::kINVALID_NODE, recurrentWeights},
    {{"GRU", "LSTM", "RNN"}, 1000, Code::kINVALID_NODE, hiddenInputs},
    {{"LSTM"}, kAlways, Code::kUNSUPPORTED_NODE, coupledGates},
    {{"Slice"}, kAlways, Code::kINVALID_NODE, sliceLists},
    {{"Slice", "Pad"}, 1100, Code::kINVALID_NODE, axesWithin},
    {{"Pad"}, 1000, Code::kINVALID_NODE, padsOfAxes},
    {{"ConstantOfShape"}, 1000, Code::kINVALID_NODE, oneValue},
    {{"Scatter", "ScatterElements"}, kAlways, Code::kINVALID_NODE, sameRanks},
    {{"EyeLike"}, kAlways, Code::kUNSUPPORTED_NODE, knownExtents},
    {{"PRelu"}, kAlways, Code::kINVALID_NODE, slopeBroadcasts},
    {{"DepthToSpace"}, kAlways, Code::kINVALID_NODE, blocksOfChannels},
    {{"LRN"}, kAlways, Code::kINVALID_NODE, windowIsOdd},
    {{"LRN"}, 1000, Code::kINVALID_NODE, normalizationLimits},
    {{"Gelu"}, 1000, Code::kUNSUPPORTED_NODE, geluApproximation},
    {{"Einsum"}, 1000, Code::kINVALID_NODE, subscriptsOfInputs},
    {{"Reshape"}, kAlways, Code::kINVALID_NODE, reshapeKeepsElements},
    {{"Reshape"}, 1000, Code::kINVALID_NODE, keepsVolume},
    {{"Softmax", "LogSoftmax"}, 1100, Code::kINVALID_NODE, twoDimensions},
    {{}, kAlways, Code::kINVALID_NODE, notLessThanNothing},
};

// From release 10 on nodes are checked before they are imported, and a check that misses an attribute ends the parser.
std::string missingForCheck(const Node& node) {
    struct Needed {
        const char* op;
        const char* attribute;
    };
    static constexpr Needed kNeeded[] = {
        {"Cast", "to"}, {"Einsum", "equation"}, {"If", "then_branch"}, {"If", "else_branch"}};
    for (const Needed& needed : kNeeded) {
        if (PINION_TRT_SINCE(10, 0) && node.op == needed.op && node.attributes.count(needed.attribute) == 0) {
            return std::string("Attribute not found: ") + needed.attribute;
        }
    }
    if (PINION_TRT_SINCE(10, 0) && isOneOf(node.op, {"GRU", "LSTM", "RNN"})) {
        const auto activations = node.attributes.find("activations");
        const std::vector<std::string> names =
            activations != node.attributes.end() ? activations->second.texts : std::vector<std::string>();
        const auto unknown = std::find_if(names.begin(), names.end(), [](const std::string& name) {
            return !isOneOf(name, {"Relu", "Tanh", "Sigmoid", "LeakyRelu", "ThresholdedRelu", "ScaledTanh",
                                   "HardSigmoid", "Elu", "Softsign", "Softplus"});
        });
        if (unknown != names.end()) {
            return "Unknown activation type: " + *unknown;
        }
    }
    const std::string mode = node.text("mode", "constant");
    const bool isPad = PINION_TRT_SINCE(11, 0) && node.op == "Pad";
    return isPad && !isOneOf(mode, {"constant", "reflect", "edge", "wrap"}) ? "Unsupported pad mode " + quote(mode)
                                                                            : "";
}

// A loop's count and condition that are left out are no inputs of its body: the first node there that takes one, or
// null.
const Node* unregistered(const Node& node, const onnx::Graph& graph) {
    if (!PINION_TRT_SINCE(11, 0) || node.op != "Loop" || node.graphs.empty()) {
        return nullptr;
    }
    const onnx::Graph& body = node.graphs.front();
    for (size_t i = 0; i < body.nodes.size(); ++i) {
        for (size_t k = 0; k < std::min<size_t>(body.inputs.size(), 2); ++k) {
            const bool isUnlimited = k == 0 && !node.inputs.empty() && graph.initializer(node.inputs[0]) != nullptr &&
                                     !tripLimit(graph, node);
            const bool isMissing = k >= node.inputs.size() || node.inputs[k].empty() || isUnlimited;
            const std::vector<std::string>& taken = body.nodes[i].inputs;
            if (isMissing && std::find(taken.begin(), taken.end(), body.inputs[k].name) != taken.end()) {
                return &body.nodes[i];
            }
        }
    }
    return nullptr;
}

// An axis that an input of a Scan does not have shows where the body computes with what is taken from it: the first
// node there, or null.
const Node* scansNoAxis(const Node& node, const Inference& values) {
    if (!PINION_TRT_SINCE(11, 0) || node.op != "Scan" || node.graphs.empty()) {
        return nullptr;
    }
    const onnx::Graph& body = node.graphs.front();
    const std::vector<int64_t> axes = node.integers("scan_input_axes");
    const size_t states = node.inputs.size() - std::min(node.inputs.size(), axes.size());
    for (size_t i = 0; states + i < std::min(node.inputs.size(), body.inputs.size()) && i < axes.size(); ++i) {
        const auto known = values.values.find(node.inputs[states + i]);
        if (known == values.values.end() || !known->second.hasShape || onnx::axisOf(&known->second, axes[i]) >= 0) {
            continue;
        }
        const std::string& taken = body.inputs[states + i].name;
        const auto user = std::find_if(body.nodes.begin(), body.nodes.end(), [&](const Node& inside) {
            return std::find(inside.inputs.begin(), inside.inputs.end(), taken) != inside.inputs.end();
        });
        if (user != body.nodes.end()) {
            return &*user;
        }
    }
    return nullptr;
}

struct Names {
    std::unordered_set<std::string> constants;
    std::unordered_set<std::string> outputs;
};

Names namesOf(const onnx::Model& model) {
    Names names;
    for (const onnx::Tensor& tensor : model.graph.initializers) {
        names.constants.insert(tensor.name);
    }
    for (const Node& node : model.graph.nodes) {
        if (node.op == "Constant") {
            names.constants.insert(node.outputs.begin(), node.outputs.end());
        }
    }
    for (const Value& output : model.graph.outputs) {
        names.outputs.insert(output.name);
    }
    return names;
}

// On what of a node ONNX Runtime's inference crashes; empty where it does not.
std::string hazardOf(const onnx::Model& model, const onnx::Graph& graph, const Node& node) {
    if (const int64_t dimensions = node.op == "GatherND" ? node.integer("batch_dims", 0) : 0; dimensions < 0) {
        return "its batch_dims are " + number(dimensions);
    }
    if (node.op == "NonMaxSuppression" &&
        (node.inputs.size() < 2 || node.inputs[0].empty() || node.inputs[1].empty())) {
        return "it has no boxes or no scores";
    }
    if (node.op == "OneHot" && node.inputs.size() > 1) {
        const onnx::Tensor* const inside = graph.constant(node.inputs[1]);
        const onnx::Tensor* const depth = inside != nullptr ? inside : model.graph.constant(node.inputs[1]);
        if (depth != nullptr && elementCount(depth->dims) == 0) {
            return "its depth is " + toString(depth->dims);
        }
    }
    const auto parts = static_cast<int64_t>(node.outputs.size());
    const int64_t wanted = model.opset() >= kFirstWithParts ? node.integer("num_outputs", parts) : parts;
    return node.op == "Split" && wanted > 0 && wanted < parts ? otherParts(wanted, parts) : "";
}

struct Hazard {
    const Node* node = nullptr;
    std::string what;
};

// Of a node, or of those in its bodies.
Hazard hazardIn(const onnx::Model& model, const onnx::Graph& graph, const Node& node) {
    if (std::string what = hazardOf(model, graph, node); !what.empty()) {
        return {&node, std::move(what)};
    }
    for (const onnx::Graph* const body : importedBodies(graph, node)) {
        for (const Node& inside : body->nodes) {
            if (Hazard hazard = hazardIn(model, *body, inside); hazard.node != nullptr) {
                return hazard;
            }
        }
    }
    return {};
}

// The node with the attributes and inputs that its importer sees.
Node viewed(Node node, const NodeView& view) {
    for (const auto& [name, message] : view.attributes) {
        node.attributes.erase(name);
        if (!message.empty()) {
            onnx::parseAttribute(message, node);
        }
    }
    if (node.inputs.size() > view.inputs) {
        node.inputs.resize(view.inputs);
    }
    return node;
}

}  // namespace

std::string refusedByBuilder(const onnx::Model& model, const Inference& values) {
    const Names names = namesOf(model);
    for (size_t i = 0; i < model.graph.nodes.size() && PINION_TRT_SINCE(11, 0); ++i) {
        const Node& node = model.graph.nodes[i];
        const Import import(node, node, values, names.constants, names.outputs, model);
        for (const BuilderRule& rule : kBuilderRules) {
            if (!isOneOf(node.op, rule.operators)) {
                continue;
            }
            if (const std::string what = rule.check(import); !what.empty()) {
                return "node " + quote(node.label()) + " [" + node.op + "]: " + what;
            }
        }
    }
    const auto isNarrow = [&](const std::string& name) {
        const auto known = values.values.find(name);
        return known != values.values.end() &&
               (known->second.type == onnx::kFloat8 || known->second.type == onnx::kInt4);
    };
    for (const onnx::Tensor& tensor : model.graph.initializers) {
        const bool isNarrowType = tensor.type == onnx::kFloat8 || tensor.type == onnx::kInt4;
        const auto casts = [&](const Node& node) {
            return isOneOf(node.op, {"Cast", "CastLike"}) && !node.inputs.empty() && node.inputs[0] == tensor.name;
        };
        if (PINION_TRT_SINCE(11, 0) && isNarrowType &&
            std::any_of(model.graph.nodes.begin(), model.graph.nodes.end(), casts)) {
            return "the constant " + quote(tensor.name) + " of " + onnx::typeName(tensor.type) +
                   " is not read by a DequantizeLinear";
        }
    }
    for (const Value& input : model.graph.inputs) {
        if (isNarrow(input.name)) {
            return "input " + quote(input.name) + " is of a type that the host SDK does not compute";
        }
    }
    for (const Node& node : model.graph.nodes) {
        if (std::any_of(node.outputs.begin(), node.outputs.end(), isNarrow)) {
            return "node " + quote(node.label()) + " makes a type that the host SDK does not compute";
        }
    }
    std::unordered_set<std::string> bytes;  // constants of INT8
    for (const onnx::Tensor& tensor : model.graph.initializers) {
        if (tensor.type == onnx::kInt8) {
            bytes.insert(tensor.name);
        }
    }
    for (const Node& node : model.graph.nodes) {
        const auto made = !node.outputs.empty() ? values.values.find(node.outputs[0]) : values.values.end();
        if (made != values.values.end() && made->second.type == onnx::kInt8 &&
            isOneOf(node.op, {"Constant", "ConstantOfShape"})) {
            bytes.insert(node.outputs[0]);
        }
    }
    const auto isByte = [&](const std::string& name) { return bytes.count(name) != 0; };
    for (const Value& output : model.graph.outputs) {
        if (PINION_TRT_SINCE(11, 0) && isByte(output.name)) {
            return "the constant " + quote(output.name) + " of INT8 is not read by a DequantizeLinear";
        }
    }
    for (const Node& node : model.graph.nodes) {
        const bool readsBytes = std::any_of(node.inputs.begin(), node.inputs.end(), isByte);
        if (PINION_TRT_SINCE(11, 0) && readsBytes &&
            isOneOf(node.op, {"Identity", "Cast", "Add", "Sub", "Mul", "Div", "Concat", "Reshape", "Transpose"})) {
            return "node " + quote(node.label()) + " [" + node.op + "] reads a constant of INT8";
        }
        const auto real = [&](const char* name, float otherwise) {
            const auto attribute = node.attributes.find(name);
            return attribute != node.attributes.end() ? attribute->second.real : otherwise;
        };
        const bool isNormal = isOneOf(node.op, {"RandomNormal", "RandomNormalLike"});
        const bool isUniform = isOneOf(node.op, {"RandomUniform", "RandomUniformLike"});
        // ONNX Runtime dies of these.
        if ((isNormal && !(real("scale", 1) > 0)) || (isUniform && !(real("low", 0) < real("high", 1)))) {
            return "node " + quote(node.label()) + " [" + node.op + "] has no range to take random values of";
        }
        const auto made = (isNormal || isUniform) && !node.outputs.empty() ? values.values.find(node.outputs[0])
                                                                           : values.values.end();
        if (PINION_TRT_SINCE(11, 0) && made != values.values.end() && made->second.hasShape &&
            made->second.dims.empty()) {
            return "node " + quote(node.label()) + " [" + node.op + "] makes a scalar";
        }
        const auto known = !node.inputs.empty() ? values.values.find(node.inputs[0]) : values.values.end();
        const bool isInt8 = known != values.values.end() && known->second.type == onnx::kInt8;
        // Of INT8 the builder has what is exact in it.
        if (PINION_TRT_SINCE(11, 0) && isInt8 &&
            isOneOf(node.op, {"Acos",
                              "Acosh",
                              "Asin",
                              "Asinh",
                              "Atan",
                              "Atanh",
                              "Ceil",
                              "Celu",
                              "Conv",
                              "ConvTranspose",
                              "Cos",
                              "Cosh",
                              "Einsum",
                              "Elu",
                              "Exp",
                              "Floor",
                              "Gelu",
                              "Gemm",
                              "GlobalAveragePool",
                              "GridSample",
                              "GroupNormalization",
                              "InstanceNormalization",
                              "IsInf",
                              "IsNaN",
                              "Log",
                              "LogSoftmax",
                              "MatMul",
                              "PRelu",
                              "Pow",
                              "ReduceL2",
                              "ReduceLogSum",
                              "ReduceLogSumExp",
                              "ReduceMean",
                              "Round",
                              "Selu",
                              "Sigmoid",
                              "Sin",
                              "Sinh",
                              "Softmax",
                              "Softplus",
                              "Sqrt",
                              "Tan",
                              "Tanh"})) {
            return "node " + quote(node.label()) + " [" + node.op + "] has no implementation for INT8";
        }
    }
    return "";
}

std::optional<ImportProblem> checkHazards(const onnx::Model& model) {
    for (size_t i = 0; i < model.graph.nodes.size(); ++i) {
        const Node& node = model.graph.nodes[i];
        if (const auto [inner, what] = hazardIn(model, model.graph, node); inner != nullptr) {
            const bool isInside = inner != &node;
            const std::string who = "node " + quote(inner->label()) + " [" + inner->op + "] inside: ";
            ImportProblem problem{static_cast<int>(i), Code::kINVALID_NODE, (isInside ? who : "") + what};
            problem.inner = PINION_TRT_SINCE(11, 0) && isInside ? inner : nullptr;
            return problem;
        }
    }
    return std::nullopt;
}

std::optional<ImportProblem> checkImporters(const onnx::Model& model, const Inference& values) {
    const Names names = namesOf(model);
    for (size_t i = 0; i < model.graph.nodes.size(); ++i) {
        const auto view = values.view.nodes.find(static_cast<int>(i));
        std::optional<Node> other;
        const Node& node = view != values.view.nodes.end() ? other.emplace(viewed(model.graph.nodes[i], view->second))
                                                           : model.graph.nodes[i];
        const Import import(node, model.graph.nodes[i], values, names.constants, names.outputs, model);
        if (const Node* const inner = unregistered(model.graph.nodes[i], model.graph); inner != nullptr) {
            ImportProblem problem{static_cast<int>(i), Code::kINVALID_GRAPH, "Node input was not registered"};
            problem.inner = inner;
            return problem;
        }
        if (const Node* const inner = scansNoAxis(model.graph.nodes[i], values); inner != nullptr) {
            ImportProblem problem{static_cast<int>(i), Code::kINVALID_NODE,
                                  "its scan_input_axes are none of its inputs"};
            problem.inner = inner;
            return problem;
        }
        if (std::string what = missingForCheck(node); !what.empty()) {
            return ImportProblem{static_cast<int>(i), Code::kINTERNAL_ERROR, std::move(what), true};
        }
        for (const Rule& rule : kRules) {
            const auto& list = rule.operators;
            if (rule.since > PINION_TRT_API || (list.size() != 0 && !isOneOf(node.op, list))) {
                continue;
            }
            if (std::string what = rule.check(import); !what.empty()) {
                // ScatterElements alone has the reductions that it knows and does not compute.
                const bool isReduction = rule.check == noReduction && node.op == "ScatterElements" &&
                                         isOneOf(node.text("reduction", ""), {"add", "mul", "max", "min"});
                const bool isNameless =
                    PINION_TRT_SINCE(11, 0) &&
                    (rule.check == oldBroadcast || rule.check == axesWithin || rule.check == anyInput || isReduction);
                return ImportProblem{static_cast<int>(i), rule.code, std::move(what), isNameless};
            }
        }
    }
    // The types that outputs are declared with are converted last.
    for (const Value& output : model.graph.outputs) {
        DataType type{};
        const auto made = values.values.find(output.name);
        if (PINION_TRT_SINCE(11, 0) && values.problem.empty() && made != values.values.end() && output.isTensor &&
            made->second.type == onnx::kInt32 && output.type != onnx::kInt32) {
            return ImportProblem{
                static_cast<int>(model.graph.nodes.size()), Code::kUNSUPPORTED_NODE,
                "graph output " + quote(output.name) + " is of INT32, and declared of " + onnx::typeName(output.type),
                true};
        }
        if (PINION_TRT_SINCE(11, 0) && values.problem.empty() &&
            (!output.isTensor || !bindingType(output.type, type))) {
            return ImportProblem{
                static_cast<int>(model.graph.nodes.size()), Code::kUNSUPPORTED_NODE,
                "graph output " + quote(output.name) + " is declared of the type " + onnx::typeName(output.type), true};
        }
    }
    return std::nullopt;
}

}  // namespace pinion_host_tensorrt
