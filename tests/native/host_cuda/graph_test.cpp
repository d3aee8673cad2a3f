#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "test_support.h"

namespace {

// A captured chain: copy in, add one to every byte, copy out.
class GraphTest : public HostCudaTest {
protected:
    static constexpr size_t kSize = 256;

    void SetUp() override {
        HostCudaTest::SetUp();
        stream_ = newStream();
        input_ = static_cast<uint8_t*>(pinnedMemory(kSize));
        device_ = static_cast<uint8_t*>(deviceMemory(kSize));
        output_ = static_cast<uint8_t*>(pinnedMemory(kSize));
    }

    static void CUDART_CB addOne(void* memory) {
        auto* bytes = static_cast<uint8_t*>(memory);
        for (size_t i = 0; i < kSize; ++i) {
            ++bytes[i];
        }
    }

    void enqueueChain(cudaStream_t stream) {
        ASSERT_CUDA(cudaMemcpyAsync(device_, input_, kSize, cudaMemcpyHostToDevice, stream));
        ASSERT_CUDA(cudaLaunchHostFunc(stream, &addOne, device_));
        ASSERT_CUDA(cudaMemcpyAsync(output_, device_, kSize, cudaMemcpyDeviceToHost, stream));
    }

    cudaGraph_t captureChain() {
        cudaGraph_t graph = nullptr;
        EXPECT_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
        enqueueChain(stream_);
        EXPECT_CUDA(cudaStreamEndCapture(stream_, &graph));
        return graph;
    }

    static cudaGraphExec_t instantiate(cudaGraph_t graph) {
        cudaGraphExec_t exec = nullptr;
        EXPECT_CUDA(cudaGraphInstantiateWithFlags(&exec, graph, 0));
        return exec;
    }

    void expectOutput(uint8_t value) {
        EXPECT_EQ(std::vector<uint8_t>(output_, output_ + kSize), std::vector<uint8_t>(kSize, value));
    }

    cudaStream_t stream_ = nullptr;
    uint8_t* input_ = nullptr;
    uint8_t* device_ = nullptr;
    uint8_t* output_ = nullptr;
};

TEST_F(GraphTest, CaptureRunsNothing) {
    std::memset(input_, 1, kSize);
    std::memset(output_, 9, kSize);
    captureChain();
    ASSERT_CUDA(cudaStreamSynchronize(stream_));
    expectOutput(9);
}

TEST_F(GraphTest, LaunchReplaysWithWhatTheAddressesHold) {
    cudaGraphExec_t exec = instantiate(captureChain());
    for (uint8_t value = 1; value < 5; ++value) {
        std::memset(input_, value, kSize);
        ASSERT_CUDA(cudaGraphLaunch(exec, stream_));
        ASSERT_CUDA(cudaStreamSynchronize(stream_));
        expectOutput(static_cast<uint8_t>(value + 1));
    }
}

TEST_F(GraphTest, LaunchIsAsynchronousAndInStreamOrder) {
    cudaGraphExec_t exec = instantiate(captureChain());
    std::memset(input_, 1, kSize);
    std::memset(output_, 0, kSize);
    Gate gate;
    gate.hold(stream_);
    ASSERT_CUDA(cudaGraphLaunch(exec, stream_));
    ASSERT_TRUE(gate.waitEntered());
    EXPECT_EQ(cudaStreamQuery(stream_), cudaErrorNotReady);
    expectOutput(0);
    gate.open();
    ASSERT_CUDA(cudaStreamSynchronize(stream_));
    expectOutput(2);
}

TEST_F(GraphTest, NodesAndEdgesAreTheCapturedOnes) {
    cudaGraph_t graph = captureChain();
    size_t count = 0;
    ASSERT_CUDA(cudaGraphGetNodes(graph, nullptr, &count));
    ASSERT_EQ(count, 3U);
    std::vector<cudaGraphNode_t> nodes(5);
    count = nodes.size();
    ASSERT_CUDA(cudaGraphGetNodes(graph, nodes.data(), &count));
    EXPECT_EQ(count, 3U);
    EXPECT_EQ(nodes[3], nullptr);
    std::vector<cudaGraphNodeType> types;
    for (size_t i = 0; i < count; ++i) {
        types.emplace_back();
        ASSERT_CUDA(cudaGraphNodeGetType(nodes[i], &types.back()));
    }
    EXPECT_EQ(types, (std::vector<cudaGraphNodeType>{cudaGraphNodeTypeMemcpy, cudaGraphNodeTypeHost,
                                                     cudaGraphNodeTypeMemcpy}));
    size_t edges = 0;
    ASSERT_CUDA(cudaGraphGetEdges(graph, nullptr, nullptr, &edges));
    ASSERT_EQ(edges, 2U);
    cudaGraphNode_t from[2];
    cudaGraphNode_t to[2];
    ASSERT_CUDA(cudaGraphGetEdges(graph, from, to, &edges));
    EXPECT_EQ(from[0], nodes[0]);
    EXPECT_EQ(to[0], nodes[1]);
    EXPECT_EQ(from[1], nodes[1]);
    EXPECT_EQ(to[1], nodes[2]);
    size_t dependencies = 1;
    cudaGraphNode_t dependency = nullptr;
    ASSERT_CUDA(cudaGraphNodeGetDependencies(nodes[2], &dependency, &dependencies));
    EXPECT_EQ(dependency, nodes[1]);
    ASSERT_CUDA(cudaGraphNodeGetDependencies(nodes[0], nullptr, &dependencies));
    EXPECT_EQ(dependencies, 0U);
}

TEST_F(GraphTest, ExecOutlivesItsGraph) {
    cudaGraph_t graph = captureChain();
    cudaGraphExec_t exec = instantiate(graph);
    ASSERT_CUDA(cudaGraphDestroy(graph));
    std::memset(input_, 7, kSize);
    ASSERT_CUDA(cudaGraphLaunch(exec, stream_));
    ASSERT_CUDA(cudaStreamSynchronize(stream_));
    expectOutput(8);
    ASSERT_CUDA(cudaGraphExecDestroy(exec));
}

TEST_F(GraphTest, LaunchInFlightOutlivesItsExec) {
    cudaGraph_t graph = captureChain();
    cudaGraphExec_t exec = instantiate(graph);
    std::memset(input_, 3, kSize);
    Gate gate;
    gate.hold(stream_);
    ASSERT_CUDA(cudaGraphLaunch(exec, stream_));
    ASSERT_CUDA(cudaGraphExecDestroy(exec));
    ASSERT_CUDA(cudaGraphDestroy(graph));
    gate.open();
    ASSERT_CUDA(cudaStreamSynchronize(stream_));
    expectOutput(4);
}

TEST_F(GraphTest, LaunchesOfOneExecAreSerialized) {
    cudaStream_t other = newStream();
    Gate gate;
    Marks marks;
    ASSERT_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
    marks.add(stream_, 1);
    gate.hold(stream_);
    marks.add(stream_, 2);
    cudaGraph_t graph = nullptr;
    ASSERT_CUDA(cudaStreamEndCapture(stream_, &graph));
    cudaGraphExec_t exec = instantiate(graph);
    ASSERT_CUDA(cudaGraphLaunch(exec, stream_));
    ASSERT_TRUE(gate.waitEntered());
    ASSERT_CUDA(cudaGraphLaunch(exec, other));
    EXPECT_EQ(cudaStreamQuery(other), cudaErrorNotReady);
    EXPECT_EQ(marks.get(), std::vector<int>{1});
    gate.open();
    ASSERT_CUDA(cudaDeviceSynchronize());
    EXPECT_EQ(marks.get(), (std::vector<int>{1, 2, 1, 2}));
}

TEST_F(GraphTest, ForkAndJoinKeepsDependencies) {
    cudaStream_t side = newStream();
    cudaEvent_t fork = newEvent(cudaEventDisableTiming);
    cudaEvent_t join = newEvent(cudaEventDisableTiming);
    Marks marks;
    ASSERT_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal));
    marks.add(stream_, 1);
    ASSERT_CUDA(cudaEventRecord(fork, stream_));
    ASSERT_CUDA(cudaStreamWaitEvent(side, fork));
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    ASSERT_CUDA(cudaStreamIsCapturing(side, &status));
    EXPECT_EQ(status, cudaStreamCaptureStatusActive);
    marks.add(side, 2);
    marks.add(stream_, 3);
    ASSERT_CUDA(cudaEventRecord(join, side));
    ASSERT_CUDA(cudaStreamWaitEvent(stream_, join));
    marks.add(stream_, 4);
    cudaGraph_t graph = nullptr;
    ASSERT_CUDA(cudaStreamEndCapture(stream_, &graph));

    size_t count = 4;
    cudaGraphNode_t nodes[4];
    ASSERT_CUDA(cudaGraphGetNodes(graph, nodes, &count));
    ASSERT_EQ(count, 4U);
    const auto dependencies = [&](cudaGraphNode_t node) {
        size_t number = 0;
        EXPECT_CUDA(cudaGraphNodeGetDependencies(node, nullptr, &number));
        std::vector<cudaGraphNode_t> list(number);
        EXPECT_CUDA(cudaGraphNodeGetDependencies(node, list.data(), &number));
        return list;
    };
    EXPECT_TRUE(dependencies(nodes[0]).empty());
    EXPECT_EQ(dependencies(nodes[1]), std::vector<cudaGraphNode_t>{nodes[0]});
    EXPECT_EQ(dependencies(nodes[2]), std::vector<cudaGraphNode_t>{nodes[0]});
    EXPECT_EQ(dependencies(nodes[3]), (std::vector<cudaGraphNode_t>{nodes[2], nodes[1]}));

    // The side stream is an ordinary stream again.
    ASSERT_CUDA(cudaStreamIsCapturing(side, &status));
    EXPECT_EQ(status, cudaStreamCaptureStatusNone);
    EXPECT_CUDA(cudaStreamSynchronize(side));

    ASSERT_CUDA(cudaGraphLaunch(instantiate(graph), stream_));
    ASSERT_CUDA(cudaStreamSynchronize(stream_));
    const std::vector<int> ran = marks.get();
    ASSERT_EQ(ran.size(), 4U);
    EXPECT_EQ(ran.front(), 1);
    EXPECT_EQ(ran.back(), 4);
}

TEST_F(GraphTest, CapturedPageableMemoryIsReadAtLaunch) {
    std::vector<uint8_t> pageable(kSize, 1);
    ASSERT_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
    ASSERT_CUDA(cudaMemcpyAsync(device_, pageable.data(), kSize, cudaMemcpyHostToDevice, stream_));
    ASSERT_CUDA(cudaMemcpyAsync(output_, device_, kSize, cudaMemcpyDeviceToHost, stream_));
    cudaGraph_t graph = nullptr;
    ASSERT_CUDA(cudaStreamEndCapture(stream_, &graph));
    pageable.assign(kSize, 2);
    ASSERT_CUDA(cudaGraphLaunch(instantiate(graph), stream_));
    ASSERT_CUDA(cudaStreamSynchronize(stream_));
    expectOutput(2);
}

TEST_F(GraphTest, MemsetIsANode) {
    ASSERT_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
    ASSERT_CUDA(cudaMemsetAsync(output_, 0x5A, kSize, stream_));
    cudaGraph_t graph = nullptr;
    ASSERT_CUDA(cudaStreamEndCapture(stream_, &graph));
    cudaGraphNode_t node = nullptr;
    size_t count = 1;
    ASSERT_CUDA(cudaGraphGetNodes(graph, &node, &count));
    cudaGraphNodeType type = cudaGraphNodeTypeCount;
    ASSERT_CUDA(cudaGraphNodeGetType(node, &type));
    EXPECT_EQ(type, cudaGraphNodeTypeMemset);
    ASSERT_CUDA(cudaGraphLaunch(instantiate(graph), stream_));
    ASSERT_CUDA(cudaStreamSynchronize(stream_));
    expectOutput(0x5A);
}

TEST_F(GraphTest, LaunchIntoACaptureBecomesAChild) {
    cudaGraphExec_t inner = instantiate(captureChain());
    ASSERT_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
    ASSERT_CUDA(cudaMemsetAsync(input_, 0x10, kSize, stream_));
    ASSERT_CUDA(cudaGraphLaunch(inner, stream_));
    cudaGraph_t graph = nullptr;
    ASSERT_CUDA(cudaStreamEndCapture(stream_, &graph));
    cudaGraphNode_t nodes[2];
    size_t count = 2;
    ASSERT_CUDA(cudaGraphGetNodes(graph, nodes, &count));
    cudaGraphNodeType type = cudaGraphNodeTypeCount;
    ASSERT_CUDA(cudaGraphNodeGetType(nodes[1], &type));
    EXPECT_EQ(type, cudaGraphNodeTypeGraph);
    ASSERT_CUDA(cudaGraphLaunch(instantiate(graph), stream_));
    ASSERT_CUDA(cudaStreamSynchronize(stream_));
    expectOutput(0x11);
}

TEST_F(GraphTest, ExternalEventsTimeTheReplay) {
    cudaEvent_t start = newEvent();
    cudaEvent_t end = newEvent();
    ASSERT_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
    ASSERT_CUDA(cudaEventRecordWithFlags(start, stream_, cudaEventRecordExternal));
    enqueueChain(stream_);
    ASSERT_CUDA(cudaEventRecordWithFlags(end, stream_, cudaEventRecordExternal));
    cudaGraph_t graph = nullptr;
    ASSERT_CUDA(cudaStreamEndCapture(stream_, &graph));
    cudaGraphExec_t exec = instantiate(graph);
    float ms = -1;
    EXPECT_EQ(cudaEventElapsedTime(&ms, start, end), cudaErrorInvalidResourceHandle);
    for (int i = 0; i < 3; ++i) {
        Gate gate;
        gate.hold(stream_);
        ASSERT_CUDA(cudaGraphLaunch(exec, stream_));
        EXPECT_EQ(cudaEventQuery(end), cudaErrorNotReady);
        gate.open();
        ASSERT_CUDA(cudaEventSynchronize(end));
        ms = -1;
        ASSERT_CUDA(cudaEventElapsedTime(&ms, start, end));
        EXPECT_GE(ms, 0.0F);
    }
}

TEST_F(GraphTest, ExternalWaitWaitsAtReplay) {
    cudaStream_t producer = newStream();
    cudaEvent_t event = newEvent(cudaEventDisableTiming);
    Marks marks;
    ASSERT_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
    ASSERT_CUDA(cudaStreamWaitEvent(stream_, event, cudaEventWaitExternal));
    marks.add(stream_, 2);
    cudaGraph_t graph = nullptr;
    ASSERT_CUDA(cudaStreamEndCapture(stream_, &graph));
    Gate gate;
    gate.hold(producer);
    marks.add(producer, 1);
    ASSERT_CUDA(cudaEventRecord(event, producer));
    ASSERT_CUDA(cudaGraphLaunch(instantiate(graph), stream_));
    EXPECT_EQ(cudaStreamQuery(stream_), cudaErrorNotReady);
    gate.open();
    ASSERT_CUDA(cudaDeviceSynchronize());
    EXPECT_EQ(marks.get(), (std::vector<int>{1, 2}));
}

TEST_F(GraphTest, UpdateTakesNewAddresses) {
    cudaGraphExec_t exec = instantiate(captureChain());
    input_ = static_cast<uint8_t*>(pinnedMemory(kSize));
    cudaGraph_t changed = captureChain();
    cudaGraphNode_t errorNode = nullptr;
    cudaGraphExecUpdateResult result = cudaGraphExecUpdateError;
    ASSERT_CUDA(cudaGraphExecUpdate(exec, changed, &errorNode, &result));
    EXPECT_EQ(result, cudaGraphExecUpdateSuccess);
    std::memset(input_, 0x20, kSize);
    ASSERT_CUDA(cudaGraphLaunch(exec, stream_));
    ASSERT_CUDA(cudaStreamSynchronize(stream_));
    expectOutput(0x21);
}

TEST_F(GraphTest, UpdateRefusesAnotherShape) {
    cudaGraphExec_t exec = instantiate(captureChain());
    ASSERT_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
    ASSERT_CUDA(cudaMemcpyAsync(device_, input_, kSize, cudaMemcpyHostToDevice, stream_));
    ASSERT_CUDA(cudaMemsetAsync(device_, 0, kSize, stream_));
    ASSERT_CUDA(cudaMemcpyAsync(output_, device_, kSize, cudaMemcpyDeviceToHost, stream_));
    cudaGraph_t other = nullptr;
    ASSERT_CUDA(cudaStreamEndCapture(stream_, &other));
    cudaGraphNode_t errorNode = nullptr;
    cudaGraphExecUpdateResult result = cudaGraphExecUpdateSuccess;
    EXPECT_EQ(cudaGraphExecUpdate(exec, other, &errorNode, &result), cudaErrorGraphExecUpdateFailure);
    EXPECT_EQ(result, cudaGraphExecUpdateErrorNodeTypeChanged);
    EXPECT_NE(errorNode, nullptr);
    cudaGraph_t empty = nullptr;
    ASSERT_CUDA(cudaGraphCreate(&empty, 0));
    EXPECT_EQ(cudaGraphExecUpdate(exec, empty, &errorNode, &result), cudaErrorGraphExecUpdateFailure);
    EXPECT_EQ(result, cudaGraphExecUpdateErrorTopologyChanged);
}

TEST_F(GraphTest, EmptyGraphLaunches) {
    ASSERT_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
    cudaGraph_t graph = nullptr;
    ASSERT_CUDA(cudaStreamEndCapture(stream_, &graph));
    size_t count = 9;
    ASSERT_CUDA(cudaGraphGetNodes(graph, nullptr, &count));
    EXPECT_EQ(count, 0U);
    cudaGraphExec_t exec = nullptr;
    char log[16] = "x";
    cudaGraphNode_t errorNode = nullptr;
    ASSERT_CUDA(cudaGraphInstantiate(&exec, graph, &errorNode, log, sizeof(log)));
    EXPECT_STREQ(log, "");
    EXPECT_CUDA(cudaGraphUpload(exec, stream_));
    EXPECT_CUDA(cudaGraphLaunch(exec, stream_));
    EXPECT_CUDA(cudaStreamSynchronize(stream_));
}

TEST_F(GraphTest, LaunchesFromManyThreads) {
    cudaGraphExec_t exec = instantiate(captureChain());
    std::memset(input_, 1, kSize);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            cudaStream_t own = nullptr;
            EXPECT_CUDA(cudaStreamCreateWithFlags(&own, cudaStreamNonBlocking));
            for (int i = 0; i < 100; ++i) {
                EXPECT_CUDA(cudaGraphLaunch(exec, own));
                EXPECT_CUDA(cudaStreamSynchronize(own));
            }
            EXPECT_CUDA(cudaStreamDestroy(own));
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    expectOutput(2);
}

TEST_F(GraphTest, CaptureLaunchDestroyLoopLeavesNothing) {
    const PinionHostCudaUsage before = usage();
    for (int i = 0; i < 200; ++i) {
        cudaGraph_t graph = captureChain();
        cudaGraphExec_t exec = instantiate(graph);
        ASSERT_CUDA(cudaGraphLaunch(exec, stream_));
        ASSERT_CUDA(cudaGraphDestroy(graph));
        ASSERT_CUDA(cudaGraphExecDestroy(exec));
    }
    ASSERT_CUDA(cudaStreamSynchronize(stream_));
    EXPECT_EQ(usage().graphs, before.graphs);
    EXPECT_EQ(usage().graphExecs, before.graphExecs);
}

TEST_F(GraphTest, ArgumentsAreChecked) {
    cudaGraph_t graph = captureChain();
    cudaGraphExec_t exec = nullptr;
    EXPECT_EQ(cudaGraphInstantiateWithFlags(nullptr, graph, 0), cudaErrorInvalidValue);
    EXPECT_EQ(cudaGraphInstantiateWithFlags(&exec, nullptr, 0), cudaErrorInvalidValue);
    EXPECT_EQ(cudaGraphInstantiateWithFlags(&exec, graph, 0x100), cudaErrorInvalidValue);
    EXPECT_EQ(cudaGraphLaunch(nullptr, stream_), cudaErrorInvalidValue);
    EXPECT_EQ(cudaGraphDestroy(nullptr), cudaErrorInvalidValue);
    EXPECT_EQ(cudaGraphExecDestroy(nullptr), cudaErrorInvalidValue);
    EXPECT_EQ(cudaGraphCreate(&graph, 1), cudaErrorInvalidValue);
    cudaGraphNodeType type = cudaGraphNodeTypeCount;
    EXPECT_EQ(cudaGraphNodeGetType(nullptr, &type), cudaErrorInvalidValue);
}

TEST_F(GraphTest, AnExecutableGraphTakesDeviceMemory) {
    setFaults("device_memory=64MiB");
    const auto freeBytes = [] {
        size_t free = 0;
        size_t total = 0;
        EXPECT_CUDA(cudaMemGetInfo(&free, &total));
        return free;
    };
    cudaGraph_t graph = nullptr;
    cudaStream_t stream = newStream();
    void* memory = deviceMemory(64);
    ASSERT_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    ASSERT_CUDA(cudaMemsetAsync(memory, 0, 64, stream));
    ASSERT_CUDA(cudaStreamEndCapture(stream, &graph));
    const size_t before = freeBytes();
    cudaGraphExec_t exec = nullptr;
    ASSERT_CUDA(cudaGraphInstantiateWithFlags(&exec, graph, 0));
    EXPECT_LT(freeBytes(), before);
    ASSERT_CUDA(cudaGraphExecDestroy(exec));
    EXPECT_EQ(freeBytes(), before);
    ASSERT_CUDA(cudaFree(memory));
    setFaults("device_memory=64");
    EXPECT_EQ(cudaGraphInstantiateWithFlags(&exec, graph, 0), cudaErrorMemoryAllocation);
    ASSERT_CUDA(cudaGraphDestroy(graph));
    ASSERT_CUDA(cudaStreamDestroy(stream));
}

}  // namespace
