// Memory: running out of it at every place, and no growth.
#include "session_fixture.h"

using namespace session_test;

namespace {

// What a user does first: a session, a variant, a run; and so with further sessions beside it.
Failure createPrepareRun(const EngineHandle& engine, int sessions) {
    pn_session* handle = nullptr;
    const pn_session_options options = sessionOptions();
    Failure failure = call(pn_session_create, engine.get(), &options, &handle);
    const SessionHandle session(handle);
    int32_t variant = -1;
    const pn_shape shape = shapeOf(0, {3, 4});
    if (failure.status == PN_OK) {
        failure = call(pn_session_prepare, handle, &shape, 1, &variant);
    }
    if (failure.status == PN_OK) {
        failure = call(pn_session_run, handle, variant);
    }
    return failure.status == PN_OK && sessions > 1 ? createPrepareRun(engine, sessions - 1) : failure;
}

class SessionOutOfMemory : public testing::TestWithParam<const char*> {};

TEST_P(SessionOutOfMemory, AtEveryAllocationGivesAClearErrorAndLeavesNothing) {
    const EngineHandle engine = affineEngine(4, 8, 4);
    ASSERT_EQ(createPrepareRun(engine, 2).status, PN_OK);
    const PinionHostCudaUsage before = usage();
    int failures = 0;
    for (int n = 1; n < 1000; ++n) {
        const CudaFaults faults(std::string(GetParam()) + ":" + std::to_string(n) + "=out_of_memory");
        const Failure failure = createPrepareRun(engine, 2);
        ASSERT_TRUE(sameUsage(usage(), before)) << n;
        if (failure.status == PN_OK) {
            EXPECT_GT(failures, 0);
            // Beyond the last allocation there is nothing left to fail.
            break;
        }
        ++failures;
        EXPECT_TRUE(failure.status == PN_DEVICE_OUT_OF_MEMORY || failure.status == PN_TENSORRT) << failure.status;
        EXPECT_FALSE(failure.message.empty());
    }
    EXPECT_EQ(createPrepareRun(engine, 2).status, PN_OK);
}

INSTANTIATE_TEST_SUITE_P(, SessionOutOfMemory,
                         testing::Values("malloc", "host_alloc", "stream_create", "event_create"));

TEST(SessionMemory, TheErrorNamesTheTensorAndTheBytes) {
    const EngineHandle engine = affineEngine();
    const auto fails = [&engine](const char* script) {
        const CudaFaults faults(script);
        return createPrepareRun(engine, 1);
    };
    Failure failure = fails("host_alloc:1=out_of_memory");
    EXPECT_EQ(failure.status, PN_DEVICE_OUT_OF_MEMORY);
    EXPECT_NE(failure.message.find("input 'x' needs 256 bytes"), std::string::npos) << failure.message;
    failure = fails("host_alloc:2=out_of_memory");
    EXPECT_NE(failure.message.find("output 'y' needs 256 bytes"), std::string::npos) << failure.message;
    EXPECT_NE(failure.message.find("free"), std::string::npos) << failure.message;
}

TEST(SessionMemory, ASessionTooLargeForTheDeviceIsRefused) {
    const EngineHandle engine = affineEngine(1 << 20, 8);
    const CudaFaults small("device_memory=16MiB");
    const PinionHostCudaUsage before = usage();
    const Failure failure = createPrepareRun(engine, 1);
    EXPECT_EQ(failure.status, PN_DEVICE_OUT_OF_MEMORY);
    EXPECT_NE(failure.message.find("33554432 bytes"), std::string::npos) << failure.message;
    EXPECT_TRUE(sameUsage(usage(), before));
}

TEST(SessionMemory, CreatingAndDestroyingDoesNotGrow) {
    const EngineHandle engine = affineEngine(4, 8, 4);
    const PinionHostCudaUsage before = usage();
    for (int i = 0; i < 50; ++i) {
        ASSERT_EQ(createPrepareRun(engine, 2).status, PN_OK);
        ASSERT_TRUE(sameUsage(usage(), before)) << i;
    }
}

TEST(SessionMemory, PreparingAndDiscardingDoesNotGrow) {
    const EngineHandle engine = affineEngine(4, 8, 4);
    TestSession session(engine);
    const int32_t kept = session.prepareRows(1);
    PinionHostCudaUsage before = usage();
    for (int64_t i = 0; i < 50; ++i) {
        const int32_t variant = session.prepareRows(2 + i % 7);
        ASSERT_EQ(session.run(variant).status, PN_OK);
        ASSERT_EQ(session.run(kept).status, PN_OK);
        EXPECT_OK(pn_session_discard, session.get(), variant);
        if (i == 0) {
            before = usage();
        }
        ASSERT_TRUE(sameUsage(usage(), before)) << i;
    }
}

TEST(SessionMemory, RunningDoesNotGrow) {
    const EngineHandle engine = affineEngine();
    for (int32_t disableGraph : {0, 1}) {
        pn_session_options options = sessionOptions();
        options.disable_graph = disableGraph;
        TestSession session(engine, options);
        const int32_t variant = session.prepareRows(2);
        ASSERT_EQ(session.run(variant).status, PN_OK);
        const PinionHostCudaUsage before = usage();
        for (int i = 0; i < 2000; ++i) {
            ASSERT_EQ(session.run(variant).status, PN_OK);
        }
        EXPECT_TRUE(sameUsage(usage(), before));
    }
}

TEST(SessionMemory, AnEnqueueThatFailsOnceIsReportedAndForgotten) {
    const EngineHandle engine = affineEngine();
    pn_session_options options = sessionOptions();
    options.disable_graph = 1;
    TestSession session(engine, options);
    const int32_t variant = session.prepareRows(2);
    {
        const TensorRtFaults faults("enqueue:1=fail");
        const Failure failure = session.run(variant);
        EXPECT_EQ(failure.status, PN_TENSORRT);
        EXPECT_NE(failure.message.find("refused the enqueue"), std::string::npos);
        EXPECT_FALSE(failure.log.empty());
    }
    session.fill(8, 4);
    EXPECT_EQ(session.run(variant).status, PN_OK);
    EXPECT_TRUE(session.isAffine(8, 4));
}

// Copies and events of the session and, between them, of TensorRT: whichever fails, the session lives on.
class SessionRunFault : public testing::TestWithParam<const char*> {};

TEST_P(SessionRunFault, AFailureInOneRunIsReportedAndForgotten) {
    const EngineHandle engine = affineEngine();
    pn_session_options options = sessionOptions();
    options.disable_graph = 1;
    TestSession session(engine, options);
    const int32_t variant = session.prepareRows(2);
    int failures = 0;
    for (int n = 1; n < 50; ++n) {
        int32_t status = PN_OK;
        {
            const CudaFaults faults(std::string(GetParam()) + ":" + std::to_string(n) + "=invalid_value");
            status = session.run(variant).status;
        }
        session.fill(8, static_cast<float>(n));
        ASSERT_EQ(session.run(variant).status, PN_OK) << n;
        ASSERT_TRUE(session.isAffine(8, static_cast<float>(n)));
        if (status == PN_OK) {
            break;
        }
        EXPECT_TRUE(status == PN_CUDA || status == PN_TENSORRT) << status;
        ++failures;
    }
    EXPECT_GT(failures, 1);
}

INSTANTIATE_TEST_SUITE_P(, SessionRunFault, testing::Values("memcpy", "event_record"));

TEST(SessionMemory, TellsWhatItAndEachVariantTook) {
    const CudaFaults device("device_memory=64MiB");
    const auto freeBytes = [] {
        int64_t free = 0;
        int64_t total = 0;
        EXPECT_OK(pn_device_get_memory, 0, &free, &total);
        return free;
    };
    const EngineHandle engine = affineEngine(4, 8, 4);
    const auto sessionBytes = [](const TestSession& session) {
        int64_t bytes = -1;
        EXPECT_OK(pn_session_device_bytes, static_cast<const pn_session*>(session.get()), &bytes);
        return bytes;
    };
    const int64_t atFirst = freeBytes();
    TestSession session(engine);
    const int64_t alone = sessionBytes(session);
    EXPECT_GE(alone, int64_t{2 * 8 * 4 * sizeof(float)}) << "the buffers alone";
    EXPECT_EQ(alone, atFirst - freeBytes());
    const int32_t one = session.prepareRows(1);
    const int64_t beforeTwo = freeBytes();
    const int32_t two = session.prepareRows(2);
    EXPECT_EQ(variantInfo(session.get(), two).device_bytes, beforeTwo - freeBytes());
    EXPECT_GT(variantInfo(session.get(), two).device_bytes, variantInfo(session.get(), one).device_bytes)
        << "the first has the context that the session begins with";
    EXPECT_EQ(sessionBytes(session), atFirst - freeBytes());
    EXPECT_OK(pn_session_discard, session.get(), two);
    EXPECT_EQ(freeBytes(), beforeTwo);
    EXPECT_EQ(sessionBytes(session), atFirst - freeBytes());
    session.destroy();
    EXPECT_EQ(freeBytes(), atFirst);
}

TEST(SessionMemory, AFailureInPrepareLeavesTheOtherVariants) {
    const EngineHandle engine = affineEngine(4, 8, 4);
    TestSession first(engine);
    TestSession second(engine);
    const int32_t two = first.prepareRows(2);
    ASSERT_EQ(second.prepareRows(2), two);
    const pn_shape shape = shapeOf(0, {5, 4});
    int32_t variant = -1;
    {
        const TensorRtFaults faults("enqueue:1=fail");
        EXPECT_EQ(call(pn_session_prepare, first.get(), &shape, 1, &variant).status, PN_TENSORRT);
        EXPECT_EQ(variant, -1);
    }
    {
        // Plain and captured in the first session, then plain in the second.
        const TensorRtFaults faults("enqueue:3=fail");
        EXPECT_GE(first.prepareRows(5), 0);
        EXPECT_EQ(call(pn_session_prepare, second.get(), &shape, 1, &variant).status, PN_TENSORRT);
        EXPECT_EQ(variant, -1);
    }
    for (TestSession* session : {&first, &second}) {
        session->fill(8, 1);
        EXPECT_EQ(session->run(two).status, PN_OK);
        EXPECT_TRUE(session->isAffine(8, 1));
        variant = session->prepareRows(5);
        session->fill(20, 1);
        EXPECT_EQ(session->run(variant).status, PN_OK);
        EXPECT_TRUE(session->isAffine(20, 1));
    }
}

}  // namespace
