// The builder.
#pragma once

#include <memory>
#include <vector>

#include "NvInfer.h"
#include "log.h"
#include "profile.h"
#include "report.h"

namespace pinion_host_tensorrt {

struct BuilderState {
    explicit BuilderState(nvinfer1::ILogger* logger) : log(logger) {}
    ~BuilderState();

    Log log;
    std::vector<std::unique_ptr<OptimizationProfile>> profiles;
    int32_t maxBatchSize = 1;
    int32_t maxThreads = 1;
    nvinfer1::IGpuAllocator* allocator = nullptr;
};

class Builder final : public nvinfer1::IBuilder, public Buried<Builder> {
public:
    explicit Builder(nvinfer1::ILogger* logger) : state_(std::make_unique<BuilderState>(logger)) {}
    explicit Builder(Tombstone) {}
    ~Builder() noexcept override;

#if !PINION_TRT_SINCE(10, 0)
    void setMaxBatchSize(int32_t batchSize) noexcept override;
    int32_t getMaxBatchSize() const noexcept override;
    nvinfer1::ICudaEngine* buildEngineWithConfig(nvinfer1::INetworkDefinition& network,
                                                 nvinfer1::IBuilderConfig& config) noexcept override;
#endif
#if !PINION_TRT_SINCE(11, 0)
    bool platformHasFastFp16() const noexcept override;
    bool platformHasFastInt8() const noexcept override;
    bool platformHasTf32() const noexcept override;
#endif
    int32_t getMaxDLABatchSize() const noexcept override;
    int32_t getNbDLACores() const noexcept override;
    void setGpuAllocator(nvinfer1::IGpuAllocator* allocator) noexcept override;
    nvinfer1::IBuilderConfig* createBuilderConfig() noexcept override;
    nvinfer1::INetworkDefinition* createNetworkV2(nvinfer1::NetworkDefinitionCreationFlags flags) noexcept override;
    nvinfer1::IOptimizationProfile* createOptimizationProfile() noexcept override;
    void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept override;
    nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override;
    void reset() noexcept override;
    nvinfer1::IHostMemory* buildSerializedNetwork(nvinfer1::INetworkDefinition& network,
                                                  nvinfer1::IBuilderConfig& config) noexcept override;
    bool isNetworkSupported(nvinfer1::INetworkDefinition const& network,
                            nvinfer1::IBuilderConfig const& config) const noexcept override;
#if PINION_TRT_SINCE(8, 4)
    nvinfer1::ILogger* getLogger() const noexcept override;
    bool setMaxThreads(int32_t maxThreads) noexcept override;
    int32_t getMaxThreads() const noexcept override;
#endif
#if PINION_TRT_SINCE(8, 6)
    nvinfer1::IPluginRegistry& getPluginRegistry() noexcept override;
#endif

private:
    bool alive(const char* function) const noexcept;

    std::unique_ptr<BuilderState> state_;
};

}  // namespace pinion_host_tensorrt
