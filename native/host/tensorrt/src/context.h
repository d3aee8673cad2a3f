// The execution context as TensorRT's interface shows it.
#pragma once

#include <memory>

#include "NvInferRuntime.h"
#include "context_state.h"
#include "report.h"

namespace pinion_host_tensorrt {

class Context final : public nvinfer1::IExecutionContext, public Buried<Context> {
public:
    Context(std::shared_ptr<EngineState> engine, const nvinfer1::ICudaEngine& api, bool hasMemory)
        : state_(std::make_unique<ContextState>(std::move(engine), hasMemory)), api_(&api) {}
    explicit Context(Tombstone) {}
    ~Context() noexcept override;

#if !PINION_TRT_SINCE(10, 0)
    bool execute(int32_t batchSize, void* const* bindings) noexcept override;
    bool enqueue(int32_t batchSize, void* const* bindings, cudaStream_t stream,
                 cudaEvent_t* inputConsumed) noexcept override;
    bool enqueueV2(void* const* bindings, cudaStream_t stream, cudaEvent_t* inputConsumed) noexcept override;
    nvinfer1::Dims getStrides(int32_t bindingIndex) const noexcept override;
    bool setOptimizationProfile(int32_t profileIndex) noexcept override;
    bool setBindingDimensions(int32_t bindingIndex, nvinfer1::Dims const& dimensions) noexcept override;
    nvinfer1::Dims getBindingDimensions(int32_t bindingIndex) const noexcept override;
    bool setInputShapeBinding(int32_t bindingIndex, int32_t const* data) noexcept override;
    bool getShapeBinding(int32_t bindingIndex, int32_t* data) const noexcept override;
#endif
#if PINION_TRT_SINCE(8, 5)
    bool enqueueV3(cudaStream_t stream) noexcept override;
    bool setTensorAddress(char const* tensorName, void* data) noexcept override;
    void const* getTensorAddress(char const* tensorName) const noexcept override;
    bool setInputTensorAddress(char const* tensorName, void const* data) noexcept override;
    void* getOutputTensorAddress(char const* tensorName) const noexcept override;
    bool setInputShape(char const* tensorName, nvinfer1::Dims const& dims) noexcept override;
    nvinfer1::Dims getTensorShape(char const* tensorName) const noexcept override;
    nvinfer1::Dims getTensorStrides(char const* tensorName) const noexcept override;
    int32_t inferShapes(int32_t nbMaxNames, char const** tensorNames) noexcept override;
    bool setInputConsumedEvent(cudaEvent_t event) noexcept override;
    cudaEvent_t getInputConsumedEvent() const noexcept override;
    bool setOutputAllocator(char const* tensorName, nvinfer1::IOutputAllocator* outputAllocator) noexcept override;
    nvinfer1::IOutputAllocator* getOutputAllocator(char const* tensorName) const noexcept override;
    int64_t getMaxOutputSize(char const* tensorName) const noexcept override;
    bool setTemporaryStorageAllocator(nvinfer1::IGpuAllocator* allocator) noexcept override;
    nvinfer1::IGpuAllocator* getTemporaryStorageAllocator() const noexcept override;
    void setPersistentCacheLimit(size_t size) noexcept override;
    size_t getPersistentCacheLimit() const noexcept override;
#endif
#if PINION_TRT_SINCE(8, 6)
    bool setNvtxVerbosity(nvinfer1::ProfilingVerbosity verbosity) noexcept override;
    nvinfer1::ProfilingVerbosity getNvtxVerbosity() const noexcept override;
    void setAuxStreams(cudaStream_t* auxStreams, int32_t nbStreams) noexcept override;
#endif
#if PINION_TRT_SINCE(10, 0)
    bool setOutputTensorAddress(char const* tensorName, void* data) noexcept override;
    void setDeviceMemoryV2(void* memory, int64_t size) noexcept override;
    size_t updateDeviceMemorySizeForShapes() noexcept override;
    bool setDebugListener(nvinfer1::IDebugListener* listener) noexcept override;
    nvinfer1::IDebugListener* getDebugListener() noexcept override;
    bool setTensorDebugState(char const* name, bool flag) noexcept override;
    bool setAllTensorsDebugState(bool flag) noexcept override;
    bool getDebugState(char const* name) const noexcept override;
#endif
#if PINION_TRT_RTX
    bool isStreamCapturable(cudaStream_t stream) const noexcept override;
    void setKernels(KernelSettings kernels) noexcept {
        state_->kernels = std::move(kernels);
    }
#endif
    bool executeV2(void* const* bindings) noexcept override;
    bool setOptimizationProfileAsync(int32_t profileIndex, cudaStream_t stream) noexcept override;
    int32_t getOptimizationProfile() const noexcept override;
    bool allInputDimensionsSpecified() const noexcept override;
#if !PINION_TRT_SINCE(11, 0)
    bool allInputShapesSpecified() const noexcept override;
#endif
    void setDebugSync(bool sync) noexcept override;
    bool getDebugSync() const noexcept override;
    void setProfiler(nvinfer1::IProfiler* profiler) noexcept override;
    nvinfer1::IProfiler* getProfiler() const noexcept override;
    nvinfer1::ICudaEngine const& getEngine() const noexcept override;
    void setName(char const* name) noexcept override;
    char const* getName() const noexcept override;
    void setDeviceMemory(void* memory) noexcept override;
    void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept override;
    nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override;
#if PINION_TRT_SINCE(8, 4)
    void setEnqueueEmitsProfile(bool enqueueEmitsProfile) noexcept override;
    bool getEnqueueEmitsProfile() const noexcept override;
    bool reportToProfiler() const noexcept override;
#endif

private:
    ContextState* state(const char* function) const noexcept;
    // Runs the body with this thread as the only one inside; refuses when another is.
    template <typename Result, typename Body>
    Result inside(const char* function, Result fallback, Body&& body) const noexcept;
    size_t tensor(const ContextState& context, const char* name) const;
    size_t binding(const ContextState& context, int32_t index, bool ofThisProfile) const;

    std::unique_ptr<ContextState> state_;
    const nvinfer1::ICudaEngine* api_ = nullptr;
};

}  // namespace pinion_host_tensorrt
