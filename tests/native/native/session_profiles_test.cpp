// One optimization profile for several contexts: shared by TensorRT, copied in the plan, or taken in turns.
#include "session_fixture.h"
#include "tensorrt_compat.h"

using namespace session_test;

namespace {

// Before 8.6 a profile serves one context at a time.
constexpr bool kIsShared = pinion::kProfilesAreShared;

TEST(SessionProfiles, CopiesServeSlotsAndVariants) {
    const EngineHandle engine = affineEngine(4, 8, 4);
    const LogCapture log;
    pn_session_options options = sessionOptions();
    options.slots = 2;
    TestSession session(engine, options);
    const int32_t two = session.prepareRows(2);
    const int32_t eight = session.prepareRows(8);
    EXPECT_EQ(log.warnings("shares an execution context"), 0);
    for (int i = 0; i < 4; ++i) {
        for (int32_t slot = 0; slot < 2; ++slot) {
            session.fill(slot, 32, static_cast<float>(i));
            ASSERT_EQ(session.run(slot, i % 2 == 0 ? two : eight).status, PN_OK);
            EXPECT_EQ(session.timings(slot).used_graph, 1);
            EXPECT_TRUE(session.isAffine(slot, i % 2 == 0 ? 8 : 32, static_cast<float>(i)));
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
                session.fill(0, 32, static_cast<float>(round + i));
                ASSERT_EQ(session.run(0, variant).status, PN_OK);
                EXPECT_TRUE(session.isAffine(0, variant == two ? 8 : 32, static_cast<float>(round + i)));
                EXPECT_EQ(session.timings(0).used_graph, kIsShared || i > 0 ? 1 : 0) << round << ' ' << i;
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
        session.fill(0, 8, first);
        ASSERT_EQ(session.run(0, two).status, PN_OK);
        EXPECT_TRUE(session.isAffine(0, 8, first));
    }
}

TEST(SessionProfiles, ASlotWithoutACopyIsRefused) {
    const EngineHandle engine = affineEngine();
    pn_session_options options = sessionOptions();
    options.slots = 2;
    pn_session* handle = nullptr;
    const Failure failure = call(pn_session_create, engine.get(), &options, &handle);
    const SessionHandle session(handle);
    EXPECT_EQ(failure.status, kIsShared ? PN_OK : PN_UNSUPPORTED);
    EXPECT_EQ(failure.message.find("profile copies") != std::string::npos, !kIsShared) << failure.message;
}

TEST(SessionProfiles, ASessionGivesItsCopiesBack) {
    const EngineHandle engine = affineEngine(4, 8, 2);
    pn_session_options options = sessionOptions();
    options.slots = 2;
    for (int i = 0; i < 5; ++i) {
        TestSession session(engine, options);
        const int32_t variant = session.prepareRows(3);
        session.fill(1, 12, static_cast<float>(i));
        ASSERT_EQ(session.run(1, variant).status, PN_OK);
        EXPECT_TRUE(session.isAffine(1, 12, static_cast<float>(i)));
    }
}

TEST(SessionProfiles, AStaticModelNeedsNoCopies) {
    const EngineHandle engine = makeEngine(identityModel());
    pn_session_options options = sessionOptions();
    options.slots = 3;
    TestSession session(engine, options);
    const int32_t variant = session.prepare();
    for (int32_t slot = 0; slot < 3; ++slot) {
        session.fill(slot, 16, static_cast<float>(slot));
        ASSERT_EQ(session.run(slot, variant).status, PN_OK);
        EXPECT_EQ(session.data(slot, 1)[15], static_cast<float>(slot + 15));
    }
}

}  // namespace
