#include "builder_config.h"

#include <algorithm>

#include "refusal.h"
#include "targets.h"

namespace pinion_host_tensorrt {
namespace {

constexpr int32_t kDefaultOptimizationLevel = 3;
constexpr int32_t kHighestOptimizationLevel = 5;
constexpr uint32_t kAllTacticSources = (1u << nvinfer1::EnumMax<nvinfer1::TacticSource>()) - 1;
constexpr uint64_t kDefaultWorkspace = uint64_t{1} << 30;

bool isFlag(nvinfer1::BuilderFlag flag) noexcept {
    return static_cast<int32_t>(flag) >= 0 && static_cast<int32_t>(flag) < nvinfer1::EnumMax<nvinfer1::BuilderFlag>();
}

}  // namespace

ConfigState::ConfigState(const Log& parent) : log(parent) {
    reset();
}

void ConfigState::reset() {
    // TF32 is on by default, as in every release; the host computes in FP32 either way.
    flags = 1u << static_cast<uint32_t>(nvinfer1::BuilderFlag::kTF32);
    workspace = kDefaultWorkspace;
    pools.clear();
    profiles.clear();
    minTiming = 1;
    avgTiming = 1;
    capability = nvinfer1::EngineCapability::kSTANDARD;
    defaultDevice = nvinfer1::DeviceType::kGPU;
    dlaLayers.clear();
    dlaCore = 0;
    profileStream = nullptr;
    verbosity = static_cast<nvinfer1::ProfilingVerbosity>(0);
    tacticSources = kAllTacticSources;
    timingCache = nullptr;
    records.reset();
    optimizationLevel = kDefaultOptimizationLevel;
    maxAuxStreams = -1;
    pluginPaths.clear();
#if !PINION_TRT_SINCE(11, 0)
    quantization = 0;
    selector = nullptr;
    calibrator = nullptr;
    calibrationProfile = nullptr;
#endif
#if PINION_TRT_SINCE(8, 6)
    hardwareCompatibility = nvinfer1::HardwareCompatibilityLevel::kNONE;
    previewFeatures.clear();
#endif
#if PINION_TRT_SINCE(10, 0)
    monitor = nullptr;
    platform = nvinfer1::RuntimePlatform::kSAME_AS_BUILD;
    maxTactics = -1;
#endif
#if PINION_TRT_RTX
    computeCapabilities.clear();
#endif
}

BuilderConfig::~BuilderConfig() noexcept {
    if (state_ == nullptr && !released()) {
        reportDead("IBuilderConfig", "destroy");
    }
}

ConfigState* BuilderConfig::state(const char* function) const noexcept {
    if (state_ == nullptr) {
        reportDead("IBuilderConfig", function);
    }
    return state_.get();
}

// Values that are only kept

void BuilderConfig::setAvgTimingIterations(int32_t value) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->avgTiming = value;
    }
}

int32_t BuilderConfig::getAvgTimingIterations() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->avgTiming : int32_t{};
}

void BuilderConfig::setEngineCapability(nvinfer1::EngineCapability value) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->capability = value;
    }
}

nvinfer1::EngineCapability BuilderConfig::getEngineCapability() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->capability : nvinfer1::EngineCapability{};
}

#if !PINION_TRT_SINCE(11, 0)
void BuilderConfig::setInt8Calibrator(nvinfer1::IInt8Calibrator* value) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->calibrator = value;
    }
}

nvinfer1::IInt8Calibrator* BuilderConfig::getInt8Calibrator() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->calibrator : nullptr;
}

void BuilderConfig::setAlgorithmSelector(nvinfer1::IAlgorithmSelector* value) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->selector = value;
    }
}

nvinfer1::IAlgorithmSelector* BuilderConfig::getAlgorithmSelector() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->selector : nullptr;
}

void BuilderConfig::setQuantizationFlags(nvinfer1::QuantizationFlags value) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->quantization = value;
    }
}

nvinfer1::QuantizationFlags BuilderConfig::getQuantizationFlags() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->quantization : nvinfer1::QuantizationFlags{};
}

void BuilderConfig::clearQuantizationFlag(nvinfer1::QuantizationFlag flag) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->quantization &= ~(1u << static_cast<uint32_t>(flag));
    }
}

void BuilderConfig::setQuantizationFlag(nvinfer1::QuantizationFlag flag) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->quantization |= 1u << static_cast<uint32_t>(flag);
    }
}

bool BuilderConfig::getQuantizationFlag(nvinfer1::QuantizationFlag flag) const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr && (config->quantization >> static_cast<uint32_t>(flag) & 1u) != 0;
}

bool BuilderConfig::setCalibrationProfile(nvinfer1::IOptimizationProfile const* profile) noexcept {
    ConfigState* const config = state(__func__);
    if (config == nullptr || profile == nullptr || !profile->isValid()) {
        return false;
    }
    config->calibrationProfile = profile;
    return true;
}

nvinfer1::IOptimizationProfile const* BuilderConfig::getCalibrationProfile() noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->calibrationProfile : nullptr;
}
#endif

void BuilderConfig::setFlags(nvinfer1::BuilderFlags value) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->flags = value;
    }
}

nvinfer1::BuilderFlags BuilderConfig::getFlags() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->flags : nvinfer1::BuilderFlags{};
}

void BuilderConfig::setDefaultDeviceType(nvinfer1::DeviceType value) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->defaultDevice = value;
    }
}

nvinfer1::DeviceType BuilderConfig::getDefaultDeviceType() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->defaultDevice : nvinfer1::DeviceType{};
}

void BuilderConfig::setProfileStream(const cudaStream_t value) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->profileStream = value;
    }
}

cudaStream_t BuilderConfig::getProfileStream() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->profileStream : nullptr;
}

void BuilderConfig::setProfilingVerbosity(nvinfer1::ProfilingVerbosity value) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->verbosity = value;
    }
}

nvinfer1::ProfilingVerbosity BuilderConfig::getProfilingVerbosity() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->verbosity : nvinfer1::ProfilingVerbosity{};
}

#if !PINION_TRT_SINCE(10, 0)
void BuilderConfig::setMinTimingIterations(int32_t value) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->minTiming = value;
    }
}

int32_t BuilderConfig::getMinTimingIterations() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->minTiming : int32_t{};
}

void BuilderConfig::setMaxWorkspaceSize(std::size_t value) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->workspace = value;
    }
}

std::size_t BuilderConfig::getMaxWorkspaceSize() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->workspace : std::size_t{};
}

#endif

#if PINION_TRT_SINCE(8, 6)
void BuilderConfig::setHardwareCompatibilityLevel(nvinfer1::HardwareCompatibilityLevel value) noexcept {
    if (ConfigState* const config = state(__func__)) {
#if PINION_TRT_RTX
        static_cast<void>(value);
        config->log.warning("setHardwareCompatibilityLevel() is unsupported in TensorRT-RTX.");
#else
        config->hardwareCompatibility = value;
#endif
    }
}

nvinfer1::HardwareCompatibilityLevel BuilderConfig::getHardwareCompatibilityLevel() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->hardwareCompatibility : nvinfer1::HardwareCompatibilityLevel{};
}

void BuilderConfig::setMaxAuxStreams(int32_t value) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->maxAuxStreams = value;
    }
}

int32_t BuilderConfig::getMaxAuxStreams() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->maxAuxStreams : int32_t{};
}

#endif

#if PINION_TRT_SINCE(10, 0)
void BuilderConfig::setProgressMonitor(nvinfer1::IProgressMonitor* value) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->monitor = value;
    }
}

nvinfer1::IProgressMonitor* BuilderConfig::getProgressMonitor() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->monitor : nullptr;
}

void BuilderConfig::setRuntimePlatform(nvinfer1::RuntimePlatform value) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->platform = value;
    }
}

nvinfer1::RuntimePlatform BuilderConfig::getRuntimePlatform() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->platform : nvinfer1::RuntimePlatform{};
}

void BuilderConfig::setMaxNbTactics(int32_t value) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->maxTactics = value;
    }
}

int32_t BuilderConfig::getMaxNbTactics() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->maxTactics : int32_t{};
}

#endif

// Flags

void BuilderConfig::clearFlag(nvinfer1::BuilderFlag builderFlag) noexcept {
    ConfigState* const config = state(__func__);
    if (config != nullptr && isFlag(builderFlag)) {
        config->flags &= ~(1u << static_cast<uint32_t>(builderFlag));
    }
}

void BuilderConfig::setFlag(nvinfer1::BuilderFlag builderFlag) noexcept {
    ConfigState* const config = state(__func__);
    if (config == nullptr) {
        return;
    }
    if (!isFlag(builderFlag)) {
        config->log.error(ErrorCode::kINVALID_ARGUMENT, "IBuilderConfig::setFlag",
                          "there is no flag " + std::to_string(static_cast<int32_t>(builderFlag)));
        return;
    }
    config->flags |= 1u << static_cast<uint32_t>(builderFlag);
}

bool BuilderConfig::getFlag(nvinfer1::BuilderFlag builderFlag) const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr && isFlag(builderFlag) && config->hasFlag(builderFlag);
}

bool BuilderConfig::setTacticSources(nvinfer1::TacticSources tacticSources) noexcept {
    ConfigState* const config = state(__func__);
    if (config == nullptr) {
        return false;
    }
    if ((tacticSources & ~kAllTacticSources) != 0) {
        config->log.error(ErrorCode::kINVALID_ARGUMENT, "IBuilderConfig::setTacticSources",
                          "the mask names sources that this release does not have");
        return false;
    }
    config->tacticSources = tacticSources;
    return true;
}

nvinfer1::TacticSources BuilderConfig::getTacticSources() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->tacticSources : 0;
}

// Deep learning accelerators, of which the host has none

void BuilderConfig::setDeviceType(nvinfer1::ILayer const* layer, nvinfer1::DeviceType deviceType) noexcept {
    if (ConfigState* const config = state(__func__)) {
        if (deviceType == nvinfer1::DeviceType::kDLA) {
            config->dlaLayers.insert(layer);
        } else {
            config->dlaLayers.erase(layer);
        }
    }
}

nvinfer1::DeviceType BuilderConfig::getDeviceType(nvinfer1::ILayer const* layer) const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr && config->dlaLayers.count(layer) != 0 ? nvinfer1::DeviceType::kDLA
                                                                    : nvinfer1::DeviceType::kGPU;
}

bool BuilderConfig::isDeviceTypeSet(nvinfer1::ILayer const* layer) const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr && config->dlaLayers.count(layer) != 0;
}

void BuilderConfig::resetDeviceType(nvinfer1::ILayer const* layer) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->dlaLayers.erase(layer);
    }
}

bool BuilderConfig::canRunOnDLA(nvinfer1::ILayer const*) const noexcept {
    state(__func__);
    return false;
}

void BuilderConfig::setDLACore(int32_t dlaCore) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->dlaCore = dlaCore;
    }
}

int32_t BuilderConfig::getDLACore() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->dlaCore : -1;
}

// Profiles

int32_t BuilderConfig::addOptimizationProfile(nvinfer1::IOptimizationProfile const* profile) noexcept {
    ConfigState* const config = state(__func__);
    if (config == nullptr) {
        return -1;
    }
    return guarded(config->log, "IBuilderConfig::addOptimizationProfile", -1, [&] {
        if (profile == nullptr) {
            refuse("the profile is null");
        }
        const auto* const known = static_cast<const OptimizationProfile*>(profile);
        if (!known->isValid()) {
            refuse("the profile is invalid: " + known->problem());
        }
        config->profiles.push_back(known);
        return static_cast<int32_t>(config->profiles.size()) - 1;
    });
}

int32_t BuilderConfig::getNbOptimizationProfiles() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? static_cast<int32_t>(config->profiles.size()) : 0;
}

// Timing cache

nvinfer1::ITimingCache* BuilderConfig::createTimingCache(void const* blob, std::size_t size) const noexcept {
    const ConfigState* const config = state(__func__);
    if (config == nullptr) {
        return nullptr;
    }
    return guarded(
        config->log, "IBuilderConfig::createTimingCache", static_cast<nvinfer1::ITimingCache*>(nullptr),
        [&]() -> nvinfer1::ITimingCache* { return new TimingCache(TimingRecords::parse(blob, size), config->log); });
}

bool BuilderConfig::setTimingCache(nvinfer1::ITimingCache const& cache, bool ignoreMismatch) noexcept {
    ConfigState* const config = state(__func__);
    if (config == nullptr) {
        return false;
    }
    return guarded(config->log, "IBuilderConfig::setTimingCache", false, [&] {
        const auto records = static_cast<const TimingCache&>(cache).records(__func__);
        if (records == nullptr) {
            return false;
        }
        const std::string mismatch = records->mismatch();
        if (!mismatch.empty() && !ignoreMismatch) {
            refuse("the timing cache does not fit: " + mismatch);
        }
        config->timingCache = &cache;
        config->records = records;
        return true;
    });
}

nvinfer1::ITimingCache const* BuilderConfig::getTimingCache() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->timingCache : nullptr;
}

void BuilderConfig::reset() noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->reset();
    }
}

#if PINION_TRT_SINCE(8, 4)
void BuilderConfig::setMemoryPoolLimit(nvinfer1::MemoryPoolType pool, std::size_t poolSize) noexcept {
    ConfigState* const config = state(__func__);
    if (config == nullptr) {
        return;
    }
    const auto index = static_cast<int32_t>(pool);
    if (index < 0 || index >= nvinfer1::EnumMax<nvinfer1::MemoryPoolType>()) {
        config->log.error(ErrorCode::kINVALID_ARGUMENT, "IBuilderConfig::setMemoryPoolLimit",
                          "there is no memory pool " + std::to_string(index));
        return;
    }
    if (pool == nvinfer1::MemoryPoolType::kWORKSPACE) {
        config->workspace = poolSize;
    } else {
        config->pools[index] = poolSize;
    }
}

std::size_t BuilderConfig::getMemoryPoolLimit(nvinfer1::MemoryPoolType pool) const noexcept {
    const ConfigState* const config = state(__func__);
    if (config == nullptr) {
        return 0;
    }
    if (pool == nvinfer1::MemoryPoolType::kWORKSPACE) {
        return static_cast<std::size_t>(config->workspace);
    }
    const auto known = config->pools.find(static_cast<int32_t>(pool));
    return known != config->pools.end() ? static_cast<std::size_t>(known->second) : 0;
}
#endif

#if PINION_TRT_SINCE(8, 6)
void BuilderConfig::setPreviewFeature(nvinfer1::PreviewFeature feature, bool enable) noexcept {
    if (ConfigState* const config = state(__func__)) {
        if (enable) {
            config->previewFeatures.insert(static_cast<int32_t>(feature));
        } else {
            config->previewFeatures.erase(static_cast<int32_t>(feature));
        }
    }
}

bool BuilderConfig::getPreviewFeature(nvinfer1::PreviewFeature feature) const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr && config->previewFeatures.count(static_cast<int32_t>(feature)) != 0;
}

void BuilderConfig::setBuilderOptimizationLevel(int32_t level) noexcept {
    ConfigState* const config = state(__func__);
    if (config == nullptr) {
        return;
    }
#if PINION_TRT_RTX
    level = std::min(level, kHighestOptimizationLevel);
#endif
    if (level < 0 || level > kHighestOptimizationLevel) {
        config->log.error(ErrorCode::kINVALID_ARGUMENT, "IBuilderConfig::setBuilderOptimizationLevel",
                          "level " + std::to_string(level) + " is not between 0 and 5");
        return;
    }
    config->optimizationLevel = level;
}

int32_t BuilderConfig::getBuilderOptimizationLevel() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? config->optimizationLevel : 0;
}

void BuilderConfig::setPluginsToSerialize(char const* const* paths, int32_t nbPaths) noexcept {
    if (ConfigState* const config = state(__func__)) {
        config->pluginPaths.assign(paths, paths + std::max(nbPaths, 0));
    }
}

char const* BuilderConfig::getPluginToSerialize(int32_t index) const noexcept {
    const ConfigState* const config = state(__func__);
    const bool inside = config != nullptr && index >= 0 && static_cast<size_t>(index) < config->pluginPaths.size();
    return inside ? config->pluginPaths[static_cast<size_t>(index)].c_str() : nullptr;
}

int32_t BuilderConfig::getNbPluginsToSerialize() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? static_cast<int32_t>(config->pluginPaths.size()) : 0;
}
#endif

#if PINION_TRT_RTX
bool BuilderConfig::setNbComputeCapabilities(int32_t maxNbComputeCapabilities) noexcept {
    ConfigState* const config = state(__func__);
    return config != nullptr && guarded(config->log, "IBuilderConfig::setNbComputeCapabilities", false, [&] {
               if (maxNbComputeCapabilities < 0) {
                   refuse("the number of compute capabilities is " + std::to_string(maxNbComputeCapabilities));
               }
               config->computeCapabilities.resize(static_cast<size_t>(maxNbComputeCapabilities),
                                                  nvinfer1::ComputeCapability::kNONE);
               return true;
           });
}

int32_t BuilderConfig::getNbComputeCapabilities() const noexcept {
    const ConfigState* const config = state(__func__);
    return config != nullptr ? static_cast<int32_t>(config->computeCapabilities.size()) : 0;
}

bool BuilderConfig::setComputeCapability(nvinfer1::ComputeCapability computeCapability, int32_t index) noexcept {
    ConfigState* const config = state(__func__);
    return config != nullptr && guarded(config->log, "IBuilderConfig::setComputeCapability", false, [&] {
               const size_t count = config->computeCapabilities.size();
               if (index < 0 || static_cast<size_t>(index) >= count) {
                   refuse(format("index %d is not below the number of compute capabilities, %zu", index, count));
               }
               if (computeCapability == nvinfer1::ComputeCapability::kCURRENT) {
                   if (count != 1) {
                       refuse("kCURRENT must be the only compute capability");
                   }
               } else if (!isTarget(computeCapability)) {
                   refuse("compute capability " + std::to_string(static_cast<int32_t>(computeCapability)) +
                          " is invalid or not supported");
               }
               config->computeCapabilities[static_cast<size_t>(index)] = computeCapability;
               return true;
           });
}

nvinfer1::ComputeCapability BuilderConfig::getComputeCapability(int32_t index) const noexcept {
    const ConfigState* const config = state(__func__);
    const auto none = nvinfer1::ComputeCapability::kNONE;
    return config == nullptr ? none : guarded(config->log, "IBuilderConfig::getComputeCapability", none, [&] {
        const size_t count = config->computeCapabilities.size();
        if (index < 0 || static_cast<size_t>(index) >= count) {
            refuse(format("index %d is not below the number of compute capabilities, %zu", index, count));
        }
        return config->computeCapabilities[static_cast<size_t>(index)];
    });
}
#endif

}  // namespace pinion_host_tensorrt
