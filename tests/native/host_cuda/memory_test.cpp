#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "test_support.h"

namespace {

class MemoryTest : public HostCudaTest {
protected:
    static std::vector<uint8_t> bytes(const void* memory, size_t count) {
        const auto* begin = static_cast<const uint8_t*>(memory);
        return {begin, begin + count};
    }
};

TEST_F(MemoryTest, FreshMemoryIsAlignedAndNotZero) {
    for (const size_t size : {1, 100, 4096, 1000000}) {
        void* memory = deviceMemory(size);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 256, 0U);
        std::vector<uint8_t> host(size);
        ASSERT_CUDA(cudaMemcpy(host.data(), memory, size, cudaMemcpyDeviceToHost));
        EXPECT_EQ(host, std::vector<uint8_t>(size, 0xFF));
    }
    void* pinned = pinnedMemory(10);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(pinned) % 4096, 0U);
    EXPECT_EQ(bytes(pinned, 10), std::vector<uint8_t>(10, 0xFF));
}

TEST_F(MemoryTest, ZeroBytesIsNull) {
    void* memory = &memory;
    ASSERT_CUDA(cudaMalloc(&memory, 0));
    EXPECT_EQ(memory, nullptr);
    EXPECT_CUDA(cudaFree(nullptr));
    EXPECT_CUDA(cudaFreeHost(nullptr));
    EXPECT_EQ(cudaMalloc(nullptr, 1), cudaErrorInvalidValue);
}

TEST_F(MemoryTest, SynchronousCopyFromPageableMemoryMayNotHaveLanded) {
    setFaults("copy_bandwidth=1MBps");
    constexpr size_t kBytes = 100000;
    std::vector<uint8_t> source(kBytes, 1);
    void* const device = deviceMemory(kBytes);
    ASSERT_CUDA(cudaMemcpy(device, source.data(), kBytes, cudaMemcpyHostToDevice));
    EXPECT_EQ(cudaStreamQuery(cudaStreamLegacy), cudaErrorNotReady);
    // It has been read nevertheless.
    std::memset(source.data(), 2, kBytes);
    std::vector<uint8_t> landed(kBytes);
    ASSERT_CUDA(cudaMemcpy(landed.data(), device, kBytes, cudaMemcpyDeviceToHost));
    EXPECT_EQ(landed, std::vector<uint8_t>(kBytes, 1));
}

TEST_F(MemoryTest, SynchronousCopyWithinTheDeviceDoesNotWait) {
    void* const from = deviceMemory(16);
    void* const to = deviceMemory(16);
    Gate gate;
    gate.hold(cudaStreamLegacy);
    ASSERT_TRUE(gate.waitEntered());
    ASSERT_CUDA(cudaMemcpy(to, from, 16, cudaMemcpyDeviceToDevice));
    EXPECT_FALSE(gate.left());
    gate.open();
    ASSERT_CUDA(cudaStreamSynchronize(cudaStreamLegacy));
}

TEST_F(MemoryTest, SynchronousCopyOfPinnedMemoryWaits) {
    setFaults("copy_bandwidth=1MBps");
    void* const device = deviceMemory(20000);
    ASSERT_CUDA(cudaMemcpy(device, pinnedMemory(20000), 20000, cudaMemcpyHostToDevice));
    EXPECT_CUDA(cudaStreamQuery(cudaStreamLegacy));
}

TEST_F(MemoryTest, PointerAttributesTellTheKind) {
    auto* device = static_cast<char*>(deviceMemory(100));
    auto* pinned = static_cast<char*>(pinnedMemory(100));
    std::vector<char> registered(8192);
    ASSERT_CUDA(cudaHostRegister(registered.data(), registered.size(), cudaHostRegisterDefault));
    int unknown = 0;

    cudaPointerAttributes attributes;
    ASSERT_CUDA(cudaPointerGetAttributes(&attributes, device + 99));
    EXPECT_EQ(attributes.type, cudaMemoryTypeDevice);
    EXPECT_EQ(attributes.device, 0);
    EXPECT_EQ(attributes.devicePointer, device + 99);
    EXPECT_EQ(attributes.hostPointer, nullptr);

    for (char* host : {pinned + 5, registered.data() + 5}) {
        ASSERT_CUDA(cudaPointerGetAttributes(&attributes, host));
        EXPECT_EQ(attributes.type, cudaMemoryTypeHost);
        EXPECT_EQ(attributes.hostPointer, host);
        EXPECT_EQ(attributes.devicePointer, host);
        void* mapped = nullptr;
        ASSERT_CUDA(cudaHostGetDevicePointer(&mapped, host, 0));
        EXPECT_EQ(mapped, host);
    }

    for (void* host : {static_cast<void*>(&unknown), static_cast<void*>(device + 100)}) {
        ASSERT_CUDA(cudaPointerGetAttributes(&attributes, host));
        EXPECT_EQ(attributes.type, cudaMemoryTypeUnregistered);
        EXPECT_EQ(attributes.devicePointer, nullptr);
        EXPECT_EQ(attributes.device, cudaInvalidDeviceId);
    }

    ASSERT_CUDA(cudaHostUnregister(registered.data()));
    ASSERT_CUDA(cudaPointerGetAttributes(&attributes, registered.data()));
    EXPECT_EQ(attributes.type, cudaMemoryTypeUnregistered);
    ASSERT_CUDA(cudaFree(device));
    ASSERT_CUDA(cudaPointerGetAttributes(&attributes, device));
    EXPECT_EQ(attributes.type, cudaMemoryTypeUnregistered);
}

TEST_F(MemoryTest, HostFlagsAreKept) {
    void* pinned = nullptr;
    ASSERT_CUDA(cudaHostAlloc(&pinned, 10, cudaHostAllocMapped | cudaHostAllocWriteCombined));
    unsigned flags = 0;
    ASSERT_CUDA(cudaHostGetFlags(&flags, pinned));
    EXPECT_EQ(flags, static_cast<unsigned>(cudaHostAllocMapped | cudaHostAllocWriteCombined));
    EXPECT_EQ(cudaHostAlloc(&pinned, 10, 0x80), cudaErrorInvalidValue);
    int unknown = 0;
    EXPECT_EQ(cudaHostGetFlags(&flags, &unknown), cudaErrorInvalidValue);
    void* mapped = nullptr;
    EXPECT_EQ(cudaHostGetDevicePointer(&mapped, &unknown, 0), cudaErrorInvalidValue);
}

TEST_F(MemoryTest, CopiesInEveryDirection) {
    auto* first = static_cast<uint8_t*>(deviceMemory(64));
    auto* second = static_cast<uint8_t*>(deviceMemory(64));
    std::vector<uint8_t> source(64);
    for (size_t i = 0; i < source.size(); ++i) {
        source[i] = static_cast<uint8_t>(i);
    }
    std::vector<uint8_t> host(64);
    std::vector<uint8_t> result(64);
    ASSERT_CUDA(cudaMemcpy(host.data(), source.data(), 64, cudaMemcpyHostToHost));
    ASSERT_CUDA(cudaMemcpy(first, host.data(), 64, cudaMemcpyHostToDevice));
    ASSERT_CUDA(cudaMemcpy(second, first, 64, cudaMemcpyDeviceToDevice));
    ASSERT_CUDA(cudaMemcpy(result.data() + 1, second + 1, 63, cudaMemcpyDefault));
    ASSERT_CUDA(cudaMemcpy(result.data(), second, 1, cudaMemcpyDeviceToHost));
    EXPECT_EQ(result, source);
}

TEST_F(MemoryTest, PinnedMemoryServesAsDeviceMemory) {
    auto* pinned = static_cast<uint8_t*>(pinnedMemory(4));
    void* device = deviceMemory(4);
    ASSERT_CUDA(cudaMemset(device, 5, 4));
    ASSERT_CUDA(cudaMemcpy(pinned, device, 4, cudaMemcpyDeviceToDevice));
    EXPECT_EQ(bytes(pinned, 4), std::vector<uint8_t>(4, 5));
    ASSERT_CUDA(cudaMemset(pinned, 6, 4));
    ASSERT_CUDA(cudaDeviceSynchronize());
    EXPECT_EQ(bytes(pinned, 4), std::vector<uint8_t>(4, 6));
}

TEST_F(MemoryTest, MemsetAsyncFillsInStreamOrder) {
    cudaStream_t stream = newStream();
    void* device = deviceMemory(100);
    void* pinned = pinnedMemory(100);
    ASSERT_CUDA(cudaMemsetAsync(device, 0x11, 100, stream));
    ASSERT_CUDA(cudaMemsetAsync(static_cast<char*>(device) + 50, 0x22, 50, stream));
    ASSERT_CUDA(cudaMemcpyAsync(pinned, device, 100, cudaMemcpyDeviceToHost, stream));
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    EXPECT_EQ(bytes(pinned, 50), std::vector<uint8_t>(50, 0x11));
    EXPECT_EQ(bytes(static_cast<char*>(pinned) + 50, 50), std::vector<uint8_t>(50, 0x22));
}

TEST_F(MemoryTest, CopyOfPinnedMemoryIsAsynchronous) {
    cudaStream_t stream = newStream();
    void* device = deviceMemory(1 << 20);
    auto* pinned = static_cast<uint8_t*>(pinnedMemory(1 << 20));
    Gate gate;
    gate.hold(stream);
    std::memset(pinned, 1, 1 << 20);
    ASSERT_CUDA(cudaMemcpyAsync(device, pinned, 1 << 20, cudaMemcpyHostToDevice, stream));
    // The call is back although the stream is held, and the copy reads what is there when its turn comes.
    EXPECT_EQ(cudaStreamQuery(stream), cudaErrorNotReady);
    std::memset(pinned, 2, 1 << 20);
    gate.open();
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    std::vector<uint8_t> host(1 << 20);
    ASSERT_CUDA(cudaMemcpy(host.data(), device, host.size(), cudaMemcpyDeviceToHost));
    EXPECT_EQ(host, std::vector<uint8_t>(1 << 20, 2));
}

TEST_F(MemoryTest, SmallPageableSourceIsStaged) {
    cudaStream_t stream = newStream();
    void* device = deviceMemory(1000);
    std::vector<uint8_t> source(1000, 1);
    Gate gate;
    gate.hold(stream);
    ASSERT_CUDA(cudaMemcpyAsync(device, source.data(), 1000, cudaMemcpyHostToDevice, stream));
    EXPECT_EQ(cudaStreamQuery(stream), cudaErrorNotReady);
    source.assign(1000, 2);
    gate.open();
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    std::vector<uint8_t> host(1000);
    ASSERT_CUDA(cudaMemcpy(host.data(), device, 1000, cudaMemcpyDeviceToHost));
    EXPECT_EQ(host, std::vector<uint8_t>(1000, 1));
}

TEST_F(MemoryTest, LargePageableSourceHasBeenReadWhenTheCallReturns) {
    cudaStream_t stream = newStream();
    constexpr size_t kSize = 1 << 20;
    void* device = deviceMemory(kSize);
    std::vector<uint8_t> source(kSize, 1);
    ASSERT_CUDA(cudaMemcpyAsync(device, source.data(), kSize, cudaMemcpyHostToDevice, stream));
    source.assign(kSize, 2);
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    std::vector<uint8_t> host(kSize);
    ASSERT_CUDA(cudaMemcpy(host.data(), device, kSize, cudaMemcpyDeviceToHost));
    EXPECT_EQ(host, std::vector<uint8_t>(kSize, 1));
}

TEST_F(MemoryTest, PageableDestinationIsCompleteWhenTheCallReturns) {
    cudaStream_t stream = newStream();
    void* device = deviceMemory(100);
    ASSERT_CUDA(cudaMemsetAsync(device, 7, 100, stream));
    std::vector<uint8_t> host(100);
    ASSERT_CUDA(cudaMemcpyAsync(host.data(), device, 100, cudaMemcpyDeviceToHost, stream));
    EXPECT_EQ(host, std::vector<uint8_t>(100, 7));
}

TEST_F(MemoryTest, FreeWaitsForTheDevice) {
    cudaStream_t stream = newStream();
    void* device = deviceMemory(100);
    Gate gate;
    gate.hold(stream);
    ASSERT_CUDA(cudaMemsetAsync(device, 7, 100, stream));
    ASSERT_TRUE(gate.waitEntered());
    std::thread opener([&] { gate.open(); });
    ASSERT_CUDA(cudaFree(device));
    EXPECT_TRUE(gate.left());
    opener.join();
    EXPECT_EQ(cudaStreamQuery(stream), cudaSuccess);
}

TEST_F(MemoryTest, StreamOrderedMemoryIsFreedInStreamOrder) {
    cudaStream_t stream = newStream();
    const uint64_t before = usage().deviceBytes;
    void* device = nullptr;
    ASSERT_CUDA(cudaMallocAsync(&device, 4096, stream));
    void* pinned = pinnedMemory(4096);
    Gate gate;
    gate.hold(stream);
    ASSERT_CUDA(cudaMemsetAsync(device, 3, 4096, stream));
    ASSERT_CUDA(cudaMemcpyAsync(pinned, device, 4096, cudaMemcpyDeviceToHost, stream));
    ASSERT_CUDA(cudaFreeAsync(device, stream));
    EXPECT_EQ(usage().deviceBytes, before + 4096);
    gate.open();
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    EXPECT_EQ(bytes(pinned, 4096), std::vector<uint8_t>(4096, 3));
    EXPECT_EQ(usage().deviceBytes, before);
}

TEST_F(MemoryTest, FreeOfIdleStreamOrderedMemoryIsAllowed) {
    cudaStream_t stream = newStream();
    void* device = nullptr;
    ASSERT_CUDA(cudaMallocAsync(&device, 16, stream));
    EXPECT_CUDA(cudaFree(device));
    EXPECT_EQ(cudaFreeAsync(device, stream), cudaErrorInvalidValue);
}

TEST_F(MemoryTest, RegistrationChecksItsRange) {
    std::vector<char> host(3 * 4096);
    EXPECT_EQ(cudaHostRegister(nullptr, 10, 0), cudaErrorInvalidValue);
    EXPECT_EQ(cudaHostRegister(host.data(), 0, 0), cudaErrorInvalidValue);
    EXPECT_EQ(cudaHostRegister(host.data(), 10, 0x100), cudaErrorInvalidValue);
    EXPECT_EQ(cudaHostRegister(host.data(), 10, cudaHostRegisterIoMemory), cudaErrorNotSupported);
    ASSERT_CUDA(cudaHostRegister(host.data() + 4096, 4096, cudaHostRegisterPortable));
    EXPECT_EQ(cudaHostRegister(host.data() + 4096, 4096, 0), cudaErrorHostMemoryAlreadyRegistered);
    EXPECT_EQ(cudaHostRegister(host.data(), 4097, 0), cudaErrorHostMemoryAlreadyRegistered);
    EXPECT_EQ(cudaHostRegister(host.data() + 8191, 100, 0), cudaErrorHostMemoryAlreadyRegistered);
    ASSERT_CUDA(cudaHostRegister(host.data(), 4096, 0));
    EXPECT_EQ(cudaHostUnregister(host.data() + 1), cudaErrorHostMemoryNotRegistered);
    EXPECT_EQ(cudaFreeHost(host.data()), cudaErrorInvalidValue);
    EXPECT_CUDA(cudaHostUnregister(host.data()));
    EXPECT_EQ(cudaHostUnregister(host.data()), cudaErrorHostMemoryNotRegistered);
    EXPECT_CUDA(cudaHostUnregister(host.data() + 4096));
}

TEST_F(MemoryTest, CopyOfRegisteredMemoryIsAsynchronous) {
    cudaStream_t stream = newStream();
    void* device = deviceMemory(1 << 20);
    std::vector<uint8_t> host(1 << 20, 1);
    ASSERT_CUDA(cudaHostRegister(host.data(), host.size(), 0));
    Gate gate;
    gate.hold(stream);
    ASSERT_CUDA(cudaMemcpyAsync(device, host.data(), host.size(), cudaMemcpyHostToDevice, stream));
    EXPECT_EQ(cudaStreamQuery(stream), cudaErrorNotReady);
    gate.open();
    ASSERT_CUDA(cudaStreamSynchronize(stream));
    ASSERT_CUDA(cudaHostUnregister(host.data()));
}

TEST_F(MemoryTest, MemoryOfSeveralDevicesIsCountedApart) {
    setFaults("devices=2; device_memory=1MiB");
    ASSERT_CUDA(cudaSetDevice(1));
    void* other = deviceMemory(1 << 20);
    void* none = nullptr;
    EXPECT_EQ(cudaMalloc(&none, 1), cudaErrorMemoryAllocation);
    ASSERT_CUDA(cudaSetDevice(0));
    void* mine = deviceMemory(1 << 20);
    cudaPointerAttributes attributes;
    ASSERT_CUDA(cudaPointerGetAttributes(&attributes, other));
    EXPECT_EQ(attributes.device, 1);
    ASSERT_CUDA(cudaMemcpy(mine, other, 100, cudaMemcpyDefault));
    ASSERT_CUDA(cudaFree(other));
    ASSERT_CUDA(cudaFree(mine));
}

TEST_F(MemoryTest, ManyThreadsAllocateCopyAndFree) {
    const PinionHostCudaUsage before = usage();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([t] {
            cudaStream_t stream = nullptr;
            EXPECT_CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
            for (int i = 0; i < 100; ++i) {
                const size_t size = 1 + static_cast<size_t>(i) * 37;
                void* device = nullptr;
                void* pinned = nullptr;
                EXPECT_CUDA(cudaMalloc(&device, size));
                EXPECT_CUDA(cudaMallocHost(&pinned, size));
                EXPECT_CUDA(cudaMemsetAsync(device, t, size, stream));
                EXPECT_CUDA(cudaMemcpyAsync(pinned, device, size, cudaMemcpyDeviceToHost, stream));
                EXPECT_CUDA(cudaStreamSynchronize(stream));
                EXPECT_EQ(static_cast<char*>(pinned)[size - 1], t);
                EXPECT_CUDA(cudaFree(device));
                EXPECT_CUDA(cudaFreeHost(pinned));
            }
            EXPECT_CUDA(cudaStreamDestroy(stream));
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(usage().allocations, before.allocations);
    EXPECT_EQ(usage().deviceBytes, before.deviceBytes);
}

}  // namespace
