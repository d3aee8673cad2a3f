// What only TensorRT for RTX has: targets, validity, kernels that are compiled by the first run, and their cache.
#include <chrono>
#include <cstring>

#include "pinion_host_cuda.h"
#include "support.h"

#if PINION_TRT_RTX

namespace trt_test {
namespace {

using nvinfer1::BuilderFlag;
using nvinfer1::ComputeCapability;
using nvinfer1::DynamicShapesKernelSpecializationStrategy;
using nvinfer1::EngineInvalidityDiagnostics;
using nvinfer1::EngineValidity;

// Sets a variable of the host CUDA, such as what its device is, for a scope.
class CudaSetting {
public:
    CudaSetting(const char* name, const char* value) : name_(name) {
        const char* const before = std::getenv(name);
        before_ = before != nullptr ? before : "";
        setenv(name, value, 1);
        pinionHostCudaReloadSettings();
    }
    ~CudaSetting() {
        setenv(name_, before_.c_str(), 1);
        pinionHostCudaReloadSettings();
    }
    CudaSetting(const CudaSetting&) = delete;
    CudaSetting& operator=(const CudaSetting&) = delete;

private:
    const char* name_;
    std::string before_;
};

std::string planFor(const std::vector<int32_t>& targets, Logger& logger) {
    return buildPlan(logger, doublingModel(), {batchProfile("x", 4)},
                     [&](nvinfer1::INetworkDefinition&, nvinfer1::IBuilderConfig& config) {
                         EXPECT_TRUE(config.setNbComputeCapabilities(static_cast<int32_t>(targets.size())));
                         for (size_t i = 0; i < targets.size(); ++i) {
                             EXPECT_TRUE(config.setComputeCapability(static_cast<ComputeCapability>(targets[i]),
                                                                     static_cast<int32_t>(i)));
                         }
                     });
}

TEST(Targets, AreCheckedAsTheyAreSet) {
    Logger logger;
    BuildSet set(logger);
    nvinfer1::IBuilderConfig& config = *set.config;
    EXPECT_EQ(config.getNbComputeCapabilities(), 0);
    EXPECT_FALSE(config.setNbComputeCapabilities(-1));
    ASSERT_TRUE(config.setNbComputeCapabilities(2));
    EXPECT_EQ(config.getComputeCapability(1), ComputeCapability::kNONE);
    EXPECT_TRUE(config.setComputeCapability(ComputeCapability::kSM80, 0));
    EXPECT_FALSE(config.setComputeCapability(ComputeCapability::kSM80, 2));
    EXPECT_FALSE(config.setComputeCapability(ComputeCapability::kNONE, 1));
    EXPECT_FALSE(config.setComputeCapability(static_cast<ComputeCapability>(90), 1));
    EXPECT_TRUE(logger.hasError("compute capability 90 is invalid or not supported")) << logger.all();
    EXPECT_FALSE(config.setComputeCapability(ComputeCapability::kCURRENT, 0)) << "it must be the only one";
    EXPECT_EQ(config.getComputeCapability(0), ComputeCapability::kSM80);
}

TEST(Targets, OneThatWasCountedAndNotSetFailsTheBuild) {
    Logger logger;
    BuildSet set(logger);
    ASSERT_TRUE(set.parse(doublingModel()));
    set.addProfile(batchProfile("x", 4));
    set.config->setNbComputeCapabilities(2);
    set.config->setComputeCapability(ComputeCapability::kSM80, 0);
    EXPECT_TRUE(set.build().empty());
    EXPECT_GT(logger.errors(), 0);
}

TEST(Targets, ABuildAsksNoDevice) {
    const CudaSetting noDevice("PINION_HOST_CUDA_FAULTS", "devices=0");
    Logger logger;
    EXPECT_FALSE(planFor({75, 120}, logger).empty()) << logger.all();
    EXPECT_FALSE(planFor({}, logger).empty()) << logger.all();
    EXPECT_TRUE(planFor({static_cast<int32_t>(ComputeCapability::kCURRENT)}, logger).empty());
    EXPECT_TRUE(logger.hasError("the GPU's properties cannot be read")) << logger.all();
}

TEST(Targets, DecideWhereAPlanRuns) {
    struct Case {
        std::vector<int32_t> targets;
        const char* device;
        bool runs;
    };
    for (const Case& item : {Case{{}, "75", false}, Case{{}, "80", true}, Case{{}, "90", false}, Case{{}, "120", true},
                             Case{{75}, "75", true}, Case{{75, 89}, "89", true}, Case{{75, 89}, "86", false}}) {
        const CudaSetting device("PINION_HOST_CUDA_SM", item.device);
        Logger logger;
        const std::string plan = planFor(item.targets, logger);
        LoadedEngine engine(logger, plan);
        EXPECT_EQ(engine.engine != nullptr, item.runs) << item.device << ": " << logger.all();
        uint64_t reasons = 99;
        const EngineValidity validity =
            engine.runtime->getEngineValidity(plan.data(), engine.runtime->getEngineHeaderSize(), &reasons);
        EXPECT_EQ(validity, item.runs ? EngineValidity::kVALID : EngineValidity::kINVALID) << item.device;
        EXPECT_EQ(reasons, item.runs ? 0 : static_cast<uint64_t>(EngineInvalidityDiagnostics::kUNSUPPORTED_CC));
    }
}

TEST(Validity, TellsDamageFromAnotherRelease) {
    Logger logger;
    const std::string plan = planFor({}, logger);
    const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
    const auto size = static_cast<size_t>(runtime->getEngineHeaderSize());
    ASSERT_LT(size, plan.size());
    const auto reasonsOf = [&](const std::string& bytes) {
        uint64_t reasons = 0;
        EXPECT_EQ(runtime->getEngineValidity(bytes.data(), static_cast<int64_t>(bytes.size()), &reasons),
                  EngineValidity::kINVALID);
        return reasons;
    };
    const auto malformed = static_cast<uint64_t>(EngineInvalidityDiagnostics::kMALFORMED_ENGINE);
    EXPECT_EQ(reasonsOf(plan.substr(0, size - 1)), malformed);
    for (size_t at = 0; at < size; ++at) {
        std::string damaged = plan.substr(0, size);
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        EXPECT_EQ(reasonsOf(damaged), malformed) << "byte " << at;
    }
    EXPECT_EQ(runtime->getEngineValidity(nullptr, static_cast<int64_t>(size), nullptr), EngineValidity::kINVALID);
    const CudaSetting noDevice("PINION_HOST_CUDA_FAULTS", "devices=0");
    EXPECT_EQ(reasonsOf(plan), 0u) << "as NVIDIA's, which says why in the log alone";
    EXPECT_TRUE(logger.hasError("the GPU's properties cannot be read"));
}

// Runs inferences, and tells whether one compiled kernels.
class Compiling {
public:
    explicit Compiling(Logger& logger)
        : logger_(logger), engine_(logger, planFor({}, logger)), config_(engine_->createRuntimeConfig()) {
        config_->setDynamicShapesKernelSpecializationStrategy(DynamicShapesKernelSpecializationStrategy::kEAGER);
    }
    nvinfer1::IRuntimeConfig& config() { return *config_; }

    bool compiles(int64_t rows) {
        const std::unique_ptr<nvinfer1::IExecutionContext> context(engine_->createExecutionContext(config_.get()));
        return compiles(*context, rows);
    }
    bool compiles(nvinfer1::IExecutionContext& context, int64_t rows) {
        const Stream stream;
        EXPECT_TRUE(context.setInputShape("x", dims({rows, 4})));
        EXPECT_TRUE(context.setTensorAddress("x", x_.data()));
        EXPECT_TRUE(context.setTensorAddress("y", y_.data()));
        logger_.clear();
        EXPECT_TRUE(context.enqueueV3(stream));
        EXPECT_EQ(stream.wait(), cudaSuccess);
        return logger_.has(nvinfer1::ILogger::Severity::kVERBOSE, "Compiled kernels");
    }
    nvinfer1::ICudaEngine& engine() { return *engine_.engine; }

private:
    Logger& logger_;
    LoadedEngine engine_;
    std::unique_ptr<nvinfer1::IRuntimeConfig> config_;
    DeviceBuffer x_{256};
    DeviceBuffer y_{256};
};

TEST(Kernels, AreCompiledByTheFirstRunOfEachShape) {
    const Faults slow("jit=20000");
    Logger logger;
    Compiling compiling(logger);
    const std::unique_ptr<nvinfer1::IExecutionContext> context(
        compiling.engine().createExecutionContext(&compiling.config()));
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(compiling.compiles(*context, 1));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(20));
    EXPECT_FALSE(compiling.compiles(*context, 1));
    EXPECT_TRUE(compiling.compiles(*context, 2));
    EXPECT_FALSE(compiling.compiles(*context, 1));
    EXPECT_TRUE(compiling.compiles(1)) << "another context has its own kernels";
    compiling.config().setDynamicShapesKernelSpecializationStrategy(DynamicShapesKernelSpecializationStrategy::kNONE);
    EXPECT_FALSE(compiling.compiles(1));
}

TEST(RuntimeCache, SavesTheCompiling) {
    Logger logger;
    std::string saved;
    {
        Compiling first(logger);
        const std::unique_ptr<nvinfer1::IRuntimeCache> cache(first.config().createRuntimeCache());
        ASSERT_TRUE(first.config().setRuntimeCache(*cache));
        EXPECT_EQ(first.config().getRuntimeCache(), cache.get());
        EXPECT_TRUE(first.compiles(1));
        EXPECT_FALSE(first.compiles(1)) << "contexts share the cache";
        const std::unique_ptr<nvinfer1::IHostMemory> bytes(cache->serialize());
        saved.assign(static_cast<const char*>(bytes->data()), bytes->size());
    }
    Compiling second(logger);
    const std::unique_ptr<nvinfer1::IRuntimeCache> cache(second.config().createRuntimeCache());
    ASSERT_TRUE(cache->deserialize(saved.data(), saved.size())) << logger.all();
    ASSERT_TRUE(second.config().setRuntimeCache(*cache));
    EXPECT_FALSE(second.compiles(1));
    EXPECT_TRUE(second.compiles(2));
    EXPECT_TRUE(cache->reset());
    EXPECT_TRUE(second.compiles(1));
}

TEST(RuntimeCache, RefusesDamageAndOtherDevices) {
    Logger logger;
    Compiling compiling(logger);
    const std::unique_ptr<nvinfer1::IRuntimeCache> cache(compiling.config().createRuntimeCache());
    const std::unique_ptr<nvinfer1::IHostMemory> bytes(cache->serialize());
    const std::string good(static_cast<const char*>(bytes->data()), bytes->size());
    EXPECT_TRUE(cache->deserialize(good.data(), good.size())) << logger.all();
    EXPECT_FALSE(cache->deserialize(nullptr, 0));
    for (size_t at = 0; at < good.size(); ++at) {
        std::string damaged = good;
        damaged[at] = static_cast<char>(damaged[at] ^ 4);
        EXPECT_FALSE(cache->deserialize(damaged.data(), damaged.size())) << at;
        EXPECT_FALSE(cache->deserialize(good.data(), at)) << at;
    }
    const CudaSetting device("PINION_HOST_CUDA_SM", "89");
    EXPECT_FALSE(cache->deserialize(good.data(), good.size()));
    EXPECT_TRUE(logger.hasError("the runtime cache was made on")) << logger.all();
}

TEST(Capture, NeedsAnEngineThatAllocatesNothing) {
    for (const bool userAllocates : {false, true}) {
        Logger logger;
        const std::string plan = buildPlan(logger, doublingModel(), {batchProfile("x", 4)},
                                           [&](nvinfer1::INetworkDefinition&, nvinfer1::IBuilderConfig& config) {
                                               if (!userAllocates) {
                                                   config.clearFlag(BuilderFlag::kREQUIRE_USER_ALLOCATION);
                                               }
                                           });
        LoadedEngine engine(logger, plan);
        ContextRunner context(*engine.engine);
        ASSERT_TRUE(context.setShape("x", {1, 4}));
        DeviceBuffer x(256);
        DeviceBuffer y(256);
        context.bind("x", x.data());
        context.bind("y", y.data());
        ASSERT_TRUE(context.run()) << logger.all();
        const Stream stream;
        EXPECT_EQ(context->isStreamCapturable(stream), userAllocates);
        ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
        EXPECT_EQ(context.enqueue(stream), userAllocates) << logger.all();
        cudaGraph_t graph = nullptr;
        EXPECT_EQ(cudaStreamEndCapture(stream, &graph) == cudaSuccess, userAllocates);
        if (graph != nullptr) {
            cudaGraphDestroy(graph);
        }
        cudaGetLastError();
    }
}

}  // namespace
}  // namespace trt_test

#endif
