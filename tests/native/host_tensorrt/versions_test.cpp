// What each API level has, and what the library says of itself.
#include <cstdlib>
#include <thread>
#include <type_traits>
#if defined(__linux__)
#include <sched.h>
#endif

#include "cpus.h"
#include "support.h"

namespace trt_test {
namespace {

TEST(Version, IsTheOneThatWasConfigured) {
    EXPECT_EQ(getInferLibVersion(), NV_TENSORRT_VERSION);
#if PINION_TRT_SINCE(10, 0)
    EXPECT_EQ(NV_TENSORRT_VERSION, NV_TENSORRT_MAJOR * 10000 + NV_TENSORRT_MINOR * 100 + NV_TENSORRT_PATCH);
    EXPECT_EQ(getInferLibMajorVersion(), NV_TENSORRT_MAJOR);
    EXPECT_EQ(sizeof(nvinfer1::Dims::d[0]), 8u);
#else
    EXPECT_EQ(NV_TENSORRT_VERSION, NV_TENSORRT_MAJOR * 1000 + NV_TENSORRT_MINOR * 100 + NV_TENSORRT_PATCH);
    EXPECT_EQ(sizeof(nvinfer1::Dims::d[0]), 4u);
#endif
    EXPECT_EQ(getNvOnnxParserVersion(), NV_ONNX_PARSER_VERSION);
}

TEST(Version, HeadersOfAnotherVersionAreRefused) {
    Logger logger;
    EXPECT_EQ(createInferBuilder_INTERNAL(&logger, NV_TENSORRT_VERSION + 1), nullptr);
    EXPECT_EQ(createInferRuntime_INTERNAL(&logger, NV_TENSORRT_VERSION + 1), nullptr);
    EXPECT_TRUE(logger.hasError("another version"));
    EXPECT_EQ(createInferBuilder_INTERNAL(nullptr, NV_TENSORRT_VERSION), nullptr);
}

TEST(Version, EnumerationsHaveTheNumbersOfTheirRelease) {
    using nvinfer1::BuilderFlag;
    using nvinfer1::LayerType;
#if PINION_TRT_SINCE(11, 0)
    EXPECT_EQ(static_cast<int>(BuilderFlag::kVERSION_COMPATIBLE), 12);
    EXPECT_EQ(static_cast<int>(LayerType::kSQUEEZE), 47);
    EXPECT_EQ(nvinfer1::EnumMax<BuilderFlag>(), PINION_TRT_RTX ? 29 : 28);
    EXPECT_EQ(nvinfer1::EnumMax<nvinfer1::TacticSource>(), 2);
#elif PINION_TRT_SINCE(10, 0)
    EXPECT_EQ(static_cast<int>(BuilderFlag::kTF32), 6);
    EXPECT_EQ(static_cast<int>(LayerType::kIDENTITY), 20);
    EXPECT_EQ(nvinfer1::EnumMax<BuilderFlag>(), 24);
#elif PINION_TRT_SINCE(8, 6)
    EXPECT_EQ(static_cast<int>(BuilderFlag::kTF32), 7);
    EXPECT_EQ(static_cast<int>(LayerType::kIDENTITY), 21);
    EXPECT_EQ(nvinfer1::EnumMax<BuilderFlag>(), 18);
#else
    EXPECT_EQ(static_cast<int>(BuilderFlag::kTF32), 7);
    EXPECT_EQ(nvinfer1::EnumMax<BuilderFlag>(), 10);
    EXPECT_EQ(nvinfer1::EnumMax<LayerType>(), 35);
#endif
}

TEST(Version, ShapesOfFixedRankWork) {
    const nvinfer1::Dims4 four(1, 2, 3, 4);
    EXPECT_EQ(extents(four), (Extents{1, 2, 3, 4}));
    EXPECT_EQ(nvinfer1::DimsHW(5, 6).w(), 6);
    EXPECT_EQ(nvinfer1::Dims3().nbDims, 3);
}

#if PINION_TRT_SINCE(11, 0)
int32_t creatorCount() {
    int32_t count = -1;
    getPluginRegistry()->getAllCreators(&count);
    return count;
}
nvinfer1::IPluginCreatorInterface* creatorNamed(const char* name, const char* space) {
    return getPluginRegistry()->getCreator(name, "1", space);
}
#else
int32_t creatorCount() {
    int32_t count = -1;
    getPluginRegistry()->getPluginCreatorList(&count);
    return count;
}
nvinfer1::IPluginCreator* creatorNamed(const char* name, const char* space) {
    return getPluginRegistry()->getPluginCreator(name, "1", space);
}
#endif

TEST(Plugins, StartUpCodeRuns) {
    Logger logger;
    EXPECT_TRUE(initLibNvInferPlugins(&logger, ""));
    ASSERT_NE(getPluginRegistry(), nullptr);
    EXPECT_EQ(creatorCount(), 0) << "the host has no plugins";
    EXPECT_EQ(creatorNamed("Ghost", ""), nullptr);
}

class Creator final : public nvinfer1::IPluginCreator {
public:
    const char* getPluginName() const noexcept override { return "Test"; }
    const char* getPluginVersion() const noexcept override { return "1"; }
    const nvinfer1::PluginFieldCollection* getFieldNames() noexcept override { return nullptr; }
    nvinfer1::IPluginV2* createPlugin(const char*, const nvinfer1::PluginFieldCollection*) noexcept override {
        return nullptr;
    }
    nvinfer1::IPluginV2* deserializePlugin(const char*, const void*, size_t) noexcept override { return nullptr; }
    void setPluginNamespace(const char*) noexcept override {}
    const char* getPluginNamespace() const noexcept override { return ""; }
};

TEST(Plugins, CreatorsAreRegisteredAndFound) {
    Creator creator;
    Creator twin;
    nvinfer1::IPluginRegistry& registry = *getPluginRegistry();
    EXPECT_TRUE(registry.registerCreator(creator, "space"));
    EXPECT_FALSE(registry.registerCreator(twin, "space")) << "the name is taken";
    EXPECT_EQ(creatorNamed("Test", "space"), &creator);
    EXPECT_EQ(creatorNamed("Test", ""), nullptr);
    EXPECT_EQ(creatorCount(), 1);
    EXPECT_TRUE(registry.deregisterCreator(creator));
    EXPECT_FALSE(registry.deregisterCreator(creator));
}

#if PINION_TRT_SINCE(8, 6)
TEST(Plugins, LibrariesThatDoNotLoadAreNamed) {
    Logger logger;
    const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
    EXPECT_EQ(runtime->getPluginRegistry().loadLibrary("/nowhere/libplugin.so"), nullptr);
    EXPECT_TRUE(logger.hasError("/nowhere/libplugin.so"));
}
#endif

TEST(OnnxRuntime, IsDescribed) {
    const pinion_host_tensorrt::OnnxRuntimeInfo info = pinion_host_tensorrt::onnxRuntimeInfo();
    ASSERT_TRUE(info.loaded) << info.error;
    EXPECT_FALSE(info.path.empty());
    int major = 0;
    int minor = 0;
    ASSERT_EQ(std::sscanf(info.version.c_str(), "%d.%d", &major, &minor), 2) << info.version;
    EXPECT_GE(major * 1000 + minor, 1025);
    EXPECT_EQ(info.build.rfind("ORT Build Info", 0), 0u) << info.build;
    EXPECT_NE(pinion_host_tensorrt::deviceIdentity().find('['), std::string::npos);
}

TEST(OnnxRuntime, QuotasOfCgroupsAreRoundedUpToCpus) {
    using pinion_host_tensorrt::quotaCpus;
    EXPECT_EQ(quotaCpus("max", "100000"), 0);
    EXPECT_EQ(quotaCpus("-1", "100000"), 0);
    EXPECT_EQ(quotaCpus("", ""), 0);
    EXPECT_EQ(quotaCpus("50000", "100000"), 1);
    EXPECT_EQ(quotaCpus("100000", "100000"), 1);
    EXPECT_EQ(quotaCpus("250000", "100000"), 3);
}

#ifndef _WIN32
using OnnxRuntimeDeathTest = testing::Test;

// Each runs in a fresh process, as the library is loaded once.
TEST(OnnxRuntimeDeathTest, MissingLibraryIsExplained) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(
        {
            setenv("ONNXRUNTIME_ROOT", "/nowhere/onnxruntime", 1);
            const pinion_host_tensorrt::OnnxRuntimeInfo info = pinion_host_tensorrt::onnxRuntimeInfo();
            Logger logger;
            const bool explained = info.loaded || (info.error.find("/nowhere/onnxruntime/lib/") != std::string::npos &&
                                                   info.error.find("cannot open shared object") != std::string::npos &&
                                                   nvinfer1::createInferBuilder(logger) == nullptr &&
                                                   logger.hasError("set ONNXRUNTIME_ROOT to its folder"));
            std::exit(explained ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
}

TEST(OnnxRuntimeDeathTest, OldLibraryIsRefusedWithBothVersions) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(
        {
            setenv("ONNXRUNTIME_ROOT", OLD_ONNXRUNTIME, 1);
            const pinion_host_tensorrt::OnnxRuntimeInfo info = pinion_host_tensorrt::onnxRuntimeInfo();
            // A machine may have another, in a folder of the loader's: that one is taken then.
            const bool explained =
                info.loaded ? info.path.find(OLD_ONNXRUNTIME) == std::string::npos
                            : info.error.find("it is ONNX Runtime 1.20.3, older than 1.25") != std::string::npos;
            std::exit(explained ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
}

#if defined(__linux__)
TEST(OnnxRuntimeDeathTest, ThreadsAreTheCpusOfTheAffinityMask) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(
        {
            unsetenv("PINION_HOST_THREADS");
            cpu_set_t all;
            sched_getaffinity(0, sizeof(all), &all);
            cpu_set_t one;
            CPU_ZERO(&one);
            for (int cpu = 0; CPU_COUNT(&one) == 0; ++cpu) {
                if (CPU_ISSET(cpu, &all)) {
                    CPU_SET(cpu, &one);
                }
            }
            sched_setaffinity(0, sizeof(one), &one);
            std::exit(pinion_host_tensorrt::onnxRuntimeInfo().threads == 1 ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
    EXPECT_EXIT(
        {
            unsetenv("PINION_HOST_THREADS");
            const int threads = pinion_host_tensorrt::onnxRuntimeInfo().threads;
            const auto cpus = static_cast<int>(std::thread::hardware_concurrency());
            std::exit(threads >= 1 && threads <= cpus ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
}
#endif

TEST(OnnxRuntimeDeathTest, WrongThreadCountsAreRefused) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(
        {
            setenv("PINION_HOST_THREADS", "many", 1);
            const std::string error = pinion_host_tensorrt::onnxRuntimeInfo().error;
            std::exit(error.find("PINION_HOST_THREADS is 'many'") != std::string::npos ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
    EXPECT_EXIT(
        {
            setenv("PINION_HOST_THREADS", "1", 1);
            std::exit(pinion_host_tensorrt::onnxRuntimeInfo().threads == 1 ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
}
#endif

}  // namespace
}  // namespace trt_test
