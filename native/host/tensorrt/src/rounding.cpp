#include "rounding.h"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace pinion_host_tensorrt {
namespace {

using Types = std::unordered_map<std::string, int32_t>;

// ONNX Runtime has these for every type, and they compute nothing.
bool moves(const std::string& op) {
    static const std::unordered_set<std::string> kMoving = {"Cast",   "CastLike", "Concat",    "Flatten",
                                                            "Gather", "Identity", "Reshape",   "Slice",
                                                            "Split",  "Squeeze",  "Transpose", "Unsqueeze"};
    return kMoving.count(op) != 0;
}

// Whether nodes make FLOAT16 of what is none.
bool beginsHalf(const onnx::Graph& graph) {
    const auto isHalf = [](const onnx::Tensor& tensor) { return tensor.type == onnx::kFloat16; };
    const auto begins = [&](const onnx::Node& node) {
        return node.integer("to", 0) == onnx::kFloat16 || node.integer("dtype", 0) == onnx::kFloat16 ||
               std::any_of(node.tensors.begin(), node.tensors.end(), isHalf) ||
               std::any_of(node.graphs.begin(), node.graphs.end(), beginsHalf);
    };
    return std::any_of(graph.initializers.begin(), graph.initializers.end(), isHalf) ||
           std::any_of(graph.nodes.begin(), graph.nodes.end(), begins);
}

// The names that a graph and the bodies in it take values by.
void addTaken(const onnx::Graph& graph, std::unordered_set<std::string>& names) {
    for (const onnx::Node& node : graph.nodes) {
        names.insert(node.inputs.begin(), node.inputs.end());
        for (const onnx::Graph& body : node.graphs) {
            addTaken(body, names);
        }
    }
    for (const onnx::Value& output : graph.outputs) {
        names.insert(output.name);
    }
}

class Rounding {
public:
    Rounding(const onnx::Model& model, const Log& log, const ModelView& view) : model_(model), log_(log), view_(view) {}

    void round(const onnx::Graph& graph, const Types& types, std::map<int, NodeView>& views) const {
        for (size_t i = 0; i < graph.nodes.size(); ++i) {
            const onnx::Node& node = graph.nodes[i];
            if (!node.graphs.empty()) {
                roundBodies(node, types, views, static_cast<int>(i));
            } else if (!moves(node.op)) {
                roundNode(node, types, views, static_cast<int>(i));
            }
        }
    }

private:
    static void roundNode(const onnx::Node& node, const Types& types, std::map<int, NodeView>& views, int index) {
        const auto isHalf = [&](const std::string& name) {
            const auto known = types.find(name);
            return known != types.end() && known->second == onnx::kFloat16;
        };
        const bool makesHalf = computesAllOutputs(node.op)
                                   ? std::any_of(node.outputs.begin(), node.outputs.end(), isHalf)
                                   : !node.outputs.empty() && isHalf(node.outputs[0]);
        std::set<size_t> inputs;
        for (size_t input = 0; input < node.inputs.size(); ++input) {
            if (isHalf(node.inputs[input])) {
                inputs.insert(input);
            }
        }
        const auto known = views.find(index);
        if (inputs.empty() || (known != views.end() && known->second.liftedType != onnx::kUndefined)) {
            return;
        }
        NodeView& view = views[index];
        view.liftedType = onnx::kFloat16;
        view.liftedInputs = std::move(inputs);
        // What makes no FLOAT16 of it, such as a comparison, must see it rounded all the same.
        view.castsBack = makesHalf;
    }

    void roundBodies(const onnx::Node& node, const Types& types, std::map<int, NodeView>& views, int index) const {
        for (size_t i = 0; i < node.graphs.size(); ++i) {
            BodyView body;
            body.attribute = node.graphNames[i];
            const Types inside = typesIn(node, node.graphs[i], types);
            if (!inside.empty()) {
                round(node.graphs[i], inside, body.nodes);
            }
            if (!body.nodes.empty()) {
                views[index].bodies.push_back(std::move(body));
            }
        }
    }

    // Of what a body is given, takes from around it and makes; none where it has no FLOAT16.
    Types typesIn(const onnx::Node& node, const onnx::Graph& body, const Types& around) const {
        std::unordered_set<std::string> names;
        addTaken(body, names);
        for (const onnx::Tensor& tensor : body.initializers) {
            names.erase(tensor.name);
        }
        for (const onnx::Node& inner : body.nodes) {
            for (const std::string& output : inner.outputs) {
                names.erase(output);
            }
        }
        Types given;
        for (size_t i = 0; i < body.inputs.size() && node.op != "If"; ++i) {
            const onnx::Value& input = body.inputs[i];
            const auto initial = i < node.inputs.size() ? around.find(node.inputs[i]) : around.end();
            given[input.name] =
                input.type == onnx::kUndefined && initial != around.end() ? initial->second : input.type;
        }
        for (const std::string& name : names) {
            if (const auto known = around.find(name); known != around.end()) {
                given.emplace(name, known->second);
            }
        }
        const bool takesHalf =
            std::any_of(given.begin(), given.end(), [](const auto& value) { return value.second == onnx::kFloat16; });
        if (!takesHalf && !beginsHalf(body)) {
            return {};
        }
        Types types = inferTypes(bodyToInfer(model_, body, given, view_), log_);
        if (types.empty()) {
            return {};
        }
        for (const onnx::Tensor& tensor : body.initializers) {
            types.emplace(tensor.name, tensor.type);
        }
        // What bodies inside take from around this one.
        types.insert(given.begin(), given.end());
        types.insert(around.begin(), around.end());
        return types;
    }

    const onnx::Model& model_;
    const Log& log_;
    const ModelView& view_;
};

}  // namespace

void roundHalf(const onnx::Model& model, const Inference& values, const Log& log, ModelView& view) {
    Types types;
    for (const auto& [name, value] : values.values) {
        if (value.isTensor) {
            types.emplace(name, value.type);
        }
    }
    Rounding(model, log, view).round(model.graph, types, view.nodes);
}

}  // namespace pinion_host_tensorrt
