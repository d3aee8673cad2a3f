// One optimization profile for several contexts: shared by TensorRT, copied in the plan, or taken in turns.
#include "session_fixture.h"
#include "tensorrt_compat.h"

using namespace session_test;

namespace {

// Before 8.6 a profile serves one context at a time.
constexpr bool kIsShared = pinion::kProfilesAreShared;

TEST(SessionProfiles, CopiesServeSessionsAndVariants) {
    const EngineHandle engine = affineEngine(4, 8, 4);
    const LogCapture log;
    TestSession sessions[] = {TestSession(engine), TestSession(engine)};
    int32_t two = -1;
    int32_t eight = -1;
    for (TestSession& session : sessions) {
        two = session.prepareRows(2);
        eight = session.prepareRows(8);
    }
    EXPECT_EQ(log.warnings("shares an execution context"), 0);
    for (int i = 0; i < 4; ++i) {
        for (TestSession& session : sessions) {
            session.fill(32, static_cast<float>(i));
            ASSERT_EQ(session.run(i % 2 == 0 ? two : eight).status, PN_OK);
            EXPECT_EQ(session.timings().used_graph, 1);
            EXPECT_TRUE(session.isAffine(i % 2 == 0 ? 8 : 32, static_cast<float>(i)));
        }
    }
}

TEST(SessionProfiles, VariantsWithoutACopyTakeTurnsInOneContext) {
    const EngineHandle engine = affineEngine();
    const LogCapture log;
    TestSession session(engine);
    const int32_t two = session.prepareRows(2);
    const int32_t eight = session.prepareRows(8);
    EXPECT_GE(session.prepareRows(4), 0);
    EXPECT_EQ(log.warnings("shares an execution context"), kIsShared ? 0 : 1);
    EXPECT_TRUE(session.usesGraph(two));
    EXPECT_TRUE(session.usesGraph(eight));
    // The first run after a change is a plain enqueue, the second captures again; none replays the other's graph.
    for (int round = 0; round < 3; ++round) {
        for (const int32_t variant : {two, eight}) {
            for (int i = 0; i < 3; ++i) {
                session.fill(32, static_cast<float>(round + i));
                ASSERT_EQ(session.run(variant).status, PN_OK);
                EXPECT_TRUE(session.isAffine(variant == two ? 8 : 32, static_cast<float>(round + i)));
                EXPECT_EQ(session.timings().used_graph, kIsShared || i > 0 ? 1 : 0) << round << ' ' << i;
            }
        }
    }
}

TEST(SessionProfiles, DiscardingOneOfTwoInAContextLeavesTheOther) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t two = session.prepareRows(2);
    const int32_t eight = session.prepareRows(8);
    EXPECT_OK(pn_session_discard, session.get(), eight);
    for (float first = 0; first < 3; ++first) {
        session.fill(8, first);
        ASSERT_EQ(session.run(two).status, PN_OK);
        EXPECT_TRUE(session.isAffine(8, first));
    }
}

TEST(SessionProfiles, ASessionWithoutACopyIsRefused) {
    const EngineHandle engine = affineEngine();
    const TestSession holder(engine);
    const pn_session_options options = sessionOptions();
    pn_session* handle = nullptr;
    const Failure failure = call(pn_session_create, engine.get(), &options, &handle);
    const SessionHandle session(handle);
    EXPECT_EQ(failure.status, kIsShared ? PN_OK : PN_UNSUPPORTED);
    EXPECT_EQ(failure.message.find("profile copies") != std::string::npos, !kIsShared) << failure.message;
}

TEST(SessionProfiles, ASessionGivesItsCopiesBack) {
    const EngineHandle engine = affineEngine(4, 8, 2);
    // A closed session holds none, though its handle lives on.
    std::vector<TestSession> closed;
    for (int i = 0; i < 5; ++i) {
        TestSession first(engine);
        TestSession second(engine);
        const int32_t variant = second.prepareRows(3);
        second.fill(12, static_cast<float>(i));
        ASSERT_EQ(second.run(variant).status, PN_OK);
        EXPECT_TRUE(second.isAffine(12, static_cast<float>(i)));
        EXPECT_OK(pn_session_close, second.get());
        closed.push_back(std::move(second));
    }
}

TEST(SessionProfiles, AStaticModelNeedsNoCopies) {
    const EngineHandle engine = makeEngine(identityModel());
    TestSession sessions[] = {TestSession(engine), TestSession(engine), TestSession(engine)};
    float first = 0;
    for (TestSession& session : sessions) {
        const int32_t variant = session.prepare();
        session.fill(16, ++first);
        ASSERT_EQ(session.run(variant).status, PN_OK);
        EXPECT_EQ(session.data(1)[15], first + 15);
    }
}

// One profile for each batch size, min = opt = max, is the layout of the lowest latency.
Range pinnedRange(int32_t profile, int64_t rows) {
    return {"x", {rows, 4}, {rows, 4}, {rows, 4}, profile};
}

TEST(SessionProfiles, PinnedProfilesServeTheirOwnBatches) {
    for (const std::vector<int64_t>& batches : {std::vector<int64_t>{4, 1}, std::vector<int64_t>{1, 2, 8}}) {
        std::vector<Range> ranges;
        for (const int64_t rows : batches) {
            ranges.push_back(pinnedRange(static_cast<int32_t>(ranges.size()), rows));
        }
        const EngineHandle engine = makeEngine(affineModel(), ranges);
        std::vector<TestSession> sessions;
        for (size_t i = 0; i < batches.size(); ++i) {
            pn_session_options options = sessionOptions();
            options.profile = static_cast<int32_t>(i);
            sessions.emplace_back(engine, options);
        }
        for (float first = 0; first < 3; ++first) {
            for (size_t i = 0; i < batches.size(); ++i) {
                const int32_t variant = sessions[i].prepareRows(batches[i]);
                const auto count = static_cast<size_t>(batches[i]) * 4;
                sessions[i].fill(count, first);
                ASSERT_EQ(sessions[i].run(variant).status, PN_OK);
                EXPECT_TRUE(sessions[i].isAffine(count, first));
            }
        }
        const pn_shape other = shapeOf(0, {batches[0] + 1, 4});
        int32_t variant = -1;
        EXPECT_FAILURE(call(pn_session_prepare, sessions[0].get(), &other, 1, &variant), PN_INVALID_ARGUMENT,
                       "dimension 0 is " + std::to_string(batches[0] + 1));
    }
}

TEST(SessionProfiles, ACopyOfAPinnedProfileServesASecondSession) {
    const EngineHandle engine = makeEngine(affineModel(), {pinnedRange(0, 4)}, 2);
    TestSession sessions[] = {TestSession(engine), TestSession(engine)};
    for (float first = 0; first < 3; ++first) {
        for (TestSession& session : sessions) {
            const int32_t variant = session.prepareRows(4);
            session.fill(16, first);
            ASSERT_EQ(session.run(variant).status, PN_OK);
            EXPECT_TRUE(session.isAffine(16, first));
        }
    }
}

}  // namespace
