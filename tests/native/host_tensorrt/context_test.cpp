// Execution contexts: shapes, profiles, streams, events, graphs and profilers.
#include <atomic>
#include <chrono>
#include <cmath>
#include <deque>
#include <thread>

#include "support.h"

namespace trt_test {
namespace {

std::string doublingPlan(const std::vector<Profile>& profiles = {batchProfile("x", 4)},
                         const Configure& configure = {}) {
    Logger logger;
    return buildPlan(logger, doublingModel(), profiles, configure);
}

// An engine with one context that doubles batches of four floats.
struct Doubling {
    explicit Doubling(const std::string& plan = doublingPlan()) : engine(logger, plan), context(*engine.engine) {
        context.bind("x", x.data());
        context.bind("y", y.data());
    }
    Logger logger;
    LoadedEngine engine;
    ContextRunner context;
    DeviceBuffer x{256};
    DeviceBuffer y{256};
};

TEST(Context, KnowsOutputShapesBeforeItRuns) {
    Doubling doubling;
    EXPECT_FALSE(doubling.context->allInputDimensionsSpecified());
    EXPECT_EQ(doubling.context.shape("x"), (Extents{-1, 4}));
    EXPECT_EQ(doubling.context.shape("y"), (Extents{-1, 4}));
    for (const int64_t batch : {1, 3, 4, 2}) {
        ASSERT_TRUE(doubling.context.setShape("x", {batch, 4}));
        EXPECT_TRUE(doubling.context->allInputDimensionsSpecified());
        EXPECT_EQ(doubling.context.shape("y"), (Extents{batch, 4}));
    }
}

TEST(Context, MeasuresShapesThatNoSymbolTells) {
    // The output's width is a function of the input's that only running the model tells.
    Logger logger;
    const std::string plan =
        buildPlan(logger,
                  onnx_writer::Model()
                      .input("x", onnx_writer::kFloat, {1, 1, 8, "W"})
                      .node("MaxPool", {"x"}, {"y"}, "pool", {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}})
                      .output("y", onnx_writer::kFloat, {1, 1, 4, "half"})
                      .bytes(),
                  {{{"x", {Extents{1, 1, 8, 4}, Extents{1, 1, 8, 9}, Extents{1, 1, 8, 64}}}}});
    LoadedEngine engine(logger, plan);
    ASSERT_NE(engine.engine, nullptr) << logger.all();
    EXPECT_EQ(ioTensors(*engine.engine)[1].shape, (Extents{1, 1, 4, -1}));
    ContextRunner context(*engine.engine);
    for (const int64_t width : {9, 64, 31, 10, 31}) {
        ASSERT_TRUE(context.setShape("x", {1, 1, 8, width}));
        EXPECT_EQ(context.shape("y"), (Extents{1, 1, 4, width / 2}));
    }
}

TEST(Context, RunsManyShapesInTurn) {
    Doubling doubling(doublingPlan({batchProfile("x", 4, 1, 2, 16)}));
    for (int round = 0; round < 3; ++round) {
        for (int64_t batch = 1; batch <= 16; ++batch) {
            std::vector<float> values(static_cast<size_t>(batch) * 4);
            for (size_t i = 0; i < values.size(); ++i) {
                values[i] = static_cast<float>(i) + 0.25f * static_cast<float>(batch + round);
            }
            doubling.x.fill(values);
            ASSERT_TRUE(doubling.context.setShape("x", {batch, 4}));
            ASSERT_TRUE(doubling.context.run()) << doubling.logger.all();
            const std::vector<float> got = doubling.y.read<float>(values.size());
            for (size_t i = 0; i < values.size(); ++i) {
                ASSERT_EQ(got[i], 2 * values[i]);
            }
        }
    }
}

TEST(Context, StaticEnginesNeedNoShapes) {
    Logger logger;
    const std::string plan = buildPlan(logger, onnx_writer::Model()
                                                   .input("x", onnx_writer::kFloat, {2, 4})
                                                   .node("Neg", {"x"}, {"y"})
                                                   .output("y", onnx_writer::kFloat, {2, 4})
                                                   .bytes());
    LoadedEngine engine(logger, plan);
    ContextRunner one(*engine.engine);
    ContextRunner two(*engine.engine);
    EXPECT_TRUE(one->allInputDimensionsSpecified());
    EXPECT_EQ(one->getOptimizationProfile(), 0);
    EXPECT_EQ(two->getOptimizationProfile(), 0) << "static engines share their profile";
    EXPECT_EQ(one.shape("y"), (Extents{2, 4}));
    EXPECT_TRUE(one.setShape("x", {2, 4})) << "to set the only shape is no error";
    DeviceBuffer x(256);
    DeviceBuffer y(256);
    x.fill<float>({1, 2, 3, 4, 5, 6, 7, 8});
    one.bind("x", x.data());
    one.bind("y", y.data());
    ASSERT_TRUE(one.run());
    EXPECT_EQ(y.read<float>(2), (std::vector<float>{-1, -2}));
}

TEST(Context, ExecutesSynchronously) {
    Doubling doubling;
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    doubling.x.fill<float>({1, 2, 3, 4});
    void* const bindings[] = {doubling.x.data(), doubling.y.data()};
    ASSERT_TRUE(doubling.context->executeV2(bindings)) << doubling.logger.all();
    EXPECT_EQ(doubling.y.read<float>(4), (std::vector<float>{2, 4, 6, 8}));
    EXPECT_FALSE(doubling.context->executeV2(nullptr));
}

TEST(Context, EmptyBatchesOfOtherInputsAreTold) {
    // Extents of one name with two values: only the model can tell, and it refuses.
    Logger logger;
    const std::string plan = buildPlan(
        logger,
        onnx_writer::Model()
            .input("a", onnx_writer::kFloat, {"N", 4})
            .input("b", onnx_writer::kFloat, {"N", 4})
            .node("Add", {"a", "b"}, {"y"})
            .output("y", onnx_writer::kFloat, {"N", 4})
            .bytes(),
        {{{"a", {Extents{1, 4}, Extents{2, 4}, Extents{4, 4}}}, {"b", {Extents{1, 4}, Extents{2, 4}, Extents{4, 4}}}}});
    LoadedEngine engine(logger, plan);
    ContextRunner context(*engine.engine);
    ASSERT_TRUE(context.setShape("a", {2, 4}));
    ASSERT_TRUE(context.setShape("b", {3, 4}));
    EXPECT_EQ(context.shape("y"), (Extents{-99}));
    EXPECT_TRUE(logger.hasError("does not run with inputs of 2x4, 3x4")) << logger.all();
    Stream stream;
    EXPECT_FALSE(context.enqueue(stream));
    ASSERT_TRUE(context.setShape("b", {2, 4})) << "the context is not lost";
    EXPECT_EQ(context.shape("y"), (Extents{2, 4}));
}

TEST(Context, SwitchesProfiles) {
    Doubling doubling(doublingPlan({batchProfile("x", 4), batchProfile("x", 4, 5, 6, 8)}));
    ASSERT_TRUE(doubling.context.setShape("x", {4, 4}));
    EXPECT_FALSE(doubling.context.setShape("x", {5, 4})) << "outside of profile 0";
    Stream stream;
    ASSERT_TRUE(doubling.context->setOptimizationProfileAsync(1, stream));
    EXPECT_EQ(doubling.context->getOptimizationProfile(), 1);
    EXPECT_FALSE(doubling.context->allInputDimensionsSpecified()) << "a new profile asks for new shapes";
    EXPECT_FALSE(doubling.context->setOptimizationProfileAsync(2, stream));
    EXPECT_TRUE(doubling.logger.hasError("profile 2 is not between 0 and 1"));
}

TEST(Context, TwoContextsRunSideBySideOnTwoProfiles) {
    Logger logger;
    LoadedEngine engine(logger, doublingPlan({batchProfile("x", 4), batchProfile("x", 4, 2, 2, 3)}));
    ContextRunner one(*engine.engine, 0);
    ContextRunner two(*engine.engine, 1);
    DeviceBuffer x1(256);
    DeviceBuffer x2(256);
    DeviceBuffer y1(256);
    DeviceBuffer y2(256);
    x1.fill<float>({1, 2, 3, 4});
    x2.fill<float>({10, 20, 30, 40, 50, 60, 70, 80});
    one.bind("x", x1.data());
    one.bind("y", y1.data());
    two.bind("x", x2.data());
    two.bind("y", y2.data());
    ASSERT_TRUE(one.setShape("x", {1, 4}));
    ASSERT_TRUE(two.setShape("x", {2, 4})) << logger.all();
    Stream a;
    Stream b;
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(one.enqueue(a)) << logger.all();
        ASSERT_TRUE(two.enqueue(b)) << logger.all();
    }
    ASSERT_EQ(a.wait(), cudaSuccess);
    ASSERT_EQ(b.wait(), cudaSuccess);
    EXPECT_EQ(y1.read<float>(4), (std::vector<float>{2, 4, 6, 8}));
    EXPECT_EQ(y2.read<float>(8), (std::vector<float>{20, 40, 60, 80, 100, 120, 140, 160}));
}

TEST(Context, KeepsTheOrderOfItsStream) {
    Doubling doubling;
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    Stream stream;
    // Doubles in place again and again: any reordering would show.
    doubling.x.fill<float>({1, 1, 1, 1});
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(doubling.context.enqueue(stream)) << doubling.logger.all();
        ASSERT_EQ(cudaMemcpyAsync(doubling.x.data(), doubling.y.data(), 16, cudaMemcpyDefault, stream), cudaSuccess);
    }
    ASSERT_EQ(stream.wait(), cudaSuccess);
    EXPECT_EQ(doubling.x.read<float>(1), (std::vector<float>{1024}));
}

TEST(Context, EnqueueReturnsBeforeTheWorkIsDone) {
    Doubling doubling;
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    ASSERT_TRUE(doubling.context.run());
    HeldStream stream;
    ASSERT_TRUE(doubling.context.enqueue(stream));
    EXPECT_EQ(cudaStreamQuery(stream), cudaErrorNotReady);
    stream.open();
    EXPECT_EQ(stream.wait(), cudaSuccess);
}

TEST(Context, SignalsConsumedInputs) {
    Doubling doubling;
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    doubling.x.fill<float>({1, 2, 3, 4});
    ASSERT_TRUE(doubling.context.run());
    const Faults delay("enqueue_delay=100000");
    cudaEvent_t consumed = nullptr;
    ASSERT_EQ(cudaEventCreate(&consumed), cudaSuccess);
    Stream stream;
#if PINION_TRT_SINCE(8, 5)
    ASSERT_TRUE(doubling.context->setInputConsumedEvent(consumed));
    EXPECT_EQ(doubling.context->getInputConsumedEvent(), consumed);
    ASSERT_TRUE(doubling.context.enqueue(stream));
#else
    void* const bindings[] = {doubling.x.data(), doubling.y.data()};
    ASSERT_TRUE(doubling.context->enqueueV2(bindings, stream, &consumed));
#endif
    // Once the inputs are consumed they may be overwritten while the inference is still under way.
    ASSERT_EQ(cudaEventSynchronize(consumed), cudaSuccess);
    EXPECT_EQ(cudaStreamQuery(stream), cudaErrorNotReady);
    const float other[] = {9, 9, 9, 9};
    Stream copies;
    ASSERT_EQ(cudaMemcpyAsync(doubling.x.data(), other, sizeof other, cudaMemcpyDefault, copies), cudaSuccess);
    ASSERT_EQ(copies.wait(), cudaSuccess);
    ASSERT_EQ(stream.wait(), cudaSuccess);
    EXPECT_EQ(doubling.y.read<float>(4), (std::vector<float>{2, 4, 6, 8}));
    cudaEventDestroy(consumed);
}

// A graph of one inference, from capture to instance.
struct Captured {
    Captured(ContextRunner& context, cudaStream_t stream) {
        EXPECT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
        enqueued = context.enqueue(stream);
        ended = cudaStreamEndCapture(stream, &graph);
        if (ended == cudaSuccess && graph != nullptr) {
            EXPECT_EQ(cudaGraphInstantiate(&instance, graph, nullptr, nullptr, 0), cudaSuccess);
        }
    }
    ~Captured() {
        if (instance != nullptr) {
            cudaGraphExecDestroy(instance);
        }
        if (graph != nullptr) {
            cudaGraphDestroy(graph);
        }
    }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;

    bool enqueued = false;
    cudaError_t ended = cudaSuccess;
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t instance = nullptr;
};

TEST(Context, ReplaysACapturedInference) {
    Doubling doubling;
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    ASSERT_TRUE(doubling.context.run());
    Stream stream;
    Captured captured(doubling.context, stream);
    ASSERT_TRUE(captured.enqueued) << doubling.logger.all();
    ASSERT_EQ(captured.ended, cudaSuccess);
    for (const float value : {1.0f, 5.0f, -3.0f}) {
        doubling.x.fill<float>({value, value, value, value});
        ASSERT_EQ(cudaGraphLaunch(captured.instance, stream), cudaSuccess);
        ASSERT_EQ(stream.wait(), cudaSuccess);
        EXPECT_EQ(doubling.y.read<float>(4), std::vector<float>(4, 2 * value)) << "new inputs, new results";
    }
}

TEST(Context, ReplaysCapturedAddresses) {
    Doubling doubling;
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    ASSERT_TRUE(doubling.context.run());
    Stream stream;
    Captured captured(doubling.context, stream);
    ASSERT_NE(captured.instance, nullptr) << doubling.logger.all();
    // Other addresses afterwards change nothing for the graph.
    DeviceBuffer otherX(256);
    DeviceBuffer otherY(256);
    doubling.context.bind("x", otherX.data());
    doubling.context.bind("y", otherY.data());
    ASSERT_TRUE(doubling.context.run()) << doubling.logger.all();
    otherY.fill<float>({7, 7, 7, 7});
    doubling.x.fill<float>({4, 4, 4, 4});
    ASSERT_EQ(cudaGraphLaunch(captured.instance, stream), cudaSuccess);
    ASSERT_EQ(stream.wait(), cudaSuccess);
    EXPECT_EQ(doubling.y.read<float>(4), std::vector<float>(4, 8.0f));
    EXPECT_EQ(otherY.read<float>(4), std::vector<float>(4, 7.0f));
}

TEST(Context, AGraphWhoseContextWasModifiedSinceIsReported) {
    Doubling doubling;
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    ASSERT_TRUE(doubling.context.run());
    Stream stream;
    Captured captured(doubling.context, stream);
    ASSERT_NE(captured.instance, nullptr) << doubling.logger.all();
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4})) << "the same shape is no change";
    doubling.x.fill<float>({1, 2, 3, 4});
    {
        const Reports reports;
        ASSERT_EQ(cudaGraphLaunch(captured.instance, stream), cudaSuccess);
        ASSERT_EQ(stream.wait(), cudaSuccess);
        EXPECT_EQ(reports.count(), 0U);
        EXPECT_EQ(doubling.y.read<float>(4), (std::vector<float>{2, 4, 6, 8}));
    }
    ASSERT_TRUE(doubling.context.setShape("x", {3, 4}));
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    const Reports reports;
    ASSERT_EQ(cudaGraphLaunch(captured.instance, stream), cudaSuccess);
    ASSERT_EQ(stream.wait(), cudaSuccess);
    EXPECT_TRUE(reports.has("modified after the capture"));
    EXPECT_TRUE(std::isnan(doubling.y.read<float>(1)[0]));
    EXPECT_TRUE(doubling.context.run()) << "the context itself is not spoilt";
    EXPECT_EQ(doubling.y.read<float>(4), (std::vector<float>{2, 4, 6, 8}));
    // A later capture does not mend the former one.
    const Captured again(doubling.context, stream);
    const size_t before = reports.count();
    ASSERT_EQ(cudaGraphLaunch(again.instance, stream), cudaSuccess);
    ASSERT_EQ(stream.wait(), cudaSuccess);
    EXPECT_EQ(reports.count(), before);
    ASSERT_EQ(cudaGraphLaunch(captured.instance, stream), cudaSuccess);
    ASSERT_EQ(stream.wait(), cudaSuccess);
    EXPECT_EQ(reports.count(), before + 1);
}

TEST(Context, AnAuxiliaryStreamForksInsideACaptureAndJoins) {
    const Faults script("auxiliary_stream=1");
    Doubling doubling;
#if PINION_TRT_SINCE(8, 6)
    EXPECT_EQ(doubling.engine->getNbAuxStreams(), 1);
#endif
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    doubling.x.fill<float>({1, 2, 3, 4});
    ASSERT_TRUE(doubling.context.run());
    EXPECT_EQ(doubling.y.read<float>(4), (std::vector<float>{2, 4, 6, 8}));
    Stream stream;
    Captured captured(doubling.context, stream);
    ASSERT_TRUE(captured.enqueued) << doubling.logger.all();
    ASSERT_EQ(captured.ended, cudaSuccess);
    doubling.x.fill<float>({5, 6, 7, 8});
    ASSERT_EQ(cudaGraphLaunch(captured.instance, stream), cudaSuccess);
    ASSERT_EQ(stream.wait(), cudaSuccess);
    EXPECT_EQ(doubling.y.read<float>(4), (std::vector<float>{10, 12, 14, 16}));
}

TEST(Context, MakingOneTakesTheTimeThatIsScripted) {
    Logger logger;
    LoadedEngine engine(logger, doublingPlan());
    const Faults script("context_delay=30");
    const auto before = std::chrono::steady_clock::now();
    const ContextRunner context(*engine.engine);
    EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(30));
}

class Times final : public nvinfer1::IProfiler {
public:
    void reportLayerTime(const char* layerName, float ms) noexcept override { layers.emplace_back(layerName, ms); }
    std::vector<std::pair<std::string, float>> layers;
};

TEST(Context, ReportsTimesOfLayers) {
    Logger logger;
    const std::string plan = buildPlan(logger, matMulModel(), {batchProfile("x", 3)});
    LoadedEngine engine(logger, plan);
    ContextRunner context(*engine.engine);
    ASSERT_TRUE(context.setShape("x", {1, 3}));
    DeviceBuffer x(256);
    DeviceBuffer y(256);
    x.fill<float>({1, 1, 1});
    context.bind("x", x.data());
    context.bind("y", y.data());
    const auto run = [&context] {
#if PINION_TRT_SINCE(8, 4)
        return context.run();
#else
        return context.execute();
#endif
    };
    Times times;
    context->setProfiler(&times);
    EXPECT_EQ(context->getProfiler(), &times);
    ASSERT_TRUE(run()) << logger.all();
    EXPECT_EQ(y.read<float>(2), (std::vector<float>{6, 0}));
    ASSERT_FALSE(times.layers.empty());
    for (const auto& [name, milliseconds] : times.layers) {
        EXPECT_FALSE(name.empty());
        EXPECT_GE(milliseconds, 0.0f);
    }
    const size_t once = times.layers.size();
    ASSERT_TRUE(run());
    EXPECT_EQ(times.layers.size(), 2 * once) << "every run is reported";
    context->setProfiler(nullptr);
    ASSERT_TRUE(run());
    EXPECT_EQ(times.layers.size(), 2 * once);
}

#if PINION_TRT_SINCE(8, 4)
TEST(Context, ReportsTimesWhenAskedTo) {
    Doubling doubling;
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    Times times;
    doubling.context->setProfiler(&times);
    doubling.context->setEnqueueEmitsProfile(false);
    EXPECT_FALSE(doubling.context->getEnqueueEmitsProfile());
    Stream stream;
    ASSERT_TRUE(doubling.context.enqueue(stream));
    EXPECT_TRUE(times.layers.empty());
    ASSERT_TRUE(doubling.context->reportToProfiler()) << doubling.logger.all();
    EXPECT_FALSE(times.layers.empty());
    stream.wait();
}
#endif

#if PINION_TRT_SINCE(8, 4)
TEST(Context, AProfilerMayBeCapturedUnlessTheEnqueueIsToReport) {
    Doubling doubling;
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    ASSERT_TRUE(doubling.context.run());
    Times times;
    doubling.context->setProfiler(&times);
    Stream stream;
    {
        Captured captured(doubling.context, stream);
        EXPECT_FALSE(captured.enqueued) << "it would wait for the stream";
        EXPECT_TRUE(doubling.logger.hasError("which is captured"));
    }
    doubling.context->setEnqueueEmitsProfile(false);
    Captured captured(doubling.context, stream);
    ASSERT_TRUE(captured.enqueued) << doubling.logger.all();
    ASSERT_EQ(cudaGraphLaunch(captured.instance, stream), cudaSuccess);
    stream.wait();
    EXPECT_TRUE(times.layers.empty());
    EXPECT_TRUE(doubling.context->reportToProfiler()) << doubling.logger.all();
    EXPECT_FALSE(times.layers.empty());
}
#else
TEST(Context, OnlyExecuteCallsAProfiler) {
    Doubling doubling;
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    Times times;
    doubling.context->setProfiler(&times);
    Stream stream;
    ASSERT_TRUE(doubling.context.enqueue(stream)) << doubling.logger.all();
    stream.wait();
    EXPECT_TRUE(times.layers.empty());
    ASSERT_TRUE(doubling.context.execute()) << doubling.logger.all();
    EXPECT_FALSE(times.layers.empty());
}
#endif

#if PINION_TRT_SINCE(8, 5)

TEST(Context, TellsWhichInputsMissTheirShape) {
    Doubling doubling;
    const char* names[2] = {};
    EXPECT_EQ(doubling.context->inferShapes(2, names), 1);
    EXPECT_STREQ(names[0], "x");
    EXPECT_EQ(doubling.context->getMaxOutputSize("y"), -1);
    ASSERT_TRUE(doubling.context.setShape("x", {3, 4}));
    EXPECT_EQ(doubling.context->inferShapes(2, names), 0);
    EXPECT_EQ(doubling.context->getMaxOutputSize("y"), 48);
    EXPECT_EQ(extents(doubling.context->getTensorStrides("y")), (Extents{4, 1}));
}

TEST(Context, ExtentsWithoutAChoiceNeedNoSetting) {
    Doubling doubling(doublingPlan({batchProfile("x", 4, 2, 2, 2)}));
    EXPECT_TRUE(doubling.context->allInputDimensionsSpecified());
    EXPECT_EQ(doubling.context.shape("y"), (Extents{2, 4}));
    EXPECT_TRUE(doubling.context.run()) << doubling.logger.all();
}

TEST(Context, KeepsAddressesByName) {
    Doubling doubling;
    EXPECT_EQ(doubling.context->getTensorAddress("x"), doubling.x.data());
    EXPECT_EQ(doubling.context->getOutputTensorAddress("y"), doubling.y.data());
    EXPECT_EQ(doubling.context->getOutputTensorAddress("x"), nullptr);
    EXPECT_FALSE(doubling.context->setTensorAddress("ghost", doubling.x.data()));
    EXPECT_TRUE(doubling.context->setInputTensorAddress("x", doubling.x.data()));
    EXPECT_FALSE(doubling.context->setInputTensorAddress("y", doubling.y.data()));
}

class Allocator final : public nvinfer1::IOutputAllocator {
public:
    explicit Allocator(void* memory) : memory_(memory) {}
#if PINION_TRT_SINCE(10, 0)
    void* reallocateOutputAsync(const char*, void*, uint64_t size, uint64_t, cudaStream_t) override {
        asked = size;
        return memory_;
    }
#else
    void* reallocateOutput(const char*, void*, uint64_t size, uint64_t) noexcept override {
        asked = size;
        return memory_;
    }
#endif
    void notifyShape(const char* name, const nvinfer1::Dims& dims) noexcept override {
        tensor = name;
        shape = extents(dims);
    }
    uint64_t asked = 0;
    std::string tensor;
    Extents shape;

private:
    void* memory_;
};

TEST(Context, AsksOutputAllocatorsForMemory) {
    Doubling doubling;
    ASSERT_TRUE(doubling.context.setShape("x", {2, 4}));
    ASSERT_TRUE(doubling.context->setTensorAddress("y", nullptr));
    doubling.x.fill<float>({1, 2, 3, 4, 5, 6, 7, 8});
    Allocator allocator(doubling.y.data());
    ASSERT_TRUE(doubling.context->setOutputAllocator("y", &allocator));
    EXPECT_FALSE(doubling.context->setOutputAllocator("x", &allocator)) << "inputs have none";
    ASSERT_TRUE(doubling.context.run()) << doubling.logger.all();
    EXPECT_EQ(allocator.asked, 32u);
    EXPECT_EQ(allocator.tensor, "y");
    EXPECT_EQ(allocator.shape, (Extents{2, 4}));
    EXPECT_EQ(doubling.y.read<float>(2), (std::vector<float>{2, 4}));
}

#endif

TEST(Context, RunsInManyThreadsOnOneEngine) {
    Logger logger;
    LoadedEngine engine(logger, doublingPlan({batchProfile("x", 4), batchProfile("x", 4), batchProfile("x", 4)}));
    std::atomic<int> wrong{0};
    // Created in order: an engine's first context holds profile 0 until it is switched to another.
    std::deque<ContextRunner> contexts;
    for (int32_t worker = 0; worker < 3; ++worker) {
        contexts.emplace_back(*engine.engine, worker);
    }
    std::vector<std::thread> threads;
    for (int32_t worker = 0; worker < 3; ++worker) {
        threads.emplace_back([&, worker] {
            ContextRunner& context = contexts[static_cast<size_t>(worker)];
            DeviceBuffer x(256);
            DeviceBuffer y(256);
            context.bind("x", x.data());
            context.bind("y", y.data());
            for (int i = 0; i < 30; ++i) {
                const int64_t batch = 1 + (i + worker) % 4;
                const std::vector<float> values(static_cast<size_t>(batch) * 4, static_cast<float>(i * 10 + worker));
                x.fill(values);
                const bool ok = context.setShape("x", {batch, 4}) && context.run();
                wrong += ok && y.read<float>(values.size())[0] == 2 * values[0] ? 0 : 1;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(wrong, 0) << logger.all();
}

}  // namespace
}  // namespace trt_test
