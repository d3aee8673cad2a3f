#include "builder.h"

#include <deque>
#include <mutex>

#include "build.h"
#include "engine.h"
#include "host_memory.h"
#include "progress.h"
#include "refusal.h"

namespace pinion_host_tensorrt {
namespace {

// Profiles belong to the builder, so callers may still hold pointers to them when it is destroyed. The last ones are
// kept, so that a late call is reported.
constexpr size_t kMostKept = 64;

void keep(std::unique_ptr<OptimizationProfile> profile) {
    static auto& mutex = *new std::mutex;
    static auto& kept = *new std::deque<std::unique_ptr<OptimizationProfile>>;
    std::lock_guard<std::mutex> lock(mutex);
    profile->kill();
    kept.push_back(std::move(profile));
    if (kept.size() > kMostKept) {
        kept.pop_front();
    }
}

std::string build(nvinfer1::INetworkDefinition& network, nvinfer1::IBuilderConfig& config) {
    const auto model = static_cast<Network&>(network).state("build");
    ConfigState* const settings = static_cast<BuilderConfig&>(config).state("build");
    if (model == nullptr || settings == nullptr) {
        refuse("the network or the configuration was destroyed before");
    }
    return buildPlan(*model, *settings);
}

// Stands in for the builder that a destroyed network no longer knows.
nvinfer1::IBuilder& deadBuilder() {
    static auto& instance = *new Builder(Tombstone{});
    return instance;
}

}  // namespace

BuilderState::~BuilderState() {
    for (auto& profile : profiles) {
        keep(std::move(profile));
    }
}

Builder::~Builder() noexcept {
    if (state_ == nullptr && !released()) {
        reportDead("IBuilder", "destroy");
    }
}

bool Builder::alive(const char* function) const noexcept {
    if (state_ == nullptr) {
        reportDead("IBuilder", function);
    }
    return state_ != nullptr;
}

#if !PINION_TRT_SINCE(10, 0)
void Builder::setMaxBatchSize(int32_t batchSize) noexcept {
    if (alive(__func__)) {
        state_->maxBatchSize = batchSize;
    }
}

int32_t Builder::getMaxBatchSize() const noexcept {
    return alive(__func__) ? state_->maxBatchSize : 0;
}

nvinfer1::ICudaEngine* Builder::buildEngineWithConfig(nvinfer1::INetworkDefinition& network,
                                                      nvinfer1::IBuilderConfig& config) noexcept {
    if (!alive(__func__)) {
        return nullptr;
    }
    return guarded(state_->log, "IBuilder::buildEngineWithConfig", static_cast<nvinfer1::ICudaEngine*>(nullptr), [&] {
        const std::string plan = build(network, config);
        return makeEngine(readPlan(plan.data(), plan.size(), state_->log), state_->log, nullptr, plan);
    });
}
#endif

#if !PINION_TRT_SINCE(11, 0)
bool Builder::platformHasFastFp16() const noexcept {
    alive(__func__);
    return false;
}

bool Builder::platformHasFastInt8() const noexcept {
    alive(__func__);
    return false;
}

bool Builder::platformHasTf32() const noexcept {
    alive(__func__);
    return false;
}
#endif

int32_t Builder::getMaxDLABatchSize() const noexcept {
    alive(__func__);
    return 0;
}

int32_t Builder::getNbDLACores() const noexcept {
    alive(__func__);
    return 0;
}

void Builder::setGpuAllocator(nvinfer1::IGpuAllocator* allocator) noexcept {
    if (alive(__func__)) {
        state_->allocator = allocator;
    }
}

nvinfer1::IBuilderConfig* Builder::createBuilderConfig() noexcept {
    if (!alive(__func__)) {
        return nullptr;
    }
    return guarded(state_->log, "IBuilder::createBuilderConfig", static_cast<nvinfer1::IBuilderConfig*>(nullptr),
                   [&]() -> nvinfer1::IBuilderConfig* { return new BuilderConfig(state_->log); });
}

nvinfer1::INetworkDefinition* Builder::createNetworkV2(nvinfer1::NetworkDefinitionCreationFlags flags) noexcept {
    if (!alive(__func__)) {
        return nullptr;
    }
    return guarded(state_->log, "IBuilder::createNetworkV2", static_cast<nvinfer1::INetworkDefinition*>(nullptr),
                   [&]() -> nvinfer1::INetworkDefinition* {
                       constexpr uint32_t kKnown =
                           (1u << nvinfer1::EnumMax<nvinfer1::NetworkDefinitionCreationFlag>()) - 1;
                       if ((flags & ~kKnown) != 0) {
                           refuse("the flags name properties that this release does not have");
                       }
#if PINION_TRT_SINCE(11, 0)
                       // Every network is, whether asked or not.
                       flags |= 1u << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED);
#endif
                       deadOwner<nvinfer1::IBuilder> = &deadBuilder();
                       return new Network(std::make_shared<NetworkState>(state_->log, flags, this));
                   });
}

nvinfer1::IOptimizationProfile* Builder::createOptimizationProfile() noexcept {
    if (!alive(__func__)) {
        return nullptr;
    }
    return guarded(state_->log, "IBuilder::createOptimizationProfile",
                   static_cast<nvinfer1::IOptimizationProfile*>(nullptr), [&]() -> nvinfer1::IOptimizationProfile* {
                       state_->profiles.push_back(std::make_unique<OptimizationProfile>(state_->log));
                       return state_->profiles.back().get();
                   });
}

void Builder::setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept {
    if (alive(__func__)) {
        state_->log.setRecorder(recorder);
    }
}

nvinfer1::IErrorRecorder* Builder::getErrorRecorder() const noexcept {
    return alive(__func__) ? state_->log.recorder() : nullptr;
}

void Builder::reset() noexcept {
    if (alive(__func__)) {
        state_->maxBatchSize = 1;
        state_->allocator = nullptr;
    }
}

nvinfer1::IHostMemory* Builder::buildSerializedNetwork(nvinfer1::INetworkDefinition& network,
                                                       nvinfer1::IBuilderConfig& config) noexcept {
    if (!alive(__func__)) {
        return nullptr;
    }
    return guarded(state_->log, "IBuilder::buildSerializedNetwork", static_cast<nvinfer1::IHostMemory*>(nullptr),
                   [&]() -> nvinfer1::IHostMemory* {
                       try {
                           return new HostMemory(build(network, config));
                       } catch (const Cancelled&) {
                           state_->log.info("The build was cancelled.");
                           return nullptr;
                       }
                   });
}

bool Builder::isNetworkSupported(nvinfer1::INetworkDefinition const& network,
                                 nvinfer1::IBuilderConfig const& config) const noexcept {
    if (!alive(__func__)) {
        return false;
    }
    return guarded(state_->log, "IBuilder::isNetworkSupported", false, [&] {
        const auto model = static_cast<const Network&>(network).state("isNetworkSupported");
        const ConfigState* const settings = static_cast<const BuilderConfig&>(config).state("isNetworkSupported");
        if (model == nullptr || settings == nullptr) {
            return false;
        }
        checkBuild(*model, *settings);
        return true;
    });
}

#if PINION_TRT_SINCE(8, 4)
nvinfer1::ILogger* Builder::getLogger() const noexcept {
    return alive(__func__) ? state_->log.logger() : nullptr;
}

bool Builder::setMaxThreads(int32_t maxThreads) noexcept {
    if (!alive(__func__) || maxThreads < 1) {
        return false;
    }
    state_->maxThreads = maxThreads;
    return true;
}

int32_t Builder::getMaxThreads() const noexcept {
    return alive(__func__) ? state_->maxThreads : 0;
}
#endif

#if PINION_TRT_SINCE(8, 6)
nvinfer1::IPluginRegistry& Builder::getPluginRegistry() noexcept {
    alive(__func__);
    return *::getPluginRegistry();
}
#endif

}  // namespace pinion_host_tensorrt

extern "C" void* createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept {
    using namespace pinion_host_tensorrt;
    auto* const log = static_cast<nvinfer1::ILogger*>(logger);
    return guarded(Log(log), "createInferBuilder", static_cast<void*>(nullptr), [&]() -> void* {
        checkCreation(log, version);
        ortLibrary();  // a builder without ONNX Runtime could build nothing, so it says so at once
        setGlobalLogger(log);
        return static_cast<nvinfer1::IBuilder*>(new Builder(log));
    });
}
