#include <atomic>
#include <chrono>
#include <cstdlib>
#include <numeric>
#include <thread>
#include <vector>

#include "test_support.h"

namespace {

class StreamTest : public HostCudaTest {};

TEST_F(StreamTest, RunsInOrder) {
    cudaStream_t stream = newStream();
    Marks marks;
    std::vector<int> expected(500);
    std::iota(expected.begin(), expected.end(), 0);
    for (const int i : expected) {
        marks.add(stream, i);
    }
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    EXPECT_EQ(marks.get(), expected);
}

TEST_F(StreamTest, RunsWithoutAnybodyWaiting) {
    cudaStream_t stream = newStream();
    Marks marks;
    marks.add(stream, 1);
    ASSERT_TRUE(becomesIdle(stream));
    EXPECT_EQ(marks.get(), std::vector<int>{1});
    // And again after the worker has gone to sleep.
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    marks.add(stream, 2);
    ASSERT_TRUE(becomesIdle(stream));
    EXPECT_EQ(marks.get(), (std::vector<int>{1, 2}));
}

TEST_F(StreamTest, QueryTellsNotReady) {
    cudaStream_t stream = newStream();
    EXPECT_CUDA(cudaStreamQuery(stream));
    Gate gate;
    gate.hold(stream);
    EXPECT_EQ(cudaStreamQuery(stream), cudaErrorNotReady);
    EXPECT_EQ(cudaGetLastError(), cudaErrorNotReady);
    gate.open();
    EXPECT_TRUE(becomesIdle(stream));
}

// Each of the two functions returns only when the other has begun: they must run at the same time.
TEST_F(StreamTest, TwoStreamsOverlap) {
    struct Rendezvous {
        std::mutex mutex;
        std::condition_variable changed;
        int arrived = 0;
        static void CUDART_CB meet(void* self) {
            auto& it = *static_cast<Rendezvous*>(self);
            std::unique_lock<std::mutex> lock(it.mutex);
            ++it.arrived;
            it.changed.notify_all();
            EXPECT_TRUE(it.changed.wait_for(lock, std::chrono::seconds(60), [&] { return it.arrived == 2; }));
        }
    } rendezvous;
    cudaStream_t first = newStream();
    cudaStream_t second = newStream();
    ASSERT_CUDA(cudaLaunchHostFunc(first, &Rendezvous::meet, &rendezvous));
    ASSERT_CUDA(cudaLaunchHostFunc(second, &Rendezvous::meet, &rendezvous));
    ASSERT_CUDA(cudaStreamSynchronize(first));
    ASSERT_CUDA(cudaStreamSynchronize(second));
}

TEST_F(StreamTest, CopiesOverlapWithFunctionsOfOtherStreams) {
    cudaStream_t held = newStream();
    cudaStream_t free = newStream();
    void* device = deviceMemory(100);
    void* pinned = pinnedMemory(100);
    Gate gate;
    gate.hold(held);
    ASSERT_TRUE(gate.waitEntered());
    ASSERT_CUDA(cudaMemcpyAsync(device, pinned, 100, cudaMemcpyHostToDevice, free));
    ASSERT_CUDA(cudaStreamSynchronize(free));
    EXPECT_EQ(cudaStreamQuery(held), cudaErrorNotReady);
    gate.open();
    ASSERT_CUDA(cudaStreamSynchronize(held));
}

TEST_F(StreamTest, QueueGrowsWhileHeld) {
    cudaStream_t stream = newStream();
    Gate gate;
    gate.hold(stream);
    Marks marks;
    for (int i = 0; i < 3000; ++i) {
        marks.add(stream, i);
    }
    gate.open();
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    std::vector<int> expected(3000);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(marks.get(), expected);
}

TEST_F(StreamTest, EveryWaitModeWaits) {
    for (const unsigned mode :
         {cudaDeviceScheduleAuto, cudaDeviceScheduleSpin, cudaDeviceScheduleYield, cudaDeviceScheduleBlockingSync}) {
        ASSERT_CUDA(cudaSetDeviceFlags(mode));
        cudaStream_t stream = newStream();
        Gate gate;
        Marks marks;
        gate.hold(stream);
        marks.add(stream, 1);
        // The worker is inside, so this thread cannot run the work itself and has to wait.
        ASSERT_TRUE(gate.waitEntered());
        std::thread opener([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            gate.open();
        });
        ASSERT_CUDA(cudaStreamSynchronize(stream));
        EXPECT_EQ(marks.get().size(), 1U);
        opener.join();
        ASSERT_CUDA(cudaStreamDestroy(stream));
    }
}

TEST_F(StreamTest, SynchronizeOfOneStreamDoesNotWaitForAnother) {
    cudaStream_t held = newStream();
    cudaStream_t other = newStream();
    Gate gate;
    gate.hold(held);
    ASSERT_TRUE(gate.waitEntered());
    EXPECT_CUDA(cudaStreamSynchronize(other));
    EXPECT_FALSE(gate.left());
}

TEST_F(StreamTest, SeveralThreadsWaitForOneStream) {
    cudaStream_t stream = newStream();
    Gate gate;
    gate.hold(stream);
    Marks marks;
    marks.add(stream, 1);
    ASSERT_TRUE(gate.waitEntered());
    std::vector<std::thread> waiters;
    for (int i = 0; i < 4; ++i) {
        waiters.emplace_back([&] {
            EXPECT_CUDA(cudaStreamSynchronize(stream));
            EXPECT_EQ(marks.get().size(), 1U);
        });
    }
    gate.open();
    for (std::thread& waiter : waiters) {
        waiter.join();
    }
}

TEST_F(StreamTest, SeveralThreadsSubmitToOneStream) {
    cudaStream_t stream = newStream();
    std::atomic<int> ran{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i) {
                EXPECT_CUDA(cudaLaunchHostFunc(
                    stream, [](void* count) { static_cast<std::atomic<int>*>(count)->fetch_add(1); }, &ran));
                if (i % 100 == 0) {
                    EXPECT_CUDA(cudaStreamSynchronize(stream));
                }
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    EXPECT_EQ(ran.load(), 2000);
}

TEST_F(StreamTest, WaitEventOrdersTwoStreams) {
    cudaStream_t producer = newStream();
    cudaStream_t consumer = newStream();
    cudaEvent_t event = newEvent(cudaEventDisableTiming);
    Gate gate;
    Marks marks;
    gate.hold(producer);
    marks.add(producer, 1);
    ASSERT_CUDA(cudaEventRecord(event, producer));
    ASSERT_CUDA(cudaStreamWaitEvent(consumer, event));
    marks.add(consumer, 2);
    EXPECT_EQ(cudaStreamQuery(consumer), cudaErrorNotReady);
    gate.open();
    ASSERT_TRUE(becomesIdle(consumer));
    EXPECT_EQ(marks.get(), (std::vector<int>{1, 2}));
}

TEST_F(StreamTest, LegacyStreamWaitsForBlockingStreams) {
    cudaStream_t blocking = newStream(cudaStreamDefault);
    Gate gate;
    Marks marks;
    gate.hold(blocking);
    marks.add(blocking, 1);
    marks.add(nullptr, 2);
    marks.add(blocking, 3);
    EXPECT_EQ(cudaStreamQuery(nullptr), cudaErrorNotReady);
    gate.open();
    ASSERT_CUDA(cudaDeviceSynchronize());
    EXPECT_EQ(marks.get(), (std::vector<int>{1, 2, 3}));
}

TEST_F(StreamTest, BlockingStreamsWaitForTheLegacyStream) {
    cudaStream_t blocking = newStream(cudaStreamDefault);
    Gate gate;
    Marks marks;
    gate.hold(cudaStreamLegacy);
    marks.add(nullptr, 1);
    marks.add(blocking, 2);
    EXPECT_EQ(cudaStreamQuery(blocking), cudaErrorNotReady);
    gate.open();
    ASSERT_TRUE(becomesIdle(blocking));
    EXPECT_EQ(marks.get(), (std::vector<int>{1, 2}));
}

TEST_F(StreamTest, NonBlockingStreamsIgnoreTheLegacyStream) {
    cudaStream_t free = newStream(cudaStreamNonBlocking);
    Gate gate;
    gate.hold(nullptr);
    ASSERT_TRUE(gate.waitEntered());
    Marks marks;
    marks.add(free, 1);
    ASSERT_CUDA(cudaStreamSynchronize(free));
    EXPECT_EQ(marks.get(), std::vector<int>{1});
    EXPECT_FALSE(gate.left());
    gate.open();
    Gate other;
    other.hold(free);
    ASSERT_TRUE(other.waitEntered());
    EXPECT_CUDA(cudaStreamSynchronize(nullptr));
    EXPECT_FALSE(other.left());
}

TEST_F(StreamTest, PerThreadStreamsAreDifferentStreams) {
    Gate gate;
    gate.hold(cudaStreamPerThread);
    ASSERT_TRUE(gate.waitEntered());
    std::thread([] {
        // Another thread's default stream is not the held one.
        int ran = 0;
        EXPECT_CUDA(cudaLaunchHostFunc(
            cudaStreamPerThread, [](void* count) { ++*static_cast<int*>(count); }, &ran));
        EXPECT_CUDA(cudaStreamSynchronize(cudaStreamPerThread));
        EXPECT_EQ(ran, 1);
    }).join();
    EXPECT_EQ(cudaStreamQuery(cudaStreamPerThread), cudaErrorNotReady);
    gate.open();
    EXPECT_CUDA(cudaStreamSynchronize(cudaStreamPerThread));
}

TEST_F(StreamTest, DestroyReturnsAtOnceAndTheWorkStillRuns) {
    cudaStream_t stream = newStream();
    Gate gate;
    Marks marks;
    gate.hold(stream);
    marks.add(stream, 1);
    ASSERT_TRUE(gate.waitEntered());
    ASSERT_CUDA(cudaStreamDestroy(stream));
    EXPECT_FALSE(gate.left());
    gate.open();
    ASSERT_CUDA(cudaDeviceSynchronize());
    EXPECT_EQ(marks.get(), std::vector<int>{1});
}

TEST_F(StreamTest, WorkersOfDestroyedStreamsEnd) {
    const uint64_t before = usage().streams;
    for (int i = 0; i < 50; ++i) {
        cudaStream_t stream = newStream();
        Marks marks;
        marks.add(stream, i);
        ASSERT_CUDA(cudaStreamSynchronize(stream));
        ASSERT_CUDA(cudaStreamDestroy(stream));
    }
    for (int i = 0; i < 60'000 && usage().streams > before; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_LE(usage().streams, before);
}

TEST_F(StreamTest, CallbackSeesStreamAndStatus) {
    struct Seen {
        cudaStream_t stream = nullptr;
        cudaError_t status = cudaErrorUnknown;
    } seen;
    cudaStream_t stream = newStream();
    ASSERT_CUDA(cudaStreamAddCallback(
        stream,
        [](cudaStream_t where, cudaError_t status, void* data) {
            *static_cast<Seen*>(data) = {where, status};
        },
        &seen, 0));
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    EXPECT_EQ(seen.stream, stream);
    EXPECT_EQ(seen.status, cudaSuccess);
    EXPECT_EQ(cudaStreamAddCallback(stream, nullptr, nullptr, 0), cudaErrorInvalidValue);
}

TEST_F(StreamTest, ArgumentsAreChecked) {
    cudaStream_t stream = nullptr;
    EXPECT_EQ(cudaStreamCreate(nullptr), cudaErrorInvalidValue);
    EXPECT_EQ(cudaStreamCreateWithFlags(&stream, 7), cudaErrorInvalidValue);
    EXPECT_EQ(cudaStreamDestroy(nullptr), cudaErrorInvalidResourceHandle);
    EXPECT_EQ(cudaStreamDestroy(cudaStreamLegacy), cudaErrorInvalidResourceHandle);
    EXPECT_EQ(cudaLaunchHostFunc(nullptr, nullptr, nullptr), cudaErrorInvalidValue);
}

// A stream's worker must neither crash the exit nor begin more work once static destructors may run.
TEST_F(StreamTest, ProcessExitsCleanlyWithWorkInFlight) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            cudaStream_t stream = nullptr;
            cudaStreamCreate(&stream);
            static std::atomic<bool> begun;
            for (int i = 0; i < 1000; ++i) {
                cudaLaunchHostFunc(
                    stream,
                    [](void*) {
                        begun = true;
                        std::this_thread::sleep_for(std::chrono::milliseconds(20));
                    },
                    nullptr);
            }
            while (!begun) {
                std::this_thread::yield();
            }
            std::exit(3);
        },
        ::testing::ExitedWithCode(3), "");
}

// Destroyed after main() has returned.
struct UsesCudaAtExit {
    void* memory = nullptr;
    cudaStream_t stream = nullptr;
    ~UsesCudaAtExit() {
        const bool good = cudaMemsetAsync(memory, 0, 16, stream) == cudaSuccess &&
                          cudaStreamSynchronize(stream) == cudaSuccess && cudaFree(memory) == cudaSuccess &&
                          cudaStreamDestroy(stream) == cudaSuccess;
        if (memory != nullptr && !good) {
            std::_Exit(9);
        }
    }
};

TEST_F(StreamTest, StaticDestructorsMayUseTheRuntime) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            static UsesCudaAtExit late;
            cudaMalloc(&late.memory, 16);
            cudaStreamCreate(&late.stream);
            std::exit(0);
        },
        ::testing::ExitedWithCode(0), "");
}

}  // namespace
