#include "operators.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace pinion_host_tensorrt {
namespace {

using nvinfer1::LayerType;

#if !PINION_TRT_SINCE(8, 2)
// Layers of later releases, under the closest older one; their operators are refused at this level.
constexpr LayerType kScatterLayer = LayerType::kGATHER;
constexpr LayerType kEinsumLayer = LayerType::kMATRIX_MULTIPLY;
#else
constexpr LayerType kScatterLayer = LayerType::kSCATTER;
constexpr LayerType kEinsumLayer = LayerType::kEINSUM;
#endif
#if !PINION_TRT_SINCE(8, 5)
constexpr LayerType kGridSampleLayer = LayerType::kPLUGIN_V2;
constexpr LayerType kNonZeroLayer = LayerType::kPLUGIN_V2;
constexpr LayerType kOneHotLayer = LayerType::kPLUGIN_V2;
constexpr LayerType kNmsLayer = LayerType::kPLUGIN_V2;
#else
constexpr LayerType kGridSampleLayer = LayerType::kGRID_SAMPLE;
constexpr LayerType kNonZeroLayer = LayerType::kNON_ZERO;
constexpr LayerType kOneHotLayer = LayerType::kONE_HOT;
constexpr LayerType kNmsLayer = LayerType::kNMS;
#endif
#if !PINION_TRT_SINCE(8, 6)
constexpr LayerType kNormalizationLayer = LayerType::kPLUGIN_V2;
constexpr LayerType kCastLayer = LayerType::kIDENTITY;
#else
constexpr LayerType kNormalizationLayer = LayerType::kNORMALIZATION;
constexpr LayerType kCastLayer = LayerType::kCAST;
#endif

// Releases, as major * 100 + minor.
constexpr int kThisLevel = PINION_TRT_API;
constexpr int kAlways = 800;

struct Operator {
    const char* name;
    int since;
    LayerType layer;
};

// Sorted by name. From the parser's own lists, release by release.
constexpr Operator kOperators[] = {
    {"Abs", kAlways, LayerType::kUNARY},
    {"Acos", kAlways, LayerType::kUNARY},
    {"Acosh", kAlways, LayerType::kUNARY},
    {"Add", kAlways, LayerType::kELEMENTWISE},
    {"And", kAlways, LayerType::kELEMENTWISE},
    {"ArgMax", kAlways, LayerType::kTOPK},
    {"ArgMin", kAlways, LayerType::kTOPK},
    {"Asin", kAlways, LayerType::kUNARY},
    {"Asinh", kAlways, LayerType::kUNARY},
    {"Atan", kAlways, LayerType::kUNARY},
    {"Atanh", kAlways, LayerType::kUNARY},
    {"Attention", 1014, LayerType::kMATRIX_MULTIPLY},
    {"AveragePool", kAlways, LayerType::kPOOLING},
    {"BatchNormalization", kAlways, LayerType::kSCALE},
    {"BlackmanWindow", 1005, LayerType::kFILL},
    {"Cast", kAlways, kCastLayer},
    {"CastLike", 1000, kCastLayer},
    {"CausalConvWithState", 1101, LayerType::kCONVOLUTION},
    {"Ceil", kAlways, LayerType::kUNARY},
    {"Celu", kAlways, LayerType::kACTIVATION},
    {"Clip", kAlways, LayerType::kACTIVATION},
    {"Concat", kAlways, LayerType::kCONCATENATION},
    {"Constant", kAlways, LayerType::kCONSTANT},
    {"ConstantOfShape", kAlways, LayerType::kFILL},
    {"Conv", kAlways, LayerType::kCONVOLUTION},
    {"ConvTranspose", kAlways, LayerType::kDECONVOLUTION},
    {"Cos", kAlways, LayerType::kUNARY},
    {"Cosh", kAlways, LayerType::kUNARY},
    {"CumSum", kAlways, LayerType::kELEMENTWISE},
    {"DeformConv", 1001, LayerType::kPLUGIN_V2},
    {"DepthToSpace", kAlways, LayerType::kSHUFFLE},
    {"DequantizeLinear", kAlways, LayerType::kDEQUANTIZE},
    {"Div", kAlways, LayerType::kELEMENTWISE},
    {"Dropout", kAlways, LayerType::kIDENTITY},
    {"Einsum", 802, kEinsumLayer},
    {"Elu", kAlways, LayerType::kACTIVATION},
    {"Equal", kAlways, LayerType::kELEMENTWISE},
    {"Erf", kAlways, LayerType::kUNARY},
    {"Exp", kAlways, LayerType::kUNARY},
    {"Expand", kAlways, LayerType::kSLICE},
    {"EyeLike", kAlways, LayerType::kCONSTANT},
    {"Flatten", kAlways, LayerType::kSHUFFLE},
    {"Floor", kAlways, LayerType::kUNARY},
    {"GRU", kAlways, LayerType::kRECURRENCE},
    {"Gather", kAlways, LayerType::kGATHER},
    {"GatherElements", kAlways, LayerType::kGATHER},
    {"GatherND", 802, LayerType::kGATHER},
    {"Gelu", 1000, LayerType::kACTIVATION},
    {"Gemm", kAlways, LayerType::kMATRIX_MULTIPLY},
    {"GlobalAveragePool", kAlways, LayerType::kPOOLING},
    {"GlobalLpPool", kAlways, LayerType::kPOOLING},
    {"GlobalMaxPool", kAlways, LayerType::kPOOLING},
    {"Greater", kAlways, LayerType::kELEMENTWISE},
    {"GreaterOrEqual", kAlways, LayerType::kELEMENTWISE},
    {"GridSample", 805, kGridSampleLayer},
    {"GroupNormalization", 806, kNormalizationLayer},
    {"HammingWindow", 1005, LayerType::kFILL},
    {"HannWindow", 1005, LayerType::kFILL},
    {"HardSigmoid", kAlways, LayerType::kACTIVATION},
    {"HardSwish", 804, LayerType::kACTIVATION},
    {"Hardmax", 1000, LayerType::kTOPK},
    {"Identity", kAlways, LayerType::kIDENTITY},
    {"If", kAlways, LayerType::kRECURRENCE},
    {"ImageScaler", kAlways, LayerType::kSCALE},
    {"InstanceNormalization", kAlways, LayerType::kPLUGIN_V2},
    {"IsInf", 806, LayerType::kUNARY},
    {"IsNaN", 802, LayerType::kUNARY},
    {"LRN", kAlways, LayerType::kLRN},
    {"LSTM", kAlways, LayerType::kRECURRENCE},
    {"LayerNormalization", 806, kNormalizationLayer},
    {"LeakyRelu", kAlways, LayerType::kACTIVATION},
    {"Less", kAlways, LayerType::kELEMENTWISE},
    {"LessOrEqual", kAlways, LayerType::kELEMENTWISE},
    {"LinearAttention", 1101, LayerType::kMATRIX_MULTIPLY},
    {"Log", kAlways, LayerType::kUNARY},
    {"LogSoftmax", kAlways, LayerType::kSOFTMAX},
    {"Loop", kAlways, LayerType::kRECURRENCE},
    {"LpNormalization", kAlways, LayerType::kREDUCE},
    {"LpPool", kAlways, LayerType::kPOOLING},
    {"MatMul", kAlways, LayerType::kMATRIX_MULTIPLY},
    {"Max", kAlways, LayerType::kELEMENTWISE},
    {"MaxPool", kAlways, LayerType::kPOOLING},
    {"Mean", kAlways, LayerType::kELEMENTWISE},
    {"MeanVarianceNormalization", 805, LayerType::kREDUCE},
    {"Min", kAlways, LayerType::kELEMENTWISE},
    {"Mish", 1000, LayerType::kACTIVATION},
    {"Mod", 805, LayerType::kELEMENTWISE},
    {"Mul", kAlways, LayerType::kELEMENTWISE},
    {"Neg", kAlways, LayerType::kUNARY},
    {"NonMaxSuppression", kAlways, kNmsLayer},
    {"NonZero", 805, kNonZeroLayer},
    {"Not", kAlways, LayerType::kUNARY},
    {"OneHot", 805, kOneHotLayer},
    {"Or", kAlways, LayerType::kELEMENTWISE},
    {"PRelu", kAlways, LayerType::kPARAMETRIC_RELU},
    {"Pad", kAlways, LayerType::kPADDING},
    {"ParametricSoftplus", kAlways, LayerType::kACTIVATION},
    {"Pow", kAlways, LayerType::kELEMENTWISE},
    {"QuantizeLinear", kAlways, LayerType::kQUANTIZE},
    {"RMSNormalization", 1101, kNormalizationLayer},
    {"RNN", kAlways, LayerType::kRECURRENCE},
    {"RandomNormal", 804, LayerType::kFILL},
    {"RandomNormalLike", 804, LayerType::kFILL},
    {"RandomUniform", kAlways, LayerType::kFILL},
    {"RandomUniformLike", kAlways, LayerType::kFILL},
    {"Range", kAlways, LayerType::kFILL},
    {"Reciprocal", kAlways, LayerType::kUNARY},
    {"ReduceL1", kAlways, LayerType::kREDUCE},
    {"ReduceL2", kAlways, LayerType::kREDUCE},
    {"ReduceLogSum", kAlways, LayerType::kREDUCE},
    {"ReduceLogSumExp", kAlways, LayerType::kREDUCE},
    {"ReduceMax", kAlways, LayerType::kREDUCE},
    {"ReduceMean", kAlways, LayerType::kREDUCE},
    {"ReduceMin", kAlways, LayerType::kREDUCE},
    {"ReduceProd", kAlways, LayerType::kREDUCE},
    {"ReduceSum", kAlways, LayerType::kREDUCE},
    {"ReduceSumSquare", kAlways, LayerType::kREDUCE},
    {"Relu", kAlways, LayerType::kACTIVATION},
    {"Reshape", kAlways, LayerType::kSHUFFLE},
    {"Resize", kAlways, LayerType::kRESIZE},
    {"ReverseSequence", kAlways, LayerType::kSLICE},
    {"RoiAlign", 805, LayerType::kPLUGIN_V2},
    {"RotaryEmbedding", 1101, LayerType::kELEMENTWISE},
    {"Round", 802, LayerType::kUNARY},
    {"STFT", 1005, LayerType::kMATRIX_MULTIPLY},
    {"ScaledTanh", kAlways, LayerType::kACTIVATION},
    {"Scan", kAlways, LayerType::kRECURRENCE},
    {"Scatter", 802, kScatterLayer},
    {"ScatterElements", 802, kScatterLayer},
    {"ScatterND", 802, kScatterLayer},
    {"Selu", kAlways, LayerType::kACTIVATION},
    {"Shape", kAlways, LayerType::kSHAPE},
    {"Shrink", 804, LayerType::kACTIVATION},
    {"Sigmoid", kAlways, LayerType::kACTIVATION},
    {"Sign", 802, LayerType::kUNARY},
    {"Sin", kAlways, LayerType::kUNARY},
    {"Sinh", kAlways, LayerType::kUNARY},
    {"Size", kAlways, LayerType::kSHAPE},
    {"Slice", kAlways, LayerType::kSLICE},
    {"Softmax", kAlways, LayerType::kSOFTMAX},
    {"Softplus", kAlways, LayerType::kACTIVATION},
    {"Softsign", kAlways, LayerType::kACTIVATION},
    {"SpaceToDepth", kAlways, LayerType::kSHUFFLE},
    {"Split", kAlways, LayerType::kSLICE},
    {"Sqrt", kAlways, LayerType::kUNARY},
    {"Squeeze", kAlways, LayerType::kSHUFFLE},
    {"Sub", kAlways, LayerType::kELEMENTWISE},
    {"Sum", kAlways, LayerType::kELEMENTWISE},
    {"Swish", 1101, LayerType::kACTIVATION},
    {"Tan", kAlways, LayerType::kUNARY},
    {"Tanh", kAlways, LayerType::kACTIVATION},
    {"TensorScatter", 1101, kScatterLayer},
    {"ThresholdedRelu", kAlways, LayerType::kACTIVATION},
    {"Tile", kAlways, LayerType::kSLICE},
    {"TopK", kAlways, LayerType::kTOPK},
    {"Transpose", kAlways, LayerType::kSHUFFLE},
    {"Trilu", 805, LayerType::kELEMENTWISE},
    {"Unsqueeze", kAlways, LayerType::kSHUFFLE},
    {"Upsample", kAlways, LayerType::kRESIZE},
    {"Where", kAlways, LayerType::kSELECT},
    {"Xor", 804, LayerType::kELEMENTWISE},
};

// Its importer needs a plugin.
constexpr const char* kNotForRtx = "DeformConv";

const Operator* find(const std::string& op) noexcept {
    const auto* const found =
        std::lower_bound(std::begin(kOperators), std::end(kOperators), op.c_str(),
                         [](const Operator& known, const char* name) { return std::strcmp(known.name, name) < 0; });
    return found != std::end(kOperators) && op == found->name ? found : nullptr;
}

// Operators whose output shape depends on the values of their input. TensorRT 8.5 runs some of them with output
// allocators; the host does not.
bool hasUnknowableShape(const std::string& op) noexcept {
    return op == "NonZero" || op == "NonMaxSuppression";
}

// How a value, and not only the shape, of an input decides the shape of an output.
enum class Deciding {
    kNot,
    kConstant,   // the importer asks for a constant
    kByProfile,  // it becomes a shape tensor, of whose values a profile gives the range
};

Deciding decidesShape(const std::string& op, size_t input) noexcept {
    struct Rule {
        const char* op;
        size_t from;
        size_t to;
        Deciding when;
    };
    constexpr Rule kRules[] = {
        {"ConstantOfShape", 0, 0, Deciding::kByProfile},
        {"CumSum", 1, 1, Deciding::kByProfile},
        {"Expand", 1, 1, Deciding::kByProfile},
        {"Loop", 0, 0, Deciding::kByProfile},
        {"BlackmanWindow", 0, 0, Deciding::kByProfile},
        {"HammingWindow", 0, 0, Deciding::kByProfile},
        {"HannWindow", 0, 0, Deciding::kByProfile},
        {"OneHot", 1, 1, PINION_TRT_RTX ? Deciding::kByProfile : Deciding::kConstant},
        {"Pad", 1, 1, Deciding::kByProfile},
        {"Range", 0, 2, Deciding::kByProfile},
        {"Reshape", 1, 1, Deciding::kByProfile},
        {"Resize", 2, 2, Deciding::kConstant},
        {"Resize", 3, 3, Deciding::kByProfile},
        {"Slice", 1, 4, Deciding::kByProfile},
        {"Split", 1, 1, Deciding::kByProfile},
        {"Squeeze", 1, 1, Deciding::kConstant},
        {"Tile", 1, 1, Deciding::kByProfile},
        {"TopK", 1, 1, Deciding::kByProfile},
        {"Unsqueeze", 1, 1, Deciding::kConstant},
        {"Upsample", 1, 1, Deciding::kConstant},
    };
    const auto* const rule = std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& known) {
        return op == known.op && input >= known.from && input <= known.to;
    });
    return rule != std::end(kRules) ? rule->when : Deciding::kNot;
}

// Whether a Loop has outputs of an element for each iteration.
bool collects(const onnx::Node& loop) {
    return loop.outputs.size() + 2 > loop.inputs.size();
}

// Shape tensors are of integers.
bool isInteger(const onnx::Graph& graph, const std::string& input) {
    return std::any_of(graph.inputs.begin(), graph.inputs.end(), [&](const onnx::Value& value) {
        return value.name == input && (value.type == onnx::kInt32 || value.type == onnx::kInt64);
    });
}

// Operators that TensorRT computes on the host where shapes follow from what they make.
bool computesShapes(const std::string& op) {
    static const std::unordered_set<std::string> kKnown = {
        "Abs",   "Add",     "And",        "Cast",      "Ceil",      "Concat",   "Div",       "Equal",
        "Floor", "Gather",  "Greater",    "Less",      "Identity",  "Max",      "Min",       "Mod",
        "Mul",   "Neg",     "Not",        "Or",        "Reshape",   "Slice",    "ReduceMax", "Sub",
        "Where", "Squeeze", "ReduceProd", "ReduceSum", "ReduceMin", "Unsqueeze"};
    return kKnown.count(op) != 0;
}

// The order in which every node comes after its inputs, or as much of it as there is when nodes form a cycle.
std::vector<size_t> topologicalOrder(const onnx::Graph& graph,
                                     const std::unordered_map<std::string, size_t>& producers) {
    std::vector<std::vector<size_t>> users(graph.nodes.size());
    std::vector<size_t> missing(graph.nodes.size(), 0);
    std::vector<size_t> order;
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
        for (const std::string& input : graph.nodes[i].inputs) {
            if (const auto producer = producers.find(input); producer != producers.end()) {
                users[producer->second].push_back(i);
                ++missing[i];
            }
        }
        if (missing[i] == 0) {
            order.push_back(i);
        }
    }
    for (size_t next = 0; next < order.size(); ++next) {
        for (size_t user : users[order[next]]) {
            if (--missing[user] == 0) {
                order.push_back(user);
            }
        }
    }
    return order;
}

void checkOperators(const onnx::Graph& graph, int outerNode, std::vector<GraphProblem>& problems) {
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
        const onnx::Node& node = graph.nodes[i];
        const int index = outerNode >= 0 ? outerNode : static_cast<int>(i);
        if (const char* const why = whyUnsupported(node.op)) {
            const std::string inside = "operator " + quote(node.op) + " of node " + quote(node.label()) + " inside: ";
            // TensorRT for RTX imports it, and has nothing that runs it.
            const bool atBuild = PINION_TRT_RTX && node.op == "NonMaxSuppression";
            problems.push_back({index, true, (outerNode >= 0 ? inside : "") + why, atBuild});
            problems.back().inner = PINION_TRT_SINCE(11, 0) && outerNode >= 0 ? &node : nullptr;
        }
        for (const onnx::Graph* const body : importedBodies(graph, node)) {
            checkOperators(*body, index, problems);
        }
    }
}

}  // namespace

bool hasImporter(const std::string& op) noexcept {
    const Operator* const known = find(op);
    return known != nullptr && known->since <= kThisLevel && !(PINION_TRT_RTX && op == kNotForRtx);
}

const char* whyUnsupported(const std::string& op) noexcept {
    const Operator* const known = find(op);
    if (known == nullptr) {
        return "TensorRT has no importer for it, and no plugin has its name";
    }
    if (PINION_TRT_RTX && op == kNotForRtx) {
        return "TensorRT for RTX has no importer for it";
    }
    if (known->since > kThisLevel) {
        return "only later releases of TensorRT import it";
    }
    if (hasUnknowableShape(op)) {
        return "the host SDK does not run operators whose output shape depends on the data";
    }
    return nullptr;
}

std::optional<int64_t> tripLimit(const onnx::Graph& graph, const onnx::Node& loop) {
    const onnx::Tensor* const count = !loop.inputs.empty() ? graph.initializer(loop.inputs[0]) : nullptr;
    const std::vector<double> values = count != nullptr ? onnx::smallValues(*count) : std::vector<double>();
    constexpr int64_t kNoLimit = std::numeric_limits<int32_t>::max();
    const bool isLimited =
        values.size() == 1 && (count->type != onnx::kInt64 || values[0] < static_cast<double>(kNoLimit));
    return isLimited ? std::optional<int64_t>(static_cast<int64_t>(values[0])) : std::nullopt;
}

std::string branchTaken(const onnx::Graph& graph, const onnx::Node& node) {
    const onnx::Tensor* const condition =
        node.op == "If" && !node.inputs.empty() ? graph.initializer(node.inputs[0]) : nullptr;
    const std::vector<double> values =
        condition != nullptr && condition->type == onnx::kBool ? onnx::smallValues(*condition) : std::vector<double>();
    return values.size() != 1 ? "" : values[0] != 0 ? "then_branch" : "else_branch";
}

std::vector<const onnx::Graph*> importedBodies(const onnx::Graph& graph, const onnx::Node& node) {
    const std::string taken = PINION_TRT_SINCE(11, 0) ? branchTaken(graph, node) : "";
    std::vector<const onnx::Graph*> bodies;
    for (size_t i = 0; i < node.graphs.size(); ++i) {
        if (taken.empty() || i >= node.graphNames.size() || node.graphNames[i] == taken) {
            bodies.push_back(&node.graphs[i]);
        }
    }
    return bodies;
}

LayerType layerType(const std::string& op) noexcept {
    const Operator* const known = find(op);
    return known != nullptr ? known->layer : LayerType::kPLUGIN_V2;
}

GraphCheck checkGraph(const onnx::Graph& graph) {
    GraphCheck check;
    std::vector<GraphProblem>& problems = check.problems;
    checkOperators(graph, -1, problems);

    std::unordered_set<std::string> defined;
    std::unordered_set<std::string> fromData;  // values that depend on what the inputs hold, not only on their shapes
    for (const onnx::Tensor& tensor : graph.initializers) {
        defined.insert(tensor.name);
    }
    for (const onnx::Value& input : graph.inputs) {
        if (defined.insert(input.name).second) {
            fromData.insert(input.name);
        }
    }
    std::unordered_map<std::string, size_t> producers;
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
        for (const std::string& output : graph.nodes[i].outputs) {
            if (!output.empty() && (defined.count(output) != 0 || !producers.emplace(output, i).second)) {
                const int blamed = PINION_TRT_SINCE(11, 0) ? -1 : static_cast<int>(i);  // it fails to sort the nodes
                problems.push_back({blamed, false, "tensor " + quote(output) + " is defined twice"});
            }
        }
    }
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
        for (const std::string& input : graph.nodes[i].inputs) {
            if (!input.empty() && defined.count(input) == 0 && producers.count(input) == 0) {
                problems.push_back({static_cast<int>(i), false, "its input " + quote(input) + " is defined nowhere"});
            }
        }
    }
    for (const onnx::Value& output : graph.outputs) {
        if (defined.count(output.name) == 0 && producers.count(output.name) == 0) {
            problems.push_back({-1, false, "graph output " + quote(output.name) + " is defined nowhere"});
        }
    }
    // The inputs that values of shapes are computed from.
    std::unordered_map<std::string, std::set<std::string>> sources;
    for (const onnx::Value& input : graph.inputs) {
        if (fromData.count(input.name) != 0 && isInteger(graph, input.name)) {
            sources[input.name] = {input.name};
        }
    }
    const std::vector<size_t> order = topologicalOrder(graph, producers);
    if (order.size() != graph.nodes.size()) {
        problems.push_back({-1, false, "the nodes form a cycle"});
    }
    for (size_t i : order) {
        const onnx::Node& node = graph.nodes[i];
        const bool onlyShape = node.op == "Shape" || node.op == "Size";
        bool dependsOnData = false;
        for (size_t k = 0; k < node.inputs.size(); ++k) {
            const bool data = fromData.count(node.inputs[k]) != 0;
            dependsOnData = dependsOnData || data;
            // Only what a Loop collects has its count for an extent.
            const bool isOnlyCount = PINION_TRT_SINCE(11, 0) && node.op == "Loop" && !collects(node);
            const Deciding deciding = data && !isOnlyCount ? decidesShape(node.op, k) : Deciding::kNot;
            const auto known = data ? sources.find(node.inputs[k]) : sources.end();
            if (deciding == Deciding::kByProfile && known != sources.end()) {
                for (const std::string& input : known->second) {
                    check.shapeInputs.emplace(input, static_cast<int>(i));
                }
            } else if (deciding != Deciding::kNot) {
                problems.push_back({static_cast<int>(i), true,
                                    "its output shape depends on the data of " + quote(node.inputs[k]) +
                                        ", which the host SDK does not run"});
            }
        }
        bool isShape = dependsOnData && !onlyShape && computesShapes(node.op);
        std::set<std::string> inputs;
        for (const std::string& name : node.inputs) {
            const auto known = sources.find(name);
            isShape = isShape && (fromData.count(name) == 0 || known != sources.end());
            if (known != sources.end()) {
                inputs.insert(known->second.begin(), known->second.end());
            }
        }
        for (const std::string& output : node.outputs) {
            if (dependsOnData && !onlyShape && !output.empty()) {
                fromData.insert(output);
            }
            if (isShape && !output.empty()) {
                sources[output] = inputs;
            }
        }
    }
    return check;
}

bool computesWith(const onnx::Graph& graph, const std::string& input) {
    // What is computed from it, and is a part of shapes only, if anything.
    std::vector<std::string> values = {input};
    std::unordered_set<std::string> seen(values.begin(), values.end());
    for (size_t next = 0; next < values.size(); ++next) {
        const std::string value = values[next];
        const bool isOutput = std::any_of(graph.outputs.begin(), graph.outputs.end(),
                                          [&](const onnx::Value& output) { return output.name == value; });
        if (isOutput) {
            return true;
        }
        for (const onnx::Node& node : graph.nodes) {
            for (size_t k = 0; k < node.inputs.size(); ++k) {
                if (node.inputs[k] != value || decidesShape(node.op, k) != Deciding::kNot) {
                    continue;
                }
                if (!computesShapes(node.op)) {
                    return true;
                }
                std::copy_if(node.outputs.begin(), node.outputs.end(), std::back_inserter(values),
                             [&](const std::string& output) { return seen.insert(output).second; });
            }
        }
    }
    return false;
}

}  // namespace pinion_host_tensorrt
