// The submission path must not allocate once its queues have grown. A program of its own, because it replaces the
// global allocation functions to count their calls.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "cuda_runtime_api.h"

namespace {

std::atomic<long> allocations{0};

void* countedAlloc(size_t size) {
    allocations.fetch_add(1);
    return std::malloc(size != 0 ? size : 1);
}

}  // namespace

void* operator new(size_t size) {
    if (void* memory = countedAlloc(size)) {
        return memory;
    }
    throw std::bad_alloc();
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
    return countedAlloc(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
    std::free(memory);
}

namespace {

TEST(AllocationTest, CounterCounts) {
    const long before = allocations.load();
    delete new int(1);
    // The compiler may not remove this pair: the function is called by name.
    ::operator delete(::operator new(16));
    EXPECT_GT(allocations.load(), before);
}

TEST(AllocationTest, SteadyStateAllocatesNothing) {
    void* device = nullptr;
    void* pinned = nullptr;
    ASSERT_EQ(cudaMalloc(&device, 64), cudaSuccess);
    ASSERT_EQ(cudaMallocHost(&pinned, 64), cudaSuccess);
    cudaStream_t stream = nullptr;
    cudaStream_t other = nullptr;
    ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
    ASSERT_EQ(cudaStreamCreate(&other), cudaSuccess);
    cudaEvent_t start = nullptr;
    cudaEvent_t end = nullptr;
    ASSERT_EQ(cudaEventCreate(&start), cudaSuccess);
    ASSERT_EQ(cudaEventCreateWithFlags(&end, cudaEventBlockingSync), cudaSuccess);

    const auto enqueue = [&] {
        int errors = cudaMemcpyAsync(device, pinned, 64, cudaMemcpyHostToDevice, stream);
        errors += cudaLaunchHostFunc(
            stream, [](void*) {}, nullptr);
        errors += cudaMemsetAsync(device, 0, 64, stream);
        errors += cudaMemcpyAsync(pinned, device, 64, cudaMemcpyDeviceToHost, stream);
        return errors;
    };
    ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
    ASSERT_EQ(enqueue(), 0);
    cudaGraph_t graph = nullptr;
    ASSERT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
    cudaGraphExec_t exec = nullptr;
    ASSERT_EQ(cudaGraphInstantiateWithFlags(&exec, graph, 0), cudaSuccess);

    const auto round = [&] {
        int errors = cudaEventRecord(start, stream);
        errors += enqueue();
        errors += cudaEventRecord(end, stream);
        errors += cudaStreamWaitEvent(other, end);
        errors += cudaGraphLaunch(exec, other);
        errors += cudaGraphLaunch(exec, stream);
        errors += cudaStreamSynchronize(stream);
        errors += cudaEventSynchronize(end);
        float ms = 0;
        errors += cudaEventElapsedTime(&ms, start, end);
        errors += cudaStreamSynchronize(other);
        return errors;
    };
    ASSERT_EQ(round(), 0);
    const long before = allocations.load();
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(round(), 0);
    }
    EXPECT_EQ(allocations.load(), before);
}

}  // namespace
