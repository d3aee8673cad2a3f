// A model as ONNX Runtime is given it: what TensorRT's importer would make of it, without what the model only claims of
// its tensors.
#pragma once

#include <limits>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "onnx_model.h"

namespace pinion_host_tensorrt {

// TensorRT's name of a network input. One that is an output too gives its name to the output.
std::string networkInputName(const onnx::Graph& graph, const std::string& input);

// A constant that is an input where the model has an attribute, or nothing.
struct AddedInput {
    int32_t type = onnx::kInt64;
    Shape dims;
    std::string raw;
};

// In the names of what a node is given and makes where it computes in another type than its own.
inline constexpr const char* kLiftMark = "#lifted#";

// Whether all outputs are of the type that the operator computes in, and not only the first one.
bool computesAllOutputs(const std::string& op);

struct BodyView;

// How an importer sees a node, where that is not what ONNX says of it.
struct NodeView {
    static constexpr size_t kAll = std::numeric_limits<size_t>::max();

    std::string op;                         // another operator that does the same; empty for the node's own
    size_t inputs = kAll;                   // it looks at the first ones only
    size_t given = kAll;                    // and ONNX Runtime is given so many of them
    std::vector<AddedInput> added;          // behind those
    std::map<size_t, AddedInput> replaced;  // constants instead of its inputs
    // What it is said to make: ONNX Runtime cannot compute the node, and the builder refuses it or makes NaN of it.
    std::vector<onnx::Value> made;
    std::string notComputed;  // why it is NaN
    // Instead of the node's own, by name: the attribute's message, or nothing where it is not looked at.
    std::map<std::string, std::string> attributes;
    // ONNX, or ONNX Runtime, has the operator not for this type, and it computes in another.
    int32_t liftedType = onnx::kUndefined;
    int32_t liftsTo = onnx::kFloat;
    std::set<size_t> liftedInputs;
    bool castsBack = true;  // the first output is of that type; all of an operator that computesAllOutputs
    bool lifts(size_t input) const { return liftedInputs.count(input) != 0; }
    std::vector<BodyView> bodies;

    // A node that NVIDIA's builder takes and ONNX Runtime does not compute makes NaN, where its shape is known.
    bool forgo(const std::vector<onnx::Value>& outputs, const std::string& why);
};

// How nodes of a body are seen, by index.
struct BodyView {
    std::string attribute;  // which body of its node
    std::map<int, NodeView> nodes;
};

// How importers see a model: nodes of the main graph, by index, and the set of operators that has them all.
struct ModelView {
    std::map<int, NodeView> nodes;
    std::set<std::string> longs;  // constants of INT32 that are read as INT64
    int64_t opset = 0;            // 0: the model's own
    std::string refused;          // why the builder refuses what importers take
};

// In a model whose types are asked, BFLOAT16 is a double, which nothing else is there: importers tell it from FLOAT,
// and ONNX has it for few operators. What is written of a type, and what is told by one.
int32_t askedType(int32_t type) noexcept;
int32_t toldType(int32_t type) noexcept;

std::string integerAttribute(const std::string& name, int64_t value);
std::string integersAttribute(const std::string& name, const std::vector<int64_t>& values);
std::string textAttribute(const std::string& name, const std::string& value);
// What a getter of this type, by ONNX's name for it, makes of an attribute of another type; nothing for tensors and
// graphs.
std::string zeroAttribute(const std::string& name, const std::string& type);

// The whole model as importers see it, to be optimised and run. folder is the model's own, for external data.
std::string modelToRun(const std::string& bytes, const onnx::Model& model, const ModelView& view,
                       const std::string& folder);

// A model of which types and shapes are asked: every tensor is an output, large constants are inputs, so that it is
// small, and node 7 is called nodeToken(7). Inputs that the network takes have these shapes when they are given. Only
// so many nodes are in it, the first ones.
std::string modelToInfer(const std::string& bytes, const onnx::Model& model, const ModelView& view,
                         const std::vector<Shape>* inputs, size_t nodes = NodeView::kAll);

// The nodes of a body as such a model. What it is given and takes from around it are inputs, of types alone.
std::string bodyToInfer(const onnx::Model& model, const onnx::Graph& body,
                        const std::unordered_map<std::string, int32_t>& given, const ModelView& view);

std::string nodeToken(size_t node);
struct NamedNode {
    int node = -1;                      // of the main graph
    const onnx::Node* inner = nullptr;  // in one of its bodies
};
// The node whose token is in the text, which is replaced by the label; none when there is none.
NamedNode findNodeToken(std::string& text, const onnx::Graph& graph);

}  // namespace pinion_host_tensorrt
