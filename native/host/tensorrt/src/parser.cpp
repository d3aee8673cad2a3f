#include "parser.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "faults.h"
#include "files.h"
#include "importer_rules.h"
#include "inference.h"
#include "operators.h"
#include "refusal.h"
#include "rounding.h"

namespace pinion_host_tensorrt {
namespace {

using Code = nvonnxparser::ErrorCode;

// What TensorRT's parser of each level was written for; newer models are tried with a warning, as there.
constexpr int64_t kNewestOpset = PINION_TRT_SINCE(10, 0) ? 20 : PINION_TRT_SINCE(8, 6) ? 17 : 13;
constexpr int64_t kLargestExtent = std::numeric_limits<int32_t>::max();
constexpr size_t kHighestRank = nvinfer1::Dims::MAX_DIMS;

// Collects errors while it reads one model. Nothing reaches the network before all is well.
class Reading {
public:
    Reading(std::vector<ParserError>& errors, const Log& log, std::string folder)
        : errors_(errors), log_(log), folder_(std::move(folder)) {}

    bool read(const std::string& bytes) {
        try {
            model_ = onnx::parse(bytes);
        } catch (const onnx::BrokenModel& problem) {
            fail(Code::kMODEL_DESERIALIZE_FAILED, problem.what());
            return false;
        }
        const size_t before = errors_.size();
        checkOpset();
        beginNodes();
        checkInputs();
        checkConstants();
        // As NVIDIA's, which comes to the nodes last.
        if (PINION_TRT_SINCE(11, 0) && errors_.size() != before) {
            return false;
        }
        checkNodes(bytes);
        checkShapeInputs();
        checkData(model_.graph);
        // What ONNX Runtime makes of a graph that is broken is not worth telling.
        if (errors_.size() == before) {
            inferValues(bytes);
        }
        return errors_.size() == before;
    }

    onnx::Model& model() noexcept { return model_; }
    Inference& values() noexcept { return values_; }
    const std::map<std::string, int>& shapes() const noexcept { return shapes_; }
    const std::string& refusedAtBuild() const noexcept { return refusedAtBuild_; }

    void fail(const ImportProblem& problem) {
        if (problem.inner != nullptr) {
            log_.error(ErrorCode::kINVALID_ARGUMENT, "IParser::parse", withNode(problem.what, problem.node));
            errors_.emplace_back(problem.code, problem.what, problem.node, problem.inner->name, problem.inner->op);
            return;
        }
        fail(problem.code, problem.what, problem.isNameless ? -1 : problem.node);
    }

    void fail(Code code, const std::string& what, int node = -1) {
        std::string name;
        std::string op;
        if (node >= 0 && static_cast<size_t>(node) < model_.graph.nodes.size()) {
            name = model_.graph.nodes[static_cast<size_t>(node)].name;
            op = model_.graph.nodes[static_cast<size_t>(node)].op;
        }
        log_.error(ErrorCode::kINVALID_ARGUMENT, "IParser::parse", withNode(what, node));
        // As NVIDIA's: the description leaves the node to the error's other members.
        errors_.emplace_back(code, what, node, name, op);
    }

private:
    std::string withNode(const std::string& what, int node) const {
        if (node < 0 || static_cast<size_t>(node) >= model_.graph.nodes.size()) {
            return what;
        }
        const onnx::Node& known = model_.graph.nodes[static_cast<size_t>(node)];
        return "node " + std::to_string(node) + " " + quote(known.label()) + " [" + known.op + "]: " + what;
    }

    void checkOpset() {
        const int64_t opset = model_.opset();
        if (opset > kNewestOpset) {
            log_.warning(format("The model is of ONNX opset %lld; this release of TensorRT imports up to %lld.",
                                static_cast<long long>(opset), static_cast<long long>(kNewestOpset)));
        }
        std::unordered_set<std::string> names;
        for (const onnx::Node& node : model_.graph.nodes) {
            if (!node.name.empty() && !names.insert(node.name).second) {
                log_.warning("Several nodes have the name " + quote(node.name) + ".");
            }
        }
    }

    // As NVIDIA's parser names each node that it begins.
    void beginNodes() {
        for (size_t i = 0; i < model_.graph.nodes.size(); ++i) {
            const onnx::Node& node = model_.graph.nodes[i];
            log_.verbose("Parsing node: " + node.label() + " [" + node.op + "]");
            if (faultAt(FaultPoint::kParse) != FaultEffect::kNone) {
                fail(Code::kINTERNAL_ERROR, "scripted failure of the parser", static_cast<int>(i));
            }
        }
    }

    void checkNodes(const std::string& bytes) {
        GraphCheck check = checkGraph(model_.graph);
        const std::vector<GraphProblem>& problems = check.problems;
        shapes_ = std::move(check.shapeInputs);
        const auto first = std::find_if(problems.begin(), problems.end(),
                                        [](const GraphProblem& problem) { return !problem.atBuild; });
        if (first != problems.end() && first->unsupported && first->node > 0 && errors_.empty()) {
            if (const std::optional<ImportProblem> problem = problemBefore(bytes, first->node)) {
                fail(*problem);
                return;
            }
        }
        for (const GraphProblem& problem : problems) {
            if (problem.atBuild) {
                refusedAtBuild_ = refusedAtBuild_.empty() ? withNode(problem.what, problem.node) : refusedAtBuild_;
                continue;
            }
            if (problem.inner != nullptr) {
                ImportProblem inside{problem.node, Code::kUNSUPPORTED_NODE, problem.what};
                inside.inner = problem.inner;
                fail(inside);
                continue;
            }
            fail(problem.unsupported ? Code::kUNSUPPORTED_NODE
                 : problem.node >= 0 ? Code::kINVALID_NODE
                                     : Code::kINVALID_GRAPH,
                 problem.what, problem.node);
            if (PINION_TRT_SINCE(11, 0) && problem.node < 0) {
                return;  // nothing is read of such a graph
            }
        }
    }

    // TensorRT computes with it on the host, before anything runs.
    void checkShapeInputs() {
        for (const auto& [name, node] : shapes_) {
            for (const onnx::Value& input : model_.graph.inputs) {
                const Shape shape = input.shape();
                if (input.name == name && (shape.size() > 1 || (shape.size() == 1 && shape[0] < 0))) {
                    fail(Code::kINVALID_NODE,
                         "its output shape depends on the values of input " + quote(name) + " of shape " +
                             toString(shape) + "; of a shape tensor the number of values must be known",
                         node);
                }
            }
        }
    }

    static ImportProblem failureOf(const Inference& values) {
        ImportProblem problem{values.node, values.node >= 0 ? Code::kINVALID_NODE : Code::kINVALID_GRAPH,
                              values.problem};
        problem.inner = PINION_TRT_SINCE(11, 0) ? values.inner : nullptr;
        return problem;
    }

    // Importers go from node to node: what they stop at before this one, if they do.
    std::optional<ImportProblem> problemBefore(const std::string& bytes, int node) const {
        const std::optional<ImportProblem> hazard = checkHazards(model_);
        const bool dies = hazard && hazard->node < node;
        node = dies ? hazard->node : node;
        if (node == 0) {
            return dies ? hazard : std::nullopt;
        }
        Inference known = infer(bytes, model_, log_, nullptr, nullptr, static_cast<size_t>(node));
        const ImportProblem failure = failureOf(known);
        const int failed = known.problem.empty() ? -1 : known.node;
        if (failed > 0) {
            known = infer(bytes, model_, log_, nullptr, &known.view, static_cast<size_t>(failed));
        }
        std::optional<ImportProblem> problem = checkImporters(model_, known);
        if (problem && problem->node < node && (failed < 0 || problem->node <= failed)) {
            return problem;
        }
        if (failed >= 0) {
            return failure;
        }
        return dies ? hazard : std::nullopt;
    }

    void checkInputs() {
        std::unordered_set<std::string> constants;
        for (const onnx::Tensor& tensor : model_.graph.initializers) {
            constants.insert(tensor.name);
        }
        std::unordered_set<std::string> names;
        for (const onnx::Value& value : model_.graph.inputs) {
            const std::string who = "graph input " + quote(value.name);
            if (constants.count(value.name) != 0) {
                continue;  // an initializer gives it a value, so it is no network input
            }
            if (value.name.empty() && PINION_TRT_SINCE(11, 0)) {
                continue;  // no node can take it
            }
            if (value.name.empty() || !names.insert(value.name).second) {
                fail(Code::kINVALID_GRAPH, who + (value.name.empty() ? " has no name" : " is listed twice"));
                continue;
            }
            DataType type{};
            if (!value.isTensor) {
                fail(Code::kUNSUPPORTED_NODE, who + " is no tensor");
            } else if (!bindingType(value.type, type)) {
                fail(Code::kUNSUPPORTED_NODE,
                     who + " has the data type " + onnx::typeName(value.type) + ", which TensorRT does not take");
            } else if (value.dims.size() > kHighestRank) {
                fail(Code::kUNSUPPORTED_GRAPH, who + " has " + std::to_string(value.dims.size()) +
                                                   " dimensions; TensorRT takes " + std::to_string(kHighestRank));
            } else if (std::any_of(value.dims.begin(), value.dims.end(),
                                   [](const onnx::Dim& dim) { return dim.extent > kLargestExtent; })) {
                fail(Code::kUNSUPPORTED_NODE, who + " has the shape " + toString(value.shape()) +
                                                  "; TensorRT takes extents up to " + std::to_string(kLargestExtent));
            }
        }
    }

    // Importers go from node to node, so the first that something is wrong with is the one to name.
    void inferValues(const std::string& bytes) {
        if (model_.graph.nodes.empty() && model_.graph.outputs.empty()) {
            values_ = declaredValues(model_);  // it may be no model at all, which the build refuses
            return;
        }
        if (const std::optional<ImportProblem> hazard = checkHazards(model_)) {
            fail(problemBefore(bytes, hazard->node).value_or(*hazard));
            return;
        }
        values_ = infer(bytes, model_, log_);
        for (const auto& [node, view] : values_.view.nodes) {
            if (!view.notComputed.empty()) {
                log_.warning("The host SDK does not compute this, and makes NaN of it: " + view.notComputed);
            }
            for (const auto& [attribute, message] : view.attributes) {
                if (message.empty()) {
                    log_.warning("Attribute " + quote(attribute) + " of node " +
                                 quote(model_.graph.nodes[static_cast<size_t>(node)].label()) + " is not looked at.");
                }
            }
        }
        if (refusedAtBuild_.empty()) {
            refusedAtBuild_ = refusedByBuilder(model_, values_);
        }
        if (refusedAtBuild_.empty()) {
            refusedAtBuild_ = values_.view.refused;
        }
        const bool failed = !values_.problem.empty();
        // What the nodes before the one that failed make is still known.
        std::optional<Inference> before;
        if (failed && values_.node > 0) {
            before = infer(bytes, model_, log_, nullptr, &values_.view, static_cast<size_t>(values_.node));
        }
        const std::optional<ImportProblem> problem = checkImporters(model_, before ? *before : values_);
        if (problem && (!failed || values_.node < 0 || problem->node <= values_.node)) {
            fail(*problem);
        } else if (failed) {
            fail(failureOf(values_));
        }
        describeExpansions();
    }

    // The importer takes the larger of two extents, and so knows none where the input's is not known.
    void describeExpansions() {
        for (const onnx::Node& node : model_.graph.nodes) {
            if (node.op != "Expand" || node.inputs.empty() || node.outputs.empty()) {
                continue;
            }
            const auto input = values_.values.find(node.inputs[0]);
            const auto output = values_.values.find(node.outputs[0]);
            if (input == values_.values.end() || output == values_.values.end() || !input->second.hasShape) {
                continue;
            }
            const std::vector<onnx::Dim>& from = input->second.dims;
            std::vector<onnx::Dim>& to = output->second.dims;
            for (size_t k = 1; k <= std::min(from.size(), to.size()); ++k) {
                if (from[from.size() - k].extent < 0 && to[to.size() - k].extent >= 0) {
                    to[to.size() - k] = {};
                }
            }
        }
    }

    // Complex numbers, and narrow types that releases with FP8 and INT4 have not.
    static bool isWeights(int32_t type) {
        constexpr int32_t kComplex64 = 14;
        constexpr int32_t kComplex128 = 15;
        return type != kComplex64 && type != kComplex128 && (type <= onnx::kFloat8 || type == onnx::kInt4);
    }

    // Every constant becomes weights, used or not.
    void checkConstants() {
        std::unordered_set<std::string> names;
        for (const onnx::Tensor& tensor : model_.graph.initializers) {
            const std::string who = "initializer " + quote(tensor.name);
            if (PINION_TRT_SINCE(11, 0) && !names.insert(tensor.name).second) {
                fail(Code::kINVALID_GRAPH, who + " is there twice");
            }
            if (PINION_TRT_SINCE(11, 0) && tensor.dims.size() > kHighestRank) {
                fail(Code::kINVALID_GRAPH, who + " has " + std::to_string(tensor.dims.size()) +
                                               " dimensions; TensorRT takes " + std::to_string(kHighestRank));
            }
            switch (tensor.type) {
                case onnx::kUint16:
                case onnx::kInt16:
                case onnx::kUint32:
                case onnx::kUint64:
                case onnx::kString:
                    fail(Code::kINVALID_GRAPH,
                         who + " is of the type " + onnx::typeName(tensor.type) + ", which TensorRT does not take");
                    break;
                default:
                    if (PINION_TRT_SINCE(11, 0) && !isWeights(tensor.type)) {
                        fail(Code::kINVALID_GRAPH,
                             who + " is of the type " + onnx::typeName(tensor.type) + ", which TensorRT does not take");
                    }
                    break;
            }
        }
    }

    void checkData(const onnx::Graph& graph) {
        for (const onnx::Tensor& tensor : graph.initializers) {
            checkTensor(tensor);
        }
        for (const onnx::Node& node : graph.nodes) {
            for (const onnx::Tensor& tensor : node.tensors) {
                checkTensor(tensor);
            }
            for (const onnx::Graph& body : node.graphs) {
                checkData(body);
            }
        }
    }

    void checkTensor(const onnx::Tensor& tensor) {
        if (!tensor.external) {
            return;
        }
        const std::string who = "initializer " + quote(tensor.name);
        const std::string& location = tensor.location;
        const bool absolute =
            location.front() == '/' || location.front() == '\\' || (location.size() > 1 && location[1] == ':');
        if (absolute || leavesFolder(location)) {
            fail(Code::kINVALID_VALUE,
                 who + " has its data in " + quote(location) + ", outside of the model's folder, which is refused");
            return;
        }
        const std::string path = folder_ + location;
        std::string why;
        const int64_t size = fileSize(path, why);
        if (size < 0) {
            fail(Code::kINVALID_VALUE, who + " has its data in the file " + quote(path) + ": " + why);
            return;
        }
        const uint64_t length = tensor.length != 0 ? tensor.length : tensor.byteSize();
        if (tensor.offset > static_cast<uint64_t>(size) || length > static_cast<uint64_t>(size) - tensor.offset) {
            fail(Code::kINVALID_VALUE,
                 format("%s has %llu bytes at offset %llu of the file %s, which has only %lld", who.c_str(),
                        static_cast<unsigned long long>(length), static_cast<unsigned long long>(tensor.offset),
                        quote(path).c_str(), static_cast<long long>(size)));
        }
    }

    static bool leavesFolder(const std::string& location) {
        int depth = 0;
        size_t begin = 0;
        while (begin <= location.size()) {
            const size_t end = std::min(location.find_first_of("/\\", begin), location.size());
            const std::string part = location.substr(begin, end - begin);
            depth += part == ".." ? -1 : part.empty() || part == "." ? 0 : 1;
            if (depth < 0) {
                return true;
            }
            begin = end + 1;
        }
        return false;
    }

    std::vector<ParserError>& errors_;
    const Log& log_;
    std::string folder_;
    onnx::Model model_;
    Inference values_;
    std::string refusedAtBuild_;
    std::map<std::string, int> shapes_;  // inputs whose values decide shapes
};

// Gives the network its tensors and layers from its model.
void fill(NetworkState& network, const Inference& known, const std::map<std::string, int>& shapes) {
    const onnx::Graph& graph = network.model.graph;
    std::unordered_map<std::string, Tensor*> byName;
    const auto make = [&](const std::string& name) {
        network.tensors.push_back(std::make_unique<Tensor>(network, name));
        return network.tensors.back().get();
    };
    const auto tensor = [&](const std::string& name) {
        Tensor*& made = byName[name];
        if (made == nullptr) {
            made = make(name);
            if (const auto value = known.values.find(name); value != known.values.end()) {
                made->describe(value->second);
            }
        }
        return made;
    };
    std::unordered_set<std::string> listed;
    for (const onnx::Value& input : graph.inputs) {
        if (graph.initializer(input.name) != nullptr || !listed.insert(input.name).second) {
            continue;
        }
        const std::string name = networkInputName(graph, input.name);
        Tensor* const made = name == input.name ? tensor(name) : make(name);
        onnx::Value value = input;
        value.hasShape = true;  // one without a shape is a scalar to TensorRT
        made->describe(value);
        made->setInput();
        if (shapes.count(input.name) != 0) {
            made->setShapeTensor(computesWith(graph, input.name));
        }
        network.inputs.push_back(made);
    }
    listed.clear();
    for (const onnx::Value& output : graph.outputs) {
        if (listed.insert(output.name).second) {
            tensor(output.name)->setOutput(output);
            network.outputs.push_back(tensor(output.name));
        }
    }
    std::unordered_set<std::string> constants;
    for (const onnx::Tensor& initializer : graph.initializers) {
        constants.insert(initializer.name);
    }
    for (const onnx::Node& node : graph.nodes) {
        std::vector<Tensor*> inputs;
        std::vector<Tensor*> outputs;
        for (const std::string& name : node.inputs) {
            if (!name.empty() && constants.count(name) == 0) {
                inputs.push_back(tensor(name));
            }
        }
        for (const std::string& name : node.outputs) {
            if (!name.empty()) {
                outputs.push_back(tensor(name));
            }
        }
        network.layers.push_back(std::make_unique<Layer>(network, node));
        network.layers.back()->connect(std::move(inputs), std::move(outputs));
    }
    if (network.name.empty()) {
        network.name = graph.name;
    }
}

// Runs of consecutive supported nodes, as indices.
std::vector<std::vector<int64_t>> supportedRuns(const onnx::Graph& graph) {
    std::unordered_set<int> bad;
    for (const GraphProblem& problem : checkGraph(graph).problems) {
        if (!problem.atBuild) {
            bad.insert(problem.node);
        }
    }
    std::vector<std::vector<int64_t>> runs;
    bool open = false;
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
        if (bad.count(static_cast<int>(i)) != 0) {
            open = false;
            continue;
        }
        if (!open) {
            runs.emplace_back();
            open = true;
        }
        runs.back().push_back(static_cast<int64_t>(i));
    }
    return runs;
}

}  // namespace

Parser::~Parser() noexcept {
    if (state_ == nullptr && !released()) {
        reportDead("IParser", "destroy");
    }
}

bool Parser::alive(const char* function) const noexcept {
    if (state_ == nullptr) {
        reportDead("IParser", function);
    }
    return state_ != nullptr;
}

bool Parser::parse(void const* model, size_t size, char const* path) noexcept {
    if (!alive(__func__)) {
        return false;
    }
    return guarded(state_->log, "IParser::parse", false, [&] {
        if (model == nullptr && size != 0) {
            refuse("the model is null");
        }
        return parseBytes(std::string(static_cast<const char*>(model), size), path != nullptr ? folderOf(path) : "");
    });
}

bool Parser::parseFromFile(char const* path, int) noexcept {
    if (!alive(__func__)) {
        return false;
    }
    return guarded(state_->log, "IParser::parseFromFile", false, [&] {
        const std::string name = path != nullptr ? path : "";
        std::string bytes;
        try {
            bytes = readFile(name);
        } catch (const Refusal& refusal) {
            state_->errors.emplace_back(Code::kMODEL_DESERIALIZE_FAILED, refusal.what(), -1, "", "");
            throw;
        }
        return parseBytes(std::move(bytes), folderOf(name));
    });
}

bool Parser::parseBytes(std::string bytes, const std::string& folder) {
    const auto network = state_->network->state("parse");
    if (network == nullptr) {
        return false;
    }
    Reading reading(state_->errors, state_->log, folder);
    if (!network->explicitBatch()) {
        reading.fail(
            Code::kINVALID_VALUE,
            "the network was created without NetworkDefinitionCreationFlag::kEXPLICIT_BATCH; this parser takes "
            "networks with an explicit batch only");
        return false;
    }
    if (!network->layers.empty() || !network->outputs.empty()) {
        reading.fail(Code::kINVALID_VALUE, "the network was filled by an earlier parse");
        return false;
    }
    if (!reading.read(bytes)) {
        return false;
    }
    network->bytes = std::move(bytes);
    network->folder = folder;
    network->model = onnx::parse(network->bytes);  // once more, so that it refers to the network's own bytes
    network->refusedAtBuild = reading.refusedAtBuild();
    network->view = reading.values().view;
    roundHalf(network->model, reading.values(), state_->log, network->view);
    fill(*network, reading.values(), reading.shapes());
    state_->log.info(format("Parsed ONNX opset %lld, %zu nodes, %zu inputs, %zu outputs.",
                            static_cast<long long>(network->model.opset()), network->layers.size(),
                            network->inputs.size(), network->outputs.size()));
    return true;
}

bool Parser::supports(const char* function, void const* model, size_t size, char const* path,
                      std::vector<std::vector<int64_t>>& runs) noexcept {
    if (!alive(function)) {
        return false;
    }
    return guardedAt(
        state_->log, [&] { return std::string("IParser::") + function; }, false,
        [&] {
            Reading reading(state_->errors, state_->log, path != nullptr ? folderOf(path) : "");
            const bool all = reading.read(std::string(static_cast<const char*>(model), model != nullptr ? size : 0));
            runs = supportedRuns(reading.model().graph);
            return all;
        });
}

#if !PINION_TRT_SINCE(11, 0)
bool Parser::supportsModel(void const* model, size_t size, SubGraphCollection_t& subgraphs, char const* path) noexcept {
    std::vector<std::vector<int64_t>> runs;
    const bool all = supports(__func__, model, size, path, runs);
    subgraphs.clear();
    for (const std::vector<int64_t>& run : runs) {
        subgraphs.emplace_back(std::vector<size_t>(run.begin(), run.end()), true);
    }
    return all;
}

bool Parser::parseWithWeightDescriptors(void const*, size_t) noexcept {
    if (alive(__func__)) {
        state_->log.error(ErrorCode::kUNSUPPORTED_STATE, "IParser::parseWithWeightDescriptors",
                          "the host SDK reads whole ONNX models only");
    }
    return false;
}
#endif

bool Parser::supportsOperator(char const* name) const noexcept {
    return alive(__func__) && name != nullptr && hasImporter(name);
}

int Parser::getNbErrors() const noexcept {
    return alive(__func__) ? static_cast<int>(state_->errors.size()) : 0;
}

nvonnxparser::IParserError const* Parser::getError(int index) const noexcept {
    const bool inside = alive(__func__) && index >= 0 && static_cast<size_t>(index) < state_->errors.size();
    return inside ? &state_->errors[static_cast<size_t>(index)] : nullptr;
}

void Parser::clearErrors() noexcept {
    if (alive(__func__)) {
        state_->errors.clear();
    }
}

#if PINION_TRT_SINCE(8, 6)
char const* const* Parser::getUsedVCPluginLibraries(int64_t& count) const noexcept {
    alive(__func__);
    count = 0;
    return nullptr;
}

void Parser::setFlags(nvonnxparser::OnnxParserFlags flags) noexcept {
    if (alive(__func__)) {
        state_->flags = flags;
    }
}

nvonnxparser::OnnxParserFlags Parser::getFlags() const noexcept {
    return alive(__func__) ? state_->flags : 0;
}

void Parser::clearFlag(nvonnxparser::OnnxParserFlag flag) noexcept {
    if (alive(__func__)) {
        state_->flags &= ~(1u << static_cast<uint32_t>(flag));
    }
}

void Parser::setFlag(nvonnxparser::OnnxParserFlag flag) noexcept {
    if (alive(__func__)) {
        state_->flags |= 1u << static_cast<uint32_t>(flag);
    }
}

bool Parser::getFlag(nvonnxparser::OnnxParserFlag flag) const noexcept {
    return alive(__func__) && (state_->flags >> static_cast<uint32_t>(flag) & 1u) != 0;
}
#endif

#if PINION_TRT_SINCE(10, 0)
nvinfer1::ITensor const* Parser::getLayerOutputTensor(char const* name, int64_t index) noexcept {
    if (!alive(__func__) || name == nullptr) {
        return nullptr;
    }
    const auto network = state_->network->state(__func__);
    if (network == nullptr) {
        return nullptr;
    }
    for (const auto& layer : network->layers) {
        if (std::strcmp(layer->getName(), name) == 0) {
            return layer->getOutput(static_cast<int32_t>(index));
        }
    }
    return nullptr;
}

bool Parser::supportsModelV2(void const* model, size_t size, char const* path) noexcept {
    std::vector<std::vector<int64_t>> runs;
    const bool all = supports(__func__, model, size, path, runs);
    if (state_ != nullptr) {
        state_->subgraphs = std::move(runs);
    }
    return all;
}

int64_t Parser::getNbSubgraphs() noexcept {
    return alive(__func__) ? static_cast<int64_t>(state_->subgraphs.size()) : 0;
}

bool Parser::isSubgraphSupported(int64_t const index) noexcept {
    return alive(__func__) && index >= 0 && static_cast<size_t>(index) < state_->subgraphs.size();
}

int64_t* Parser::getSubgraphNodes(int64_t const index, int64_t& length) noexcept {
    length = 0;
    if (!isSubgraphSupported(index)) {
        return nullptr;
    }
    std::vector<int64_t>& nodes = state_->subgraphs[static_cast<size_t>(index)];
    length = static_cast<int64_t>(nodes.size());
    return nodes.data();
}
#endif

}  // namespace pinion_host_tensorrt

extern "C" void* createNvOnnxParser_INTERNAL(void* network, void* logger, int version) noexcept {
    using namespace pinion_host_tensorrt;
    auto* const log = static_cast<nvinfer1::ILogger*>(logger);
    return guarded(Log(log), "createParser", static_cast<void*>(nullptr), [&]() -> void* {
        if (version != NV_ONNX_PARSER_VERSION || network == nullptr) {
            refuse(network == nullptr ? "the network is null" : "the header is of another parser version");
        }
        auto* const known = static_cast<Network*>(static_cast<nvinfer1::INetworkDefinition*>(network));
        return static_cast<nvonnxparser::IParser*>(new Parser(log, known));
    });
}
