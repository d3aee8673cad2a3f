// The builder: what it refuses, and what it makes of its configuration.
#include <limits>

#include "support.h"

namespace trt_test {
namespace {

using nvinfer1::BuilderFlag;
using nvinfer1::DataType;
using Severity = nvinfer1::ILogger::Severity;

// A network ready to be built but for what the test changes.
struct Ready {
    explicit Ready(const std::string& model = doublingModel()) : set(logger) {
        EXPECT_TRUE(set.parse(model)) << logger.all();
    }
    Logger logger;
    BuildSet set;
};

TEST(Builder, SaysThatTheHostIsNoFastFp16Device) {
    Ready ready;
#if !PINION_TRT_SINCE(11, 0)
    EXPECT_FALSE(ready.set.builder->platformHasFastFp16());
    EXPECT_FALSE(ready.set.builder->platformHasFastInt8());
    EXPECT_FALSE(ready.set.builder->platformHasTf32());
#endif
    EXPECT_EQ(ready.set.builder->getNbDLACores(), 0);
}

TEST(Builder, RefusesANetworkWithoutOutputs) {
    Logger logger;
    BuildSet set(logger);
    EXPECT_TRUE(set.build().empty());
    EXPECT_TRUE(logger.hasError("at least one output"));
}

#if !PINION_TRT_SINCE(10, 0)
TEST(Builder, RefusesAnImplicitBatch) {
    Logger logger;
    BuildSet set(logger, 0);
    EXPECT_TRUE(set.build().empty());
    EXPECT_TRUE(logger.hasError("kEXPLICIT_BATCH"));
}
#endif

TEST(Builder, RefusesDynamicInputsWithoutAProfile) {
    Ready ready;
    EXPECT_FALSE(ready.set.builder->isNetworkSupported(*ready.set.network, *ready.set.config));
    EXPECT_TRUE(ready.set.build().empty());
    EXPECT_TRUE(ready.logger.hasError("dynamic inputs, and no optimization profile"));
}

TEST(Builder, BuildsStaticNetworksWithoutAProfile) {
    Ready ready(onnx_writer::Model()
                    .input("x", onnx_writer::kFloat, {2, 4})
                    .node("Relu", {"x"}, {"y"})
                    .output("y", onnx_writer::kFloat, {2, 4})
                    .bytes());
    EXPECT_TRUE(ready.set.builder->isNetworkSupported(*ready.set.network, *ready.set.config));
    EXPECT_FALSE(ready.set.build().empty()) << ready.logger.all();
}

TEST(Builder, RefusesInvertedProfiles) {
    Ready ready;
    EXPECT_EQ(ready.set.addProfile(batchProfile("x", 4, 3, 2, 4)), -1);
    EXPECT_TRUE(ready.logger.hasError("min shape 3x4 above its opt shape 2x4")) << ready.logger.all();
    EXPECT_EQ(ready.set.addProfile(batchProfile("x", 4, 1, 5, 4)), -1);
    EXPECT_TRUE(ready.logger.hasError("opt shape 5x4 above its max shape 4x4")) << ready.logger.all();
    EXPECT_EQ(ready.set.config->getNbOptimizationProfiles(), 0);
}

TEST(Builder, RefusesPartialProfiles) {
    Ready ready;
    EXPECT_EQ(ready.set.addProfile({{"x", {Extents{1, 4}, Extents{}, Extents{4, 4}}}}), -1);
    EXPECT_TRUE(ready.logger.hasError("'x' has no opt shape")) << ready.logger.all();
}

TEST(Builder, RefusesProfilesOfSomeInputsOnly) {
    Ready ready(onnx_writer::Model()
                    .input("a", onnx_writer::kFloat, {"N", 4})
                    .input("b", onnx_writer::kFloat, {"N", 4})
                    .node("Add", {"a", "b"}, {"y"})
                    .output("y", onnx_writer::kFloat, {"N", 4})
                    .bytes());
    EXPECT_EQ(ready.set.addProfile(batchProfile("a", 4)), 0);
    EXPECT_TRUE(ready.set.build().empty());
    EXPECT_TRUE(ready.logger.hasError("no shapes for the dynamic input 'b'")) << ready.logger.all();
}

TEST(Builder, RefusesProfilesThatContradictTheNetwork) {
    struct Case {
        Profile profile;
        const char* says;
    };
    for (const Case& item : {Case{batchProfile("x", 5), "shape 1x5 for input 'x', whose shape in the network is -1x4"},
                             Case{{{"x", {Extents{4}, Extents{4}, Extents{4}}}}, "shape 4 for input 'x'"}}) {
        Ready ready;
        EXPECT_EQ(ready.set.addProfile(item.profile), 0);
        EXPECT_TRUE(ready.set.build().empty());
        EXPECT_TRUE(ready.logger.hasError(item.says)) << ready.logger.all();
    }
}

// As NVIDIA's, which does not look at them.
TEST(Builder, TakesProfilesWithShapesForNoInput) {
    Ready ready;
    Profile profile = batchProfile("ghost", 4);
    profile.merge(batchProfile("x", 4));
    EXPECT_EQ(ready.set.addProfile(profile), 0);
    EXPECT_FALSE(ready.set.build().empty()) << ready.logger.all();
}

// As NVIDIA's: min and max may be worse than what the network takes, and opt may not.
TEST(Builder, WarnsOfExtremesThatTheNetworkDoesNotTake) {
    const std::string model = onnx_writer::Model()
                                  .input("a", onnx_writer::kFloat, {"N"})
                                  .input("b", onnx_writer::kFloat, {"M"})
                                  .node("Add", {"a", "b"}, {"y"}, "sum")
                                  .output("y", onnx_writer::kFloat, {"K"})
                                  .bytes();
    Logger logger;
    const Profile worst = {{"a", {Extents{1}, Extents{2}, Extents{3}}}, {"b", {Extents{1}, Extents{2}, Extents{4}}}};
    EXPECT_FALSE(buildPlan(logger, model, {worst}).empty()) << logger.all();
    EXPECT_TRUE(logger.has(nvinfer1::ILogger::Severity::kWARNING, "max values of a profile do not go together"))
        << logger.all();
    const Profile bad = {{"a", {Extents{1}, Extents{2}, Extents{3}}}, {"b", {Extents{1}, Extents{3}, Extents{3}}}};
    EXPECT_TRUE(buildPlan(logger, model, {bad}).empty());
}

TEST(Builder, ChecksProfilesAsTheyAreFilled) {
    Ready ready;
    nvinfer1::IOptimizationProfile& profile = *ready.set.builder->createOptimizationProfile();
    using nvinfer1::OptProfileSelector;
    EXPECT_FALSE(profile.setDimensions("", OptProfileSelector::kMIN, dims({1, 4})));
    EXPECT_FALSE(profile.setDimensions("x", OptProfileSelector::kMIN, dims({-1, 4})));
    EXPECT_TRUE(profile.setDimensions("x", OptProfileSelector::kMIN, dims({1, 4})));
    EXPECT_FALSE(profile.setDimensions("x", OptProfileSelector::kOPT, dims({1, 4, 4}))) << "another rank";
    EXPECT_FALSE(profile.isValid());
    EXPECT_TRUE(profile.setDimensions("x", OptProfileSelector::kOPT, dims({2, 4})));
    EXPECT_TRUE(profile.setDimensions("x", OptProfileSelector::kMAX, dims({2, 4})));
    EXPECT_TRUE(profile.isValid());
    EXPECT_EQ(extents(profile.getDimensions("x", OptProfileSelector::kOPT)), (Extents{2, 4}));
    EXPECT_EQ(profile.getDimensions("y", OptProfileSelector::kOPT).nbDims, -1);
}

#if !PINION_TRT_SINCE(11, 0)
TEST(Builder, WarnsThatFp16ComputesInFp32) {
    Ready ready;
    ready.set.addProfile(batchProfile("x", 4));
    ready.set.config->setFlag(BuilderFlag::kFP16);
    EXPECT_FALSE(ready.set.build().empty()) << ready.logger.all();
    EXPECT_TRUE(ready.logger.has(Severity::kWARNING, "computes in FP32"));
}
#endif

TEST(Builder, RefusesWhatTheHostCannotDo) {
    std::vector<BuilderFlag> flags = {BuilderFlag::kREFIT, BuilderFlag::kSAFETY_SCOPE};
#if !PINION_TRT_SINCE(11, 0)
    flags.push_back(BuilderFlag::kINT8);
#endif
    for (const BuilderFlag flag : flags) {
        Ready ready;
        ready.set.addProfile(batchProfile("x", 4));
        ready.set.config->setFlag(flag);
        EXPECT_TRUE(ready.set.build().empty()) << static_cast<int>(flag);
        EXPECT_TRUE(ready.logger.hasError("the host SDK has no"));
    }
#if !PINION_TRT_RTX
    Ready dla;
    dla.set.addProfile(batchProfile("x", 4));
    dla.set.config->setDefaultDeviceType(nvinfer1::DeviceType::kDLA);
    EXPECT_TRUE(dla.set.build().empty());
    dla.set.config->setFlag(BuilderFlag::kGPU_FALLBACK);
    EXPECT_FALSE(dla.set.build().empty()) << dla.logger.all();
#endif
}

#if !PINION_TRT_SINCE(11, 0)
TEST(Builder, TakesPrecisionConstraintsPerLayer) {
    Ready ready;
    ready.set.addProfile(batchProfile("x", 4));
    nvinfer1::ILayer& layer = *ready.set.network->getLayer(0);
    EXPECT_FALSE(layer.precisionIsSet());
    layer.setPrecision(DataType::kHALF);
    layer.setOutputType(0, DataType::kHALF);
    EXPECT_TRUE(layer.precisionIsSet());
    EXPECT_EQ(layer.getPrecision(), DataType::kHALF);
    EXPECT_TRUE(layer.outputTypeIsSet(0));
#if PINION_TRT_SINCE(8, 2)
    const BuilderFlag obey = BuilderFlag::kOBEY_PRECISION_CONSTRAINTS;
#else
    const BuilderFlag obey = BuilderFlag::kSTRICT_TYPES;
#endif
    ready.set.config->setFlag(obey);
    EXPECT_TRUE(ready.set.build().empty()) << "FP16 is not allowed by the configuration";
    EXPECT_TRUE(ready.logger.hasError("'double' is to compute in FP16"));
    ready.set.config->setFlag(BuilderFlag::kFP16);
    EXPECT_FALSE(ready.set.build().empty()) << ready.logger.all();
    layer.setPrecision(DataType::kINT8);
    EXPECT_TRUE(ready.set.build().empty());
    layer.resetPrecision();
    layer.resetOutputType(0);
    EXPECT_FALSE(layer.precisionIsSet());
    EXPECT_FALSE(layer.outputTypeIsSet(0));
}
#endif

TEST(Builder, RefusesFormatsOtherThanLinear) {
    Ready ready;
    ready.set.addProfile(batchProfile("x", 4));
    ready.set.network->getInput(0)->setAllowedFormats(1u << static_cast<uint32_t>(nvinfer1::TensorFormat::kCHW32));
    EXPECT_TRUE(ready.set.build().empty());
    EXPECT_TRUE(ready.logger.hasError("no linear format"));
}

TEST(Builder, KeepsItsConfiguration) {
    Ready ready;
    nvinfer1::IBuilderConfig& config = *ready.set.config;
    EXPECT_TRUE(config.getFlag(BuilderFlag::kTF32)) << "on by default, as in TensorRT";
    config.clearFlag(BuilderFlag::kTF32);
    EXPECT_FALSE(config.getFlag(BuilderFlag::kTF32));
    EXPECT_EQ(config.getFlags(), 0u);
    EXPECT_TRUE(config.setTacticSources(1u));
    EXPECT_EQ(config.getTacticSources(), 1u);
    EXPECT_FALSE(config.setTacticSources(1u << 30));
    EXPECT_EQ(config.getTacticSources(), 1u);
#if !PINION_TRT_SINCE(10, 0)
    config.setMaxWorkspaceSize(1 << 20);
    EXPECT_EQ(config.getMaxWorkspaceSize(), 1u << 20);
#endif
#if PINION_TRT_SINCE(8, 4)
    config.setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, 1 << 21);
    EXPECT_EQ(config.getMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE), 1u << 21);
#endif
#if PINION_TRT_SINCE(8, 6)
    EXPECT_EQ(config.getBuilderOptimizationLevel(), 3);
    config.setBuilderOptimizationLevel(9);
#if PINION_TRT_RTX
    EXPECT_EQ(config.getBuilderOptimizationLevel(), 5);
#else
    EXPECT_EQ(config.getBuilderOptimizationLevel(), 3);
    EXPECT_TRUE(ready.logger.hasError("level 9"));
#endif
    config.setBuilderOptimizationLevel(0);
    EXPECT_EQ(config.getBuilderOptimizationLevel(), 0);
#endif
    config.setProfilingVerbosity(nvinfer1::ProfilingVerbosity::kNONE);
    EXPECT_EQ(config.getProfilingVerbosity(), nvinfer1::ProfilingVerbosity::kNONE);
    config.reset();
    EXPECT_TRUE(config.getFlag(BuilderFlag::kTF32));
}

#if PINION_TRT_SINCE(8, 6)
TEST(Builder, EveryOptimizationLevelComputesTheSame) {
    for (int32_t level = 0; level <= 5; ++level) {
        Logger logger;
        const std::string plan = buildPlan(logger, matMulModel(), {batchProfile("x", 3)},
                                           [&](nvinfer1::INetworkDefinition&, nvinfer1::IBuilderConfig& config) {
                                               config.setBuilderOptimizationLevel(level);
                                           });
        LoadedEngine engine(logger, plan);
        ASSERT_NE(engine.engine, nullptr) << logger.all();
        ContextRunner context(*engine.engine);
        ASSERT_TRUE(context.setShape("x", {1, 3}));
        DeviceBuffer x(256);
        DeviceBuffer y(256);
        x.fill<float>({1, 2, 3});
        context.bind("x", x.data());
        context.bind("y", y.data());
        ASSERT_TRUE(context.run()) << logger.all();
        EXPECT_EQ(y.read<float>(2), (std::vector<float>{14, 0}));
    }
}

#if !PINION_TRT_RTX
TEST(Builder, RefusesHardwareCompatibilityLevelsOfGpus) {
    Ready ready;
    ready.set.addProfile(batchProfile("x", 4));
    ready.set.config->setHardwareCompatibilityLevel(nvinfer1::HardwareCompatibilityLevel::kAMPERE_PLUS);
    EXPECT_TRUE(ready.set.build().empty());
    EXPECT_TRUE(ready.logger.hasError("hardware compatibility"));
}

TEST(Builder, WarnsThatVersionCompatibilityHasNoEffect) {
    Ready ready;
    ready.set.addProfile(batchProfile("x", 4));
    ready.set.config->setFlag(BuilderFlag::kVERSION_COMPATIBLE);
    EXPECT_FALSE(ready.set.build().empty());
    EXPECT_TRUE(ready.logger.has(Severity::kWARNING, "Version compatibility"));
}

TEST(Builder, AVersionCompatiblePlanCarriesHostCodeThatTheRuntimeMustAllow) {
    for (const bool leanInside : {true, false}) {
        Ready ready;
        ready.set.addProfile(batchProfile("x", 4));
        ready.set.config->setFlag(BuilderFlag::kVERSION_COMPATIBLE);
        if (!leanInside) {
            ready.set.config->setFlag(BuilderFlag::kEXCLUDE_LEAN_RUNTIME);
        }
        const std::string plan = ready.set.build();
        const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(ready.logger));
        const std::unique_ptr<nvinfer1::ICudaEngine> refused(runtime->deserializeCudaEngine(plan.data(), plan.size()));
        EXPECT_EQ(refused == nullptr, leanInside);
        EXPECT_EQ(ready.logger.hasError("setEngineHostCodeAllowed"), leanInside);
        runtime->setEngineHostCodeAllowed(true);
        const std::unique_ptr<nvinfer1::ICudaEngine> allowed(runtime->deserializeCudaEngine(plan.data(), plan.size()));
        EXPECT_NE(allowed, nullptr) << ready.logger.all();
    }
}
#endif
#endif

TEST(Builder, RefusesUnknownNetworkFlags) {
    Ready ready;
    EXPECT_EQ(ready.set.builder->createNetworkV2(1u << 30), nullptr);
}

TEST(Builder, BuildsTheSamePlanOfTheSameModel) {
    Logger logger;
    const std::string first = buildPlan(logger, matMulModel(), {batchProfile("x", 3)});
    EXPECT_EQ(first, buildPlan(logger, matMulModel(), {batchProfile("x", 3)}));
}

TEST(Builder, StaticOutputsOfDynamicNetworksStayStatic) {
    Logger logger;
    const std::string plan = buildPlan(logger, matMulModel(), {batchProfile("x", 3)});
    LoadedEngine engine(logger, plan);
    EXPECT_EQ(ioTensors(*engine.engine)[1].shape, (Extents{-1, 2}));
}

// What importers make of an attribute that the operator lost is made once, not again for each size that is built.
TEST(Builder, BuildsDynamicNetworksOfFormerAttributes) {
    const std::string model = onnx_writer::Model(13)
                                  .input("x", onnx_writer::kFloat, {-1, 4})
                                  .output("y", onnx_writer::kFloat, {-1, 1})
                                  .node("ReduceSum", {"x"}, {"y"}, "sum", {{"axes", {1}}})
                                  .bytes();
    Logger logger;
    const std::string plan = buildPlan(logger, model, {batchProfile("x", 4)});
    ASSERT_FALSE(plan.empty()) << logger.all();
    LoadedEngine engine(logger, plan);
    EXPECT_EQ(ioTensors(*engine.engine)[1].shape, (Extents{-1, 1}));
}

#if !PINION_TRT_SINCE(10, 0)
TEST(Builder, BuildsAnEngineDirectly) {
    Ready ready;
    ready.set.addProfile(batchProfile("x", 4));
    const std::unique_ptr<nvinfer1::ICudaEngine> engine(
        ready.set.builder->buildEngineWithConfig(*ready.set.network, *ready.set.config));
    ASSERT_NE(engine, nullptr) << ready.logger.all();
    const std::unique_ptr<nvinfer1::IHostMemory> plan(engine->serialize());
    ASSERT_NE(plan, nullptr);
    EXPECT_EQ(std::string(static_cast<const char*>(plan->data()), plan->size()), ready.set.build());
}
#endif

#if PINION_TRT_SINCE(11, 0)
TEST(Builder, EveryNetworkIsStronglyTyped) {
    Logger logger;
    const BuildSet plain(logger);
    const BuildSet flagged(logger,
                           1u << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED));
    ASSERT_NE(flagged.network, nullptr) << logger.all();
    EXPECT_TRUE(plain.network->getFlag(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED));
    EXPECT_TRUE(flagged.network->getFlag(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED));
}
#elif PINION_TRT_SINCE(10, 0)
TEST(Builder, RefusesPrecisionFlagsOnStronglyTypedNetworks) {
    Logger logger;
    BuildSet set(logger, 1u << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED));
    EXPECT_TRUE(set.network->getFlag(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED));
    ASSERT_TRUE(set.parse(doublingModel()));
    set.addProfile(batchProfile("x", 4));
    set.config->setFlag(BuilderFlag::kFP16);
    EXPECT_TRUE(set.build().empty());
    EXPECT_TRUE(logger.hasError("strongly typed"));
    set.config->clearFlag(BuilderFlag::kFP16);
    EXPECT_FALSE(set.build().empty()) << logger.all();
}
#endif

#if PINION_TRT_SINCE(10, 0)
// Follows the phases, and cancels at one step when told to.
class Monitor final : public nvinfer1::IProgressMonitor {
public:
    void phaseStart(const char* phase, const char* parent, int32_t steps) noexcept override {
        events.push_back("start " + std::string(phase) + " in " + (parent != nullptr ? parent : "nothing"));
        EXPECT_GT(steps, 0);
        ++open;
    }
    bool stepComplete(const char* phase, int32_t step) noexcept override {
        events.push_back("step " + std::string(phase) + " " + std::to_string(step));
        return static_cast<int>(++steps) != cancelAt;
    }
    void phaseFinish(const char* phase) noexcept override {
        events.push_back("finish " + std::string(phase));
        --open;
    }
    std::vector<std::string> events;
    size_t steps = 0;
    int open = 0;
    int cancelAt = -1;
};

TEST(Builder, TellsItsProgress) {
    Ready ready;
    ready.set.addProfile(batchProfile("x", 4));
    Monitor monitor;
    ready.set.config->setProgressMonitor(&monitor);
    EXPECT_EQ(ready.set.config->getProgressMonitor(), &monitor);
    EXPECT_FALSE(ready.set.build().empty()) << ready.logger.all();
    EXPECT_EQ(monitor.events.front(), "start Building Engine in nothing");
    EXPECT_EQ(monitor.events.back(), "finish Building Engine");
    EXPECT_EQ(monitor.open, 0);
    EXPECT_EQ(monitor.steps, 8u) << "three of the build, one of each short phase, three of the profile";
}

TEST(Builder, CanBeCancelledAtEveryStep) {
    for (int step = 1; step <= 8; ++step) {
        Ready ready;
        ready.set.addProfile(batchProfile("x", 4));
        Monitor monitor;
        monitor.cancelAt = step;
        ready.set.config->setProgressMonitor(&monitor);
        EXPECT_TRUE(ready.set.build().empty()) << "step " << step;
        EXPECT_EQ(monitor.open, 0) << "open phases are finished";
        EXPECT_EQ(monitor.steps, static_cast<size_t>(step)) << "no step after the one that cancels";
        EXPECT_EQ(ready.logger.errors(), 0) << "to cancel is no error: " << ready.logger.all();
        ready.set.config->setProgressMonitor(nullptr);
        EXPECT_FALSE(ready.set.build().empty()) << "the next build is not affected";
    }
}
#endif

// Timing caches

std::string serialized(const nvinfer1::ITimingCache& cache) {
    const std::unique_ptr<nvinfer1::IHostMemory> memory(cache.serialize());
    return {static_cast<const char*>(memory->data()), memory->size()};
}

TEST(TimingCache, RemembersMeasurements) {
    Ready first;
    first.set.addProfile(batchProfile("x", 4));
    const std::unique_ptr<nvinfer1::ITimingCache> cache(first.set.config->createTimingCache(nullptr, 0));
    ASSERT_NE(cache, nullptr);
    ASSERT_TRUE(first.set.config->setTimingCache(*cache, false));
    EXPECT_EQ(first.set.config->getTimingCache(), cache.get());
    const std::string before = serialized(*cache);
    ASSERT_FALSE(first.set.build().empty()) << first.logger.all();
    const std::string after = serialized(*cache);
    EXPECT_GT(after.size(), before.size());

    // A second build with the stored cache measures nothing new.
    Ready second;
    second.set.addProfile(batchProfile("x", 4));
    const std::unique_ptr<nvinfer1::ITimingCache> stored(
        second.set.config->createTimingCache(after.data(), after.size()));
    ASSERT_NE(stored, nullptr) << second.logger.all();
    ASSERT_TRUE(second.set.config->setTimingCache(*stored, false));
#if PINION_TRT_SINCE(10, 0)
    second.set.config->setFlag(BuilderFlag::kERROR_ON_TIMING_CACHE_MISS);
#endif
    EXPECT_FALSE(second.set.build().empty()) << second.logger.all();
    EXPECT_EQ(serialized(*stored), after);
}

#if PINION_TRT_SINCE(10, 0)
TEST(TimingCache, CanBeRequired) {
    Ready ready;
    ready.set.addProfile(batchProfile("x", 4));
    const std::unique_ptr<nvinfer1::ITimingCache> cache(ready.set.config->createTimingCache(nullptr, 0));
    ready.set.config->setTimingCache(*cache, false);
    ready.set.config->setFlag(BuilderFlag::kERROR_ON_TIMING_CACHE_MISS);
    EXPECT_TRUE(ready.set.build().empty());
    EXPECT_TRUE(ready.logger.hasError("timing cache"));
}
#endif

TEST(TimingCache, CombinesAndResets) {
    Ready ready;
    ready.set.addProfile(batchProfile("x", 4));
    const std::unique_ptr<nvinfer1::ITimingCache> full(ready.set.config->createTimingCache(nullptr, 0));
    const std::unique_ptr<nvinfer1::ITimingCache> empty(ready.set.config->createTimingCache(nullptr, 0));
    const std::string nothing = serialized(*empty);
    ready.set.config->setTimingCache(*full, false);
    ASSERT_FALSE(ready.set.build().empty());
    EXPECT_TRUE(empty->combine(*full, false));
    EXPECT_EQ(serialized(*empty), serialized(*full));
    EXPECT_TRUE(empty->reset());
    EXPECT_EQ(serialized(*empty), nothing);
}

TEST(TimingCache, RefusesBytesThatAreNone) {
    Ready ready;
    const std::unique_ptr<nvinfer1::ITimingCache> cache(ready.set.config->createTimingCache(nullptr, 0));
    const std::string good = serialized(*cache);
    for (size_t size = 1; size < good.size(); ++size) {
        EXPECT_EQ(ready.set.config->createTimingCache(good.data(), size), nullptr) << size;
    }
    for (size_t i = 0; i < good.size(); ++i) {
        std::string damaged = good;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
        EXPECT_EQ(ready.set.config->createTimingCache(damaged.data(), damaged.size()), nullptr) << i;
    }
    EXPECT_TRUE(ready.logger.hasError("no timing cache"));
}

TEST(TimingCache, IsNotUsedWhenSwitchedOff) {
    Ready ready;
    ready.set.addProfile(batchProfile("x", 4));
    const std::unique_ptr<nvinfer1::ITimingCache> cache(ready.set.config->createTimingCache(nullptr, 0));
    const std::string nothing = serialized(*cache);
    ready.set.config->setTimingCache(*cache, false);
    ready.set.config->setFlag(BuilderFlag::kDISABLE_TIMING_CACHE);
    ASSERT_FALSE(ready.set.build().empty());
    EXPECT_EQ(serialized(*cache), nothing);
}

TEST(Builder, AllocatesNothingForTheLargestShapes) {
    Logger logger;
    constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
    const std::string plan = buildPlan(logger, matMulModel(), {batchProfile("x", 3, 1, 2, kMost)});
    ASSERT_FALSE(plan.empty()) << logger.all();
    LoadedEngine engine(logger, plan);
    EXPECT_EQ(profileShape(*engine.engine, "x", 0, nvinfer1::OptProfileSelector::kMAX), (Extents{kMost, 3}));
    EXPECT_EQ(ioTensors(*engine.engine)[1].shape, (Extents{-1, 2}));
}

TEST(Builder, FindsShapesOfZeroDivisors) {
    // Nothing divides by zero, so that shapes are asked with ones.
    Logger logger;
    const std::string model = onnx_writer::Model()
                                  .input("a", onnx_writer::kInt32, {4})
                                  .input("b", onnx_writer::kInt32, {4})
                                  .node("Div", {"a", "b"}, {"y"})
                                  .output("y", onnx_writer::kInt32, {4})
                                  .bytes();
    EXPECT_FALSE(buildPlan(logger, model).empty()) << logger.all();
}

#if PINION_TRT_SINCE(8, 5)

TEST(Builder, TakesExtentsOfOneNameForOneExtent) {
    const std::string model = onnx_writer::Model()
                                  .input("a", onnx_writer::kFloat, {"N", 3})
                                  .input("b", onnx_writer::kFloat, {"N", 3})
                                  .node("Add", {"a", "b"}, {"y"})
                                  .output("y", onnx_writer::kFloat, {"N", 3})
                                  .bytes();
    const auto build = [&](const std::array<int64_t, 3>& a, const std::array<int64_t, 3>& b, Logger& logger) {
        Profile profile;
        for (size_t i = 0; i < 3; ++i) {
            profile["a"][i] = {a[i], 3};
            profile["b"][i] = {b[i], 3};
        }
        return buildPlan(logger, model, {profile});
    };
    Logger best;
    EXPECT_TRUE(build({1, 2, 4}, {1, 3, 4}, best).empty());
    EXPECT_TRUE(best.hasError("dimensions named 'N' must be equal, and their opt values are 2 and 3")) << best.all();
    Logger apart;
    EXPECT_TRUE(build({1, 2, 2}, {3, 3, 4}, apart).empty());
    EXPECT_TRUE(apart.hasError("'N'")) << apart.all();
    // What the ranges have in common is enough.
    Logger common;
    EXPECT_FALSE(build({1, 2, 4}, {2, 2, 8}, common).empty()) << common.all();
}

#endif

}  // namespace
}  // namespace trt_test
