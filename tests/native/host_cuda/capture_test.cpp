#include <thread>
#include <vector>

#include "test_support.h"

namespace {

// What CUDA refuses around a capture, with its error codes.
class CaptureTest : public HostCudaTest {
protected:
    void SetUp() override {
        HostCudaTest::SetUp();
        stream_ = newStream(cudaStreamDefault);
        device_ = deviceMemory(64);
        pinned_ = pinnedMemory(64);
    }

    void begin(cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal) {
        ASSERT_CUDA(cudaStreamBeginCapture(stream_, mode));
        ASSERT_CUDA(cudaMemsetAsync(device_, 0, 64, stream_));
    }

    static cudaStreamCaptureStatus status(cudaStream_t stream) {
        cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
        EXPECT_CUDA(cudaStreamIsCapturing(stream, &status));
        return status;
    }

    // Ends the capture and expects that it was invalid; afterwards the stream works again.
    void expectInvalidated() {
        EXPECT_EQ(status(stream_), cudaStreamCaptureStatusInvalidated);
        EXPECT_EQ(cudaMemsetAsync(device_, 0, 64, stream_), cudaErrorStreamCaptureInvalidated);
        endExpecting(cudaErrorStreamCaptureInvalidated);
    }

    void endExpecting(cudaError_t error) {
        auto graph = reinterpret_cast<cudaGraph_t>(8);
        EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), error);
        EXPECT_EQ(graph, nullptr);
        EXPECT_EQ(status(stream_), cudaStreamCaptureStatusNone);
        EXPECT_CUDA(cudaMemsetAsync(device_, 0, 64, stream_));
        EXPECT_CUDA(cudaStreamSynchronize(stream_));
    }

    void endGood() {
        cudaGraph_t graph = nullptr;
        EXPECT_CUDA(cudaStreamEndCapture(stream_, &graph));
        EXPECT_NE(graph, nullptr);
    }

    cudaStream_t stream_ = nullptr;
    void* device_ = nullptr;
    void* pinned_ = nullptr;
};

constexpr cudaStreamCaptureMode kModes[] = {cudaStreamCaptureModeGlobal, cudaStreamCaptureModeThreadLocal,
                                            cudaStreamCaptureModeRelaxed};

TEST_F(CaptureTest, StatusAndIdFollowTheSequence) {
    EXPECT_EQ(status(stream_), cudaStreamCaptureStatusNone);
    unsigned long long first = 0;
    unsigned long long second = 0;
    cudaStreamCaptureStatus state = cudaStreamCaptureStatusNone;
    begin();
    ASSERT_CUDA(cudaStreamGetCaptureInfo(stream_, &state, &first));
    EXPECT_EQ(state, cudaStreamCaptureStatusActive);
    endGood();
    begin();
    ASSERT_CUDA(cudaStreamGetCaptureInfo(stream_, &state, &second));
    EXPECT_NE(first, second);
    endGood();
}

TEST_F(CaptureTest, NotOnTheLegacyStream) {
    EXPECT_EQ(cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeGlobal), cudaErrorStreamCaptureUnsupported);
    EXPECT_EQ(cudaStreamBeginCapture(cudaStreamLegacy, cudaStreamCaptureModeRelaxed),
              cudaErrorStreamCaptureUnsupported);
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(nullptr, &graph), cudaErrorIllegalState);
}

TEST_F(CaptureTest, PerThreadStreamCaptures) {
    ASSERT_CUDA(cudaStreamBeginCapture(cudaStreamPerThread, cudaStreamCaptureModeThreadLocal));
    EXPECT_EQ(status(cudaStreamPerThread), cudaStreamCaptureStatusActive);
    cudaGraph_t graph = nullptr;
    EXPECT_CUDA(cudaStreamEndCapture(cudaStreamPerThread, &graph));
}

TEST_F(CaptureTest, BeginsAndEndsOnce) {
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorIllegalState);
    begin();
    EXPECT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal), cudaErrorIllegalState);
    EXPECT_EQ(cudaStreamEndCapture(stream_, nullptr), cudaErrorInvalidValue);
    endGood();
    EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorIllegalState);
    EXPECT_EQ(cudaStreamBeginCapture(stream_, static_cast<cudaStreamCaptureMode>(3)), cudaErrorInvalidValue);
}

TEST_F(CaptureTest, WaitsAndQueriesOfTheStreamInvalidate) {
    for (const cudaStreamCaptureMode mode : kModes) {
        begin(mode);
        EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorStreamCaptureUnsupported);
        expectInvalidated();
        begin(mode);
        EXPECT_EQ(cudaStreamQuery(stream_), cudaErrorStreamCaptureUnsupported);
        expectInvalidated();
        begin(mode);
        EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorStreamCaptureUnsupported);
        expectInvalidated();
    }
}

TEST_F(CaptureTest, WaitsAndQueriesOfCapturedEventsInvalidate) {
    cudaEvent_t event = newEvent();
    for (const cudaStreamCaptureMode mode : kModes) {
        begin(mode);
        ASSERT_CUDA(cudaEventRecord(event, stream_));
        EXPECT_EQ(cudaEventQuery(event), cudaErrorCapturedEvent);
        expectInvalidated();
        begin(mode);
        ASSERT_CUDA(cudaEventRecord(event, stream_));
        EXPECT_EQ(cudaEventSynchronize(event), cudaErrorCapturedEvent);
        expectInvalidated();
    }
    float ms = 0;
    EXPECT_EQ(cudaEventElapsedTime(&ms, event, event), cudaErrorCapturedEvent);
    // An ordinary record makes the event ordinary.
    ASSERT_CUDA(cudaEventRecord(event, stream_));
    EXPECT_CUDA(cudaEventSynchronize(event));
}

TEST_F(CaptureTest, UnsafeCallsInvalidate) {
    cudaStream_t other = newStream();
    cudaEvent_t event = newEvent();
    ASSERT_CUDA(cudaEventRecord(event, other));
    std::vector<char> host(100);
    void* memory = nullptr;
    const auto expectUnsafe = [&](cudaError_t error) {
        EXPECT_EQ(error, cudaErrorStreamCaptureUnsupported);
        expectInvalidated();
    };
    for (const cudaStreamCaptureMode mode : {cudaStreamCaptureModeGlobal, cudaStreamCaptureModeThreadLocal}) {
        begin(mode);
        expectUnsafe(cudaMalloc(&memory, 16));
        begin(mode);
        expectUnsafe(cudaFree(device_));
        begin(mode);
        expectUnsafe(cudaMallocHost(&memory, 16));
        begin(mode);
        expectUnsafe(cudaFreeHost(pinned_));
        begin(mode);
        expectUnsafe(cudaHostRegister(host.data(), host.size(), 0));
        begin(mode);
        expectUnsafe(cudaStreamSynchronize(other));
        begin(mode);
        expectUnsafe(cudaStreamQuery(other));
        begin(mode);
        expectUnsafe(cudaEventQuery(event));
        begin(mode);
        expectUnsafe(cudaEventSynchronize(event));
        begin(mode);
        expectUnsafe(cudaStreamAddCallback(
            stream_, [](cudaStream_t, cudaError_t, void*) {}, nullptr, 0));
    }
}

TEST_F(CaptureTest, RelaxedModeAllowsUnsafeCalls) {
    begin(cudaStreamCaptureModeRelaxed);
    void* memory = nullptr;
    EXPECT_CUDA(cudaMalloc(&memory, 16));
    EXPECT_CUDA(cudaFree(memory));
    EXPECT_CUDA(cudaStreamSynchronize(newStream()));
    endGood();

    begin(cudaStreamCaptureModeGlobal);
    cudaStreamCaptureMode mode = cudaStreamCaptureModeRelaxed;
    ASSERT_CUDA(cudaThreadExchangeStreamCaptureMode(&mode));
    EXPECT_EQ(mode, cudaStreamCaptureModeGlobal);
    EXPECT_CUDA(cudaMalloc(&memory, 16));
    ASSERT_CUDA(cudaThreadExchangeStreamCaptureMode(&mode));
    EXPECT_EQ(mode, cudaStreamCaptureModeRelaxed);
    endGood();
    mode = static_cast<cudaStreamCaptureMode>(3);
    EXPECT_EQ(cudaThreadExchangeStreamCaptureMode(&mode), cudaErrorInvalidValue);
}

TEST_F(CaptureTest, OtherThreadsDependOnTheMode) {
    const auto mallocElsewhere = [](cudaStreamCaptureMode own) {
        cudaError_t error = cudaSuccess;
        std::thread([&] {
            cudaThreadExchangeStreamCaptureMode(&own);
            void* memory = nullptr;
            error = cudaMalloc(&memory, 16);
        }).join();
        return error;
    };
    begin(cudaStreamCaptureModeGlobal);
    EXPECT_EQ(mallocElsewhere(cudaStreamCaptureModeGlobal), cudaErrorStreamCaptureUnsupported);
    expectInvalidated();
    begin(cudaStreamCaptureModeGlobal);
    EXPECT_CUDA(mallocElsewhere(cudaStreamCaptureModeThreadLocal));
    endGood();
    begin(cudaStreamCaptureModeThreadLocal);
    EXPECT_CUDA(mallocElsewhere(cudaStreamCaptureModeGlobal));
    endGood();
    begin(cudaStreamCaptureModeRelaxed);
    EXPECT_CUDA(mallocElsewhere(cudaStreamCaptureModeGlobal));
    endGood();
}

TEST_F(CaptureTest, OnlyTheBeginningThreadEndsIt) {
    begin(cudaStreamCaptureModeThreadLocal);
    std::thread([&] {
        cudaGraph_t graph = nullptr;
        EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureWrongThread);
    }).join();
    endGood();
    begin(cudaStreamCaptureModeRelaxed);
    std::thread([&] {
        cudaGraph_t graph = nullptr;
        EXPECT_CUDA(cudaStreamEndCapture(stream_, &graph));
    }).join();
    EXPECT_EQ(status(stream_), cudaStreamCaptureStatusNone);
}

TEST_F(CaptureTest, LegacyStreamUseInvalidatesBlockingCaptures) {
    cudaEvent_t event = newEvent();
    char host[64];
    const auto expectImplicit = [&](cudaError_t error) {
        EXPECT_EQ(error, cudaErrorStreamCaptureImplicit);
        expectInvalidated();
    };
    for (const cudaStreamCaptureMode mode : kModes) {
        begin(mode);
        expectImplicit(cudaMemcpy(host, device_, 64, cudaMemcpyDeviceToHost));
        begin(mode);
        expectImplicit(cudaMemset(device_, 0, 64));
        begin(mode);
        expectImplicit(cudaMemcpyAsync(pinned_, device_, 64, cudaMemcpyDeviceToHost, nullptr));
        begin(mode);
        expectImplicit(cudaLaunchHostFunc(
            nullptr, [](void*) {}, nullptr));
        begin(mode);
        expectImplicit(cudaEventRecord(event, nullptr));
        begin(mode);
        expectImplicit(cudaStreamWaitEvent(nullptr, event));
        begin(mode);
        expectImplicit(cudaStreamSynchronize(nullptr));
    }
    // Asking is not using.
    begin();
    cudaStreamCaptureStatus state = cudaStreamCaptureStatusNone;
    EXPECT_EQ(cudaStreamIsCapturing(nullptr, &state), cudaErrorStreamCaptureImplicit);
    EXPECT_EQ(cudaStreamGetCaptureInfo(nullptr, &state, nullptr), cudaErrorStreamCaptureImplicit);
    endGood();
}

TEST_F(CaptureTest, LegacyStreamIsFreeBesideNonBlockingCaptures) {
    cudaStream_t capturing = newStream(cudaStreamNonBlocking);
    ASSERT_CUDA(cudaStreamBeginCapture(capturing, cudaStreamCaptureModeGlobal));
    EXPECT_CUDA(cudaMemsetAsync(device_, 0, 64, nullptr));
    // But a synchronous copy is an unsafe call.
    char host[64];
    EXPECT_EQ(cudaMemcpy(host, device_, 64, cudaMemcpyDeviceToHost), cudaErrorStreamCaptureUnsupported);
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(capturing, &graph), cudaErrorStreamCaptureInvalidated);
}

TEST_F(CaptureTest, OtherStreamsWorkBesideACapture) {
    cudaStream_t other = newStream();
    begin(cudaStreamCaptureModeGlobal);
    Marks marks;
    marks.add(other, 1);
    endGood();
    ASSERT_CUDA(cudaStreamSynchronize(other));
    EXPECT_EQ(marks.get(), std::vector<int>{1});
}

TEST_F(CaptureTest, ForkedStreamMustBeJoined) {
    cudaStream_t side = newStream();
    cudaEvent_t fork = newEvent();
    begin();
    ASSERT_CUDA(cudaEventRecord(fork, stream_));
    ASSERT_CUDA(cudaStreamWaitEvent(side, fork));
    ASSERT_CUDA(cudaMemsetAsync(pinned_, 0, 64, side));
    endExpecting(cudaErrorStreamCaptureUnjoined);
    EXPECT_EQ(status(side), cudaStreamCaptureStatusNone);
    EXPECT_CUDA(cudaStreamSynchronize(side));
}

TEST_F(CaptureTest, WorkAfterTheJoinCountsAsUnjoined) {
    cudaStream_t side = newStream();
    cudaEvent_t fork = newEvent();
    cudaEvent_t join = newEvent();
    begin();
    ASSERT_CUDA(cudaEventRecord(fork, stream_));
    ASSERT_CUDA(cudaStreamWaitEvent(side, fork));
    ASSERT_CUDA(cudaMemsetAsync(pinned_, 0, 64, side));
    ASSERT_CUDA(cudaEventRecord(join, side));
    ASSERT_CUDA(cudaStreamWaitEvent(stream_, join));
    ASSERT_CUDA(cudaMemsetAsync(pinned_, 1, 64, side));
    endExpecting(cudaErrorStreamCaptureUnjoined);
}

TEST_F(CaptureTest, ForkWithoutWorkNeedsNoJoin) {
    cudaStream_t side = newStream();
    cudaEvent_t fork = newEvent();
    begin();
    ASSERT_CUDA(cudaEventRecord(fork, stream_));
    ASSERT_CUDA(cudaStreamWaitEvent(side, fork));
    endGood();
}

TEST_F(CaptureTest, EndsWhereItBegan) {
    cudaStream_t side = newStream();
    cudaEvent_t fork = newEvent();
    begin();
    ASSERT_CUDA(cudaEventRecord(fork, stream_));
    ASSERT_CUDA(cudaStreamWaitEvent(side, fork));
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(side, &graph), cudaErrorStreamCaptureUnmatched);
    EXPECT_EQ(cudaStreamBeginCapture(side, cudaStreamCaptureModeGlobal), cudaErrorIllegalState);
    endGood();
}

TEST_F(CaptureTest, MustNotWaitForOutsideWork) {
    cudaStream_t outside = newStream();
    cudaEvent_t event = newEvent();
    ASSERT_CUDA(cudaEventRecord(event, outside));
    begin();
    EXPECT_EQ(cudaStreamWaitEvent(stream_, event), cudaErrorStreamCaptureIsolation);
    expectInvalidated();
}

TEST_F(CaptureTest, MustNotMergeWithAnother) {
    cudaStream_t other = newStream();
    cudaEvent_t event = newEvent();
    begin();
    ASSERT_CUDA(cudaStreamBeginCapture(other, cudaStreamCaptureModeGlobal));
    ASSERT_CUDA(cudaEventRecord(event, other));
    EXPECT_EQ(cudaStreamWaitEvent(stream_, event), cudaErrorStreamCaptureMerge);
    EXPECT_EQ(status(other), cudaStreamCaptureStatusInvalidated);
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(other, &graph), cudaErrorStreamCaptureInvalidated);
    expectInvalidated();
}

TEST_F(CaptureTest, EventsOfAnEndedCaptureCannotBeWaitedFor) {
    cudaEvent_t event = newEvent();
    begin();
    ASSERT_CUDA(cudaEventRecord(event, stream_));
    endGood();
    cudaStream_t other = newStream();
    EXPECT_EQ(cudaStreamWaitEvent(other, event), cudaErrorCapturedEvent);
    EXPECT_EQ(cudaEventQuery(event), cudaErrorCapturedEvent);
    begin();
    EXPECT_EQ(cudaStreamWaitEvent(stream_, event), cudaErrorStreamCaptureIsolation);
    expectInvalidated();
}

TEST_F(CaptureTest, RefusedOperationsDoNotBecomeNodes) {
    begin();
    EXPECT_EQ(cudaMemcpyAsync(device_, pinned_, 64, cudaMemcpyDeviceToHost, stream_), cudaErrorInvalidValue);
    EXPECT_EQ(cudaMemsetAsync(nullptr, 0, 64, stream_), cudaErrorInvalidValue);
    cudaGraph_t graph = nullptr;
    ASSERT_CUDA(cudaStreamEndCapture(stream_, &graph));
    size_t count = 0;
    ASSERT_CUDA(cudaGraphGetNodes(graph, nullptr, &count));
    EXPECT_EQ(count, 1U);
}

TEST_F(CaptureTest, DestroyingTheStreamEndsTheCapture) {
    cudaStream_t capturing = newStream();
    ASSERT_CUDA(cudaStreamBeginCapture(capturing, cudaStreamCaptureModeGlobal));
    ASSERT_CUDA(cudaStreamDestroy(capturing));
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(capturing, &graph), cudaErrorContextIsDestroyed);
    expectReport("destroyed stream");
    // Nothing is forbidden any more.
    void* memory = nullptr;
    EXPECT_CUDA(cudaMalloc(&memory, 16));
}

TEST_F(CaptureTest, DestroyingAJoinedStreamInvalidates) {
    cudaStream_t side = newStream();
    cudaEvent_t fork = newEvent();
    begin();
    ASSERT_CUDA(cudaEventRecord(fork, stream_));
    ASSERT_CUDA(cudaStreamWaitEvent(side, fork));
    ASSERT_CUDA(cudaStreamDestroy(side));
    expectInvalidated();
}

TEST_F(CaptureTest, StreamOrderedAllocationIsNotSupported) {
    begin();
    void* memory = nullptr;
    EXPECT_EQ(cudaMallocAsync(&memory, 16, stream_), cudaErrorNotSupported);
    EXPECT_EQ(cudaFreeAsync(device_, stream_), cudaErrorNotSupported);
    endGood();
}

TEST_F(CaptureTest, TwoThreadsCaptureAtTheSameTime) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([this] {
            cudaStream_t own = nullptr;
            EXPECT_CUDA(cudaStreamCreateWithFlags(&own, cudaStreamNonBlocking));
            for (int i = 0; i < 50; ++i) {
                EXPECT_CUDA(cudaStreamBeginCapture(own, cudaStreamCaptureModeThreadLocal));
                EXPECT_CUDA(cudaMemsetAsync(device_, 0, 64, own));
                cudaGraph_t graph = nullptr;
                EXPECT_CUDA(cudaStreamEndCapture(own, &graph));
                size_t count = 0;
                EXPECT_CUDA(cudaGraphGetNodes(graph, nullptr, &count));
                EXPECT_EQ(count, 1U);
                EXPECT_CUDA(cudaGraphDestroy(graph));
            }
            EXPECT_CUDA(cudaStreamDestroy(own));
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

}  // namespace
