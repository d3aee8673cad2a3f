// Sessions of one engine overlap, refuse a second user, and are waited for at the end.
#include <atomic>
#include <thread>

#include "session_fixture.h"

using namespace session_test;

namespace {

constexpr int64_t kColumns = 1 << 18;  // 1 MB a row

TEST(SessionOverlap, EachHasItsOwnBuffers) {
    const EngineHandle engine = affineEngine(4, 8, 2);
    TestSession first(engine);
    TestSession second(engine);
    const int32_t variant = first.prepareRows(2);
    EXPECT_EQ(second.prepareRows(2), variant);
    first.fill(8, 1);
    second.fill(8, 100);
    EXPECT_EQ(first.enqueue(variant).status, PN_OK);
    EXPECT_EQ(second.enqueue(variant).status, PN_OK);
    EXPECT_EQ(second.wait().status, PN_OK);
    EXPECT_EQ(first.wait().status, PN_OK);
    EXPECT_TRUE(first.isAffine(8, 1));
    EXPECT_TRUE(second.isAffine(8, 100));
}

#ifdef PINION_HOST_CUDA
// One spends two seconds on its copy in; the other, enqueued later and without copies in that direction, is done first.
TEST(SessionOverlap, ALaterSessionOvertakesASlowOne) {
    const EngineHandle engine = affineEngine(kColumns, 8, 2);
    void* input = nullptr;
    const uint64_t bytes = 8 * kColumns * sizeof(float);
    ASSERT_OK(pn_device_alloc, 0, bytes, &input);
    for (const bool graph : {true, false}) {
        pn_session_options options = sessionOptions();
        options.disable_graph = graph ? 0 : 1;
        TestSession slow(engine, options);
        TestSession fast(engine, options);
        const int32_t large = slow.prepareRows(2, kColumns);
        const int32_t small = fast.prepareRows(1, kColumns);
        EXPECT_OK(pn_session_bind, fast.get(), 0, int32_t{PN_MEMORY_DEVICE}, input, bytes);
        const CudaFaults faults("copy_bandwidth=1MBps");
        EXPECT_EQ(slow.enqueue(large).status, PN_OK);
        EXPECT_EQ(fast.enqueue(small).status, PN_OK);
        EXPECT_EQ(fast.wait().status, PN_OK);
        EXPECT_EQ(slow.poll().status, PN_NOT_READY);
        EXPECT_EQ(slow.wait().status, PN_OK);
    }
    EXPECT_OK(pn_device_free, 0, input);
}

TEST(SessionOverlap, PollSaysNotReadyThenOkOnce) {
    const EngineHandle engine = affineEngine(kColumns);
    TestSession session(engine);
    const int32_t variant = session.prepareRows(1, kColumns);
    EXPECT_EQ(session.poll().status, PN_INVALID_STATE);
    session.fill(kColumns, 1);
    {
        const CudaFaults slow("copy_bandwidth=4MBps");
        EXPECT_EQ(session.enqueue(variant).status, PN_OK);
        EXPECT_EQ(session.poll().status, PN_NOT_READY);
        int32_t status = PN_NOT_READY;
        while (status == PN_NOT_READY) {
            std::this_thread::yield();
            status = session.poll().status;
        }
        EXPECT_EQ(status, PN_OK);
    }
    EXPECT_TRUE(session.isAffine(kColumns, 1));
    EXPECT_EQ(session.poll().status, PN_INVALID_STATE);
    EXPECT_FAILURE(session.wait(), PN_INVALID_STATE, "nothing was enqueued on the session");
}

TEST(SessionOverlap, ASessionInFlightIsBusy) {
    const EngineHandle engine = affineEngine(kColumns, 8, 2);
    TestSession session(engine);
    TestSession other(engine);
    const int32_t variant = session.prepareRows(1, kColumns);
    const CudaFaults slow("copy_bandwidth=4MBps");
    EXPECT_EQ(session.enqueue(variant).status, PN_OK);
    EXPECT_FAILURE(session.run(variant), PN_BUSY, "poll or wait until it is done");
    EXPECT_EQ(session.enqueue(variant).status, PN_BUSY);
    EXPECT_EQ(session.enqueueAsync(variant).status, PN_BUSY);
    const pn_shape shape = shapeOf(0, {3, kColumns});
    int32_t second = -1;
    EXPECT_EQ(call(pn_session_prepare, session.get(), &shape, 1, &second).status, PN_BUSY);
    EXPECT_EQ(call(pn_session_discard, session.get(), variant).status, PN_BUSY);
    EXPECT_EQ(
        call(pn_session_bind, session.get(), 0, int32_t{PN_MEMORY_SESSION}, static_cast<void*>(nullptr), uint64_t{0})
            .status,
        PN_BUSY);
    EXPECT_EQ(
        call(pn_session_set_completion, session.get(), pn_completion_callback{}, static_cast<void*>(nullptr)).status,
        PN_BUSY);
    pn_timings times{};
    times.struct_size = sizeof(times);
    EXPECT_EQ(call(pn_session_timings, static_cast<const pn_session*>(session.get()), &times).status, PN_BUSY);
    pn_blob* json = nullptr;
    EXPECT_EQ(call(pn_session_profile_layers, session.get(), variant, 1, &json).status, PN_BUSY);
    // The other session is free all the while.
    EXPECT_EQ(other.poll().status, PN_INVALID_STATE);
    EXPECT_EQ(other.state(), PN_RUN_IDLE);
    EXPECT_EQ(session.wait().status, PN_OK);
    EXPECT_OK(pn_session_discard, session.get(), variant);
}

// Every call either runs alone on the session or is told that it cannot; nothing is mixed up.
#endif

TEST(SessionOverlap, ManyThreadsOnOneSessionAreServedOneByOne) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(2);
    session.fill(8, 3);
    std::atomic<int> ok{0};
    std::atomic<int> busy{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int run = 0; run < 500; ++run) {
                const int32_t status = pn_session_run(session.get(), variant, nullptr);
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
    EXPECT_TRUE(session.isAffine(8, 3));
    EXPECT_EQ(session.run(variant).status, PN_OK);
}

TEST(SessionOverlap, ThreadsWithASessionEachDoNotDisturbEachOther) {
    const EngineHandle engine = affineEngine(4, 8, 8);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&engine, thread] {
            TestSession session(engine);
            const int32_t two = session.prepareRows(2);
            const int32_t eight = session.prepareRows(8);
            for (int run = 0; run < 200; ++run) {
                const bool isLarge = (run + thread) % 3 == 0;
                const auto first = static_cast<float>(thread * 1000 + run);
                session.fill(isLarge ? 32 : 8, first);
                ASSERT_EQ(session.run(isLarge ? eight : two).status, PN_OK);
                ASSERT_TRUE(session.isAffine(isLarge ? 32 : 8, first));
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

#ifdef PINION_HOST_CUDA
TEST(SessionOverlap, DestroyWaitsForWorkInFlight) {
    const EngineHandle engine = affineEngine(kColumns, 8, 2);
    const uint64_t reports = pinionHostCudaReportCount();
    const PinionHostCudaUsage before = usage();
    for (const bool graph : {true, false}) {
        pn_session_options options = sessionOptions();
        options.disable_graph = graph ? 0 : 1;
        TestSession first(engine, options);
        TestSession second(engine, options);
        const int32_t variant = first.prepareRows(1, kColumns);
        EXPECT_EQ(second.prepareRows(1, kColumns), variant);
        const CudaFaults slow("copy_bandwidth=10MBps");
        EXPECT_EQ(first.enqueue(variant).status, PN_OK);
        EXPECT_EQ(second.enqueue(variant).status, PN_OK);
        first.destroy();
        second.destroy();
        EXPECT_TRUE(sameUsage(usage(), before));
    }
    // The host CUDA reports memory freed while a stream uses it.
    EXPECT_EQ(pinionHostCudaReportCount(), reports);
}
#endif

}  // namespace
