#include "refinement.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <numeric>

#include "operators.h"

namespace pinion_host_tensorrt {
namespace {

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
        const int64_t axis = onnx::axisOf(input, node.integer("axis", 1));
        if (scale == nullptr || scale->dims.size() != rank || rank < 2 || axis < 0) {
            return "";
        }
        const int64_t size = node.integer("block_size", 0);
        bool fits = size > 0;
        for (size_t i = 0; i < rank; ++i) {
            const int64_t extent = input->dims[i].extent;
            const int64_t blocks = static_cast<int64_t>(i) == axis && size > 0 ? (extent + size - 1) / size : extent;
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

}  // namespace

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
            const int64_t axis = data != out.values.end() ? onnx::axisOf(&data->second, node.integer("axis", 0)) : -1;
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
            const int64_t axis = onnx::axisOf(data, node.integer("axis", 0));
            for (size_t i = 0; i < std::min(values.size(), node.outputs.size()) && axis >= 0; ++i) {
                fix(i, static_cast<size_t>(axis), onnx::extentOf(values[i]));
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
            const int64_t axis = data != out.values.end() ? onnx::axisOf(&data->second, node.integer("axis", -1)) : -1;
            for (size_t output = 0; output < 2; ++output) {
                const auto known =
                    output < node.outputs.size() ? out.values.find(node.outputs[output]) : out.values.end();
                for (int64_t d = 0; known != out.values.end() && d < rank; ++d) {
                    if (d != axis) {
                        fix(output, static_cast<size_t>(d), extentAt(0, static_cast<size_t>(d)));
                    } else if (values.size() == 1) {
                        fix(output, static_cast<size_t>(d), onnx::extentOf(values[0]));
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
                view.forgo(made, "node " + quote(node.label()) + " [" + node.op + "]: " + why);
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

}  // namespace pinion_host_tensorrt
