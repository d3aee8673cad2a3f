// Completion by callback.
#include <atomic>
#include <thread>

#include "session_fixture.h"

using namespace session_test;

namespace {

TEST(SessionAsync, TheCallbackFindsTheResultAndAnIdleSession) {
    const EngineHandle engine = affineEngine(4, 8, 2);
    pn_session_options options = sessionOptions();
    for (int32_t waitMode : {PN_WAIT_BLOCK, PN_WAIT_SPIN}) {
        options.wait_mode = waitMode;
        TestSession session(engine, options);
        const int32_t variant = session.prepareRows(2);
        OneCompletion completion;
        session.setCompletion(&OneCompletion::onDone, &completion);
        session.fill(8, 5);
        ASSERT_EQ(session.enqueueAsync(variant).status, PN_OK);
        ASSERT_TRUE(completion.done.wait());
        EXPECT_EQ(completion.failure.status, PN_OK) << completion.failure.message;
        EXPECT_TRUE(session.isAffine(8, 5));
        EXPECT_EQ(session.run(variant).status, PN_OK);
        const pn_timings times = session.timings();
        EXPECT_LE(times.start_ns, times.enqueued_ns);
        EXPECT_LE(times.enqueued_ns, times.done_ns);
    }
}

// Each callback checks the result, fills the next input and enqueues its session again, while any are left for all.
struct Chain {
    TestSession* session = nullptr;
    std::vector<int32_t> variants;
    std::atomic<int>* left = nullptr;
    std::atomic<int> wrong{0};
    Signal done;
    int runs = 0;
    float* x = nullptr;
    float* y = nullptr;

    int32_t begin() {
        const int run = runs++;
        for (int i = 0; i < 32; ++i) {
            x[i] = static_cast<float>(run + i);
        }
        return pn_session_enqueue_async(session->get(), variants[static_cast<size_t>(run) % variants.size()], nullptr);
    }
    static void onDone(void* user, int32_t status, pn_error* error) {
        auto* const self = static_cast<Chain*>(user);
        const float expected = 2 * static_cast<float>(self->runs - 1) + 1;
        if (status != PN_OK || self->y[0] != expected) {
            ++self->wrong;
        }
        pn_error_destroy(error);
        if (--*self->left <= 0) {
            self->done.set();
        } else if (self->begin() != PN_OK) {
            ++self->wrong;
            self->done.set();
        }
    }
};

TEST(SessionAsync, TenThousandRunsChainedByTheirCallbacks) {
    const EngineHandle engine = affineEngine(4, 8, 4);
    TestSession sessions[] = {TestSession(engine), TestSession(engine)};
    std::atomic<int> left{10000};
    Chain chains[2];
    for (size_t i = 0; i < 2; ++i) {
        TestSession& session = sessions[i];
        Chain& chain = chains[i];
        chain.session = &session;
        chain.variants = {session.prepareRows(1), session.prepareRows(8)};
        chain.x = session.data(0);
        chain.y = session.data(1);
        chain.left = &left;
        session.setCompletion(&Chain::onDone, &chain);
    }
    for (Chain& chain : chains) {
        ASSERT_EQ(chain.begin(), PN_OK);
    }
    for (Chain& chain : chains) {
        ASSERT_TRUE(chain.done.wait());
        EXPECT_EQ(chain.wrong, 0);
    }
    EXPECT_EQ(chains[0].runs + chains[1].runs, 10001);
}

// A callback that blocks holds up its own session's thread, not the other session's completion.
TEST(SessionAsync, CallbacksOfDifferentSessionsDoNotWaitForEachOther) {
    struct Side {
        Signal arrived;
        Side* other = nullptr;
        std::atomic<bool> met{false};
        static void onDone(void* user, int32_t /*status*/, pn_error* error) {
            auto* const self = static_cast<Side*>(user);
            pn_error_destroy(error);
            self->arrived.set();
            self->met = self->other->arrived.wait();
        }
    } sides[2];
    const EngineHandle engine = affineEngine(4, 8, 2);
    TestSession sessions[] = {TestSession(engine), TestSession(engine)};
    for (size_t i = 0; i < 2; ++i) {
        sides[i].other = &sides[1 - i];
        const int32_t variant = sessions[i].prepareRows(1);
        sessions[i].setCompletion(&Side::onDone, &sides[i]);
        ASSERT_EQ(sessions[i].enqueueAsync(variant).status, PN_OK);
    }
    for (TestSession& session : sessions) {
        session.destroy();
    }
    EXPECT_TRUE(sides[0].met);
    EXPECT_TRUE(sides[1].met);
}

TEST(SessionAsync, AFailureOfTheInferenceReachesTheCallback) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(3);
    const TensorRtFaults faults("run:1=fail");
    const LogCapture log;
    OneCompletion completion;
    session.setCompletion(&OneCompletion::onDone, &completion);
    ASSERT_EQ(session.enqueueAsync(variant).status, PN_OK);
    ASSERT_TRUE(completion.done.wait());
    EXPECT_FAILURE(completion.failure, PN_TENSORRT, "scripted failure of a run");
    session.setCompletion(nullptr, nullptr);
}

TEST(SessionAsync, NeedsACallback) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(1);
    EXPECT_EQ(session.enqueueAsync(variant).status, PN_INVALID_STATE);
    OneCompletion completion;
    session.setCompletion(&OneCompletion::onDone, &completion);
    session.setCompletion(nullptr, nullptr);
    EXPECT_EQ(session.enqueueAsync(variant).status, PN_INVALID_STATE);
    EXPECT_EQ(session.run(variant).status, PN_OK);
    EXPECT_FALSE(completion.done.isSet());
}

#ifdef PINION_HOST_CUDA
TEST(SessionAsync, PollAndWaitLeaveAnAsynchronousRunAlone) {
    const EngineHandle engine = affineEngine(1 << 18);
    TestSession session(engine);
    const int32_t variant = session.prepareRows(1, 1 << 18);
    OneCompletion completion;
    session.setCompletion(&OneCompletion::onDone, &completion);
    const CudaFaults slow("copy_bandwidth=4MBps");
    ASSERT_EQ(session.enqueueAsync(variant).status, PN_OK);
    EXPECT_EQ(call(pn_session_poll, session.get()).status, PN_BUSY);
    EXPECT_EQ(call(pn_session_wait, session.get()).status, PN_BUSY);
    ASSERT_TRUE(completion.done.wait());
    EXPECT_EQ(completion.failure.status, PN_OK);
}
#endif

TEST(SessionAsync, AReplacedCallbackIsNotRunningAndNotCalledAgain) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(1);
    for (int i = 0; i < 200; ++i) {
        // Lives on this stack frame only: a late call of a former callback would be seen by the sanitizers.
        auto completion = std::make_unique<OneCompletion>();
        session.setCompletion(&OneCompletion::onDone, completion.get());
        ASSERT_EQ(session.enqueueAsync(variant).status, PN_OK);
        ASSERT_TRUE(completion->done.wait());
        session.setCompletion(nullptr, nullptr);
    }
}

#ifdef PINION_HOST_CUDA
TEST(SessionAsync, DestroyCompletesWhatIsInFlightAndStopsTheChain) {
    const EngineHandle engine = affineEngine(4, 8, 2);
    const PinionHostCudaUsage before = usage();
    for (int i = 0; i < 20; ++i) {
        struct Endless {
            TestSession* session = nullptr;
            int32_t variant = 0;
            std::atomic<int> completed{0};
            std::atomic<int32_t> last{PN_OK};
            Signal refused;
            static void onDone(void* user, int32_t /*status*/, pn_error* error) {
                auto* const self = static_cast<Endless*>(user);
                pn_error_destroy(error);
                ++self->completed;
                self->last = pn_session_enqueue_async(self->session->get(), self->variant, nullptr);
                if (self->last != PN_OK) {
                    self->refused.set();
                }
            }
        } endless;
        TestSession session(engine);
        endless.session = &session;
        endless.variant = session.prepareRows(1);
        session.setCompletion(&Endless::onDone, &endless);
        ASSERT_EQ(session.enqueueAsync(endless.variant).status, PN_OK);
        pn_session* const handle = session.get();
        std::thread destroyer([handle] { pn_session_destroy(handle); });
        destroyer.join();
        session.release();
        EXPECT_GE(endless.completed, 1);
        EXPECT_EQ(endless.last, PN_INVALID_STATE);
    }
    EXPECT_TRUE(sameUsage(usage(), before));
}
#endif

TEST(SessionAsync, DestroyInACallbackIsIgnoredAndLogged) {
    struct Misuse {
        pn_session* session = nullptr;
        Signal done;
        static void onDone(void* user, int32_t /*status*/, pn_error* error) {
            auto* const self = static_cast<Misuse*>(user);
            pn_error_destroy(error);
            pn_session_destroy(self->session);
            self->done.set();
        }
    } misuse;
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(1);
    misuse.session = session.get();
    session.setCompletion(&Misuse::onDone, &misuse);
    ASSERT_EQ(session.enqueueAsync(variant).status, PN_OK);
    ASSERT_TRUE(misuse.done.wait());
    EXPECT_EQ(session.run(variant).status, PN_OK);
}

#ifdef PINION_HOST_CUDA
// The device finds the error while the call still puts work into the stream, or later: either way it is told.
Failure runIntoDeviceError(TestSession& session, int32_t variant, OneCompletion& completion) {
    setenv("PINION_HOST_CUDA_FAULTS", "memcpy:1=illegal_address", 1);
    pinionHostCudaReloadSettings();
    const Failure failure = session.enqueueAsync(variant);
    return failure.status == PN_OK && completion.done.wait() ? completion.failure : failure;
}

TEST(SessionAsync, ADeviceErrorIsToldAndSaidToLast) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    // It spoils the process's device: it happens in a process of its own.
    EXPECT_EXIT(
        {
            const EngineHandle engine = affineEngine();
            TestSession session(engine);
            const int32_t variant = session.prepareRows(1);
            OneCompletion completion;
            session.setCompletion(&OneCompletion::onDone, &completion);
            const Failure failure = runIntoDeviceError(session, variant, completion);
            const Failure next = session.run(variant);
            std::fprintf(stderr, "%s\n%s\n", failure.message.c_str(), next.message.c_str());
            std::_Exit(failure.status == PN_CUDA && next.status == PN_CUDA ? 0 : 1);
        },
        testing::ExitedWithCode(0),
        "cudaErrorIllegalAddress.*rest of this process[^\n]*\n[^\n]*cudaErrorIllegalAddress.*rest of this process");
}
#endif

}  // namespace
