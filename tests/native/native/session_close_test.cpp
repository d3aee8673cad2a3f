// The run state as a caller sees it, and the end of a session while it is in use.
#include <atomic>
#include <functional>
#include <map>
#include <thread>

#include "session_fixture.h"

using namespace session_test;

namespace {

constexpr int64_t kColumns = 1 << 18;  // 1 MB a row: 250 ms in each direction at 4 MB/s

// Until the state is seen, or a hang is certain.
bool waitForState(const TestSession& session, int32_t state) {
    const auto end = std::chrono::steady_clock::now() + kHangGuard;
    while (session.state() != state) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

// Every function of an existing session but state, close and destroy, by name.
using Functions = std::map<std::string, std::function<Failure()>>;

Functions functionsOf(pn_session* session, int32_t variant, pn_completion_callback callback) {
    const pn_session* const constant = session;
    return {
        {"prepare",
         [=] {
             const pn_shape shape = shapeOf(0, {3, 4});
             int32_t made = -1;
             return call(pn_session_prepare, session, &shape, 1, &made);
         }},
        {"discard", [=] { return call(pn_session_discard, session, variant + 1); }},
        {"shape",
         [=] {
             int64_t dims[PN_MAX_RANK];
             int32_t rank = 0;
             return call(pn_session_shape, constant, variant, 1, dims, &rank);
         }},
        {"variant_info",
         [=] {
             pn_variant_info info{};
             info.struct_size = sizeof(info);
             return call(pn_session_variant_info, constant, variant, &info);
         }},
        {"buffer",
         [=] {
             void* data = nullptr;
             uint64_t bytes = 0;
             return call(pn_session_buffer, constant, 0, &data, &bytes);
         }},
        {"bind",
         [=] {
             void* const none = nullptr;
             return call(pn_session_bind, session, 0, int32_t{PN_MEMORY_SESSION}, none, uint64_t{0});
         }},
        {"run", [=] { return call(pn_session_run, session, variant); }},
        {"enqueue", [=] { return call(pn_session_enqueue, session, variant); }},
        {"poll", [=] { return call(pn_session_poll, session); }},
        {"wait", [=] { return call(pn_session_wait, session); }},
        {"set_completion",
         [=] { return call(pn_session_set_completion, session, callback, static_cast<void*>(nullptr)); }},
        {"enqueue_async", [=] { return call(pn_session_enqueue_async, session, variant); }},
        {"timings",
         [=] {
             pn_timings times{};
             times.struct_size = sizeof(times);
             return call(pn_session_timings, constant, &times);
         }},
        {"profile_layers",
         [=] {
             pn_blob* json = nullptr;
             Failure failure = call(pn_session_profile_layers, session, variant, 1, &json);
             pn_blob_destroy(json);
             return failure;
         }},
    };
}

void ignore(void* /*user*/, int32_t /*status*/, pn_error* error) {
    pn_error_destroy(error);
}

TEST(SessionState, FollowsTheRun) {
    struct Observer {
        const TestSession* session = nullptr;
        int32_t variant = 0;
        std::atomic<int> calls{0};
        std::atomic<int32_t> entered[2] = {-1, -1};
        std::atomic<int32_t> enqueued{-1};
        Signal done;
        static void onDone(void* user, int32_t /*status*/, pn_error* error) {
            auto* const self = static_cast<Observer*>(user);
            pn_error_destroy(error);
            const int number = self->calls++;
            self->entered[number] = self->session->state();
            if (number == 0) {
                EXPECT_EQ(pn_session_enqueue_async(self->session->get(), self->variant, nullptr), PN_OK);
                self->enqueued = self->session->state();
            } else {
                self->done.set();
            }
        }
    } observer;
    const EngineHandle engine = affineEngine(kColumns);
    TestSession session(engine);
    EXPECT_EQ(session.state(), PN_RUN_IDLE);
    const int32_t variant = session.prepareRows(1, kColumns);
    EXPECT_EQ(session.state(), PN_RUN_IDLE);
    const CudaFaults slow("copy_bandwidth=4MBps");
    ASSERT_EQ(session.enqueue(variant).status, PN_OK);
    EXPECT_EQ(session.state(), PN_RUN_ENQUEUED);
    EXPECT_EQ(session.poll().status, PN_NOT_READY);
    EXPECT_EQ(session.state(), PN_RUN_ENQUEUED);
    std::thread waiter([&session] { EXPECT_EQ(session.wait().status, PN_OK); });
    EXPECT_TRUE(waitForState(session, PN_RUN_IN_CALL));
    EXPECT_FAILURE(session.run(variant), PN_BUSY, "another thread is using the session");
    waiter.join();
    EXPECT_EQ(session.state(), PN_RUN_IDLE);
    observer.session = &session;
    observer.variant = variant;
    session.setCompletion(&Observer::onDone, &observer);
    ASSERT_EQ(session.enqueueAsync(variant).status, PN_OK);
    EXPECT_EQ(session.state(), PN_RUN_ASYNC);
    EXPECT_FAILURE(session.run(variant), PN_BUSY, "its callback tells the end");
    ASSERT_TRUE(observer.done.wait());
    EXPECT_EQ(observer.entered[0], PN_RUN_IDLE);
    EXPECT_EQ(observer.enqueued, PN_RUN_ASYNC);
    EXPECT_EQ(observer.entered[1], PN_RUN_IDLE);
    EXPECT_EQ(session.close().status, PN_OK);
    EXPECT_EQ(session.state(), PN_RUN_CLOSED);
}

TEST(SessionState, IsIdleAgainAfterAFailure) {
    const EngineHandle engine = affineEngine();
    TestSession session(engine);
    for (const auto& [name, function] : functionsOf(session.get(), 7, &ignore)) {
        if (name != "prepare" && name != "enqueue_async") {
            function();
            EXPECT_EQ(session.state(), PN_RUN_IDLE) << name;
        }
    }
    EXPECT_EQ(session.run(7).status, PN_INVALID_ARGUMENT);
    EXPECT_EQ(session.enqueueAsync(7).status, PN_INVALID_ARGUMENT);
    EXPECT_EQ(session.state(), PN_RUN_IDLE);
}

TEST(SessionClose, FreesEverythingAndLetsTheEngineGo) {
    const PinionHostCudaUsage before = usage();
    EngineHandle engine = affineEngine();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(2);
    session.setCompletion(&ignore, nullptr);
    ASSERT_EQ(session.enqueueAsync(variant).status, PN_OK);
    engine.reset();
    EXPECT_FALSE(sameUsage(usage(), before));
    EXPECT_EQ(session.close().status, PN_OK);
    EXPECT_TRUE(sameUsage(usage(), before));
    EXPECT_EQ(session.close().status, PN_OK);
}

TEST(SessionClose, EveryFunctionIsRefusedAfterIt) {
    const EngineHandle engine = affineEngine(4, 8, 2);
    for (const bool inFlight : {false, true}) {
        TestSession session(engine);
        const int32_t variant = session.prepareRows(2);
        session.setCompletion(&ignore, nullptr);
        if (inFlight) {
            ASSERT_EQ(session.enqueue(variant).status, PN_OK);
        }
        ASSERT_EQ(session.close().status, PN_OK);
        const Functions functions = functionsOf(session.get(), variant, &ignore);
        EXPECT_EQ(functions.size(), 14u);
        for (const auto& [name, function] : functions) {
            const Failure failure = function();
            EXPECT_EQ(failure.status, PN_INVALID_STATE) << name;
            EXPECT_EQ(failure.message, "the session is closed") << name;
        }
        EXPECT_EQ(session.state(), PN_RUN_CLOSED);
    }
}

TEST(SessionClose, TakesOverWhatNobodyHasWaitedFor) {
    const EngineHandle engine = affineEngine(kColumns);
    const uint64_t reports = pinionHostCudaReportCount();
    const PinionHostCudaUsage before = usage();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(1, kColumns);
    const CudaFaults slow("copy_bandwidth=4MBps");
    ASSERT_EQ(session.enqueue(variant).status, PN_OK);
    EXPECT_EQ(session.close().status, PN_OK);
    EXPECT_TRUE(sameUsage(usage(), before));
    // The host CUDA reports memory freed while a stream uses it.
    EXPECT_EQ(pinionHostCudaReportCount(), reports);
}

TEST(SessionClose, WaitsForACallOfAnotherThread) {
    const EngineHandle engine = affineEngine(kColumns, 8, 2);
    for (const bool enqueued : {false, true}) {
        TestSession session(engine);
        const int32_t variant = session.prepareRows(1, kColumns);
        session.fill(kColumns, 1);
        const CudaFaults slow("copy_bandwidth=4MBps");
        if (enqueued) {
            ASSERT_EQ(session.enqueue(variant).status, PN_OK);
        }
        std::atomic<bool> hasReturned{false};
        std::thread runner([&] {
            EXPECT_EQ((enqueued ? session.wait() : session.run(variant)).status, PN_OK);
            hasReturned = true;
        });
        ASSERT_TRUE(waitForState(session, PN_RUN_IN_CALL));
        EXPECT_FALSE(hasReturned);
        EXPECT_EQ(session.close().status, PN_OK);
        runner.join();
    }
}

TEST(SessionClose, WaitsForTheCallbackWhichStillHasItsBuffers) {
    struct Reader {
        TestSession* session = nullptr;
        Signal entered;
        std::atomic<bool> isRight{false};
        std::atomic<bool> hasEnded{false};
        static void onDone(void* user, int32_t status, pn_error* error) {
            auto* const self = static_cast<Reader*>(user);
            pn_error_destroy(error);
            self->entered.set();
            EXPECT_TRUE(waitForState(*self->session, PN_RUN_CLOSED));
            self->isRight = status == PN_OK && self->session->isAffine(8, 3);
            self->hasEnded = true;
        }
    };
    const EngineHandle engine = affineEngine();
    // Closed in the middle of the run, and in the middle of the callback.
    for (const bool inCallback : {false, true}) {
        Reader reader;
        TestSession session(engine);
        reader.session = &session;
        const int32_t variant = session.prepareRows(2);
        session.setCompletion(&Reader::onDone, &reader);
        session.fill(8, 3);
        const TensorRtFaults slow("enqueue_delay=100000");
        ASSERT_EQ(session.enqueueAsync(variant).status, PN_OK);
        if (inCallback) {
            ASSERT_TRUE(reader.entered.wait());
        }
        EXPECT_EQ(session.close().status, PN_OK);
        EXPECT_TRUE(reader.hasEnded);
        EXPECT_TRUE(reader.isRight);
    }
}

TEST(SessionClose, EndsAChainOfCallbacks) {
    struct Endless {
        pn_session* session = nullptr;
        int32_t variant = 0;
        std::atomic<int> completed{0};
        Failure last;
        static void onDone(void* user, int32_t status, pn_error* error) {
            auto* const self = static_cast<Endless*>(user);
            pn_error_destroy(error);
            EXPECT_EQ(status, PN_OK);
            ++self->completed;
            self->last = call(pn_session_enqueue_async, self->session, self->variant);
        }
    };
    const EngineHandle engine = affineEngine(4, 8, 2);
    for (int i = 0; i < 20; ++i) {
        Endless endless;
        TestSession session(engine);
        endless.session = session.get();
        endless.variant = session.prepareRows(1);
        session.setCompletion(&Endless::onDone, &endless);
        ASSERT_EQ(session.enqueueAsync(endless.variant).status, PN_OK);
        ASSERT_EQ(session.close().status, PN_OK);
        EXPECT_GE(endless.completed, 1);
        EXPECT_FAILURE(endless.last, PN_INVALID_STATE, "the session is closed");
    }
}

TEST(SessionClose, IsRefusedInsideACallback) {
    struct Misuse {
        pn_session* session = nullptr;
        Failure failure;
        Signal done;
        static void onDone(void* user, int32_t /*status*/, pn_error* error) {
            auto* const self = static_cast<Misuse*>(user);
            pn_error_destroy(error);
            self->failure = call(pn_session_close, self->session);
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
    EXPECT_FAILURE(misuse.failure, PN_INVALID_STATE, "callback");
    EXPECT_EQ(session.run(variant).status, PN_OK);
}

TEST(SessionClose, OfSeveralThreadsReturnsWhenItIsDone) {
    const EngineHandle engine = affineEngine(kColumns);
    const PinionHostCudaUsage before = usage();
    TestSession session(engine);
    const int32_t variant = session.prepareRows(1, kColumns);
    const CudaFaults slow("copy_bandwidth=4MBps");
    ASSERT_EQ(session.enqueue(variant).status, PN_OK);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            EXPECT_EQ(session.close().status, PN_OK);
            EXPECT_TRUE(sameUsage(usage(), before));
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

// The thread that completed runs has ended, and a later one may have its id: it is no callback's.
TEST(SessionClose, AnyThreadMayDestroyAfterIt) {
    const EngineHandle engine = affineEngine(4, 8, 2);
    const LogCapture log;
    for (int i = 0; i < 20; ++i) {
        TestSession session(engine);
        const int32_t variant = session.prepareRows(1);
        session.setCompletion(&ignore, nullptr);
        ASSERT_EQ(session.enqueueAsync(variant).status, PN_OK);
        ASSERT_EQ(session.close().status, PN_OK);
        std::thread([&session] { session.destroy(); }).join();
    }
    EXPECT_EQ(log.count(PN_SEVERITY_ERROR, "ignored"), 0);
}

// Threads that call every function while another one closes meet errors and no freed memory, as the sanitizers tell.
TEST(SessionClose, MayMeetEveryFunctionOnOtherThreads) {
    const EngineHandle engine = affineEngine(4, 8, 3);
    const PinionHostCudaUsage before = usage();
    const LogCapture log;  // sharing a context is no news here
    for (int round = 0; round < 10; ++round) {
        TestSession session(engine);
        const int32_t variant = session.prepareRows(2);
        session.setCompletion(&ignore, nullptr);
        std::atomic<bool> isClosed{false};
        std::atomic<int> succeeded{0};
        std::vector<std::thread> threads;
        for (size_t thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&, thread] {
                const Functions functions = functionsOf(session.get(), variant, &ignore);
                // Each thread starts with another function, and ends with all of them after the close.
                auto next = std::next(functions.begin(), static_cast<std::ptrdiff_t>(3 * thread));
                for (size_t after = 0; after < functions.size();) {
                    const bool mustBeRefused = isClosed;
                    const Failure failure = next->second();
                    if (mustBeRefused) {
                        EXPECT_FAILURE(failure, PN_INVALID_STATE, "the session is closed");
                        EXPECT_EQ(session.state(), PN_RUN_CLOSED);
                        ++after;
                    } else {
                        succeeded += failure.status == PN_OK ? 1 : 0;
                        EXPECT_TRUE(failure.status == PN_OK || failure.status == PN_BUSY ||
                                    failure.status == PN_NOT_READY || failure.status == PN_INVALID_STATE ||
                                    failure.status == PN_INVALID_ARGUMENT)
                            << next->first << ": " << failure.message;
                    }
                    next = std::next(next) == functions.end() ? functions.begin() : std::next(next);
                }
            });
        }
        while (succeeded < 50 * round) {
            std::this_thread::yield();
        }
        EXPECT_EQ(session.close().status, PN_OK);
        EXPECT_TRUE(sameUsage(usage(), before));
        isClosed = true;
        for (std::thread& thread : threads) {
            thread.join();
        }
    }
}

// The session and engine of a static object that was there before CUDA's first call: it ends after CUDA.
struct EndsAfterCuda {
    EngineHandle engine;
    SessionHandle session;
};

void exitWithASession() {
    static EndsAfterCuda kept;
    pinion_host_tensorrt::setReportHook([](const char*, void*) { std::_Exit(3); }, nullptr);
    kept.engine = affineEngine();
    pn_session* session = nullptr;
    EXPECT_OK(pn_session_create, kept.engine.get(), static_cast<const pn_session_options*>(nullptr), &session);
    kept.session.reset(session);
    const pn_shape shape = shapeOf(0, {3, 4});
    int32_t variant = -1;
    EXPECT_OK(pn_session_prepare, session, &shape, 1, &variant);
    EXPECT_OK(pn_session_run, session, variant);
    std::exit(testing::Test::HasFailure() ? 1 : 0);
}

TEST(SessionClose, AfterCudaWasUnloadedNothingOfTensorRtsIsTouched) {
    // A process of its own, in which CUDA has not been called yet.
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(exitWithASession(), testing::ExitedWithCode(0), "");
}

}  // namespace
