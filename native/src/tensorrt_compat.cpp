#include "tensorrt_compat.h"

#include <NvInferPlugin.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <sstream>
#include <utility>

#include "error.h"
#include "log.h"
#include "sdk_libraries.h"
#include "text.h"

// NVIDIA deprecates what older versions need long before it removes it; this is the one file that calls it.
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#elif defined(_MSC_VER)
#pragma warning(disable : 4996)
#endif

namespace pinion {
namespace {

using nvinfer1::ICudaEngine;
using nvinfer1::OptProfileSelector;

nvinfer1::Dims toTrt(const Dims& dims, int32_t rank) {
    nvinfer1::Dims result{};
    result.nbDims = rank;
    for (int32_t i = 0; i < rank; ++i) {
        result.d[i] = static_cast<std::decay_t<decltype(result.d[0])>>(dims[static_cast<size_t>(i)]);
    }
    return result;
}

Dims fromTrt(const nvinfer1::Dims& dims) {
    Dims result{};
    for (int32_t i = 0; i < std::min<int32_t>(dims.nbDims, PN_MAX_RANK); ++i) {
        result[static_cast<size_t>(i)] = dims.d[i];
    }
    return result;
}

// Bits of one element by TensorRT's number of the type; 0 for a type without a place in the C ABI.
int32_t bitsOf(nvinfer1::DataType type) {
    constexpr int32_t kBits[] = {32, 16, 8, 32, 8, 8, 8, 16, 64, 4};
    const auto index = static_cast<size_t>(type);
    return index < std::size(kBits) ? kBits[index] : 0;
}

[[maybe_unused]] std::string textOrEmpty(const char* text) {
    return text == nullptr ? "" : text;
}

// What one version asks by name and another by binding index.
struct RawTensor {
    std::string name;
    bool isInput;
    nvinfer1::DataType type;
    nvinfer1::Dims dims;
    bool isShapeTensor;
    bool isLinear;
    int32_t bindingIndex;
};

#if PN_TENSORRT_AT_LEAST(8, 5)

int32_t tensorCount(const ICudaEngine& engine) {
    return engine.getNbIOTensors();
}

bool isLinear(const ICudaEngine& engine, const char* name) {
#if PN_TENSORRT_AT_LEAST(8, 6)
    for (int32_t profile = 0; profile < engine.getNbOptimizationProfiles(); ++profile) {
        if (engine.getTensorFormat(name, profile) != nvinfer1::TensorFormat::kLINEAR) {
            return false;
        }
    }
    return true;
#else
    return engine.getTensorFormat(name) == nvinfer1::TensorFormat::kLINEAR;
#endif
}

RawTensor rawTensor(const ICudaEngine& engine, int32_t index) {
    const char* name = engine.getIOTensorName(index);
    return {name,
            engine.getTensorIOMode(name) == nvinfer1::TensorIOMode::kINPUT,
            engine.getTensorDataType(name),
            engine.getTensorShape(name),
            engine.isShapeInferenceIO(name),
            isLinear(engine, name),
            index};
}

nvinfer1::Dims profileShape(const ICudaEngine& engine, const RawTensor& tensor, int32_t profile,
                            OptProfileSelector selector) {
    return engine.getProfileShape(tensor.name.c_str(), profile, selector);
}

nvinfer1::Dims shapeWithin(const ICudaEngine&, const RawTensor& tensor, int32_t) {
    return tensor.dims;
}

#else

int32_t tensorCount(const ICudaEngine& engine) {
    return engine.getNbBindings() / std::max(engine.getNbOptimizationProfiles(), 1);
}

RawTensor rawTensor(const ICudaEngine& engine, int32_t index) {
    return {engine.getBindingName(index),
            engine.bindingIsInput(index),
            engine.getBindingDataType(index),
            engine.getBindingDimensions(index),
            engine.isShapeBinding(index),
            engine.getBindingFormat(index) == nvinfer1::TensorFormat::kLINEAR,
            index};
}

nvinfer1::Dims profileShape(const ICudaEngine& engine, const RawTensor& tensor, int32_t profile,
                            OptProfileSelector selector) {
    return engine.getProfileDimensions(profile * tensorCount(engine) + tensor.bindingIndex, profile, selector);
}

nvinfer1::Dims shapeWithin(const ICudaEngine& engine, const RawTensor& tensor, int32_t profile) {
    return engine.getBindingDimensions(profile * tensorCount(engine) + tensor.bindingIndex);
}

#endif

TensorInfo makeInfo(const std::string& name, pn_tensor_mode mode, nvinfer1::DataType type, const nvinfer1::Dims& dims,
                    bool isShapeTensor) {
    TensorInfo info;
    info.name = name;
    info.mode = mode;
    info.elementBits = bitsOf(type);
    if (info.elementBits == 0) {
        throw Error(PN_UNSUPPORTED, "tensor '" + name + "' has TensorRT's data type " +
                                        std::to_string(static_cast<int32_t>(type)) + ", which Pinion does not know");
    }
    info.dataType = static_cast<pn_data_type>(type);
    info.rank = dims.nbDims;
    info.dims = fromTrt(dims);
    info.isShapeTensor = isShapeTensor;
    return info;
}

// Before 8.5 a tensor's shape is one profile's, where a dimension that the profile pins is fixed.
void makeVaryingDynamic(TensorInfo& info, const Dims& other) {
    for (size_t i = 0; i < static_cast<size_t>(info.rank); ++i) {
        info.dims[i] = info.dims[i] == other[i] ? info.dims[i] : -1;
    }
}

TensorInfo describe(const ICudaEngine& engine, const RawTensor& raw) {
    if (!raw.isLinear) {
        throw Error(PN_UNSUPPORTED, "tensor '" + raw.name +
                                        "' has a vectorized format; rebuild the engine with linear inputs and outputs");
    }
    TensorInfo info =
        makeInfo(raw.name, raw.isInput ? PN_TENSOR_INPUT : PN_TENSOR_OUTPUT, raw.type, raw.dims, raw.isShapeTensor);
    info.bindingIndex = raw.bindingIndex;
    for (int32_t profile = 0; profile < engine.getNbOptimizationProfiles(); ++profile) {
        if (raw.isInput) {
            info.profiles.push_back({fromTrt(profileShape(engine, raw, profile, OptProfileSelector::kMIN)),
                                     fromTrt(profileShape(engine, raw, profile, OptProfileSelector::kOPT)),
                                     fromTrt(profileShape(engine, raw, profile, OptProfileSelector::kMAX))});
        }
        makeVaryingDynamic(info, fromTrt(shapeWithin(engine, raw, profile)));
    }
    return info;
}

// Named in the message only where the version at hand cannot.
[[noreturn, maybe_unused]] void needs(const char* what, const char* version) {
    throw Error(PN_UNSUPPORTED, std::string(what) + " needs TensorRT " + version + "; this is " +
                                    (PN_TENSORRT_RTX ? "TensorRT for RTX " : "") + versionText(kTensorRtCompiled));
}

// What TensorRT for RTX has no use for, and what to do instead.
[[noreturn, maybe_unused]] void hasNo(const char* what, const char* instead) {
    throw Error(PN_UNSUPPORTED, "TensorRT for RTX has no " + std::string(what) + ": " + instead);
}

#if PN_TENSORRT_RTX

constexpr nvinfer1::ComputeCapability kTargets[] = {
    nvinfer1::ComputeCapability::kSM75, nvinfer1::ComputeCapability::kSM80,  nvinfer1::ComputeCapability::kSM86,
    nvinfer1::ComputeCapability::kSM89, nvinfer1::ComputeCapability::kSM120, nvinfer1::ComputeCapability::kSM121};

nvinfer1::ComputeCapability toTarget(int32_t target) {
    const auto value = static_cast<nvinfer1::ComputeCapability>(target);
    if (std::find(std::begin(kTargets), std::end(kTargets), value) != std::end(kTargets)) {
        return value;
    }
    std::vector<std::string> known;
    for (const nvinfer1::ComputeCapability capability : kTargets) {
        known.push_back(std::to_string(static_cast<int32_t>(capability)));
    }
    throw Error(PN_INVALID_ARGUMENT, "target " + std::to_string(target) + " is unknown to TensorRT for RTX " +
                                         versionText(kTensorRtCompiled) + ": it compiles for " + join(known, ", "));
}

#endif

#if PN_TENSORRT_AT_LEAST(10, 0)

// TensorRT names a phase only by its name when a step is done, so the parent and the count are kept here.
class ProgressMonitor final : public nvinfer1::IProgressMonitor {
public:
    explicit ProgressMonitor(BuildProgress progress) : progress_(std::move(progress)) {}

    void phaseStart(const char* name, const char* parent, int32_t stepCount) noexcept override {
        Phase phase{parent == nullptr ? "" : parent, stepCount};
        call(name, phase, 0);
        const std::lock_guard<std::mutex> lock(mutex_);
        phases_[name] = std::move(phase);
    }

    bool stepComplete(const char* name, int32_t step) noexcept override {
        call(name, find(name), step + 1);
        return !stopped_;
    }

    void phaseFinish(const char* name) noexcept override {
        const Phase phase = find(name);
        call(name, phase, phase.stepCount);
    }

private:
    struct Phase {
        std::string parent;
        int32_t stepCount = 0;
    };

    Phase find(const char* name) {
        const std::lock_guard<std::mutex> lock(mutex_);
        return phases_[name];
    }

    void call(const char* name, const Phase& phase, int32_t step) {
        if (!progress_(name, phase.parent.c_str(), step, phase.stepCount)) {
            stopped_ = true;
        }
    }

    BuildProgress progress_;
    std::mutex mutex_;
    std::map<std::string, Phase> phases_;
    std::atomic<bool> stopped_{false};
};

#endif

}  // namespace

// ---- versions

int32_t tensorRtLoaded() noexcept {
    // TensorRT 8 encodes 8.6.1 as 8601; since 10 it is 100001 for 10.0.1.
    const int32_t version = getInferLibVersion();
    return version >= 10000 ? version : version / 1000 * 10000 + version % 1000 / 100 * 100 + version % 100;
}

int32_t tensorRtBuild() noexcept {
#if PN_TENSORRT_AT_LEAST(10, 0)
    return getInferLibBuildVersion();
#else
    return -1;
#endif
}

std::string versionText(int32_t version) {
    return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
           std::to_string(version % 100);
}

void requireVersion(const char* library, int32_t loaded, int32_t compiled) {
    const bool fits = loaded / 10000 == compiled / 10000 && loaded >= compiled;
    if (!fits) {
        throw Error(PN_TENSORRT, std::string(library) + " " + versionText(loaded) +
                                     " is loaded, but this library was compiled for " + versionText(compiled) +
                                     ", which takes that or a later " + std::to_string(compiled / 10000) +
                                     ".x: install one, or build Pinion against the headers of " + versionText(loaded));
    }
}

void requireTensorRt() {
    requireVersion(kTensorRtName, tensorRtLoaded(), kTensorRtCompiled);
}

bool isServed([[maybe_unused]] int32_t major, [[maybe_unused]] int32_t minor) noexcept {
#if PN_TENSORRT_RTX
    return major == 0 || (major == 7 && minor == 5) || major == 8 || major >= 12;
#else
    return true;
#endif
}

// ---- roots

namespace {

// The host TensorRT has in itself what NVIDIA has in libraries of its own.
#ifdef PINION_HOST_TENSORRT
#define PN_SDK_FUNCTION(library, name) (&(name))
#else
#define PN_SDK_FUNCTION(library, name) reinterpret_cast<decltype(&(name))>(sdkFunction(library, #name))

std::string libraryFile(const std::string& stem) {
#if !defined(_WIN32)
    return "lib" + stem + ".so." + std::to_string(NV_TENSORRT_MAJOR);
#elif PN_TENSORRT_RTX
    return stem + "_" + std::to_string(NV_TENSORRT_MAJOR) + "_" + std::to_string(NV_TENSORRT_MINOR) + ".dll";
#elif PN_TENSORRT_AT_LEAST(10, 0)
    return stem + "_" + std::to_string(NV_TENSORRT_MAJOR) + ".dll";
#else
    return stem + ".dll";
#endif
}

SdkLibrary parserLibrary() {
    return {libraryFile(PN_TENSORRT_RTX ? "tensorrt_onnxparser_rtx" : "nvonnxparser"),
            std::string("the ONNX parser of ") + kTensorRtName + ", which builds need and runs do not,"};
}

#if !PN_TENSORRT_RTX
SdkLibrary pluginLibrary() {
    return {libraryFile("nvinfer_plugin"), "the library of TensorRT's own plugins"};
}
#endif

#endif

template <typename T>
std::unique_ptr<T> requireMade(T* object, const char* what) {
    if (object == nullptr) {
        throw Error(PN_TENSORRT, std::string(kTensorRtName) + " made no " + what);
    }
    return std::unique_ptr<T>(object);
}

}  // namespace

std::unique_ptr<nvinfer1::IBuilder> createBuilder() {
    requireTensorRt();
#if defined(PINION_HOST_TENSORRT) || PN_TENSORRT_RTX
    return requireMade(nvinfer1::createInferBuilder(logger()), "builder");
#else
    const std::string& problem = loadBuilderResources(versionText(tensorRtLoaded()));
    nvinfer1::IBuilder* const builder = nvinfer1::createInferBuilder(logger());
    if (builder == nullptr && !problem.empty() && LogScope::lines().find("builder_resource") != std::string::npos) {
        throw Error(PN_NOT_FOUND, "TensorRT made no builder: " + problem);
    }
    return requireMade(builder, "builder");
#endif
}

void requireParser() {
    const auto version = PN_SDK_FUNCTION(parserLibrary(), getNvOnnxParserVersion);
    // It may lie there in another release.
    requireVersion((std::string("the ONNX parser of ") + kTensorRtName).c_str(), version(), NV_ONNX_PARSER_VERSION);
}

std::unique_ptr<nvonnxparser::IParser> createParser(nvinfer1::INetworkDefinition& network) {
    requireParser();
    const auto create = PN_SDK_FUNCTION(parserLibrary(), createNvOnnxParser_INTERNAL);
    return requireMade(static_cast<nvonnxparser::IParser*>(create(&network, &logger(), NV_ONNX_PARSER_VERSION)),
                       "ONNX parser");
}

std::unique_ptr<nvinfer1::IRuntime> createRuntime() {
    requireTensorRt();
    return requireMade(nvinfer1::createInferRuntime(logger()), "runtime");
}

// ---- builder

void setTargets([[maybe_unused]] nvinfer1::IBuilderConfig& config, const std::vector<int32_t>& targets) {
    if (targets.empty()) {
        return;
    }
#if PN_TENSORRT_RTX
    bool isAccepted = config.setNbComputeCapabilities(static_cast<int32_t>(targets.size()));
    for (size_t i = 0; i < targets.size(); ++i) {
        isAccepted = isAccepted && config.setComputeCapability(toTarget(targets[i]), static_cast<int32_t>(i));
    }
    if (!isAccepted) {
        throw Error(PN_TENSORRT, "TensorRT for RTX refused the targets");
    }
#else
    throw Error(PN_UNSUPPORTED,
                "targets need the SDK rtx, TensorRT for RTX; TensorRT builds for the device that it builds on");
#endif
}

nvinfer1::INetworkDefinition* createNetwork(nvinfer1::IBuilder& builder, [[maybe_unused]] bool stronglyTyped) {
    nvinfer1::NetworkDefinitionCreationFlags flags = 0;
#if !PN_TENSORRT_AT_LEAST(10, 0)
    flags |= 1u << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH);
#endif
    if (stronglyTyped) {
#if PN_TENSORRT_AT_LEAST(10, 0)
        flags |= 1u << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED);
#else
        needs("a strongly typed network", "10.0 or later");
#endif
    }
    return builder.createNetworkV2(flags);
}

TensorInfo readTensor(const nvinfer1::ITensor& tensor, pn_tensor_mode mode) {
    TensorInfo info =
        makeInfo(tensor.getName(), mode, tensor.getType(), tensor.getDimensions(), tensor.isShapeTensor());
#if PN_TENSORRT_AT_LEAST(8, 5)
    for (int32_t i = 0; mode == PN_TENSOR_INPUT && i < info.rank; ++i) {
        info.dimensionNames.push_back(textOrEmpty(tensor.getDimensionName(i)));
    }
#endif
    return info;
}

bool setProfileRange(nvinfer1::IOptimizationProfile& profile, const TensorInfo& input, const ProfileRange& range) {
    const char* name = input.name.c_str();
    return profile.setDimensions(name, OptProfileSelector::kMIN, toTrt(range.min, input.rank)) &&
           profile.setDimensions(name, OptProfileSelector::kOPT, toTrt(range.opt, input.rank)) &&
           profile.setDimensions(name, OptProfileSelector::kMAX, toTrt(range.max, input.rank));
}

bool isFloatingPoint(const nvinfer1::ITensor& tensor) noexcept {
    const nvinfer1::DataType type = tensor.getType();
    return type == nvinfer1::DataType::kFLOAT || type == nvinfer1::DataType::kHALF;
}

bool hasFp16Flag([[maybe_unused]] bool stronglyTyped) noexcept {
    return !PN_TENSORRT_AT_LEAST(11, 0) && !stronglyTyped;
}

void setFp16Flag([[maybe_unused]] nvinfer1::IBuilderConfig& config) {
#if PN_TENSORRT_AT_LEAST(11, 0)
    needs("choosing FP16 in the builder", "8.0 to 10.x");
#else
    config.setFlag(nvinfer1::BuilderFlag::kFP16);
#endif
}

bool hasFastFp16([[maybe_unused]] const nvinfer1::IBuilder& builder) noexcept {
#if PN_TENSORRT_AT_LEAST(11, 0)
    return true;  // it supports no device without
#else
    return builder.platformHasFastFp16();
#endif
}

void setPrecisionConstraints([[maybe_unused]] nvinfer1::IBuilderConfig& config, pn_precision_constraints constraints) {
    if (constraints == PN_CONSTRAINTS_NONE) {
        return;
    }
#if PN_TENSORRT_AT_LEAST(11, 0)
    needs("a precision constraint", "8.0 to 10.x (later, the model's own types decide)");
#elif PN_TENSORRT_AT_LEAST(8, 2)
    config.setFlag(constraints == PN_CONSTRAINTS_OBEY ? nvinfer1::BuilderFlag::kOBEY_PRECISION_CONSTRAINTS
                                                      : nvinfer1::BuilderFlag::kPREFER_PRECISION_CONSTRAINTS);
#else
    if (constraints == PN_CONSTRAINTS_OBEY) {
        needs("the precision constraint 'obey'", "8.2 to 10.x");
    }
    config.setFlag(nvinfer1::BuilderFlag::kSTRICT_TYPES);
#endif
}

void setLayerPrecision([[maybe_unused]] nvinfer1::ILayer& layer, [[maybe_unused]] pn_precision precision) {
#if PN_TENSORRT_AT_LEAST(11, 0)
    needs("the precision of a layer", "8.0 to 10.x (later, the model's own types decide)");
#else
    const auto type = precision == PN_PRECISION_FP16 ? nvinfer1::DataType::kHALF : nvinfer1::DataType::kFLOAT;
    layer.setPrecision(type);
    for (int32_t i = 0; i < layer.getNbOutputs(); ++i) {
        const nvinfer1::ITensor* output = layer.getOutput(i);
        if (isFloatingPoint(*output) && !output->isNetworkOutput()) {
            layer.setOutputType(i, type);
        }
    }
#endif
}

void setWorkspace(nvinfer1::IBuilderConfig& config, int64_t bytes) {
#if PN_TENSORRT_AT_LEAST(8, 4)
    if (bytes > 0) {
        config.setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, static_cast<size_t>(bytes));
    }
#else
    constexpr size_t kDefaultBytes = size_t{1} << 30;
    config.setMaxWorkspaceSize(bytes > 0 ? static_cast<size_t>(bytes) : kDefaultBytes);
#endif
}

void setProfilingVerbosity(nvinfer1::IBuilderConfig& config, pn_profiling_verbosity verbosity) {
    // The numbers are the same in every version; the names are not.
    config.setProfilingVerbosity(static_cast<nvinfer1::ProfilingVerbosity>(verbosity));
}

void setOptimizationLevel([[maybe_unused]] nvinfer1::IBuilderConfig& config, [[maybe_unused]] int32_t level) {
#if PN_TENSORRT_AT_LEAST(8, 6)
    config.setBuilderOptimizationLevel(level);
#else
    needs("a builder optimization level", "8.6 or later");
#endif
}

void setHardwareCompatibility([[maybe_unused]] nvinfer1::IBuilderConfig& config,
                              pn_hardware_compatibility compatibility) {
    if (compatibility == PN_HARDWARE_SAME) {
        return;
    }
#if PN_TENSORRT_RTX
    hasNo("hardware compatibility level", "name the GPUs as targets, or none for all since Ampere");
#elif PN_TENSORRT_AT_LEAST(10, 9)
    config.setHardwareCompatibilityLevel(static_cast<nvinfer1::HardwareCompatibilityLevel>(compatibility));
#elif PN_TENSORRT_AT_LEAST(8, 6)
    if (compatibility != PN_HARDWARE_AMPERE_PLUS) {
        needs("hardware compatibility within a compute capability", "10.9 or later");
    }
    config.setHardwareCompatibilityLevel(nvinfer1::HardwareCompatibilityLevel::kAMPERE_PLUS);
#else
    needs("hardware compatibility", "8.6 or later");
#endif
}

void setVersionCompatible([[maybe_unused]] nvinfer1::IBuilderConfig& config,
                          [[maybe_unused]] const nvonnxparser::IParser& parser) {
#if PN_TENSORRT_RTX
    hasNo("version compatibility", "a plan runs with the release that built it, so build it again for another");
#elif PN_TENSORRT_AT_LEAST(8, 6)
    config.setFlag(nvinfer1::BuilderFlag::kVERSION_COMPATIBLE);
    int64_t count = 0;
    const char* const* libraries = parser.getUsedVCPluginLibraries(count);
    if (count > 0) {
        config.setPluginsToSerialize(libraries, static_cast<int32_t>(count));
    }
#else
    needs("version compatibility", "8.6 or later");
#endif
}

void useNativeInstanceNorm([[maybe_unused]] nvonnxparser::IParser& parser) {
#if PN_TENSORRT_AT_LEAST(8, 6)
    parser.setFlag(nvonnxparser::OnnxParserFlag::kNATIVE_INSTANCENORM);
#endif
}

void shareProfiles([[maybe_unused]] nvinfer1::IBuilderConfig& config) {
#if PN_TENSORRT_AT_LEAST(8, 6) && !PN_TENSORRT_AT_LEAST(10, 0)
    config.setPreviewFeature(nvinfer1::PreviewFeature::kPROFILE_SHARING_0806, true);
#endif
}

void requireUserAllocation([[maybe_unused]] nvinfer1::IBuilderConfig& config,
                           [[maybe_unused]] const nvinfer1::INetworkDefinition& network) {
#if PN_TENSORRT_RTX
    for (int32_t i = 0; i < network.getNbLayers(); ++i) {
        const nvinfer1::LayerType type = network.getLayer(i)->getType();
        if (type == nvinfer1::LayerType::kNON_ZERO || type == nvinfer1::LayerType::kNMS ||
            type == nvinfer1::LayerType::kTRIP_LIMIT || type == nvinfer1::LayerType::kCONDITION ||
            type == nvinfer1::LayerType::kPLUGIN_V3) {
            return;
        }
    }
    config.setFlag(nvinfer1::BuilderFlag::kREQUIRE_USER_ALLOCATION);
#endif
}

void setTimingIterations([[maybe_unused]] nvinfer1::IBuilderConfig& config, [[maybe_unused]] int32_t iterations) {
#if PN_TENSORRT_RTX
    hasNo("timing iterations", "its builder times nothing, leave them out");
#else
    config.setAvgTimingIterations(iterations);
#endif
}

void setTacticSources([[maybe_unused]] nvinfer1::IBuilderConfig& config, [[maybe_unused]] uint32_t sources) {
#if PN_TENSORRT_RTX
    hasNo("tactic sources", "its kernels are compiled on the GPU that runs them, leave them out");
#else
    if (!config.setTacticSources(sources)) {
        throw Error(PN_UNSUPPORTED, "TensorRT " + versionText(kTensorRtCompiled) + " refused tactic_sources " +
                                        std::to_string(sources));
    }
#endif
}

#if PN_TENSORRT_RTX

// A timing cache would change nothing and make the build ask for a GPU.
TimingCacheData::TimingCacheData(nvinfer1::IBuilderConfig& config) : config_(config) {
    hasNo("timing cache", "its builder times nothing, leave it out");
}

bool TimingCacheData::load(const std::vector<uint8_t>& /*bytes*/) {
    return false;
}

std::vector<uint8_t> TimingCacheData::mergedWith(const std::vector<uint8_t>& current) const {
    return current;
}

#else

TimingCacheData::TimingCacheData(nvinfer1::IBuilderConfig& config) : config_(config) {}

namespace {

std::unique_ptr<nvinfer1::ITimingCache> readTimingCache(const nvinfer1::IBuilderConfig& config,
                                                        const std::vector<uint8_t>& bytes) {
    return std::unique_ptr<nvinfer1::ITimingCache>(
        config.createTimingCache(bytes.empty() ? nullptr : bytes.data(), bytes.size()));
}

}  // namespace

bool TimingCacheData::load(const std::vector<uint8_t>& bytes) {
    std::shared_ptr<nvinfer1::ITimingCache> cache = readTimingCache(config_, bytes);
    if (cache == nullptr || !config_.setTimingCache(*cache, false)) {
        return false;
    }
    cache_ = std::move(cache);
    return true;
}

std::vector<uint8_t> TimingCacheData::mergedWith(const std::vector<uint8_t>& current) const {
    const nvinfer1::ITimingCache* ours = config_.getTimingCache();
    if (ours == nullptr) {
        throw Error(PN_TENSORRT, "TensorRT has no timing cache");
    }
    const std::unique_ptr<nvinfer1::ITimingCache> combined = readTimingCache(config_, current);
    const bool isCombined = combined != nullptr && combined->combine(*ours, false);
    const std::unique_ptr<nvinfer1::IHostMemory> bytes(isCombined ? combined->serialize() : ours->serialize());
    if (bytes == nullptr) {
        throw Error(PN_TENSORRT, "TensorRT could not serialize it");
    }
    const auto* first = static_cast<const uint8_t*>(bytes->data());
    return {first, first + bytes->size()};
}

#endif

std::shared_ptr<void> attachProgress([[maybe_unused]] nvinfer1::IBuilderConfig& config,
                                     [[maybe_unused]] const BuildProgress& progress) {
#if PN_TENSORRT_AT_LEAST(10, 0)
    auto monitor = std::make_shared<ProgressMonitor>(progress);
    config.setProgressMonitor(monitor.get());
    return monitor;
#else
    return nullptr;
#endif
}

std::vector<ParserError> parserErrors(const nvonnxparser::IParser& parser) {
    std::vector<ParserError> errors;
    for (int32_t i = 0; i < parser.getNbErrors(); ++i) {
        const nvonnxparser::IParserError* error = parser.getError(i);
        ParserError entry;
        entry.node = error->node();
        entry.text = textOrEmpty(error->desc());
#if PN_TENSORRT_AT_LEAST(10, 0)
        entry.nodeName = textOrEmpty(error->nodeName());
        entry.nodeOperator = textOrEmpty(error->nodeOperator());
#endif
        errors.push_back(std::move(entry));
    }
    return errors;
}

// ---- plugins

bool registerOwnPlugins() {
#if PN_TENSORRT_RTX
    return true;
#else
    return PN_SDK_FUNCTION(pluginLibrary(), initLibNvInferPlugins)(&logger(), "");
#endif
}

bool registerPluginLibrary([[maybe_unused]] const char* path, [[maybe_unused]] bool exportsCreators) {
#if PN_TENSORRT_AT_LEAST(8, 6)
    return !exportsCreators || getPluginRegistry()->loadLibrary(path) != nullptr;
#else
    return true;
#endif
}

// ---- engines

std::vector<TensorInfo> readTensors(const ICudaEngine& engine) {
    std::vector<TensorInfo> inputs;
    std::vector<TensorInfo> outputs;
    for (int32_t i = 0; i < tensorCount(engine); ++i) {
        const RawTensor raw = rawTensor(engine, i);
        (raw.isInput ? inputs : outputs).push_back(describe(engine, raw));
    }
    inputs.insert(inputs.end(), outputs.begin(), outputs.end());
    return inputs;
}

bool hasProfiles(const ICudaEngine& engine, const std::vector<TensorInfo>& tensors) {
    return engine.getNbOptimizationProfiles() > 1 || std::any_of(tensors.begin(), tensors.end(), isDynamic);
}

int64_t scratchBytes(const ICudaEngine& engine, [[maybe_unused]] int32_t trtProfile) {
#if PN_TENSORRT_AT_LEAST(10, 4)
    return engine.getDeviceMemorySizeForProfileV2(trtProfile);
#elif PN_TENSORRT_AT_LEAST(10, 0)
    return static_cast<int64_t>(engine.getDeviceMemorySizeForProfile(trtProfile));
#else
    return static_cast<int64_t>(engine.getDeviceMemorySize());
#endif
}

std::string inspectLayers([[maybe_unused]] const ICudaEngine& engine) {
#if PN_TENSORRT_AT_LEAST(8, 2)
    const std::unique_ptr<nvinfer1::IEngineInspector> inspector(engine.createEngineInspector());
    const char* text =
        inspector == nullptr ? nullptr : inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kJSON);
    if (text == nullptr) {
        throw Error(PN_TENSORRT, "TensorRT's engine inspector gave no layer information");
    }
    return text;
#else
    needs("layer information", "8.2 or later");
#endif
}

std::string mismatchLine(const std::string& log) {
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) {
        for (const char* words : {"ersion tag", "library version", "ncompatible", "not compatible", "please rebuild"}) {
            if (line.find(words) != std::string::npos) {
                return line;
            }
        }
    }
    return "";
}

void allowHostCode([[maybe_unused]] nvinfer1::IRuntime& runtime) {
#if PN_TENSORRT_AT_LEAST(8, 6)
    runtime.setEngineHostCodeAllowed(true);
#endif
}

uint64_t engineHeaderBytes([[maybe_unused]] const nvinfer1::IRuntime& runtime) {
#if PN_TENSORRT_RTX
    return static_cast<uint64_t>(runtime.getEngineHeaderSize());
#else
    return 0;
#endif
}

Unfitness unfitness([[maybe_unused]] const nvinfer1::IRuntime& runtime, [[maybe_unused]] const void* header,
                    [[maybe_unused]] uint64_t bytes) {
    Unfitness result;
#if PN_TENSORRT_RTX
    using Reason = nvinfer1::EngineInvalidityDiagnostics;
    constexpr struct {
        Reason reason;
        const char* text;
    } kReasons[] = {
        {Reason::kVERSION_MISMATCH, "another release built it"},
        {Reason::kUNSUPPORTED_CC, "this GPU's compute capability is not among its targets"},
        {Reason::kOLD_CUDA_DRIVER, "the CUDA driver is older than it needs"},
        {Reason::kOLD_CUDA_RUNTIME, "the CUDA runtime is older than it needs"},
        {Reason::kINSUFFICIENT_GPU_MEMORY, "its weights do not fit into the GPU's memory"},
        {Reason::kCUDA_ERROR, "the CUDA driver or runtime is not installed as it should be"},
    };
    // Where the GPU cannot be asked, the bits stay as they are and the log says why.
    uint64_t bits = 0;
    if (runtime.getEngineValidity(header, static_cast<int64_t>(bytes), &bits) != nvinfer1::EngineValidity::kINVALID) {
        return result;
    }
    result.isDamaged = (bits & static_cast<uint64_t>(Reason::kMALFORMED_ENGINE)) != 0;
    std::vector<std::string> texts;
    for (const auto& known : kReasons) {
        if ((bits & static_cast<uint64_t>(known.reason)) != 0) {
            texts.emplace_back(known.text);
        }
    }
    result.reasons = join(texts, ", ");
#endif
    return result;
}

// ---- execution contexts

#if PN_TENSORRT_RTX

ContextFactory::ContextFactory(ICudaEngine& engine) : engine_(engine) {
    std::shared_ptr<nvinfer1::IRuntimeConfig> config(engine.createRuntimeConfig());
    if (config == nullptr) {
        throw Error(PN_TENSORRT, "TensorRT for RTX made no runtime configuration");
    }
    config->setExecutionContextAllocationStrategy(nvinfer1::ExecutionContextAllocationStrategy::kUSER_MANAGED);
    config->setDynamicShapesKernelSpecializationStrategy(nvinfer1::DynamicShapesKernelSpecializationStrategy::kEAGER);
    std::shared_ptr<nvinfer1::IRuntimeCache> cache(config->createRuntimeCache());
    if (cache == nullptr || !config->setRuntimeCache(*cache)) {
        throw Error(PN_TENSORRT, "TensorRT for RTX made no runtime cache");
    }
    config_ = std::move(config);
    cache_ = std::move(cache);
}

std::unique_ptr<nvinfer1::IExecutionContext> ContextFactory::make() {
    return std::unique_ptr<nvinfer1::IExecutionContext>(
        engine_.createExecutionContext(static_cast<nvinfer1::IRuntimeConfig*>(config_.get())));
}

bool ContextFactory::loadKernels(const std::vector<uint8_t>& bytes) {
    return static_cast<nvinfer1::IRuntimeCache*>(cache_.get())->deserialize(bytes.data(), bytes.size());
}

std::vector<uint8_t> ContextFactory::kernels() const {
    const std::unique_ptr<nvinfer1::IHostMemory> bytes(
        static_cast<nvinfer1::IRuntimeCache*>(cache_.get())->serialize());
    if (bytes == nullptr) {
        throw Error(PN_TENSORRT, "TensorRT for RTX could not serialize the runtime cache");
    }
    const auto* first = static_cast<const uint8_t*>(bytes->data());
    return {first, first + bytes->size()};
}

#else

ContextFactory::ContextFactory(ICudaEngine& engine) : engine_(engine) {}

std::unique_ptr<nvinfer1::IExecutionContext> ContextFactory::make() {
#if PN_TENSORRT_AT_LEAST(10, 0)
    constexpr auto kStrategy = nvinfer1::ExecutionContextAllocationStrategy::kUSER_MANAGED;
    return std::unique_ptr<nvinfer1::IExecutionContext>(engine_.createExecutionContext(kStrategy));
#else
    return std::unique_ptr<nvinfer1::IExecutionContext>(engine_.createExecutionContextWithoutDeviceMemory());
#endif
}

bool ContextFactory::loadKernels(const std::vector<uint8_t>& /*bytes*/) {
    return false;
}

std::vector<uint8_t> ContextFactory::kernels() const {
    return {};
}

#endif

ExecutionContext::ExecutionContext(ICudaEngine& engine, ContextFactory& contexts,
                                   const std::vector<TensorInfo>& tensors, int32_t trtProfile, cudaStream_t stream,
                                   std::shared_ptr<void> keepAlive)
    : keepAlive_(std::move(keepAlive)), tensors_(tensors), context_(contexts.make()) {
    if (context_ == nullptr) {
        throw Error(LogScope::tellsOutOfMemory() ? PN_DEVICE_OUT_OF_MEMORY : PN_TENSORRT,
                    "TensorRT made no execution context");
    }
    context_->setErrorRecorder(errors_.get());
    // A second context of a static engine may be refused the profile before 8.6, and needs none.
    if (context_->getOptimizationProfile() != trtProfile &&
        !context_->setOptimizationProfileAsync(trtProfile, stream) && hasProfiles(engine, tensors)) {
        throw Error(PN_TENSORRT, "TensorRT refused optimization profile " + std::to_string(trtProfile));
    }
#if !PN_TENSORRT_AT_LEAST(8, 5)
    bindingOffset_ = trtProfile * static_cast<int32_t>(tensors.size());
    bindings_.resize(static_cast<size_t>(engine.getNbBindings()));
#endif
}

ExecutionContext::~ExecutionContext() {
    context_->setErrorRecorder(nullptr);
}

void ExecutionContext::setScratch(void* memory, [[maybe_unused]] int64_t bytes) {
#if PN_TENSORRT_AT_LEAST(10, 4)
    context_->setDeviceMemoryV2(memory, bytes);
#else
    context_->setDeviceMemory(memory);
#endif
}

void ExecutionContext::setInputShape(int32_t tensor, const Dims& dims) {
    const TensorInfo& info = tensors_[static_cast<size_t>(tensor)];
    const nvinfer1::Dims shape = toTrt(dims, info.rank);
#if PN_TENSORRT_AT_LEAST(8, 5)
    const bool accepted = context_->setInputShape(info.name.c_str(), shape);
#else
    const bool accepted = context_->setBindingDimensions(bindingOffset_ + info.bindingIndex, shape);
#endif
    if (!accepted) {
        throw Error(PN_INVALID_ARGUMENT,
                    "TensorRT refused shape " + shapeText(dims, info.rank) + " for input '" + info.name + "'");
    }
}

Dims ExecutionContext::shape(int32_t tensor) const {
    const TensorInfo& info = tensors_[static_cast<size_t>(tensor)];
#if PN_TENSORRT_AT_LEAST(8, 5)
    const nvinfer1::Dims dims = context_->getTensorShape(info.name.c_str());
#else
    const nvinfer1::Dims dims = context_->getBindingDimensions(bindingOffset_ + info.bindingIndex);
#endif
    if (dims.nbDims != info.rank) {
        throw Error(PN_TENSORRT, "TensorRT gave no shape for '" + info.name + "'");
    }
    return fromTrt(dims);
}

void ExecutionContext::setAddress(int32_t tensor, void* data) {
    const TensorInfo& info = tensors_[static_cast<size_t>(tensor)];
#if PN_TENSORRT_AT_LEAST(8, 5)
    if (!context_->setTensorAddress(info.name.c_str(), data)) {
        throw Error(PN_TENSORRT, "TensorRT refused the address of '" + info.name + "'");
    }
#else
    bindings_[static_cast<size_t>(bindingOffset_ + info.bindingIndex)] = data;
#endif
}

bool ExecutionContext::enqueue(cudaStream_t stream) noexcept {
#if PN_TENSORRT_AT_LEAST(8, 5)
    return context_->enqueueV3(stream);
#else
#if !PN_TENSORRT_AT_LEAST(8, 4)
    // Only execute calls a profiler there; it waits for its own work, and not for the stream's.
    if (context_->getProfiler() != nullptr) {
        return cudaStreamSynchronize(stream) == cudaSuccess && context_->executeV2(bindings_.data());
    }
#endif
    return context_->enqueueV2(bindings_.data(), stream, nullptr);
#endif
}

bool ExecutionContext::isCapturable([[maybe_unused]] cudaStream_t stream) const noexcept {
#if PN_TENSORRT_RTX
    return context_->isStreamCapturable(stream);
#else
    return true;
#endif
}

void ExecutionContext::setProfiler(nvinfer1::IProfiler* profiler) noexcept {
    context_->setProfiler(profiler);
}

}  // namespace pinion
