// Completion by callback.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "session_fixture.h"

using namespace session_test;

namespace {

// Long enough for any machine; a test that hangs ends here.
constexpr std::chrono::seconds kHangGuard{120};

class Signal {
public:
    void set() {
        const std::lock_guard<std::mutex> lock(mutex_);
        isSet_ = true;
        changed_.notify_all();
    }
    bool wait() {
        std::unique_lock<std::mutex> lock(mutex_);
        return changed_.wait_for(lock, kHangGuard, [this] { return isSet_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool isSet_ = false;
};

void setCompletion(const TestSession& session, pn_completion_callback callback, void* user) {
    EXPECT_OK(pn_session_set_completion, session.get(), callback, user);
}
Failure enqueueAsync(const TestSession& session, int32_t slot, int32_t variant) {
    return call(pn_session_enqueue_async, session.get(), slot, variant);
}

struct OneCompletion {
    Signal done;
    int32_t slot = -1;
    Failure failure;

    static void onDone(void* user, int32_t slot, int32_t status, pn_error* error) {
        auto* const self = static_cast<OneCompletion*>(user);
        self->slot = slot;
        self->failure = Failure(error);
        EXPECT_EQ(self->failure.status, status);
        self->done.set();
    }
};

TEST(SessionAsync, TheCallbackFindsTheResultAndAnIdleSlot) {
    const EngineHandle engine = affineEngine(4, 8, 2);
    pn_session_options options = sessionOptions();
    options.slots = 2;
    for (int32_t waitMode : {PN_WAIT_BLOCK, PN_WAIT_SPIN}) {
        options.wait_mode = waitMode;
        TestSession session(engine, options);
        const int32_t variant = session.prepareRows(2);
        OneCompletion completion;
        setCompletion(session, &OneCompletion::onDone, &completion);
        session.fill(1, 8, 5);
        ASSERT_EQ(enqueueAsync(session, 1, variant).status, PN_OK);
        ASSERT_TRUE(completion.done.wait());
        EXPECT_EQ(completion.slot, 1);
        EXPECT_EQ(completion.failure.status, PN_OK) << completion.failure.message;
        EXPECT_TRUE(session.isAffine(1, 8, 5));
        EXPECT_EQ(session.run(1, variant).status, PN_OK);
        const pn_timings times = session.timings(1);
        EXPECT_LE(times.start_ns, times.enqueued_ns);
        EXPECT_LE(times.enqueued_ns, times.done_ns);
    }
}

// Each callback checks the result, fills the next input and enqueues its slot again.
struct Chain {
    TestSession* session = nullptr;
    std::vector<int32_t> variants;
    std::atomic<int> left{0};
    std::atomic<int> wrong{0};
    std::atomic<int> running{0};
    Signal done;
    std::vector<int> runs = std::vector<int>(64);
    std::vector<float*> x = std::vector<float*>(64);
    std::vector<float*> y = std::vector<float*>(64);

    int32_t begin(int32_t slot) {
        const int run = runs[static_cast<size_t>(slot)]++;
        float* const input = x[static_cast<size_t>(slot)];
        for (int i = 0; i < 32; ++i) {
            input[i] = static_cast<float>(run + i);
        }
        return pn_session_enqueue_async(session->get(), slot, variants[static_cast<size_t>(run) % variants.size()],
                                        nullptr);
    }
    static void onDone(void* user, int32_t slot, int32_t status, pn_error* error) {
        auto* const self = static_cast<Chain*>(user);
        const int run = self->runs[static_cast<size_t>(slot)] - 1;
        const float expected = 2 * static_cast<float>(run) + 1;
        if (status != PN_OK || self->y[static_cast<size_t>(slot)][0] != expected) {
            ++self->wrong;
        }
        pn_error_destroy(error);
        if (--self->left > 0) {
            if (self->begin(slot) != PN_OK) {
                ++self->wrong;
            }
        } else if (--self->running == 0) {
            self->done.set();
        }
    }
};

TEST(SessionAsync, TenThousandRunsChainedByTheirCallbacks) {
    const EngineHandle engine = affineEngine(4, 8, 4);
    pn_session_options options = sessionOptions();
    options.slots = 2;
    TestSession session(engine, options);
    Chain chain;
    chain.session = &session;
    chain.variants = {session.prepareRows(1), session.prepareRows(8)};
    for (int32_t slot = 0; slot < 2; ++slot) {
        chain.x[static_cast<size_t>(slot)] = session.data(slot, 0);
        chain.y[static_cast<size_t>(slot)] = session.data(slot, 1);
    }
    setCompletion(session, &Chain::onDone, &chain);
    chain.left = 10000;
    chain.running = 2;
    for (int32_t slot = 0; slot < 2; ++slot) {
        ASSERT_EQ(chain.begin(slot), PN_OK);
    }
    ASSERT_TRUE(chain.done.wait());
    EXPECT_EQ(chain.wrong, 0);
    EXPECT_EQ(chain.runs[0] + chain.runs[1], 10001);
}

// A callback that blocks holds up its own slot's thread, not the other slot's completion.
TEST(SessionAsync, CallbacksOfDifferentSlotsDoNotWaitForEachOther) {
    struct Rendezvous {
        Signal arrived[2];
        std::atomic<int> met{0};
        static void onDone(void* user, int32_t slot, int32_t /*status*/, pn_error* error) {
            auto* const self = static_cast<Rendezvous*>(user);
            pn_error_destroy(error);
            self->arrived[slot].set();
            if (self->arrived[1 - slot].wait()) {
                ++self->met;
            }
        }
    } rendezvous;
    const EngineHandle engine = affineEngine(4, 8, 2);
    pn_session_options options = sessionOptions();
    options.slots = 2;
    TestSession session(engine, options);
    const int32_t variant = session.prepareRows(1);
    setCompletion(session, &Rendezvous::onDone, &rendezvous);
    ASSERT_EQ(enqueueAsync(session, 0, variant).status, PN_OK);
    ASSERT_EQ(enqueueAsync(session, 1, variant).status, PN_OK);
    session.destroy();
    EXPECT_EQ(rendezvous.met, 2);
}

TEST(SessionAsync, AFailureOfTheInferenceReachesTheCallback) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(3);
    const TensorRtFaults faults("run:1=fail");
    const LogCapture log;
    OneCompletion completion;
    setCompletion(session, &OneCompletion::onDone, &completion);
    ASSERT_EQ(enqueueAsync(session, 0, variant).status, PN_OK);
    ASSERT_TRUE(completion.done.wait());
    EXPECT_FAILURE(completion.failure, PN_TENSORRT, "scripted failure of a run");
    setCompletion(session, nullptr, nullptr);
}

TEST(SessionAsync, NeedsACallback) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(1);
    EXPECT_EQ(enqueueAsync(session, 0, variant).status, PN_INVALID_STATE);
    OneCompletion completion;
    setCompletion(session, &OneCompletion::onDone, &completion);
    setCompletion(session, nullptr, nullptr);
    EXPECT_EQ(enqueueAsync(session, 0, variant).status, PN_INVALID_STATE);
    EXPECT_EQ(session.run(0, variant).status, PN_OK);
    EXPECT_EQ(completion.slot, -1);
}

TEST(SessionAsync, PollAndWaitLeaveAnAsynchronousRunAlone) {
    const EngineHandle engine = affineEngine(1 << 18);
    TestSession session(engine);
    const int32_t variant = session.prepareRows(1, 1 << 18);
    OneCompletion completion;
    setCompletion(session, &OneCompletion::onDone, &completion);
    const CudaFaults slow("copy_bandwidth=4MBps");
    ASSERT_EQ(enqueueAsync(session, 0, variant).status, PN_OK);
    EXPECT_EQ(call(pn_session_poll, session.get(), 0).status, PN_BUSY);
    EXPECT_EQ(call(pn_session_wait, session.get(), 0).status, PN_BUSY);
    ASSERT_TRUE(completion.done.wait());
    EXPECT_EQ(completion.failure.status, PN_OK);
}

TEST(SessionAsync, AReplacedCallbackIsNotRunningAndNotCalledAgain) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(1);
    for (int i = 0; i < 200; ++i) {
        // Lives on this stack frame only: a late call of a former callback would be seen by the sanitizers.
        auto completion = std::make_unique<OneCompletion>();
        setCompletion(session, &OneCompletion::onDone, completion.get());
        ASSERT_EQ(enqueueAsync(session, 0, variant).status, PN_OK);
        ASSERT_TRUE(completion->done.wait());
        setCompletion(session, nullptr, nullptr);
    }
}

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
            static void onDone(void* user, int32_t slot, int32_t /*status*/, pn_error* error) {
                auto* const self = static_cast<Endless*>(user);
                pn_error_destroy(error);
                ++self->completed;
                self->last = pn_session_enqueue_async(self->session->get(), slot, self->variant, nullptr);
                if (self->last != PN_OK) {
                    self->refused.set();
                }
            }
        } endless;
        TestSession session(engine);
        endless.session = &session;
        endless.variant = session.prepareRows(1);
        setCompletion(session, &Endless::onDone, &endless);
        ASSERT_EQ(enqueueAsync(session, 0, endless.variant).status, PN_OK);
        pn_session* const handle = session.get();
        std::thread destroyer([handle] { pn_session_destroy(handle); });
        destroyer.join();
        session.release();
        EXPECT_GE(endless.completed, 1);
        EXPECT_EQ(endless.last, PN_INVALID_STATE);
    }
    EXPECT_TRUE(sameUsage(usage(), before));
}

TEST(SessionAsync, DestroyInACallbackIsIgnoredAndLogged) {
    struct Misuse {
        pn_session* session = nullptr;
        Signal done;
        static void onDone(void* user, int32_t /*slot*/, int32_t /*status*/, pn_error* error) {
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
    setCompletion(session, &Misuse::onDone, &misuse);
    ASSERT_EQ(enqueueAsync(session, 0, variant).status, PN_OK);
    ASSERT_TRUE(misuse.done.wait());
    EXPECT_EQ(session.run(0, variant).status, PN_OK);
}

// The device finds the error while the call still puts work into the stream, or later: either way it is told.
Failure runIntoDeviceError(TestSession& session, int32_t variant, OneCompletion& completion) {
    setenv("PINION_HOST_CUDA_FAULTS", "memcpy:1=illegal_address", 1);
    pinionHostCudaReloadSettings();
    const Failure failure = enqueueAsync(session, 0, variant);
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
            setCompletion(session, &OneCompletion::onDone, &completion);
            const Failure failure = runIntoDeviceError(session, variant, completion);
            const Failure next = session.run(0, variant);
            std::fprintf(stderr, "%s\n%s\n", failure.message.c_str(), next.message.c_str());
            std::_Exit(failure.status == PN_CUDA && next.status == PN_CUDA ? 0 : 1);
        },
        testing::ExitedWithCode(0),
        "cudaErrorIllegalAddress.*rest of this process[^\n]*\n[^\n]*cudaErrorIllegalAddress.*rest of this process");
}

}  // namespace
