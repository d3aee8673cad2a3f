// Engines: what is loaded, what is told of it, and which plans are refused.
#include "engine.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <thread>

#include "hash.h"
#include "host_fixture.h"
#include "tensorrt_compat.h"

namespace {

using namespace native_test;
using onnx_writer::kFloat;
using onnx_writer::kInt32;
using onnx_writer::kInt64;
using onnx_writer::Model;

std::string affinePlan(bool raw = false) {
    BuildRequest request({affineRange()});
    request.options.raw = raw ? 1 : 0;
    std::string plan;
    const Failure failure = request.build(affineModel(), &plan);
    EXPECT_EQ(failure.status, PN_OK) << failure.text();
    return plan;
}

pn_tensor_info tensorInfo(const EngineHandle& engine, int32_t tensor) {
    pn_tensor_info info{};
    info.struct_size = sizeof(info);
    EXPECT_OK(pn_engine_tensor_info, static_cast<const pn_engine*>(engine.get()), tensor, &info);
    return info;
}

TEST(EngineTest, ListsInputsFirstInTheNetworksOrder) {
    const EngineHandle engine = makeEngine(Model()
                                               .input("second", kFloat, {2, 3})
                                               .input("first", kInt32, {5})
                                               .node("Identity", {"first"}, {"b"}, "copy first")
                                               .node("Identity", {"second"}, {"a"}, "copy second")
                                               .output("b", kInt32, {5})
                                               .output("a", kFloat, {2, 3}));
    ASSERT_NE(engine, nullptr);
    int32_t count = 0;
    ASSERT_OK(pn_engine_tensor_count, engine.get(), &count);
    ASSERT_EQ(count, 4);
    const std::vector<std::string> names = {"second", "first", "b", "a"};
    for (int32_t i = 0; i < count; ++i) {
        const pn_tensor_info info = tensorInfo(engine, i);
        EXPECT_EQ(info.name, names[static_cast<size_t>(i)]);
        EXPECT_EQ(info.mode, i < 2 ? PN_TENSOR_INPUT : PN_TENSOR_OUTPUT);
        EXPECT_EQ(info.data_type, i == 0 || i == 3 ? PN_FLOAT32 : PN_INT32);
        EXPECT_EQ(info.element_bits, 32);
        EXPECT_EQ(info.is_shape_tensor, 0);
    }
    EXPECT_EQ(tensorInfo(engine, 0).rank, 2);
    EXPECT_EQ(tensorInfo(engine, 0).dims[1], 3);
}

TEST(EngineTest, DynamicDimensionsAreMinusOne) {
    const EngineHandle engine = affineEngine();
    ASSERT_NE(engine, nullptr);
    for (const int32_t tensor : {0, 1}) {
        const pn_tensor_info info = tensorInfo(engine, tensor);
        EXPECT_EQ(info.rank, 2);
        EXPECT_EQ(info.dims[0], -1);
        EXPECT_EQ(info.dims[1], 4);
    }
}

// As others build it: Pinion does not.
std::string planWithAShapeTensor() {
    struct Quiet final : nvinfer1::ILogger {
        void log(Severity, const char*) noexcept override {}
    } logger;
#if PN_TENSORRT_AT_LEAST(11, 0)
    constexpr uint32_t kFlags = 0;
#else
    constexpr auto kFlags = 1U << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH);
#endif
    const std::string model = Model()
                                  .input("x", kFloat, {4, 6})
                                  .input("shape", kInt64, {2})
                                  .node("Reshape", {"x", "shape"}, {"y"}, "fold")
                                  .outputOfUnknownShape("y", kFloat)
                                  .bytes();
    const std::unique_ptr<nvinfer1::IBuilder> builder(nvinfer1::createInferBuilder(logger));
    const std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(kFlags));
    const std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*network, logger));
    EXPECT_TRUE(parser->parse(model.data(), model.size()));
    const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
    nvinfer1::IOptimizationProfile* const profile = builder->createOptimizationProfile();
    for (const auto select :
         {nvinfer1::OptProfileSelector::kMIN, nvinfer1::OptProfileSelector::kOPT, nvinfer1::OptProfileSelector::kMAX}) {
#if PN_TENSORRT_AT_LEAST(11, 0)
        const int64_t values[] = {4, 6};
        EXPECT_TRUE(profile->setShapeValuesV2("shape", select, values, 2));
#else
        const int32_t values[] = {4, 6};
        EXPECT_TRUE(profile->setShapeValues("shape", select, values, 2));
#endif
    }
    config->addOptimizationProfile(profile);
    const std::unique_ptr<nvinfer1::IHostMemory> bytes(builder->buildSerializedNetwork(*network, *config));
    return bytes != nullptr ? std::string(static_cast<const char*>(bytes->data()), bytes->size()) : "";
}

TEST(EngineTest, AShapeTensorIsToldAndNoSessionTakesIt) {
    EngineHandle engine;
    const Failure loaded = load(planWithAShapeTensor(), &engine);
    ASSERT_EQ(loaded.status, PN_OK) << loaded.text();
    EXPECT_EQ(tensorInfo(engine, 0).is_shape_tensor, 0);
    EXPECT_EQ(tensorInfo(engine, 1).is_shape_tensor, 1);
    EXPECT_STREQ(tensorInfo(engine, 1).name, "shape");
    pn_session* session = nullptr;
    EXPECT_FAILURE(call(pn_session_create, engine.get(), static_cast<const pn_session_options*>(nullptr), &session),
                   PN_UNSUPPORTED, "'shape' is a shape tensor: its values decide other shapes");
    EXPECT_EQ(session, nullptr);
}

TEST(EngineTest, IndicesOutOfRangeAreRefusedWithTheLimit) {
    const EngineHandle engine = affineEngine();
    ASSERT_NE(engine, nullptr);
    pn_tensor_info info{};
    info.struct_size = sizeof(info);
    int64_t dims[PN_MAX_RANK] = {};
    for (const int32_t tensor : {-1, 2}) {
        EXPECT_FAILURE(call(pn_engine_tensor_info, engine.get(), tensor, &info), PN_INVALID_ARGUMENT,
                       "tensor is " + std::to_string(tensor) + "; there are 2");
    }
    EXPECT_FAILURE(call(pn_engine_profile_shape, engine.get(), 1, 0, dims, dims, dims), PN_INVALID_ARGUMENT,
                   "profile is 1; there are 1");
    EXPECT_FAILURE(call(pn_engine_profile_shape, engine.get(), 0, 1, dims, dims, dims), PN_INVALID_ARGUMENT,
                   "'y', is an output");
    EXPECT_FAILURE(call(pn_engine_profile_shape, engine.get(), 0, 0, dims, dims, static_cast<int64_t*>(nullptr)),
                   PN_INVALID_ARGUMENT, "out_max is NULL");
}

TEST(EngineTest, LoadsFromAFileAsFromMemory) {
    const TemporaryFolder folder;
    writeFile(folder.file("a.plan"), affinePlan());
    pn_engine* loaded = nullptr;
    ASSERT_OK(pn_engine_load_file, folder.file("a.plan").c_str(), static_cast<const pn_engine_options*>(nullptr),
              &loaded);
    const EngineHandle engine(loaded);
    EXPECT_STREQ(tensorInfo(engine, 0).name, "x");
    // The file is no longer needed.
    std::filesystem::remove(folder.file("a.plan"));
    pn_blob* blob = nullptr;
    ASSERT_OK(pn_engine_describe, engine.get(), &blob);
    pn_blob_destroy(blob);
}

TEST(EngineTest, DescribesThePlanAndWhatRuns) {
    for (const bool raw : {false, true}) {
        EngineHandle engine;
        ASSERT_EQ(load(affinePlan(raw), &engine).status, PN_OK);
        pn_blob* blob = nullptr;
        ASSERT_OK(pn_engine_describe, engine.get(), &blob);
        const BlobHandle owned(blob);
        const std::string json = textOf(blob);
        for (const std::string& part : std::vector<std::string>{
                 raw ? R"({"raw": true, )" : R"({"raw": false, )",
                 R"("inputs": [{"name": "x", "dtype": "float32", "shape": [-1, 4]}])",
                 R"("profiles": [{"x": {"min": [1, 4], "opt": [2, 4], "max": [8, 4]}}])",
                 R"("running": {"tensorrt": ")" + pinion::versionText(pinion::tensorRtLoaded()) + '"'}) {
            EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
        }
    }
}

TEST(EngineTest, TellsScratchMemory) {
    const EngineHandle engine = affineEngine();
    ASSERT_NE(engine, nullptr);
    int64_t bytes = -1;
    ASSERT_OK(pn_engine_scratch_bytes, engine.get(), &bytes);
    EXPECT_GE(bytes, 0);
}

TEST(EngineTest, LayersComeFromTheInspectorOrTheVersionIsNamed) {
    const EngineHandle engine = affineEngine();
    ASSERT_NE(engine, nullptr);
    pn_blob* blob = nullptr;
    const Failure failure = call(pn_engine_layers, engine.get(), &blob);
    const BlobHandle owned(blob);
    if (pinion::kTensorRtApi < 80200) {
        EXPECT_FAILURE(failure, PN_UNSUPPORTED, "needs TensorRT 8.2 or later");
    } else {
        EXPECT_EQ(failure.status, PN_OK) << failure.text();
        EXPECT_NE(textOf(blob).find("Layers"), std::string::npos) << textOf(blob);
    }
}

TEST(EngineTest, SeveralThreadsLoadAndReadAtOnce) {
    const std::string plan = affinePlan();
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&plan] {
            for (int round = 0; round < 5; ++round) {
                EngineHandle engine;
                ASSERT_EQ(load(plan, &engine).status, PN_OK);
                EXPECT_STREQ(tensorInfo(engine, 1).name, "y");
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

// ---- memory; a sanitizer's own would hide it, and so would that of a real device's context

#if defined(PINION_HOST_CUDA) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

size_t statusKilobytes(const std::string& key) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);) {
        if (line.rfind(key, 0) == 0) {
            return std::stoul(line.substr(key.size()));
        }
    }
    return 0;
}

// Adds 64 MiB of weights to x.
Model heavyModel() {
    constexpr int64_t kColumns = 16 << 20;
    std::vector<float> weights(kColumns);
    for (size_t i = 0; i < weights.size(); ++i) {
        weights[i] = static_cast<float>(i % 1000);
    }
    return Model()
        .input("x", kFloat, {"N", 1})
        .constant("w", {kColumns}, weights)
        .node("Add", {"x", "w"}, {"sum"}, "sum")
        .node("ReduceMax", {"sum"}, {"y"}, "largest", {{"axes", {1}}, {"keepdims", 1}})
        .output("y", kFloat, {"N", 1});
}

TEST(EngineTest, LoadingNeedsLittleMoreThanThePlansSize) {
    const TemporaryFolder folder;
    size_t planBytes = 0;
    {
        std::string plan;
        ASSERT_EQ(BuildRequest({{"x", {1, 1}, {1, 1}, {2, 1}}}).build(heavyModel(), &plan).status, PN_OK);
        planBytes = plan.size();
        writeFile(folder.file("a.plan"), plan);
    }
    ASSERT_GT(planBytes, size_t{64} << 20);
    // Resets the peak; where the system does not allow that, the build's own peak would be measured.
    std::ofstream("/proc/self/clear_refs") << "5";
    const size_t before = statusKilobytes("VmRSS:");
    if (statusKilobytes("VmHWM:") > before + 4096) {
        GTEST_SKIP() << "the peak of memory cannot be reset here";
    }
    pn_engine* loaded = nullptr;
    ASSERT_OK(pn_engine_load_file, folder.file("a.plan").c_str(), static_cast<const pn_engine_options*>(nullptr),
              &loaded);
    const size_t peak = statusKilobytes("VmHWM:");
    pn_engine_destroy(loaded);
    EXPECT_LT(static_cast<double>(peak - before) * 1024, 1.2 * static_cast<double>(planBytes));
}

#endif

// ---- plans that are refused

Failure loadFailure(const std::string& plan) {
    EngineHandle engine;
    Failure failure = load(plan, &engine);
    EXPECT_EQ(engine, nullptr);
    return failure;
}

// Changes one number of the fixed header part and makes its checksum right again.
std::string patched(std::string plan, size_t offset, int32_t value) {
    uint32_t payloadOffset = 0;
    std::memcpy(&payloadOffset, &plan[12], sizeof(payloadOffset));
    std::memcpy(&plan[offset], &value, sizeof(value));
    plan.replace(32, 8, 8, '\0');
    pinion::Xxh64 hash;
    hash.update(plan.data(), payloadOffset);
    const uint64_t checksum = hash.digest();
    std::memcpy(&plan[32], &checksum, sizeof(checksum));
    return plan;
}

TEST(PlanRefusalTest, AnotherTensorRtVersionIsNamedOnBothSides) {
    const Failure failure = loadFailure(patched(affinePlan(), 40, 70203));
    EXPECT_FAILURE(failure, PN_PLAN_MISMATCH,
                   pinion::kBuildsForTargets ? "another release of TensorRT for RTX" : "another TensorRT version");
    EXPECT_NE(failure.builtWith.find("TensorRT 7.2.3"), std::string::npos) << failure.builtWith;
    EXPECT_NE(failure.runningOn.find(pinion::versionText(pinion::tensorRtLoaded())), std::string::npos)
        << failure.runningOn;
}

TEST(PlanRefusalTest, AnotherSdkOrDeviceIsNamedOnBothSides) {
    const Failure sdk = loadFailure(patched(affinePlan(), 44, PN_SDK_NVIDIA));
    EXPECT_FAILURE(sdk, PN_PLAN_MISMATCH, "nvidia SDK");
    if (pinion::kBuildsForTargets) {
        // One target, and which.
        const Failure target = loadFailure(patched(patched(affinePlan(), 360, 0x00010001), 364, 75));
        EXPECT_FAILURE(target, PN_PLAN_MISMATCH, "its targets are SM 7.5");
        EXPECT_NE(target.message.find("Build it with the target sm86 too"), std::string::npos) << target.message;
        return;
    }
    const Failure device = loadFailure(patched(affinePlan(), 48, 9));
    EXPECT_FAILURE(device, PN_PLAN_MISMATCH, "compute capability");
    EXPECT_NE(device.builtWith.find("SM 9."), std::string::npos) << device.builtWith;
}

TEST(PlanRefusalTest, DamageNeverReachesTensorRt) {
    // The deserializer would fail; that its fault is not met shows that it was not called.
    const TensorRtFaults faults("deserialize:1=fail");
    std::string plan = affinePlan();
    plan[plan.size() / 2] = static_cast<char>(plan[plan.size() / 2] ^ 0x10);
    EXPECT_EQ(loadFailure(plan).status, PN_PLAN_CORRUPT);
    EXPECT_EQ(loadFailure(plan.substr(0, plan.size() - 1)).status, PN_PLAN_CORRUPT);
    EXPECT_EQ(loadFailure(affineModel().bytes()).status, PN_PLAN_CORRUPT);
    EXPECT_EQ(loadFailure("").status, PN_PLAN_CORRUPT);
    EXPECT_EQ(loadFailure(affinePlan()).status, PN_TENSORRT);
}

TEST(PlanRefusalTest, TensorRtsOwnRefusalOfARawPlanKeepsItsLines) {
    std::string plan = affinePlan(true);
    plan.resize(plan.size() / 2);
    const Failure truncated = loadFailure(plan);
    EXPECT_EQ(truncated.status, PN_PLAN_CORRUPT) << truncated.message;
    EXPECT_NE(truncated.log, "");
    const Failure garbage = loadFailure(std::string(500, '\x93'));
    EXPECT_EQ(garbage.status, PN_PLAN_CORRUPT) << garbage.message;
}

TEST(PlanRefusalTest, TensorRtsWordsTellAnotherVersionFromDamage) {
    const std::string line = "Error Code 1: Serialization (Version tag does not match)";
    EXPECT_EQ(pinion::mismatchLine("first\n" + line + "\nlast"), line);
    EXPECT_NE(pinion::mismatchLine("expecting library version 8.6.1.6 got 8.5.3.1, please rebuild"), "");
    EXPECT_NE(pinion::mismatchLine("the plan is generated on an incompatible device"), "");
    EXPECT_EQ(pinion::mismatchLine("Magic tag does not match"), "");
    EXPECT_EQ(pinion::mismatchLine(""), "");
}

TEST(PlanRefusalTest, MissingFilesAndFoldersAreNamed) {
    const TemporaryFolder folder;
    pn_engine* engine = nullptr;
    EXPECT_FAILURE(call(pn_engine_load_file, folder.file("a.plan").c_str(),
                        static_cast<const pn_engine_options*>(nullptr), &engine),
                   PN_NOT_FOUND, "a.plan");
    EXPECT_FAILURE(
        call(pn_engine_load_file, folder.file("").c_str(), static_cast<const pn_engine_options*>(nullptr), &engine),
        PN_IO, "folder");
}

#if PN_TENSORRT_AT_LEAST(8, 6) && !PN_TENSORRT_RTX
TEST(PlanRefusalTest, AVersionCompatiblePlanRunsItsCodeOnlyWhereThatIsAllowed) {
    for (const bool raw : {false, true}) {
        SCOPED_TRACE(raw ? "raw" : "with Pinion's header");
        BuildRequest request({affineRange()});
        request.options.version_compatible = 1;
        request.options.raw = raw ? 1 : 0;
        std::string plan;
        ASSERT_EQ(request.build(affineModel(), &plan).status, PN_OK);
        EngineHandle engine;
        const Failure refused = load(plan, &engine);
        EXPECT_EQ(engine, nullptr);
        if (raw) {
            EXPECT_NE(refused.log.find("setEngineHostCodeAllowed"), std::string::npos) << refused.text();
        } else {
            EXPECT_FAILURE(refused, PN_INVALID_ARGUMENT, "AllowHostCode");
        }
        const Failure allowed = load(plan, &engine, true);
        EXPECT_EQ(allowed.status, PN_OK) << allowed.text();
    }
}
#endif

TEST(PlanRefusalTest, BadOptionsAreNamed) {
    const std::string plan = affinePlan();
    pn_engine* engine = nullptr;
    pn_engine_options options{};
    options.struct_size = sizeof(options);
    options.device = 77;
    const auto loadWith = [&] {
        return call(pn_engine_load_memory, static_cast<const void*>(plan.data()), uint64_t{plan.size()}, &options,
                    &engine);
    };
    EXPECT_FAILURE(loadWith(), PN_INVALID_ARGUMENT, "device is 77");
    options.device = 0;
    options.allow_host_code = 2;
    EXPECT_FAILURE(loadWith(), PN_INVALID_ARGUMENT, "allow_host_code is 2");
    options.allow_host_code = 0;
    const char* missing = "/nowhere/plugin.so";
    options.plugin_libraries = &missing;
    options.plugin_library_count = 1;
    EXPECT_FAILURE(loadWith(), PN_NOT_FOUND, "/nowhere/plugin.so");
    EXPECT_EQ(engine, nullptr);
}

}  // namespace
