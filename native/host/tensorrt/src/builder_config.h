// The builder's configuration: mostly values that are kept and checked when something is built.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "log.h"
#include "profile.h"
#include "report.h"
#include "timing_cache.h"

namespace pinion_host_tensorrt {

struct ConfigState {
    explicit ConfigState(const Log& parent);

    bool hasFlag(nvinfer1::BuilderFlag flag) const noexcept { return (flags >> static_cast<uint32_t>(flag) & 1u) != 0; }
    void reset();

    Log log;
    nvinfer1::BuilderFlags flags;
    uint64_t workspace;
    std::map<int32_t, uint64_t> pools;
    std::vector<const OptimizationProfile*> profiles;
    int32_t minTiming;
    int32_t avgTiming;
    nvinfer1::EngineCapability capability;
    nvinfer1::DeviceType defaultDevice;
    std::set<const nvinfer1::ILayer*> dlaLayers;
    int32_t dlaCore;
    cudaStream_t profileStream;
    nvinfer1::ProfilingVerbosity verbosity;
    nvinfer1::TacticSources tacticSources;
    const nvinfer1::ITimingCache* timingCache;
    std::shared_ptr<TimingRecords> records;  // of the timing cache
    int32_t optimizationLevel;
    int32_t maxAuxStreams;
    std::vector<std::string> pluginPaths;
#if !PINION_TRT_SINCE(11, 0)
    nvinfer1::QuantizationFlags quantization;
    nvinfer1::IAlgorithmSelector* selector;
    nvinfer1::IInt8Calibrator* calibrator;
    const nvinfer1::IOptimizationProfile* calibrationProfile;
#endif
#if PINION_TRT_SINCE(8, 6)
    nvinfer1::HardwareCompatibilityLevel hardwareCompatibility;
    std::set<int32_t> previewFeatures;
#endif
#if PINION_TRT_SINCE(10, 0)
    nvinfer1::IProgressMonitor* monitor;
    nvinfer1::RuntimePlatform platform;
    int32_t maxTactics;
#endif
#if PINION_TRT_RTX
    std::vector<nvinfer1::ComputeCapability> computeCapabilities;
#endif
};

class BuilderConfig final : public nvinfer1::IBuilderConfig, public Buried<BuilderConfig> {
public:
    explicit BuilderConfig(const Log& parent) : state_(std::make_unique<ConfigState>(parent)) {}
    explicit BuilderConfig(Tombstone) {}
    ~BuilderConfig() noexcept override;

#if !PINION_TRT_SINCE(10, 0)
    void setMinTimingIterations(int32_t minTiming) noexcept override;
    int32_t getMinTimingIterations() const noexcept override;
    void setMaxWorkspaceSize(std::size_t workspaceSize) noexcept override;
    std::size_t getMaxWorkspaceSize() const noexcept override;
#endif
    void setAvgTimingIterations(int32_t avgTiming) noexcept override;
    int32_t getAvgTimingIterations() const noexcept override;
    void setEngineCapability(nvinfer1::EngineCapability capability) noexcept override;
    nvinfer1::EngineCapability getEngineCapability() const noexcept override;
#if !PINION_TRT_SINCE(11, 0)
    void setInt8Calibrator(nvinfer1::IInt8Calibrator* calibrator) noexcept override;
    nvinfer1::IInt8Calibrator* getInt8Calibrator() const noexcept override;
    void setAlgorithmSelector(nvinfer1::IAlgorithmSelector* selector) noexcept override;
    nvinfer1::IAlgorithmSelector* getAlgorithmSelector() const noexcept override;
    bool setCalibrationProfile(nvinfer1::IOptimizationProfile const* profile) noexcept override;
    nvinfer1::IOptimizationProfile const* getCalibrationProfile() noexcept override;
    void setQuantizationFlags(nvinfer1::QuantizationFlags flags) noexcept override;
    nvinfer1::QuantizationFlags getQuantizationFlags() const noexcept override;
    void clearQuantizationFlag(nvinfer1::QuantizationFlag flag) noexcept override;
    void setQuantizationFlag(nvinfer1::QuantizationFlag flag) noexcept override;
    bool getQuantizationFlag(nvinfer1::QuantizationFlag flag) const noexcept override;
#endif
    void setFlags(nvinfer1::BuilderFlags builderFlags) noexcept override;
    nvinfer1::BuilderFlags getFlags() const noexcept override;
    void clearFlag(nvinfer1::BuilderFlag builderFlag) noexcept override;
    void setFlag(nvinfer1::BuilderFlag builderFlag) noexcept override;
    bool getFlag(nvinfer1::BuilderFlag builderFlag) const noexcept override;
    void setDeviceType(nvinfer1::ILayer const* layer, nvinfer1::DeviceType deviceType) noexcept override;
    nvinfer1::DeviceType getDeviceType(nvinfer1::ILayer const* layer) const noexcept override;
    bool isDeviceTypeSet(nvinfer1::ILayer const* layer) const noexcept override;
    void resetDeviceType(nvinfer1::ILayer const* layer) noexcept override;
    bool canRunOnDLA(nvinfer1::ILayer const* layer) const noexcept override;
    void setDLACore(int32_t dlaCore) noexcept override;
    int32_t getDLACore() const noexcept override;
    void setDefaultDeviceType(nvinfer1::DeviceType deviceType) noexcept override;
    nvinfer1::DeviceType getDefaultDeviceType() const noexcept override;
    void reset() noexcept override;
    void setProfileStream(const cudaStream_t stream) noexcept override;
    cudaStream_t getProfileStream() const noexcept override;
    int32_t addOptimizationProfile(nvinfer1::IOptimizationProfile const* profile) noexcept override;
    int32_t getNbOptimizationProfiles() const noexcept override;
    void setProfilingVerbosity(nvinfer1::ProfilingVerbosity verbosity) noexcept override;
    nvinfer1::ProfilingVerbosity getProfilingVerbosity() const noexcept override;
    bool setTacticSources(nvinfer1::TacticSources tacticSources) noexcept override;
    nvinfer1::TacticSources getTacticSources() const noexcept override;
    nvinfer1::ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept override;
    bool setTimingCache(nvinfer1::ITimingCache const& cache, bool ignoreMismatch) noexcept override;
    nvinfer1::ITimingCache const* getTimingCache() const noexcept override;
#if PINION_TRT_SINCE(8, 4)
    void setMemoryPoolLimit(nvinfer1::MemoryPoolType pool, std::size_t poolSize) noexcept override;
    std::size_t getMemoryPoolLimit(nvinfer1::MemoryPoolType pool) const noexcept override;
#endif
#if PINION_TRT_SINCE(8, 6)
    void setPreviewFeature(nvinfer1::PreviewFeature feature, bool enable) noexcept override;
    bool getPreviewFeature(nvinfer1::PreviewFeature feature) const noexcept override;
    void setBuilderOptimizationLevel(int32_t level) noexcept override;
    int32_t getBuilderOptimizationLevel() const noexcept override;
    void setHardwareCompatibilityLevel(nvinfer1::HardwareCompatibilityLevel level) noexcept override;
    nvinfer1::HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept override;
    void setPluginsToSerialize(char const* const* paths, int32_t nbPaths) noexcept override;
    char const* getPluginToSerialize(int32_t index) const noexcept override;
    int32_t getNbPluginsToSerialize() const noexcept override;
    void setMaxAuxStreams(int32_t nbStreams) noexcept override;
    int32_t getMaxAuxStreams() const noexcept override;
#endif
#if PINION_TRT_SINCE(10, 0)
    void setProgressMonitor(nvinfer1::IProgressMonitor* monitor) noexcept override;
    nvinfer1::IProgressMonitor* getProgressMonitor() const noexcept override;
    void setRuntimePlatform(nvinfer1::RuntimePlatform runtimePlatform) noexcept override;
    nvinfer1::RuntimePlatform getRuntimePlatform() const noexcept override;
    void setMaxNbTactics(int32_t maxNbTactics) noexcept override;
    int32_t getMaxNbTactics() const noexcept override;
#endif
#if PINION_TRT_RTX
    bool setNbComputeCapabilities(int32_t maxNbComputeCapabilities) noexcept override;
    int32_t getNbComputeCapabilities() const noexcept override;
    bool setComputeCapability(nvinfer1::ComputeCapability computeCapability, int32_t index) noexcept override;
    nvinfer1::ComputeCapability getComputeCapability(int32_t index) const noexcept override;
#endif

    // Null when it was destroyed, after reporting it.
    ConfigState* state(const char* function) const noexcept;

private:
    std::unique_ptr<ConfigState> state_;
};

}  // namespace pinion_host_tensorrt
