// The engine as TensorRT's interface shows it.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "NvInferRuntime.h"
#include "engine_state.h"
#include "log.h"
#include "plan.h"
#include "report.h"

namespace pinion_host_tensorrt {

class Engine final : public nvinfer1::ICudaEngine, public Buried<Engine> {
public:
    explicit Engine(std::shared_ptr<EngineState> state) : state_(std::move(state)) {}
    explicit Engine(Tombstone) {}
    ~Engine() noexcept override;

#if !PINION_TRT_SINCE(10, 0)
    int32_t getNbBindings() const noexcept override;
    int32_t getBindingIndex(char const* name) const noexcept override;
    char const* getBindingName(int32_t bindingIndex) const noexcept override;
    bool bindingIsInput(int32_t bindingIndex) const noexcept override;
    nvinfer1::Dims getBindingDimensions(int32_t bindingIndex) const noexcept override;
    DataType getBindingDataType(int32_t bindingIndex) const noexcept override;
    int32_t getMaxBatchSize() const noexcept override;
    nvinfer1::TensorLocation getLocation(int32_t bindingIndex) const noexcept override;
    int32_t getBindingBytesPerComponent(int32_t bindingIndex) const noexcept override;
    int32_t getBindingComponentsPerElement(int32_t bindingIndex) const noexcept override;
    nvinfer1::TensorFormat getBindingFormat(int32_t bindingIndex) const noexcept override;
    char const* getBindingFormatDesc(int32_t bindingIndex) const noexcept override;
    int32_t getBindingVectorizedDim(int32_t bindingIndex) const noexcept override;
    nvinfer1::Dims getProfileDimensions(int32_t bindingIndex, int32_t profileIndex,
                                        nvinfer1::OptProfileSelector select) const noexcept override;
    int32_t const* getProfileShapeValues(int32_t profileIndex, int32_t inputIndex,
                                         nvinfer1::OptProfileSelector select) const noexcept override;
    bool isShapeBinding(int32_t bindingIndex) const noexcept override;
    bool isExecutionBinding(int32_t bindingIndex) const noexcept override;
#endif
#if PINION_TRT_SINCE(8, 5)
    int32_t getNbIOTensors() const noexcept override;
    char const* getIOTensorName(int32_t index) const noexcept override;
    nvinfer1::Dims getTensorShape(char const* tensorName) const noexcept override;
    DataType getTensorDataType(char const* tensorName) const noexcept override;
    nvinfer1::TensorIOMode getTensorIOMode(char const* tensorName) const noexcept override;
    nvinfer1::TensorLocation getTensorLocation(char const* tensorName) const noexcept override;
    bool isShapeInferenceIO(char const* tensorName) const noexcept override;
    int32_t getTensorBytesPerComponent(char const* tensorName) const noexcept override;
    int32_t getTensorComponentsPerElement(char const* tensorName) const noexcept override;
    nvinfer1::TensorFormat getTensorFormat(char const* tensorName) const noexcept override;
    char const* getTensorFormatDesc(char const* tensorName) const noexcept override;
    int32_t getTensorVectorizedDim(char const* tensorName) const noexcept override;
    nvinfer1::Dims getProfileShape(char const* tensorName, int32_t profileIndex,
                                   nvinfer1::OptProfileSelector select) const noexcept override;
#endif
#if PINION_TRT_SINCE(8, 6)
    int32_t getTensorBytesPerComponent(char const* tensorName, int32_t profileIndex) const noexcept override;
    int32_t getTensorComponentsPerElement(char const* tensorName, int32_t profileIndex) const noexcept override;
    nvinfer1::TensorFormat getTensorFormat(char const* tensorName, int32_t profileIndex) const noexcept override;
    char const* getTensorFormatDesc(char const* tensorName, int32_t profileIndex) const noexcept override;
    int32_t getTensorVectorizedDim(char const* tensorName, int32_t profileIndex) const noexcept override;
    nvinfer1::HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept override;
    int32_t getNbAuxStreams() const noexcept override;
#endif
    char const* getName() const noexcept override;
    int32_t getNbLayers() const noexcept override;
    int32_t getNbOptimizationProfiles() const noexcept override;
#if !PINION_TRT_SINCE(11, 0)
    size_t getDeviceMemorySize() const noexcept override;
    bool hasImplicitBatchDimension() const noexcept override;
    nvinfer1::IExecutionContext* createExecutionContextWithoutDeviceMemory() noexcept override;
#endif
    bool isRefittable() const noexcept override;
    nvinfer1::EngineCapability getEngineCapability() const noexcept override;
    nvinfer1::TacticSources getTacticSources() const noexcept override;
    nvinfer1::IHostMemory* serialize() const noexcept override;
    void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept override;
    nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override;
#if PINION_TRT_SINCE(8, 2)
    nvinfer1::ProfilingVerbosity getProfilingVerbosity() const noexcept override;
    nvinfer1::IEngineInspector* createEngineInspector() const noexcept override;
#endif
#if !PINION_TRT_SINCE(10, 0)
    nvinfer1::IExecutionContext* createExecutionContext() noexcept override;
#else
    nvinfer1::IExecutionContext* createExecutionContext(
        nvinfer1::ExecutionContextAllocationStrategy strategy) noexcept override;
#if !PINION_TRT_SINCE(11, 0)
    size_t getDeviceMemorySizeForProfile(int32_t profileIndex) const noexcept override;
    int32_t const* getProfileTensorValues(char const* tensorName, int32_t profileIndex,
                                          nvinfer1::OptProfileSelector select) const noexcept override;
#else
    int64_t const* getProfileTensorValuesV2(char const* tensorName, int32_t profileIndex,
                                            nvinfer1::OptProfileSelector select) const noexcept override;
#endif
    int64_t getDeviceMemorySizeV2() const noexcept override;
    int64_t getDeviceMemorySizeForProfileV2(int32_t profileIndex) const noexcept override;
    nvinfer1::ISerializationConfig* createSerializationConfig() noexcept override;
    nvinfer1::IHostMemory* serializeWithConfig(nvinfer1::ISerializationConfig& config) const noexcept override;
    int64_t getStreamableWeightsSize() const noexcept override;
    bool setWeightStreamingBudgetV2(int64_t gpuMemoryBudget) noexcept override;
    int64_t getWeightStreamingBudgetV2() const noexcept override;
    int64_t getWeightStreamingAutomaticBudget() const noexcept override;
    int64_t getWeightStreamingScratchMemorySize() const noexcept override;
    bool isDebugTensor(char const* name) const noexcept override;
#endif
#if PINION_TRT_RTX
    nvinfer1::IExecutionContext* createExecutionContext(nvinfer1::IRuntimeConfig* runtimeConfig) noexcept override;
    nvinfer1::IRuntimeConfig* createRuntimeConfig() noexcept override;
#endif

    // Null when it was destroyed, after reporting it.
    EngineState* state(const char* function) const noexcept;

private:
    const TensorInfo* tensor(const char* function, const char* name) const noexcept;
    const TensorInfo* binding(const char* function, int32_t index) const noexcept;
    nvinfer1::Dims profileShape(const char* function, const TensorInfo* tensor, int32_t profile,
                                nvinfer1::OptProfileSelector select) const noexcept;
    nvinfer1::IExecutionContext* makeContext(const char* function, bool withMemory) noexcept;

    std::shared_ptr<EngineState> state_;
};

// planBytes may be empty. siblings counts the engines of a runtime; null for an engine that a builder made.
nvinfer1::ICudaEngine* makeEngine(Plan plan, const Log& parent, std::shared_ptr<std::atomic<int>> siblings,
                                  std::string planBytes);

}  // namespace pinion_host_tensorrt
