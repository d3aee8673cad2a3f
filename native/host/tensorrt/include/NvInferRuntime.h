// Host TensorRT: runtime, engine, execution context and inspector. Every interface here is made by the library and
// destroyed by the caller with delete (or destroy() before TensorRT 10), children before their parent.
#pragma once

#include "NvInferRuntimeCommon.h"

namespace nvinfer1 {

class ICudaEngine;
class IEngineInspector;
class IExecutionContext;
class IPluginFactory;

class INoCopy {
protected:
    INoCopy() = default;
    virtual ~INoCopy() = default;
    INoCopy(INoCopy const&) = delete;
    INoCopy& operator=(INoCopy const&) = delete;
    INoCopy(INoCopy&&) = delete;
    INoCopy& operator=(INoCopy&&) = delete;
};

enum class EngineCapability : int32_t {
    kSTANDARD = 0,
    kSAFETY = 1,
    kDLA_STANDALONE = 2,
#if !PINION_TRT_SINCE(10, 0)
    kDEFAULT = kSTANDARD,
    kSAFE_GPU = kSAFETY,
    kSAFE_DLA = kDLA_STANDALONE,
#endif
};
PINION_TRT_ENUM_MAX(EngineCapability, 3)

class Weights {
public:
    DataType type;
    void const* values;
    int64_t count;
};

enum class TensorLocation : int32_t { kDEVICE = 0, kHOST = 1 };
PINION_TRT_ENUM_MAX(TensorLocation, 2)

enum class DeviceType : int32_t { kGPU = 0, kDLA = 1 };
PINION_TRT_ENUM_MAX(DeviceType, 2)

enum class OptProfileSelector : int32_t { kMIN = 0, kOPT = 1, kMAX = 2 };
PINION_TRT_ENUM_MAX(OptProfileSelector, 3)

#if PINION_TRT_SINCE(11, 0)
enum class TacticSource : int32_t { kEDGE_MASK_CONVOLUTIONS = 0, kJIT_CONVOLUTIONS = 1 };
PINION_TRT_ENUM_MAX(TacticSource, 2)
#else
enum class TacticSource : int32_t {
    kCUBLAS = 0,
    kCUBLAS_LT = 1,
    kCUDNN = 2,
#if PINION_TRT_SINCE(8, 4)
    kEDGE_MASK_CONVOLUTIONS = 3,
#endif
#if PINION_TRT_SINCE(8, 5)
    kJIT_CONVOLUTIONS = 4,
#endif
};
#if PINION_TRT_SINCE(8, 5)
PINION_TRT_ENUM_MAX(TacticSource, 5)
#else
PINION_TRT_ENUM_MAX(TacticSource, 3)
#endif
#endif
using TacticSources = uint32_t;

#if PINION_TRT_SINCE(8, 2)
enum class ProfilingVerbosity : int32_t {
    kLAYER_NAMES_ONLY = 0,
    kNONE = 1,
    kDETAILED = 2,
#if !PINION_TRT_SINCE(10, 0)
    kDEFAULT = kLAYER_NAMES_ONLY,
    kVERBOSE = kDETAILED,
#endif
};
#else
enum class ProfilingVerbosity : int32_t { kDEFAULT = 0, kNONE = 1, kVERBOSE = 2 };
#endif
PINION_TRT_ENUM_MAX(ProfilingVerbosity, 3)

#if PINION_TRT_SINCE(8, 6)
enum class HardwareCompatibilityLevel : int32_t {
    kNONE = 0,
    kAMPERE_PLUS = 1,
#if PINION_TRT_SINCE(10, 16)
    kSAME_COMPUTE_CAPABILITY = 2,
#endif
};
#if PINION_TRT_SINCE(10, 16)
PINION_TRT_ENUM_MAX(HardwareCompatibilityLevel, 3)
#else
PINION_TRT_ENUM_MAX(HardwareCompatibilityLevel, 2)
#endif

enum class TempfileControlFlag : int32_t { kALLOW_IN_MEMORY_FILES = 0, kALLOW_TEMPORARY_FILES = 1 };
PINION_TRT_ENUM_MAX(TempfileControlFlag, 2)
using TempfileControlFlags = uint32_t;
#endif

#if PINION_TRT_SINCE(8, 2)
enum class LayerInformationFormat : int32_t { kONELINE = 0, kJSON = 1 };
PINION_TRT_ENUM_MAX(LayerInformationFormat, 2)
#endif

#if PINION_TRT_SINCE(10, 0)
using SerializationFlags = uint32_t;
enum class SerializationFlag : int32_t {
    kEXCLUDE_WEIGHTS = 0,
    kEXCLUDE_LEAN_RUNTIME = 1,
#if PINION_TRT_SINCE(11, 0)
    kINCLUDE_REFIT = 2,
#endif
};
#if PINION_TRT_SINCE(11, 0)
PINION_TRT_ENUM_MAX(SerializationFlag, 3)
#else
PINION_TRT_ENUM_MAX(SerializationFlag, 2)
#endif

enum class ExecutionContextAllocationStrategy : int32_t { kSTATIC = 0, kON_PROFILE_CHANGE = 1, kUSER_MANAGED = 2 };
PINION_TRT_ENUM_MAX(ExecutionContextAllocationStrategy, 3)
#endif

// Bytes made by the library; valid until it is destroyed.
class IHostMemory : public INoCopy {
public:
    virtual ~IHostMemory() noexcept = default;
    virtual void* data() const noexcept = 0;
    virtual std::size_t size() const noexcept = 0;
    virtual DataType type() const noexcept = 0;
#if !PINION_TRT_SINCE(10, 0)
    void destroy() noexcept {
        delete this;
    }
#endif
};

// Called by the library with the time of each layer after an enqueue; the names live as long as the engine.
#if PINION_TRT_SINCE(10, 0)
namespace v_1_0 {
#endif
#if PINION_TRT_SINCE(11, 0)
class IProfiler : public IVersionedInterface {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IProfiler", 1, 0}; }
    ~IProfiler() override = default;
#else
class IProfiler {
public:
    virtual ~IProfiler() noexcept = default;
#endif
    virtual void reportLayerTime(char const* layerName, float ms) noexcept = 0;
};
#if PINION_TRT_SINCE(10, 0)
}  // namespace v_1_0
using IProfiler = v_1_0::IProfiler;
#endif

// Ranges of input shapes. Belongs to its builder; the caller never destroys it.
class IOptimizationProfile : public INoCopy {
public:
    virtual bool setDimensions(char const* inputName, OptProfileSelector select, Dims const& dims) noexcept = 0;
    virtual Dims getDimensions(char const* inputName, OptProfileSelector select) const noexcept = 0;
#if !PINION_TRT_SINCE(11, 0)
    virtual bool setShapeValues(char const* inputName, OptProfileSelector select, int32_t const* values,
                                int32_t nbValues) noexcept = 0;
    virtual int32_t const* getShapeValues(char const* inputName, OptProfileSelector select) const noexcept = 0;
#else
    virtual bool setShapeValuesV2(char const* inputName, OptProfileSelector select, int64_t const* values,
                                  int32_t nbValues) noexcept = 0;
    virtual int64_t const* getShapeValuesV2(char const* inputName, OptProfileSelector select) const noexcept = 0;
#endif
    virtual int32_t getNbShapeValues(char const* inputName) const noexcept = 0;
    virtual bool setExtraMemoryTarget(float target) noexcept = 0;
    virtual float getExtraMemoryTarget() const noexcept = 0;
    virtual bool isValid() const noexcept = 0;

protected:
    virtual ~IOptimizationProfile() noexcept = default;
};

#if PINION_TRT_RTX
enum class EngineValidity : int32_t { kVALID = 0, kSUBOPTIMAL = 1, kINVALID = 2 };
PINION_TRT_ENUM_MAX(EngineValidity, 3)

// Bits of what keeps an engine from running here.
enum class EngineInvalidityDiagnostics : uint64_t {
    kVERSION_MISMATCH = 1 << 0,
    kUNSUPPORTED_CC = 1 << 1,
    kOLD_CUDA_DRIVER = 1 << 2,
    kOLD_CUDA_RUNTIME = 1 << 3,
    kINSUFFICIENT_GPU_MEMORY = 1 << 4,
    kMALFORMED_ENGINE = 1 << 5,
    kCUDA_ERROR = 1 << 6,
};
#endif

// Loads plans. Calls on one runtime must not overlap.
class IRuntime : public INoCopy {
public:
    virtual ~IRuntime() noexcept = default;
    // The blob is not used after the call. Null, and a logged reason, when it is refused.
    virtual ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size) noexcept = 0;
#if !PINION_TRT_SINCE(10, 0)
    ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size, IPluginFactory* /*unused*/) noexcept {
        return deserializeCudaEngine(blob, size);
    }
    void destroy() noexcept {
        delete this;
    }
#elif PINION_TRT_SINCE(11, 0)
    virtual ICudaEngine* deserializeCudaEngine(IStreamReaderV2& streamReader) = 0;
#else
    virtual ICudaEngine* deserializeCudaEngine(IStreamReader& streamReader) = 0;
#endif
    virtual void setDLACore(int32_t dlaCore) noexcept = 0;
    virtual int32_t getDLACore() const noexcept = 0;
    virtual int32_t getNbDLACores() const noexcept = 0;
    virtual void setGpuAllocator(IGpuAllocator* allocator) noexcept = 0;
    virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
    virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
#if PINION_TRT_SINCE(8, 4)
    virtual ILogger* getLogger() const noexcept = 0;
    virtual bool setMaxThreads(int32_t maxThreads) noexcept = 0;
    virtual int32_t getMaxThreads() const noexcept = 0;
#endif
#if PINION_TRT_SINCE(8, 6)
    virtual void setTemporaryDirectory(char const* path) noexcept = 0;
    virtual char const* getTemporaryDirectory() const noexcept = 0;
    virtual void setTempfileControlFlags(TempfileControlFlags flags) noexcept = 0;
    virtual TempfileControlFlags getTempfileControlFlags() const noexcept = 0;
    virtual IPluginRegistry& getPluginRegistry() noexcept = 0;
    virtual IRuntime* loadRuntime(char const* path) noexcept = 0;
    virtual void setEngineHostCodeAllowed(bool allowed) noexcept = 0;
    virtual bool getEngineHostCodeAllowed() const noexcept = 0;
#endif
#if PINION_TRT_RTX
    // A plan's first bytes, of this size, tell whether it fits.
    virtual int64_t getEngineHeaderSize() const noexcept = 0;
    virtual EngineValidity getEngineValidity(void const* blob, int64_t blobSize,
                                             uint64_t* diagnostics) const noexcept = 0;
#endif
};

#if PINION_TRT_SINCE(10, 0)
class ISerializationConfig : public INoCopy {
public:
    virtual ~ISerializationConfig() noexcept = default;
    virtual bool setFlags(SerializationFlags serializationFlags) noexcept = 0;
    virtual SerializationFlags getFlags() const noexcept = 0;
    virtual bool clearFlag(SerializationFlag serializationFlag) noexcept = 0;
    virtual bool setFlag(SerializationFlag serializationFlag) noexcept = 0;
    virtual bool getFlag(SerializationFlag serializationFlag) const noexcept = 0;
};
#endif

#if PINION_TRT_RTX
// Kernels that were compiled on this device, for later processes.
class IRuntimeCache : public INoCopy {
public:
    virtual ~IRuntimeCache() noexcept = default;
    virtual IHostMemory* serialize() const noexcept = 0;
    // False, and the cache stays as it is, for bytes that are no cache of this release and device.
    virtual bool deserialize(void const* blob, size_t size) noexcept = 0;
    virtual bool reset() noexcept = 0;
};

// When kernels of new shapes are compiled: beside the runs, before the first one, or never.
enum class DynamicShapesKernelSpecializationStrategy : int32_t { kLAZY = 0, kEAGER = 1, kNONE = 2 };
PINION_TRT_ENUM_MAX(DynamicShapesKernelSpecializationStrategy, 3)

enum class CudaGraphStrategy : int32_t { kDISABLED = 0, kWHOLE_GRAPH_CAPTURE = 1 };
PINION_TRT_ENUM_MAX(CudaGraphStrategy, 2)

class IRuntimeConfig : public INoCopy {
public:
    virtual ~IRuntimeConfig() noexcept = default;
    virtual void setExecutionContextAllocationStrategy(ExecutionContextAllocationStrategy strategy) noexcept = 0;
    virtual ExecutionContextAllocationStrategy getExecutionContextAllocationStrategy() const noexcept = 0;
    virtual IRuntimeCache* createRuntimeCache() const noexcept = 0;
    virtual bool setRuntimeCache(IRuntimeCache const& cache) noexcept = 0;
    virtual IRuntimeCache* getRuntimeCache() const noexcept = 0;
    virtual void setDynamicShapesKernelSpecializationStrategy(
        DynamicShapesKernelSpecializationStrategy strategy) noexcept = 0;
    virtual DynamicShapesKernelSpecializationStrategy getDynamicShapesKernelSpecializationStrategy() const noexcept = 0;
    virtual bool setCudaGraphStrategy(CudaGraphStrategy strategy) noexcept = 0;
    virtual CudaGraphStrategy getCudaGraphStrategy() const noexcept = 0;
};
#endif

// An executable model. Queries may come from any thread; contexts of one engine may run at the same time.
class ICudaEngine : public INoCopy {
public:
    virtual ~ICudaEngine() noexcept = default;

#if !PINION_TRT_SINCE(10, 0)
    // Bindings of all profiles: profile p owns the indices from p * bindings-of-one-profile on.
    virtual int32_t getNbBindings() const noexcept = 0;
    virtual int32_t getBindingIndex(char const* name) const noexcept = 0;
    virtual char const* getBindingName(int32_t bindingIndex) const noexcept = 0;
    virtual bool bindingIsInput(int32_t bindingIndex) const noexcept = 0;
    virtual Dims getBindingDimensions(int32_t bindingIndex) const noexcept = 0;
    virtual DataType getBindingDataType(int32_t bindingIndex) const noexcept = 0;
    virtual int32_t getMaxBatchSize() const noexcept = 0;
    virtual TensorLocation getLocation(int32_t bindingIndex) const noexcept = 0;
    virtual int32_t getBindingBytesPerComponent(int32_t bindingIndex) const noexcept = 0;
    virtual int32_t getBindingComponentsPerElement(int32_t bindingIndex) const noexcept = 0;
    virtual TensorFormat getBindingFormat(int32_t bindingIndex) const noexcept = 0;
    virtual char const* getBindingFormatDesc(int32_t bindingIndex) const noexcept = 0;
    virtual int32_t getBindingVectorizedDim(int32_t bindingIndex) const noexcept = 0;
    virtual Dims getProfileDimensions(int32_t bindingIndex, int32_t profileIndex,
                                      OptProfileSelector select) const noexcept = 0;
    virtual int32_t const* getProfileShapeValues(int32_t profileIndex, int32_t inputIndex,
                                                 OptProfileSelector select) const noexcept = 0;
    virtual bool isShapeBinding(int32_t bindingIndex) const noexcept = 0;
    virtual bool isExecutionBinding(int32_t bindingIndex) const noexcept = 0;
    void destroy() noexcept {
        delete this;
    }
#endif

#if PINION_TRT_SINCE(8, 5)
    virtual int32_t getNbIOTensors() const noexcept = 0;
    virtual char const* getIOTensorName(int32_t index) const noexcept = 0;
    virtual Dims getTensorShape(char const* tensorName) const noexcept = 0;
    virtual DataType getTensorDataType(char const* tensorName) const noexcept = 0;
    virtual TensorIOMode getTensorIOMode(char const* tensorName) const noexcept = 0;
    virtual TensorLocation getTensorLocation(char const* tensorName) const noexcept = 0;
    virtual bool isShapeInferenceIO(char const* tensorName) const noexcept = 0;
    virtual int32_t getTensorBytesPerComponent(char const* tensorName) const noexcept = 0;
    virtual int32_t getTensorComponentsPerElement(char const* tensorName) const noexcept = 0;
    virtual TensorFormat getTensorFormat(char const* tensorName) const noexcept = 0;
    virtual char const* getTensorFormatDesc(char const* tensorName) const noexcept = 0;
    virtual int32_t getTensorVectorizedDim(char const* tensorName) const noexcept = 0;
    virtual Dims getProfileShape(char const* tensorName, int32_t profileIndex,
                                 OptProfileSelector select) const noexcept = 0;
#endif
#if PINION_TRT_SINCE(8, 6)
    virtual int32_t getTensorBytesPerComponent(char const* tensorName, int32_t profileIndex) const noexcept = 0;
    virtual int32_t getTensorComponentsPerElement(char const* tensorName, int32_t profileIndex) const noexcept = 0;
    virtual TensorFormat getTensorFormat(char const* tensorName, int32_t profileIndex) const noexcept = 0;
    virtual char const* getTensorFormatDesc(char const* tensorName, int32_t profileIndex) const noexcept = 0;
    virtual int32_t getTensorVectorizedDim(char const* tensorName, int32_t profileIndex) const noexcept = 0;
    virtual HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept = 0;
    virtual int32_t getNbAuxStreams() const noexcept = 0;
#endif

    virtual char const* getName() const noexcept = 0;
    virtual int32_t getNbLayers() const noexcept = 0;
    virtual int32_t getNbOptimizationProfiles() const noexcept = 0;
#if !PINION_TRT_SINCE(11, 0)
    virtual size_t getDeviceMemorySize() const noexcept = 0;
    virtual bool hasImplicitBatchDimension() const noexcept = 0;
    virtual IExecutionContext* createExecutionContextWithoutDeviceMemory() noexcept = 0;
#endif
    virtual bool isRefittable() const noexcept = 0;
    virtual EngineCapability getEngineCapability() const noexcept = 0;
    virtual TacticSources getTacticSources() const noexcept = 0;
    virtual IHostMemory* serialize() const noexcept = 0;
    virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
    virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
#if PINION_TRT_SINCE(8, 2)
    virtual ProfilingVerbosity getProfilingVerbosity() const noexcept = 0;
    virtual IEngineInspector* createEngineInspector() const noexcept = 0;
#endif
#if !PINION_TRT_SINCE(10, 0)
    virtual IExecutionContext* createExecutionContext() noexcept = 0;
#else
    virtual IExecutionContext* createExecutionContext(
        ExecutionContextAllocationStrategy strategy = ExecutionContextAllocationStrategy::kSTATIC) noexcept = 0;
#if !PINION_TRT_SINCE(11, 0)
    virtual size_t getDeviceMemorySizeForProfile(int32_t profileIndex) const noexcept = 0;
    virtual int32_t const* getProfileTensorValues(char const* tensorName, int32_t profileIndex,
                                                  OptProfileSelector select) const noexcept = 0;
#else
    virtual int64_t const* getProfileTensorValuesV2(char const* tensorName, int32_t profileIndex,
                                                    OptProfileSelector select) const noexcept = 0;
#endif
    virtual int64_t getDeviceMemorySizeV2() const noexcept = 0;
    virtual int64_t getDeviceMemorySizeForProfileV2(int32_t profileIndex) const noexcept = 0;
    virtual ISerializationConfig* createSerializationConfig() noexcept = 0;
    virtual IHostMemory* serializeWithConfig(ISerializationConfig& config) const noexcept = 0;
    virtual int64_t getStreamableWeightsSize() const noexcept = 0;
    virtual bool setWeightStreamingBudgetV2(int64_t gpuMemoryBudget) noexcept = 0;
    virtual int64_t getWeightStreamingBudgetV2() const noexcept = 0;
    virtual int64_t getWeightStreamingAutomaticBudget() const noexcept = 0;
    virtual int64_t getWeightStreamingScratchMemorySize() const noexcept = 0;
    virtual bool isDebugTensor(char const* name) const noexcept = 0;
#endif
#if PINION_TRT_RTX
    virtual IExecutionContext* createExecutionContext(IRuntimeConfig* runtimeConfig) noexcept = 0;
    virtual IRuntimeConfig* createRuntimeConfig() noexcept = 0;
#endif
};

#if PINION_TRT_SINCE(8, 5)
// Memory for outputs of unknown size. The host refuses models that would need one.
#if PINION_TRT_SINCE(10, 0)
namespace v_1_0 {
class IOutputAllocator : public IVersionedInterface {
public:
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IOutputAllocator", 1, 0}; }
#if PINION_TRT_RTX
    virtual void* reallocateOutputAsync(char const* /*tensorName*/, void* /*currentMemory*/, uint64_t /*size*/,
                                        uint64_t /*alignment*/, cudaStream_t /*stream*/) {
        return nullptr;
    }
#else
    virtual void* reallocateOutput(char const* /*tensorName*/, void* /*currentMemory*/, uint64_t /*size*/,
                                   uint64_t /*alignment*/) noexcept {
        return nullptr;
    }
    virtual void* reallocateOutputAsync(char const* tensorName, void* currentMemory, uint64_t size, uint64_t alignment,
                                        cudaStream_t /*stream*/) {
        return reallocateOutput(tensorName, currentMemory, size, alignment);
    }
#endif
    virtual void notifyShape(char const* tensorName, Dims const& dims) noexcept = 0;
};
}  // namespace v_1_0
using IOutputAllocator = v_1_0::IOutputAllocator;
#else
class IOutputAllocator {
public:
    virtual ~IOutputAllocator() = default;
    virtual int32_t getInterfaceVersion() const noexcept { return 1; }
    virtual void* reallocateOutput(char const* tensorName, void* currentMemory, uint64_t size,
                                   uint64_t alignment) noexcept = 0;
    virtual void notifyShape(char const* tensorName, Dims const& dims) noexcept = 0;
};
#endif
#endif

#if PINION_TRT_SINCE(10, 0)
namespace v_1_0 {
class IDebugListener : public IVersionedInterface {
public:
    ~IDebugListener() override = default;
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IDebugListener", 1, 0}; }
    virtual bool processDebugTensor(void const* addr, TensorLocation location, DataType type, Dims const& shape,
                                    char const* name, cudaStream_t stream) = 0;
};
}  // namespace v_1_0
using IDebugListener = v_1_0::IDebugListener;
#endif

// The state of one inference at a time. Not thread-safe: two threads inside one context are reported and refused.
class IExecutionContext : public INoCopy {
public:
    virtual ~IExecutionContext() noexcept = default;

#if !PINION_TRT_SINCE(10, 0)
    virtual bool execute(int32_t batchSize, void* const* bindings) noexcept = 0;
    virtual bool enqueue(int32_t batchSize, void* const* bindings, cudaStream_t stream,
                         cudaEvent_t* inputConsumed) noexcept = 0;
    virtual bool enqueueV2(void* const* bindings, cudaStream_t stream, cudaEvent_t* inputConsumed) noexcept = 0;
    virtual Dims getStrides(int32_t bindingIndex) const noexcept = 0;
    virtual bool setOptimizationProfile(int32_t profileIndex) noexcept = 0;
    virtual bool setBindingDimensions(int32_t bindingIndex, Dims const& dimensions) noexcept = 0;
    virtual Dims getBindingDimensions(int32_t bindingIndex) const noexcept = 0;
    virtual bool setInputShapeBinding(int32_t bindingIndex, int32_t const* data) noexcept = 0;
    virtual bool getShapeBinding(int32_t bindingIndex, int32_t* data) const noexcept = 0;
    void destroy() noexcept {
        delete this;
    }
#endif

#if PINION_TRT_SINCE(8, 5)
    virtual bool enqueueV3(cudaStream_t stream) noexcept = 0;
    virtual bool setTensorAddress(char const* tensorName, void* data) noexcept = 0;
    virtual void const* getTensorAddress(char const* tensorName) const noexcept = 0;
    virtual bool setInputTensorAddress(char const* tensorName, void const* data) noexcept = 0;
    virtual void* getOutputTensorAddress(char const* tensorName) const noexcept = 0;
    virtual bool setInputShape(char const* tensorName, Dims const& dims) noexcept = 0;
    virtual Dims getTensorShape(char const* tensorName) const noexcept = 0;
    virtual Dims getTensorStrides(char const* tensorName) const noexcept = 0;
    virtual int32_t inferShapes(int32_t nbMaxNames, char const** tensorNames) noexcept = 0;
    virtual bool setInputConsumedEvent(cudaEvent_t event) noexcept = 0;
    virtual cudaEvent_t getInputConsumedEvent() const noexcept = 0;
    virtual bool setOutputAllocator(char const* tensorName, IOutputAllocator* outputAllocator) noexcept = 0;
    virtual IOutputAllocator* getOutputAllocator(char const* tensorName) const noexcept = 0;
    virtual int64_t getMaxOutputSize(char const* tensorName) const noexcept = 0;
    virtual bool setTemporaryStorageAllocator(IGpuAllocator* allocator) noexcept = 0;
    virtual IGpuAllocator* getTemporaryStorageAllocator() const noexcept = 0;
    virtual void setPersistentCacheLimit(size_t size) noexcept = 0;
    virtual size_t getPersistentCacheLimit() const noexcept = 0;
#endif
#if PINION_TRT_SINCE(8, 6)
    virtual bool setNvtxVerbosity(ProfilingVerbosity verbosity) noexcept = 0;
    virtual ProfilingVerbosity getNvtxVerbosity() const noexcept = 0;
    virtual void setAuxStreams(cudaStream_t* auxStreams, int32_t nbStreams) noexcept = 0;
#endif
#if PINION_TRT_SINCE(10, 0)
    virtual bool setOutputTensorAddress(char const* tensorName, void* data) noexcept = 0;
    virtual void setDeviceMemoryV2(void* memory, int64_t size) noexcept = 0;
    virtual size_t updateDeviceMemorySizeForShapes() noexcept = 0;
    virtual bool setDebugListener(IDebugListener* listener) noexcept = 0;
    virtual IDebugListener* getDebugListener() noexcept = 0;
    virtual bool setTensorDebugState(char const* name, bool flag) noexcept = 0;
    virtual bool setAllTensorsDebugState(bool flag) noexcept = 0;
    virtual bool getDebugState(char const* name) const noexcept = 0;
#endif
#if PINION_TRT_RTX
    virtual bool isStreamCapturable(cudaStream_t stream) const noexcept = 0;
#endif

    virtual bool executeV2(void* const* bindings) noexcept = 0;
    virtual bool setOptimizationProfileAsync(int32_t profileIndex, cudaStream_t stream) noexcept = 0;
    virtual int32_t getOptimizationProfile() const noexcept = 0;
    virtual bool allInputDimensionsSpecified() const noexcept = 0;
#if !PINION_TRT_SINCE(11, 0)
    virtual bool allInputShapesSpecified() const noexcept = 0;
#endif
    virtual void setDebugSync(bool sync) noexcept = 0;
    virtual bool getDebugSync() const noexcept = 0;
    virtual void setProfiler(IProfiler* profiler) noexcept = 0;
    virtual IProfiler* getProfiler() const noexcept = 0;
    virtual ICudaEngine const& getEngine() const noexcept = 0;
    virtual void setName(char const* name) noexcept = 0;
    virtual char const* getName() const noexcept = 0;
    virtual void setDeviceMemory(void* memory) noexcept = 0;
    virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
    virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
#if PINION_TRT_SINCE(8, 4)
    virtual void setEnqueueEmitsProfile(bool enqueueEmitsProfile) noexcept = 0;
    virtual bool getEnqueueEmitsProfile() const noexcept = 0;
    virtual bool reportToProfiler() const noexcept = 0;
#endif
};

#if PINION_TRT_SINCE(8, 2)
// Layer information. A returned string lives until the next call on the same inspector.
class IEngineInspector : public INoCopy {
public:
    virtual ~IEngineInspector() noexcept = default;
    virtual bool setExecutionContext(IExecutionContext const* context) noexcept = 0;
    virtual IExecutionContext const* getExecutionContext() const noexcept = 0;
    virtual char const* getLayerInformation(int32_t layerIndex, LayerInformationFormat format) const noexcept = 0;
    virtual char const* getEngineInformation(LayerInformationFormat format) const noexcept = 0;
    virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
    virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
};
#endif

}  // namespace nvinfer1

extern "C" TENSORRTAPI void* createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept;
extern "C" TENSORRTAPI nvinfer1::IPluginRegistry* getPluginRegistry() noexcept;
extern "C" TENSORRTAPI nvinfer1::ILogger* getLogger() noexcept;
#if PINION_TRT_SINCE(10, 0)
extern "C" TENSORRTAPI int32_t getInferLibMajorVersion() noexcept;
extern "C" TENSORRTAPI int32_t getInferLibMinorVersion() noexcept;
extern "C" TENSORRTAPI int32_t getInferLibPatchVersion() noexcept;
extern "C" TENSORRTAPI int32_t getInferLibBuildVersion() noexcept;
#endif

namespace nvinfer1 {
namespace {
// Null when the library is of another version than this header.
inline IRuntime* createInferRuntime(ILogger& logger) noexcept {
    return static_cast<IRuntime*>(createInferRuntime_INTERNAL(&logger, NV_TENSORRT_VERSION));
}
}  // namespace
}  // namespace nvinfer1
