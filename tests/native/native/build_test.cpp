// Building: precision, options by version, progress, cancellation, and what the plan says afterwards.
#include <gtest/gtest.h>

#include <mutex>

#include "fixture.h"
#include "hash.h"
#include "plan_file.h"
#include "tensorrt_compat.h"

namespace {

using namespace native_test;
using onnx_writer::kFloat;
using onnx_writer::Model;
using pinion::kBuildsForTargets;
using pinion::kTensorRtApi;
using pinion::kTensorRtCompiled;

std::string describe(const std::string& plan) {
    pn_blob* blob = nullptr;
    EXPECT_OK(pn_plan_describe_memory, static_cast<const void*>(plan.data()), uint64_t{plan.size()}, &blob);
    const BlobHandle owned(blob);
    return textOf(blob);
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(BuildTest, ThePlanDescribesItsBuild) {
    BuildRequest request({affineRange()});
    request.options.workspace_bytes = 1 << 20;
    std::string plan;
    const TemporaryFolder folder;
    affineModel().save(folder.file("affine.onnx"));
    ASSERT_EQ(request.buildFile(folder.file("affine.onnx"), &plan).status, PN_OK);
    const std::string json = describe(plan);
    const std::string onnx = affineModel().bytes();
    for (const std::string& part : std::vector<std::string>{
             R"("raw": false)", R"("tensorrt": ")" + pinion::versionText(kTensorRtCompiled) + '"',
             R"("sdk": ")" + std::string(pinion::sdkName(sdk())) + '"', R"("precision": "fp32")",
             R"("inputs": [{"name": "x", "dtype": "float32", "shape": [-1, 4]}])",
             R"("outputs": [{"name": "y", "dtype": "float32", "shape": [-1, 4]}])",
             R"("profiles": [{"x": {"min": [1, 4], "opt": [2, 4], "max": [8, 4]}}])", R"("file": "affine.onnx")",
             R"("sha256": ")" + pinion::sha256Hex(onnx.data(), onnx.size()) + '"', R"("tf32": false)",
             R"("workspaceBytes": 1048576)", R"("buildSeconds": )"}) {
        EXPECT_TRUE(contains(json, part)) << part << " in " << json;
    }
}

TEST(BuildTest, ThePlanKeepsPinionsMetadataOfItsModel) {
    BuildRequest request({affineRange()});
    std::string plan;
    Model model = affineModel();
    model.metadata("author", "nobody").metadata("pinion.labels", "cat\ndog");
    ASSERT_EQ(request.build(model, &plan).status, PN_OK);
    EXPECT_TRUE(contains(describe(plan), R"("metadata": {"pinion.labels": "cat\u000adog"}})")) << describe(plan);
}

TEST(BuildTest, ARawPlanIsTensorRtsBytesAlone) {
    BuildRequest request({affineRange()});
    request.options.raw = 1;
    std::string plan;
    ASSERT_EQ(request.build(affineModel(), &plan).status, PN_OK);
    EXPECT_EQ(describe(plan), R"({"raw": true, "bytes": )" + std::to_string(plan.size()) + "}");
    expectLoads(plan);
}

#if !PN_TENSORRT_AT_LEAST(11, 0)
TEST(BuildTest, Fp16OnADeviceWithoutItWarnsOnce) {
    LogCapture log;
    BuildRequest request;
    request.options.precision = PN_PRECISION_FP16;
    std::string plan;
    ASSERT_EQ(request.build(identityModel(), &plan).status, PN_OK);
    EXPECT_EQ(log.warnings("FP16 was asked for, but this device"), 1);
    EXPECT_TRUE(contains(describe(plan), R"("precision": "fp16")"));
}
#endif

struct BadOption {
    const char* name;
    void (*set)(pn_build_options&);
    const char* part;
};

class BadOptionTest : public testing::TestWithParam<BadOption> {};

TEST_P(BadOptionTest, IsRefusedWithValueAndLimit) {
    BuildRequest request;
    GetParam().set(request.options);
    std::string plan;
    EXPECT_FAILURE(request.build(identityModel(), &plan), PN_INVALID_ARGUMENT, GetParam().part);
    EXPECT_EQ(plan, "");
}

const BadOption kBadOptions[] = {
    {"StructSize", [](pn_build_options& o) { o.struct_size = 0; }, "struct_size is 0"},
    {"Device", [](pn_build_options& o) { o.device = 64; }, "device is 64"},
    {"Precision", [](pn_build_options& o) { o.precision = 2; }, "precision is 2; it must be 0 to 1"},
    {"Constraints", [](pn_build_options& o) { o.precision_constraints = -1; }, "precision_constraints is -1"},
    {"Verbosity", [](pn_build_options& o) { o.profiling_verbosity = 3; }, "profiling_verbosity is 3"},
    {"Level", [](pn_build_options& o) { o.optimization_level = 7; }, "optimization_level is 7; it must be 0 to 6"},
    {"Hardware", [](pn_build_options& o) { o.hardware_compatibility = 3; }, "hardware_compatibility is 3"},
    {"Copies", [](pn_build_options& o) { o.profile_copies = 65; }, "profile_copies is 65"},
    {"Workspace", [](pn_build_options& o) { o.workspace_bytes = -1; }, "workspace_bytes is -1"},
    {"TimingIterations", [](pn_build_options& o) { o.timing_iterations = -1; },
     "timing_iterations is -1; it must be 0 to 10000"},
    {"Raw", [](pn_build_options& o) { o.raw = 2; }, "raw is 2"},
    {"TypedAndConstrained",
     [](pn_build_options& o) {
         o.strongly_typed = 1;
         o.precision_constraints = PN_CONSTRAINTS_OBEY;
     },
     "exclude each other"},
    {"LayersWithoutArray", [](pn_build_options& o) { o.layer_precision_count = 1; }, "layer_precisions is NULL"},
    {"PluginsWithoutArray", [](pn_build_options& o) { o.plugin_library_count = 1; }, "plugin_libraries is NULL"},
};

INSTANTIATE_TEST_SUITE_P(All, BadOptionTest, testing::ValuesIn(kBadOptions),
                         [](const testing::TestParamInfo<BadOption>& info) { return info.param.name; });

struct VersionedOption {
    const char* name;
    void (*set)(pn_build_options&);
    int32_t since;      // the first version that has it
    const char* needs;  // what the refusal says before
    const char* rtxHasNo = nullptr;
    int32_t gone = INT32_MAX;  // the first version without it
};

class VersionedOptionTest : public testing::TestWithParam<VersionedOption> {};

TEST_P(VersionedOptionTest, WorksOrNamesTheVersionItNeeds) {
    BuildRequest request({affineRange()});
    GetParam().set(request.options);
    std::string plan;
    const Failure failure = request.build(affineModel(), &plan);
    if (kBuildsForTargets && GetParam().rtxHasNo != nullptr) {
        EXPECT_FAILURE(failure, PN_UNSUPPORTED, std::string("TensorRT for RTX ") + GetParam().rtxHasNo);
        EXPECT_EQ(plan, "");
    } else if (kTensorRtApi >= GetParam().since && kTensorRtApi < GetParam().gone) {
        EXPECT_EQ(failure.status, PN_OK) << failure.text();
        expectLoads(plan, request.options.version_compatible != 0);
    } else {
        EXPECT_FAILURE(failure, PN_UNSUPPORTED, GetParam().needs);
    }
}

const VersionedOption kVersionedOptions[] = {
    {"OptimizationLevel", [](pn_build_options& o) { o.optimization_level = 6; }, 80600, "needs TensorRT 8.6 or later"},
    {"VersionCompatible", [](pn_build_options& o) { o.version_compatible = 1; }, 80600, "needs TensorRT 8.6 or later",
     "has no version compatibility: a plan runs with the release that built it"},
    {"SameComputeCapability",
     [](pn_build_options& o) { o.hardware_compatibility = PN_HARDWARE_SAME_COMPUTE_CAPABILITY; }, 100900,
     "needs TensorRT", "has no hardware compatibility level: name the GPUs as targets"},
    {"StronglyTyped", [](pn_build_options& o) { o.strongly_typed = 1; }, 100000, "needs TensorRT 10.0 or later"},
    {"Obey", [](pn_build_options& o) { o.precision_constraints = PN_CONSTRAINTS_OBEY; }, 80200,
     kTensorRtApi < 110000 ? "needs TensorRT 8.2 to 10.x" : "needs TensorRT 8.0 to 10.x", "1.", 110000},
    {"Prefer", [](pn_build_options& o) { o.precision_constraints = PN_CONSTRAINTS_PREFER; }, 80000,
     "needs TensorRT 8.0 to 10.x", "1.", 110000},
    {"Tf32", [](pn_build_options& o) { o.allow_tf32 = 1; }, 80000, ""},
    {"Verbosity", [](pn_build_options& o) { o.profiling_verbosity = PN_VERBOSITY_DETAILED; }, 80000, ""},
    {"NoVerbosity", [](pn_build_options& o) { o.profiling_verbosity = PN_VERBOSITY_NONE; }, 80000, ""},
    {"Workspace", [](pn_build_options& o) { o.workspace_bytes = 64 << 20; }, 80000, ""},
    {"TimingIterations", [](pn_build_options& o) { o.timing_iterations = 8; }, 80000, "",
     "has no timing iterations: its builder times nothing"},
    {"TacticSources",
     [](pn_build_options& o) {
         o.set_tactic_sources = 1;
         o.tactic_sources = 0;
     },
     80000, "", "has no tactic sources"},
};

INSTANTIATE_TEST_SUITE_P(All, VersionedOptionTest, testing::ValuesIn(kVersionedOptions),
                         [](const testing::TestParamInfo<VersionedOption>& info) { return info.param.name; });

TEST(BuildTest, HardwareCompatibilityIsTensorRtsToRefuseOnThisDevice) {
    BuildRequest request;
    request.options.hardware_compatibility = PN_HARDWARE_AMPERE_PLUS;
    const Failure failure = request.build(identityModel());
    if (kBuildsForTargets) {
        EXPECT_FAILURE(failure, PN_UNSUPPORTED, "TensorRT for RTX has no hardware compatibility level");
    } else if (kTensorRtCompiled < 80600) {
        EXPECT_FAILURE(failure, PN_UNSUPPORTED, "needs TensorRT 8.6 or later");
    } else {
        // The host is no GPU of that generation; the option arrived.
        EXPECT_EQ(failure.status, PN_BUILD) << failure.message;
        EXPECT_TRUE(contains(failure.log, "hardware compatibility")) << failure.log;
    }
}

#if PN_TENSORRT_AT_LEAST(10, 0)
TEST(BuildTest, AStronglyTypedFp32ModelCannotBeBuiltInFp16) {
    BuildRequest request;
    request.options.strongly_typed = 1;
    request.options.precision = PN_PRECISION_FP16;
    EXPECT_FAILURE(request.build(identityModel()), PN_UNSUPPORTED, "the model computes in FP32");
}
#endif

// ---- targets

Failure buildFor(const std::vector<int32_t>& targets, const Model& model, std::string* plan = nullptr) {
    BuildRequest request;
    request.options.targets = targets.data();
    request.options.target_count = static_cast<int32_t>(targets.size());
    return request.build(model, plan);
}

TEST(TargetsTest, AreCheckedBeforeAnyWork) {
    EXPECT_FAILURE(buildFor({80, 86, 80}, identityModel()), PN_INVALID_ARGUMENT, "targets names 80 twice");
    BuildRequest request;
    request.options.target_count = 1;
    EXPECT_FAILURE(request.build(identityModel()), PN_INVALID_ARGUMENT, "targets is NULL");
    request.options.target_count = 16;
    EXPECT_FAILURE(request.build(identityModel()), PN_INVALID_ARGUMENT, "target_count is 16; it must be 0 to 15");
}

#if PN_TENSORRT_RTX

TEST(BuildTest, TakesNoTimingCache) {
    const TemporaryFolder folder;
    const std::string cache = folder.file("cache");
    BuildRequest request;
    request.options.timing_cache_path = cache.c_str();
    EXPECT_FAILURE(request.build(identityModel()), PN_UNSUPPORTED,
                   "TensorRT for RTX has no timing cache: its builder times nothing, leave it out");
    EXPECT_TRUE(folder.names().empty());
}

// y = a b
Model productModel(onnx_writer::ElementType type) {
    return Model()
        .input("a", type, {2, 4})
        .input("b", type, {4, 3})
        .node("MatMul", {"a", "b"}, {"y"}, "product")
        .output("y", type, {2, 3});
}

TEST(TargetsTest, StandInThePlanInOrder) {
    std::string plan;
    const Failure failure = buildFor({89, 75, 80}, identityModel(), &plan);
    ASSERT_EQ(failure.status, PN_OK) << failure.text();
    EXPECT_TRUE(contains(describe(plan), R"("targets": ["7.5", "8.0", "8.9"], "platform")")) << describe(plan);
    ASSERT_EQ(BuildRequest().build(identityModel(), &plan).status, PN_OK);
    EXPECT_TRUE(contains(describe(plan), R"("targets": [], "platform")")) << describe(plan);
}

TEST(TargetsTest, AnUnknownOneIsRefusedWithThoseThatAre) {
    for (const int32_t target : {0, 1, 70, 90, 100, -75}) {
        EXPECT_FAILURE(buildFor({target}, identityModel()), PN_INVALID_ARGUMENT,
                       "target " + std::to_string(target) + " is unknown to TensorRT for RTX");
    }
    EXPECT_FAILURE(buildFor({90}, identityModel()), PN_INVALID_ARGUMENT, "75, 80, 86, 89, 120, 121");
}

// NVIDIA's support matrix has a footnote on FP32 for Turing; the compiler takes it.
TEST(TargetsTest, TakeMatrixProductsInBothPrecisions) {
    for (const onnx_writer::ElementType type : {kFloat, onnx_writer::kFloat16}) {
        const Failure failure = buildFor({75, 80}, productModel(type));
        EXPECT_EQ(failure.status, PN_OK) << failure.text();
    }
}

TEST(TargetsTest, ABuildIsForThemAndOnNoDevice) {
    BuildRequest request;
    request.options.device = 1;
    EXPECT_FAILURE(request.build(identityModel()), PN_INVALID_ARGUMENT, "device is 1, but TensorRT for RTX builds for");
}

#else

TEST(TargetsTest, NeedTensorRtForRtx) {
    EXPECT_FAILURE(buildFor({80}, identityModel()), PN_UNSUPPORTED, "targets need the SDK rtx");
}

#endif

// ---- precision of single layers

Failure buildWithLayers(const std::vector<pn_layer_precision>& layers, int32_t precision, int32_t constraints) {
    BuildRequest request({affineRange()});
    request.options.precision = precision;
    request.options.precision_constraints = constraints;
    request.options.layer_precisions = layers.data();
    request.options.layer_precision_count = static_cast<int32_t>(layers.size());
    return request.build(affineModel());
}

#if !PN_TENSORRT_AT_LEAST(11, 0)
TEST(LayerPrecisionTest, TakesNamesAndPatterns) {
    for (const char* layer : {"double", "dou*", "*"}) {
        const Failure failure =
            buildWithLayers({{layer, PN_PRECISION_FP32, 0}}, PN_PRECISION_FP16, PN_CONSTRAINTS_PREFER);
        EXPECT_EQ(failure.status, PN_OK) << layer << ": " << failure.text();
    }
}

TEST(LayerPrecisionTest, AnUnknownNameGivesTheNearest) {
    EXPECT_FAILURE(buildWithLayers({{"duoble", PN_PRECISION_FP32, 0}}, PN_PRECISION_FP16, PN_CONSTRAINTS_PREFER),
                   PN_INVALID_ARGUMENT, "no layer is named 'duoble'; did you mean 'double'?");
    EXPECT_FAILURE(buildWithLayers({{"zzz*", PN_PRECISION_FP32, 0}}, PN_PRECISION_FP16, PN_CONSTRAINTS_PREFER),
                   PN_INVALID_ARGUMENT, "no layer is named 'zzz*'");
}
#endif

TEST(LayerPrecisionTest, ContradictionsAreRefused) {
    EXPECT_FAILURE(buildWithLayers({{"double", PN_PRECISION_FP32, 0}}, PN_PRECISION_FP16, PN_CONSTRAINTS_NONE),
                   PN_INVALID_ARGUMENT, "prefer or obey");
    EXPECT_FAILURE(buildWithLayers({{"double", PN_PRECISION_FP16, 0}}, PN_PRECISION_FP32, PN_CONSTRAINTS_PREFER),
                   PN_INVALID_ARGUMENT, "build with precision FP16");
    EXPECT_FAILURE(buildWithLayers({{"double", 7, 0}}, PN_PRECISION_FP16, PN_CONSTRAINTS_PREFER), PN_INVALID_ARGUMENT,
                   "layer_precisions[0].precision is 7");
    EXPECT_FAILURE(buildWithLayers({{nullptr, 0, 0}}, PN_PRECISION_FP16, PN_CONSTRAINTS_PREFER), PN_INVALID_ARGUMENT,
                   "layer_precisions[0].layer is NULL");
}

// ---- progress

struct Step {
    std::string phase;
    std::string parent;
    int32_t step;
    int32_t stepCount;
    double elapsed;
};

struct Watcher {
    std::vector<Step> steps;
    std::string cancelAt;  // phase; "" never
    int32_t cancelAtStep = 0;

    static int32_t report(void* user, const char* phase, const char* parent, int32_t step, int32_t stepCount,
                          double elapsed) {
        auto* watcher = static_cast<Watcher*>(user);
        watcher->steps.push_back({phase, parent, step, stepCount, elapsed});
        return watcher->cancelAt == phase && step >= watcher->cancelAtStep ? 1 : 0;
    }
    Failure build() {
        BuildRequest request({affineRange()});
        request.options.progress = &report;
        request.options.progress_user = this;
        return request.build(affineModel());
    }
    std::vector<std::string> outerPhases() const {
        std::vector<std::string> phases;
        for (const Step& step : steps) {
            if (step.parent.empty()) {
                phases.push_back(step.phase + " " + std::to_string(step.step) + "/" + std::to_string(step.stepCount));
            }
        }
        return phases;
    }
};

TEST(ProgressTest, ReportsPhasesInOrderWithGrowingTime) {
    Watcher watcher;
    ASSERT_EQ(watcher.build().status, PN_OK);
    EXPECT_EQ(watcher.outerPhases(), (std::vector<std::string>{"parse 0/1", "parse 1/1", "build 0/1", "build 1/1",
                                                               "serialize 0/1", "serialize 1/1"}));
    double last = 0;
    for (const Step& step : watcher.steps) {
        EXPECT_GE(step.elapsed, last);
        last = step.elapsed;
    }
    const bool hasInnerSteps = watcher.steps.size() > watcher.outerPhases().size();
    EXPECT_EQ(hasInnerSteps, kTensorRtApi >= 100000);
}

TEST(ProgressTest, CancelsAtTheBoundaryOfEveryPhase) {
    for (const char* phase : {"parse", "build", "serialize"}) {
        for (const int32_t step : {0, 1}) {
            Watcher watcher;
            watcher.cancelAt = phase;
            watcher.cancelAtStep = step;
            EXPECT_FAILURE(watcher.build(), PN_CANCELLED, "cancelled");
            EXPECT_EQ(watcher.steps.back().phase, phase);
            EXPECT_EQ(watcher.steps.back().step, step);
        }
    }
}

#if PN_TENSORRT_AT_LEAST(10, 0)
TEST(ProgressTest, CancelsInsideTheBuilderWhereTensorRtAllowsIt) {
    Watcher all;
    ASSERT_EQ(all.build().status, PN_OK);
    const auto inner = std::find_if(all.steps.begin(), all.steps.end(),
                                    [](const Step& step) { return !step.parent.empty() && step.step > 0; });
    ASSERT_NE(inner, all.steps.end());
    Watcher watcher;
    watcher.cancelAt = inner->phase;
    watcher.cancelAtStep = inner->step;
    EXPECT_FAILURE(watcher.build(), PN_CANCELLED, "cancelled");
    const std::vector<std::string> phases = watcher.outerPhases();
    EXPECT_EQ(phases.back(), "build 0/1");
}
#endif

}  // namespace
