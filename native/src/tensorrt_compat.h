// Every difference between TensorRT versions, in one place: the rest of the native layer has no version check.
#pragma once

#include <NvInfer.h>
#include <NvOnnxParser.h>
#include <cuda_runtime_api.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "error_recorder.h"
#include "pinion/pinion.h"
#include "tensor_info.h"

// TensorRT for RTX counts its releases anew, and has the API of TensorRT 11.1.
#ifdef TRT_MAJOR_RTX
#define PN_TENSORRT_RTX 1
#define PN_TENSORRT_AT_LEAST(major, minor) (11 > (major) || (11 == (major) && 1 >= (minor)))
#else
#define PN_TENSORRT_RTX 0
#define PN_TENSORRT_AT_LEAST(major, minor) \
    (NV_TENSORRT_MAJOR > (major) || (NV_TENSORRT_MAJOR == (major) && NV_TENSORRT_MINOR >= (minor)))
#endif

namespace pinion {

// ---- versions, as major * 10000 + minor * 100 + patch

constexpr int32_t kTensorRtCompiled = NV_TENSORRT_MAJOR * 10000 + NV_TENSORRT_MINOR * 100 + NV_TENSORRT_PATCH;
// The release of TensorRT whose API it has, in the same form.
constexpr int32_t kTensorRtApi = PN_TENSORRT_RTX ? 110100 : kTensorRtCompiled;
constexpr const char* kTensorRtName = PN_TENSORRT_RTX ? "TensorRT for RTX" : "TensorRT";
// TensorRT for RTX compiles for targets and measures nothing: a build needs no device, and must not ask for one.
constexpr bool kBuildsForTargets = PN_TENSORRT_RTX;

// Before 8.6 a profile serves one context at a time, so that a plan needs copies of it for several contexts.
constexpr bool kProfilesAreShared = PN_TENSORRT_AT_LEAST(8, 6);

int32_t tensorRtLoaded() noexcept;
// The fourth number of the loaded release, which a plan must have too; -1 before TensorRT 10, whose library does not
// tell it.
int32_t tensorRtBuild() noexcept;
std::string versionText(int32_t version);
// Whether engines are made for devices of this compute capability; 0.0 is no GPU. TensorRT builds for every device on
// itself.
bool isServed(int32_t major, int32_t minor) noexcept;
// Throws PN_TENSORRT for a library of another major version, or older than the headers: its first call could crash.
void requireVersion(const char* library, int32_t loaded, int32_t compiled);
void requireTensorRt();

// TensorRT for RTX compiles kernels where it runs, before the first inference of each shape.
constexpr bool kCompilesKernels = PN_TENSORRT_RTX;

// ---- the three roots. Each throws PN_TENSORRT where TensorRT makes none, or is of a version that does not fit.

std::unique_ptr<nvinfer1::IBuilder> createBuilder();
std::unique_ptr<nvonnxparser::IParser> createParser(nvinfer1::INetworkDefinition& network);
std::unique_ptr<nvinfer1::IRuntime> createRuntime();
// Throws as createParser does, without a network.
void requireParser();

// ---- builder. Each throws PN_UNSUPPORTED, naming the version that can, for what this one cannot do.

// Compute capabilities as 75 for SM 7.5; none leaves TensorRT's choice. Throws PN_INVALID_ARGUMENT for an unknown one.
void setTargets(nvinfer1::IBuilderConfig& config, const std::vector<int32_t>& targets);

// Explicit batch, always; strongly typed (TensorRT 10+) means that the model's own types decide every precision.
nvinfer1::INetworkDefinition* createNetwork(nvinfer1::IBuilder& builder, bool stronglyTyped);

// Whether the builder may choose FP16 by itself, which a strongly typed network and TensorRT 11 rule out.
bool hasFp16Flag(bool stronglyTyped) noexcept;
void setFp16Flag(nvinfer1::IBuilderConfig& config);
bool hasFastFp16(const nvinfer1::IBuilder& builder) noexcept;

void setPrecisionConstraints(nvinfer1::IBuilderConfig& config, pn_precision_constraints constraints);
// The layer computes in this precision and its floating-point outputs, but for the network's own, have this type.
void setLayerPrecision(nvinfer1::ILayer& layer, pn_precision precision);

// 0: TensorRT's default, or 1 GiB where that is too small to be of use (before 8.4).
void setWorkspace(nvinfer1::IBuilderConfig& config, int64_t bytes);
void setProfilingVerbosity(nvinfer1::IBuilderConfig& config, pn_profiling_verbosity verbosity);
void setOptimizationLevel(nvinfer1::IBuilderConfig& config, int32_t level);
void setHardwareCompatibility(nvinfer1::IBuilderConfig& config, pn_hardware_compatibility compatibility);
// The plan carries along the plugins that the parser used.
void setVersionCompatible(nvinfer1::IBuilderConfig& config, const nvonnxparser::IParser& parser);
// Before parsing: engines that run on other versions or devices need it (8.6; the default later).
void useNativeInstanceNorm(nvonnxparser::IParser& parser);
void shareProfiles(nvinfer1::IBuilderConfig& config);
// So that all memory of a run is the caller's, and the run can be captured. Left out where shapes inside of the network
// depend on values, which rules it out. TensorRT for RTX alone has to be asked.
void requireUserAllocation(nvinfer1::IBuilderConfig& config, const nvinfer1::INetworkDefinition& network);
void setTimingIterations(nvinfer1::IBuilderConfig& config, int32_t iterations);
void setTacticSources(nvinfer1::IBuilderConfig& config, uint32_t sources);

// The timing cache that a build fills, from bytes of an earlier one (none: empty), which load gives to the config or
// says that TensorRT refuses. The config outlives it.
class TimingCacheData {
public:
    explicit TimingCacheData(nvinfer1::IBuilderConfig& config);
    bool load(const std::vector<uint8_t>& bytes);
    // This build's entries and those of current, which others wrote meanwhile.
    std::vector<uint8_t> mergedWith(const std::vector<uint8_t>& current) const;

private:
    nvinfer1::IBuilderConfig& config_;
    std::shared_ptr<void> cache_;
};

// An input or output of a network before it is built, an input with the names of its dimensions (8.5+); no profiles.
// Throws PN_UNSUPPORTED for an unknown data type.
TensorInfo readTensor(const nvinfer1::ITensor& tensor, pn_tensor_mode mode);

// False if TensorRT refuses the shapes.
bool setProfileRange(nvinfer1::IOptimizationProfile& profile, const TensorInfo& input, const ProfileRange& range);

// FP32 or FP16.
bool isFloatingPoint(const nvinfer1::ITensor& tensor) noexcept;

// Called by TensorRT 10 and later, maybe from several threads at once. Returns false to stop the build.
using BuildProgress = std::function<bool(const char* phase, const char* parent, int32_t step, int32_t stepCount)>;
// Keep the result alive during the build. NULL where TensorRT reports no progress.
std::shared_ptr<void> attachProgress(nvinfer1::IBuilderConfig& config, const BuildProgress& progress);

struct ParserError {
    int32_t node = -1;  // index in the graph; -1 if the error is not about one
    std::string nodeName;
    std::string nodeOperator;
    std::string text;
};
// Node names are empty before TensorRT 10, which gives the index alone.
std::vector<ParserError> parserErrors(const nvonnxparser::IParser& parser);

// ---- plugins

// Registers what a library that is already in the process offers beyond its static initializers (8.6+).
// Returns false if TensorRT refuses it.
bool registerPluginLibrary(const char* path, bool exportsCreators);
// NVIDIA's own, which TensorRT for RTX has in itself. False if TensorRT cannot. Throws PN_NOT_FOUND without their
// library.
bool registerOwnPlugins();

// ---- engines

// Inputs first, each in the order of the network. Throws PN_UNSUPPORTED for a format other than linear.
std::vector<TensorInfo> readTensors(const nvinfer1::ICudaEngine& engine);

// Whether each context takes one of the engine's profiles. A static engine has the only one there is, and serves any
// number; several pinned profiles need not have a dynamic dimension.
bool hasProfiles(const nvinfer1::ICudaEngine& engine, const std::vector<TensorInfo>& tensors);

// Scratch memory that one context needs for TensorRT's profile (for all of them before 10.0).
int64_t scratchBytes(const nvinfer1::ICudaEngine& engine, int32_t trtProfile);

// The inspector's JSON. Throws PN_UNSUPPORTED before 8.2.
std::string inspectLayers(const nvinfer1::ICudaEngine& engine);

// The line of TensorRT's log that tells a plan of another version or device from a damaged one, or "": there is no
// status for it.
std::string mismatchLine(const std::string& log);

void allowHostCode(nvinfer1::IRuntime& runtime);

// What TensorRT for RTX tells by an engine's first bytes; TensorRT tells nothing before it loads.
struct Unfitness {
    bool isDamaged = false;
    std::string reasons;  // why the engine cannot run here; "" if nothing speaks against it
};
// The number of those bytes; 0 for TensorRT.
uint64_t engineHeaderBytes(const nvinfer1::IRuntime& runtime);
Unfitness unfitness(const nvinfer1::IRuntime& runtime, const void* header, uint64_t bytes);

// Makes an engine's contexts. Those of TensorRT for RTX wait for the kernels of a new shape, so that a captured graph
// never holds makeshift ones, and share what they compile. Threads: one at a time makes contexts; kernels from any.
class ContextFactory {
public:
    explicit ContextFactory(nvinfer1::ICudaEngine& engine);
    // NULL if TensorRT makes none.
    std::unique_ptr<nvinfer1::IExecutionContext> make();
    // The compiled kernels as bytes, for a later process. load is false for bytes that TensorRT refuses.
    bool loadKernels(const std::vector<uint8_t>& bytes);
    std::vector<uint8_t> kernels() const;

private:
    nvinfer1::ICudaEngine& engine_;
    std::shared_ptr<void> cache_;  // before config_, which refers to it
    std::shared_ptr<void> config_;
};

// One execution context. Scratch memory and tensor memory are the caller's. Threads: one at a time.
class ExecutionContext {
public:
    // tensors outlives the context. keepAlive is released after TensorRT's object.
    ExecutionContext(nvinfer1::ICudaEngine& engine, ContextFactory& contexts, const std::vector<TensorInfo>& tensors,
                     int32_t trtProfile, cudaStream_t stream, std::shared_ptr<void> keepAlive);
    ~ExecutionContext();
    ExecutionContext(const ExecutionContext&) = delete;
    ExecutionContext& operator=(const ExecutionContext&) = delete;

    // Before the first enqueue; bytes as scratchBytes says.
    void setScratch(void* memory, int64_t bytes);
    // Throws PN_INVALID_ARGUMENT with TensorRT's lines when it refuses the shape.
    void setInputShape(int32_t tensor, const Dims& dims);
    // Valid once every input has its shape; -1 where TensorRT knows it only after the run.
    Dims shape(int32_t tensor) const;
    void setAddress(int32_t tensor, void* data);
    // False: TensorRT refused and logged why. Allocates nothing.
    bool enqueue(cudaStream_t stream) noexcept;
    // Whether the next enqueue may be captured.
    bool isCapturable(cudaStream_t stream) const noexcept;
    // What TensorRT reported since the last look, also of enqueued work once its stream was waited for.
    ErrorRecorder& errors() noexcept { return *errors_; }
    // While a profiler is set (NULL removes it) an enqueue reports each layer's time before it returns.
    void setProfiler(nvinfer1::IProfiler* profiler) noexcept;

private:
    std::shared_ptr<void> keepAlive_;
    const std::unique_ptr<ErrorRecorder> errors_ = std::make_unique<ErrorRecorder>();
    const std::vector<TensorInfo>& tensors_;
    std::unique_ptr<nvinfer1::IExecutionContext> context_;
    // Only for versions with binding indices: the profile's first binding, and the addresses of all profiles.
    [[maybe_unused]] int32_t bindingOffset_ = 0;
    [[maybe_unused]] std::vector<void*> bindings_;
};

}  // namespace pinion
