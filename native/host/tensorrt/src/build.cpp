#include "build.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <unordered_set>

#include "device.h"
#include "faults.h"
#include "hashing.h"
#include "inference.h"
#include "operators.h"
#include "progress.h"
#include "refusal.h"
#include "targets.h"

namespace pinion_host_tensorrt {
namespace {

using nvinfer1::BuilderFlag;

Shape shapeOf(const Tensor& tensor) {
    Shape shape;
    for (const onnx::Dim& dim : tensor.dims()) {
        shape.push_back(dim.extent);
    }
    return shape;
}

bool isDynamic(const Shape& shape) {
    return std::find(shape.begin(), shape.end(), -1) != shape.end();
}

void checkFlags(const ConfigState& config) {
    struct Refused {
        BuilderFlag flag;
        const char* what;
    };
    const std::vector<Refused> refused = {
        {BuilderFlag::kREFIT, "refitting"},
        {BuilderFlag::kSAFETY_SCOPE, "safety"},
#if !PINION_TRT_SINCE(11, 0)
        {BuilderFlag::kINT8, "INT8"},
#if PINION_TRT_SINCE(8, 6)
        {BuilderFlag::kFP8, "FP8"},
#endif
#if PINION_TRT_SINCE(10, 0)
        {BuilderFlag::kINT4, "INT4"},
#endif
#endif
#if PINION_TRT_SINCE(10, 0)
        {BuilderFlag::kSTRIP_PLAN, "plans without weights"},
        {BuilderFlag::kREFIT_IDENTICAL, "refitting"},
        {BuilderFlag::kREFIT_INDIVIDUAL, "refitting"},
        {BuilderFlag::kWEIGHT_STREAMING, "weight streaming"},
#endif
    };
    for (const Refused& item : refused) {
        if (config.hasFlag(item.flag)) {
            refuse(ErrorCode::kUNSUPPORTED_STATE, std::string("the host SDK has no ") + item.what);
        }
    }
#if PINION_TRT_SINCE(8, 6)
    if (config.hasFlag(BuilderFlag::kVERSION_COMPATIBLE)) {
#if PINION_TRT_RTX
        refuse(ErrorCode::kINVALID_CONFIG, "version compatibility needs the lean runtime, which is not there");
#endif
        config.log.warning("Version compatibility has no effect on the host: plans need the release that built them.");
    }
    if (config.hardwareCompatibility == nvinfer1::HardwareCompatibilityLevel::kAMPERE_PLUS) {
        refuse(ErrorCode::kUNSUPPORTED_STATE,
               "this hardware compatibility level needs a GPU of that generation, which the host is not");
    }
#endif
#if PINION_TRT_SINCE(10, 0)
    if (config.platform != nvinfer1::RuntimePlatform::kSAME_AS_BUILD) {
        refuse(ErrorCode::kUNSUPPORTED_STATE, "the host SDK builds for its own platform only");
    }
#endif
}

// From TensorRT 11 on only the model chooses precisions.
#if !PINION_TRT_SINCE(11, 0)

void checkPrecisionFlags(const NetworkState& network, const ConfigState& config) {
    bool reduced = config.hasFlag(BuilderFlag::kFP16);
#if PINION_TRT_SINCE(10, 0)
    reduced = reduced || config.hasFlag(BuilderFlag::kBF16);
    if (network.hasFlag(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED) && reduced) {
        refuse("a strongly typed network takes its precisions from the model, so FP16 and BF16 must not be set");
    }
#else
    static_cast<void>(network);
#endif
    if (reduced) {
        config.log.warning(
            "Reduced precision was asked for, and this platform has no fast FP16: the host computes in FP32.");
    }
}

void checkLayerPrecisions(const NetworkState& network, const ConfigState& config) {
    bool obey = false;
#if PINION_TRT_SINCE(8, 2)
    obey = config.hasFlag(BuilderFlag::kOBEY_PRECISION_CONSTRAINTS);
#endif
#if !PINION_TRT_SINCE(10, 0)
    obey = obey || config.hasFlag(BuilderFlag::kSTRICT_TYPES);
#endif
    for (const auto& layer : network.layers) {
        if (!layer->precisionIsSet()) {
            continue;
        }
        const DataType precision = layer->getPrecision();
        const std::string who = "layer " + quote(layer->getName()) + " is to compute in " + nameOf(precision);
        if (precision == DataType::kINT8) {
            refuse(ErrorCode::kUNSUPPORTED_STATE, who + ", which the host SDK does not have");
        }
        if (obey && precision == DataType::kHALF && !config.hasFlag(BuilderFlag::kFP16)) {
            refuse(ErrorCode::kINVALID_CONFIG, who + ", and the configuration does not allow FP16");
        }
    }
}

#endif

void checkDevices(const ConfigState& config) {
#if !PINION_TRT_RTX
    // TensorRT for RTX knows of no other device than GPUs, and says nothing.
    const bool asked = config.defaultDevice == nvinfer1::DeviceType::kDLA || !config.dlaLayers.empty();
    if (asked && !config.hasFlag(BuilderFlag::kGPU_FALLBACK)) {
        refuse(ErrorCode::kINVALID_CONFIG, "layers are placed on a deep learning accelerator, and there is none");
    }
#endif
    if (config.capability != nvinfer1::EngineCapability::kSTANDARD) {
        refuse(ErrorCode::kUNSUPPORTED_STATE, "the host SDK builds standard engines only");
    }
}

// The first input of that name, or null.
const Tensor* inputNamed(const NetworkState& network, const std::string& name) {
    const auto found = std::find_if(network.inputs.begin(), network.inputs.end(),
                                    [&](const Tensor* input) { return input->name() == name; });
    return found != network.inputs.end() ? *found : nullptr;
}

#if PINION_TRT_SINCE(8, 5)

// Extents of one name are one extent: their ranges must have something in common, and opt one value.
void checkNamedExtents(const NetworkState& network, const OptimizationProfile& profile, const std::string& who) {
    std::map<std::string, int64_t> known[kSelectors];
    for (const Tensor* input : network.inputs) {
        const auto range = profile.ranges().find(input->name());
        for (size_t k = 0; k < input->dims().size(); ++k) {
            const onnx::Dim& dim = input->dims()[k];
            if (dim.symbol.empty() || dim.extent != -1 || range == profile.ranges().end()) {
                continue;
            }
            int64_t values[kSelectors];
            for (int i = 0; i < kSelectors; ++i) {
                values[i] = range->second.shapes[i][k];
            }
            int64_t& least = known[0].emplace(dim.symbol, values[0]).first->second;
            const int64_t best = known[1].emplace(dim.symbol, values[1]).first->second;
            int64_t& most = known[2].emplace(dim.symbol, values[2]).first->second;
            least = std::max(least, values[0]);
            most = std::min(most, values[2]);
            const std::string extent = who + " contradicts itself: dimensions named " + quote(dim.symbol);
            if (best != values[1]) {
                refuse(extent + " must be equal, and their opt values are " + std::to_string(best) + " and " +
                       std::to_string(values[1]));
            }
            if (least > most) {
                refuse(extent + " must be equal, and one begins at " + std::to_string(least) +
                       " where another ends at " + std::to_string(most));
            }
        }
    }
}

#endif

void checkProfiles(const NetworkState& network, const ConfigState& config) {
    for (size_t index = 0; index < config.profiles.size(); ++index) {
        const OptimizationProfile& profile = *config.profiles[index];
        const std::string who = "optimization profile " + std::to_string(index);
        if (const std::string problem = profile.problem(); !problem.empty()) {
            refuse(who + " is invalid: " + problem);
        }
        for (const auto& [name, range] : profile.ranges()) {
            const Tensor* const input = inputNamed(network, name);
            if (input == nullptr) {
                continue;  // NVIDIA's builder does not look at it
            }
            const Shape declared = shapeOf(*input);
            for (const Shape& shape : range.shapes) {
                bool fits = shape.size() == declared.size();
                for (size_t k = 0; fits && k < shape.size(); ++k) {
                    fits = declared[k] == -1 || declared[k] == shape[k];
                }
                if (!fits) {
                    refuse(who + " has the shape " + toString(shape) + " for input " + quote(name) +
                           ", whose shape in the network is " + toString(declared));
                }
            }
        }
        for (const Tensor* input : network.inputs) {
            if (isDynamic(shapeOf(*input)) && profile.ranges().count(input->name()) == 0) {
                refuse(who + " has no shapes for the dynamic input " + quote(input->name()));
            }
            const auto values = profile.values().find(input->name());
            const bool given = values != profile.values().end();
            if (given && !input->isShapeTensor()) {
                config.log.warning(quote(input->name()) + ": values were set for an input that is no shape tensor.");
            }
            if (input->isShapeTensor()) {
                if (!given) {
                    refuse(who + " has no values for the shape tensor input " + quote(input->name()));
                }
                const auto count = static_cast<size_t>(elementCount(shapeOf(*input)));
                if (values->second.shapes[0].size() != count) {
                    refuse(format("%s has %zu values for the shape tensor input %s, which has %zu", who.c_str(),
                                  values->second.shapes[0].size(), quote(input->name()).c_str(), count));
                }
            }
        }
#if PINION_TRT_SINCE(8, 5)
        checkNamedExtents(network, profile, who);
#endif
    }
}

// The shapes of all inputs in one profile, and the values of shape tensors; static inputs have one shape.
ProfileInfo resolve(const NetworkState& network, const OptimizationProfile* profile) {
    ProfileInfo info;
    for (const Tensor* input : network.inputs) {
        const auto known =
            profile != nullptr ? profile->ranges().find(input->name()) : decltype(profile->ranges().end()){};
        for (int i = 0; i < kSelectors; ++i) {
            const bool given = profile != nullptr && known != profile->ranges().end();
            info.shapes[i].push_back(given ? known->second.shapes[i] : shapeOf(*input));
        }
    }
    for (const Tensor* input : network.inputs) {
        if (!input->isShapeTensor()) {
            continue;
        }
        const ValueRange& range = profile->values().at(input->name());
        for (int i = 0; i < kSelectors; ++i) {
            info.shapes[i].emplace_back(range.shapes[i].begin(), range.shapes[i].end());
        }
    }
    return info;
}

TensorInfo describe(const Tensor& tensor, bool input) {
    TensorInfo info;
    info.name = tensor.name();
    info.onnxName = tensor.onnxName();
    info.input = input;
    info.isShape = input && tensor.isShapeTensor();
    info.isExecution = tensor.isExecutionTensor();
    info.onnxType = tensor.onnxElementType();
    info.type = tensor.type();
    for (const onnx::Dim& dim : tensor.dims()) {
        info.dims.push_back(dim.extent);
        info.symbols.push_back(dim.symbol);
    }
    return info;
}

// Whether a Loop has no small number of iterations, so that a run may not end.
bool mayRunLong(const onnx::Graph& graph) {
    constexpr int64_t kSmall = 1000;
    return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const onnx::Node& node) {
        return (node.op == "Loop" && tripLimit(graph, node).value_or(kSmall) >= kSmall) ||
               std::any_of(node.graphs.begin(), node.graphs.end(), mayRunLong);
    });
}

// Whether a run failed of what tensors hold, which NVIDIA's builder does not look at, in ONNX Runtime's words.
bool isOfValues(const std::string& message) {
    const char* const marks[] = {"element out of data bounds", "elements out of data bounds", "invalid index found",
                                 "invalid indice found",       "Out of range value in index", "Invalid sequence length",
                                 "value in sequence_lens"};
    return std::any_of(std::begin(marks), std::end(marks),
                       [&](const char* mark) { return message.find(mark) != std::string::npos; });
}

// Learns the output shapes, from the timing cache or by running the model on zeros.
class Measuring {
public:
    Measuring(const NetworkState& network, PlanInfo& info, const Session& session, ConfigState& config,
              uint64_t modelKey)
        : network_(network),
          info_(info),
          session_(session),
          config_(config),
          modelKey_(modelKey),
          mayRunLong_(mayRunLong(network.model.graph)) {}

    // NVIDIA's builder only warns of minima and of maxima that the network does not take together.
    void measure(const ProfileInfo& profile, nvinfer1::OptProfileSelector select) {
        try {
            measureOne(profile, select);
        } catch (const Refusal& refusal) {
            if (select == nvinfer1::OptProfileSelector::kOPT || refusal.code() == ErrorCode::kINVALID_STATE) {
                throw;
            }
            config_.log.warning(std::string("The ") + (select == nvinfer1::OptProfileSelector::kMIN ? "min" : "max") +
                                " values of a profile do not go together: " + refusal.what());
        }
    }

private:
    void measureOne(const ProfileInfo& profile, nvinfer1::OptProfileSelector select) {
        const std::vector<Shape> inputs = reconciled(profile, static_cast<size_t>(select));
        if (info_.shapes.count(inputs) != 0) {
            return;
        }
        // The largest shapes may be more than there is memory for, and ONNX Runtime has died of empty ones, so neither
        // is run when it need not be.
        if (select == nvinfer1::OptProfileSelector::kMAX || isAnyEmpty(inputs) || mayRunLong_) {
            if (std::vector<Shape> outputs = foretold(inputs); !outputs.empty()) {
                info_.shapes[inputs] = std::move(outputs);
                return;
            }
        }
        if (bytesOfAll(inputs) > kMostRun || mayRunLong_) {
            return;
        }
        const uint64_t key = keyOf(inputs);
        Measurement measurement;
        const bool useCache = config_.records != nullptr && !config_.hasFlag(BuilderFlag::kDISABLE_TIMING_CACHE);
        if (!useCache || !config_.records->find(key, measurement)) {
#if PINION_TRT_SINCE(10, 0)
            if (useCache && config_.hasFlag(BuilderFlag::kERROR_ON_TIMING_CACHE_MISS)) {
                refuse(ErrorCode::kINVALID_STATE, "the timing cache has no measurement of this network");
            }
#endif
            try {
                measurement.outputs = session_.measureOutputs(inputs, measurement.milliseconds);
            } catch (const Refusal& refusal) {
                if (!isOfValues(refusal.what())) {
                    throw;
                }
                measurement.outputs = foretold(inputs);
                if (measurement.outputs.empty()) {
                    throw;
                }
                config_.log.warning(std::string("The network will fail when it runs: ") + refusal.what());
            }
            if (useCache) {
                config_.records->add(key, measurement);
            }
        }
        std::string text;
        for (size_t i = 0; i < network_.inputs.size(); ++i) {
            text += (i == 0 ? "" : ", ") + info_.tensors[i].name + ":" + toString(inputs[i]);
        }
        config_.log.verbose(format("Timed %s: %.3f ms.", text.c_str(), measurement.milliseconds));
        checkStates(measurement.outputs);
        info_.shapes[inputs] = std::move(measurement.outputs);
    }

    // What a Loop carries keeps its shape.
    void checkStates(const std::vector<Shape>& outputs) const {
        for (size_t i = 0; PINION_TRT_SINCE(11, 0) && i < outputs.size(); ++i) {
            const std::string& name = network_.outputs[i]->onnxName();
            const Shape known = shapeOf(*network_.outputs[i]);
            const bool isCarried = std::any_of(
                network_.model.graph.nodes.begin(), network_.model.graph.nodes.end(), [&](const onnx::Node& node) {
                    return node.op == "Loop" &&
                           std::find(node.outputs.begin(), node.outputs.end(), name) != node.outputs.end();
                });
            if (isCarried && !isDynamic(known) && known != outputs[i]) {
                refuse("the loop that makes " + quote(name) + " changes its shape from " + toString(known) + " to " +
                       toString(outputs[i]));
            }
        }
    }

    // Inputs of more bytes are not made only to learn the shapes of outputs.
    static constexpr double kMostRun = 1024.0 * 1024 * 1024;

    // The shapes of a profile where dimensions of one name have one value.
    std::vector<Shape> reconciled(const ProfileInfo& profile, size_t select) const {
        std::vector<Shape> shapes = profile.shapes[select];
        std::map<std::string, int64_t> values;
        const auto each = [&](auto&& visit) {
            for (size_t i = 0; i < network_.inputs.size(); ++i) {
                for (size_t k = 0; k < shapes[i].size(); ++k) {
                    const std::string& symbol = info_.tensors[i].symbols[k];
                    if (!symbol.empty() && info_.tensors[i].dims[k] == -1) {
                        visit(symbol, shapes[i][k]);
                    }
                }
            }
        };
        const bool isLeast = select == static_cast<size_t>(nvinfer1::OptProfileSelector::kMIN);
        each([&](const std::string& symbol, int64_t extent) {
            int64_t& value = values.emplace(symbol, extent).first->second;
            value = isLeast ? std::max(value, extent) : std::min(value, extent);
        });
        each([&](const std::string& symbol, int64_t& extent) { extent = values[symbol]; });
        return shapes;
    }

    // The output shapes, as far as they follow from the input shapes alone; else nothing.
    std::vector<Shape> foretold(const std::vector<Shape>& inputs) const {
        const Inference inference = infer(network_.bytes, network_.model, config_.log, &inputs, &network_.view);
        if (!inference.problem.empty()) {
            std::string at;
            for (const Shape& shape : inputs) {
                at += (at.empty() ? "" : ", ") + toString(shape);
            }
            const std::string who =
                inference.node >= 0
                    ? "node " + quote(network_.model.graph.nodes[static_cast<size_t>(inference.node)].label()) + ": "
                    : "";
            refuse("the network does not take inputs of " + at + ": " + who + inference.problem);
        }
        std::vector<Shape> outputs;
        for (const Tensor* output : network_.outputs) {
            const auto value = inference.values.find(output->onnxName());
            if (value == inference.values.end() || !value->second.hasShape || isDynamic(value->second.shape())) {
                return {};
            }
            outputs.push_back(value->second.shape());
        }
        return outputs;
    }

    // A double, because the largest shapes overflow.
    double bytesOfAll(const std::vector<Shape>& inputs) const {
        double bytes = 0;
        for (size_t i = 0; i < network_.inputs.size(); ++i) {
            bytes += std::accumulate(
                inputs[i].begin(), inputs[i].end(), static_cast<double>(onnx::elementSize(info_.tensors[i].onnxType)),
                [](double product, int64_t extent) { return product * static_cast<double>(extent); });
        }
        return bytes;
    }

    bool isAnyEmpty(const std::vector<Shape>& inputs) const {
        return std::any_of(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(network_.inputs.size()),
                           [](const Shape& shape) { return std::find(shape.begin(), shape.end(), 0) != shape.end(); });
    }

    uint64_t keyOf(const std::vector<Shape>& inputs) const {
        std::string text = std::to_string(modelKey_);
        for (const Shape& shape : inputs) {
            text += "," + toString(shape);
        }
        return hashOf(text);
    }

    const NetworkState& network_;
    PlanInfo& info_;
    const Session& session_;
    ConfigState& config_;
    uint64_t modelKey_;
    bool mayRunLong_;
};

// Gives the outputs their shapes: an extent is fixed when all measurements agree on it, or the network says so.
void settleOutputs(PlanInfo& info) {
    if (info.shapes.empty()) {
        return;
    }
    const bool severalPoints = info.shapes.size() > 1;
    size_t output = 0;
    for (TensorInfo& tensor : info.tensors) {
        if (tensor.input) {
            continue;
        }
        const Shape declared = tensor.dims;
        const std::vector<std::string> symbols = tensor.symbols;
        const Shape& first = info.shapes.begin()->second[output];
        tensor.dims = first;
        tensor.symbols.assign(first.size(), "");
        const bool sameRank = declared.size() == first.size();
        for (size_t k = 0; k < first.size(); ++k) {
            const bool constant = std::all_of(info.shapes.begin(), info.shapes.end(), [&](const auto& entry) {
                return entry.second[output].size() == first.size() && entry.second[output][k] == first[k];
            });
            const bool declaredFixed = sameRank && declared[k] == first[k];
            if (!constant || (info.isDynamic() && !severalPoints && !declaredFixed)) {
                tensor.dims[k] = -1;
                tensor.symbols[k] = sameRank ? symbols[k] : "";
            }
        }
        ++output;
    }
}

// Whether every measured output shape is what the symbols of the extents say.
bool symbolsForetell(const PlanInfo& info) {
    PlanInfo blind = info;
    blind.shapes.clear();
    blind.symbolsHold = true;
    return info.shapes.size() > 1 && std::all_of(info.shapes.begin(), info.shapes.end(), [&](const auto& entry) {
               return blind.outputShapes(entry.first) == entry.second;
           });
}

GraphOptimizationLevel optimizationFor(int32_t level) {
    constexpr int32_t kFirstExtended = 1;
    constexpr int32_t kFirstFull = 3;
    return level >= kFirstFull ? ORT_ENABLE_ALL : level >= kFirstExtended ? ORT_ENABLE_EXTENDED : ORT_ENABLE_BASIC;
}

}  // namespace

void checkBuild(const NetworkState& network, const ConfigState& config) {
    if (!network.explicitBatch()) {
        refuse("the network was created without NetworkDefinitionCreationFlag::kEXPLICIT_BATCH");
    }
    if (network.outputs.empty()) {
        refuse(ErrorCode::kINVALID_ARGUMENT, "the network must have at least one output");
    }
    if (!network.refusedAtBuild.empty()) {
        refuse(network.refusedAtBuild);
    }
    checkFlags(config);
#if !PINION_TRT_SINCE(11, 0)
    checkPrecisionFlags(network, config);
    checkLayerPrecisions(network, config);
#endif
    checkDevices(config);
    std::unordered_set<std::string> names;
    bool dynamic = false;
    for (const auto* tensors : {&network.inputs, &network.outputs}) {
        for (const Tensor* tensor : *tensors) {
            if (!names.insert(tensor->name()).second) {
                refuse("two inputs or outputs have the name " + quote(tensor->name()));
            }
            if (!tensor->linearFormatAllowed()) {
                refuse(ErrorCode::kUNSUPPORTED_STATE,
                       quote(tensor->name()) + " allows no linear format, the only one of the host SDK");
            }
            dynamic = dynamic || (tensors == &network.inputs && isDynamic(shapeOf(*tensor)));
        }
    }
    if (dynamic && config.profiles.empty()) {
        refuse("the network has dynamic inputs, and no optimization profile was added");
    }
    const auto shapeTensor = std::find_if(network.inputs.begin(), network.inputs.end(),
                                          [](const Tensor* input) { return input->isShapeTensor(); });
    if (shapeTensor != network.inputs.end() && config.profiles.empty()) {
        refuse("the network has the shape tensor input " + quote((*shapeTensor)->name()) +
               ", and no optimization profile was added that has values for it");
    }
    checkProfiles(network, config);
}

std::string buildPlan(const NetworkState& network, ConfigState& config) {
    refuseIfScripted(FaultPoint::kBuild, ErrorCode::kINTERNAL_ERROR, "the build");
    checkBuild(network, config);

    PlanInfo info;
    info.deviceName = device().name;
    info.deviceInstructions = device().instructions;
    info.onnxRuntime = ortLibrary().version;
    info.networkName = network.name;
    info.flags = config.flags;
    info.profilingVerbosity = static_cast<uint64_t>(config.verbosity);
    info.tacticSources = config.tacticSources;
#if PINION_TRT_RTX
    info.targets = targetBits(config.computeCapabilities);
#endif
#if PINION_TRT_SINCE(10, 0)
    info.profileSharing = true;
#elif PINION_TRT_SINCE(8, 6)
    info.profileSharing =
        config.previewFeatures.count(static_cast<int32_t>(nvinfer1::PreviewFeature::kPROFILE_SHARING_0806)) != 0;
#endif
    for (const Tensor* input : network.inputs) {
        info.tensors.push_back(describe(*input, true));
    }
    for (const Tensor* output : network.outputs) {
        info.tensors.push_back(describe(*output, false));
    }
    for (const OptimizationProfile* profile : config.profiles) {
        info.profiles.push_back(resolve(network, profile));
    }
    if (info.profiles.empty()) {
        info.profiles.push_back(resolve(network, nullptr));
    }

    Progress progress(config);
    progress.begin("Building Engine", 3);

    progress.begin("Optimizing Graph", 1);
    const GraphOptimizationLevel level = optimizationFor(config.optimizationLevel);
    OptimizedModel optimized = optimize(network.bytes, network.view, network.folder, level, config.log);
    progress.step();
    progress.end();
    progress.step();

    info.layers = std::move(optimized.layers);
    info.weights = optimized.parts.weights;
    // The session packs the weights into its own layout, so the plan's bytes are taken before.
    const std::string modelText = std::to_string(hashOf(network.bytes)) + "," + std::to_string(level);
    const ModelParts forPlan = copyOf(optimized.parts);
    const Session session(std::move(optimized.parts), info.sessionTensors(), config.log);

    progress.begin("Timing Profiles", static_cast<int32_t>(info.profiles.size()) * kSelectors);
    Measuring measuring(network, info, session, config, hashOf(modelText));
    for (const ProfileInfo& profile : info.profiles) {
        for (const auto select : {nvinfer1::OptProfileSelector::kOPT, nvinfer1::OptProfileSelector::kMIN,
                                  nvinfer1::OptProfileSelector::kMAX}) {
            measuring.measure(profile, select);
            progress.step();
        }
    }
    progress.end();
    progress.step();
    settleOutputs(info);
    info.symbolsHold = symbolsForetell(info);

    progress.begin("Serializing Engine", 1);
    std::string plan = serializePlan(info, forPlan);
    progress.step();
    progress.end();
    progress.step();
    progress.end();
    config.log.info(format("Built a plan of %zu bytes: %zu layers, %zu profiles.", plan.size(), info.layers.size(),
                           info.profiles.size()));
    return plan;
}

}  // namespace pinion_host_tensorrt
