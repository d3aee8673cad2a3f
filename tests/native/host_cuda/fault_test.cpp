#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "test_support.h"

namespace {

class FaultTest : public HostCudaTest {
protected:
    void SetUp() override {
        HostCudaTest::SetUp();
        stream_ = newStream();
        device_ = deviceMemory(64);
        pinned_ = pinnedMemory(64);
    }

    cudaError_t copy() { return cudaMemcpyAsync(device_, pinned_, 64, cudaMemcpyHostToDevice, stream_); }
    cudaError_t function() {
        return cudaLaunchHostFunc(
            stream_, [](void* count) { static_cast<std::atomic<int>*>(count)->fetch_add(1); }, &ran_);
    }

    cudaStream_t stream_ = nullptr;
    void* device_ = nullptr;
    void* pinned_ = nullptr;
    std::atomic<int> ran_{0};
};

TEST_F(FaultTest, OutOfMemoryAtTheNthAllocation) {
    setFaults("malloc:2=out_of_memory; host_alloc:1=memory_allocation, host_register:1=cudaErrorMemoryAllocation");
    void* memory = nullptr;
    EXPECT_CUDA(cudaMalloc(&memory, 16));
    EXPECT_EQ(cudaMalloc(&memory, 16), cudaErrorMemoryAllocation);
    EXPECT_EQ(cudaGetLastError(), cudaErrorMemoryAllocation);
    EXPECT_CUDA(cudaMalloc(&memory, 16));
    EXPECT_EQ(cudaMallocHost(&memory, 16), cudaErrorMemoryAllocation);
    EXPECT_CUDA(cudaMallocHost(&memory, 16));
    char host[16];
    EXPECT_EQ(cudaHostRegister(host, 16, 0), cudaErrorMemoryAllocation);
}

TEST_F(FaultTest, AndAllLaterOnes) {
    setFaults("malloc:2+=out_of_memory");
    void* memory = nullptr;
    EXPECT_CUDA(cudaMalloc(&memory, 16));
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(cudaMalloc(&memory, 16), cudaErrorMemoryAllocation);
    }
}

TEST_F(FaultTest, DeviceMemoryIsLimited) {
    setFaults("device_memory=1MiB");
    cudaDeviceProp prop;
    ASSERT_CUDA(cudaGetDeviceProperties(&prop, 0));
    EXPECT_EQ(prop.totalGlobalMem, 1U << 20);
    void* memory = nullptr;
    EXPECT_EQ(cudaMalloc(&memory, (1 << 20) - 63), cudaErrorMemoryAllocation);
    EXPECT_EQ(memory, nullptr);
    ASSERT_CUDA(cudaMalloc(&memory, (1 << 20) - 64));
    void* more = nullptr;
    EXPECT_EQ(cudaMallocAsync(&more, 1, stream_), cudaErrorMemoryAllocation);
    // Pinned memory is host memory and has no part in it.
    EXPECT_CUDA(cudaMallocHost(&more, 1 << 20));
    ASSERT_CUDA(cudaFree(memory));
    EXPECT_CUDA(cudaMalloc(&memory, 1 << 19));
}

TEST_F(FaultTest, CallsFailAtTheCall) {
    setFaults(
        "memcpy:2=unknown; memset:1=not_supported; host_func:1=launch_out_of_resources; event_create:1=out_of_memory;"
        "event_record:1=unknown; stream_create:1=out_of_memory; synchronize:1=unknown; malloc_async:1=out_of_memory");
    EXPECT_CUDA(copy());
    EXPECT_EQ(copy(), cudaErrorUnknown);
    EXPECT_CUDA(copy());
    EXPECT_EQ(cudaMemsetAsync(device_, 0, 64, stream_), cudaErrorNotSupported);
    EXPECT_EQ(function(), cudaErrorLaunchOutOfResources);
    cudaEvent_t event = nullptr;
    EXPECT_EQ(cudaEventCreate(&event), cudaErrorMemoryAllocation);
    ASSERT_CUDA(cudaEventCreate(&event));
    EXPECT_EQ(cudaEventRecord(event, stream_), cudaErrorUnknown);
    cudaStream_t stream = nullptr;
    EXPECT_EQ(cudaStreamCreate(&stream), cudaErrorMemoryAllocation);
    void* memory = nullptr;
    EXPECT_EQ(cudaMallocAsync(&memory, 16, stream_), cudaErrorMemoryAllocation);
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorUnknown);
    EXPECT_CUDA(cudaStreamSynchronize(stream_));
    EXPECT_EQ(ran_.load(), 0);
}

TEST_F(FaultTest, RunningWorkFailsLaterAndSticks) {
    setFaults("host_func:2=launch_failure");
    EXPECT_CUDA(function());
    EXPECT_CUDA(function());
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorLaunchFailure);
    EXPECT_EQ(ran_.load(), 1);
    // Every later call tells the same, and no more work runs.
    EXPECT_EQ(function(), cudaErrorLaunchFailure);
    EXPECT_EQ(cudaStreamQuery(stream_), cudaErrorLaunchFailure);
    EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorLaunchFailure);
    EXPECT_EQ(cudaGetLastError(), cudaErrorLaunchFailure);
    EXPECT_EQ(ran_.load(), 1);
    // Resources can still be given back.
    EXPECT_EQ(cudaFree(device_), cudaErrorLaunchFailure);
    EXPECT_EQ(cudaFreeHost(pinned_), cudaErrorLaunchFailure);
    EXPECT_EQ(cudaStreamDestroy(stream_), cudaErrorLaunchFailure);
    EXPECT_EQ(usage().allocations, 0U);
    ASSERT_CUDA(cudaDeviceReset());
    EXPECT_EQ(cudaGetLastError(), cudaErrorLaunchFailure);
    EXPECT_CUDA(cudaGetLastError());
    void* memory = nullptr;
    EXPECT_CUDA(cudaMalloc(&memory, 16));
}

TEST_F(FaultTest, WorkQueuedBehindAFailureIsSkipped) {
    setFaults("memcpy:1=illegal_address");
    std::memset(pinned_, 5, 64);
    Gate gate;
    gate.hold(stream_);
    cudaEvent_t event = newEvent();
    struct Seen {
        cudaError_t status = cudaSuccess;
    } seen;
    ASSERT_CUDA(copy());
    ASSERT_CUDA(function());
    ASSERT_CUDA(cudaEventRecord(event, stream_));
    ASSERT_CUDA(cudaStreamAddCallback(
        stream_, [](cudaStream_t, cudaError_t status, void* out) { static_cast<Seen*>(out)->status = status; }, &seen,
        0));
    gate.open();
    EXPECT_EQ(cudaEventSynchronize(event), cudaErrorIllegalAddress);
    EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    EXPECT_EQ(ran_.load(), 0);
    EXPECT_EQ(seen.status, cudaErrorIllegalAddress);
}

TEST_F(FaultTest, FailureStaysOnItsDevice) {
    setFaults("devices=2; host_func:1=launch_failure");
    EXPECT_CUDA(function());
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorLaunchFailure);
    ASSERT_CUDA(cudaSetDevice(1));
    void* memory = nullptr;
    EXPECT_CUDA(cudaMalloc(&memory, 16));
    EXPECT_CUDA(cudaDeviceSynchronize());
    EXPECT_CUDA(cudaDeviceReset());
    ASSERT_CUDA(cudaSetDevice(0));
}

TEST_F(FaultTest, GraphsFail) {
    ASSERT_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
    ASSERT_CUDA(function());
    cudaGraph_t graph = nullptr;
    ASSERT_CUDA(cudaStreamEndCapture(stream_, &graph));
    setFaults(
        "graph_instantiate:1=out_of_memory; graph_upload:1=unknown; graph_launch:1=unknown; begin_capture:1=unknown; "
        "end_capture:1=unknown");
    cudaGraphExec_t exec = nullptr;
    EXPECT_EQ(cudaGraphInstantiateWithFlags(&exec, graph, 0), cudaErrorMemoryAllocation);
    ASSERT_CUDA(cudaGraphInstantiateWithFlags(&exec, graph, 0));
    EXPECT_EQ(cudaGraphUpload(exec, stream_), cudaErrorUnknown);
    EXPECT_CUDA(cudaGraphUpload(exec, stream_));
    EXPECT_EQ(cudaGraphLaunch(exec, stream_), cudaErrorUnknown);
    EXPECT_CUDA(cudaGraphLaunch(exec, stream_));
    ASSERT_CUDA(cudaStreamSynchronize(stream_));
    EXPECT_EQ(ran_.load(), 1);

    EXPECT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), cudaErrorUnknown);
    ASSERT_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
    graph = reinterpret_cast<cudaGraph_t>(8);
    EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorUnknown);
    EXPECT_EQ(graph, nullptr);
    // The stream is out of the capture all the same.
    EXPECT_CUDA(cudaStreamSynchronize(stream_));
}

TEST_F(FaultTest, ReplayedNodesCountAsRunning) {
    ASSERT_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
    ASSERT_CUDA(function());
    cudaGraph_t graph = nullptr;
    ASSERT_CUDA(cudaStreamEndCapture(stream_, &graph));
    cudaGraphExec_t exec = nullptr;
    ASSERT_CUDA(cudaGraphInstantiateWithFlags(&exec, graph, 0));
    setFaults("host_func:3=illegal_instruction");
    for (int i = 0; i < 2; ++i) {
        ASSERT_CUDA(cudaGraphLaunch(exec, stream_));
        ASSERT_CUDA(cudaStreamSynchronize(stream_));
    }
    ASSERT_CUDA(cudaGraphLaunch(exec, stream_));
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorIllegalInstruction);
    EXPECT_EQ(ran_.load(), 2);
}

TEST_F(FaultTest, LaunchOfAGraphFailsWhileRunning) {
    ASSERT_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
    ASSERT_CUDA(function());
    cudaGraph_t graph = nullptr;
    ASSERT_CUDA(cudaStreamEndCapture(stream_, &graph));
    cudaGraphExec_t exec = nullptr;
    ASSERT_CUDA(cudaGraphInstantiateWithFlags(&exec, graph, 0));
    setFaults("graph_launch:1=launch_timeout");
    ASSERT_CUDA(cudaGraphLaunch(exec, stream_));
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorLaunchTimeout);
    EXPECT_EQ(ran_.load(), 0);
}

TEST_F(FaultTest, CopyBandwidthIsSimulated) {
    setFaults("copy_bandwidth=100MBps");
    constexpr size_t kSize = 1'000'000;  // 10 ms
    void* device = deviceMemory(kSize);
    void* pinned = pinnedMemory(kSize);
    cudaEvent_t start = newEvent();
    cudaEvent_t end = newEvent();
    ASSERT_CUDA(cudaEventRecord(start, stream_));
    ASSERT_CUDA(cudaMemcpyAsync(device, pinned, kSize, cudaMemcpyHostToDevice, stream_));
    ASSERT_CUDA(cudaEventRecord(end, stream_));
    ASSERT_CUDA(cudaEventSynchronize(end));
    float ms = 0;
    ASSERT_CUDA(cudaEventElapsedTime(&ms, start, end));
    EXPECT_GE(ms, 9.99F);
}

TEST_F(FaultTest, CopiesWithinTheDeviceDoNotWaitForTheBus) {
    setFaults("copy_bandwidth=1MBps");
    constexpr size_t kSize = 1'000'000;  // a second, if it counted
    void* device = deviceMemory(kSize);
    void* mapped = pinnedMemory(kSize);
    cudaEvent_t start = newEvent();
    cudaEvent_t end = newEvent();
    ASSERT_CUDA(cudaEventRecord(start, stream_));
    ASSERT_CUDA(cudaMemcpyAsync(mapped, device, kSize, cudaMemcpyDeviceToDevice, stream_));
    ASSERT_CUDA(cudaMemcpyAsync(device, mapped, kSize, cudaMemcpyDeviceToDevice, stream_));
    ASSERT_CUDA(cudaEventRecord(end, stream_));
    ASSERT_CUDA(cudaEventSynchronize(end));
    float ms = 0;
    ASSERT_CUDA(cudaEventElapsedTime(&ms, start, end));
    EXPECT_LT(ms, 1000.0F);
}

TEST_F(FaultTest, CopiesInOneDirectionShareTheBandwidth) {
    setFaults("copy_bandwidth=100MBps");
    constexpr size_t kSize = 1'000'000;  // 10 ms each
    cudaStream_t streams[] = {stream_, newStream()};
    void* device = deviceMemory(2 * kSize);
    void* pinned = pinnedMemory(2 * kSize);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 2; ++i) {
        ASSERT_CUDA(cudaMemcpyAsync(static_cast<char*>(device) + i * kSize, static_cast<char*>(pinned) + i * kSize,
                                    kSize, cudaMemcpyHostToDevice, streams[i]));
    }
    ASSERT_CUDA(cudaDeviceSynchronize());
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    EXPECT_GE(took.count(), 19.9);
}

TEST_F(FaultTest, EachCopyTakesItsSetup) {
    setFaults("copy_setup_us=5000");
    void* device = deviceMemory(64);
    void* pinned = pinnedMemory(64);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 3; ++i) {
        ASSERT_CUDA(cudaMemcpyAsync(device, pinned, 64, cudaMemcpyHostToDevice, stream_));
    }
    ASSERT_CUDA(cudaStreamSynchronize(stream_));
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    EXPECT_GE(took.count(), 14.9);
}

TEST_F(FaultTest, EachAllocationOfDeviceMemoryTakesItsTime) {
    setFaults("malloc_delay=5000");
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 3; ++i) {
        EXPECT_NE(deviceMemory(64), nullptr);
    }
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    EXPECT_GE(took.count(), 14.9);
}

TEST_F(FaultTest, WhatCannotBeUnderstoodFailsEveryCall) {
    for (const char* text : {"malloc:2", "malloc=3", "maloc:1=out_of_memory", "malloc:0=out_of_memory",
                             "malloc:x=out_of_memory", "malloc:1=no_such_error", "malloc:1=success", "devices=99",
                             "devices=two", "device_memory=12parsecs", "copy_bandwidth=5", "copy_setup_us=1ms",
                             "malloc_delay=1ms", "malloc:1=illegal_address", "spin_us=-1", "nonsense"}) {
        ::testing::internal::CaptureStderr();
        setFaults(text);
        const std::string output = ::testing::internal::GetCapturedStderr();
        EXPECT_NE(output.find(std::string("cannot understand '") + text + "'"), std::string::npos) << output;
        void* memory = nullptr;
        EXPECT_EQ(cudaMalloc(&memory, 16), cudaErrorInitializationError) << text;
        int count = 0;
        EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorInitializationError) << text;
    }
    setFaults(" ; spin_us=5 ;; devices = 1 , device_memory= 2 GiB;");
    void* memory = nullptr;
    EXPECT_CUDA(cudaMalloc(&memory, 16));
}

}  // namespace
