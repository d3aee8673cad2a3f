// Inputs whose values decide shapes. What builds refuse was asked of TensorRT for RTX 1.6.1.
#include "support.h"

namespace trt_test {
namespace {

using Values = std::vector<int64_t>;
using nvinfer1::OptProfileSelector;

constexpr auto kMin = OptProfileSelector::kMIN;
constexpr auto kOpt = OptProfileSelector::kOPT;
constexpr auto kMax = OptProfileSelector::kMAX;

// y = x in the shape that the input says, over 24 floats.
std::string reshapeModel() {
    return onnx_writer::Model()
        .input("x", onnx_writer::kFloat, {4, 6})
        .input("shape", onnx_writer::kInt64, {2})
        .node("Reshape", {"x", "shape"}, {"y"}, "fold")
        .outputOfUnknownShape("y", onnx_writer::kFloat)
        .bytes();
}

// The same, plus the shape's first value.
std::string countedModel() {
    return onnx_writer::Model()
        .input("x", onnx_writer::kFloat, {4, 6})
        .input("shape", onnx_writer::kInt64, {2})
        .constant("first", {1}, std::vector<int64_t>{0})
        .node("Reshape", {"x", "shape"}, {"folded"}, "fold")
        .node("Cast", {"shape"}, {"floats"}, "cast", {{"to", 1}})
        .node("Gather", {"floats", "first"}, {"rows"}, "gather")
        .node("Add", {"folded", "rows"}, {"y"}, "add")
        .outputOfUnknownShape("y", onnx_writer::kFloat)
        .bytes();
}

// y = x in as many rows as the shape's first value says.
std::string computedModel() {
    return onnx_writer::Model()
        .input("x", onnx_writer::kFloat, {4, 6})
        .input("shape", onnx_writer::kInt64, {2})
        .constant("first", {1}, std::vector<int64_t>{0})
        .constant("rest", {1}, std::vector<int64_t>{-1})
        .node("Gather", {"shape", "first"}, {"rows"}, "gather")
        .node("Concat", {"rows", "rest"}, {"both"}, "join", {{"axis", 0}})
        .node("Reshape", {"x", "both"}, {"y"}, "fold")
        .outputOfUnknownShape("y", onnx_writer::kFloat)
        .bytes();
}

// INT32 before TensorRT 10.
#if PINION_TRT_SINCE(10, 0)
using Element = int64_t;
#else
using Element = int32_t;
#endif

bool setValues(nvinfer1::IOptimizationProfile& profile, OptProfileSelector select, const Values& values,
               const std::string& input = "shape") {
    const auto count = static_cast<int32_t>(values.size());
#if PINION_TRT_SINCE(11, 0)
    return profile.setShapeValuesV2(input.c_str(), select, values.data(), count);
#else
    const std::vector<int32_t> narrow(values.begin(), values.end());
    return profile.setShapeValues(input.c_str(), select, narrow.data(), count);
#endif
}

Values getValues(const nvinfer1::IOptimizationProfile& profile, OptProfileSelector select) {
#if PINION_TRT_SINCE(11, 0)
    const int64_t* const known = profile.getShapeValuesV2("shape", select);
#else
    const int32_t* const known = profile.getShapeValues("shape", select);
#endif
    return known == nullptr ? Values() : Values(known, known + profile.getNbShapeValues("shape"));
}

struct Network {
    explicit Network(const std::string& model = reshapeModel()) : set(logger), ok(set.parse(model)) {
#if PINION_TRT_RTX
        set.config->setFlag(nvinfer1::BuilderFlag::kREQUIRE_USER_ALLOCATION);
#endif
    }
    std::string build(const Values& least, const Values& best, const Values& most) {
        nvinfer1::IOptimizationProfile* const profile = set.builder->createOptimizationProfile();
        EXPECT_TRUE(setValues(*profile, kMin, least));
        EXPECT_TRUE(setValues(*profile, kOpt, best));
        EXPECT_TRUE(setValues(*profile, kMax, most));
        EXPECT_EQ(set.config->addOptimizationProfile(profile), 0);
        return set.build();
    }

    Logger logger;
    BuildSet set;
    bool ok;
};

TEST(ShapeTensor, IsWhatTheNetworkCallsAnInputWhoseValuesDecideShapes) {
    Network only;
    ASSERT_TRUE(only.ok) << only.logger.all();
    EXPECT_FALSE(only.set.network->getInput(0)->isShapeTensor());
    EXPECT_TRUE(only.set.network->getInput(0)->isExecutionTensor());
    EXPECT_TRUE(only.set.network->getInput(1)->isShapeTensor());
    EXPECT_FALSE(only.set.network->getInput(1)->isExecutionTensor()) << "nothing is computed with it";
    Network both(countedModel());
    ASSERT_TRUE(both.ok) << both.logger.all();
    EXPECT_TRUE(both.set.network->getInput(1)->isShapeTensor());
    EXPECT_TRUE(both.set.network->getInput(1)->isExecutionTensor());
}

TEST(ShapeTensor, BuildsWantValuesInEveryProfile) {
    Network none;
    EXPECT_TRUE(none.set.build().empty());
    EXPECT_TRUE(none.logger.hasError("the shape tensor input 'shape', and no optimization profile"))
        << none.logger.all();
    Network empty;
    ASSERT_EQ(empty.set.config->addOptimizationProfile(empty.set.builder->createOptimizationProfile()), 0);
    EXPECT_TRUE(empty.set.build().empty());
    EXPECT_TRUE(empty.logger.hasError("profile 0 has no values for the shape tensor input 'shape'"))
        << empty.logger.all();
    Network shapes;
    ASSERT_EQ(shapes.set.addProfile({{"shape", {Extents{2}, Extents{2}, Extents{2}}}}), 0);
    EXPECT_TRUE(shapes.set.build().empty()) << "its shape is not what is asked for";
    Network many;
    EXPECT_TRUE(many.build({1, 1, 1}, {4, 6, 1}, {24, 24, 1}).empty());
    EXPECT_TRUE(many.logger.hasError("has 3 values for the shape tensor input 'shape', which has 2"))
        << many.logger.all();
    Network misfit;
    EXPECT_TRUE(misfit.build({1, 1}, {4, 5}, {24, 24}).empty()) << "20 elements cannot be 24";
}

TEST(ShapeTensor, MinimaAndMaximaNeedNotGoTogether) {
    Network network;
    EXPECT_FALSE(network.build({1, 1}, {4, 6}, {24, 24}).empty()) << network.logger.all();
    EXPECT_TRUE(network.logger.has(nvinfer1::ILogger::Severity::kWARNING, "max values of a profile do not go together"))
        << network.logger.all();
}

TEST(ShapeTensor, ProfilesCheckValuesAmongEachOther) {
    Network network;
    nvinfer1::IOptimizationProfile& profile = *network.set.builder->createOptimizationProfile();
    EXPECT_EQ(profile.getNbShapeValues("shape"), -1);
    EXPECT_EQ(getValues(profile, kMin), Values());
    EXPECT_TRUE(setValues(profile, kMin, {2, 2}));
    EXPECT_EQ(profile.getNbShapeValues("shape"), 2);
    EXPECT_FALSE(setValues(profile, kOpt, {4, 1})) << "below the minimum";
    EXPECT_FALSE(setValues(profile, kOpt, {4, 6, 1})) << "another number of values";
    EXPECT_FALSE(profile.isValid());
    EXPECT_TRUE(setValues(profile, kOpt, {4, 6}));
    EXPECT_FALSE(profile.isValid()) << "no maximum";
    EXPECT_EQ(network.set.config->addOptimizationProfile(&profile), -1);
    EXPECT_TRUE(setValues(profile, kMax, {12, 12}));
    EXPECT_TRUE(profile.isValid());
    EXPECT_EQ(getValues(profile, kOpt), (Values{4, 6}));
    // Nobody looks at values of other inputs.
    EXPECT_TRUE(setValues(profile, kMin, {1}, "x"));
    EXPECT_TRUE(setValues(profile, kOpt, {1}, "x"));
    EXPECT_TRUE(setValues(profile, kMax, {1}, "x"));
    ASSERT_EQ(network.set.config->addOptimizationProfile(&profile), 0);
    EXPECT_FALSE(network.set.build().empty()) << network.logger.all();
    EXPECT_TRUE(network.logger.has(nvinfer1::ILogger::Severity::kWARNING, "'x': values were set"));
}

// An engine of a network with a shape tensor, and a context of it.
struct Shaped {
    explicit Shaped(const std::string& model = reshapeModel())
        : network(model), engine(network.logger, network.build({1, 1}, {4, 6}, {12, 24})), context(*engine.engine) {
        x.fill<float>(std::vector<float>(24, 1.0f));
    }

    // The whole inference. Other shape tensors are read where TensorRT's functions read them.
    bool run(std::vector<Element> shape) {
#if PINION_TRT_SINCE(8, 5)
        context.bind("x", x.data());
        context.bind("y", y.data());
        EXPECT_TRUE(context->setTensorAddress("shape", shape.data()));
        return context.run();
#else
        void* bindings[] = {x.data(), nullptr, y.data()};
        return context->setInputShapeBinding(1, shape.data()) && context->executeV2(bindings);
#endif
    }

    Network network;
    LoadedEngine engine;
    ContextRunner context;
    DeviceBuffer x{256};
    DeviceBuffer y{256};
};

TEST(ShapeTensor, EnginesTellThatItIsOneOnTheHostWithARangeOfValues) {
    Shaped shaped;
    ASSERT_NE(shaped.engine.engine, nullptr) << shaped.network.logger.all();
#if PINION_TRT_SINCE(8, 5)
    EXPECT_FALSE(shaped.engine->isShapeInferenceIO("x"));
    EXPECT_TRUE(shaped.engine->isShapeInferenceIO("shape"));
    EXPECT_EQ(shaped.engine->getTensorLocation("x"), nvinfer1::TensorLocation::kDEVICE);
    EXPECT_EQ(shaped.engine->getTensorLocation("shape"), nvinfer1::TensorLocation::kHOST);
#endif
#if !PINION_TRT_SINCE(10, 0)
    EXPECT_FALSE(shaped.engine->isShapeBinding(0));
    EXPECT_TRUE(shaped.engine->isShapeBinding(1));
    EXPECT_FALSE(shaped.engine->isExecutionBinding(1));
    EXPECT_TRUE(shaped.engine->isExecutionBinding(0));
    EXPECT_EQ(shaped.engine->getLocation(1), nvinfer1::TensorLocation::kHOST);
    const auto* const most = shaped.engine->getProfileShapeValues(0, 1, kMax);
    EXPECT_EQ(shaped.engine->getProfileShapeValues(0, 0, kMax), nullptr);
#elif !PINION_TRT_SINCE(11, 0)
    const auto* const most = shaped.engine->getProfileTensorValues("shape", 0, kMax);
    EXPECT_EQ(shaped.engine->getProfileTensorValues("x", 0, kMax), nullptr);
#else
    const auto* const most = shaped.engine->getProfileTensorValuesV2("shape", 0, kMax);
    EXPECT_EQ(shaped.engine->getProfileTensorValuesV2("x", 0, kMax), nullptr);
#endif
    ASSERT_NE(most, nullptr);
    EXPECT_EQ(Values(most, most + 2), (Values{12, 24}));
    EXPECT_EQ(shaped.context.shape("y"), (Extents{-1, -1}));
}

TEST(ShapeTensor, ValuesDecideTheOutputsShape) {
    Shaped shaped(countedModel());
    ASSERT_NE(shaped.engine.engine, nullptr) << shaped.network.logger.all();
#if PINION_TRT_SINCE(8, 5)
    for (const Element rows : {4, 12, 2, 4}) {
        ASSERT_TRUE(shaped.run({rows, 24 / rows})) << shaped.network.logger.all();
        EXPECT_EQ(shaped.y.read<float>(24), std::vector<float>(24, 1.0f + static_cast<float>(rows)));
    }
    std::vector<Element> shape = {3, 8};
    ASSERT_TRUE(shaped.context->setTensorAddress("shape", shape.data()));
    EXPECT_EQ(shaped.context.shape("y"), (Extents{3, 8}));
    shape = {8, 3};
    EXPECT_EQ(shaped.context.shape("y"), (Extents{8, 3}));
#else
    EXPECT_FALSE(shaped.context->allInputShapesSpecified());
    const std::vector<Element> shape = {3, 8};
    ASSERT_TRUE(shaped.context->setInputShapeBinding(1, shape.data()));
    EXPECT_TRUE(shaped.context->allInputShapesSpecified());
    EXPECT_EQ(shaped.context.shape("y"), (Extents{3, 8}));
    std::vector<Element> told(2);
    EXPECT_TRUE(shaped.context->getShapeBinding(1, told.data()));
    EXPECT_EQ(told, shape);
    void* bindings[] = {shaped.x.data(), nullptr, shaped.y.data()};
    EXPECT_FALSE(shaped.context->executeV2(bindings)) << "the network computes with it too";
    const DeviceBuffer onDevice(256);
    bindings[1] = onDevice.data();
    ASSERT_TRUE(shaped.context->executeV2(bindings)) << shaped.network.logger.all();
    EXPECT_EQ(shaped.y.read<float>(24), std::vector<float>(24, 4.0f));
#endif
}

TEST(ShapeTensor, MayBeComputedWithBeforeItIsAShape) {
    Shaped shaped(computedModel());
    ASSERT_TRUE(shaped.network.ok) << shaped.network.logger.all();
    EXPECT_TRUE(shaped.network.set.network->getInput(1)->isShapeTensor());
    EXPECT_FALSE(shaped.network.set.network->getInput(1)->isExecutionTensor());
    ASSERT_NE(shaped.engine.engine, nullptr) << shaped.network.logger.all();
#if PINION_TRT_SINCE(8, 5)
    std::vector<Element> shape = {3, 6};
    ASSERT_TRUE(shaped.context->setTensorAddress("shape", shape.data()));
    EXPECT_EQ(shaped.context.shape("y"), (Extents{3, 8}));
    shape = {8, 6};
    EXPECT_EQ(shaped.context.shape("y"), (Extents{8, 3}));
    EXPECT_TRUE(shaped.run({8, 6})) << shaped.network.logger.all();
#else
    const std::vector<Element> shape = {3, 6};
    ASSERT_TRUE(shaped.context->setInputShapeBinding(1, shape.data()));
    EXPECT_EQ(shaped.context.shape("y"), (Extents{3, 8}));
#endif
}

TEST(ShapeTensor, ValuesMustBeSetAndInsideOfTheProfile) {
    Shaped shaped;
    ASSERT_NE(shaped.engine.engine, nullptr) << shaped.network.logger.all();
#if PINION_TRT_SINCE(8, 5)
    shaped.context.bind("x", shaped.x.data());
    shaped.context.bind("y", shaped.y.data());
    const char* missing = nullptr;
    EXPECT_EQ(shaped.context->inferShapes(1, &missing), 1);
    EXPECT_STREQ(missing, "shape");
    EXPECT_FALSE(shaped.context.run());
#else
    void* bindings[] = {shaped.x.data(), nullptr, shaped.y.data()};
    EXPECT_FALSE(shaped.context->executeV2(bindings));
#endif
    EXPECT_TRUE(shaped.network.logger.hasError("the values of the shape tensor 'shape' were not set"))
        << shaped.network.logger.all();
    EXPECT_FALSE(shaped.run({24, 1}));
    EXPECT_TRUE(shaped.network.logger.hasError("outside of profile 0")) << shaped.network.logger.all();
    EXPECT_FALSE(shaped.run({5, 5})) << "inside of it, and nothing that 24 elements can be";
    EXPECT_TRUE(shaped.run({3, 8})) << shaped.network.logger.all();
    EXPECT_EQ(shaped.y.read<float>(24), std::vector<float>(24, 1.0f));
}

#if PINION_TRT_SINCE(8, 5)
TEST(ShapeTensor, AnAddressOnTheDeviceIsReported) {
    Shaped shaped;
    ASSERT_NE(shaped.engine.engine, nullptr) << shaped.network.logger.all();
    shaped.context.bind("x", shaped.x.data());
    shaped.context.bind("y", shaped.y.data());
    const DeviceBuffer onDevice(256);
    ASSERT_TRUE(shaped.context->setTensorAddress("shape", onDevice.data()));
    const Reports reports;
    EXPECT_FALSE(shaped.context.run());
    EXPECT_TRUE(reports.has("'shape' is read on the host"));
}
#endif

}  // namespace
}  // namespace trt_test
