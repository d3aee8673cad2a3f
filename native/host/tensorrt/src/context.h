// The execution context: checks every rule before it lets a work onto a stream.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "NvInferRuntime.h"
#include "engine.h"
#include "report.h"
#include "work.h"

namespace pinion_host_tensorrt {

class ContextState {
public:
    ContextState(std::shared_ptr<EngineState> engine, bool hasMemory);
    ~ContextState();
    ContextState(const ContextState&) = delete;
    ContextState& operator=(const ContextState&) = delete;

    // Refuses when the engine is gone or an earlier inference failed.
    void checkUsable() const;
    void setProfile(int32_t profile);
    void setShape(size_t tensor, const Shape& shape);
    void setAddress(size_t tensor, void* address) { addresses_[tensor] = address; }
    void* address(size_t tensor) const noexcept { return addresses_[tensor]; }
    // As far as it is known; -1 where it is not.
    Shape shape(size_t tensor);
    bool inputSpecified(size_t tensor) const noexcept;
    bool allInputsSpecified() const noexcept;

    // Puts one inference on the stream. addresses are of this profile's tensors; alignment is what each must have.
    void enqueue(void* const* addresses, cudaStream_t stream, cudaEvent_t inputConsumed, size_t alignment);
    // The same with the addresses and the event that were set before.
    void enqueueNamed(cudaStream_t stream, size_t alignment) {
        enqueue(addresses_.data(), stream, inputConsumed, alignment);
    }
    void execute(void* const* addresses, size_t alignment);
    void reportProfile();

    int32_t profile() const noexcept { return profile_; }
    bool busyOnAnotherThread() noexcept;
    void leave() noexcept;

    const std::shared_ptr<EngineState> engine;
    const std::shared_ptr<Health> health;
    std::string name;
    bool debugSync = false;
    bool enqueueEmitsProfile = true;
    nvinfer1::IProfiler* profiler = nullptr;
    cudaEvent_t inputConsumed = nullptr;
    bool hasMemory;
    size_t persistentCacheLimit = 0;
    uint64_t nvtxVerbosity;
    nvinfer1::IGpuAllocator* temporaryAllocator = nullptr;
#if PINION_TRT_SINCE(8, 5)
    std::vector<nvinfer1::IOutputAllocator*> outputAllocators;
#endif
#if NV_TENSORRT_MAJOR >= 10
    nvinfer1::IDebugListener* debugListener = nullptr;
#endif

private:
    struct Verified {
        const void* address = nullptr;
        size_t bytes = 0;
    };

    void resetShapes();
    const std::vector<Shape>& outputShapes();
    bool isCapturing(cudaStream_t stream) const;
    void checkStream(cudaStream_t stream, bool capturing);
    void checkAddress(size_t tensor, const void* address, size_t bytes, size_t alignment);
    // The work for the shapes in force; made anew when they were not used before.
    Work& prepare(cudaStream_t stream, bool capturing);
    void waitForLastWork() noexcept;

    int32_t profile_ = -1;
    std::vector<Shape> inputShapes_;
    std::vector<Shape> outputShapes_;  // of the input shapes in force; empty when not known yet
    std::vector<void*> addresses_;
    std::vector<Verified> verified_;
    std::list<std::unique_ptr<Work>> works_;  // last used first
    Work* current_ = nullptr;                 // the one that was enqueued last, while its shapes are in force
    cudaEvent_t done_ = nullptr;              // recorded behind the last inference outside of a capture
    cudaStream_t lastStream_ = nullptr;
    bool anyEnqueued_ = false;
    cudaStream_t ownStream_ = nullptr;  // of execute()
    std::atomic<uint64_t> owner_{0};    // thread inside, by a number of its own
    int depth_ = 0;                     // how often that thread is inside
};

class Context final : public nvinfer1::IExecutionContext, public Buried<Context> {
public:
    Context(std::shared_ptr<EngineState> engine, const Engine& api, bool hasMemory)
        : state_(std::make_unique<ContextState>(std::move(engine), hasMemory)), api_(&api) {}
    explicit Context(Tombstone) {}
    ~Context() noexcept override;

#if NV_TENSORRT_MAJOR < 10
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
#if NV_TENSORRT_MAJOR >= 10
    bool setOutputTensorAddress(char const* tensorName, void* data) noexcept override;
    void setDeviceMemoryV2(void* memory, int64_t size) noexcept override;
    size_t updateDeviceMemorySizeForShapes() noexcept override;
    bool setDebugListener(nvinfer1::IDebugListener* listener) noexcept override;
    nvinfer1::IDebugListener* getDebugListener() noexcept override;
    bool setTensorDebugState(char const* name, bool flag) noexcept override;
    bool setAllTensorsDebugState(bool flag) noexcept override;
    bool getDebugState(char const* name) const noexcept override;
#endif
    bool executeV2(void* const* bindings) noexcept override;
    bool setOptimizationProfileAsync(int32_t profileIndex, cudaStream_t stream) noexcept override;
    int32_t getOptimizationProfile() const noexcept override;
    bool allInputDimensionsSpecified() const noexcept override;
    bool allInputShapesSpecified() const noexcept override;
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
#if PINION_TRT_SINCE(8, 2)
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
    const Engine* api_ = nullptr;
};

}  // namespace pinion_host_tensorrt
