// Slots overlap, refuse a second user, and are waited for at the end.
#include <atomic>
#include <thread>

#include "session_fixture.h"

using namespace session_test;

namespace {

constexpr int64_t kColumns = 1 << 18;  // 1 MB a row

pn_session_options twoSlots(bool graph = true) {
    pn_session_options options = sessionOptions();
    options.slots = 2;
    options.disable_graph = graph ? 0 : 1;
    return options;
}

Failure enqueue(const TestSession& session, int32_t slot, int32_t variant) {
    return call(pn_session_enqueue, session.get(), slot, variant);
}
int32_t poll(const TestSession& session, int32_t slot) {
    return call(pn_session_poll, session.get(), slot).status;
}

TEST(SessionSlots, EachHasItsOwnBuffers) {
    const EngineHandle engine = affineEngine(4, 8, 2);
    TestSession session(engine, twoSlots());
    const int32_t variant = session.prepareRows(2);
    session.fill(0, 8, 1);
    session.fill(1, 8, 100);
    EXPECT_EQ(enqueue(session, 0, variant).status, PN_OK);
    EXPECT_EQ(enqueue(session, 1, variant).status, PN_OK);
    EXPECT_OK(pn_session_wait, session.get(), 1);
    EXPECT_OK(pn_session_wait, session.get(), 0);
    EXPECT_TRUE(session.isAffine(0, 8, 1));
    EXPECT_TRUE(session.isAffine(1, 8, 100));
}

// Slot 0 spends two seconds on its copy in; slot 1, enqueued later and without copies in that direction, is done first.
TEST(SessionSlots, ALaterSlotOvertakesASlowOne) {
    const EngineHandle engine = affineEngine(kColumns, 8, 2);
    void* input = nullptr;
    const uint64_t bytes = 8 * kColumns * sizeof(float);
    ASSERT_OK(pn_device_alloc, 0, bytes, &input);
    for (const bool graph : {true, false}) {
        TestSession session(engine, twoSlots(graph));
        const int32_t large = session.prepareRows(2, kColumns);
        const int32_t small = session.prepareRows(1, kColumns);
        EXPECT_OK(pn_session_bind, session.get(), 1, 0, int32_t{PN_MEMORY_DEVICE}, input, bytes);
        const CudaFaults slow("copy_bandwidth=1MBps");
        EXPECT_EQ(enqueue(session, 0, large).status, PN_OK);
        EXPECT_EQ(enqueue(session, 1, small).status, PN_OK);
        EXPECT_OK(pn_session_wait, session.get(), 1);
        EXPECT_EQ(poll(session, 0), PN_NOT_READY);
        EXPECT_OK(pn_session_wait, session.get(), 0);
    }
    EXPECT_OK(pn_device_free, input);
}

TEST(SessionSlots, PollSaysNotReadyThenOkOnce) {
    const EngineHandle engine = affineEngine(kColumns);
    TestSession session(engine);
    const int32_t variant = session.prepareRows(1, kColumns);
    EXPECT_EQ(poll(session, 0), PN_INVALID_STATE);
    session.fill(0, kColumns, 1);
    {
        const CudaFaults slow("copy_bandwidth=4MBps");
        EXPECT_EQ(enqueue(session, 0, variant).status, PN_OK);
        EXPECT_EQ(poll(session, 0), PN_NOT_READY);
        int32_t status = PN_NOT_READY;
        while (status == PN_NOT_READY) {
            std::this_thread::yield();
            status = poll(session, 0);
        }
        EXPECT_EQ(status, PN_OK);
    }
    EXPECT_TRUE(session.isAffine(0, kColumns, 1));
    EXPECT_EQ(poll(session, 0), PN_INVALID_STATE);
    EXPECT_EQ(call(pn_session_wait, session.get(), 0).status, PN_INVALID_STATE);
}

TEST(SessionSlots, ASlotInFlightIsBusy) {
    const EngineHandle engine = affineEngine(kColumns, 8, 2);
    TestSession session(engine, twoSlots());
    const int32_t variant = session.prepareRows(1, kColumns);
    const CudaFaults slow("copy_bandwidth=4MBps");
    EXPECT_EQ(enqueue(session, 0, variant).status, PN_OK);
    EXPECT_EQ(session.run(0, variant).status, PN_BUSY);
    EXPECT_EQ(enqueue(session, 0, variant).status, PN_BUSY);
    EXPECT_EQ(call(pn_session_enqueue_async, session.get(), 0, variant).status, PN_BUSY);
    const pn_shape shape = shapeOf(0, {3, kColumns});
    int32_t other = -1;
    EXPECT_EQ(call(pn_session_prepare, session.get(), &shape, 1, &other).status, PN_BUSY);
    EXPECT_EQ(call(pn_session_discard, session.get(), variant).status, PN_BUSY);
    EXPECT_EQ(
        call(pn_session_bind, session.get(), 1, 0, int32_t{PN_MEMORY_SESSION}, static_cast<void*>(nullptr), uint64_t{0})
            .status,
        PN_BUSY);
    EXPECT_EQ(
        call(pn_session_set_completion, session.get(), pn_completion_callback{}, static_cast<void*>(nullptr)).status,
        PN_BUSY);
    pn_timings times{};
    times.struct_size = sizeof(times);
    EXPECT_EQ(call(pn_session_timings, static_cast<const pn_session*>(session.get()), 0, &times).status, PN_BUSY);
    pn_blob* json = nullptr;
    EXPECT_EQ(call(pn_session_profile_layers, session.get(), variant, 1, &json).status, PN_BUSY);
    // The other slot is free all the while.
    EXPECT_EQ(poll(session, 1), PN_INVALID_STATE);
    EXPECT_OK(pn_session_wait, session.get(), 0);
    EXPECT_OK(pn_session_discard, session.get(), variant);
}

// Every call either runs alone on the slot or is told that it cannot; nothing is mixed up.
TEST(SessionSlots, ManyThreadsOnOneSlotAreServedOneByOne) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(2);
    session.fill(0, 8, 3);
    std::atomic<int> ok{0};
    std::atomic<int> busy{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int run = 0; run < 500; ++run) {
                const int32_t status = pn_session_run(session.get(), 0, variant, nullptr);
                ++(status == PN_OK ? ok : busy);
                EXPECT_TRUE(status == PN_OK || status == PN_BUSY) << status;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(ok + busy, 2000);
    EXPECT_GT(ok, 0);
    EXPECT_TRUE(session.isAffine(0, 8, 3));
    EXPECT_EQ(session.run(0, variant).status, PN_OK);
}

TEST(SessionSlots, ThreadsWithASlotEachDoNotDisturbEachOther) {
    const EngineHandle engine = affineEngine(4, 8, 8);
    pn_session_options options = sessionOptions();
    options.slots = 4;
    TestSession session(engine, options);
    const int32_t two = session.prepareRows(2);
    const int32_t eight = session.prepareRows(8);
    std::vector<std::thread> threads;
    for (int32_t slot = 0; slot < 4; ++slot) {
        threads.emplace_back([&session, slot, two, eight] {
            for (int run = 0; run < 200; ++run) {
                const bool isLarge = (run + slot) % 3 == 0;
                const auto first = static_cast<float>(slot * 1000 + run);
                session.fill(slot, isLarge ? 32 : 8, first);
                ASSERT_EQ(session.run(slot, isLarge ? eight : two).status, PN_OK);
                ASSERT_TRUE(session.isAffine(slot, isLarge ? 32 : 8, first));
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

TEST(SessionSlots, DestroyWaitsForWorkInFlight) {
    const EngineHandle engine = affineEngine(kColumns, 8, 2);
    const uint64_t reports = pinionHostCudaReportCount();
    const PinionHostCudaUsage before = usage();
    for (const bool graph : {true, false}) {
        TestSession session(engine, twoSlots(graph));
        const int32_t variant = session.prepareRows(1, kColumns);
        const CudaFaults slow("copy_bandwidth=10MBps");
        EXPECT_EQ(enqueue(session, 0, variant).status, PN_OK);
        EXPECT_EQ(enqueue(session, 1, variant).status, PN_OK);
        session.destroy();
        EXPECT_TRUE(sameUsage(usage(), before));
    }
    // The host CUDA reports memory freed while a stream uses it.
    EXPECT_EQ(pinionHostCudaReportCount(), reports);
}

}  // namespace
