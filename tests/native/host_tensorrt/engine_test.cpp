// Engines: loading, what they tell, and plans that do not fit.
#include <cstring>

#include "hashing.h"
#include "plan.h"
#include "support.h"

namespace trt_test {
namespace {

using nvinfer1::DataType;
using nvinfer1::OptProfileSelector;

std::string goodPlan() {
    Logger logger;
    return buildPlan(logger, matMulModel(), {batchProfile("x", 3), batchProfile("x", 3, 4, 6, 8)});
}

TEST(Engine, TellsItsTensorsAndProfiles) {
    Logger logger;
    LoadedEngine engine(logger, goodPlan());
    ASSERT_NE(engine.engine, nullptr) << logger.all();
    const std::vector<IoTensor> tensors = ioTensors(*engine.engine);
    ASSERT_EQ(tensors.size(), 2u);
    EXPECT_EQ(tensors[0].name, "x");
    EXPECT_TRUE(tensors[0].input);
    EXPECT_EQ(tensors[0].type, DataType::kFLOAT);
    EXPECT_EQ(tensors[0].shape, (Extents{-1, 3}));
    EXPECT_EQ(tensors[1].name, "y");
    EXPECT_FALSE(tensors[1].input);
    EXPECT_EQ(tensors[1].shape, (Extents{-1, 2}));
    ASSERT_EQ(engine->getNbOptimizationProfiles(), 2);
    EXPECT_EQ(profileShape(*engine.engine, "x", 0, OptProfileSelector::kMAX), (Extents{4, 3}));
    EXPECT_EQ(profileShape(*engine.engine, "x", 1, OptProfileSelector::kOPT), (Extents{6, 3}));
    EXPECT_EQ(profileShape(*engine.engine, "x", 2, OptProfileSelector::kOPT), (Extents{-99}));
    EXPECT_EQ(profileShape(*engine.engine, "y", 0, OptProfileSelector::kOPT), (Extents{-99})) << "outputs have none";
    EXPECT_GT(engine->getNbLayers(), 0);
    EXPECT_STREQ(engine->getName(), "test");
    EXPECT_FALSE(engine->isRefittable());
    EXPECT_EQ(deviceMemorySize(*engine.engine), 8u * (3 + 2) * sizeof(float)) << "the staging of the largest profile";
#if !PINION_TRT_SINCE(11, 0)
    EXPECT_FALSE(engine->hasImplicitBatchDimension());
#endif
}

#if !PINION_TRT_SINCE(10, 0)
TEST(Engine, CountsBindingsOfEveryProfile) {
    Logger logger;
    LoadedEngine engine(logger, goodPlan());
    ASSERT_EQ(engine->getNbBindings(), 4);
    EXPECT_STREQ(engine->getBindingName(0), "x");
    EXPECT_STREQ(engine->getBindingName(2), "x [profile 1]");
    EXPECT_EQ(engine->getBindingIndex("y"), 1);
    EXPECT_EQ(engine->getBindingIndex("y [profile 1]"), 3);
    EXPECT_EQ(engine->getBindingIndex("ghost"), -1);
    EXPECT_TRUE(engine->bindingIsInput(2));
    EXPECT_FALSE(engine->bindingIsInput(3));
    EXPECT_EQ(engine->getBindingName(4), nullptr);
    EXPECT_TRUE(logger.hasError("binding index 4 is not between 0 and 3"));
    EXPECT_EQ(extents(engine->getProfileDimensions(2, 1, OptProfileSelector::kMIN)), (Extents{4, 3}));
    EXPECT_EQ(engine->getProfileDimensions(2, 0, OptProfileSelector::kMIN).nbDims, -1) << "of the other profile";
    EXPECT_EQ(engine->getBindingFormat(0), nvinfer1::TensorFormat::kLINEAR);
    EXPECT_TRUE(engine->isExecutionBinding(0));
    EXPECT_FALSE(engine->isShapeBinding(0));
}

TEST(Engine, HasTheShapesOfEachProfilesBindings) {
    Logger logger;
    LoadedEngine engine(logger,
                        buildPlan(logger, matMulModel(), {batchProfile("x", 3, 4, 4, 4), batchProfile("x", 3)}));
    EXPECT_EQ(extents(engine->getBindingDimensions(0)), (Extents{4, 3})) << "pinned";
    EXPECT_EQ(extents(engine->getBindingDimensions(1)), (Extents{4, 2}));
    EXPECT_EQ(extents(engine->getBindingDimensions(2)), (Extents{-1, 3}));
    EXPECT_EQ(extents(engine->getBindingDimensions(3)), (Extents{-1, 2}));
}
#endif

#if PINION_TRT_SINCE(8, 5)
TEST(Engine, AnswersForUnknownNames) {
    Logger logger;
    LoadedEngine engine(logger, goodPlan());
    EXPECT_EQ(engine->getTensorIOMode("ghost"), nvinfer1::TensorIOMode::kNONE);
    EXPECT_EQ(engine->getTensorShape("ghost").nbDims, -1);
    EXPECT_TRUE(logger.hasError("no tensor 'ghost'"));
    EXPECT_EQ(engine->getIOTensorName(2), nullptr);
    EXPECT_EQ(engine->getTensorShape(nullptr).nbDims, -1);
}
#endif

TEST(Engine, ConvertsTypesThatTensorRtNarrows) {
    Logger logger;
    const std::string plan = buildPlan(logger, onnx_writer::Model()
                                                   .input("long", onnx_writer::kInt64, {3})
                                                   .input("wide", onnx_writer::kDouble, {3})
                                                   .node("Neg", {"long"}, {"minus"})
                                                   .node("Neg", {"wide"}, {"less"})
                                                   .output("minus", onnx_writer::kInt64, {3})
                                                   .output("less", onnx_writer::kDouble, {3})
                                                   .bytes());
    LoadedEngine engine(logger, plan);
    ASSERT_NE(engine.engine, nullptr) << logger.all();
    ContextRunner context(*engine.engine);
    DeviceBuffer in(256);
    DeviceBuffer out(256);
    DeviceBuffer wide(256);
    DeviceBuffer less(256);
    wide.fill<float>({0.5f, -1, 3});
    context.bind("long", in.data());
    context.bind("minus", out.data());
    context.bind("wide", wide.data());
    context.bind("less", less.data());
#if PINION_TRT_SINCE(10, 0)
    in.fill<int64_t>({1, -2, 1LL << 40});
    ASSERT_TRUE(context.run()) << logger.all();
    EXPECT_EQ(out.read<int64_t>(3), (std::vector<int64_t>{-1, 2, -(1LL << 40)}));
#else
    in.fill<int32_t>({1, -2, 1 << 30});
    ASSERT_TRUE(context.run()) << logger.all();
    EXPECT_EQ(out.read<int32_t>(3), (std::vector<int32_t>{-1, 2, -(1 << 30)}));
#endif
    EXPECT_EQ(less.read<float>(3), (std::vector<float>{-0.5f, 1, -3}));
}

// From TensorRT 11 on a network's inputs and outputs have the types of its model.
#if !PINION_TRT_SINCE(11, 0)
TEST(Engine, BindsFp16WhereTheNetworkSaysSo) {
    Logger logger;
    const std::string plan = buildPlan(logger, doublingModel(), {batchProfile("x", 4)},
                                       [](nvinfer1::INetworkDefinition& network, nvinfer1::IBuilderConfig&) {
                                           network.getInput(0)->setType(DataType::kHALF);
                                           network.getOutput(0)->setType(DataType::kHALF);
                                       });
    LoadedEngine engine(logger, plan);
    EXPECT_EQ(ioTensors(*engine.engine)[0].type, DataType::kHALF);
    ContextRunner context(*engine.engine);
    ASSERT_TRUE(context.setShape("x", {1, 4}));
    DeviceBuffer x(256);
    DeviceBuffer y(256);
    x.fill<uint16_t>({0x3c00, 0xc000, 0x3555, 0x7bff});  // 1, -2, 1/3, 65504
    context.bind("x", x.data());
    context.bind("y", y.data());
    ASSERT_TRUE(context.run()) << logger.all();
    EXPECT_EQ(y.read<uint16_t>(4), (std::vector<uint16_t>{0x4000, 0xc400, 0x3955, 0x7c00})) << "the last overflows";
}

TEST(Engine, RefusesTypesThatNeedMoreThanAConversion) {
    Logger logger;
    BuildSet set(logger);
    ASSERT_TRUE(set.parse(doublingModel()));
    set.network->getInput(0)->setType(DataType::kINT32);
    EXPECT_TRUE(logger.hasError("cannot be bound as Int32"));
    EXPECT_EQ(set.network->getInput(0)->getType(), DataType::kFLOAT);
}
#endif

TEST(Engine, SerializesWhatItLoaded) {
    Logger logger;
    // A model whose constants are small stays whole; ONNX Runtime packs large ones.
    const std::string plan = goodPlan();
    LoadedEngine engine(logger, plan);
    const std::unique_ptr<nvinfer1::IHostMemory> again(engine->serialize());
    ASSERT_NE(again, nullptr) << logger.all();
    EXPECT_EQ(std::string(static_cast<const char*>(again->data()), again->size()), plan);
}

std::string largeMatMul() {
    return onnx_writer::Model()
        .input("x", onnx_writer::kFloat, {1, 256})
        .constant("w", {256, 256}, std::vector<float>(256 * 256, 0.5f))
        .node("MatMul", {"x", "w"}, {"y"})
        .output("y", onnx_writer::kFloat, {1, 256})
        .bytes();
}

TEST(Engine, SaysWhenItCannotSerialize) {
    Logger logger;
    const std::string plan = buildPlan(logger, largeMatMul());
    ASSERT_GT(plan.size(), 256u * 256 * 4);
    LoadedEngine engine(logger, plan);
    ASSERT_NE(engine.engine, nullptr) << logger.all();
    const std::unique_ptr<nvinfer1::IHostMemory> again(engine->serialize());
    if (again == nullptr) {
        EXPECT_TRUE(logger.hasError("packed weights"));
    } else {
        EXPECT_EQ(again->size(), plan.size());
    }
}

TEST(Engine, DoesNotUseTheCallersBytesAfterTheLoad) {
    Logger logger;
    std::string plan = buildPlan(logger, largeMatMul());
    const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
    const std::unique_ptr<nvinfer1::ICudaEngine> engine(runtime->deserializeCudaEngine(plan.data(), plan.size()));
    ASSERT_NE(engine, nullptr);
    std::memset(plan.data(), 0xff, plan.size());
    ContextRunner context(*engine);
    DeviceBuffer x(1024);
    DeviceBuffer y(1024);
    x.fill<float>(std::vector<float>(256, 2.0f));
    context.bind("x", x.data());
    context.bind("y", y.data());
    ASSERT_TRUE(context.run());
    EXPECT_EQ(y.read<float>(256), std::vector<float>(256, 256.0f));
}

TEST(Engine, RefusesEmptyAndForeignBytes) {
    Logger logger;
    const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
    EXPECT_EQ(runtime->deserializeCudaEngine(nullptr, 0), nullptr);
    EXPECT_TRUE(logger.hasError("empty"));
    const std::string foreign(4096, 'f');
    EXPECT_EQ(runtime->deserializeCudaEngine(foreign.data(), foreign.size()), nullptr);
    EXPECT_TRUE(logger.hasError("no plan of the host TensorRT"));
}

TEST(Engine, RefusesEveryTruncation) {
    Logger logger;
    const std::string plan = goodPlan();
    const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
    for (size_t size = 0; size < plan.size(); size += 7) {
        EXPECT_EQ(runtime->deserializeCudaEngine(plan.data(), size), nullptr) << size << " of " << plan.size();
    }
    EXPECT_EQ(runtime->deserializeCudaEngine(plan.data(), plan.size() - 1), nullptr);
}

TEST(Engine, RefusesEveryFlippedBit) {
    Logger logger;
    const std::string plan = buildPlan(logger, largeMatMul());
    const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
    // Every byte of what is read first, and a sample of the weights. The padding before them means nothing.
    pinion_host_tensorrt::Plan parsed =
        pinion_host_tensorrt::readPlan(plan.data(), plan.size(), pinion_host_tensorrt::Log(&logger));
    const size_t weights = plan.size() - parsed.parts.memory->size();
    const size_t text = plan.find_last_not_of('\0', weights - 1) + 1;
    for (size_t at = 0; at < plan.size(); at += at < text ? 3 : 1021) {
        if (at >= text && at < weights) {
            continue;
        }
        std::string damaged = plan;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
        EXPECT_EQ(runtime->deserializeCudaEngine(damaged.data(), damaged.size()), nullptr) << "byte " << at;
    }
}

// Changes fields of the preamble and makes its hash right again: a plan of another kind, not a damaged one.
std::string withPreamble(std::string plan, size_t field, uint64_t value) {
    constexpr size_t kFields = 11;
    std::memcpy(plan.data() + 8 * field, &value, sizeof value);
    const uint64_t hash = pinion_host_tensorrt::hashOf({plan.data(), 8 * (kFields - 1)});
    std::memcpy(plan.data() + 8 * (kFields - 1), &hash, sizeof hash);
    return plan;
}

TEST(Engine, RefusesPlansOfOtherReleases) {
    const std::string plan = goodPlan();
    for (const uint64_t version : {uint64_t{7203}, uint64_t{8001}, uint64_t{101600}}) {
        Logger logger;
        LoadedEngine engine(logger, withPreamble(plan, 2, version));
        EXPECT_EQ(engine.engine, nullptr);
        EXPECT_TRUE(logger.hasError("please rebuild it")) << logger.all();
        EXPECT_TRUE(logger.hasError(std::to_string(NV_TENSORRT_MAJOR) + "." + std::to_string(NV_TENSORRT_MINOR)));
    }
    Logger logger;
    LoadedEngine other(logger, withPreamble(plan, 2, 8001));
    EXPECT_TRUE(logger.hasError(PINION_TRT_RTX ? "0.80.1" : "8.0.1")) << "what built it is named: " << logger.all();
}

TEST(Engine, RefusesImpossibleSizesBeforeBelievingThem) {
    const std::string plan = goodPlan();
    for (const size_t field : {3u, 4u, 5u, 6u}) {
        for (const uint64_t value : {uint64_t{0}, uint64_t{1} << 40, ~uint64_t{0}}) {
            Logger logger;
            LoadedEngine engine(logger, withPreamble(plan, field, value));
            EXPECT_TRUE(engine.engine == nullptr || value == 0) << field << " " << value;
        }
    }
}

std::string rewritten(const std::string& plan, const std::function<void(pinion_host_tensorrt::PlanInfo&)>& change) {
    Logger logger;
    pinion_host_tensorrt::Plan parsed =
        pinion_host_tensorrt::readPlan(plan.data(), plan.size(), pinion_host_tensorrt::Log(&logger));
    change(parsed.info);
    return pinion_host_tensorrt::serializePlan(parsed.info, parsed.parts);
}

TEST(Engine, RefusesPlansOfOtherDevices) {
    Logger logger;
    LoadedEngine engine(logger, rewritten(goodPlan(), [](auto& info) { info.deviceInstructions = "vax"; }));
    EXPECT_EQ(engine.engine, nullptr);
    EXPECT_TRUE(logger.hasError("built for a device with vax")) << logger.all();
}

TEST(Engine, WarnsOfPlansOfLikeDevices) {
    Logger logger;
    LoadedEngine engine(logger, rewritten(goodPlan(), [](auto& info) { info.deviceName = "Another CPU"; }));
    EXPECT_NE(engine.engine, nullptr) << logger.all();
    EXPECT_TRUE(logger.has(nvinfer1::ILogger::Severity::kWARNING, "built on Another CPU"));
}

TEST(Engine, RefusesPlansOfAnotherOnnxRuntime) {
    Logger logger;
    LoadedEngine engine(logger, rewritten(goodPlan(), [](auto& info) { info.onnxRuntime = "1.2.3"; }));
    EXPECT_EQ(engine.engine, nullptr);
    EXPECT_TRUE(logger.hasError("ONNX Runtime 1.2.3")) << logger.all();
}

#if PINION_TRT_SINCE(8, 2)
std::string information(const nvinfer1::ICudaEngine& engine, nvinfer1::LayerInformationFormat format) {
    const std::unique_ptr<nvinfer1::IEngineInspector> inspector(engine.createEngineInspector());
    return inspector->getEngineInformation(format);
}

std::string planWithVerbosity(nvinfer1::ProfilingVerbosity verbosity) {
    Logger logger;
    return buildPlan(logger, matMulModel(), {batchProfile("x", 3)},
                     [&](nvinfer1::INetworkDefinition&, nvinfer1::IBuilderConfig& config) {
                         config.setProfilingVerbosity(verbosity);
                     });
}

TEST(Inspector, TellsLayersAsFarAsTheVerbosityAllows) {
    using nvinfer1::LayerInformationFormat;
    using nvinfer1::ProfilingVerbosity;
    Logger logger;
    LoadedEngine detailed(logger, planWithVerbosity(ProfilingVerbosity::kDETAILED));
    const std::string json = information(*detailed.engine, LayerInformationFormat::kJSON);
    EXPECT_EQ(json.front(), '{');
    EXPECT_NE(json.find("\"LayerType\": "), std::string::npos) << json;
    EXPECT_NE(json.find("\"Bindings\": [\"x\", \"y\"]"), std::string::npos) << json;
    EXPECT_NE(json.find("\"Precision\": \"FP32\""), std::string::npos) << json;
    LoadedEngine names(logger, planWithVerbosity(ProfilingVerbosity::kLAYER_NAMES_ONLY));
    EXPECT_EQ(information(*names.engine, LayerInformationFormat::kJSON).find("LayerType"), std::string::npos);
    LoadedEngine none(logger, planWithVerbosity(ProfilingVerbosity::kNONE));
    EXPECT_EQ(none->getProfilingVerbosity(), ProfilingVerbosity::kNONE);
    EXPECT_EQ(information(*none.engine, LayerInformationFormat::kONELINE).find("multiply"), std::string::npos);
}

TEST(Inspector, KnowsItsLayers) {
    Logger logger;
    LoadedEngine engine(logger, planWithVerbosity(nvinfer1::ProfilingVerbosity::kLAYER_NAMES_ONLY));
    const std::unique_ptr<nvinfer1::IEngineInspector> inspector(engine->createEngineInspector());
    for (int32_t i = 0; i < engine->getNbLayers(); ++i) {
        EXPECT_NE(inspector->getLayerInformation(i, nvinfer1::LayerInformationFormat::kONELINE), nullptr);
    }
    EXPECT_EQ(inspector->getLayerInformation(engine->getNbLayers(), nvinfer1::LayerInformationFormat::kJSON), nullptr);
    EXPECT_TRUE(logger.hasError("there is no layer"));
}
#endif

#if PINION_TRT_SINCE(10, 0)
#if PINION_TRT_SINCE(11, 0)
class Reader final : public nvinfer1::IStreamReaderV2 {
public:
    explicit Reader(std::string content) : content_(std::move(content)) {}
    bool seek(int64_t, nvinfer1::SeekPosition) noexcept override { return false; }
    int64_t read(void* target, int64_t size, cudaStream_t) noexcept override {
#else
class Reader final : public nvinfer1::IStreamReader {
public:
    explicit Reader(std::string content) : content_(std::move(content)) {}
    int64_t read(void* target, int64_t size) override {
#endif
        const auto taken = std::min(static_cast<size_t>(size), content_.size() - at_);
        std::memcpy(target, content_.data() + at_, taken);
        at_ += taken;
        return static_cast<int64_t>(taken);
    }

private:
    std::string content_;
    size_t at_ = 0;
};

TEST(Engine, LoadsFromAStream) {
    Logger logger;
    const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
    const std::string plan = buildPlan(logger, largeMatMul());
    Reader whole(plan);
    const std::unique_ptr<nvinfer1::ICudaEngine> engine(runtime->deserializeCudaEngine(whole));
    EXPECT_NE(engine, nullptr) << logger.all();
    Reader cut(plan.substr(0, plan.size() / 2));
    EXPECT_EQ(runtime->deserializeCudaEngine(cut), nullptr);
    EXPECT_TRUE(logger.hasError("stream ended"));
}
#endif

TEST(Engine, ModelsWithSubgraphsKeepTheirConstants) {
    // Both branches have a constant large enough to be stored apart.
    const auto branch = [](float value) {
        return onnx_writer::Model()
            .name("branch")
            .constant("c", {512}, std::vector<float>(512, value))
            .node("Identity", {"c"}, {"r"})
            .output("r", onnx_writer::kFloat, {512});
    };
    Logger logger;
    const std::string plan = buildPlan(
        logger, onnx_writer::Model()
                    .input("c", onnx_writer::kBool, {1})
                    .node("If", {"c"}, {"y"}, "choose", {{"then_branch", branch(1)}, {"else_branch", branch(2)}})
                    .output("y", onnx_writer::kFloat, {512})
                    .bytes());
    ASSERT_FALSE(plan.empty()) << logger.all();
    LoadedEngine engine(logger, plan);
    ASSERT_NE(engine.engine, nullptr) << logger.all();
    ContextRunner context(*engine.engine);
    DeviceBuffer c(256);
    DeviceBuffer y(2048);
    context.bind("c", c.data());
    context.bind("y", y.data());
    for (const uint8_t choice : {uint8_t{1}, uint8_t{0}}) {
        c.fill<uint8_t>({choice});
        ASSERT_TRUE(context.run()) << logger.all();
        EXPECT_EQ(y.read<float>(512), std::vector<float>(512, choice != 0 ? 1.0f : 2.0f));
    }
}

TEST(Engine, OldModelsThatListConstantsAsInputsWork) {
    Logger logger;
    const std::string plan = buildPlan(logger, onnx_writer::Model(9, 3)
                                                   .input("x", onnx_writer::kFloat, {1, 4})
                                                   .input("w", onnx_writer::kFloat, {4})
                                                   .constant("w", {4}, std::vector<float>{1, 2, 3, 4})
                                                   .node("Mul", {"x", "w"}, {"y"})
                                                   .output("y", onnx_writer::kFloat, {1, 4})
                                                   .bytes());
    LoadedEngine engine(logger, plan);
    ASSERT_NE(engine.engine, nullptr) << logger.all();
    EXPECT_EQ(ioTensors(*engine.engine).size(), 2u) << "a constant is no input";
}

}  // namespace
}  // namespace trt_test
