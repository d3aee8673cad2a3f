// CUDA graphs: equal to plain enqueues, and given up rather than stale.
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

#include "output_spread.h"
#include "session_fixture.h"

using namespace session_test;

namespace {

TEST(SessionGraph, EqualsPlainEnqueue) {
    const EngineHandle engine = affineEngine();
    pn_session_options options = sessionOptions();
    TestSession graph(engine, options);
    const int32_t graphVariant = graph.prepareRows(5);
    ASSERT_TRUE(graph.usesGraph(graphVariant));
    for (float first : {0.0f, -3.5f, 1e6f}) {
        graph.fill(20, first);
        ASSERT_EQ(graph.run(graphVariant).status, PN_OK);
        EXPECT_EQ(graph.timings().used_graph, 1);
        EXPECT_TRUE(graph.isAffine(20, first));
    }
    graph.destroy();
    options.disable_graph = 1;
    TestSession plain(engine, options);
    const int32_t plainVariant = plain.prepareRows(5);
    EXPECT_FALSE(plain.usesGraph(plainVariant));
    plain.fill(20, 1e6f);
    ASSERT_EQ(plain.run(plainVariant).status, PN_OK);
    EXPECT_EQ(plain.timings().used_graph, 0);
    EXPECT_TRUE(plain.isAffine(20, 1e6f));
}

#ifdef PINION_HOST_CUDA
// Whatever goes wrong between begin of capture and first launch: one warning, plain enqueues, right results.
class SessionGraphFault : public testing::TestWithParam<const char*> {};

TEST_P(SessionGraphFault, FallsBackToPlainEnqueueWithOneWarning) {
    const EngineHandle engine = affineEngine(4, 8, 4);
    TestSession first(engine);
    TestSession second(engine);
    const LogCapture log;
    int32_t variant = -1;
    {
        // The second of a call is the other session's.
        const CudaFaults faults(GetParam());
        variant = first.prepareRows(3);
        EXPECT_EQ(second.prepareRows(3), variant);
    }
    EXPECT_EQ(log.warnings("no CUDA graph"), 1);
    const bool isFirst = std::string(GetParam()).find(":1=") != std::string::npos;
    TestSession& session = isFirst ? first : second;
    EXPECT_FALSE(session.usesGraph(variant));
    EXPECT_TRUE((isFirst ? second : first).usesGraph(variant));
    for (TestSession* each : {&first, &second}) {
        each->fill(12, 9);
        ASSERT_EQ(each->run(variant).status, PN_OK);
        EXPECT_EQ(each->timings().used_graph, each == &session ? 0 : 1);
        EXPECT_TRUE(each->isAffine(12, 9));
    }
    // The next variant is not affected.
    const int32_t other = session.prepareRows(4);
    EXPECT_TRUE(session.usesGraph(other));
    session.fill(16, 2);
    ASSERT_EQ(session.run(other).status, PN_OK);
    EXPECT_TRUE(session.isAffine(16, 2));
}

INSTANTIATE_TEST_SUITE_P(, SessionGraphFault,
                         testing::Values("begin_capture:1=not_permitted", "end_capture:1=stream_capture_invalidated",
                                         "graph_instantiate:1=out_of_memory", "graph_instantiate:2=out_of_memory",
                                         "graph_upload:1=out_of_memory", "graph_upload:2=out_of_memory",
                                         "graph_launch:1=out_of_memory", "graph_launch:2=out_of_memory"));
#endif

// Whichever runs they are: the network is not bit-reproducible, and its graph is as good as its plain runs.
class SessionGraphSpread : public testing::TestWithParam<int> {};

TEST_P(SessionGraphSpread, ANetworkThatDiffersFromItselfKeepsItsGraph) {
    const EngineHandle engine = affineEngine(4, 8, 8);
    const TensorRtFaults faults("flip_every=" + std::to_string(GetParam()));
    const LogCapture log;
    TestSession session(engine);
    for (int64_t rows = 1; rows <= 8; ++rows) {
        EXPECT_TRUE(session.usesGraph(session.prepareRows(rows))) << rows;
    }
    EXPECT_EQ(log.warnings("no CUDA graph"), 0);
}

INSTANTIATE_TEST_SUITE_P(, SessionGraphSpread, testing::Values(1, 2, 3, 4, 5, 7));

TEST(SessionGraph, OneThatDiffersFromEveryPlainRunIsRefused) {
    const EngineHandle engine = affineEngine();
    const TensorRtFaults faults("flip_replays=1");
    const LogCapture log;
    TestSession session(engine);
    const int32_t variant = session.prepareRows(3);
    EXPECT_FALSE(session.usesGraph(variant));
    EXPECT_EQ(log.warnings("the graph gives other outputs than a plain enqueue: 'y' differs by up to 0.000000"), 1);
    session.fill(12, 4);
    EXPECT_EQ(session.run(variant).status, PN_OK);
    EXPECT_TRUE(session.isAffine(12, 4));
}

TEST(OutputSpreadTest, ToleratesAsMuchAsPlainRunsDifferByThemselves) {
    const auto bytes = [](std::vector<float> values) {
        std::vector<uint8_t> result(values.size() * sizeof(float));
        std::memcpy(result.data(), values.data(), result.size());
        return std::vector<std::vector<uint8_t>>{result};
    };
    pinion::TensorInfo input;
    pinion::TensorInfo output;
    output.name = "y";
    output.mode = PN_TENSOR_OUTPUT;
    const std::vector<pinion::TensorInfo> tensors = {input, output};
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    pinion::OutputSpread spread(tensors);
    spread.add(bytes({1.0f, 5.0f, kInfinity, kNan}));
    EXPECT_TRUE(spread.has(bytes({1.0f, 5.0f, kInfinity, kNan})));
    EXPECT_NE(spread.misfit(bytes({1.25f, 5.0f, kInfinity, kNan})), "") << "one run has no spread";
    spread.add(bytes({1.5f, 5.0f, kInfinity, kNan}));
    EXPECT_FALSE(spread.has(bytes({1.25f, 5.0f, kInfinity, kNan})));
    for (const float first : {0.5f, 1.25f, 2.0f}) {
        EXPECT_EQ(spread.misfit(bytes({first, 5.5f, kInfinity, kNan})), "") << first;
    }
    EXPECT_NE(spread.misfit(bytes({2.25f, 5.0f, kInfinity, kNan})).find("'y' differs by up to 0.75"),
              std::string::npos);
    EXPECT_NE(spread.misfit(bytes({1.0f, 5.0f, 7.0f, kNan})), "");
    EXPECT_NE(spread.misfit(bytes({1.0f, 5.0f, kInfinity, 0.0f})), "");
    EXPECT_NE(spread.misfit(bytes({kNan, 5.0f, kInfinity, kNan})), "");

    output.dataType = PN_FLOAT16;
    output.elementBits = 16;
    const std::vector<pinion::TensorInfo> halves = {output};
    pinion::OutputSpread half(halves);
    // 1, 2 and 3; the smallest subnormal number.
    half.add({{0x00, 0x3c, 0x01, 0x00}});
    half.add({{0x00, 0x40, 0x01, 0x00}});
    EXPECT_EQ(half.misfit({{0x00, 0x42, 0x02, 0x00}}), "");
    EXPECT_NE(half.misfit({{0x01, 0x42, 0x01, 0x00}}), "") << "a little more than 3";

    output.dataType = PN_BOOL;
    output.elementBits = 8;
    const std::vector<pinion::TensorInfo> bools = {output};
    pinion::OutputSpread boolean(bools);
    boolean.add({{0, 1}});
    boolean.add({{1, 1}});
    EXPECT_EQ(boolean.misfit({{1, 1}}), "");
    EXPECT_EQ(boolean.misfit({{1, 0}}), "'y' differs");
}

// TensorRT accepts such an enqueue, and the stream goes on as if nothing had happened.
class SessionLateFailure : public testing::TestWithParam<bool> {};

TEST_P(SessionLateFailure, IsToldByTheRunItself) {
    // A copy of the profile for each of the two sessions.
    const EngineHandle engine = affineEngine(4, 8, 2);
    pn_session_options options = sessionOptions();
    options.disable_graph = GetParam() ? 0 : 1;
    for (const char* way : {"run", "wait", "poll"}) {
        SCOPED_TRACE(way);
        TestSession session(engine, options);
        const int32_t variant = session.prepareRows(3);
        ASSERT_EQ(session.usesGraph(variant), GetParam());
        session.fill(12, 5);
        ASSERT_EQ(session.run(variant).status, PN_OK);
        const TensorRtFaults faults("run:2=fail");
        session.fill(12, 7);
        ASSERT_EQ(session.run(variant).status, PN_OK);
        EXPECT_TRUE(session.isAffine(12, 7));
        Failure failure;
        const LogCapture log;
        if (way == std::string("run")) {
            failure = session.run(variant);
        } else {
            ASSERT_EQ(call(pn_session_enqueue, session.get(), variant).status, PN_OK);
            if (way == std::string("wait")) {
                failure = call(pn_session_wait, session.get());
            } else {
                do {
                    failure = call(pn_session_poll, session.get());
                } while (failure.status == PN_NOT_READY);
            }
        }
        EXPECT_FAILURE(failure, PN_TENSORRT, "scripted failure of a run");
        EXPECT_FALSE(session.isAffine(12, 7)) << "no result of an earlier run";
        pn_timings times{};
        times.struct_size = sizeof(times);
        EXPECT_EQ(call(pn_session_timings, static_cast<const pn_session*>(session.get()), &times).status,
                  PN_INVALID_STATE);
        // The context stays refused; another session of the engine is not affected.
        EXPECT_EQ(session.run(variant).status, PN_TENSORRT);
        TestSession fresh(engine, options);
        const int32_t again = fresh.prepareRows(3);
        fresh.fill(12, 8);
        EXPECT_EQ(fresh.run(again).status, PN_OK);
        EXPECT_TRUE(fresh.isAffine(12, 8));
    }
}

INSTANTIATE_TEST_SUITE_P(, SessionLateFailure, testing::Bool(),
                         [](const auto& info) { return info.param ? "Graph" : "Plain"; });

TEST(SessionGraph, AnErrorThatCameBetweenRunsFailsNone) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(3);
    const LogCapture log;
    {
        const TensorRtFaults faults("run:1=late_error");
        ASSERT_EQ(session.run(variant).status, PN_OK);
    }
    for (int i = 0; i < 10'000 && log.count(PN_SEVERITY_ERROR, "scripted error after a run") == 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_EQ(log.count(PN_SEVERITY_ERROR, "scripted error after a run"), 1) << "it is told";
    session.fill(12, 2);
    EXPECT_EQ(session.run(variant).status, PN_OK);
    EXPECT_TRUE(session.isAffine(12, 2));
}

TEST(SessionGraph, AFailureWhilePreparingIsTold) {
    const EngineHandle engine = affineEngine();
    for (const char* fault : {"run:1=fail", "run:2=fail", "run:3=fail"}) {
        SCOPED_TRACE(fault);
        TestSession session(engine);
        const pn_shape rows = shapeOf(0, {3, 4});
        int32_t variant = -1;
        const TensorRtFaults faults(fault);
        const Failure failure = call(pn_session_prepare, session.get(), &rows, 1, &variant);
        if (fault == std::string("run:3=fail")) {
            EXPECT_EQ(failure.status, PN_OK) << "the plain run and the graph's are all that preparing does";
        } else {
            EXPECT_EQ(failure.status, PN_TENSORRT) << failure.message;
        }
    }
}

#ifdef PINION_HOST_CUDA
TEST(SessionGraph, AFailingLaunchGoesOnWithPlainEnqueues) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(3);
    const LogCapture log;
    for (int i = 0; i < 3; ++i) {
        const CudaFaults faults("graph_launch:1=out_of_memory");
        session.fill(12, static_cast<float>(i));
        ASSERT_EQ(session.run(variant).status, PN_OK);
        EXPECT_EQ(session.timings().used_graph, 0);
        EXPECT_TRUE(session.isAffine(12, static_cast<float>(i)));
    }
    EXPECT_EQ(log.warnings("plain enqueues from now on"), 1);
    EXPECT_FALSE(session.usesGraph(variant));
}
#endif

TEST(SessionGraph, ARefusedEnqueueInACaptureLeavesNoStaleGraph) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const LogCapture log;
    int32_t variant = -1;
    {
        // The first enqueue is the plain one, the second is captured.
        const TensorRtFaults faults("enqueue:2=fail");
        variant = session.prepareRows(3);
    }
    EXPECT_EQ(log.warnings("no CUDA graph"), 1);
    EXPECT_FALSE(session.usesGraph(variant));
    for (float first = 0; first < 3; ++first) {
        session.fill(12, first);
        ASSERT_EQ(session.run(variant).status, PN_OK);
        EXPECT_TRUE(session.isAffine(12, first));
    }
}

TEST(SessionGraph, AModelThatDiffersFromRunToRunKeepsItsGraph) {
    using namespace onnx_writer;
    const EngineHandle engine = makeEngine(Model()
                                               .input("x", kFloat, {4})
                                               .node("RandomUniformLike", {"x"}, {"noise"}, "noise")
                                               .node("Add", {"x", "noise"}, {"y"}, "add")
                                               .output("y", kFloat, {4}));
    TestSession session(engine);
    const int32_t variant = session.prepare();
    EXPECT_TRUE(session.usesGraph(variant));
    EXPECT_EQ(session.run(variant).status, PN_OK);
}

TEST(SessionGraph, ManyVariantsSwitchWithoutMixingUp) {
    const EngineHandle engine = affineEngine(4, 64, 64);
    TestSession session(engine);
    std::vector<int32_t> variants;
    for (int64_t rows = 1; rows <= 64; ++rows) {
        variants.push_back(session.prepareRows(rows));
    }
    uint32_t random = 1;
    for (int i = 0; i < 500; ++i) {
        random = random * 1664525 + 1013904223;
        const size_t rows = 1 + (random >> 16) % 64;
        session.fill(rows * 4, static_cast<float>(i));
        ASSERT_EQ(session.run(variants[rows - 1]).status, PN_OK);
        ASSERT_TRUE(session.isAffine(rows * 4, static_cast<float>(i)));
    }
}

}  // namespace
