// Rules broken on purpose: each is refused as TensorRT refuses it, or reported loudly where it would go wrong silently.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "support.h"

namespace trt_test {
namespace {

std::string doublingPlan(const std::vector<Profile>& profiles = {batchProfile("x", 4)},
                         const Configure& configure = {}) {
    Logger logger;
    return buildPlan(logger, doublingModel(), profiles, configure);
}

struct Doubling {
    explicit Doubling(const std::string& plan = doublingPlan()) : engine(logger, plan), context(*engine.engine) {}
    void bindAll() {
        context.bind("x", x.data());
        context.bind("y", y.data());
    }
    Logger logger;
    LoadedEngine engine;
    DeviceBuffer x{256};
    DeviceBuffer y{256};
    ContextRunner context;
};

TEST(Contract, ShapesOutsideTheProfileAreRefused) {
    Doubling doubling;
    EXPECT_FALSE(doubling.context.setShape("x", {5, 4}));
    EXPECT_TRUE(doubling.logger.hasError("5x4 of input 'x' is outside of profile 0, which goes from 1x4 to 4x4"));
    EXPECT_FALSE(doubling.context.setShape("x", {0, 4}));
    EXPECT_FALSE(doubling.context.setShape("x", {2, 5}));
    EXPECT_FALSE(doubling.context.setShape("x", {2, 4, 1}));
    EXPECT_FALSE(doubling.context.setShape("x", {-1, 4}));
    EXPECT_FALSE(doubling.context.setShape("y", {2, 4})) << "outputs have no shape to set";
    EXPECT_FALSE(doubling.context->allInputDimensionsSpecified());
}

TEST(Contract, EnqueueBeforeAllShapesAreSetIsRefused) {
    Doubling doubling;
    doubling.bindAll();
    Stream stream;
    EXPECT_FALSE(doubling.context.enqueue(stream));
    EXPECT_TRUE(doubling.logger.hasError("shape of the dynamic input 'x' was not set"));
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    EXPECT_TRUE(doubling.context.enqueue(stream)) << "the refusal does no harm";
    stream.wait();
}

TEST(Contract, MissingAddressesAreRefused) {
    Doubling doubling;
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    Stream stream;
    doubling.context.bind("x", doubling.x.data());
    EXPECT_FALSE(doubling.context.enqueue(stream));
    EXPECT_TRUE(doubling.logger.hasError("'y' has no address"));
}

TEST(Contract, AddressesOutsideOfDeviceMemoryAreRefused) {
    Doubling doubling;
    doubling.bindAll();
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    alignas(256) static float ordinary[64];
    doubling.context.bind("x", ordinary);
    Stream stream;
    EXPECT_FALSE(doubling.context.enqueue(stream));
    EXPECT_TRUE(doubling.logger.hasError("is no device memory")) << doubling.logger.all();
}

TEST(Contract, TooSmallBuffersAreRefused) {
    // Twice the largest shape that fits, so that the end lies well outside of the allocation.
    Doubling doubling(doublingPlan({batchProfile("x", 4, 1, 2, 4096)}));
    DeviceBuffer large(4096 * 16);
    doubling.context.bind("x", large.data());
    doubling.context.bind("y", doubling.y.data());
    ASSERT_TRUE(doubling.context.setShape("x", {16, 4}));
    Stream stream;
    EXPECT_TRUE(doubling.context.enqueue(stream)) << doubling.logger.all();
    stream.wait();
    ASSERT_TRUE(doubling.context.setShape("x", {4096, 4}));
    EXPECT_FALSE(doubling.context.enqueue(stream));
    // Where another allocation lies behind the buffer, it is the CUDA runtime that refuses the copy.
    EXPECT_TRUE(doubling.logger.hasError("of tensor 'y' is smaller than the 65536 bytes") ||
                doubling.logger.hasError("cudaErrorInvalidValue"))
        << doubling.logger.all();
}

TEST(Contract, MisalignedAddressesAreRefused) {
    Doubling doubling;
    doubling.bindAll();
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    void* const odd = static_cast<char*>(doubling.x.data()) + 2;
#if PINION_TRT_SINCE(8, 5)
    EXPECT_FALSE(doubling.context->setTensorAddress("x", odd));
#else
    doubling.context.bind("x", odd);
    Stream stream;
    EXPECT_FALSE(doubling.context.enqueue(stream));
#endif
    EXPECT_TRUE(doubling.logger.hasError("is not aligned to"));
}

#if !PINION_TRT_SINCE(10, 0)
TEST(Contract, BindingIndicesAreOffsetByTheProfile) {
    Doubling doubling(doublingPlan({batchProfile("x", 4), batchProfile("x", 4)}));
    Stream stream;
    ASSERT_TRUE(doubling.context->setOptimizationProfileAsync(1, stream));
    EXPECT_FALSE(doubling.context->setBindingDimensions(0, dims({1, 4})));
    EXPECT_TRUE(doubling.logger.hasError("binding index 0 belongs to profile 0, and this context uses profile 1"));
    ASSERT_TRUE(doubling.context->setBindingDimensions(2, dims({1, 4})));
    EXPECT_EQ(extents(doubling.context->getBindingDimensions(3)), (Extents{1, 4}));
    // The bindings of the other profile are not looked at.
    void* wrong[] = {doubling.x.data(), doubling.y.data(), nullptr, nullptr};
    EXPECT_FALSE(doubling.context->enqueueV2(wrong, stream, nullptr));
    EXPECT_TRUE(doubling.logger.hasError("'x' has no address"));
    void* right[] = {nullptr, nullptr, doubling.x.data(), doubling.y.data()};
    EXPECT_TRUE(doubling.context->enqueueV2(right, stream, nullptr)) << doubling.logger.all();
    stream.wait();
    EXPECT_FALSE(doubling.context->setBindingDimensions(4, dims({1, 4})));
    EXPECT_FALSE(doubling.context->enqueue(1, right, stream, nullptr)) << "for implicit batches";
    EXPECT_FALSE(doubling.context->execute(1, right));
}

TEST(Contract, OneProfileServesOneContextAtATime) {
    Logger logger;
    LoadedEngine engine(logger, doublingPlan({batchProfile("x", 4), batchProfile("x", 4)}));
    auto first = std::make_unique<ContextRunner>(*engine.engine);
    EXPECT_EQ((*first)->getOptimizationProfile(), 0) << "the first context gets profile 0";
    const std::unique_ptr<nvinfer1::IExecutionContext> second(engine->createExecutionContext());
    EXPECT_EQ(second->getOptimizationProfile(), -1);
    void* bindings[4] = {};
    Stream stream;
    EXPECT_FALSE(second->enqueueV2(bindings, stream, nullptr)) << "no profile was set";
    EXPECT_FALSE(second->setBindingDimensions(0, dims({1, 4})));
    EXPECT_FALSE(second->setOptimizationProfileAsync(0, stream));
    EXPECT_TRUE(logger.hasError("profile 0 is in use by another execution context")) << logger.all();
    EXPECT_TRUE(second->setOptimizationProfile(1));
    first.reset();
    EXPECT_TRUE(second->setOptimizationProfile(0)) << "free again";
}
#endif

#if PINION_TRT_SINCE(8, 6)
TEST(Contract, ProfileSharingLetsContextsShare) {
    Logger logger;
    const Configure share = [](nvinfer1::INetworkDefinition&, [[maybe_unused]] nvinfer1::IBuilderConfig& config) {
#if !PINION_TRT_SINCE(11, 0)
        config.setPreviewFeature(nvinfer1::PreviewFeature::kPROFILE_SHARING_0806, true);
#endif
    };
    LoadedEngine engine(logger, doublingPlan({batchProfile("x", 4)}, share));
    ContextRunner one(*engine.engine);
    ContextRunner two(*engine.engine);
    EXPECT_EQ(one->getOptimizationProfile(), 0);
    EXPECT_EQ(two->getOptimizationProfile(), 0);
    EXPECT_TRUE(two.setShape("x", {1, 4}));
}
#endif

TEST(Contract, OneContextInTwoThreadsIsReported) {
    Doubling doubling;
    doubling.bindAll();
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    ASSERT_TRUE(doubling.context.run());
    // A profiler is called from inside enqueue, so a second thread can be let in at that very moment.
    class Inside final : public nvinfer1::IProfiler {
    public:
        explicit Inside(ContextRunner& context) : context_(context) {}
        void reportLayerTime(const char*, float) noexcept override {
            std::thread([&] { refused = !context_.setShape("x", {2, 4}); }).join();
        }
        bool refused = false;

    private:
        ContextRunner& context_;
    } profiler(doubling.context);
    doubling.context->setProfiler(&profiler);
    const Reports reports;
#if PINION_TRT_SINCE(8, 4)
    EXPECT_TRUE(doubling.context.run());
#else
    EXPECT_TRUE(doubling.context.execute());
#endif
    EXPECT_TRUE(profiler.refused);
    EXPECT_TRUE(reports.has("while another thread is inside"));
    EXPECT_TRUE(doubling.logger.hasError("another thread is inside"));
    doubling.context->setProfiler(nullptr);
    EXPECT_TRUE(doubling.context.setShape("x", {2, 4})) << "afterwards the context is free";
}

TEST(Contract, OneContextOnTwoStreamsAtOnceIsReported) {
    Doubling doubling;
    doubling.bindAll();
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    ASSERT_TRUE(doubling.context.run());
    const Reports reports;
    HeldStream a;
    Stream b;
    ASSERT_TRUE(doubling.context.enqueue(a));
    EXPECT_FALSE(doubling.context.enqueue(b));
    EXPECT_TRUE(reports.has("on two streams at once"));
    a.open();
    a.wait();
    EXPECT_TRUE(doubling.context.enqueue(b)) << "one after the other is fine";
    b.wait();
}

TEST(Contract, DestroyingAContextInFlightIsReported) {
    Logger logger;
    LoadedEngine engine(logger, doublingPlan());
    DeviceBuffer x(256);
    DeviceBuffer y(256);
    HeldStream stream;
    const Reports reports;
    {
        ContextRunner context(*engine.engine);
        context.bind("x", x.data());
        context.bind("y", y.data());
        ASSERT_TRUE(context.setShape("x", {1, 4}));
        ASSERT_TRUE(context.enqueue(stream));
    }
    EXPECT_TRUE(reports.has("destroyed while an inference of it is in flight"));
    EXPECT_TRUE(logger.hasError("still in flight"));
    stream.open();
    EXPECT_EQ(stream.wait(), cudaSuccess) << "the stream runs to its end";
}

TEST(Contract, DestroyingAnIdleContextIsFine) {
    Logger logger;
    LoadedEngine engine(logger, doublingPlan());
    DeviceBuffer x(256);
    DeviceBuffer y(256);
    const Reports reports;
    for (int i = 0; i < 3; ++i) {
        ContextRunner context(*engine.engine);
        context.bind("x", x.data());
        context.bind("y", y.data());
        ASSERT_TRUE(context.setShape("x", {1, 4}));
        ASSERT_TRUE(context.run());
    }
    EXPECT_EQ(reports.count(), 0u);
}

TEST(Contract, FirstInferenceAfterAShapeChangeCannotBeCaptured) {
    Doubling doubling;
    doubling.bindAll();
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    Stream stream;
    cudaGraph_t graph = nullptr;
    ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
    EXPECT_FALSE(doubling.context.enqueue(stream));
    EXPECT_TRUE(doubling.logger.hasError("cannot be captured; enqueue once before"));
    EXPECT_NE(cudaStreamEndCapture(stream, &graph), cudaSuccess) << "the capture is broken, not half made";
    EXPECT_EQ(graph, nullptr);
    cudaGetLastError();
    // Once enqueued it can be captured; after a change of shape again not.
    ASSERT_TRUE(doubling.context.run()) << doubling.logger.all();
    ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
    EXPECT_TRUE(doubling.context.enqueue(stream)) << doubling.logger.all();
    ASSERT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
    cudaGraphDestroy(graph);
    ASSERT_TRUE(doubling.context.setShape("x", {2, 4}));
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
    EXPECT_FALSE(doubling.context.enqueue(stream));
    EXPECT_NE(cudaStreamEndCapture(stream, &graph), cudaSuccess);
    cudaGetLastError();
}

TEST(Contract, EngineDestroyedBeforeItsContextsIsReported) {
    Logger logger;
    LoadedEngine engine(logger, doublingPlan());
    ContextRunner context(*engine.engine);
    const Reports reports;
    engine.engine.reset();
    EXPECT_TRUE(reports.has("ICudaEngine was destroyed before its execution contexts, of which 1"));
    EXPECT_TRUE(logger.hasError("the engine must outlive"));
    Stream stream;
    EXPECT_FALSE(context.context->setOptimizationProfileAsync(7, stream));
    void* bindings[2] = {};
    EXPECT_FALSE(context.context->executeV2(bindings));
    EXPECT_TRUE(logger.hasError("the engine was destroyed"));
}

TEST(Contract, RuntimeDestroyedBeforeItsEnginesIsReported) {
    Logger logger;
    LoadedEngine engine(logger, doublingPlan());
    const Reports reports;
    engine.runtime.reset();
    EXPECT_TRUE(reports.has("IRuntime was destroyed before its engines, of which 1"));
    EXPECT_TRUE(logger.hasError("the runtime must outlive"));
    EXPECT_EQ(engine->getNbOptimizationProfiles(), 1) << "the engine still answers";
}

TEST(Contract, UseAfterDestroyIsReported) {
    Logger logger;
    LoadedEngine engine(logger, doublingPlan());
    const Reports reports;
    nvinfer1::IExecutionContext* const context = engine->createExecutionContext();
    delete context;
    EXPECT_EQ(reports.count(), 0u);
    void* bindings[2] = {};
    EXPECT_FALSE(context->executeV2(bindings));
    EXPECT_TRUE(reports.has("IExecutionContext::executeV2 was called on an object that was destroyed before"));
    EXPECT_EQ(context->getOptimizationProfile(), -1);
    EXPECT_EQ(context->getEngine().getNbOptimizationProfiles(), 0);
    delete context;
    EXPECT_TRUE(reports.has("IExecutionContext::destroy was called on"));
    nvinfer1::ICudaEngine* const gone = engine.engine.release();
    delete gone;
    EXPECT_EQ(gone->createExecutionContext(), nullptr);
    EXPECT_TRUE(reports.has("ICudaEngine::createExecutionContext was called on"));
    nvinfer1::IRuntime* const runtime = engine.runtime.release();
    delete runtime;
    EXPECT_EQ(runtime->deserializeCudaEngine("x", 1), nullptr);
    EXPECT_TRUE(reports.has("IRuntime::deserializeCudaEngine was called on"));
}

TEST(Contract, UseOfBuildObjectsAfterDestroyIsReported) {
    Logger logger;
    const Reports reports;
    auto set = std::make_unique<BuildSet>(logger);
    ASSERT_TRUE(set->parse(doublingModel()));
    set->addProfile(batchProfile("x", 4));
    nvinfer1::ITensor* const input = set->network->getInput(0);
    nvinfer1::ILayer* const layer = set->network->getLayer(0);
    nvinfer1::IOptimizationProfile* const profile = set->builder->createOptimizationProfile();
    nvinfer1::INetworkDefinition* const network = set->network.get();
    nvinfer1::IBuilderConfig* const config = set->config.get();
    nvinfer1::IBuilder* const builder = set->builder.get();
    nvonnxparser::IParser* const parser = set->parser.get();
    const std::unique_ptr<nvinfer1::IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
    ASSERT_NE(plan, nullptr);
    set.reset();
    EXPECT_EQ(reports.count(), 0u);
    EXPECT_STREQ(input->getName(), "");
    EXPECT_STREQ(layer->getName(), "");
    EXPECT_FALSE(profile->isValid());
    EXPECT_EQ(network->getNbInputs(), 0);
    EXPECT_EQ(config->getFlags(), 0u);
    EXPECT_EQ(parser->getNbErrors(), 0);
    EXPECT_EQ(builder->createBuilderConfig(), nullptr);
    for (const char* type :
         {"ITensor::getName", "ILayer::getName", "IOptimizationProfile::isValid", "INetworkDefinition::getNbInputs",
          "IBuilderConfig::getFlags", "IParser::getNbErrors", "IBuilder::createBuilderConfig"}) {
        EXPECT_TRUE(reports.has(type)) << type;
    }
}

TEST(Contract, ManyDestroyedObjectsAreForgottenInTheEnd) {
    Logger logger;
    LoadedEngine engine(logger, doublingPlan());
    const Reports reports;
    for (int i = 0; i < 600; ++i) {
        delete engine->createExecutionContext();
    }
    EXPECT_EQ(reports.count(), 0u);
}

#ifndef _WIN32
// CUDA answers with an error that sticks to the device, so this runs in a process of its own.
void launchGraphOfDestroyedContext() {
    Logger logger;
    LoadedEngine engine(logger, doublingPlan());
    DeviceBuffer x(256);
    DeviceBuffer y(256);
    Stream stream;
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t instance = nullptr;
    {
        ContextRunner context(*engine.engine);
        context.bind("x", x.data());
        context.bind("y", y.data());
        context.setShape("x", {1, 4});
        context.run();
        cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
        context.enqueue(stream);
        cudaStreamEndCapture(stream, &graph);
        if (cudaGraphInstantiate(&instance, graph, nullptr, nullptr, 0) != cudaSuccess) {
            std::_Exit(1);
        }
    }
    const Reports reports;
    const bool launched = cudaGraphLaunch(instance, stream) == cudaSuccess;
    const bool ran = stream.wait() == cudaSuccess;
    std::_Exit((launched && ran && reports.count() == 0) ? 2 : 0);
}

TEST(ContractDeathTest, GraphsThatOutliveTheirContextAreRefusedOrReported) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(launchGraphOfDestroyedContext(), testing::ExitedWithCode(0), "");
}
#endif

constexpr int64_t kManyRows = 64;  // two kilobytes of inputs and outputs

TEST(Contract, ContextsWithoutDeviceMemoryNeedSome) {
    Logger logger;
    LoadedEngine engine(logger, doublingPlan({batchProfile("x", 4, 1, 1, kManyRows)}));
#if PINION_TRT_SINCE(11, 0)
    const std::unique_ptr<nvinfer1::IExecutionContext> context(
        engine->createExecutionContext(nvinfer1::ExecutionContextAllocationStrategy::kUSER_MANAGED));
#else
    const std::unique_ptr<nvinfer1::IExecutionContext> context(engine->createExecutionContextWithoutDeviceMemory());
#endif
    DeviceBuffer x(256);
    DeviceBuffer y(256);
#if PINION_TRT_SINCE(8, 5)
    ASSERT_TRUE(context->setInputShape("x", dims({1, 4})));
#else
    ASSERT_TRUE(context->setBindingDimensions(0, dims({1, 4})));
#endif
    void* bindings[] = {x.data(), y.data()};
    EXPECT_FALSE(context->executeV2(bindings));
    EXPECT_TRUE(logger.hasError("without device memory"));
    const size_t needed = deviceMemorySize(*engine.engine);
    const DeviceBuffer memory(needed);
    context->setDeviceMemory(memory.data());
    EXPECT_TRUE(context->executeV2(bindings)) << logger.all();
    // Memory that is too short, on the host, or not aligned corrupts silently on a GPU.
    const auto refuses = [&](void* wrong, const char* reason) {
        const Reports reports;
        context->setDeviceMemory(wrong);
        EXPECT_FALSE(context->executeV2(bindings));
        EXPECT_TRUE(logger.hasError(reason)) << logger.all();
        logger.clear();
        context->setDeviceMemory(memory.data());
        EXPECT_TRUE(context->executeV2(bindings)) << logger.all();
        return reports.count();
    };
    const DeviceBuffer small(256);
    EXPECT_EQ(refuses(small.data(), "or less than"), 1U);
    std::vector<char> host(needed + 512);
    void* const aligned = host.data() + (256 - reinterpret_cast<uintptr_t>(host.data()) % 256);
    EXPECT_EQ(refuses(aligned, "is no device memory"), 1U);
    EXPECT_EQ(refuses(static_cast<char*>(memory.data()) + 8, "is not aligned"), 0U);
#if PINION_TRT_SINCE(10, 0)
    context->setDeviceMemoryV2(memory.data(), static_cast<int64_t>(needed) - 1);
    EXPECT_FALSE(context->executeV2(bindings));
    EXPECT_TRUE(logger.hasError("of device memory are less than")) << logger.all();
    context->setDeviceMemoryV2(memory.data(), static_cast<int64_t>(needed));
    EXPECT_TRUE(context->executeV2(bindings)) << logger.all();
#endif
    context->setDeviceMemory(DeviceBuffer(needed).data());  // freed at the semicolon
    const Reports reports;
    EXPECT_FALSE(context->executeV2(bindings));
    EXPECT_EQ(reports.count(), 1U);
}

TEST(Contract, ScratchMemoryOfAProfileIsCheckedForTheProfileThatIsSelected) {
    Logger logger;
    LoadedEngine engine(logger, doublingPlan({batchProfile("x", 4, 1, 1, 1), batchProfile("x", 4, 1, 1, kManyRows)}));
    ContextRunner context(*engine.engine, 1);
    const DeviceBuffer x(256);
    const DeviceBuffer y(256);
    ASSERT_TRUE(context.setShape("x", {1, 4}));
    context.bind("x", x.data());
    context.bind("y", y.data());
    const DeviceBuffer small(256);
    context->setDeviceMemory(small.data());
    const Reports reports;
    EXPECT_FALSE(context.run()) << "profile 0 needs 32 bytes, profile 1 two kilobytes";
    EXPECT_EQ(reports.count(), 1U);
#if PINION_TRT_SINCE(10, 0)
    ASSERT_TRUE(context->setOptimizationProfileAsync(0, nullptr));
    ASSERT_EQ(cudaStreamSynchronize(nullptr), cudaSuccess);
    ASSERT_TRUE(context.setShape("x", {1, 4}));
    EXPECT_TRUE(context.run()) << logger.all();
#endif
}

TEST(Contract, ScratchMemoryThatIsUsedForSomethingElseTooShows) {
    const Faults script("write_scratch=1");
    Doubling doubling;
    doubling.bindAll();
    const DeviceBuffer memory(deviceMemorySize(*doubling.engine.engine) + 256);
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    doubling.context->setDeviceMemory(memory.data());
    doubling.x.fill<float>({1, 2, 3, 4});
    ASSERT_TRUE(doubling.context.run()) << doubling.logger.all();
    EXPECT_EQ(doubling.y.read<float>(4), (std::vector<float>{2, 4, 6, 8}));
    // The input lies where TensorRT computes.
    doubling.context.bind("x", memory.data());
    ASSERT_EQ(cudaMemcpy(memory.data(), doubling.x.data(), 16, cudaMemcpyDeviceToDevice), cudaSuccess);
    ASSERT_EQ(cudaStreamSynchronize(nullptr), cudaSuccess);
    ASSERT_TRUE(doubling.context.run()) << doubling.logger.all();
    EXPECT_NE(doubling.y.read<float>(4), (std::vector<float>{2, 4, 6, 8}));
}

TEST(Contract, ScratchMemoryIsOneInferencesAtATime) {
    Doubling first;
    Doubling second;
    const DeviceBuffer memory(deviceMemorySize(*first.engine.engine));
    for (Doubling* each : {&first, &second}) {
        each->bindAll();
        ASSERT_TRUE(each->context.setShape("x", {1, 4}));
        each->context->setDeviceMemory(memory.data());
        each->x.fill<float>({1, 2, 3, 4});
    }
    const Stream one;
    const Stream other;
    {
        const Reports reports;
        for (Doubling* each : {&first, &second}) {
            ASSERT_TRUE(each->context.enqueue(one)) << each->logger.all();
        }
        ASSERT_EQ(one.wait(), cudaSuccess);
        EXPECT_EQ(reports.count(), 0U) << "one after the other";
    }
    const Faults script("enqueue_delay=300000");
    const Reports reports;
    ASSERT_TRUE(first.context.enqueue(one));
    ASSERT_TRUE(second.context.enqueue(other));
    // Each stream's own worker runs its inference, before anybody waits.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ASSERT_EQ(one.wait(), cudaSuccess);
    ASSERT_EQ(other.wait(), cudaSuccess);
    EXPECT_TRUE(reports.has("at once with the same scratch memory"));
}

TEST(Contract, AProfileIsSelectedInTheOrderOfItsStream) {
    Doubling doubling(doublingPlan({batchProfile("x", 4), batchProfile("x", 4)}));
    Stream selecting;
    Stream running;
    std::atomic<bool> isOpen{false};
    ASSERT_EQ(cudaLaunchHostFunc(
                  selecting,
                  [](void* gate) {
                      while (!*static_cast<std::atomic<bool>*>(gate)) {
                          std::this_thread::sleep_for(std::chrono::milliseconds(1));
                      }
                  },
                  &isOpen),
              cudaSuccess);
    ASSERT_TRUE(doubling.context->setOptimizationProfileAsync(1, selecting));
    std::vector<void*> bindings(4, nullptr);
#if PINION_TRT_SINCE(8, 5)
    doubling.bindAll();
    ASSERT_TRUE(doubling.context.setShape("x", {1, 4}));
    const auto enqueue = [&](cudaStream_t stream) { return doubling.context.enqueue(stream); };
#else
    ASSERT_TRUE(doubling.context->setBindingDimensions(2, dims({1, 4})));
    bindings[2] = doubling.x.data();
    bindings[3] = doubling.y.data();
    const auto enqueue = [&](cudaStream_t stream) {
        return doubling.context->enqueueV2(bindings.data(), stream, nullptr);
    };
#endif
    const Reports reports;
    ASSERT_TRUE(enqueue(running)) << doubling.logger.all();
    ASSERT_EQ(running.wait(), cudaSuccess);
    EXPECT_TRUE(reports.has("before the stream of setOptimizationProfileAsync had reached"));
    isOpen = true;
    ASSERT_EQ(selecting.wait(), cudaSuccess);
    ASSERT_TRUE(enqueue(running)) << doubling.logger.all();
    ASSERT_EQ(running.wait(), cudaSuccess);
    EXPECT_EQ(reports.count(), 1U);
}

TEST(Contract, ErrorsReachTheRecorder) {
    class Recorder final : public nvinfer1::IErrorRecorder {
    public:
        int32_t getNbErrors() const noexcept override { return errors; }
        nvinfer1::ErrorCode getErrorCode(int32_t) const noexcept override { return last; }
        ErrorDesc getErrorDesc(int32_t) const noexcept override { return text.c_str(); }
        bool hasOverflowed() const noexcept override { return false; }
        void clear() noexcept override { errors = 0; }
        bool reportError(nvinfer1::ErrorCode code, ErrorDesc what) noexcept override {
            ++errors;
            last = code;
            text = what;
            return true;
        }
        RefCount incRefCount() noexcept override { return ++references; }
        RefCount decRefCount() noexcept override { return --references; }
        int32_t errors = 0;
        nvinfer1::ErrorCode last = nvinfer1::ErrorCode::kSUCCESS;
        std::string text;
        std::atomic<RefCount> references{0};
    } recorder;
    {
        Logger logger;
        LoadedEngine engine(logger, doublingPlan());
        engine->setErrorRecorder(&recorder);
        ContextRunner context(*engine.engine);
        EXPECT_EQ(context->getErrorRecorder(), &recorder) << "a context starts with its engine's recorder";
        EXPECT_FALSE(context.setShape("x", {9, 4}));
        EXPECT_EQ(recorder.errors, 1);
        EXPECT_EQ(recorder.last, nvinfer1::ErrorCode::kINVALID_ARGUMENT);
        EXPECT_NE(recorder.text.find("9x4"), std::string::npos) << recorder.text;
    }
    EXPECT_EQ(recorder.references, 0);
}

}  // namespace
}  // namespace trt_test
