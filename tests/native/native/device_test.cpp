// Devices and what the library says of itself.
#include <gtest/gtest.h>

#include <cstring>
#include <future>
#include <thread>

#include "error.h"
#include "host_fixture.h"
#include "tensorrt_compat.h"

namespace {

using namespace pinion;
using namespace native_test;

TEST(DeviceTest, CountsAndDescribesDevices) {
    int32_t count = 0;
    ASSERT_OK(pn_device_count, &count);
    ASSERT_GE(count, 1);
    for (int32_t i = 0; i < count; ++i) {
        pn_device_info info{};
        info.struct_size = sizeof(info);
        ASSERT_OK(pn_device_get_info, i, &info);
        EXPECT_EQ(info.index, i);
        EXPECT_GT(std::strlen(info.name), 0u);
        EXPECT_GT(std::strlen(info.pci_bus_id), 0u);
        EXPECT_GT(info.total_bytes, 0);
        int64_t freeBytes = 0;
        int64_t totalBytes = 0;
        ASSERT_OK(pn_device_get_memory, i, &freeBytes, &totalBytes);
        EXPECT_EQ(totalBytes, info.total_bytes);
        EXPECT_GT(freeBytes, 0);
        EXPECT_LE(freeBytes, totalBytes);
        EXPECT_GT(info.multiprocessors, 0);
    }
}

TEST(DeviceTest, AnUnknownIndexIsNamedWithTheLimit) {
    pn_device_info info{};
    info.struct_size = sizeof(info);
    EXPECT_FAILURE(call(pn_device_get_info, -1, &info), PN_INVALID_ARGUMENT, "device is -1");
    EXPECT_FAILURE(call(pn_device_get_info, 1000, &info), PN_INVALID_ARGUMENT, "device is 1000; it must be 0 to ");
    EXPECT_EQ(info.total_bytes, 0);
}

// A program for device 1 on a machine whose device 0 another process has to itself: every step is on a thread of its
// own, whose device is 0 at first.
TEST(DeviceTest, NoOtherDeviceIsTouchedThanTheOneAskedFor) {
    const auto onNewThread = [](const auto& step) { std::thread(step).join(); };
    onNewThread([] { ASSERT_EQ(cudaDeviceReset(), cudaSuccess); });
    const CudaFaults faults("devices=2; unavailable_device=0");
    std::string plan;
    EngineHandle engine;
    SessionHandle session;
    int32_t variant = -1;
    void* pinned = nullptr;
    void* device = nullptr;
    onNewThread([] {
        EXPECT_OK(pn_runtime_probe, int32_t{PN_PURPOSE_RUN});
        pn_device_info info{};
        info.struct_size = sizeof(info);
        EXPECT_OK(pn_device_get_info, 0, &info);
    });
    onNewThread([&] {
        BuildRequest request({affineRange()});
        request.options.device = kBuildsForTargets ? 0 : 1;
        const Failure failure = request.build(affineModel(), &plan);
        EXPECT_EQ(failure.status, PN_OK) << failure.text();
    });
    onNewThread([&] {
        pn_engine_options options{};
        options.struct_size = sizeof(options);
        options.device = 1;
        pn_engine* loaded = nullptr;
        EXPECT_OK(pn_engine_load_memory, static_cast<const void*>(plan.data()), uint64_t{plan.size()}, &options,
                  &loaded);
        engine.reset(loaded);
    });
    ASSERT_NE(engine, nullptr);
    onNewThread([&] {
        pn_session* made = nullptr;
        EXPECT_OK(pn_session_create, engine.get(), static_cast<const pn_session_options*>(nullptr), &made);
        session.reset(made);
    });
    ASSERT_NE(session, nullptr);
    onNewThread([&] {
        pn_shape shape{};
        shape.rank = 2;
        shape.dims[0] = 3;
        shape.dims[1] = 4;
        EXPECT_OK(pn_session_prepare, session.get(), &shape, 1, &variant);
    });
    onNewThread([&] { EXPECT_OK(pn_session_run, session.get(), variant); });
    onNewThread([&] { EXPECT_OK(pn_session_enqueue, session.get(), variant); });
    onNewThread([&] {
        int32_t status = PN_NOT_READY;
        while (status == PN_NOT_READY) {
            status = call(pn_session_poll, session.get()).status;
        }
        EXPECT_EQ(status, PN_OK);
    });
    onNewThread([&] { EXPECT_OK(pn_session_enqueue, session.get(), variant); });
    onNewThread([&] { EXPECT_OK(pn_session_wait, session.get()); });
    onNewThread([&] {
        std::promise<int32_t> ended;
        const auto tell = [](void* user, int32_t status, pn_error* error) {
            pn_error_destroy(error);
            static_cast<std::promise<int32_t>*>(user)->set_value(status);
        };
        EXPECT_OK(pn_session_set_completion, session.get(), pn_completion_callback{tell}, static_cast<void*>(&ended));
        EXPECT_OK(pn_session_enqueue_async, session.get(), variant);
        EXPECT_EQ(ended.get_future().get(), PN_OK);
        EXPECT_OK(pn_session_set_completion, session.get(), pn_completion_callback{}, static_cast<void*>(nullptr));
    });
    onNewThread([&] { EXPECT_OK(pn_pinned_alloc, 1, uint64_t{64}, &pinned); });
    onNewThread([&] { EXPECT_OK(pn_device_alloc, 1, uint64_t{64}, &device); });
    onNewThread([&] { EXPECT_OK(pn_memory_copy, 1, device, static_cast<const void*>(pinned), uint64_t{64}); });
    onNewThread([&] { EXPECT_OK(pn_pinned_free, 1, pinned); });
    onNewThread([&] { EXPECT_OK(pn_device_free, 1, device); });
    onNewThread([&] { session.reset(); });
    onNewThread([&] { engine.reset(); });
    onNewThread([] {
        EXPECT_EQ(usage().initializedDevices, 1u);
        EXPECT_EQ(usage().allocations, 0u) << "all is freed on the device that it was allocated on";
        EXPECT_FAILURE(call(pn_pinned_free, 0, static_cast<void*>(nullptr)), PN_CUDA, "cudaErrorDevicesUnavailable");
    });
}

TEST(RuntimeTest, TellsVersionsAndWhatComputes) {
    pn_runtime_info info{};
    info.struct_size = sizeof(info);
    ASSERT_OK(pn_runtime_get_info, &info);
    EXPECT_EQ(info.struct_size, sizeof(info));
    EXPECT_EQ(info.sdk, PN_SDK_HOST);
    EXPECT_EQ(info.tensorrt_compiled, kTensorRtCompiled);
    EXPECT_EQ(info.tensorrt_loaded, kTensorRtCompiled);
    EXPECT_EQ(info.tensorrt_build, tensorRtBuild());
    EXPECT_GT(info.cuda_compiled, 0);
    EXPECT_GT(info.cuda_runtime, 0);
    EXPECT_EQ(info.fast_fp16, 0);
    EXPECT_STREQ(info.onnxruntime_error, "");
    EXPECT_GT(std::strlen(info.onnxruntime_version), 0u);
    EXPECT_GT(std::strlen(info.onnxruntime_path), 0u);
    EXPECT_STREQ(info.pinion_version, PINION_EXPECTED_VERSION);
}

TEST(RuntimeTest, ProbesClean) {
    EXPECT_OK(pn_runtime_probe, int32_t{PN_PURPOSE_RUN});
    EXPECT_OK(pn_runtime_probe, int32_t{PN_PURPOSE_BUILD});
    EXPECT_FAILURE(call(pn_runtime_probe, int32_t{2}), PN_INVALID_ARGUMENT, "purpose is 2; it must be 0 to 1");
}

TEST(RuntimeTest, WritesVersionsAsPeopleDo) {
    EXPECT_EQ(versionText(80601), "8.6.1");
    EXPECT_EQ(versionText(100400), "10.4.0");
    EXPECT_EQ(versionText(101600), "10.16.0");
}

TEST(PluginsTest, AMissingLibraryIsNamedWithTheLoadersWords) {
    const Failure failure = call(pn_runtime_load_plugins, "/nowhere/libmissing.so");
    EXPECT_FAILURE(failure, PN_NOT_FOUND, "'/nowhere/libmissing.so'");
    EXPECT_NE(failure.message.find("No such file"), std::string::npos) << failure.message;
}

TEST(PluginsTest, AFileThatIsNoLibraryIsRefused) {
    const TemporaryFolder folder;
    writeFile(folder.file("text.so"), "this is no library");
    EXPECT_FAILURE(call(pn_runtime_load_plugins, folder.file("text.so").c_str()), PN_NOT_FOUND, "text.so");
}

TEST(PluginsTest, LoadsALibraryOnceForTheProcess) {
    EXPECT_OK(pn_runtime_load_plugins, PINION_TEST_PLUGIN);
    EXPECT_OK(pn_runtime_load_plugins, PINION_TEST_PLUGIN);
    const char* loads = std::getenv("PINION_TEST_PLUGIN_LOADS");
    ASSERT_NE(loads, nullptr);
    EXPECT_STREQ(loads, "1");
}

}  // namespace
