#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "test_support.h"

namespace {

// Each test breaks one rule on purpose. Where the real runtime refuses, the code is the same; where it would corrupt
// memory in silence, there is a report.
class ContractTest : public HostCudaTest {
protected:
    // A graph that fills `memory`, ready to launch.
    static cudaGraphExec_t fillGraph(cudaStream_t stream, void* memory, size_t size) {
        EXPECT_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
        EXPECT_CUDA(cudaMemsetAsync(memory, 1, size, stream));
        cudaGraph_t graph = nullptr;
        EXPECT_CUDA(cudaStreamEndCapture(stream, &graph));
        cudaGraphExec_t exec = nullptr;
        EXPECT_CUDA(cudaGraphInstantiateWithFlags(&exec, graph, 0));
        return exec;
    }
};

TEST_F(ContractTest, DoubleFree) {
    void* device = deviceMemory(16);
    ASSERT_CUDA(cudaFree(device));
    EXPECT_EQ(cudaFree(device), cudaErrorInvalidValue);
    void* pinned = pinnedMemory(16);
    ASSERT_CUDA(cudaFreeHost(pinned));
    EXPECT_EQ(cudaFreeHost(pinned), cudaErrorInvalidValue);
}

TEST_F(ContractTest, FreeOfTheWrongPointer) {
    auto* device = static_cast<char*>(deviceMemory(16));
    auto* pinned = static_cast<char*>(pinnedMemory(16));
    int foreign = 0;
    EXPECT_EQ(cudaFree(&foreign), cudaErrorInvalidValue);
    EXPECT_EQ(cudaFree(device + 1), cudaErrorInvalidValue);
    EXPECT_EQ(cudaFree(pinned), cudaErrorInvalidValue);
    EXPECT_EQ(cudaFreeHost(&foreign), cudaErrorInvalidValue);
    EXPECT_EQ(cudaFreeHost(pinned + 1), cudaErrorInvalidValue);
    EXPECT_EQ(cudaFreeHost(device), cudaErrorInvalidValue);
    EXPECT_CUDA(cudaFree(device));
    EXPECT_CUDA(cudaFreeHost(pinned));
}

TEST_F(ContractTest, WrongCopyDirection) {
    void* device = deviceMemory(16);
    void* other = deviceMemory(16);
    char host[16] = {};
    char otherHost[16] = {};
    EXPECT_EQ(cudaMemcpy(host, device, 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    EXPECT_EQ(cudaMemcpy(device, host, 16, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
    EXPECT_EQ(cudaMemcpy(device, host, 16, cudaMemcpyDeviceToDevice), cudaErrorInvalidValue);
    EXPECT_EQ(cudaMemcpy(host, device, 16, cudaMemcpyHostToHost), cudaErrorInvalidValue);
    EXPECT_EQ(cudaMemcpy(other, device, 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    EXPECT_EQ(cudaMemcpy(otherHost, host, 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    EXPECT_EQ(cudaMemcpy(device, host, 16, static_cast<cudaMemcpyKind>(7)), cudaErrorInvalidMemcpyDirection);
    EXPECT_EQ(cudaMemcpyAsync(device, host, 16, cudaMemcpyDeviceToHost, newStream()), cudaErrorInvalidValue);
}

TEST_F(ContractTest, NullPointers) {
    void* device = deviceMemory(16);
    EXPECT_EQ(cudaMemcpy(device, nullptr, 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    EXPECT_EQ(cudaMemcpy(nullptr, device, 16, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
    EXPECT_CUDA(cudaMemcpy(nullptr, nullptr, 0, cudaMemcpyDeviceToHost));
}

TEST_F(ContractTest, CopyPastTheEnd) {
    auto* device = static_cast<char*>(deviceMemory(100));
    auto* pinned = static_cast<char*>(pinnedMemory(100));
    std::vector<char> host(1000);
    cudaStream_t stream = newStream();
    EXPECT_EQ(cudaMemcpy(host.data(), device, 101, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
    expectReport("1 bytes past the end of device memory");
    EXPECT_EQ(cudaMemcpyAsync(device + 50, host.data(), 60, cudaMemcpyHostToDevice, stream), cudaErrorInvalidValue);
    expectReport("10 bytes past the end of device memory");
    EXPECT_EQ(cudaMemcpyAsync(device, pinned + 1, 100, cudaMemcpyHostToDevice, stream), cudaErrorInvalidValue);
    expectReport("1 bytes past the end of pinned host memory");
    EXPECT_EQ(cudaMemsetAsync(device, 0, 101, stream), cudaErrorInvalidValue);
    expectReport("memset");
    EXPECT_CUDA(cudaMemcpy(host.data(), device, 100, cudaMemcpyDeviceToHost));
}

TEST_F(ContractTest, CopyThatReachesIntoRegisteredMemory) {
    std::vector<char> host(300);
    void* device = deviceMemory(300);
    ASSERT_CUDA(cudaHostRegister(host.data() + 100, 100, 0));
    EXPECT_EQ(cudaMemcpy(device, host.data(), 101, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    expectReport("begins outside");
    EXPECT_EQ(cudaMemcpy(device, host.data() + 150, 51, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    expectReport("past the end of registered host memory");
    EXPECT_CUDA(cudaMemcpy(device, host.data(), 100, cudaMemcpyHostToDevice));
    EXPECT_CUDA(cudaHostUnregister(host.data() + 100));
}

TEST_F(ContractTest, OverlappingCopy) {
    auto* device = static_cast<char*>(deviceMemory(100));
    EXPECT_EQ(cudaMemcpy(device + 10, device, 11, cudaMemcpyDeviceToDevice), cudaErrorInvalidValue);
    expectReport("overlaps itself");
    EXPECT_CUDA(cudaMemcpy(device + 10, device, 10, cudaMemcpyDeviceToDevice));
}

TEST_F(ContractTest, MemsetOfPageableMemory) {
    char host[16];
    EXPECT_EQ(cudaMemset(host, 0, 16), cudaErrorInvalidValue);
}

TEST_F(ContractTest, PinnedMemoryFreedInFlight) {
    cudaStream_t stream = newStream();
    void* device = deviceMemory(100);
    void* pinned = pinnedMemory(100);
    Gate gate;
    gate.hold(stream);
    ASSERT_CUDA(cudaMemcpyAsync(device, pinned, 100, cudaMemcpyHostToDevice, stream));
    EXPECT_EQ(cudaFreeHost(pinned), cudaErrorInvalidValue);
    expectReport("cudaFreeHost");
    gate.open();
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    EXPECT_CUDA(cudaFreeHost(pinned));
}

TEST_F(ContractTest, RegisteredMemoryUnregisteredInFlight) {
    cudaStream_t stream = newStream();
    void* device = deviceMemory(100);
    std::vector<char> host(100);
    ASSERT_CUDA(cudaHostRegister(host.data(), host.size(), 0));
    Gate gate;
    gate.hold(stream);
    ASSERT_CUDA(cudaMemcpyAsync(host.data(), device, 100, cudaMemcpyDeviceToHost, stream));
    EXPECT_EQ(cudaHostUnregister(host.data()), cudaErrorInvalidValue);
    expectReport("cudaHostUnregister");
    gate.open();
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    EXPECT_CUDA(cudaHostUnregister(host.data()));
}

TEST_F(ContractTest, PinnedMemoryOfAGraphFreedInFlight) {
    cudaStream_t stream = newStream();
    void* pinned = pinnedMemory(100);
    cudaGraphExec_t exec = fillGraph(stream, pinned, 100);
    Gate gate;
    gate.hold(stream);
    ASSERT_CUDA(cudaGraphLaunch(exec, stream));
    EXPECT_EQ(cudaFreeHost(pinned), cudaErrorInvalidValue);
    expectReport("cudaFreeHost");
    gate.open();
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    EXPECT_CUDA(cudaFreeHost(pinned));
}

TEST_F(ContractTest, GraphLaunchedAfterItsMemoryWasFreed) {
    cudaStream_t stream = newStream();
    void* device = deviceMemory(100);
    cudaGraphExec_t exec = fillGraph(stream, device, 100);
    ASSERT_CUDA(cudaFree(device));
    EXPECT_EQ(cudaGraphLaunch(exec, stream), cudaErrorIllegalAddress);
    expectReport("has been freed");
    // As after a fault on a GPU, the device is lost until it is reset.
    EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorIllegalAddress);
    void* memory = nullptr;
    EXPECT_EQ(cudaMalloc(&memory, 16), cudaErrorIllegalAddress);
    EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
    EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
    ASSERT_CUDA(cudaDeviceReset());
    EXPECT_CUDA(cudaMalloc(&memory, 16));
}

TEST_F(ContractTest, GraphLaunchedAfterItsMemoryWasReplaced) {
    cudaStream_t stream = newStream();
    void* device = deviceMemory(1 << 20);
    cudaGraphExec_t exec = fillGraph(stream, device, 1 << 20);
    ASSERT_CUDA(cudaFree(device));
    // Even if the new memory has the old address, it is not what the graph was captured with.
    deviceMemory(1 << 20);
    EXPECT_EQ(cudaGraphLaunch(exec, stream), cudaErrorIllegalAddress);
    expectReport("has been freed");
}

TEST_F(ContractTest, UseAfterFreeAsync) {
    cudaStream_t stream = newStream();
    void* device = nullptr;
    ASSERT_CUDA(cudaMallocAsync(&device, 100, stream));
    Gate gate;
    gate.hold(stream);
    ASSERT_CUDA(cudaFreeAsync(device, stream));
    EXPECT_EQ(cudaMemsetAsync(device, 0, 100, stream), cudaErrorInvalidValue);
    expectReport("cudaFreeAsync has been called");
    EXPECT_EQ(cudaFreeAsync(device, stream), cudaErrorInvalidValue);
    EXPECT_EQ(cudaFree(device), cudaErrorInvalidValue);
    cudaPointerAttributes attributes;
    ASSERT_CUDA(cudaPointerGetAttributes(&attributes, device));
    EXPECT_EQ(attributes.type, cudaMemoryTypeUnregistered);
    gate.open();
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    EXPECT_EQ(cudaMemsetAsync(device, 0, 100, stream), cudaErrorInvalidValue);
}

TEST_F(ContractTest, FreeAsyncThatOvertakesAnotherStream) {
    cudaStream_t freeing = newStream();
    cudaStream_t using_ = newStream();
    void* device = nullptr;
    ASSERT_CUDA(cudaMallocAsync(&device, 100, freeing));
    Gate gate;
    Gate freeingGate;
    gate.hold(using_);
    freeingGate.hold(freeing);
    ASSERT_CUDA(cudaMemsetAsync(device, 0, 100, using_));
    ASSERT_CUDA(cudaFreeAsync(device, freeing));
    freeingGate.open();
    EXPECT_EQ(cudaStreamSynchronize(freeing), cudaErrorIllegalAddress);
    expectReport("while another stream still uses");
    gate.open();
    EXPECT_EQ(cudaStreamSynchronize(using_), cudaErrorIllegalAddress);
}

TEST_F(ContractTest, FreeAsyncOrderedByAnEventIsFine) {
    cudaStream_t freeing = newStream();
    cudaStream_t using_ = newStream();
    cudaEvent_t done = newEvent();
    void* device = nullptr;
    ASSERT_CUDA(cudaMallocAsync(&device, 100, freeing));
    for (int i = 0; i < 100; ++i) {
        ASSERT_CUDA(cudaMemsetAsync(device, 0, 100, using_));
        ASSERT_CUDA(cudaEventRecord(done, using_));
        ASSERT_CUDA(cudaStreamWaitEvent(freeing, done));
        ASSERT_CUDA(cudaFreeAsync(device, freeing));
        ASSERT_CUDA(cudaMallocAsync(&device, 100, freeing));
    }
    ASSERT_CUDA(cudaDeviceSynchronize());
}

TEST_F(ContractTest, FreeOfStreamOrderedMemoryInFlight) {
    cudaStream_t stream = newStream();
    void* device = nullptr;
    ASSERT_CUDA(cudaMallocAsync(&device, 100, stream));
    Gate gate;
    gate.hold(stream);
    ASSERT_CUDA(cudaMemsetAsync(device, 0, 100, stream));
    EXPECT_EQ(cudaFree(device), cudaErrorInvalidValue);
    expectReport("cudaFree of");
    gate.open();
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    EXPECT_CUDA(cudaFree(device));
}

TEST_F(ContractTest, DestroyedStream) {
    cudaStream_t stream = newStream();
    cudaEvent_t event = newEvent();
    void* device = deviceMemory(16);
    ASSERT_CUDA(cudaStreamDestroy(stream));
    EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorContextIsDestroyed);
    EXPECT_EQ(cudaStreamQuery(stream), cudaErrorContextIsDestroyed);
    EXPECT_EQ(cudaStreamDestroy(stream), cudaErrorContextIsDestroyed);
    EXPECT_EQ(cudaMemsetAsync(device, 0, 16, stream), cudaErrorContextIsDestroyed);
    EXPECT_EQ(cudaEventRecord(event, stream), cudaErrorContextIsDestroyed);
    EXPECT_EQ(cudaLaunchHostFunc(
                  stream, [](void*) {}, nullptr),
              cudaErrorContextIsDestroyed);
    EXPECT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal), cudaErrorContextIsDestroyed);
    EXPECT_EQ(takeReports().size(), 7U);
    // A new stream in the old one's place is not mistaken for it.
    cudaStream_t fresh = newStream();
    EXPECT_NE(fresh, stream);
    EXPECT_EQ(cudaStreamQuery(stream), cudaErrorContextIsDestroyed);
    expectReport("destroyed stream");
}

TEST_F(ContractTest, DestroyedEvent) {
    cudaStream_t stream = newStream();
    cudaEvent_t event = newEvent();
    cudaEvent_t good = newEvent();
    ASSERT_CUDA(cudaEventDestroy(event));
    newEvent();
    float ms = 0;
    EXPECT_EQ(cudaEventRecord(event, stream), cudaErrorContextIsDestroyed);
    EXPECT_EQ(cudaEventQuery(event), cudaErrorContextIsDestroyed);
    EXPECT_EQ(cudaEventSynchronize(event), cudaErrorContextIsDestroyed);
    EXPECT_EQ(cudaStreamWaitEvent(stream, event), cudaErrorContextIsDestroyed);
    EXPECT_EQ(cudaEventElapsedTime(&ms, good, event), cudaErrorContextIsDestroyed);
    EXPECT_EQ(cudaEventDestroy(event), cudaErrorContextIsDestroyed);
    EXPECT_EQ(takeReports().size(), 6U);
}

TEST_F(ContractTest, DestroyedGraph) {
    cudaStream_t stream = newStream();
    cudaGraph_t graph = nullptr;
    ASSERT_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    ASSERT_CUDA(cudaLaunchHostFunc(
        stream, [](void*) {}, nullptr));
    ASSERT_CUDA(cudaStreamEndCapture(stream, &graph));
    cudaGraphNode_t node = nullptr;
    size_t count = 1;
    ASSERT_CUDA(cudaGraphGetNodes(graph, &node, &count));
    cudaGraphExec_t exec = nullptr;
    ASSERT_CUDA(cudaGraphInstantiateWithFlags(&exec, graph, 0));
    ASSERT_CUDA(cudaGraphExecDestroy(exec));
    ASSERT_CUDA(cudaGraphDestroy(graph));
    cudaGraphNodeType type = cudaGraphNodeTypeCount;
    EXPECT_EQ(cudaGraphDestroy(graph), cudaErrorInvalidValue);
    EXPECT_EQ(cudaGraphInstantiateWithFlags(&exec, graph, 0), cudaErrorInvalidValue);
    EXPECT_EQ(cudaGraphNodeGetType(node, &type), cudaErrorInvalidValue);
    EXPECT_EQ(takeReports().size(), 3U);
    EXPECT_EQ(cudaGraphLaunch(exec, stream), cudaErrorInvalidValue);
    EXPECT_EQ(cudaGraphExecDestroy(exec), cudaErrorInvalidValue);
    EXPECT_EQ(takeReports().size(), 2U);
}

TEST_F(ContractTest, HandlesOfTheWrongKind) {
    cudaStream_t stream = newStream();
    cudaEvent_t event = newEvent();
    EXPECT_EQ(cudaEventQuery(reinterpret_cast<cudaEvent_t>(stream)), cudaErrorInvalidResourceHandle);
    expectReport("is no event handle");
    EXPECT_EQ(cudaStreamQuery(reinterpret_cast<cudaStream_t>(event)), cudaErrorInvalidResourceHandle);
    expectReport("is no stream handle");
    int local = 0;
    EXPECT_EQ(cudaStreamQuery(reinterpret_cast<cudaStream_t>(&local)), cudaErrorInvalidResourceHandle);
    expectReport("is no stream handle");
}

TEST_F(ContractTest, HostFunctionCallsTheRuntime) {
    cudaStream_t stream = newStream();
    struct Errors {
        cudaStream_t stream;
        cudaError_t sync = cudaSuccess;
        cudaError_t allocation = cudaSuccess;
    } errors{stream};
    ASSERT_CUDA(cudaLaunchHostFunc(
        stream,
        [](void* data) {
            auto& out = *static_cast<Errors*>(data);
            void* memory = nullptr;
            out.sync = cudaStreamSynchronize(out.stream);
            out.allocation = cudaMalloc(&memory, 16);
        },
        &errors));
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    EXPECT_EQ(errors.sync, cudaErrorNotPermitted);
    EXPECT_EQ(errors.allocation, cudaErrorNotPermitted);
    EXPECT_EQ(takeReports().size(), 2U);
}

TEST_F(ContractTest, CallbackCallsTheRuntime) {
    cudaStream_t stream = newStream();
    cudaError_t error = cudaSuccess;
    ASSERT_CUDA(cudaStreamAddCallback(
        stream,
        [](cudaStream_t where, cudaError_t, void* out) { *static_cast<cudaError_t*>(out) = cudaStreamQuery(where); },
        &error, 0));
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    EXPECT_EQ(error, cudaErrorNotPermitted);
    expectReport("a host function calls the CUDA runtime");
}

TEST_F(ContractTest, ReportsAreCounted) {
    const uint64_t before = pinionHostCudaReportCount();
    EXPECT_EQ(cudaMemset(deviceMemory(16), 0, 17), cudaErrorInvalidValue);
    EXPECT_EQ(pinionHostCudaReportCount(), before + 1);
    takeReports();
}

TEST_F(ContractTest, ReportsGoToStderrWithoutACallback) {
    pinionHostCudaSetReport(nullptr, nullptr);
    void* device = deviceMemory(16);
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(cudaMemset(device, 0, 17), cudaErrorInvalidValue);
    const std::string text = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(text.find("pinion host CUDA: CONTRACT: "), 0U) << text;
    EXPECT_EQ(text.back(), '\n');
}

}  // namespace
