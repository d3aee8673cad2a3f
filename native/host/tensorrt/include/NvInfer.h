// Host TensorRT: network, builder configuration and builder.
#pragma once

#include "NvInferLegacyDims.h"
#include "NvInferRuntime.h"

namespace nvinfer1 {

class IBuilder;
#if !PINION_TRT_SINCE(11, 0)
class IAlgorithmSelector;
class IInt8Calibrator;
#endif

// The numbering changed in TensorRT 10, where fully connected and recurrent layers went.
enum class LayerType : int32_t {
    kCONVOLUTION = 0,
#if PINION_TRT_SINCE(10, 0)
    kCAST = 1,
#else
    kFULLY_CONNECTED = 1,
#endif
    kACTIVATION = 2,
    kPOOLING = 3,
    kLRN = 4,
    kSCALE = 5,
    kSOFTMAX = 6,
    kDECONVOLUTION = 7,
    kCONCATENATION = 8,
    kELEMENTWISE = 9,
    kPLUGIN = 10,
    kUNARY = 11,
    kPADDING = 12,
    kSHUFFLE = 13,
    kREDUCE = 14,
    kTOPK = 15,
    kGATHER = 16,
    kMATRIX_MULTIPLY = 17,
    kRAGGED_SOFTMAX = 18,
    kCONSTANT = 19,
#if PINION_TRT_SINCE(10, 0)
    kIDENTITY = 20,
    kPLUGIN_V2 = 21,
    kSLICE = 22,
    kSHAPE = 23,
    kPARAMETRIC_RELU = 24,
    kRESIZE = 25,
    kTRIP_LIMIT = 26,
    kRECURRENCE = 27,
    kITERATOR = 28,
    kLOOP_OUTPUT = 29,
    kSELECT = 30,
    kFILL = 31,
    kQUANTIZE = 32,
    kDEQUANTIZE = 33,
    kCONDITION = 34,
    kCONDITIONAL_INPUT = 35,
    kCONDITIONAL_OUTPUT = 36,
    kSCATTER = 37,
    kEINSUM = 38,
    kASSERTION = 39,
    kONE_HOT = 40,
    kNON_ZERO = 41,
    kGRID_SAMPLE = 42,
    kNMS = 43,
    kREVERSE_SEQUENCE = 44,
    kNORMALIZATION = 45,
    kPLUGIN_V3 = 46,
#if PINION_TRT_SINCE(11, 0)
    kSQUEEZE = 47,
    kUNSQUEEZE = 48,
    kCUMULATIVE = 49,
    kDYNAMIC_QUANTIZE = 50,
    kATTENTION_INPUT = 51,
    kATTENTION_OUTPUT = 52,
    kROTARY_EMBEDDING = 53,
    kKVCACHE_UPDATE = 54,
    kMOE = 55,
    kDIST_COLLECTIVE = 56,
#endif
#else
    kRNN_V2 = 20,
    kIDENTITY = 21,
    kPLUGIN_V2 = 22,
    kSLICE = 23,
    kSHAPE = 24,
    kPARAMETRIC_RELU = 25,
    kRESIZE = 26,
    kTRIP_LIMIT = 27,
    kRECURRENCE = 28,
    kITERATOR = 29,
    kLOOP_OUTPUT = 30,
    kSELECT = 31,
    kFILL = 32,
    kQUANTIZE = 33,
    kDEQUANTIZE = 34,
#if PINION_TRT_SINCE(8, 2)
    kCONDITION = 35,
    kCONDITIONAL_INPUT = 36,
    kCONDITIONAL_OUTPUT = 37,
    kSCATTER = 38,
    kEINSUM = 39,
    kASSERTION = 40,
#endif
#if PINION_TRT_SINCE(8, 5)
    kONE_HOT = 41,
    kNON_ZERO = 42,
    kGRID_SAMPLE = 43,
    kNMS = 44,
#endif
#if PINION_TRT_SINCE(8, 6)
    kREVERSE_SEQUENCE = 45,
    kNORMALIZATION = 46,
    kCAST = 47,
#endif
#endif
};
#if PINION_TRT_SINCE(11, 0)
PINION_TRT_ENUM_MAX(LayerType, 57)
#elif PINION_TRT_SINCE(10, 0)
PINION_TRT_ENUM_MAX(LayerType, 47)
#elif PINION_TRT_SINCE(8, 6)
PINION_TRT_ENUM_MAX(LayerType, 48)
#else
PINION_TRT_ENUM_MAX(LayerType, 35)
#endif

using TensorFormats = uint32_t;

// A tensor of a network. Belongs to the network.
class ITensor : public INoCopy {
public:
    virtual void setName(char const* name) noexcept = 0;
    virtual char const* getName() const noexcept = 0;
    virtual void setDimensions(Dims const& dimensions) noexcept = 0;
    virtual Dims getDimensions() const noexcept = 0;
#if !PINION_TRT_SINCE(11, 0)
    virtual void setType(DataType type) noexcept = 0;
    virtual bool setDynamicRange(float min, float max) noexcept = 0;
    virtual bool dynamicRangeIsSet() const noexcept = 0;
    virtual void resetDynamicRange() noexcept = 0;
    virtual float getDynamicRangeMin() const noexcept = 0;
    virtual float getDynamicRangeMax() const noexcept = 0;
#endif
    virtual DataType getType() const noexcept = 0;
    virtual bool isNetworkInput() const noexcept = 0;
    virtual bool isNetworkOutput() const noexcept = 0;
#if !PINION_TRT_RTX
    virtual TensorLocation getLocation() const noexcept = 0;
    virtual void setLocation(TensorLocation location) noexcept = 0;
#endif
    virtual void setAllowedFormats(TensorFormats formats) noexcept = 0;
    virtual TensorFormats getAllowedFormats() const noexcept = 0;
    virtual bool isShapeTensor() const noexcept = 0;
    virtual bool isExecutionTensor() const noexcept = 0;
#if PINION_TRT_SINCE(8, 5)
    virtual char const* getDimensionName(int32_t index) const noexcept = 0;
#endif

protected:
    virtual ~ITensor() noexcept = default;
};

// A layer of a network: here one node of the ONNX graph. Belongs to the network.
class ILayer : public INoCopy {
public:
    virtual LayerType getType() const noexcept = 0;
    virtual void setName(char const* name) noexcept = 0;
    virtual char const* getName() const noexcept = 0;
    virtual int32_t getNbInputs() const noexcept = 0;
    virtual ITensor* getInput(int32_t index) const noexcept = 0;
    virtual int32_t getNbOutputs() const noexcept = 0;
    virtual ITensor* getOutput(int32_t index) const noexcept = 0;
#if !PINION_TRT_SINCE(11, 0)
    virtual void setPrecision(DataType dataType) noexcept = 0;
    virtual DataType getPrecision() const noexcept = 0;
    virtual bool precisionIsSet() const noexcept = 0;
    virtual void resetPrecision() noexcept = 0;
    virtual void setOutputType(int32_t index, DataType dataType) noexcept = 0;
    virtual bool outputTypeIsSet(int32_t index) const noexcept = 0;
    virtual void resetOutputType(int32_t index) noexcept = 0;
#endif
    virtual DataType getOutputType(int32_t index) const noexcept = 0;
#if PINION_TRT_SINCE(8, 6)
    virtual void setMetadata(char const* metadata) noexcept = 0;
    virtual char const* getMetadata() const noexcept = 0;
#endif

protected:
    virtual ~ILayer() noexcept = default;
};

using NetworkDefinitionCreationFlags = uint32_t;
enum class NetworkDefinitionCreationFlag : int32_t {
#if PINION_TRT_SINCE(11, 0)
    // Every network is strongly typed: the flag changes nothing.
    kSTRONGLY_TYPED = 0,
#if !PINION_TRT_RTX
    kPREFER_JIT_PYTHON_PLUGINS = 1,
    kPREFER_AOT_PYTHON_PLUGINS = 2,
#endif
#elif PINION_TRT_SINCE(10, 0)
    kEXPLICIT_BATCH = 0,
    kSTRONGLY_TYPED = 1,
#else
    kEXPLICIT_BATCH = 0,
    kEXPLICIT_PRECISION = 1,
#endif
};
#if PINION_TRT_RTX
PINION_TRT_ENUM_MAX(NetworkDefinitionCreationFlag, 1)
#elif PINION_TRT_SINCE(11, 0)
PINION_TRT_ENUM_MAX(NetworkDefinitionCreationFlag, 3)
#else
PINION_TRT_ENUM_MAX(NetworkDefinitionCreationFlag, 2)
#endif

// A network, filled by the ONNX parser only: the host has no functions to add layers.
class INetworkDefinition : public INoCopy {
public:
    virtual ~INetworkDefinition() noexcept = default;
    virtual int32_t getNbInputs() const noexcept = 0;
    virtual ITensor* getInput(int32_t index) const noexcept = 0;
    virtual int32_t getNbOutputs() const noexcept = 0;
    virtual ITensor* getOutput(int32_t index) const noexcept = 0;
    virtual int32_t getNbLayers() const noexcept = 0;
    virtual ILayer* getLayer(int32_t index) const noexcept = 0;
    virtual void markOutput(ITensor& tensor) noexcept = 0;
    virtual void unmarkOutput(ITensor& tensor) noexcept = 0;
    virtual void setName(char const* name) noexcept = 0;
    virtual char const* getName() const noexcept = 0;
#if !PINION_TRT_RTX
    virtual bool hasImplicitBatchDimension() const noexcept = 0;
#endif
    virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
    virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
#if !PINION_TRT_SINCE(10, 0)
    virtual bool hasExplicitPrecision() const noexcept = 0;
    void destroy() noexcept {
        delete this;
    }
#else
    virtual NetworkDefinitionCreationFlags getFlags() const noexcept = 0;
    virtual bool getFlag(NetworkDefinitionCreationFlag networkDefinitionCreationFlag) const noexcept = 0;
#endif
#if PINION_TRT_SINCE(8, 6)
    virtual IBuilder& getBuilder() const noexcept = 0;
#endif
};

#if !PINION_TRT_SINCE(11, 0)
using QuantizationFlags = uint32_t;
enum class QuantizationFlag : int32_t { kCALIBRATE_BEFORE_FUSION = 0 };
PINION_TRT_ENUM_MAX(QuantizationFlag, 1)
#endif

using BuilderFlags = uint32_t;
// The numbering changed in TensorRT 10, where strict types went, and in 11, where the precisions did.
enum class BuilderFlag : int32_t {
#if !PINION_TRT_SINCE(11, 0)
    kFP16 = 0,
    kINT8 = 1,
#endif
    kDEBUG = 2,
    kGPU_FALLBACK = 3,
#if PINION_TRT_SINCE(11, 0)
    kREFIT = 4,
    kDISABLE_TIMING_CACHE = 5,
    kTF32 = 6,
    kSPARSE_WEIGHTS = 7,
    kSAFETY_SCOPE = 8,
    kDIRECT_IO = 11,
    kVERSION_COMPATIBLE = 12,
    kEXCLUDE_LEAN_RUNTIME = 13,
    kERROR_ON_TIMING_CACHE_MISS = 15,
    kDISABLE_COMPILATION_CACHE = 17,
    kSTRIP_PLAN = 18,
    kREFIT_IDENTICAL = 19,
    kWEIGHT_STREAMING = 20,
    kREFIT_INDIVIDUAL = 22,
    kSTRICT_NANS = 23,
    kMONITOR_MEMORY = 24,
    kEDITABLE_TIMING_CACHE = 26,
    kDISTRIBUTIVE_INDEPENDENCE = 27,
#if PINION_TRT_RTX
    kREQUIRE_USER_ALLOCATION = 28,
#endif
#elif PINION_TRT_SINCE(10, 0)
    kREFIT = 4,
    kDISABLE_TIMING_CACHE = 5,
    kTF32 = 6,
    kSPARSE_WEIGHTS = 7,
    kSAFETY_SCOPE = 8,
    kOBEY_PRECISION_CONSTRAINTS = 9,
    kPREFER_PRECISION_CONSTRAINTS = 10,
    kDIRECT_IO = 11,
    kREJECT_EMPTY_ALGORITHMS = 12,
    kVERSION_COMPATIBLE = 13,
    kEXCLUDE_LEAN_RUNTIME = 14,
    kFP8 = 15,
    kERROR_ON_TIMING_CACHE_MISS = 16,
    kBF16 = 17,
    kDISABLE_COMPILATION_CACHE = 18,
    kSTRIP_PLAN = 19,
    kWEIGHTLESS = kSTRIP_PLAN,
    kREFIT_IDENTICAL = 20,
    kWEIGHT_STREAMING = 21,
    kINT4 = 22,
    kREFIT_INDIVIDUAL = 23,
#else
    kSTRICT_TYPES = 4,
    kREFIT = 5,
    kDISABLE_TIMING_CACHE = 6,
    kTF32 = 7,
    kSPARSE_WEIGHTS = 8,
    kSAFETY_SCOPE = 9,
#if PINION_TRT_SINCE(8, 2)
    kOBEY_PRECISION_CONSTRAINTS = 10,
    kPREFER_PRECISION_CONSTRAINTS = 11,
    kDIRECT_IO = 12,
    kREJECT_EMPTY_ALGORITHMS = 13,
#endif
#if PINION_TRT_SINCE(8, 5)
    kENABLE_TACTIC_HEURISTIC = 14,
#endif
#if PINION_TRT_SINCE(8, 6)
    kVERSION_COMPATIBLE = 15,
    kEXCLUDE_LEAN_RUNTIME = 16,
    kFP8 = 17,
#endif
#endif
};
#if PINION_TRT_RTX
PINION_TRT_ENUM_MAX(BuilderFlag, 29)
#elif PINION_TRT_SINCE(11, 0)
PINION_TRT_ENUM_MAX(BuilderFlag, 28)
#elif PINION_TRT_SINCE(10, 0)
PINION_TRT_ENUM_MAX(BuilderFlag, 24)
#elif PINION_TRT_SINCE(8, 6)
PINION_TRT_ENUM_MAX(BuilderFlag, 18)
#else
PINION_TRT_ENUM_MAX(BuilderFlag, 10)
#endif

#if PINION_TRT_SINCE(8, 4)
enum class MemoryPoolType : int32_t {
    kWORKSPACE = 0,
    kDLA_MANAGED_SRAM = 1,
    kDLA_LOCAL_DRAM = 2,
    kDLA_GLOBAL_DRAM = 3,
#if PINION_TRT_SINCE(8, 6)
    kTACTIC_DRAM = 4,
#endif
#if PINION_TRT_SINCE(10, 0)
    kTACTIC_SHARED_MEMORY = 5,
#endif
};
#if PINION_TRT_SINCE(10, 0)
PINION_TRT_ENUM_MAX(MemoryPoolType, 6)
#elif PINION_TRT_SINCE(8, 6)
PINION_TRT_ENUM_MAX(MemoryPoolType, 5)
#else
PINION_TRT_ENUM_MAX(MemoryPoolType, 4)
#endif
#endif

#if PINION_TRT_SINCE(11, 0)
enum class PreviewFeature : int32_t { kALIASED_PLUGIN_IO_10_03 = 0, kRUNTIME_ACTIVATION_RESIZE_10_10 = 1 };
PINION_TRT_ENUM_MAX(PreviewFeature, 2)
#elif PINION_TRT_SINCE(10, 0)
enum class PreviewFeature : int32_t { kPROFILE_SHARING_0806 = 0, kALIASED_PLUGIN_IO_10_03 = 1 };
PINION_TRT_ENUM_MAX(PreviewFeature, 2)
#elif PINION_TRT_SINCE(8, 6)
enum class PreviewFeature : int32_t {
    kFASTER_DYNAMIC_SHAPES_0805 = 0,
    kDISABLE_EXTERNAL_TACTIC_SOURCES_FOR_CORE_0805 = 1,
    kPROFILE_SHARING_0806 = 2,
};
PINION_TRT_ENUM_MAX(PreviewFeature, 3)
#endif

#if PINION_TRT_SINCE(10, 0)
enum class RuntimePlatform : int32_t { kSAME_AS_BUILD = 0, kWINDOWS_AMD64 = 1 };
PINION_TRT_ENUM_MAX(RuntimePlatform, 2)
#endif

#if PINION_TRT_RTX
// What a plan is compiled for; kCURRENT asks the device.
enum class ComputeCapability : int32_t {
    kNONE = 0,
    kCURRENT = 1,
    kSM75 = 75,
    kSM80 = 80,
    kSM86 = 86,
    kSM89 = 89,
    kSM120 = 120,
    kSM121 = 121,
};
#endif

// Measurements of past builds. One that was set in a configuration must outlive it.
class ITimingCache : public INoCopy {
public:
    virtual ~ITimingCache() noexcept = default;
    virtual IHostMemory* serialize() const noexcept = 0;
    virtual bool combine(ITimingCache const& inputCache, bool ignoreMismatch) noexcept = 0;
    virtual bool reset() noexcept = 0;
};

#if PINION_TRT_SINCE(10, 0)
namespace v_1_0 {
// Told of the phases of a build, on the building thread; stepComplete returns false to cancel.
class IProgressMonitor : public IVersionedInterface {
public:
    IProgressMonitor() = default;
    ~IProgressMonitor() noexcept override = default;
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IProgressMonitor", 1, 0}; }
    virtual void phaseStart(char const* phaseName, char const* parentPhase, int32_t nbSteps) noexcept = 0;
    virtual bool stepComplete(char const* phaseName, int32_t step) noexcept = 0;
    virtual void phaseFinish(char const* phaseName) noexcept = 0;
};
}  // namespace v_1_0
using IProgressMonitor = v_1_0::IProgressMonitor;
#endif

class IBuilderConfig : public INoCopy {
public:
    virtual ~IBuilderConfig() noexcept = default;
#if !PINION_TRT_SINCE(10, 0)
    virtual void setMinTimingIterations(int32_t minTiming) noexcept = 0;
    virtual int32_t getMinTimingIterations() const noexcept = 0;
    virtual void setMaxWorkspaceSize(std::size_t workspaceSize) noexcept = 0;
    virtual std::size_t getMaxWorkspaceSize() const noexcept = 0;
    void destroy() noexcept {
        delete this;
    }
#endif
    virtual void setAvgTimingIterations(int32_t avgTiming) noexcept = 0;
    virtual int32_t getAvgTimingIterations() const noexcept = 0;
    virtual void setEngineCapability(EngineCapability capability) noexcept = 0;
    virtual EngineCapability getEngineCapability() const noexcept = 0;
#if !PINION_TRT_SINCE(11, 0)
    virtual void setInt8Calibrator(IInt8Calibrator* calibrator) noexcept = 0;
    virtual IInt8Calibrator* getInt8Calibrator() const noexcept = 0;
    virtual void setAlgorithmSelector(IAlgorithmSelector* selector) noexcept = 0;
    virtual IAlgorithmSelector* getAlgorithmSelector() const noexcept = 0;
    virtual bool setCalibrationProfile(IOptimizationProfile const* profile) noexcept = 0;
    virtual IOptimizationProfile const* getCalibrationProfile() noexcept = 0;
    virtual void setQuantizationFlags(QuantizationFlags flags) noexcept = 0;
    virtual QuantizationFlags getQuantizationFlags() const noexcept = 0;
    virtual void clearQuantizationFlag(QuantizationFlag flag) noexcept = 0;
    virtual void setQuantizationFlag(QuantizationFlag flag) noexcept = 0;
    virtual bool getQuantizationFlag(QuantizationFlag flag) const noexcept = 0;
#endif
    virtual void setFlags(BuilderFlags builderFlags) noexcept = 0;
    virtual BuilderFlags getFlags() const noexcept = 0;
    virtual void clearFlag(BuilderFlag builderFlag) noexcept = 0;
    virtual void setFlag(BuilderFlag builderFlag) noexcept = 0;
    virtual bool getFlag(BuilderFlag builderFlag) const noexcept = 0;
    virtual void setDeviceType(ILayer const* layer, DeviceType deviceType) noexcept = 0;
    virtual DeviceType getDeviceType(ILayer const* layer) const noexcept = 0;
    virtual bool isDeviceTypeSet(ILayer const* layer) const noexcept = 0;
    virtual void resetDeviceType(ILayer const* layer) noexcept = 0;
    virtual bool canRunOnDLA(ILayer const* layer) const noexcept = 0;
    virtual void setDLACore(int32_t dlaCore) noexcept = 0;
    virtual int32_t getDLACore() const noexcept = 0;
    virtual void setDefaultDeviceType(DeviceType deviceType) noexcept = 0;
    virtual DeviceType getDefaultDeviceType() const noexcept = 0;
    virtual void reset() noexcept = 0;
    virtual void setProfileStream(const cudaStream_t stream) noexcept = 0;
    virtual cudaStream_t getProfileStream() const noexcept = 0;
    // The index of the profile, or -1 when the profile is not valid.
    virtual int32_t addOptimizationProfile(IOptimizationProfile const* profile) noexcept = 0;
    virtual int32_t getNbOptimizationProfiles() const noexcept = 0;
    virtual void setProfilingVerbosity(ProfilingVerbosity verbosity) noexcept = 0;
    virtual ProfilingVerbosity getProfilingVerbosity() const noexcept = 0;
    virtual bool setTacticSources(TacticSources tacticSources) noexcept = 0;
    virtual TacticSources getTacticSources() const noexcept = 0;
    // Null when the bytes are no timing cache; an empty cache when size is 0.
    virtual ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept = 0;
    virtual bool setTimingCache(ITimingCache const& cache, bool ignoreMismatch) noexcept = 0;
    virtual ITimingCache const* getTimingCache() const noexcept = 0;
#if PINION_TRT_SINCE(8, 4)
    virtual void setMemoryPoolLimit(MemoryPoolType pool, std::size_t poolSize) noexcept = 0;
    virtual std::size_t getMemoryPoolLimit(MemoryPoolType pool) const noexcept = 0;
#endif
#if PINION_TRT_SINCE(8, 6)
    virtual void setPreviewFeature(PreviewFeature feature, bool enable) noexcept = 0;
    virtual bool getPreviewFeature(PreviewFeature feature) const noexcept = 0;
    virtual void setBuilderOptimizationLevel(int32_t level) noexcept = 0;
    virtual int32_t getBuilderOptimizationLevel() const noexcept = 0;
    virtual void setHardwareCompatibilityLevel(HardwareCompatibilityLevel hardwareCompatibilityLevel) noexcept = 0;
    virtual HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept = 0;
    virtual void setPluginsToSerialize(char const* const* paths, int32_t nbPaths) noexcept = 0;
    virtual char const* getPluginToSerialize(int32_t index) const noexcept = 0;
    virtual int32_t getNbPluginsToSerialize() const noexcept = 0;
    virtual void setMaxAuxStreams(int32_t nbStreams) noexcept = 0;
    virtual int32_t getMaxAuxStreams() const noexcept = 0;
#endif
#if PINION_TRT_SINCE(10, 0)
    virtual void setProgressMonitor(IProgressMonitor* monitor) noexcept = 0;
    virtual IProgressMonitor* getProgressMonitor() const noexcept = 0;
    virtual void setRuntimePlatform(RuntimePlatform runtimePlatform) noexcept = 0;
    virtual RuntimePlatform getRuntimePlatform() const noexcept = 0;
    virtual void setMaxNbTactics(int32_t maxNbTactics) noexcept = 0;
    virtual int32_t getMaxNbTactics() const noexcept = 0;
#endif
#if PINION_TRT_RTX
    virtual bool setNbComputeCapabilities(int32_t maxNbComputeCapabilities) noexcept = 0;
    virtual int32_t getNbComputeCapabilities() const noexcept = 0;
    virtual bool setComputeCapability(ComputeCapability computeCapability, int32_t index) noexcept = 0;
    virtual ComputeCapability getComputeCapability(int32_t index) const noexcept = 0;
#endif
};

// Makes networks, configurations and profiles, which must be destroyed (profiles: forgotten) before it.
class IBuilder : public INoCopy {
public:
    virtual ~IBuilder() noexcept = default;
#if !PINION_TRT_SINCE(10, 0)
    virtual void setMaxBatchSize(int32_t batchSize) noexcept = 0;
    virtual int32_t getMaxBatchSize() const noexcept = 0;
    virtual ICudaEngine* buildEngineWithConfig(INetworkDefinition& network, IBuilderConfig& config) noexcept = 0;
    void destroy() noexcept {
        delete this;
    }
#endif
#if !PINION_TRT_SINCE(11, 0)
    virtual bool platformHasFastFp16() const noexcept = 0;
    virtual bool platformHasFastInt8() const noexcept = 0;
    virtual bool platformHasTf32() const noexcept = 0;
#endif
    virtual int32_t getMaxDLABatchSize() const noexcept = 0;
    virtual int32_t getNbDLACores() const noexcept = 0;
    virtual void setGpuAllocator(IGpuAllocator* allocator) noexcept = 0;
    virtual IBuilderConfig* createBuilderConfig() noexcept = 0;
    virtual INetworkDefinition* createNetworkV2(NetworkDefinitionCreationFlags flags) noexcept = 0;
    virtual IOptimizationProfile* createOptimizationProfile() noexcept = 0;
    virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
    virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
    virtual void reset() noexcept = 0;
    // The plan, or null with the reason logged.
    virtual IHostMemory* buildSerializedNetwork(INetworkDefinition& network, IBuilderConfig& config) noexcept = 0;
    virtual bool isNetworkSupported(INetworkDefinition const& network, IBuilderConfig const& config) const noexcept = 0;
#if PINION_TRT_SINCE(8, 4)
    virtual ILogger* getLogger() const noexcept = 0;
    virtual bool setMaxThreads(int32_t maxThreads) noexcept = 0;
    virtual int32_t getMaxThreads() const noexcept = 0;
#endif
#if PINION_TRT_SINCE(8, 6)
    virtual IPluginRegistry& getPluginRegistry() noexcept = 0;
#endif
};

}  // namespace nvinfer1

extern "C" TENSORRTAPI void* createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept;
extern "C" TENSORRTAPI nvinfer1::IPluginRegistry* getBuilderPluginRegistry(
    nvinfer1::EngineCapability capability) noexcept;

namespace nvinfer1 {
namespace {
// Null when the library is of another version than this header.
inline IBuilder* createInferBuilder(ILogger& logger) noexcept {
    return static_cast<IBuilder*>(createInferBuilder_INTERNAL(&logger, NV_TENSORRT_VERSION));
}
}  // namespace
}  // namespace nvinfer1
