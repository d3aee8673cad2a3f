#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cuda_runtime_api.h"
#include "pinion_host_cuda.h"

#define ASSERT_CUDA(call) ASSERT_EQ(call, cudaSuccess)
#define EXPECT_CUDA(call) EXPECT_EQ(call, cudaSuccess)

// Every test begins on a fresh device without faults, and must take each contract report that it provokes.
class HostCudaTest : public ::testing::Test {
protected:
    void SetUp() override;
    void TearDown() override;

    // Sets PINION_HOST_CUDA_FAULTS and has it read again.
    static void setFaults(const char* text);

    // The reports since the last call.
    std::vector<std::string> takeReports();
    // Takes the reports and expects exactly one, which contains `text`.
    void expectReport(const std::string& text);

    static void* deviceMemory(size_t bytes);
    static void* pinnedMemory(size_t bytes);
    static cudaStream_t newStream(unsigned flags = cudaStreamNonBlocking);
    static cudaEvent_t newEvent(unsigned flags = cudaEventDefault);
    static PinionHostCudaUsage usage();

private:
    static void collect(const char* message, void* self);

    std::mutex mutex_;
    std::vector<std::string> reports_;
};

// Holds a stream inside a host function until the test opens it.
class Gate {
public:
    // Opens, and waits for the stream to leave.
    ~Gate();

    void hold(cudaStream_t stream) { ASSERT_EQ(cudaLaunchHostFunc(stream, &Gate::enter, this), cudaSuccess); }
    void open();
    // Waits until the stream is inside; a guard against hanging, generous.
    bool waitEntered();
    bool left() const { return left_.load(); }

private:
    static void CUDART_CB enter(void* self);

    std::mutex mutex_;
    std::condition_variable changed_;
    bool entered_ = false;
    bool open_ = false;
    std::atomic<bool> left_{false};
};

// A thread-safe list of marks, to prove orders with.
class Marks {
public:
    // Waits for what has been enqueued.
    ~Marks();

    // Enqueues a host function that adds the mark.
    void add(cudaStream_t stream, int mark);
    void addNow(int mark);
    std::vector<int> get() const;

private:
    struct Entry {
        Marks* marks;
        int mark;
    };
    static void CUDART_CB run(void* entry);

    mutable std::mutex mutex_;
    std::vector<int> marks_;
    std::vector<std::unique_ptr<Entry>> entries_;
};

// Polls without any wait that could run the work itself; false after a generous time.
bool becomesIdle(cudaStream_t stream);
