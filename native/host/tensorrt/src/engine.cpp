#include "engine.h"

#include <algorithm>

#include "context.h"
#include "faults.h"
#include "host_memory.h"
#include "inspector.h"
#include "refusal.h"
#include "runtime_config.h"

namespace pinion_host_tensorrt {
namespace {

// Stands in for the engine that a destroyed context no longer knows.
const nvinfer1::ICudaEngine& deadEngine() {
    static const auto& instance = *new Engine(Tombstone{});
    return instance;
}

const char* formatText(const TensorInfo* tensor) noexcept {
    if (tensor == nullptr) {
        return "";
    }
    switch (tensor->type) {
        case DataType::kHALF:
            return "Row major linear FP16 format (kLINEAR)";
        case DataType::kINT8:
            return "Row major linear INT8 format (kLINEAR)";
        case DataType::kINT32:
            return "Row major linear INT32 format (kLINEAR)";
        case DataType::kBOOL:
            return "Row major linear BOOL format (kLINEAR)";
#if PINION_TRT_SINCE(8, 5)
        case DataType::kUINT8:
            return "Row major linear UINT8 format (kLINEAR)";
#endif
#if PINION_TRT_SINCE(10, 0)
        case DataType::kINT64:
            return "Row major linear INT64 format (kLINEAR)";
#endif
        default:
            return "Row major linear FP32 format (kLINEAR)";
    }
}

nvinfer1::TensorLocation locationOf(const TensorInfo* tensor) noexcept {
    return tensor != nullptr && tensor->isShape ? nvinfer1::TensorLocation::kHOST : nvinfer1::TensorLocation::kDEVICE;
}

}  // namespace

Engine::~Engine() noexcept {
    if (state_ == nullptr) {
        if (!released()) {
            reportDead("ICudaEngine", "destroy");
        }
        return;
    }
    state_->destroyed = true;
    if (const int contexts = state_->contexts.load(); contexts > 0) {
        report("an ICudaEngine was destroyed before its execution contexts, of which " + std::to_string(contexts) +
               " are left");
        state_->log.error(ErrorCode::kINVALID_STATE, "ICudaEngine::~ICudaEngine",
                          "the engine must outlive its execution contexts");
    }
    if (state_->siblings != nullptr) {
        --*state_->siblings;
    }
}

EngineState* Engine::state(const char* function) const noexcept {
    if (state_ == nullptr) {
        reportDead("ICudaEngine", function);
    }
    return state_.get();
}

const TensorInfo* Engine::tensor(const char* function, const char* name) const noexcept {
    const EngineState* const engine = state(function);
    if (engine == nullptr) {
        return nullptr;
    }
    const int32_t index = engine->find(name);
    if (index < 0) {
        engine->log.error(ErrorCode::kINVALID_ARGUMENT, ("ICudaEngine::" + std::string(function)).c_str(),
                          "there is no tensor " + quote(name != nullptr ? name : ""));
        return nullptr;
    }
    return &engine->info.tensors[static_cast<size_t>(index)];
}

const TensorInfo* Engine::binding(const char* function, int32_t index) const noexcept {
    const EngineState* const engine = state(function);
    if (engine == nullptr) {
        return nullptr;
    }
    if (index < 0 || static_cast<size_t>(index) >= engine->bindingNames.size()) {
        engine->log.error(ErrorCode::kINVALID_ARGUMENT, ("ICudaEngine::" + std::string(function)).c_str(),
                          format("binding index %d is not between 0 and %zu", index, engine->bindingNames.size() - 1));
        return nullptr;
    }
    return &engine->info.tensors[static_cast<size_t>(index) % engine->tensorCount()];
}

nvinfer1::Dims Engine::profileShape(const char* function, const TensorInfo* tensor, int32_t profile,
                                    nvinfer1::OptProfileSelector select) const noexcept {
    const auto selector = static_cast<size_t>(select);
    if (tensor == nullptr) {
        return unknownDims();
    }
    if (!tensor->input || profile < 0 || static_cast<size_t>(profile) >= state_->info.profiles.size() ||
        selector >= kSelectors) {
        state_->log.error(ErrorCode::kINVALID_ARGUMENT, ("ICudaEngine::" + std::string(function)).c_str(),
                          quote(tensor->name) + (tensor->input ? ": there is no profile " + std::to_string(profile)
                                                               : " is no input, and only inputs have profiles"));
        return unknownDims();
    }
    const auto input = static_cast<size_t>(tensor - state_->info.tensors.data());
    return toDims(state_->info.profiles[static_cast<size_t>(profile)].shapes[selector][input]);
}

#if !PINION_TRT_SINCE(10, 0)

int32_t Engine::getNbBindings() const noexcept {
    const EngineState* const engine = state(__func__);
    return engine != nullptr ? static_cast<int32_t>(engine->bindingNames.size()) : 0;
}

int32_t Engine::getBindingIndex(char const* name) const noexcept {
    const EngineState* const engine = state(__func__);
    if (engine == nullptr || name == nullptr) {
        return -1;
    }
    const auto& names = engine->bindingNames;
    const auto found = std::find(names.begin(), names.end(), name);
    return found != names.end() ? static_cast<int32_t>(found - names.begin()) : -1;
}

char const* Engine::getBindingName(int32_t bindingIndex) const noexcept {
    return binding(__func__, bindingIndex) != nullptr ? state_->bindingNames[static_cast<size_t>(bindingIndex)].c_str()
                                                      : nullptr;
}

bool Engine::bindingIsInput(int32_t bindingIndex) const noexcept {
    const TensorInfo* const known = binding(__func__, bindingIndex);
    return known != nullptr && known->input;
}

nvinfer1::Dims Engine::getBindingDimensions(int32_t bindingIndex) const noexcept {
    if (binding(__func__, bindingIndex) == nullptr) {
        return unknownDims();
    }
    const auto count = static_cast<int32_t>(state_->tensorCount());
    return toDims(state_->extentsWithin(bindingIndex / count, static_cast<size_t>(bindingIndex % count)));
}

DataType Engine::getBindingDataType(int32_t bindingIndex) const noexcept {
    const TensorInfo* const known = binding(__func__, bindingIndex);
    return known != nullptr ? known->type : DataType::kFLOAT;
}

int32_t Engine::getMaxBatchSize() const noexcept {
    state(__func__);
    return 1;  // of engines with an explicit batch
}

nvinfer1::TensorLocation Engine::getLocation(int32_t bindingIndex) const noexcept {
    return locationOf(binding(__func__, bindingIndex));
}

int32_t Engine::getBindingBytesPerComponent(int32_t bindingIndex) const noexcept {
    // TensorRT tells them of vectorised formats only.
    binding(__func__, bindingIndex);
    return -1;
}

int32_t Engine::getBindingComponentsPerElement(int32_t bindingIndex) const noexcept {
    binding(__func__, bindingIndex);
    return -1;
}

nvinfer1::TensorFormat Engine::getBindingFormat(int32_t bindingIndex) const noexcept {
    binding(__func__, bindingIndex);
    return nvinfer1::TensorFormat::kLINEAR;
}

char const* Engine::getBindingFormatDesc(int32_t bindingIndex) const noexcept {
    return formatText(binding(__func__, bindingIndex));
}

int32_t Engine::getBindingVectorizedDim(int32_t bindingIndex) const noexcept {
    binding(__func__, bindingIndex);
    return -1;
}

nvinfer1::Dims Engine::getProfileDimensions(int32_t bindingIndex, int32_t profileIndex,
                                            nvinfer1::OptProfileSelector select) const noexcept {
    const TensorInfo* const known = binding(__func__, bindingIndex);
    if (known == nullptr) {
        return unknownDims();
    }
    const auto owner = static_cast<int32_t>(static_cast<size_t>(bindingIndex) / state_->tensorCount());
    if (owner != 0 && owner != profileIndex) {
        state_->log.error(ErrorCode::kINVALID_ARGUMENT, "ICudaEngine::getProfileDimensions",
                          format("binding index %d belongs to profile %d, not %d", bindingIndex, owner, profileIndex));
        return unknownDims();
    }
    return profileShape(__func__, known, profileIndex, select);
}

int32_t const* Engine::getProfileShapeValues(int32_t profileIndex, int32_t inputIndex,
                                             nvinfer1::OptProfileSelector select) const noexcept {
    const TensorInfo* const known = binding(__func__, inputIndex);
    return known != nullptr ? state_->profileValues(profileIndex, known, select) : nullptr;
}

bool Engine::isShapeBinding(int32_t bindingIndex) const noexcept {
    const TensorInfo* const known = binding(__func__, bindingIndex);
    return known != nullptr && known->isShape;
}

bool Engine::isExecutionBinding(int32_t bindingIndex) const noexcept {
    const TensorInfo* const known = binding(__func__, bindingIndex);
    return known != nullptr && known->isExecution;
}

#endif

#if PINION_TRT_SINCE(8, 5)

int32_t Engine::getNbIOTensors() const noexcept {
    const EngineState* const engine = state(__func__);
    return engine != nullptr ? static_cast<int32_t>(engine->tensorCount()) : 0;
}

char const* Engine::getIOTensorName(int32_t index) const noexcept {
    const EngineState* const engine = state(__func__);
    const bool inside = engine != nullptr && index >= 0 && static_cast<size_t>(index) < engine->tensorCount();
    return inside ? engine->info.tensors[static_cast<size_t>(index)].name.c_str() : nullptr;
}

nvinfer1::Dims Engine::getTensorShape(char const* tensorName) const noexcept {
    const TensorInfo* const known = tensor(__func__, tensorName);
    return known != nullptr ? toDims(known->dims) : unknownDims();
}

DataType Engine::getTensorDataType(char const* tensorName) const noexcept {
    const TensorInfo* const known = tensor(__func__, tensorName);
    return known != nullptr ? known->type : DataType::kFLOAT;
}

nvinfer1::TensorIOMode Engine::getTensorIOMode(char const* tensorName) const noexcept {
    const EngineState* const engine = state(__func__);
    const int32_t index = engine != nullptr ? engine->find(tensorName) : -1;
    if (index < 0) {
        return nvinfer1::TensorIOMode::kNONE;  // no error: callers ask this to learn whether there is such a tensor
    }
    return engine->info.tensors[static_cast<size_t>(index)].input ? nvinfer1::TensorIOMode::kINPUT
                                                                  : nvinfer1::TensorIOMode::kOUTPUT;
}

nvinfer1::TensorLocation Engine::getTensorLocation(char const* tensorName) const noexcept {
    return locationOf(tensor(__func__, tensorName));
}

bool Engine::isShapeInferenceIO(char const* tensorName) const noexcept {
    const TensorInfo* const known = tensor(__func__, tensorName);
    return known != nullptr && known->isShape;
}

int32_t Engine::getTensorBytesPerComponent(char const* tensorName) const noexcept {
    tensor(__func__, tensorName);
    return -1;
}

int32_t Engine::getTensorComponentsPerElement(char const* tensorName) const noexcept {
    tensor(__func__, tensorName);
    return -1;
}

nvinfer1::TensorFormat Engine::getTensorFormat(char const* tensorName) const noexcept {
    tensor(__func__, tensorName);
    return nvinfer1::TensorFormat::kLINEAR;
}

char const* Engine::getTensorFormatDesc(char const* tensorName) const noexcept {
    return formatText(tensor(__func__, tensorName));
}

int32_t Engine::getTensorVectorizedDim(char const* tensorName) const noexcept {
    tensor(__func__, tensorName);
    return -1;
}

nvinfer1::Dims Engine::getProfileShape(char const* tensorName, int32_t profileIndex,
                                       nvinfer1::OptProfileSelector select) const noexcept {
    return profileShape(__func__, tensor(__func__, tensorName), profileIndex, select);
}

#endif

#if PINION_TRT_SINCE(8, 6)

int32_t Engine::getTensorBytesPerComponent(char const* tensorName, int32_t) const noexcept {
    return getTensorBytesPerComponent(tensorName);
}

int32_t Engine::getTensorComponentsPerElement(char const* tensorName, int32_t) const noexcept {
    return getTensorComponentsPerElement(tensorName);
}

nvinfer1::TensorFormat Engine::getTensorFormat(char const* tensorName, int32_t) const noexcept {
    return getTensorFormat(tensorName);
}

char const* Engine::getTensorFormatDesc(char const* tensorName, int32_t) const noexcept {
    return getTensorFormatDesc(tensorName);
}

int32_t Engine::getTensorVectorizedDim(char const* tensorName, int32_t) const noexcept {
    return getTensorVectorizedDim(tensorName);
}

nvinfer1::HardwareCompatibilityLevel Engine::getHardwareCompatibilityLevel() const noexcept {
    state(__func__);
    return nvinfer1::HardwareCompatibilityLevel::kNONE;
}

int32_t Engine::getNbAuxStreams() const noexcept {
    state(__func__);
    return forksToAuxiliaryStream() ? 1 : 0;
}

#endif

char const* Engine::getName() const noexcept {
    const EngineState* const engine = state(__func__);
    return engine != nullptr ? engine->info.networkName.c_str() : "";
}

int32_t Engine::getNbLayers() const noexcept {
    const EngineState* const engine = state(__func__);
    return engine != nullptr ? static_cast<int32_t>(engine->info.layers.size()) : 0;
}

int32_t Engine::getNbOptimizationProfiles() const noexcept {
    const EngineState* const engine = state(__func__);
    return engine != nullptr ? static_cast<int32_t>(engine->info.profiles.size()) : 0;
}

#if !PINION_TRT_SINCE(11, 0)
size_t Engine::getDeviceMemorySize() const noexcept {
    const EngineState* const engine = state(__func__);
    return engine != nullptr ? static_cast<size_t>(engine->stagingBytes()) : 0;
}

bool Engine::hasImplicitBatchDimension() const noexcept {
    state(__func__);
    return false;
}

nvinfer1::IExecutionContext* Engine::createExecutionContextWithoutDeviceMemory() noexcept {
    return makeContext(__func__, false);
}
#endif

bool Engine::isRefittable() const noexcept {
    state(__func__);
    return false;
}

nvinfer1::EngineCapability Engine::getEngineCapability() const noexcept {
    state(__func__);
    return nvinfer1::EngineCapability::kSTANDARD;
}

nvinfer1::TacticSources Engine::getTacticSources() const noexcept {
    const EngineState* const engine = state(__func__);
    return engine != nullptr ? static_cast<nvinfer1::TacticSources>(engine->info.tacticSources) : 0;
}

nvinfer1::IHostMemory* Engine::serialize() const noexcept {
    const EngineState* const engine = state(__func__);
    if (engine == nullptr) {
        return nullptr;
    }
    return guarded(engine->log, "ICudaEngine::serialize", static_cast<nvinfer1::IHostMemory*>(nullptr),
                   [&]() -> nvinfer1::IHostMemory* {
                       if (!engine->planBytes.empty()) {
                           return new HostMemory(engine->planBytes);
                       }
                       if (!engine->session->holdsAllWeights()) {
                           refuse(ErrorCode::kUNSUPPORTED_STATE,
                                  "ONNX Runtime packed weights of this engine when it was loaded, and the originals "
                                  "are gone; keep the plan's bytes instead");
                       }
                       return new HostMemory(serializePlan(engine->info, engine->session->parts()));
                   });
}

nvinfer1::IExecutionContext* Engine::makeContext(const char* function, bool withMemory) noexcept {
    EngineState* const engine = state(function);
    if (engine == nullptr) {
        return nullptr;
    }
    return guarded(engine->log, ("ICudaEngine::" + std::string(function)).c_str(),
                   static_cast<nvinfer1::IExecutionContext*>(nullptr), [&]() -> nvinfer1::IExecutionContext* {
                       refuseIfScripted(FaultPoint::kContext, ErrorCode::kINTERNAL_ERROR, "the context's creation");
                       deadOwner<const nvinfer1::ICudaEngine> = &deadEngine();
                       return new Context(state_, *this, withMemory);
                   });
}

void Engine::setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept {
    if (EngineState* const engine = state(__func__)) {
        engine->log.setRecorder(recorder);
    }
}

nvinfer1::IErrorRecorder* Engine::getErrorRecorder() const noexcept {
    const EngineState* const engine = state(__func__);
    return engine != nullptr ? engine->log.recorder() : nullptr;
}

#if PINION_TRT_SINCE(8, 2)
nvinfer1::ProfilingVerbosity Engine::getProfilingVerbosity() const noexcept {
    const EngineState* const engine = state(__func__);
    return engine != nullptr ? static_cast<nvinfer1::ProfilingVerbosity>(engine->info.profilingVerbosity)
                             : nvinfer1::ProfilingVerbosity::kNONE;
}

nvinfer1::IEngineInspector* Engine::createEngineInspector() const noexcept {
    const EngineState* const engine = state(__func__);
    if (engine == nullptr) {
        return nullptr;
    }
    return guarded(engine->log, "ICudaEngine::createEngineInspector", static_cast<nvinfer1::IEngineInspector*>(nullptr),
                   [&]() -> nvinfer1::IEngineInspector* { return new Inspector(state_); });
}
#endif

#if !PINION_TRT_SINCE(10, 0)

nvinfer1::IExecutionContext* Engine::createExecutionContext() noexcept {
    return makeContext(__func__, true);
}

#else

nvinfer1::IExecutionContext* Engine::createExecutionContext(
    nvinfer1::ExecutionContextAllocationStrategy strategy) noexcept {
    return makeContext(__func__, strategy != nvinfer1::ExecutionContextAllocationStrategy::kUSER_MANAGED);
}

#if !PINION_TRT_SINCE(11, 0)
size_t Engine::getDeviceMemorySizeForProfile(int32_t profileIndex) const noexcept {
    return static_cast<size_t>(getDeviceMemorySizeForProfileV2(profileIndex));
}

int32_t const* Engine::getProfileTensorValues(char const* tensorName, int32_t profileIndex,
                                              nvinfer1::OptProfileSelector select) const noexcept {
    const TensorInfo* const known = tensor(__func__, tensorName);
    return known != nullptr ? state_->profileValues(profileIndex, known, select) : nullptr;
}
#else
int64_t const* Engine::getProfileTensorValuesV2(char const* tensorName, int32_t profileIndex,
                                                nvinfer1::OptProfileSelector select) const noexcept {
    const TensorInfo* const known = tensor(__func__, tensorName);
    return known != nullptr ? state_->profileValues(profileIndex, known, select) : nullptr;
}
#endif

int64_t Engine::getDeviceMemorySizeV2() const noexcept {
    const EngineState* const engine = state(__func__);
    return engine != nullptr ? static_cast<int64_t>(engine->stagingBytes()) : 0;
}

int64_t Engine::getDeviceMemorySizeForProfileV2(int32_t profileIndex) const noexcept {
    const EngineState* const engine = state(__func__);
    const bool inside =
        engine != nullptr && profileIndex >= 0 && static_cast<size_t>(profileIndex) < engine->info.profiles.size();
    return inside ? static_cast<int64_t>(engine->stagingBytes(profileIndex)) : 0;
}

nvinfer1::ISerializationConfig* Engine::createSerializationConfig() noexcept {
    const EngineState* const engine = state(__func__);
    return engine == nullptr ? nullptr
                             : guarded(engine->log, "ICudaEngine::createSerializationConfig",
                                       static_cast<nvinfer1::ISerializationConfig*>(nullptr),
                                       []() -> nvinfer1::ISerializationConfig* { return new SerializationConfig(); });
}

nvinfer1::IHostMemory* Engine::serializeWithConfig(nvinfer1::ISerializationConfig& config) const noexcept {
    const EngineState* const engine = state(__func__);
    if (engine != nullptr && config.getFlag(nvinfer1::SerializationFlag::kEXCLUDE_WEIGHTS)) {
        engine->log.error(ErrorCode::kUNSUPPORTED_STATE, "ICudaEngine::serializeWithConfig",
                          "the host SDK has no plans without weights");
        return nullptr;
    }
    return serialize();
}

int64_t Engine::getStreamableWeightsSize() const noexcept {
    state(__func__);
    return 0;
}

bool Engine::setWeightStreamingBudgetV2(int64_t) noexcept {
    if (const EngineState* const engine = state(__func__)) {
        engine->log.error(ErrorCode::kUNSUPPORTED_STATE, "ICudaEngine::setWeightStreamingBudgetV2",
                          "the engine was not built for weight streaming");
    }
    return false;
}

int64_t Engine::getWeightStreamingBudgetV2() const noexcept {
    state(__func__);
    return 0;
}

int64_t Engine::getWeightStreamingAutomaticBudget() const noexcept {
    state(__func__);
    return 0;
}

int64_t Engine::getWeightStreamingScratchMemorySize() const noexcept {
    state(__func__);
    return 0;
}

bool Engine::isDebugTensor(char const*) const noexcept {
    state(__func__);
    return false;
}

#if PINION_TRT_RTX

nvinfer1::IExecutionContext* Engine::createExecutionContext(nvinfer1::IRuntimeConfig* runtimeConfig) noexcept {
    const auto* const config = static_cast<const RuntimeConfig*>(runtimeConfig);
    nvinfer1::IExecutionContext* const context = makeContext(__func__, config == nullptr || config->withMemory());
    if (context != nullptr && config != nullptr) {
        static_cast<Context*>(context)->setKernels(config->kernels());
    }
    return context;
}

nvinfer1::IRuntimeConfig* Engine::createRuntimeConfig() noexcept {
    const EngineState* const engine = state(__func__);
    return engine == nullptr ? nullptr
                             : guarded(engine->log, "ICudaEngine::createRuntimeConfig",
                                       static_cast<nvinfer1::IRuntimeConfig*>(nullptr),
                                       [&]() -> nvinfer1::IRuntimeConfig* { return new RuntimeConfig(engine->log); });
}

#endif

#endif

nvinfer1::ICudaEngine* makeEngine(Plan plan, const Log& parent, std::shared_ptr<std::atomic<int>> siblings,
                                  std::string planBytes) {
    SessionTensors tensors = plan.info.sessionTensors();
    auto session = std::make_unique<Session>(std::move(plan.parts), std::move(tensors), parent);
    auto state = std::make_shared<EngineState>(std::move(plan.info), std::move(session), parent);
    state->planBytes = std::move(planBytes);
    state->siblings = std::move(siblings);
    if (state->siblings != nullptr) {
        ++*state->siblings;
    }
    return new Engine(std::move(state));
}

}  // namespace pinion_host_tensorrt
