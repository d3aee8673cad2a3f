// Kernels that are compiled where they run: once per machine, in a file beside the plan, and never in a run's way.
#include <gtest/gtest.h>

#include "host_fixture.h"
#include "tensorrt_compat.h"

#if PN_TENSORRT_RTX

namespace {

using namespace native_test;

struct Loaded {
    EngineHandle engine;
    SessionHandle session;
};

// A plan file, as an engine with a session that has prepared shapes.
class PlanInFile {
public:
    PlanInFile() {
        std::string plan;
        EXPECT_EQ(BuildRequest({affineRange()}).build(affineModel(), &plan).status, PN_OK);
        writeFile(path(), plan);
    }
    std::string path() const { return folder.file("affine.plan"); }
    std::string cache() const { return path() + ".runtime-cache"; }

    Loaded load(const char* cachePath = nullptr) const {
        pn_engine_options options{};
        options.struct_size = sizeof(options);
        options.runtime_cache_path = cachePath;
        Loaded loaded;
        pn_engine* engine = nullptr;
        EXPECT_OK(pn_engine_load_file, path().c_str(), &options, &engine);
        loaded.engine.reset(engine);
        pn_session* session = nullptr;
        EXPECT_OK(pn_session_create, engine, static_cast<const pn_session_options*>(nullptr), &session);
        loaded.session.reset(session);
        return loaded;
    }

    const TemporaryFolder folder;
};

// Gives the milliseconds of the first run.
double prepare(const Loaded& loaded, int64_t rows) {
    const pn_shape shape{0, 2, {rows, 4}};
    int32_t variant = -1;
    EXPECT_OK(pn_session_prepare, loaded.session.get(), &shape, 1, &variant);
    const pn_variant_info info = variantInfo(loaded.session.get(), variant);
    EXPECT_EQ(info.uses_graph, 1);
    return info.first_run_ms;
}

int compiled(const LogCapture& log) {
    return log.count(PN_SEVERITY_VERBOSE, "Compiled kernels");
}

TEST(RuntimeCacheTest, KernelsAreCompiledOncePerMachine) {
    const PlanInFile plan;
    {
        const LogCapture log;
        const Loaded first = plan.load();
        EXPECT_EQ(plan.folder.names(), std::vector<std::string>{"affine.plan"}) << "nothing to keep yet";
        prepare(first, 1);
        prepare(first, 2);
        EXPECT_EQ(compiled(log), 2);
        const Loaded second = plan.load();
        prepare(second, 1);
        EXPECT_EQ(compiled(log), 2);
    }
    EXPECT_EQ(plan.folder.names(),
              (std::vector<std::string>{"affine.plan", "affine.plan.runtime-cache", "affine.plan.runtime-cache.lock"}));
    const LogCapture log;
    const Loaded later = plan.load();
    prepare(later, 2);
    EXPECT_EQ(compiled(log), 0);
    prepare(later, 3);
    EXPECT_EQ(compiled(log), 1);
    EXPECT_EQ(log.warnings("runtime cache"), 0);
}

TEST(RuntimeCacheTest, TheFirstRunsTimeHasTheCompilers) {
    const TensorRtFaults slow("jit=1000000");
    const PlanInFile plan;
    {
        const Loaded first = plan.load();
        EXPECT_GE(prepare(first, 1), 1000);
        EXPECT_GE(prepare(first, 2), 1000);
    }
    const double kept = prepare(plan.load(), 1);
    EXPECT_GT(kept, 0);
    EXPECT_LT(kept, 1000) << "nothing was left to compile";
}

TEST(RuntimeCacheTest, SessionsOfOneEngineShareTheirKernels) {
    EngineHandle engine = affineEngine();
    const LogCapture log;
    for (int i = 0; i < 2; ++i) {
        pn_session* session = nullptr;
        ASSERT_OK(pn_session_create, engine.get(), static_cast<const pn_session_options*>(nullptr), &session);
        prepare({nullptr, SessionHandle(session)}, 1);
    }
    EXPECT_EQ(compiled(log), 1);
}

TEST(RuntimeCacheTest, TheOptionsSayWhereOrNowhere) {
    const PlanInFile plan;
    prepare(plan.load(""), 1);
    EXPECT_EQ(plan.folder.names(), std::vector<std::string>{"affine.plan"});
    const std::string elsewhere = plan.folder.file("kernels");
    prepare(plan.load(elsewhere.c_str()), 1);
    EXPECT_EQ(plan.folder.names(), (std::vector<std::string>{"affine.plan", "kernels", "kernels.lock"}));
}

TEST(RuntimeCacheTest, AForeignOrDamagedOneIsIgnoredAndReplaced) {
    const PlanInFile plan;
    prepare(plan.load(), 1);
    const std::string good = readFile(plan.cache());
    for (const std::string& bytes : {std::string("text"), good.substr(0, good.size() - 1)}) {
        writeFile(plan.cache(), bytes);
        const LogCapture log;
        prepare(plan.load(), 1);
        EXPECT_EQ(log.warnings("is not used: it is of another release, GPU or driver, or damaged"), 1);
        EXPECT_EQ(compiled(log), 1);
        EXPECT_EQ(readFile(plan.cache()), good);
    }
}

TEST(RuntimeCacheTest, AFolderThatCannotBeWrittenIsToldOnce) {
    const PlanInFile plan;
    const std::string nowhere = plan.folder.file("missing/kernels");
    const LogCapture log;
    const Loaded loaded = plan.load(nowhere.c_str());
    prepare(loaded, 1);
    prepare(loaded, 2);
    EXPECT_EQ(log.warnings("compiled kernels are not kept in the runtime cache '" + nowhere), 1);
}

TEST(RuntimeCacheTest, APlanThatMayAllocateRunsWithoutAGraph) {
    // As others build it, without kREQUIRE_USER_ALLOCATION.
    std::string plan;
    {
        struct Quiet final : nvinfer1::ILogger {
            void log(Severity, const char*) noexcept override {}
        } logger;
        const std::string model = affineModel().bytes();
        const std::unique_ptr<nvinfer1::IBuilder> builder(nvinfer1::createInferBuilder(logger));
        const std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(0));
        const std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*network, logger));
        ASSERT_TRUE(parser->parse(model.data(), model.size()));
        const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
        nvinfer1::IOptimizationProfile* const profile = builder->createOptimizationProfile();
        for (const auto select : {nvinfer1::OptProfileSelector::kMIN, nvinfer1::OptProfileSelector::kOPT,
                                  nvinfer1::OptProfileSelector::kMAX}) {
            profile->setDimensions("x", select,
                                   nvinfer1::Dims2(select == nvinfer1::OptProfileSelector::kMIN ? 1 : 4, 4));
        }
        config->addOptimizationProfile(profile);
        const std::unique_ptr<nvinfer1::IHostMemory> bytes(builder->buildSerializedNetwork(*network, *config));
        ASSERT_NE(bytes, nullptr);
        plan.assign(static_cast<const char*>(bytes->data()), bytes->size());
    }
    EngineHandle engine;
    ASSERT_EQ(load(plan, &engine).status, PN_OK);
    pn_session* session = nullptr;
    ASSERT_OK(pn_session_create, engine.get(), static_cast<const pn_session_options*>(nullptr), &session);
    const SessionHandle owned(session);
    const LogCapture log;
    const pn_shape shape{0, 2, {2, 4}};
    int32_t variant = -1;
    ASSERT_OK(pn_session_prepare, session, &shape, 1, &variant);
    EXPECT_EQ(log.warnings("plain enqueues instead: TensorRT says that this engine may allocate memory"), 1);
    EXPECT_EQ(variantInfo(session, variant).uses_graph, 0);
    EXPECT_OK(pn_session_run, session, variant);
}

TEST(UnfitPlanTest, TheReasonIsTensorRtsByItsFirstBytes) {
    BuildRequest request({affineRange()});
    const int32_t turing = 75;
    request.options.targets = &turing;
    request.options.target_count = 1;
    request.options.raw = 1;
    std::string plan;
    ASSERT_EQ(request.build(affineModel(), &plan).status, PN_OK);
    EngineHandle engine;
    const Failure failure = load(plan, &engine);
    EXPECT_EQ(failure.status, PN_PLAN_MISMATCH) << failure.text();
    EXPECT_NE(failure.message.find("this GPU's compute capability is not among its targets"), std::string::npos)
        << failure.message;
    EXPECT_NE(failure.runningOn.find("SM 8.6"), std::string::npos) << failure.runningOn;
}

}  // namespace

#else

namespace {

using namespace native_test;

TEST(RuntimeCacheTest, NeedsTensorRtForRtx) {
    const TemporaryFolder folder;
    std::string plan;
    ASSERT_EQ(BuildRequest().build(identityModel(), &plan).status, PN_OK);
    const std::string cache = folder.file("kernels");
    pn_engine_options options{};
    options.struct_size = sizeof(options);
    options.runtime_cache_path = cache.c_str();
    pn_engine* engine = nullptr;
    EXPECT_FAILURE(call(pn_engine_load_memory, static_cast<const void*>(plan.data()), uint64_t{plan.size()},
                        static_cast<const pn_engine_options*>(&options), &engine),
                   PN_UNSUPPORTED, "a runtime cache is for TensorRT for RTX");
    options.runtime_cache_path = "";
    EXPECT_OK(pn_engine_load_memory, static_cast<const void*>(plan.data()), uint64_t{plan.size()},
              static_cast<const pn_engine_options*>(&options), &engine);
    pn_engine_destroy(engine);
}

}  // namespace

#endif
