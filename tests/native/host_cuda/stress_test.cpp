#include <array>
#include <atomic>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "test_support.h"

namespace {

// Threads that share streams, events and a graph, and create and destroy their own; for the sanitizers above all.
class StressTest : public HostCudaTest {
protected:
    static constexpr int kThreads = 4;
    static constexpr int kRounds = 300;

    static void CUDART_CB count(void* counter) { static_cast<std::atomic<int>*>(counter)->fetch_add(1); }
};

TEST_F(StressTest, SharedObjectsFromManyThreads) {
    constexpr size_t kSize = 512;
    std::array<cudaStream_t, 2> streams = {newStream(), newStream(cudaStreamDefault)};
    std::array<cudaEvent_t, 3> events = {newEvent(), newEvent(), newEvent(cudaEventBlockingSync)};
    // Each is written by one stream at a time: the graph's launches are serialized, the legacy stream is one stream.
    void* graphMemory = deviceMemory(kSize);
    void* legacyMemory = deviceMemory(kSize);
    std::atomic<int> ran{0};
    std::atomic<int> submitted{0};

    ASSERT_CUDA(cudaStreamBeginCapture(streams[0], cudaStreamCaptureModeThreadLocal));
    ASSERT_CUDA(cudaLaunchHostFunc(streams[0], &count, &ran));
    ASSERT_CUDA(cudaMemsetAsync(graphMemory, 0, kSize, streams[0]));
    cudaGraph_t graph = nullptr;
    ASSERT_CUDA(cudaStreamEndCapture(streams[0], &graph));
    cudaGraphExec_t exec = nullptr;
    ASSERT_CUDA(cudaGraphInstantiateWithFlags(&exec, graph, 0));

    const auto work = [&](unsigned seed) {
        std::minstd_rand random(seed);
        const auto stream = [&] { return streams[random() % streams.size()]; };
        const auto event = [&] { return events[random() % events.size()]; };
        void* device = nullptr;
        void* pinned = nullptr;
        EXPECT_CUDA(cudaMalloc(&device, kSize));
        EXPECT_CUDA(cudaMallocHost(&pinned, kSize));
        cudaStream_t own = nullptr;
        EXPECT_CUDA(cudaStreamCreateWithFlags(&own, cudaStreamNonBlocking));
        for (int i = 0; i < kRounds; ++i) {
            switch (random() % 12) {
                case 0:
                    EXPECT_CUDA(cudaEventRecord(event(), stream()));
                    break;
                case 1:
                    EXPECT_CUDA(cudaStreamWaitEvent(stream(), event()));
                    break;
                case 2:
                    EXPECT_CUDA(cudaStreamSynchronize(stream()));
                    break;
                case 3:
                    EXPECT_CUDA(cudaEventSynchronize(event()));
                    break;
                case 4:
                    EXPECT_CUDA(cudaMemcpyAsync(device, pinned, kSize, cudaMemcpyHostToDevice, own));
                    break;
                case 5:
                    ++submitted;
                    EXPECT_CUDA(cudaLaunchHostFunc(stream(), &count, &ran));
                    break;
                case 6:
                    ++submitted;
                    EXPECT_CUDA(cudaGraphLaunch(exec, stream()));
                    break;
                case 7: {
                    void* memory = nullptr;
                    EXPECT_CUDA(cudaMalloc(&memory, 64));
                    EXPECT_CUDA(cudaMemsetAsync(memory, 1, 64, own));
                    EXPECT_CUDA(cudaFree(memory));
                    break;
                }
                case 8: {
                    void* memory = nullptr;
                    EXPECT_CUDA(cudaMallocAsync(&memory, 64, own));
                    EXPECT_CUDA(cudaMemsetAsync(memory, 1, 64, own));
                    EXPECT_CUDA(cudaFreeAsync(memory, own));
                    break;
                }
                case 9:
                    EXPECT_CUDA(cudaStreamSynchronize(own));
                    EXPECT_CUDA(cudaStreamDestroy(own));
                    EXPECT_CUDA(cudaStreamCreateWithFlags(&own, cudaStreamNonBlocking));
                    break;
                case 10: {
                    float ms = 0;
                    const cudaError_t error = cudaEventElapsedTime(&ms, event(), event());
                    EXPECT_TRUE(error == cudaSuccess || error == cudaErrorNotReady ||
                                error == cudaErrorInvalidResourceHandle);
                    break;
                }
                default:
                    EXPECT_CUDA(cudaMemsetAsync(legacyMemory, 0, kSize, nullptr));
            }
        }
        EXPECT_CUDA(cudaDeviceSynchronize());
        EXPECT_CUDA(cudaStreamDestroy(own));
        EXPECT_CUDA(cudaFreeHost(pinned));
        EXPECT_CUDA(cudaFree(device));
    };
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < kThreads; ++t) {
        threads.emplace_back(work, t + 1);
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    ASSERT_CUDA(cudaDeviceSynchronize());
    EXPECT_EQ(ran.load(), submitted.load());
}

}  // namespace
