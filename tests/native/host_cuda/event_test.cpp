#include <chrono>
#include <cmath>
#include <thread>

#include "test_support.h"

namespace {

void CUDART_CB sleepMillis(void* millis) {
    std::this_thread::sleep_for(std::chrono::milliseconds(*static_cast<int*>(millis)));
}

class EventTest : public HostCudaTest {};

TEST_F(EventTest, TimesWhatRunsBetween) {
    cudaStream_t stream = newStream();
    cudaEvent_t start = newEvent();
    cudaEvent_t middle = newEvent();
    cudaEvent_t end = newEvent();
    int millis = 20;
    ASSERT_CUDA(cudaEventRecord(start, stream));
    ASSERT_CUDA(cudaLaunchHostFunc(stream, &sleepMillis, &millis));
    ASSERT_CUDA(cudaEventRecord(middle, stream));
    ASSERT_CUDA(cudaEventRecord(end, stream));
    ASSERT_CUDA(cudaEventSynchronize(end));
    float first = 0;
    float second = 0;
    float whole = 0;
    float backwards = 0;
    ASSERT_CUDA(cudaEventElapsedTime(&first, start, middle));
    ASSERT_CUDA(cudaEventElapsedTime(&second, middle, end));
    ASSERT_CUDA(cudaEventElapsedTime(&whole, start, end));
    ASSERT_CUDA(cudaEventElapsedTime(&backwards, end, start));
    EXPECT_GE(first, 20.0F);
    EXPECT_GE(second, 0.0F);
    EXPECT_NEAR(whole, first + second, 0.01F);
    EXPECT_EQ(backwards, -whole);
}

TEST_F(EventTest, IsReadyBeforeItsFirstRecord) {
    cudaEvent_t event = newEvent();
    EXPECT_CUDA(cudaEventQuery(event));
    EXPECT_CUDA(cudaEventSynchronize(event));
    cudaStream_t stream = newStream();
    EXPECT_CUDA(cudaStreamWaitEvent(stream, event));
    float ms = 0;
    EXPECT_EQ(cudaEventElapsedTime(&ms, event, event), cudaErrorInvalidResourceHandle);
}

TEST_F(EventTest, IsNotReadyWhileItsStreamIsHeld) {
    cudaStream_t stream = newStream();
    cudaEvent_t start = newEvent();
    cudaEvent_t end = newEvent();
    ASSERT_CUDA(cudaEventRecord(start, stream));
    Gate gate;
    gate.hold(stream);
    ASSERT_CUDA(cudaEventRecord(end, stream));
    EXPECT_EQ(cudaEventQuery(end), cudaErrorNotReady);
    float ms = 0;
    EXPECT_EQ(cudaEventElapsedTime(&ms, start, end), cudaErrorNotReady);
    ASSERT_TRUE(gate.waitEntered());
    EXPECT_CUDA(cudaEventQuery(start));
    gate.open();
    ASSERT_CUDA(cudaEventSynchronize(end));
    EXPECT_CUDA(cudaEventQuery(end));
    EXPECT_CUDA(cudaEventElapsedTime(&ms, start, end));
}

TEST_F(EventTest, SynchronizeWaitsInEveryMode) {
    for (const unsigned flags : {cudaEventDefault, cudaEventBlockingSync}) {
        cudaStream_t stream = newStream();
        cudaEvent_t event = newEvent(flags);
        Gate gate;
        gate.hold(stream);
        ASSERT_CUDA(cudaEventRecord(event, stream));
        ASSERT_TRUE(gate.waitEntered());
        std::thread opener([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            gate.open();
        });
        ASSERT_CUDA(cudaEventSynchronize(event));
        EXPECT_TRUE(gate.left());
        opener.join();
    }
}

TEST_F(EventTest, StandsForTheWorkBeforeIt) {
    cudaStream_t stream = newStream();
    cudaEvent_t event = newEvent();
    ASSERT_CUDA(cudaEventRecord(event, stream));
    Gate gate;
    gate.hold(stream);
    // Work after the record does not matter.
    ASSERT_CUDA(cudaEventSynchronize(event));
    EXPECT_FALSE(gate.left());
}

TEST_F(EventTest, NewRecordReplacesTheOld) {
    cudaStream_t held = newStream();
    cudaStream_t free = newStream();
    cudaEvent_t event = newEvent();
    cudaEvent_t later = newEvent();
    Gate gate;
    gate.hold(held);
    ASSERT_CUDA(cudaEventRecord(event, held));
    EXPECT_EQ(cudaEventQuery(event), cudaErrorNotReady);
    ASSERT_CUDA(cudaEventRecord(event, free));
    ASSERT_CUDA(cudaEventRecord(later, free));
    ASSERT_CUDA(cudaEventSynchronize(later));
    float ms = 0;
    ASSERT_CUDA(cudaEventElapsedTime(&ms, event, later));
    gate.open();
    ASSERT_CUDA(cudaStreamSynchronize(held));
    // The old record, reached only now, has not touched the time.
    float again = 0;
    ASSERT_CUDA(cudaEventElapsedTime(&again, event, later));
    EXPECT_EQ(ms, again);
}

TEST_F(EventTest, WaitUsesTheRecordOfItsMoment) {
    cudaStream_t first = newStream();
    cudaStream_t second = newStream();
    cudaStream_t waiting = newStream();
    cudaEvent_t event = newEvent();
    Gate firstGate;
    Gate secondGate;
    firstGate.hold(first);
    secondGate.hold(second);
    ASSERT_CUDA(cudaEventRecord(event, first));
    ASSERT_CUDA(cudaStreamWaitEvent(waiting, event));
    ASSERT_CUDA(cudaEventRecord(event, second));
    EXPECT_EQ(cudaStreamQuery(waiting), cudaErrorNotReady);
    firstGate.open();
    EXPECT_TRUE(becomesIdle(waiting));
    EXPECT_EQ(cudaEventQuery(event), cudaErrorNotReady);
}

TEST_F(EventTest, WithoutTimingRefusesElapsedTime) {
    cudaStream_t stream = newStream();
    cudaEvent_t timed = newEvent();
    cudaEvent_t untimed = newEvent(cudaEventDisableTiming);
    ASSERT_CUDA(cudaEventRecord(timed, stream));
    ASSERT_CUDA(cudaEventRecord(untimed, stream));
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    float ms = 0;
    EXPECT_EQ(cudaEventElapsedTime(&ms, timed, untimed), cudaErrorInvalidResourceHandle);
    EXPECT_EQ(cudaEventElapsedTime(&ms, untimed, timed), cudaErrorInvalidResourceHandle);
    EXPECT_EQ(cudaEventElapsedTime(nullptr, timed, timed), cudaErrorInvalidValue);
    EXPECT_EQ(cudaEventElapsedTime(&ms, nullptr, timed), cudaErrorInvalidResourceHandle);
}

TEST_F(EventTest, MayBeDestroyedBeforeItCompletes) {
    cudaStream_t stream = newStream();
    cudaEvent_t event = newEvent();
    Gate gate;
    gate.hold(stream);
    ASSERT_CUDA(cudaEventRecord(event, stream));
    cudaStream_t waiting = newStream();
    ASSERT_CUDA(cudaStreamWaitEvent(waiting, event));
    ASSERT_CUDA(cudaEventDestroy(event));
    EXPECT_EQ(cudaStreamQuery(waiting), cudaErrorNotReady);
    gate.open();
    EXPECT_CUDA(cudaStreamSynchronize(waiting));
}

TEST_F(EventTest, OutlivesItsStream) {
    cudaStream_t stream = newStream();
    cudaEvent_t event = newEvent();
    ASSERT_CUDA(cudaEventRecord(event, stream));
    ASSERT_CUDA(cudaStreamDestroy(stream));
    EXPECT_CUDA(cudaEventSynchronize(event));
    EXPECT_CUDA(cudaEventQuery(event));
}

TEST_F(EventTest, FlagsAreChecked) {
    cudaEvent_t event = nullptr;
    EXPECT_EQ(cudaEventCreateWithFlags(&event, 0x40), cudaErrorInvalidValue);
    EXPECT_EQ(cudaEventCreateWithFlags(&event, cudaEventInterprocess), cudaErrorInvalidValue);
    EXPECT_EQ(cudaEventCreateWithFlags(&event, cudaEventInterprocess | cudaEventDisableTiming), cudaErrorNotSupported);
    EXPECT_EQ(cudaEventCreate(nullptr), cudaErrorInvalidValue);
    event = newEvent();
    EXPECT_EQ(cudaEventRecordWithFlags(event, newStream(), 8), cudaErrorInvalidValue);
    EXPECT_EQ(cudaStreamWaitEvent(newStream(), event, 8), cudaErrorInvalidValue);
    EXPECT_EQ(cudaStreamWaitEvent(newStream(), nullptr), cudaErrorInvalidResourceHandle);
    EXPECT_EQ(cudaEventDestroy(nullptr), cudaErrorInvalidResourceHandle);
}

TEST_F(EventTest, BelongsToItsDevice) {
    setFaults("devices=2");
    cudaEvent_t event = newEvent();
    cudaStream_t stream = newStream();
    ASSERT_CUDA(cudaSetDevice(1));
    cudaStream_t foreign = newStream();
    EXPECT_EQ(cudaEventRecord(event, foreign), cudaErrorInvalidResourceHandle);
    // Waiting across devices is allowed.
    ASSERT_CUDA(cudaEventRecord(event, stream));
    EXPECT_CUDA(cudaStreamWaitEvent(foreign, event));
    EXPECT_CUDA(cudaStreamSynchronize(foreign));
    ASSERT_CUDA(cudaDeviceReset());
    ASSERT_CUDA(cudaSetDevice(0));
}

TEST_F(EventTest, OnTheLegacyStreamCoversBlockingStreams) {
    cudaStream_t blocking = newStream(cudaStreamDefault);
    cudaEvent_t event = newEvent();
    Gate gate;
    gate.hold(blocking);
    ASSERT_CUDA(cudaEventRecord(event));
    EXPECT_EQ(cudaEventQuery(event), cudaErrorNotReady);
    gate.open();
    EXPECT_CUDA(cudaEventSynchronize(event));
    EXPECT_TRUE(gate.left());
}

}  // namespace
