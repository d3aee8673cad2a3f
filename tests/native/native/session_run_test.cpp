// Shapes, variants, buffers and synchronous runs.
#include "session_fixture.h"

using namespace session_test;

namespace {

TEST(SessionRun, CopiesInComputesAndCopiesOut) {
    const EngineHandle engine = makeEngine(identityModel());
    TestSession session(engine);
    const int32_t variant = session.prepare();
    for (float first = 0; first < 3; ++first) {
        session.fill(16, first);
        ASSERT_EQ(session.run(variant).status, PN_OK);
        EXPECT_TRUE(std::equal(session.data(0), session.data(0) + 16, session.data(1)));
    }
}

TEST(SessionRun, OptionsMayBeNull) {
    const EngineHandle engine = makeEngine(identityModel());
    pn_session* session = nullptr;
    ASSERT_OK(pn_session_create, engine.get(), static_cast<const pn_session_options*>(nullptr), &session);
    int32_t variant = -1;
    EXPECT_OK(pn_session_prepare, session, static_cast<const pn_shape*>(nullptr), 0, &variant);
    EXPECT_OK(pn_session_run, session, variant);
    pn_session_destroy(session);
}

TEST(SessionRun, EveryBatchHasItsVariantAndShape) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    std::vector<int32_t> variants;
    for (int64_t rows = 1; rows <= 8; ++rows) {
        variants.push_back(session.prepareRows(rows));
        int64_t dims[PN_MAX_RANK] = {};
        int32_t rank = 0;
        EXPECT_OK(pn_session_shape, static_cast<const pn_session*>(session.get()), variants.back(), 1, dims, &rank);
        EXPECT_EQ(rank, 2);
        EXPECT_EQ(dims[0], rows);
        EXPECT_EQ(dims[1], 4);
    }
    // Forwards and backwards, so that every variant follows a larger and a smaller one.
    for (int32_t step = 0; step < 16; ++step) {
        const int32_t rows = step < 8 ? step + 1 : 16 - step;
        session.fill(32, static_cast<float>(step));
        ASSERT_EQ(session.run(variants[static_cast<size_t>(rows - 1)]).status, PN_OK);
        EXPECT_TRUE(session.isAffine(static_cast<size_t>(rows) * 4, static_cast<float>(step)));
        // No byte beyond the variant's shape is copied.
        EXPECT_TRUE(
            std::all_of(session.data(1) + rows * 4, session.data(1) + 32, [](float value) { return value == -1e9f; }));
    }
}

TEST(SessionRun, TheSameShapesGiveTheSameVariant) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t two = session.prepareRows(2);
    const int32_t five = session.prepareRows(5);
    EXPECT_NE(two, five);
    EXPECT_EQ(session.prepareRows(2), two);
    EXPECT_EQ(session.prepareRows(5), five);
}

int32_t admitRows(TestSession& session, int64_t rows) {
    const pn_shape shape = shapeOf(0, {rows, 4});
    int32_t variant = -1;
    EXPECT_OK(pn_session_admit, session.get(), &shape, 1, &variant);
    return variant;
}

TEST(SessionAdmit, RunsPlainlyUntilItIsPrepared) {
    const EngineHandle engine = affineEngine();
#ifdef PINION_HOST_CUDA
    const uint64_t graphsBefore = usage().graphExecs;
#endif
    TestSession session(engine);
    int32_t admitted = -1;
    {
        // The model is not run.
        const TensorRtFaults faults("enqueue:1+=fail");
        admitted = admitRows(session, 2);
    }
    EXPECT_EQ(admitRows(session, 2), admitted);
#ifdef PINION_HOST_CUDA
    EXPECT_EQ(usage().graphExecs, graphsBefore);
#endif
    for (int run = 0; run < 4; ++run) {
        session.fill(8, static_cast<float>(run));
        ASSERT_EQ(session.run(admitted).status, PN_OK);
        EXPECT_TRUE(session.isAffine(8, static_cast<float>(run)));
        EXPECT_EQ(session.timings().used_graph, 0);
        EXPECT_EQ(session.timings().has_device_times, 1);
    }
    EXPECT_FALSE(session.usesGraph(admitted));
    EXPECT_EQ(variantInfo(session.get(), admitted).first_run_ms, 0);

    EXPECT_EQ(session.prepareRows(2), admitted);
    EXPECT_TRUE(session.usesGraph(admitted));
    EXPECT_GT(variantInfo(session.get(), admitted).first_run_ms, 0);
    EXPECT_EQ(admitRows(session, 2), admitted);
    session.fill(8, 7);
    ASSERT_EQ(session.run(admitted).status, PN_OK);
    EXPECT_TRUE(session.isAffine(8, 7));
    EXPECT_EQ(session.timings().used_graph, 1);
}

TEST(SessionAdmit, AlternatesWithPreparedShapes) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t prepared = session.prepareRows(4);
    const int32_t admitted = admitRows(session, 2);
    ASSERT_NE(prepared, admitted);
    const auto runBoth = [&](float first) {
        for (const auto& [variant, count] : {std::pair{prepared, size_t{16}}, {admitted, size_t{8}}}) {
            session.fill(count, first);
            ASSERT_EQ(session.run(variant).status, PN_OK);
            EXPECT_TRUE(session.isAffine(count, first)) << variant;
        }
    };
    runBoth(1);
    runBoth(2);
    EXPECT_EQ(session.prepareRows(2), admitted);
    runBoth(3);
    runBoth(4);
    EXPECT_OK(pn_session_discard, session.get(), admitted);
    EXPECT_EQ(session.run(prepared).status, PN_OK);
}

TEST(SessionAdmit, StaysAsItIsWherePreparingFails) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t admitted = admitRows(session, 2);
    {
        const TensorRtFaults faults("enqueue:1=fail");
        const pn_shape shape = shapeOf(0, {2, 4});
        int32_t variant = -1;
        EXPECT_EQ(call(pn_session_prepare, session.get(), &shape, 1, &variant).status, PN_TENSORRT);
    }
    EXPECT_FALSE(session.usesGraph(admitted));
    session.fill(8, 3);
    ASSERT_EQ(session.run(admitted).status, PN_OK);
    EXPECT_TRUE(session.isAffine(8, 3));
    EXPECT_EQ(session.prepareRows(2), admitted);
    EXPECT_TRUE(session.usesGraph(admitted));
}

TEST(SessionAdmit, RefusesWhatPrepareRefuses) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const pn_shape shape = shapeOf(0, {9, 4});
    int32_t variant = -1;
    EXPECT_EQ(call(pn_session_admit, session.get(), &shape, 1, &variant).status, PN_INVALID_ARGUMENT);
    EXPECT_EQ(call(pn_session_admit, session.get(), static_cast<const pn_shape*>(nullptr), 0, &variant).status,
              PN_INVALID_ARGUMENT);
    EXPECT_EQ(call(pn_session_admit, session.get(), &shape, 1, static_cast<int32_t*>(nullptr)).status,
              PN_INVALID_ARGUMENT);
}

TEST(SessionRun, ADiscardedNumberIsGivenOutAgain) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t two = session.prepareRows(2);
    const int32_t five = session.prepareRows(5);
    EXPECT_OK(pn_session_discard, session.get(), two);
    EXPECT_EQ(session.run(two).status, PN_INVALID_ARGUMENT);
    EXPECT_EQ(call(pn_session_discard, session.get(), two).status, PN_INVALID_ARGUMENT);
    session.fill(20, 1);
    EXPECT_EQ(session.run(five).status, PN_OK);
    EXPECT_TRUE(session.isAffine(20, 1));
    EXPECT_EQ(session.prepareRows(3), two);
    session.fill(12, 7);
    EXPECT_EQ(session.run(two).status, PN_OK);
    EXPECT_TRUE(session.isAffine(12, 7));
}

TEST(SessionRun, BuffersHoldTheProfilesMaximum) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    void* data = nullptr;
    uint64_t bytes = 0;
    for (int32_t tensor = 0; tensor < 2; ++tensor) {
        EXPECT_OK(pn_session_buffer, static_cast<const pn_session*>(session.get()), tensor, &data, &bytes);
        EXPECT_NE(data, nullptr);
        EXPECT_EQ(bytes, 8u * 4u * sizeof(float));
    }
}

TEST(SessionRun, SeveralInputsAndOutputsOfSeveralTypes) {
    using namespace onnx_writer;
    const EngineHandle engine = makeEngine(Model()
                                               .input("a", kFloat, {"N", 3})
                                               .input("b", kFloat, {"N", 3})
                                               .input("k", kInt32, {2})
                                               .node("Add", {"a", "b"}, {"sum"}, "add")
                                               .node("Mul", {"a", "b"}, {"product"}, "multiply")
                                               .node("Identity", {"k"}, {"same"}, "copy")
                                               .output("sum", kFloat, {"N", 3})
                                               .output("product", kFloat, {"N", 3})
                                               .output("same", kInt32, {2}),
                                           {{"a", {1, 3}, {2, 3}, {4, 3}}, {"b", {1, 3}, {2, 3}, {4, 3}}});
    TestSession session(engine);
    const int32_t variant = session.prepare({shapeOf(1, {2, 3}), shapeOf(0, {2, 3})});
    for (int i = 0; i < 6; ++i) {
        session.data(0)[i] = static_cast<float>(i);
        session.data(1)[i] = 10;
    }
    session.data<int32_t>(2)[0] = -7;
    session.data<int32_t>(2)[1] = 1 << 30;
    ASSERT_EQ(session.run(variant).status, PN_OK);
    for (int i = 0; i < 6; ++i) {
        EXPECT_EQ(session.data(3)[i], static_cast<float>(i + 10));
        EXPECT_EQ(session.data(4)[i], static_cast<float>(i * 10));
    }
    EXPECT_EQ(session.data<int32_t>(5)[0], -7);
    EXPECT_EQ(session.data<int32_t>(5)[1], 1 << 30);
}

TEST(SessionRun, OutputsMayBeLargestAtTheSmallestInput) {
    using namespace onnx_writer;
    // y has 10 - N rows of x's columns: Slice from N on a constant of 10 rows.
    std::vector<float> table(10);
    for (size_t i = 0; i < table.size(); ++i) {
        table[i] = static_cast<float>(i);
    }
    const EngineHandle engine = makeEngine(Model()
                                               .input("x", kFloat, {"N"})
                                               .constant("table", {10}, table)
                                               .constant("end", {1}, std::vector<int64_t>{10})
                                               .node("Shape", {"x"}, {"count"}, "count")
                                               .node("Slice", {"table", "count", "end"}, {"rest"}, "rest")
                                               .node("ReduceSum", {"x"}, {"sum"}, "sum")
                                               .node("Add", {"rest", "sum"}, {"y"}, "add")
                                               .output("y", kFloat, {"M"}),
                                           {{"x", {2}, {4}, {8}}});
    if (engine == nullptr) {
        return;
    }
    TestSession session(engine);
    for (int64_t count : {2, 5, 8}) {
        const int32_t variant = session.prepare({shapeOf(0, {count})});
        std::fill_n(session.data(0), count, 1.0f);
        ASSERT_EQ(session.run(variant).status, PN_OK);
        for (int64_t i = 0; i < 10 - count; ++i) {
            EXPECT_EQ(session.data(1)[i], static_cast<float>(count + i + count));
        }
    }
}

TEST(SessionRun, RefusesShapesThatDoNotFit) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    int32_t variant = -1;
    const auto refuse = [&](const std::vector<pn_shape>& shapes, const std::string& text) {
        const Failure failure =
            call(pn_session_prepare, session.get(), shapes.data(), static_cast<int32_t>(shapes.size()), &variant);
        EXPECT_EQ(failure.status, PN_INVALID_ARGUMENT);
        EXPECT_NE(failure.message.find(text), std::string::npos) << failure.message;
    };
    refuse({}, "'x' is dynamic");
    refuse({shapeOf(0, {9, 4})}, "profile 0 allows 1 to 8");
    refuse({shapeOf(0, {0, 4})}, "profile 0 allows 1 to 8");
    refuse({shapeOf(0, {-1, 4})}, "profile 0 allows 1 to 8");
    refuse({shapeOf(0, {2, 5})}, "dimension 1 is 5");
    refuse({shapeOf(0, {2, 4, 1})}, "2 dimensions");
    refuse({shapeOf(1, {2, 4})}, "tensor 1 is no input");
    refuse({shapeOf(-1, {2, 4})}, "tensor -1 is no input");
    refuse({shapeOf(0, {2, 4}), shapeOf(0, {3, 4})}, "two shapes");
    EXPECT_EQ(variant, -1);
    EXPECT_GE(session.prepareRows(8), 0);
}

// Only TensorRT can tell that they do not go together; what it says must not stick to later runs.
TEST(SessionRun, ShapesThatDoNotGoTogetherLeaveTheSessionUsable) {
    using namespace onnx_writer;
    const EngineHandle engine = makeEngine(Model()
                                               .input("a", kFloat, {1, "N"})
                                               .input("b", kFloat, {1, "M"})
                                               .node("Add", {"a", "b"}, {"sum"}, "add")
                                               .output("sum", kFloat, {1, "K"}),
                                           {{"a", {1, 1}, {1, 2}, {1, 4}}, {"b", {1, 1}, {1, 2}, {1, 4}}});
    TestSession session(engine);
    const int32_t before = session.prepare({shapeOf(0, {1, 3}), shapeOf(1, {1, 3})});
    const std::vector<pn_shape> misfit{shapeOf(0, {1, 2}), shapeOf(1, {1, 3})};
    int32_t variant = -1;
    const LogCapture log;
    EXPECT_EQ(call(pn_session_prepare, session.get(), misfit.data(), 2, &variant).status, PN_TENSORRT);
    EXPECT_EQ(session.run(before).status, PN_OK);
    const int32_t after = session.prepare({shapeOf(0, {1, 2}), shapeOf(1, {1, 2})});
    session.fill(2, 1, 2);
    EXPECT_EQ(session.run(after).status, PN_OK);
}

TEST(SessionRun, RefusesArgumentsOutOfRange) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(2);
    EXPECT_EQ(session.run(variant + 1).status, PN_INVALID_ARGUMENT);
    EXPECT_EQ(session.run(-1).status, PN_INVALID_ARGUMENT);
    pn_session* const none = nullptr;
    EXPECT_FAILURE(call(pn_session_run, none, 0), PN_INVALID_ARGUMENT, "session is NULL");
    EXPECT_FAILURE(call(pn_session_poll, none), PN_INVALID_ARGUMENT, "session is NULL");
    EXPECT_FAILURE(call(pn_session_close, none), PN_INVALID_ARGUMENT, "session is NULL");
    EXPECT_EQ(pn_session_state(none), PN_RUN_CLOSED);
    void* data = nullptr;
    uint64_t bytes = 0;
    EXPECT_EQ(call(pn_session_buffer, static_cast<const pn_session*>(session.get()), 2, &data, &bytes).status,
              PN_INVALID_ARGUMENT);
    EXPECT_EQ(session.run(variant).status, PN_OK);
}

TEST(SessionRun, RefusesWrongOptions) {
    const EngineHandle engine = affineEngine();
    const auto refuse = [&](auto change, const std::string& text) {
        pn_session_options options = sessionOptions();
        change(options);
        pn_session* session = nullptr;
        const Failure failure = call(pn_session_create, engine.get(), &options, &session);
        EXPECT_EQ(failure.status, PN_INVALID_ARGUMENT);
        EXPECT_NE(failure.message.find(text), std::string::npos) << failure.message;
        EXPECT_EQ(session, nullptr);
    };
    refuse([](pn_session_options& options) { options.profile = 1; }, "profile is 1");
    refuse([](pn_session_options& options) { options.profile = -1; }, "profile is -1");
    refuse([](pn_session_options& options) { options.wait_mode = 2; }, "wait_mode is 2");
    refuse([](pn_session_options& options) { options.struct_size = 0; }, "struct_size");
}

// A caller that was compiled before the fields after struct_size existed gets their defaults.
TEST(SessionRun, ReadsOptionsOfAnOlderCaller) {
    const EngineHandle engine = affineEngine();
    pn_session_options options = sessionOptions();
    options.struct_size = sizeof(uint32_t);
    options.profile = 77;
    options.wait_mode = 1000;
    TestSession session(engine, options);
    EXPECT_EQ(session.run(session.prepareRows(1)).status, PN_OK);
}

TEST(SessionRun, TheSecondProfileHasItsOwnRanges) {
    const EngineHandle engine =
        makeEngine(affineModel(), {{"x", {1, 4}, {1, 4}, {2, 4}, 0}, {"x", {4, 4}, {8, 4}, {16, 4}, 1}});
    pn_session_options options = sessionOptions();
    options.profile = 1;
    TestSession second(engine, options);
    int32_t variant = -1;
    const pn_shape small = shapeOf(0, {2, 4});
    EXPECT_EQ(call(pn_session_prepare, second.get(), &small, 1, &variant).status, PN_INVALID_ARGUMENT);
    variant = second.prepareRows(16);
    second.fill(64, 3);
    EXPECT_EQ(second.run(variant).status, PN_OK);
    EXPECT_TRUE(second.isAffine(64, 3));
    TestSession first(engine);
    variant = first.prepareRows(2);
    first.fill(8, 5);
    EXPECT_EQ(first.run(variant).status, PN_OK);
    EXPECT_TRUE(first.isAffine(8, 5));
}

TEST(SessionRun, EveryCombinationOfOptionsRuns) {
    const EngineHandle engine = affineEngine();
    for (int32_t bits = 0; bits < 16; ++bits) {
        pn_session_options options = sessionOptions();
        options.wait_mode = bits & 1;
        options.disable_graph = bits >> 1 & 1;
        options.timing_interval = bits >> 2 & 1 ? -1 : 2;
        options.high_priority = bits >> 3 & 1;
        TestSession session(engine, options);
        const int32_t variant = session.prepareRows(3);
        EXPECT_EQ(session.usesGraph(variant), options.disable_graph == 0);
        session.fill(12, static_cast<float>(bits));
        ASSERT_EQ(session.run(variant).status, PN_OK);
        EXPECT_TRUE(session.isAffine(12, static_cast<float>(bits)));
    }
}

TEST(SessionRun, WithoutTransfersOutputsStayOnTheDevice) {
    const EngineHandle engine = affineEngine();
    pn_session_options options = sessionOptions();
    options.skip_transfers = 1;
    TestSession session(engine, options);
    // Inputs are taken when the variant is prepared.
    session.fill(8, 1);
    const int32_t variant = session.prepareRows(2);
    session.fill(8, 100);
    ASSERT_EQ(session.run(variant).status, PN_OK);
    EXPECT_EQ(session.data(1)[0], -1e9f);
    const pn_timings times = session.timings();
    EXPECT_EQ(times.h2d_ms, 0);
    EXPECT_EQ(times.d2h_ms, 0);
}

TEST(SessionRun, TheSessionKeepsTheEngineAlive) {
    EngineHandle engine = affineEngine();
    TestSession session(engine);
    engine.reset();
    const int32_t variant = session.prepareRows(2);
    session.fill(8, 2);
    EXPECT_EQ(session.run(variant).status, PN_OK);
    EXPECT_TRUE(session.isAffine(8, 2));
}

}  // namespace
