#include "prepare.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <numeric>
#include <optional>
#include <unordered_set>

#include "operators.h"
#include "refusal.h"
#include "types.h"
#include "wire.h"

namespace pinion_host_tensorrt {
namespace {

using wire::Field;
using wire::Reader;
namespace f = onnx::field;

// Smaller constants stay in a model whose shapes are asked, where shapes may follow from their values.
constexpr uint64_t kLargeConstant = 1024;

constexpr const char* kTokenBegin = "node#";
constexpr char kTokenEnd = '#';
// Before the numbers of a body and of a node in it.
constexpr const char* kBodyMark = "in#";

// The sets of operators that ONNX Runtime has kernels for. TensorRT imports older and newer ones by the same rules.
constexpr int64_t kOldestOpset = 7;
constexpr int64_t kNewestOpset = 26;
constexpr int64_t kOpsetForNewer = 24;
constexpr int64_t kWithoutKernels = 22;
// From this on, Slice and TopK have inputs where they had attributes.
constexpr int64_t kFirstOfTopK = 10;
// From this on, a constant need not be listed as an input.
constexpr int64_t kOldestIr = 4;
// The newest one that ONNX Runtime 1.25 reads; nothing else asks.
constexpr int64_t kNewestIr = 12;

bool isRecurrent(const std::string& op) {
    return op == "LSTM" || op == "GRU" || op == "RNN";
}

// The data of a tensor in its message's lists, as the raw bytes that say the same.
std::string listedData(std::string_view tensor, int32_t type) {
    std::string out;
    const auto add = [&](uint64_t value, size_t bytes) {
        for (size_t i = 0; i < bytes; ++i) {
            out.push_back(static_cast<char>(value >> (8 * i)));
        }
    };
    Reader reader(tensor);
    Field field;
    while (reader.next(field)) {
        const size_t size = type == onnx::kBfloat16 ? 2 : type == onnx::kInt32 ? 4 : 0;
        if (size != 0 && field.key() == wire::varintKey(f::kTensorInts)) {
            add(field.value, size);
        } else if (size != 0 && field.key() == wire::bytesKey(f::kTensorInts)) {
            for (int64_t value : onnx::parseIntegers(field.bytes)) {
                add(static_cast<uint64_t>(value), size);
            }
        } else if (type == onnx::kDouble && field.key() == wire::keyOf(f::kTensorDoubles, wire::Type::kFixed64)) {
            add(field.value, 8);
        } else if (type == onnx::kDouble && field.key() == wire::bytesKey(f::kTensorDoubles)) {
            out.append(field.bytes);
        }
    }
    return out;
}

// The numbers of AttributeProto.AttributeType.
constexpr uint64_t kRealKind = 1;
constexpr uint64_t kIntegerKind = 2;
constexpr uint64_t kTextKind = 3;
constexpr uint64_t kRealsKind = 6;
constexpr uint64_t kIntegersKind = 7;
constexpr uint64_t kTextsKind = 8;

std::string beginAttribute(const std::string& name, uint64_t kind) {
    std::string out;
    wire::putBytes(out, f::kAttributeName, name);
    wire::putVarint(out, f::kAttributeType, kind);
    return out;
}

// What declares a tensor, without a shape where no dimensions are given.
std::string typed(const std::string& name, int32_t type, const std::vector<onnx::Dim>* dims) {
    std::string tensor;
    wire::putVarint(tensor, f::kTensorTypeElement, static_cast<uint64_t>(type));
    if (dims != nullptr) {
        std::string shape;
        for (const onnx::Dim& dim : *dims) {
            std::string extent;
            if (dim.extent >= 0) {
                wire::putVarint(extent, f::kDimValue, static_cast<uint64_t>(dim.extent));
            } else if (!dim.symbol.empty()) {
                wire::putBytes(extent, f::kDimSymbol, dim.symbol);
            }
            wire::putBytes(shape, f::kShapeDim, extent);
        }
        wire::putBytes(tensor, f::kTensorTypeShape, shape);
    }
    std::string kind;
    wire::putBytes(kind, f::kTypeTensor, tensor);
    std::string out;
    wire::putBytes(out, f::kValueName, name);
    wire::putBytes(out, f::kValueType, kind);
    return out;
}

class Preparing {
public:
    Preparing(const onnx::Model& model, const ModelView& view, std::string folder, bool toRun,
              const std::vector<Shape>* inputs, size_t nodes, bool isBody = false)
        : model_(model),
          view_(view),
          folder_(std::move(folder)),
          toRun_(toRun),
          isBody_(isBody),
          inputs_(inputs),
          nodes_(nodes) {}

    std::string prepare(std::string_view bytes) {
        std::string out;
        out.reserve(toRun_ ? bytes.size() + bytes.size() / 8 : 0);
        Reader reader(bytes, Reader::Ends::kAtAMark);
        Field field;
        while (reader.next(field)) {
            if (field.key() == wire::bytesKey(f::kModelGraph)) {
                // Straight into its place, because it may hold all weights.
                const size_t begin = wire::beginBytes(out, f::kModelGraph);
                mainGraph(field.bytes, out);
                wire::endBytes(out, begin);
            } else if (field.number != f::kModelIrVersion && field.number != f::kModelOpset) {
                wire::putField(out, field);
            }
        }
        wire::putVarint(out, f::kModelIrVersion,
                        static_cast<uint64_t>(std::min(std::max(model_.irVersion, kOldestIr), kNewestIr)));
        std::string opset;
        const int64_t asked = std::max(std::max(model_.opset(), view_.opset), kOldestOpset);
        // It has the same operators for more types, some of them without kernels.
        const int64_t version = asked == kWithoutKernels ? kWithoutKernels - 1 : asked;
        wire::putVarint(opset, f::kOpsetVersion,
                        static_cast<uint64_t>(version > kNewestOpset ? kOpsetForNewer : version));
        wire::putBytes(out, f::kModelOpset, opset);
        return out;
    }

private:
    void mainGraph(std::string_view bytes, std::string& out) {
        const onnx::Graph& graph = model_.graph;
        std::unordered_set<std::string> constants;
        for (const onnx::Tensor& tensor : graph.initializers) {
            constants.insert(tensor.name);
        }
        std::unordered_set<std::string> seen;
        size_t index = 0;
        for (const onnx::Value& input : graph.inputs) {
            if (constants.count(input.name) != 0 || !seen.insert(input.name).second) {
                continue;
            }
            const std::string name = networkInputName(graph, input.name);
            onnx::Value value = input;
            if (inputs_ != nullptr && index < inputs_->size()) {
                value.dims.clear();
                for (int64_t extent : (*inputs_)[index]) {
                    value.dims.push_back({extent, ""});
                }
            }
            ++index;
            wire::putBytes(out, f::kGraphInput, declaration(name, value, !isBody_));
            if (name != input.name) {
                wire::putBytes(out, f::kGraphNode, identity(name, input.name));
            }
        }

        std::unordered_set<std::string> names;
        size_t node = 0;
        size_t initializer = 0;
        Reader reader(bytes);
        Field field;
        while (reader.next(field)) {
            if (field.key() == wire::bytesKey(f::kGraphNode)) {
                node_ = node++;
                if (node_ < nodes_) {
                    putNode(out, field.bytes, graph, graph.nodes[node_], names, viewOf(view_.nodes, node_));
                }
            } else if (field.key() == wire::bytesKey(f::kGraphInitializer)) {
                const onnx::Tensor& tensor = graph.initializers[initializer++];
                if (!toRun_ && (tensor.external || tensor.byteSize() > kLargeConstant)) {
                    wire::putBytes(out, f::kGraphInput, declarationOf(tensor));
                } else {
                    putTensor(out, f::kGraphInitializer, field.bytes);
                }
            } else if (!isClaim(field)) {
                wire::putField(out, field);
            }
        }
        outputs(out);
    }

    // Names alone: ONNX Runtime finds out what they are.
    void outputs(std::string& out) const {
        std::unordered_set<std::string> seen;
        const auto add = [&](const std::string& name) {
            if (!name.empty() && seen.insert(name).second) {
                std::string value;
                wire::putBytes(value, f::kValueName, name);
                wire::putBytes(out, f::kGraphOutput, value);
            }
        };
        if (!toRun_) {
            for (size_t i = 0; i < std::min(nodes_, model_.graph.nodes.size()); ++i) {
                const onnx::Node& node = model_.graph.nodes[i];
                std::for_each(node.outputs.begin(), node.outputs.end(), add);
            }
        }
        if (nodes_ < model_.graph.nodes.size()) {
            return;
        }
        for (const onnx::Value& output : model_.graph.outputs) {
            add(output.name);
        }
    }

    static bool isClaim(const Field& field) {
        return field.number == f::kGraphInput || field.number == f::kGraphOutput || field.number == f::kGraphValueInfo;
    }

    std::string addedName(size_t index) const { return "added#" + std::to_string(node_) + "#" + std::to_string(index); }

    std::string replacedName(size_t index) const {
        return "instead#" + std::to_string(node_) + "#" + std::to_string(index);
    }

    static std::string constant(const std::string& name, const AddedInput& input) {
        std::string message;
        for (int64_t extent : input.dims) {
            wire::putVarint(message, f::kTensorDims, static_cast<uint64_t>(extent));
        }
        wire::putVarint(message, f::kTensorType, static_cast<uint64_t>(input.type));
        wire::putBytes(message, f::kTensorName, name);
        wire::putBytes(message, f::kTensorRaw, input.raw);
        return message;
    }

    // NaN of a known shape, or zeros of a type that has no NaN.
    void putNotComputed(std::string& out, const onnx::Value& value) const {
        AddedInput shape;
        shape.dims = {static_cast<int64_t>(value.dims.size())};
        for (const onnx::Dim& dim : value.dims) {
            for (int byte = 0; byte < 8; ++byte) {
                shape.raw.push_back(static_cast<char>(static_cast<uint64_t>(dim.extent) >> (8 * byte)));
            }
        }
        const std::string shapeName = value.name + "#shape";
        wire::putBytes(out, f::kGraphInitializer, constant(shapeName, shape));
        AddedInput fill;
        fill.type = writtenType(value.type);
        fill.dims = {1};
        fill.raw = fill.type == onnx::kFloat     ? std::string("\0\0\xC0\x7F", 4)
                   : fill.type == onnx::kFloat16 ? std::string("\0\x7E", 2)
                                                 : std::string(onnx::elementSize(fill.type), '\0');
        constexpr uint64_t kTensorKind = 4;
        std::string attribute = beginAttribute("value", kTensorKind);
        wire::putBytes(attribute, f::kAttributeTensor, constant("", fill));
        std::string node;
        wire::putBytes(node, f::kNodeInput, shapeName);
        wire::putBytes(node, f::kNodeOutput, value.name);
        wire::putBytes(node, f::kNodeOp, "ConstantOfShape");
        wire::putBytes(node, f::kNodeAttribute, attribute);
        wire::putBytes(out, f::kGraphNode, node);
    }

    static const NodeView& viewOf(const std::map<int, NodeView>& views, size_t node) {
        static const NodeView kPlain;
        const auto known = views.find(static_cast<int>(node));
        return known != views.end() ? known->second : kPlain;
    }

    // A constant of whole numbers, whether an initializer or a node makes it; nothing where it is none.
    std::optional<std::vector<double>> constantValues(const onnx::Graph& graph, const std::string& name) const {
        for (const onnx::Graph* const at : {&graph, &model_.graph}) {
            if (const onnx::Tensor* const tensor = at->constant(name)) {
                return smallValues(*tensor);
            }
            const auto maker = std::find_if(at->nodes.begin(), at->nodes.end(), [&](const onnx::Node& node) {
                return node.op == "Constant" && !node.outputs.empty() && node.outputs[0] == name;
            });
            if (maker != at->nodes.end()) {
                const std::vector<int64_t> list = maker->integers("value_ints");
                return std::vector<double>(list.begin(), list.end());
            }
        }
        return std::nullopt;
    }

    // Whether a tensor is a constant or computed from shapes alone, by no more than so many nodes. It has all its
    // elements, and ONNX Runtime follows its values.
    static bool isOfShape(const onnx::Graph& graph, const std::string& name, int& most) {
        static const std::unordered_set<std::string> kFollowed = {
            "Add", "Cast", "Concat", "Div", "Gather", "Identity", "Mul", "Slice", "Squeeze", "Sub", "Unsqueeze"};
        const auto maker = std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const onnx::Node& node) {
            return std::find(node.outputs.begin(), node.outputs.end(), name) != node.outputs.end();
        });
        if (maker == graph.nodes.end()) {
            return graph.initializer(name) != nullptr;
        }
        if (maker->op == "Shape" || maker->op == "Constant") {
            return true;
        }
        return --most > 0 && kFollowed.count(maker->op) != 0 &&
               std::all_of(maker->inputs.begin(), maker->inputs.end(),
                           [&](const std::string& input) { return input.empty() || isOfShape(graph, input, most); });
    }

    // ONNX Runtime dies where a Slice is given less than nothing, which importers refuse of what makes it. In front of
    // the Slice, a TopK of no elements fails on that as any node does, and nothing else changes. Gives the name of what
    // the Slice is to take.
    std::string guardSlice(std::string& out, const onnx::Graph& graph, const onnx::Node& node) {
        const bool isNamed = node.inputs.size() > 2 && !node.inputs[0].empty();
        const auto starts = isNamed ? constantValues(graph, node.inputs[1]) : std::nullopt;
        int most = 64;
        if (!starts || model_.opset() < kFirstOfTopK || isOfShape(graph, node.inputs[0], most)) {
            return "";
        }
        std::vector<double> axes(starts->size());
        std::iota(axes.begin(), axes.end(), 0);
        if (node.inputs.size() > 3 && !node.inputs[3].empty()) {
            axes = constantValues(graph, node.inputs[3]).value_or(std::vector<double>());
        }
        const std::string mark = "guard#" + std::to_string(guards_++) + "#";
        AddedInput none;
        none.dims = {1};
        none.raw.assign(onnx::elementSize(onnx::kInt64), '\0');
        wire::putBytes(out, f::kGraphInitializer, constant(mark + "k", none));
        wire::putBytes(out, f::kGraphNode, cast(node.inputs[0], mark + "data", onnx::kFloat));
        std::string data = node.inputs[0];
        for (size_t i = 0; i < axes.size(); ++i) {
            const std::string at = mark + std::to_string(i);
            wire::putBytes(out, f::kGraphNode,
                           guardNode("TopK", {mark + "data", mark + "k"}, {at + "values", at + "indices"},
                                     integerAttribute("axis", static_cast<int64_t>(axes[i]))));
            wire::putBytes(out, f::kGraphNode, guardNode("Size", {at + "values"}, {at + "size"}, ""));
            wire::putBytes(out, f::kGraphNode, cast(at + "size", at + "flag", onnx::kBool));
            wire::putBytes(out, f::kGraphNode, guardNode("Where", {at + "flag", data, data}, {at}, ""));
            data = at;
        }
        return data;
    }

    // Of the node that is being rewritten, in bodies of it that one.
    std::string token() const {
        std::string out = nodeToken(node_);
        for (const auto& [body, node] : inside_) {
            out += kBodyMark + std::to_string(body) + kTokenEnd + std::to_string(node) + kTokenEnd;
        }
        return out;
    }

    std::string guardNode(const char* op, const std::vector<std::string>& inputs,
                          const std::vector<std::string>& outputs, const std::string& attribute) const {
        std::string node;
        wire::putBytes(node, f::kNodeName, token() + outputs[0]);
        for (const std::string& input : inputs) {
            wire::putBytes(node, f::kNodeInput, input);
        }
        for (const std::string& output : outputs) {
            wire::putBytes(node, f::kNodeOutput, output);
        }
        wire::putBytes(node, f::kNodeOp, op);
        if (!attribute.empty()) {
            wire::putBytes(node, f::kNodeAttribute, attribute);
        }
        return node;
    }

    static std::string withFirstInput(std::string_view bytes, const std::string& name) {
        std::string out;
        bool isFirst = true;
        Reader reader(bytes);
        Field field;
        while (reader.next(field)) {
            if (field.key() == wire::bytesKey(f::kNodeInput) && isFirst) {
                wire::putBytes(out, f::kNodeInput, name);
                isFirst = false;
            } else {
                wire::putField(out, field);
            }
        }
        return out;
    }

    // A node, and around it casts where it computes in another type.
    void putNode(std::string& out, std::string_view bytes, const onnx::Graph& graph, const onnx::Node& node,
                 std::unordered_set<std::string>& names, const NodeView& view) {
        const bool isMain = &graph == &model_.graph;
        const std::string data = !toRun_ && node.op == "Slice" ? guardSlice(out, graph, node) : "";
        const std::string guarded = data.empty() ? "" : withFirstInput(bytes, data);
        bytes = data.empty() ? bytes : std::string_view(guarded);
        if (!view.made.empty()) {
            for (const onnx::Value& value : view.made) {
                if (toRun_) {
                    putNotComputed(out, value);
                } else {
                    wire::putBytes(out, f::kGraphInput, declaration(value.name, value, value.hasShape));
                }
            }
            return;
        }
        for (size_t i = 0; i < view.added.size(); ++i) {
            wire::putBytes(out, f::kGraphInitializer, constant(addedName(i), view.added[i]));
        }
        for (const auto& [index, input] : view.replaced) {
            wire::putBytes(out, f::kGraphInitializer, constant(replacedName(index), input));
        }
        if (view.liftedType == onnx::kUndefined) {
            wire::putBytes(out, f::kGraphNode, rewrittenNode(bytes, node, names, view, isMain));
            return;
        }
        const std::string mark = kLiftMark + std::to_string(lifted_++);
        std::string copy;
        size_t input = 0;
        size_t output = 0;
        std::vector<size_t> castsBack;
        Reader reader(bytes);
        Field field;
        while (reader.next(field)) {
            if (field.key() == wire::bytesKey(f::kNodeInput) && !field.bytes.empty() && view.lifts(input)) {
                const std::string from(field.bytes);
                const std::string to = from + mark + "#" + std::to_string(input);
                wire::putBytes(out, f::kGraphNode, cast(from, to, view.liftsTo));
                wire::putBytes(copy, f::kNodeInput, to);
            } else if (field.key() == wire::bytesKey(f::kNodeOutput) && !field.bytes.empty() && view.castsBack &&
                       (output == 0 || computesAllOutputs(node.op))) {
                castsBack.push_back(output);
                wire::putBytes(copy, f::kNodeOutput, std::string(field.bytes) + mark);
            } else {
                wire::putField(copy, field);
            }
            input += field.key() == wire::bytesKey(f::kNodeInput) ? 1 : 0;
            output += field.key() == wire::bytesKey(f::kNodeOutput) ? 1 : 0;
        }
        onnx::Node lifted = onnx::parseNode(copy);
        wire::putBytes(out, f::kGraphNode, rewrittenNode(copy, lifted, names, view, isMain));
        for (size_t back : castsBack) {
            wire::putBytes(out, f::kGraphNode,
                           cast(lifted.outputs[back], node.outputs[back], writtenType(view.liftedType)));
        }
    }

    std::string rewrittenNode(std::string_view bytes, const onnx::Node& node, std::unordered_set<std::string>& names,
                              const NodeView& view, bool isMain) {
        std::string out;
        std::string name = node.name;
        if (!toRun_) {
            name = token();
        } else {
            for (int copy = 1; !name.empty() && !names.insert(name).second; ++copy) {
                name = node.name + "_" + std::to_string(copy);
            }
        }
        if (!name.empty()) {
            wire::putBytes(out, f::kNodeName, name);
        }
        // ONNX Runtime has crashed on nodes whose last outputs are left out by empty names.
        size_t outputs = node.outputs.size();
        while (outputs > 0 && node.outputs[outputs - 1].empty() && !needsAllOutputs(node.op)) {
            --outputs;
        }
        // An empty name at the end says no more than none, and ONNX Runtime has crashed on it.
        size_t inputs = node.inputs.size();
        while (inputs > 0 && node.inputs[inputs - 1].empty() && view.replaced.count(inputs - 1) == 0) {
            --inputs;
        }
        const StandIn* const standIn = standInFor(node.op);
        if (standIn != nullptr || !view.op.empty()) {
            wire::putBytes(out, f::kNodeOp, standIn != nullptr ? standIn->op : view.op);
        }
        const bool isUpsample = node.op == "Upsample" && standIn != nullptr && model_.opset() > kLastUpsample;
        if (isUpsample) {
            wire::putBytes(out, f::kNodeAttribute, textAttribute("coordinate_transformation_mode", "asymmetric"));
            wire::putBytes(out, f::kNodeAttribute, textAttribute("nearest_mode", "floor"));
        }
        size_t output = 0;
        size_t input = 0;
        const Branch taken = isMain ? branch(bytes, node) : Branch();
        Reader reader(bytes);
        Field field;
        while (reader.next(field)) {
            if (field.number == f::kNodeName || field.number == f::kNodeDomain) {
                continue;  // importers go by the operator's name alone
            }
            if ((standIn != nullptr || !view.op.empty()) && field.number == f::kNodeOp) {
                continue;
            }
            if (field.key() == wire::bytesKey(f::kNodeInput)) {
                const bool isReplaced = view.replaced.count(input) != 0;
                if (++input > std::min({inputs, view.inputs, view.given,
                                        standIn != nullptr ? standIn->inputs : NodeView::kAll})) {
                    continue;
                }
                if (isReplaced) {
                    wire::putBytes(out, f::kNodeInput, replacedName(input - 1));
                    continue;
                }
            }
            if (standIn != nullptr && field.key() == wire::bytesKey(f::kNodeAttribute) && !standIn->attributes) {
                continue;
            }
            if (isUpsample && field.key() == wire::bytesKey(f::kNodeInput) && input == 2) {
                wire::putField(out, field);  // where Resize has a region of interest, that none of these modes reads
            }
            if (field.key() == wire::bytesKey(f::kNodeOutput)) {
                if (output == outputs) {
                    continue;
                }
                const bool fill = field.bytes.empty() && needsAllOutputs(node.op);
                wire::putBytes(out, f::kNodeOutput,
                               fill ? "unnamed#" + std::to_string(node_) + "#" + std::to_string(output)
                                    : std::string(field.bytes));
                ++output;
            } else if (field.key() == wire::bytesKey(f::kNodeAttribute)) {
                attribute(field.bytes, node, view, out, taken);
            } else {
                wire::putField(out, field);
            }
        }
        for (size_t i = 0; i < view.added.size(); ++i) {
            wire::putBytes(out, f::kNodeInput, addedName(i));
        }
        for (const auto& [attributeName, message] : view.attributes) {
            if (!message.empty() && (standIn == nullptr || standIn->attributes)) {
                wire::putBytes(out, f::kNodeAttribute, message);
            }
        }
        return out;
    }

    struct Branch {
        std::string attribute;
        std::string_view graph;
    };

    // What both branches of an If are taken for, where its condition is a constant.
    Branch branch(std::string_view bytes, const onnx::Node& node) const {
        const std::string taken = PINION_TRT_SINCE(11, 0) ? branchTaken(model_.graph, node) : "";
        Reader reader(bytes);
        Field field;
        while (!taken.empty() && reader.next(field)) {
            std::string_view name;
            std::string_view graph;
            Reader parts(field.key() == wire::bytesKey(f::kNodeAttribute) ? field.bytes : std::string_view());
            Field part;
            while (parts.next(part)) {
                name = part.key() == wire::bytesKey(f::kAttributeName) ? part.bytes : name;
                graph = part.key() == wire::bytesKey(f::kAttributeGraph) ? part.bytes : graph;
            }
            if (name == taken) {
                return {taken, graph};
            }
        }
        return {};
    }

    struct StandIn {
        const char* op;
        size_t inputs;
        bool attributes;
    };

    // From this opset on it is Resize, at first with the same inputs.
    static constexpr int64_t kLastUpsample = 10;

    // Operators that are another one's older name, and, where only shapes are asked, those that ONNX defines by other
    // operators: ONNX Runtime infers nothing of these before it expands them.
    const StandIn* standInFor(const std::string& op) const {
        static constexpr StandIn kScatterElements{"ScatterElements", 3, true};
        static constexpr StandIn kResize{"Resize", 2, true};
        static constexpr StandIn kIdentity{"Identity", 1, false};
        static constexpr StandIn kGreater{"Greater", 2, false};
        static constexpr StandIn kLess{"Less", 2, false};
        constexpr int64_t kFirstWithScatterElements = 11;
        if (op == "Scatter" && model_.opset() >= kFirstWithScatterElements) {
            return &kScatterElements;
        }
        if (op == "Upsample" && model_.opset() >= kLastUpsample) {
            return &kResize;
        }
        if (toRun_) {
            return nullptr;
        }
        return op == "MeanVarianceNormalization" || op == "GroupNormalization" ? &kIdentity
               : op == "GreaterOrEqual"                                        ? &kGreater
               : op == "LessOrEqual"                                           ? &kLess
                                                                               : nullptr;
    }

    static bool isElementType(int64_t value) { return value > onnx::kUndefined && value <= onnx::kInt4; }

    // ONNX Runtime fails, or crashes, where one of these is left out; TensorRT always makes them.
    static bool needsAllOutputs(const std::string& op) { return op == "Split" || op == "TopK"; }

    void attribute(std::string_view bytes, const onnx::Node& node, const NodeView& view, std::string& out,
                   const Branch& branch) {
        std::string name;
        Reader names(bytes);
        Field field;
        while (names.next(field)) {
            if (field.key() == wire::bytesKey(f::kAttributeName)) {
                name = std::string(field.bytes);
            }
        }
        // The importer does not look at it, and computes as if it were 0.
        const bool ignored = isRecurrent(node.op) && name == "layout";
        // Of sets of operators before the oldest one that ONNX Runtime has.
        const bool forgotten = model_.opset() < kOldestOpset && (name == "is_test" || name == "consumed_inputs");
        if (ignored || forgotten || view.attributes.count(name) != 0) {
            return;
        }
        const bool isType = name == "to" || name == "dtype" || name == "output_dtype" || name == "output_datatype";
        std::string copy;
        Reader reader(bytes);
        while (reader.next(field)) {
            if (field.key() == wire::bytesKey(f::kAttributeGraph) ||
                field.key() == wire::bytesKey(f::kAttributeGraphs)) {
                const bool isTaken = !branch.graph.empty();
                const std::string& which = isTaken ? branch.attribute : name;
                const auto at = std::find(node.graphNames.begin(), node.graphNames.end(), which);
                wire::putBytes(copy, field.number,
                               subgraph(isTaken ? branch.graph : field.bytes, node.op,
                                        static_cast<size_t>(at - node.graphNames.begin()), bodyOf(view, which)));
            } else if (field.key() == wire::bytesKey(f::kAttributeTensor) ||
                       field.key() == wire::bytesKey(f::kAttributeTensors)) {
                putTensor(copy, field.number, field.bytes);
            } else if (isType && field.key() == wire::varintKey(f::kAttributeInt) && isElementType(field.asInt())) {
                wire::putVarint(copy, f::kAttributeInt,
                                static_cast<uint64_t>(writtenType(static_cast<int32_t>(field.asInt()))));
            } else {
                wire::putField(copy, field);
            }
        }
        wire::putBytes(out, f::kNodeAttribute, copy);
    }

    static const std::map<int, NodeView>& bodyOf(const NodeView& view, const std::string& attribute) {
        static const std::map<int, NodeView> kPlain;
        const auto known = std::find_if(view.bodies.begin(), view.bodies.end(),
                                        [&](const BodyView& body) { return body.attribute == attribute; });
        return known != view.bodies.end() ? known->nodes : kPlain;
    }

    std::string subgraph(std::string_view bytes, const std::string& op, size_t body,
                         const std::map<int, NodeView>& views) {
        const onnx::Graph graph = onnx::parseGraph(bytes);
        std::string out;
        std::unordered_set<std::string> names;
        std::unordered_set<std::string> inside;
        size_t node = 0;
        Reader reader(bytes);
        Field field;
        while (reader.next(field)) {
            if (field.key() == wire::bytesKey(f::kGraphNode)) {
                inside.insert(graph.nodes[node].outputs.begin(), graph.nodes[node].outputs.end());
                inside_.emplace_back(body, node);
                putNode(out, field.bytes, graph, graph.nodes[node], names, viewOf(views, node));
                inside_.pop_back();
                ++node;
            } else if (field.key() == wire::bytesKey(f::kGraphInitializer)) {
                putTensor(out, f::kGraphInitializer, field.bytes);
            } else if (!isClaim(field)) {
                wire::putField(out, field);
            }
        }
        for (const onnx::Tensor& tensor : graph.initializers) {
            inside.insert(tensor.name);
        }
        // A branch takes nothing, whatever it lists.
        for (size_t i = 0; i < graph.inputs.size() && op != "If"; ++i) {
            // ONNX Runtime takes the shapes of a loop's count and condition from nowhere else.
            const bool isControl = op == "Loop" && i < 2;
            wire::putBytes(out, f::kGraphInput, declaration(graph.inputs[i].name, graph.inputs[i], isControl));
        }
        for (const onnx::Value& output : graph.outputs) {
            std::string name = output.name;
            if (op == "If" && inside.count(name) == 0 && !name.empty()) {
                name += "#outside";  // ONNX Runtime takes only what a branch makes
                wire::putBytes(out, f::kGraphNode, identity(output.name, name));
            }
            wire::putBytes(out, f::kGraphOutput, declaration(name, output, false));
        }
        return out;
    }

    int32_t writtenType(int32_t type) const { return toRun_ ? computedType(type) : askedType(type); }

    void putTensor(std::string& out, uint32_t number, std::string_view bytes) const {
        const onnx::Tensor tensor = onnx::parseTensor(bytes);
        const bool isLong = tensor.type == onnx::kInt32 && view_.longs.count(tensor.name) != 0;
        const int32_t type = isLong ? onnx::kInt64 : writtenType(tensor.type);
        if (type == tensor.type) {
            wire::putBytes(out, number, bytes);
            return;
        }
        std::string data = tensor.external      ? readExternal(tensor)
                           : tensor.raw.empty() ? listedData(bytes, tensor.type)
                                                : std::string(tensor.raw);
        data.resize(static_cast<size_t>(tensor.byteSize()));
        const auto elements = static_cast<size_t>(elementCount(tensor.dims));
        std::string converted(elements * onnx::elementSize(type), '\0');
        if (onnx::elementSize(tensor.type) == 0) {
            // Types that only the builder refuses: nothing reads the values.
        } else if (convertible(tensor.type, type)) {
            convert(tensor.type, data.data(), type, converted.data(), elements);
        } else {
            std::string floats(elements * onnx::elementSize(onnx::kFloat), '\0');
            convert(tensor.type, data.data(), onnx::kFloat, floats.data(), elements);
            convert(onnx::kFloat, floats.data(), type, converted.data(), elements);
        }
        std::string message;
        for (int64_t extent : tensor.dims) {
            wire::putVarint(message, f::kTensorDims, static_cast<uint64_t>(extent));
        }
        wire::putVarint(message, f::kTensorType, static_cast<uint64_t>(type));
        wire::putBytes(message, f::kTensorName, tensor.name);
        wire::putBytes(message, f::kTensorRaw, converted);
        wire::putBytes(out, number, message);
    }

    std::string readExternal(const onnx::Tensor& tensor) const {
        std::string data(static_cast<size_t>(tensor.byteSize()), '\0');
        std::ifstream file(folder_ + tensor.location, std::ios::binary);
        file.seekg(static_cast<std::streamoff>(tensor.offset));
        if (!file.read(data.data(), static_cast<std::streamsize>(data.size()))) {
            refuse(ErrorCode::kINVALID_ARGUMENT, "cannot read the data of initializer " + quote(tensor.name));
        }
        return data;
    }

    static std::string cast(const std::string& from, const std::string& to, int32_t type) {
        std::string node;
        wire::putBytes(node, f::kNodeInput, from);
        wire::putBytes(node, f::kNodeOutput, to);
        wire::putBytes(node, f::kNodeOp, "Cast");
        wire::putBytes(node, f::kNodeAttribute, integerAttribute("to", type));
        return node;
    }

    static std::string identity(const std::string& from, const std::string& to) {
        std::string node;
        wire::putBytes(node, f::kNodeInput, from);
        wire::putBytes(node, f::kNodeOutput, to);
        wire::putBytes(node, f::kNodeOp, "Identity");
        return node;
    }

    std::string declarationOf(const onnx::Tensor& tensor) const {
        std::vector<onnx::Dim> dims;
        for (int64_t extent : tensor.dims) {
            dims.push_back({extent, ""});
        }
        return typed(tensor.name, writtenType(tensor.type), &dims);
    }

    std::string declaration(const std::string& name, const onnx::Value& value, bool withShape) const {
        if (!value.isTensor || value.type == onnx::kUndefined) {
            std::string out;
            wire::putBytes(out, f::kValueName, name);
            return out;
        }
        return typed(name, writtenType(value.type), withShape ? &value.dims : nullptr);
    }

    const onnx::Model& model_;
    const ModelView& view_;
    std::string folder_;
    bool toRun_;
    bool isBody_;  // of which inputs no shapes are known
    const std::vector<Shape>* inputs_;
    size_t nodes_;
    size_t node_ = 0;                                // of the main graph, that is being rewritten
    std::vector<std::pair<size_t, size_t>> inside_;  // a body of it and a node there, and so on
    size_t lifted_ = 0;                              // nodes so far that compute in another type
    size_t guards_ = 0;
};

}  // namespace

bool NodeView::forgo(const std::vector<onnx::Value>& outputs, const std::string& why) {
    const bool isKnown = std::all_of(outputs.begin(), outputs.end(), [](const onnx::Value& value) {
        return value.hasShape && elementCount(value.shape()) >= 0;
    });
    if (isKnown) {
        made = outputs;
        notComputed = why;
    }
    return isKnown;
}

bool computesAllOutputs(const std::string& op) {
    return isRecurrent(op);
}

std::string networkInputName(const onnx::Graph& graph, const std::string& input) {
    const bool isOutput = std::any_of(graph.outputs.begin(), graph.outputs.end(),
                                      [&](const onnx::Value& output) { return output.name == input; });
    return isOutput ? "__" + input : input;
}

int32_t askedType(int32_t type) noexcept {
    switch (type) {
        case onnx::kDouble:
            return onnx::kFloat;
        case onnx::kBfloat16:
            return onnx::kDouble;
#if PINION_TRT_SINCE(11, 0)
        case onnx::kFloat8:
            return onnx::kUint16;
        case onnx::kInt4:
            return onnx::kInt16;
#endif
        default:
            return type;
    }
}

int32_t toldType(int32_t type) noexcept {
    switch (type) {
        case onnx::kDouble:
            return onnx::kBfloat16;
#if PINION_TRT_SINCE(11, 0)
        case onnx::kUint16:
            return onnx::kFloat8;
        case onnx::kInt16:
            return onnx::kInt4;
#endif
        default:
            return type;
    }
}

std::string integerAttribute(const std::string& name, int64_t value) {
    std::string out = beginAttribute(name, kIntegerKind);
    wire::putVarint(out, f::kAttributeInt, static_cast<uint64_t>(value));
    return out;
}

std::string integersAttribute(const std::string& name, const std::vector<int64_t>& values) {
    std::string out = beginAttribute(name, kIntegersKind);
    for (int64_t value : values) {
        wire::putVarint(out, f::kAttributeInts, static_cast<uint64_t>(value));
    }
    return out;
}

std::string textAttribute(const std::string& name, const std::string& value) {
    std::string out = beginAttribute(name, kTextKind);
    wire::putBytes(out, f::kAttributeText, value);
    return out;
}

std::string zeroAttribute(const std::string& name, const std::string& type) {
    struct Kind {
        const char* type;
        uint64_t number;
    };
    static constexpr Kind kKinds[] = {{"FLOAT", kRealKind},   {"INT", kIntegerKind},   {"STRING", kTextKind},
                                      {"FLOATS", kRealsKind}, {"INTS", kIntegersKind}, {"STRINGS", kTextsKind}};
    for (const Kind& kind : kKinds) {
        if (type == kind.type) {
            return beginAttribute(name, kind.number);  // a field that is not there is zero
        }
    }
    return "";
}

std::string modelToRun(const std::string& bytes, const onnx::Model& model, const ModelView& view,
                       const std::string& folder) {
    return Preparing(model, view, folder, true, nullptr, NodeView::kAll).prepare(bytes);
}

std::string modelToInfer(const std::string& bytes, const onnx::Model& model, const ModelView& view,
                         const std::vector<Shape>* inputs, size_t nodes) {
    return Preparing(model, view, "", false, inputs, nodes).prepare(bytes);
}

std::string bodyToInfer(const onnx::Model& model, const onnx::Graph& body,
                        const std::unordered_map<std::string, int32_t>& given, const ModelView& view) {
    std::string graph;
    Reader reader(body.message);
    Field field;
    while (reader.next(field)) {
        if (field.number != f::kGraphInput && field.number != f::kGraphValueInfo) {
            wire::putField(graph, field);
        }
    }
    for (const auto& [name, type] : given) {
        wire::putBytes(graph, f::kGraphInput, typed(name, type, nullptr));
    }
    std::string opset;
    wire::putVarint(opset, f::kOpsetVersion, static_cast<uint64_t>(std::max(model.opset(), view.opset)));
    std::string bytes;
    wire::putVarint(bytes, f::kModelIrVersion, static_cast<uint64_t>(model.irVersion));
    wire::putBytes(bytes, f::kModelOpset, opset);
    wire::putBytes(bytes, f::kModelGraph, graph);
    const ModelView plain;
    return Preparing(onnx::parse(bytes), plain, "", false, nullptr, NodeView::kAll, true).prepare(bytes);
}

std::string nodeToken(size_t node) {
    return kTokenBegin + std::to_string(node) + kTokenEnd;
}

NamedNode findNodeToken(std::string& text, const onnx::Graph& graph) {
    NamedNode found;
    // A number that ends as one of a token does, below a limit; the limit where there is none.
    const auto numberAt = [&](size_t& at, size_t limit) {
        const size_t end = text.find_first_not_of("0123456789", at);
        const bool isNumber = end != std::string::npos && end > at && end - at < 9 && text[end] == kTokenEnd;
        const size_t number = isNumber ? std::stoul(text.substr(at, end - at)) : limit;
        at = isNumber ? end + 1 : at;
        return std::min(number, limit);
    };
    const size_t markLength = std::strlen(kBodyMark);
    for (size_t begin = text.find(kTokenBegin); begin != std::string::npos; begin = text.find(kTokenBegin, begin)) {
        size_t end = begin + std::strlen(kTokenBegin);
        const size_t node = numberAt(end, graph.nodes.size());
        if (node == graph.nodes.size()) {
            begin += std::strlen(kTokenBegin);
            continue;
        }
        const onnx::Node* named = &graph.nodes[node];
        while (text.compare(end, markLength, kBodyMark) == 0) {
            size_t at = end + markLength;
            const size_t body = numberAt(at, named->graphs.size());
            const size_t inner = body < named->graphs.size() ? numberAt(at, named->graphs[body].nodes.size()) : 0;
            if (body == named->graphs.size() || inner == named->graphs[body].nodes.size()) {
                break;
            }
            named = &named->graphs[body].nodes[inner];
            end = at;
        }
        found.node = found.node < 0 ? static_cast<int>(node) : found.node;
        // A node that has bodies is named before the one inside that fails.
        if (found.node == static_cast<int>(node) && named != &graph.nodes[node]) {
            found.inner = named;
        }
        const std::string label = named->label();
        text.replace(begin, end - begin, label);
        begin += label.size();
    }
    return found;
}

}  // namespace pinion_host_tensorrt
