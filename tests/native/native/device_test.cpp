// Devices and what the library says of itself.
#include <gtest/gtest.h>

#include <cstring>

#include "device.h"
#include "error.h"
#include "fixture.h"
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
        EXPECT_LE(info.free_bytes, info.total_bytes);
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

TEST(DeviceTest, AScopeGoesBackToTheFormerDevice) {
    int before = -1;
    ASSERT_EQ(cudaGetDevice(&before), cudaSuccess);
    {
        const DeviceScope scope(deviceCount() - 1);
        int inside = -1;
        ASSERT_EQ(cudaGetDevice(&inside), cudaSuccess);
        EXPECT_EQ(inside, deviceCount() - 1);
    }
    int after = -1;
    ASSERT_EQ(cudaGetDevice(&after), cudaSuccess);
    EXPECT_EQ(after, before);
}

TEST(RuntimeTest, TellsVersionsAndWhatComputes) {
    pn_runtime_info info{};
    info.struct_size = sizeof(info);
    ASSERT_OK(pn_runtime_get_info, &info);
    EXPECT_EQ(info.struct_size, sizeof(info));
    EXPECT_EQ(info.sdk, PN_SDK_HOST);
    EXPECT_EQ(info.tensorrt_compiled, kTensorRtCompiled);
    EXPECT_EQ(info.tensorrt_loaded, kTensorRtCompiled);
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
