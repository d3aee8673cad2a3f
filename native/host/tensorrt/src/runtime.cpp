#include "runtime.h"

#include <algorithm>

#include "engine.h"
#include "faults.h"
#include "plan.h"
#include "refusal.h"

namespace pinion_host_tensorrt {

Runtime::~Runtime() noexcept {
    if (state_ == nullptr) {
        if (!released()) {
            reportDead("IRuntime", "destroy");
        }
        return;
    }
    if (const int engines = state_->engines.load(); engines > 0) {
        report("an IRuntime was destroyed before its engines, of which " + std::to_string(engines) + " are left");
        state_->log.error(ErrorCode::kINVALID_STATE, "IRuntime::~IRuntime",
                          "the runtime must outlive the engines that it loaded");
    }
}

#if PINION_TRT_SINCE(8, 6)
// Whether NVIDIA's plan has the lean runtime inside.
static bool carriesHostCode(const PlanInfo& plan) {
    const auto has = [&plan](nvinfer1::BuilderFlag flag) {
        return (plan.flags >> static_cast<uint32_t>(flag) & 1u) != 0;
    };
    return has(nvinfer1::BuilderFlag::kVERSION_COMPATIBLE) && !has(nvinfer1::BuilderFlag::kEXCLUDE_LEAN_RUNTIME);
}
#endif

RuntimeState* Runtime::state(const char* function) const noexcept {
    if (state_ == nullptr) {
        reportDead("IRuntime", function);
    }
    return state_.get();
}

template <typename ReadPlan>
nvinfer1::ICudaEngine* Runtime::load(const RuntimeState& runtime, ReadPlan&& read) noexcept {
    return guarded(runtime.log, "IRuntime::deserializeCudaEngine", static_cast<nvinfer1::ICudaEngine*>(nullptr), [&] {
        refuseIfScripted(FaultPoint::kDeserialize, ErrorCode::kINTERNAL_ERROR, "the load");
        Plan plan = read();
#if PINION_TRT_SINCE(8, 6)
        if (carriesHostCode(plan.info) && !runtime.hostCodeAllowed) {
            refuse(ErrorCode::kINVALID_STATE,
                   "the plan is version compatible and carries host code, which setEngineHostCodeAllowed must allow");
        }
#endif
        // The engines share the count of them, and keep the state alive that it is part of.
        return makeEngine(std::move(plan), runtime.log, {state_, &state_->engines}, "");
    });
}

nvinfer1::ICudaEngine* Runtime::deserializeCudaEngine(void const* blob, std::size_t size) noexcept {
    RuntimeState* const runtime = state(__func__);
    if (runtime == nullptr) {
        return nullptr;
    }
    return load(*runtime, [&] { return readPlan(blob, size, runtime->log); });
}

#if PINION_TRT_SINCE(10, 0)
#if PINION_TRT_SINCE(11, 0)
nvinfer1::ICudaEngine* Runtime::deserializeCudaEngine(nvinfer1::IStreamReaderV2& streamReader) {
    const auto readNext = [&](void* target, int64_t size) { return streamReader.read(target, size, nullptr); };
#else
nvinfer1::ICudaEngine* Runtime::deserializeCudaEngine(nvinfer1::IStreamReader& streamReader) {
    const auto readNext = [&](void* target, int64_t size) { return streamReader.read(target, size); };
#endif
    RuntimeState* const runtime = state(__func__);
    if (runtime == nullptr) {
        return nullptr;
    }
    return load(*runtime, [&] {
        const auto source = [&](void* target, size_t size) {
            const auto wanted = static_cast<int64_t>(size);
            if (wanted != 0 && readNext(target, wanted) != wanted) {
                refuse("the stream ended before the plan did");
            }
        };
        return readPlan(source, 0, runtime->log);
    });
}
#endif

void Runtime::setDLACore(int32_t dlaCore) noexcept {
    if (RuntimeState* const runtime = state(__func__)) {
        runtime->dlaCore = dlaCore;
    }
}

int32_t Runtime::getDLACore() const noexcept {
    const RuntimeState* const runtime = state(__func__);
    return runtime != nullptr ? runtime->dlaCore : -1;
}

int32_t Runtime::getNbDLACores() const noexcept {
    state(__func__);
    return 0;
}

void Runtime::setGpuAllocator(nvinfer1::IGpuAllocator* allocator) noexcept {
    if (RuntimeState* const runtime = state(__func__)) {
        runtime->allocator = allocator;
    }
}

void Runtime::setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept {
    if (RuntimeState* const runtime = state(__func__)) {
        runtime->log.setRecorder(recorder);
    }
}

nvinfer1::IErrorRecorder* Runtime::getErrorRecorder() const noexcept {
    const RuntimeState* const runtime = state(__func__);
    return runtime != nullptr ? runtime->log.recorder() : nullptr;
}

#if PINION_TRT_SINCE(8, 4)
nvinfer1::ILogger* Runtime::getLogger() const noexcept {
    const RuntimeState* const runtime = state(__func__);
    return runtime != nullptr ? runtime->log.logger() : nullptr;
}

bool Runtime::setMaxThreads(int32_t maxThreads) noexcept {
    RuntimeState* const runtime = state(__func__);
    if (runtime == nullptr || maxThreads < 1) {
        return false;
    }
    runtime->maxThreads = maxThreads;
    return true;
}

int32_t Runtime::getMaxThreads() const noexcept {
    const RuntimeState* const runtime = state(__func__);
    return runtime != nullptr ? runtime->maxThreads : 0;
}
#endif

#if PINION_TRT_SINCE(8, 6)
void Runtime::setTemporaryDirectory(char const* path) noexcept {
    if (RuntimeState* const runtime = state(__func__)) {
        runtime->temporaryDirectory = path != nullptr ? path : "";
    }
}

char const* Runtime::getTemporaryDirectory() const noexcept {
    const RuntimeState* const runtime = state(__func__);
    return runtime != nullptr && !runtime->temporaryDirectory.empty() ? runtime->temporaryDirectory.c_str() : nullptr;
}

void Runtime::setTempfileControlFlags(nvinfer1::TempfileControlFlags flags) noexcept {
    if (RuntimeState* const runtime = state(__func__)) {
        runtime->tempfileFlags = flags;
    }
}

nvinfer1::TempfileControlFlags Runtime::getTempfileControlFlags() const noexcept {
    const RuntimeState* const runtime = state(__func__);
    return runtime != nullptr ? runtime->tempfileFlags : 0;
}

nvinfer1::IPluginRegistry& Runtime::getPluginRegistry() noexcept {
    state(__func__);
    return *::getPluginRegistry();
}

nvinfer1::IRuntime* Runtime::loadRuntime(char const*) noexcept {
    if (const RuntimeState* const runtime = state(__func__)) {
        runtime->log.error(ErrorCode::kUNSUPPORTED_STATE, "IRuntime::loadRuntime",
                           "the host SDK has no lean runtime to load");
    }
    return nullptr;
}

void Runtime::setEngineHostCodeAllowed(bool allowed) noexcept {
    if (RuntimeState* const runtime = state(__func__)) {
        runtime->hostCodeAllowed = allowed;
    }
}

bool Runtime::getEngineHostCodeAllowed() const noexcept {
    const RuntimeState* const runtime = state(__func__);
    return runtime != nullptr && runtime->hostCodeAllowed;
}
#endif

#if PINION_TRT_RTX
int64_t Runtime::getEngineHeaderSize() const noexcept {
    return state(__func__) != nullptr ? static_cast<int64_t>(preambleSize()) : 0;
}

nvinfer1::EngineValidity Runtime::getEngineValidity(void const* blob, int64_t blobSize,
                                                    uint64_t* diagnostics) const noexcept {
    using nvinfer1::EngineValidity;
    const RuntimeState* const runtime = state(__func__);
    if (runtime == nullptr) {
        return EngineValidity::kINVALID;
    }
    // The diagnostics stay as they are where there is no device to ask.
    return guarded(runtime->log, "IRuntime::getEngineValidity", EngineValidity::kINVALID, [&] {
        const uint64_t reasons = misfits(blob, static_cast<size_t>(std::max<int64_t>(blobSize, 0)));
        if (diagnostics != nullptr) {
            *diagnostics = reasons;
        }
        return reasons == 0 ? EngineValidity::kVALID : EngineValidity::kINVALID;
    });
}
#endif

}  // namespace pinion_host_tensorrt

extern "C" void* createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept {
    using namespace pinion_host_tensorrt;
    auto* const log = static_cast<nvinfer1::ILogger*>(logger);
    return guarded(Log(log), "createInferRuntime", static_cast<void*>(nullptr), [&]() -> void* {
        checkCreation(log, version);
        setGlobalLogger(log);
        return static_cast<nvinfer1::IRuntime*>(new Runtime(log));
    });
}
