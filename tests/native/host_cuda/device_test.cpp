#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "test_support.h"

namespace {

class DeviceTest : public HostCudaTest {};

TEST_F(DeviceTest, IsOneAndSaysWhatItIs) {
    int count = 0;
    ASSERT_CUDA(cudaGetDeviceCount(&count));
    EXPECT_EQ(count, 1);
    cudaDeviceProp prop;
    ASSERT_CUDA(cudaGetDeviceProperties(&prop, 0));
    EXPECT_EQ(std::string(prop.name).find("Pinion host device"), 0U);
    EXPECT_GT(prop.totalGlobalMem, 0U);
    EXPECT_GT(prop.multiProcessorCount, 0);
    EXPECT_EQ(prop.integrated, 1);
}

TEST_F(DeviceTest, HasTheComputeCapabilityThatWasAskedFor) {
    const auto capability = [](const char* asked) {
        setenv("PINION_HOST_CUDA_SM", asked, 1);
        pinionHostCudaReloadSettings();
        cudaDeviceProp prop = {};
        EXPECT_CUDA(cudaGetDeviceProperties(&prop, 0));
        int major = -1;
        int minor = -1;
        EXPECT_CUDA(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0));
        EXPECT_CUDA(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, 0));
        EXPECT_EQ(std::make_pair(major, minor), std::make_pair(prop.major, prop.minor));
        return std::make_pair(prop.major, prop.minor);
    };
    EXPECT_EQ(capability(""), std::make_pair(0, 0)) << "it is no GPU";
    EXPECT_EQ(capability("86"), std::make_pair(8, 6));
    EXPECT_EQ(capability("121"), std::make_pair(12, 1));
    for (const char* wrong : {"8.6", "-1", "t4", "86x"}) {
        setenv("PINION_HOST_CUDA_SM", wrong, 1);
        pinionHostCudaReloadSettings();
        int count = 0;
        EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorInitializationError) << wrong;
    }
    unsetenv("PINION_HOST_CUDA_SM");
    pinionHostCudaReloadSettings();
}

TEST_F(DeviceTest, AttributesAgreeWithProperties) {
    cudaDeviceProp prop;
    ASSERT_CUDA(cudaGetDeviceProperties(&prop, 0));
    const auto attribute = [](cudaDeviceAttr attr) {
        int value = -1;
        EXPECT_CUDA(cudaDeviceGetAttribute(&value, attr, 0));
        return value;
    };
    EXPECT_EQ(attribute(cudaDevAttrComputeCapabilityMajor), prop.major);
    EXPECT_EQ(attribute(cudaDevAttrComputeCapabilityMinor), prop.minor);
    EXPECT_EQ(attribute(cudaDevAttrMultiProcessorCount), prop.multiProcessorCount);
    EXPECT_EQ(attribute(cudaDevAttrClockRate), prop.clockRate);
    EXPECT_EQ(attribute(cudaDevAttrAsyncEngineCount), prop.asyncEngineCount);
    EXPECT_EQ(attribute(cudaDevAttrIntegrated), prop.integrated);
    EXPECT_EQ(attribute(cudaDevAttrL2CacheSize), prop.l2CacheSize);
    EXPECT_EQ(attribute(cudaDevAttrPageableMemoryAccess), prop.pageableMemoryAccess);
    int value = 0;
    EXPECT_EQ(cudaDeviceGetAttribute(&value, cudaDevAttrMax, 0), cudaErrorInvalidValue);
    EXPECT_EQ(cudaDeviceGetAttribute(&value, cudaDevAttrWarpSize, 7), cudaErrorInvalidDevice);
}

TEST_F(DeviceTest, VersionsSayNoDriver) {
    int version = -1;
    ASSERT_CUDA(cudaDriverGetVersion(&version));
    EXPECT_EQ(version, 0);
    ASSERT_CUDA(cudaRuntimeGetVersion(&version));
    EXPECT_EQ(version, CUDART_VERSION);
    EXPECT_EQ(version, 11080);
}

TEST_F(DeviceTest, BusIdRoundTrips) {
    setFaults("devices=2");
    char id[20];
    ASSERT_CUDA(cudaDeviceGetPCIBusId(id, sizeof(id), 1));
    int device = -1;
    ASSERT_CUDA(cudaDeviceGetByPCIBusId(&device, id));
    EXPECT_EQ(device, 1);
    EXPECT_EQ(cudaDeviceGetPCIBusId(id, 12, 1), cudaErrorInvalidValue);
    EXPECT_EQ(cudaDeviceGetByPCIBusId(&device, "0000:99:00.0"), cudaErrorInvalidDevice);
}

TEST_F(DeviceTest, DevicesHaveDifferentUuids) {
    setFaults("devices=2");
    cudaDeviceProp first;
    cudaDeviceProp second;
    ASSERT_CUDA(cudaGetDeviceProperties(&first, 0));
    ASSERT_CUDA(cudaGetDeviceProperties(&second, 1));
    EXPECT_NE(std::memcmp(first.uuid.bytes, second.uuid.bytes, sizeof(first.uuid.bytes)), 0);
}

TEST_F(DeviceTest, MemoryInfoFollowsAllocations) {
    setFaults("device_memory=64MiB");
    size_t freeBytes = 0;
    size_t total = 0;
    ASSERT_CUDA(cudaMemGetInfo(&freeBytes, &total));
    EXPECT_EQ(total, 64U << 20);
    EXPECT_EQ(freeBytes, 64U << 20);
    void* memory = deviceMemory(1 << 20);
    ASSERT_CUDA(cudaMemGetInfo(&freeBytes, &total));
    EXPECT_EQ(freeBytes, 63U << 20);
    ASSERT_CUDA(cudaFree(memory));
    ASSERT_CUDA(cudaMemGetInfo(&freeBytes, &total));
    EXPECT_EQ(freeBytes, 64U << 20);
}

TEST_F(DeviceTest, CurrentDeviceBelongsToTheThread) {
    setFaults("devices=2");
    ASSERT_CUDA(cudaSetDevice(1));
    int other = -1;
    std::thread([&] { EXPECT_CUDA(cudaGetDevice(&other)); }).join();
    EXPECT_EQ(other, 0);
    int mine = -1;
    ASSERT_CUDA(cudaGetDevice(&mine));
    EXPECT_EQ(mine, 1);
    EXPECT_EQ(cudaSetDevice(2), cudaErrorInvalidDevice);
    EXPECT_EQ(cudaSetDevice(-1), cudaErrorInvalidDevice);
    ASSERT_CUDA(cudaSetDevice(0));
}

TEST_F(DeviceTest, ItsContextIsMadeByTheFirstCallThatNeedsOne) {
    setFaults("devices=3; unavailable_device=2");
    for (const int device : {1, 0}) {
        ASSERT_CUDA(cudaSetDevice(device));
        ASSERT_CUDA(cudaDeviceReset());
    }
    ASSERT_EQ(usage().initializedDevices, 0U);
    // On a thread of its own, whose device is 0.
    std::thread([] {
        int value = 0;
        cudaDeviceProp properties;
        char id[20];
        for (int device = 0; device < 3; ++device) {
            EXPECT_CUDA(cudaGetDeviceProperties(&properties, device));
            EXPECT_CUDA(cudaDeviceGetAttribute(&value, cudaDevAttrMultiProcessorCount, device));
            EXPECT_CUDA(cudaDeviceGetPCIBusId(id, sizeof(id), device));
        }
        EXPECT_CUDA(cudaGetDeviceCount(&value));
        EXPECT_CUDA(cudaGetDevice(&value));
        EXPECT_EQ(usage().initializedDevices, 0U) << "asking makes no context";

        EXPECT_CUDA(cudaSetDevice(1));
        EXPECT_EQ(usage().initializedDevices, 1U) << "as of CUDA 12 cudaSetDevice makes it";
        EXPECT_EQ(cudaSetDevice(2), cudaErrorDevicesUnavailable);
        EXPECT_CUDA(cudaGetDevice(&value));
        EXPECT_EQ(value, 1);
    }).join();
    std::thread([] {
        void* memory = nullptr;
        EXPECT_CUDA(cudaHostAlloc(&memory, 64, cudaHostAllocPortable));
        EXPECT_EQ(usage().initializedDevices, 2U) << "an allocation makes the context of the thread's device, 0";
        EXPECT_CUDA(cudaFreeHost(memory));
    }).join();
}

// Static objects that were there before CUDA's first call end after CUDA.
struct CallsCudaAtItsEnd {
    ~CallsCudaAtItsEnd() { std::_Exit(cudaSetDevice(0) == cudaErrorCudartUnloading ? 0 : 1); }
};

void exitWithAStaticObject() {
    static const CallsCudaAtItsEnd object;
    EXPECT_CUDA(cudaFree(nullptr));
    std::exit(2);
}

// Without the fixture, which calls CUDA.
TEST(StaticObjects, FindCudaUnloaded) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(exitWithAStaticObject(), testing::ExitedWithCode(0), "");
}

TEST_F(DeviceTest, NoDeviceIsAnErrorEverywhere) {
    setFaults("devices=0");
    int count = 7;
    EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorNoDevice);
    EXPECT_EQ(count, 0);
    void* memory = nullptr;
    EXPECT_EQ(cudaMalloc(&memory, 16), cudaErrorNoDevice);
    EXPECT_EQ(cudaMallocHost(&memory, 16), cudaErrorNoDevice);
    cudaStream_t stream = nullptr;
    EXPECT_EQ(cudaStreamCreate(&stream), cudaErrorNoDevice);
    EXPECT_EQ(cudaGetLastError(), cudaErrorNoDevice);
    int version = 0;
    EXPECT_CUDA(cudaRuntimeGetVersion(&version));
}

TEST_F(DeviceTest, LastErrorBelongsToTheThreadAndIsReadOnce) {
    EXPECT_EQ(cudaSetDevice(99), cudaErrorInvalidDevice);
    std::thread([] { EXPECT_CUDA(cudaGetLastError()); }).join();
    EXPECT_EQ(cudaPeekAtLastError(), cudaErrorInvalidDevice);
    EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidDevice);
    EXPECT_CUDA(cudaGetLastError());
}

TEST_F(DeviceTest, ErrorsHaveNamesAndTexts) {
    EXPECT_STREQ(cudaGetErrorName(cudaErrorStreamCaptureIsolation), "cudaErrorStreamCaptureIsolation");
    EXPECT_STREQ(cudaGetErrorString(cudaErrorMemoryAllocation), "out of memory");
    EXPECT_STREQ(cudaGetErrorName(static_cast<cudaError_t>(12345)), "unrecognized error code");
    EXPECT_STREQ(cudaGetErrorString(static_cast<cudaError_t>(12345)), "unrecognized error code");
}

TEST_F(DeviceTest, FlagsAreChecked) {
    unsigned flags = 0;
    ASSERT_CUDA(cudaSetDeviceFlags(cudaDeviceScheduleBlockingSync));
    ASSERT_CUDA(cudaGetDeviceFlags(&flags));
    EXPECT_EQ(flags & cudaDeviceScheduleMask, static_cast<unsigned>(cudaDeviceScheduleBlockingSync));
    EXPECT_EQ(cudaSetDeviceFlags(cudaDeviceScheduleSpin | cudaDeviceScheduleYield), cudaErrorInvalidValue);
    EXPECT_EQ(cudaSetDeviceFlags(0x100), cudaErrorInvalidValue);
}

TEST_F(DeviceTest, ResetDestroysEverything) {
    const PinionHostCudaUsage before = usage();
    void* memory = deviceMemory(1000);
    pinnedMemory(1000);
    cudaStream_t stream = newStream();
    cudaEvent_t event = newEvent();
    cudaGraph_t graph = nullptr;
    ASSERT_CUDA(cudaGraphCreate(&graph, 0));
    cudaGraphExec_t exec = nullptr;
    ASSERT_CUDA(cudaGraphInstantiateWithFlags(&exec, graph, 0));
    ASSERT_CUDA(cudaEventRecord(event, stream));
    EXPECT_EQ(usage().allocations, before.allocations + 2);
    ASSERT_CUDA(cudaDeviceReset());

    const PinionHostCudaUsage after = usage();
    EXPECT_EQ(after.allocations, 0U);
    EXPECT_EQ(after.deviceBytes, 0U);
    EXPECT_EQ(after.events, 0U);
    EXPECT_EQ(after.graphs, 0U);
    EXPECT_EQ(after.graphExecs, 0U);
    EXPECT_EQ(cudaFree(memory), cudaErrorInvalidValue);
    EXPECT_EQ(cudaStreamQuery(stream), cudaErrorContextIsDestroyed);
    expectReport("destroyed stream");
    EXPECT_EQ(cudaEventQuery(event), cudaErrorContextIsDestroyed);
    expectReport("destroyed event");
    // The device is usable again.
    EXPECT_NE(deviceMemory(16), nullptr);
}

TEST_F(DeviceTest, SynchronizeWaitsForAllStreams) {
    cudaStream_t first = newStream();
    cudaStream_t second = newStream();
    Marks marks;
    for (int i = 0; i < 50; ++i) {
        marks.add(first, 1);
        marks.add(second, 2);
    }
    ASSERT_CUDA(cudaDeviceSynchronize());
    EXPECT_EQ(marks.get().size(), 100U);
}

TEST_F(DeviceTest, SynchronizeWaitsForDestroyedStreamsToo) {
    cudaStream_t stream = newStream();
    Gate gate;
    Marks marks;
    gate.hold(stream);
    marks.add(stream, 1);
    ASSERT_TRUE(gate.waitEntered());
    ASSERT_CUDA(cudaStreamDestroy(stream));
    EXPECT_TRUE(marks.get().empty());
    gate.open();
    ASSERT_CUDA(cudaDeviceSynchronize());
    EXPECT_EQ(marks.get().size(), 1U);
}

TEST_F(DeviceTest, OneStreamPriority) {
    int least = -1;
    int greatest = -1;
    ASSERT_CUDA(cudaDeviceGetStreamPriorityRange(&least, &greatest));
    EXPECT_EQ(least, 0);
    EXPECT_EQ(greatest, 0);
    cudaStream_t stream = nullptr;
    ASSERT_CUDA(cudaStreamCreateWithPriority(&stream, cudaStreamNonBlocking, -5));
    int priority = -1;
    ASSERT_CUDA(cudaStreamGetPriority(stream, &priority));
    EXPECT_EQ(priority, 0);
    unsigned flags = 0;
    ASSERT_CUDA(cudaStreamGetFlags(stream, &flags));
    EXPECT_EQ(flags, static_cast<unsigned>(cudaStreamNonBlocking));
}

}  // namespace
