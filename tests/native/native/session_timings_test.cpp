// Timings in trtexec's terms, and times per layer.
#include <cmath>

#include "error.h"
#include "layer_profile.h"
#include "session_fixture.h"

using namespace session_test;

namespace {

constexpr int64_t kColumns = 1 << 18;  // 1 MB a row

class SessionTimings : public testing::TestWithParam<bool> {
protected:
    static pn_session_options options() {
        pn_session_options options = sessionOptions();
        options.disable_graph = GetParam() ? 0 : 1;
        return options;
    }
};

#ifdef PINION_HOST_CUDA
TEST_P(SessionTimings, PartsArePlausible) {
    const EngineHandle engine = affineEngine(kColumns, 4);
    TestSession session(engine, options());
    const int32_t variant = session.prepareRows(2, kColumns);
    const CudaFaults slow("copy_bandwidth=20MBps");
    int64_t lastDone = 0;
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(session.run(variant).status, PN_OK);
        const pn_timings times = session.timings();
        EXPECT_EQ(times.used_graph, GetParam() ? 1 : 0);
        // 2 MiB at 20 MB/s take 104.9 ms by construction, in each direction.
        EXPECT_GE(times.h2d_ms, 104.0f);
        EXPECT_GE(times.d2h_ms, 104.0f);
        EXPECT_GT(times.compute_ms, 0.0f);
        EXPECT_GE(times.enqueue_ms, 0.0f);
        EXPECT_LT(lastDone, times.start_ns);
        EXPECT_LE(times.start_ns, times.enqueued_ns);
        EXPECT_LE(times.enqueued_ns, times.done_ns);
        // The parts lie within the call that the host saw.
        const double wallMs = static_cast<double>(times.done_ns - times.start_ns) * 1e-6;
        EXPECT_LE(times.h2d_ms + times.compute_ms + times.d2h_ms, wallMs * 1.001 + 0.01);
        EXPECT_LE(times.enqueue_ms, static_cast<double>(times.enqueued_ns - times.start_ns) * 1e-6 + 0.001);
        lastDone = times.done_ns;
    }
}
#endif

TEST_P(SessionTimings, WithoutEventsThereAreHostTimesOnly) {
    const EngineHandle engine = affineEngine();
    pn_session_options withoutTimings = options();
    withoutTimings.timing_interval = -1;
    TestSession session(engine, withoutTimings);
    ASSERT_EQ(session.run(session.prepareRows(2)).status, PN_OK);
    const pn_timings times = session.timings();
    EXPECT_EQ(times.h2d_ms, 0);
    EXPECT_EQ(times.compute_ms, 0);
    EXPECT_EQ(times.d2h_ms, 0);
    EXPECT_EQ(times.has_device_times, 0);
    EXPECT_GT(times.done_ns, times.start_ns);
}

TEST_P(SessionTimings, EveryNthRunHasDeviceTimes) {
    // Before 8.6 each shape takes a copy of the profile.
    const EngineHandle engine = affineEngine(4, 8, 2);
#ifdef PINION_HOST_CUDA
    const uint64_t graphsBefore = usage().graphExecs;
#endif
    for (const int32_t interval : {0, 1, 2, 3}) {
        pn_session_options sampled = options();
        sampled.timing_interval = interval;
        TestSession session(engine, sampled);
        const int32_t few = session.prepareRows(2);
        const int32_t many = session.prepareRows(8);
#ifdef PINION_HOST_CUDA
        // Two kinds of runs have two graphs.
        EXPECT_EQ(usage().graphExecs - graphsBefore, GetParam() ? (interval > 1 ? 4u : 2u) : 0u);
#endif
        for (int run = 0; run < 7; ++run) {
            const int32_t variant = run % 3 == 1 ? many : few;
            session.fill(8, static_cast<float>(run));
            ASSERT_EQ(session.run(variant).status, PN_OK);
            EXPECT_TRUE(session.isAffine(8, static_cast<float>(run)));
            const pn_timings times = session.timings();
            const bool isTimed = interval < 2 || run % interval == 0;
            EXPECT_EQ(times.has_device_times, isTimed ? 1 : 0) << interval << " " << run;
            EXPECT_EQ(times.compute_ms > 0, isTimed) << interval << " " << run;
            EXPECT_EQ(times.used_graph, GetParam() ? 1 : 0);
        }
    }
}

TEST(SessionTimingsState, RefusesOtherIntervals) {
    const EngineHandle engine = affineEngine();
    pn_session_options options = sessionOptions();
    options.timing_interval = -2;
    pn_session* session = nullptr;
    EXPECT_FAILURE(call(pn_session_create, engine.get(), &options, &session), PN_INVALID_ARGUMENT, "timing_interval");
}

#ifdef PINION_HOST_CUDA
// The second graph of a variant that has two: runs of either kind go on without.
TEST(SessionTimingsState, AGraphThatCannotBeMadeTakesTheOtherWithIt) {
    const EngineHandle engine = affineEngine();
    pn_session_options options = sessionOptions();
    options.timing_interval = 2;
    const uint64_t graphsBefore = usage().graphExecs;
    const CudaFaults faults("graph_instantiate:2=unknown");
    TestSession session(engine, options);
    const int32_t variant = session.prepareRows(2);
    EXPECT_FALSE(session.usesGraph(variant));
    EXPECT_EQ(usage().graphExecs, graphsBefore);
    for (int run = 0; run < 4; ++run) {
        session.fill(8, static_cast<float>(run));
        ASSERT_EQ(session.run(variant).status, PN_OK);
        EXPECT_TRUE(session.isAffine(8, static_cast<float>(run)));
        EXPECT_EQ(session.timings().has_device_times, run % 2 == 0 ? 1 : 0);
    }
}
#endif

INSTANTIATE_TEST_SUITE_P(, SessionTimings, testing::Bool(),
                         [](const auto& info) { return info.param ? "Graph" : "Plain"; });

TEST(SessionTimingsState, BelongToACompletedRun) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    pn_timings times{};
    times.struct_size = sizeof(times);
    const auto ask = [&] {
        return call(pn_session_timings, static_cast<const pn_session*>(session.get()), &times).status;
    };
    EXPECT_EQ(ask(), PN_INVALID_STATE);
    const int32_t variant = session.prepareRows(2);
    EXPECT_EQ(ask(), PN_INVALID_STATE);
    ASSERT_EQ(session.run(variant).status, PN_OK);
    EXPECT_EQ(ask(), PN_OK);
    times.struct_size = 0;
    EXPECT_EQ(ask(), PN_INVALID_ARGUMENT);
}

TEST(SessionTimingsState, AnOlderCallersStructIsNotOverrun) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    ASSERT_EQ(session.run(session.prepareRows(2)).status, PN_OK);
    pn_timings times{};
    times.struct_size = 8;
    times.h2d_ms = -1;
    EXPECT_OK(pn_session_timings, static_cast<const pn_session*>(session.get()), &times);
    EXPECT_EQ(times.struct_size, 8u);
    EXPECT_EQ(times.used_graph, 1);
    EXPECT_EQ(times.h2d_ms, -1);
}

std::string profile(TestSession& session, int32_t variant, int32_t iterations) {
    pn_blob* blob = nullptr;
    EXPECT_OK(pn_session_profile_layers, session.get(), variant, iterations, &blob);
    const BlobHandle json(blob);
    return blob == nullptr ? "" : std::string(static_cast<const char*>(pn_blob_data(blob)), pn_blob_size(blob));
}

size_t occurrences(const std::string& text, const std::string& what) {
    size_t count = 0;
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        ++count;
    }
    return count;
}

TEST(SessionProfile, GivesTimesPerLayerInTrtexecsForm) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(2);
    const std::string json = profile(session, variant, 5);
    EXPECT_NE(json.find("\"count\":"), std::string::npos) << json;
    const size_t layers = occurrences(json, "\"name\":");
    EXPECT_GE(layers, 1u) << json;
    for (const char* key : {"\"timeMs\":", "\"averageMs\":", "\"medianMs\":", "\"percentage\":"}) {
        EXPECT_EQ(occurrences(json, key), layers) << json;
    }
    // Profiling leaves the variant as it was.
    EXPECT_TRUE(session.usesGraph(variant));
    session.fill(8, 1);
    ASSERT_EQ(session.run(variant).status, PN_OK);
    EXPECT_EQ(session.timings().used_graph, 1);
    EXPECT_TRUE(session.isAffine(8, 1));
}

TEST(SessionProfile, NoLayersAreAnErrorAndNoEmptyTable) {
    pinion::LayerProfiler profiler;
    profiler.endIteration();
    profiler.endIteration();
    const Failure failure = call([&profiler](pn_error** error) {
        return pinion::guard("profile layers", error, [&profiler] { (void)profiler.toJson(); });
    });
    EXPECT_FAILURE(failure, PN_TENSORRT, "no layer to the profiler in 2 runs");
}

TEST(SessionProfile, RefusesWrongArguments) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(2);
    pn_blob* json = nullptr;
    EXPECT_EQ(call(pn_session_profile_layers, session.get(), variant, 0, &json).status, PN_INVALID_ARGUMENT);
    EXPECT_EQ(call(pn_session_profile_layers, session.get(), variant + 1, 1, &json).status, PN_INVALID_ARGUMENT);
    EXPECT_EQ(json, nullptr);
}

TEST(SessionProfile, AFailingEnqueueDetachesTheProfiler) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(2);
    {
        const TensorRtFaults faults("enqueue:2=fail");
        pn_blob* json = nullptr;
        EXPECT_EQ(call(pn_session_profile_layers, session.get(), variant, 3, &json).status, PN_TENSORRT);
    }
    for (int i = 0; i < 3; ++i) {
        session.fill(8, static_cast<float>(i));
        ASSERT_EQ(session.run(variant).status, PN_OK);
        EXPECT_TRUE(session.isAffine(8, static_cast<float>(i)));
    }
}

}  // namespace
