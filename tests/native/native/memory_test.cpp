// Pinned and device memory for callers.
#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <thread>

#include "host_fixture.h"

namespace {

using namespace native_test;

TEST(PinnedMemoryTest, IsZeroedAlignedAndWritable) {
    void* data = nullptr;
    ASSERT_OK(pn_pinned_alloc, 0, uint64_t{1000}, &data);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % 64, 0u);
    const auto* bytes = static_cast<const unsigned char*>(data);
    EXPECT_TRUE(std::all_of(bytes, bytes + 1000, [](unsigned char byte) { return byte == 0; }));
    std::memset(data, 1, 1000);
    EXPECT_OK(pn_pinned_free, 0, data);
}

#ifdef PINION_HOST_CUDA
TEST(PinnedMemoryTest, CountsAsPinnedUntilItIsFreed) {
    const PinionHostCudaUsage before = usage();
    void* data = nullptr;
    ASSERT_OK(pn_pinned_alloc, 0, uint64_t{4096}, &data);
    EXPECT_GE(usage().pinnedBytes, before.pinnedBytes + 4096);
    // From any thread.
    std::thread([data] { EXPECT_OK(pn_pinned_free, 0, data); }).join();
    EXPECT_TRUE(sameUsage(before, usage()));
}
#endif

TEST(PinnedMemoryTest, RegistersCallersMemory) {
    std::vector<unsigned char> memory(8192);
    ASSERT_OK(pn_pinned_register, 0, static_cast<void*>(memory.data()), uint64_t{memory.size()});
    EXPECT_EQ(call(pn_pinned_register, 0, static_cast<void*>(memory.data()), uint64_t{memory.size()}).status, PN_CUDA);
    EXPECT_OK(pn_pinned_unregister, 0, static_cast<void*>(memory.data()));
    EXPECT_EQ(call(pn_pinned_unregister, 0, static_cast<void*>(memory.data())).status, PN_CUDA);
}

TEST(MemoryTest, CopiesBetweenHostAndDevice) {
    std::vector<int> from(1000);
    std::iota(from.begin(), from.end(), 1);
    std::vector<int> to(from.size());
    const uint64_t bytes = from.size() * sizeof(int);
    void* first = nullptr;
    void* second = nullptr;
    ASSERT_OK(pn_device_alloc, 0, bytes, &first);
    ASSERT_OK(pn_device_alloc, 0, bytes, &second);
    EXPECT_OK(pn_memory_copy, 0, first, static_cast<const void*>(from.data()), bytes);
    EXPECT_OK(pn_memory_copy, 0, second, static_cast<const void*>(first), bytes);
    EXPECT_OK(pn_memory_copy, 0, static_cast<void*>(to.data()), static_cast<const void*>(second), bytes);
    EXPECT_EQ(to, from);
    EXPECT_OK(pn_device_free, 0, first);
    EXPECT_OK(pn_device_free, 0, second);
}

#ifdef PINION_HOST_CUDA
// A stream of a session waits for nobody's default stream, as this one does not.
TEST(MemoryTest, ACopyHasLandedWhenItReturns) {
    const CudaFaults slow("copy_bandwidth=1MBps");
    constexpr uint64_t kBytes = 50000;
    const std::vector<unsigned char> from(kBytes, 1);
    void* device = nullptr;
    void* other = nullptr;
    void* pinned = nullptr;
    ASSERT_OK(pn_device_alloc, 0, kBytes, &device);
    ASSERT_OK(pn_device_alloc, 0, kBytes, &other);
    ASSERT_OK(pn_pinned_alloc, 0, kBytes, &pinned);
    cudaStream_t stream = nullptr;
    ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
    EXPECT_OK(pn_memory_copy, 0, device, static_cast<const void*>(from.data()), kBytes);
    EXPECT_OK(pn_memory_copy, 0, other, static_cast<const void*>(device), kBytes);
    ASSERT_EQ(cudaMemcpyAsync(pinned, other, kBytes, cudaMemcpyDeviceToHost, stream), cudaSuccess);
    ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
    EXPECT_EQ(std::memcmp(pinned, from.data(), kBytes), 0);
    EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
    EXPECT_OK(pn_pinned_free, 0, pinned);
    EXPECT_OK(pn_device_free, 0, other);
    EXPECT_OK(pn_device_free, 0, device);
}
#endif

TEST(MemoryTest, RefusesNothingAndNonsense) {
    void* data = nullptr;
    EXPECT_FAILURE(call(pn_pinned_alloc, 0, uint64_t{0}, &data), PN_INVALID_ARGUMENT, "bytes is 0");
    EXPECT_FAILURE(call(pn_device_alloc, 0, uint64_t{0}, &data), PN_INVALID_ARGUMENT, "bytes is 0");
    EXPECT_FAILURE(call(pn_device_alloc, 99, uint64_t{8}, &data), PN_INVALID_ARGUMENT, "device is 99");
    EXPECT_FAILURE(call(pn_device_alloc, -1, uint64_t{8}, &data), PN_INVALID_ARGUMENT, "device is -1");
    int local = 0;
    EXPECT_EQ(call(pn_device_free, 0, static_cast<void*>(&local)).status, PN_CUDA);
    EXPECT_EQ(call(pn_pinned_free, 0, static_cast<void*>(&local)).status, PN_CUDA);
    EXPECT_EQ(data, nullptr);
}

#ifdef PINION_HOST_CUDA
TEST(MemoryTest, ExhaustionSaysHowMuchWasAskedFor) {
    void* data = nullptr;
    const CudaFaults faults("malloc:1=out_of_memory;host_alloc:1=out_of_memory");
    EXPECT_FAILURE(call(pn_device_alloc, 0, uint64_t{123456}, &data), PN_DEVICE_OUT_OF_MEMORY, "123456 bytes");
    EXPECT_FAILURE(call(pn_pinned_alloc, 0, uint64_t{654321}, &data), PN_DEVICE_OUT_OF_MEMORY, "654321 bytes");
    EXPECT_EQ(data, nullptr);
}
#endif

TEST(BlobTest, IsFilledByWhoCreatesIt) {
    pn_blob* blob = nullptr;
    void* data = nullptr;
    ASSERT_OK(pn_blob_create, uint64_t{5}, &blob, &data);
    EXPECT_EQ(textOf(blob), std::string(5, '\0'));
    std::memcpy(data, "bytes", 5);
    EXPECT_EQ(textOf(blob), "bytes");
    pn_blob_destroy(blob);
    EXPECT_FAILURE(call(pn_blob_create, UINT64_MAX, &blob, &data), PN_INVALID_ARGUMENT, "bytes is -1");
}

}  // namespace
