// Caller-owned memory: host without a copy between buffers, device without any copy.
#include "session_fixture.h"

using namespace session_test;

namespace {

// Freed at the end of the test, after the session.
template <auto Free>
struct Freer {
    void operator()(void* data) const { Free(0, data, nullptr); }
};
using Pinned = std::unique_ptr<void, Freer<pn_pinned_free>>;
using Device = std::unique_ptr<void, Freer<pn_device_free>>;

Pinned pinned(uint64_t bytes) {
    void* data = nullptr;
    EXPECT_OK(pn_pinned_alloc, 0, bytes, &data);
    return Pinned(data);
}

Device device(uint64_t bytes) {
    void* data = nullptr;
    EXPECT_OK(pn_device_alloc, 0, bytes, &data);
    return Device(data);
}

constexpr uint64_t kBytes = 8 * 4 * sizeof(float);

Failure bind(TestSession& session, int32_t tensor, int32_t kind, void* data, uint64_t bytes) {
    return call(pn_session_bind, session.get(), tensor, kind, data, bytes);
}

class SessionBind : public testing::TestWithParam<bool> {
protected:
    static pn_session_options options() {
        pn_session_options options = sessionOptions();
        options.disable_graph = GetParam() ? 0 : 1;
        return options;
    }
};

TEST_P(SessionBind, HostMemoryIsReadAndWrittenDirectly) {
    const EngineHandle engine = affineEngine();
    const Pinned input = pinned(kBytes);
    const Pinned output = pinned(kBytes);
    auto* const x = static_cast<float*>(input.get());
    auto* const y = static_cast<float*>(output.get());
    TestSession session(engine, options());
    const int32_t before = session.prepareRows(2);
    ASSERT_EQ(bind(session, 0, PN_MEMORY_HOST, x, kBytes).status, PN_OK);
    ASSERT_EQ(bind(session, 1, PN_MEMORY_HOST, y, kBytes).status, PN_OK);
    const int32_t after = session.prepareRows(8);
    EXPECT_EQ(session.data(0), x);
    EXPECT_EQ(session.data(1), y);
    EXPECT_EQ(session.usesGraph(before), GetParam());
    EXPECT_EQ(session.usesGraph(after), GetParam());
    for (int32_t variant : {before, after, before}) {
        session.fill(32, static_cast<float>(variant));
        ASSERT_EQ(session.run(variant).status, PN_OK);
        EXPECT_TRUE(session.isAffine(variant == before ? 8 : 32, static_cast<float>(variant)));
    }
    session.destroy();
}

TEST_P(SessionBind, DeviceMemoryIsNeitherCopiedInNorOut) {
    const EngineHandle engine = affineEngine();
    const Device input = device(kBytes);
    const Device output = device(kBytes);
    std::vector<float> x(32);
    std::vector<float> y(32);
    TestSession session(engine, options());
    const int32_t variant = session.prepareRows(8);
    ASSERT_EQ(bind(session, 0, PN_MEMORY_DEVICE, input.get(), kBytes).status, PN_OK);
    ASSERT_EQ(bind(session, 1, PN_MEMORY_DEVICE, output.get(), kBytes).status, PN_OK);
    void* data = &session;
    uint64_t bytes = 1;
    EXPECT_OK(pn_session_buffer, static_cast<const pn_session*>(session.get()), 0, &data, &bytes);
    EXPECT_EQ(data, nullptr);
    EXPECT_EQ(bytes, 0u);
    for (float first = 0; first < 3; ++first) {
        for (size_t i = 0; i < x.size(); ++i) {
            x[i] = first + static_cast<float>(i);
        }
        EXPECT_OK(pn_memory_copy, 0, input.get(), static_cast<const void*>(x.data()), kBytes);
        ASSERT_EQ(session.run(variant).status, PN_OK);
        EXPECT_OK(pn_memory_copy, 0, static_cast<void*>(y.data()), static_cast<const void*>(output.get()), kBytes);
        for (size_t i = 0; i < y.size(); ++i) {
            ASSERT_EQ(y[i], 2 * x[i] + 1);
        }
    }
    const pn_timings times = session.timings();
    EXPECT_EQ(times.h2d_ms, 0);
    EXPECT_EQ(times.d2h_ms, 0);
    session.destroy();
}

TEST_P(SessionBind, GoesBackToTheSessionsMemory) {
    const EngineHandle engine = affineEngine();
    const Device input = device(kBytes);
    TestSession session(engine, options());
    const int32_t variant = session.prepareRows(3);
    float* const own = session.data(0);
    ASSERT_EQ(bind(session, 0, PN_MEMORY_DEVICE, input.get(), kBytes).status, PN_OK);
    ASSERT_EQ(bind(session, 0, PN_MEMORY_SESSION, nullptr, 0).status, PN_OK);
    EXPECT_EQ(session.data(0), own);
    session.fill(12, 4);
    ASSERT_EQ(session.run(variant).status, PN_OK);
    EXPECT_TRUE(session.isAffine(12, 4));
}

TEST_P(SessionBind, OneSessionsBindingLeavesTheOtherAlone) {
    const EngineHandle engine = affineEngine(4, 8, 2);
    const Pinned input = pinned(kBytes);
    TestSession session(engine, options());
    TestSession bound(engine, options());
    const int32_t variant = session.prepareRows(2);
    ASSERT_EQ(bound.prepareRows(2), variant);
    ASSERT_EQ(bind(bound, 0, PN_MEMORY_HOST, input.get(), kBytes).status, PN_OK);
    EXPECT_NE(session.data(0), input.get());
    float first = 0;
    for (TestSession* each : {&session, &bound}) {
        each->fill(8, ++first);
        ASSERT_EQ(each->run(variant).status, PN_OK);
        EXPECT_TRUE(each->isAffine(8, first));
    }
    bound.destroy();
}

INSTANTIATE_TEST_SUITE_P(, SessionBind, testing::Bool(),
                         [](const auto& info) { return info.param ? "Graph" : "Plain"; });

TEST(SessionBindRefusal, NamesWhatIsWrong) {
    const EngineHandle engine = affineEngine();
    const Pinned host = pinned(kBytes);
    const Device onDevice = device(kBytes);
    std::vector<float> pageable(32);
    TestSession session(engine);
    const int32_t variant = session.prepareRows(8);
    const auto refuse = [&](int32_t tensor, int32_t kind, void* data, uint64_t bytes, const std::string& text) {
        const Failure failure = bind(session, tensor, kind, data, bytes);
        EXPECT_EQ(failure.status, PN_INVALID_ARGUMENT);
        EXPECT_NE(failure.message.find(text), std::string::npos) << failure.message;
    };
    refuse(0, PN_MEMORY_HOST, pageable.data(), kBytes, "not pinned");
    refuse(0, PN_MEMORY_HOST, onDevice.get(), kBytes, "not pinned");
    refuse(0, PN_MEMORY_DEVICE, host.get(), kBytes, "not device memory");
    refuse(0, PN_MEMORY_DEVICE, pageable.data(), kBytes, "not device memory");
    refuse(0, PN_MEMORY_DEVICE, static_cast<char*>(onDevice.get()) + 4, kBytes - 4, "aligned");
    refuse(0, PN_MEMORY_HOST, host.get(), kBytes - 1, "needs 128 bytes");
    refuse(0, PN_MEMORY_HOST, nullptr, kBytes, "NULL");
    refuse(0, PN_MEMORY_SESSION, host.get(), kBytes, "takes no data");
    refuse(0, 3, host.get(), kBytes, "kind is 3");
    refuse(2, PN_MEMORY_HOST, host.get(), kBytes, "tensor is 2");
    // Nothing of it has changed the session.
    session.fill(32, 6);
    EXPECT_TRUE(session.usesGraph(variant));
    EXPECT_EQ(session.run(variant).status, PN_OK);
    EXPECT_TRUE(session.isAffine(32, 6));
}

TEST(SessionBindRefusal, AVariantLargerThanABindingIsRefused) {
    const EngineHandle engine = affineEngine();
    const Pinned host = pinned(kBytes);
    TestSession session(engine);
    const int32_t small = session.prepareRows(2);
    ASSERT_EQ(bind(session, 1, PN_MEMORY_HOST, host.get(), kBytes / 2).status, PN_OK);
    const pn_shape large = shapeOf(0, {8, 4});
    int32_t variant = -1;
    const Failure failure = call(pn_session_prepare, session.get(), &large, 1, &variant);
    EXPECT_EQ(failure.status, PN_INVALID_ARGUMENT);
    EXPECT_NE(failure.message.find("'y' needs 128 bytes"), std::string::npos) << failure.message;
    session.fill(8, 6);
    EXPECT_EQ(session.run(small).status, PN_OK);
    EXPECT_TRUE(session.isAffine(8, 6));
    session.destroy();
}

TEST(SessionBindRefusal, RegisteredMemoryIsPinned) {
    const EngineHandle engine = affineEngine();
    std::vector<float> memory(32);
    ASSERT_OK(pn_pinned_register, 0, static_cast<void*>(memory.data()), kBytes);
    TestSession session(engine);
    const int32_t variant = session.prepareRows(8);
    ASSERT_EQ(bind(session, 0, PN_MEMORY_HOST, memory.data(), kBytes).status, PN_OK);
    session.fill(32, 11);
    EXPECT_EQ(session.run(variant).status, PN_OK);
    EXPECT_TRUE(session.isAffine(32, 11));
    session.destroy();
    EXPECT_OK(pn_pinned_unregister, 0, static_cast<void*>(memory.data()));
}

TEST(SessionBindFailure, AFailingEnqueueLeavesTheFormerMemory) {
    const EngineHandle engine = affineEngine();
    const Pinned host = pinned(kBytes);
    TestSession session(engine);
    const int32_t variant = session.prepareRows(2);
    float* const own = session.data(0);
    {
        const TensorRtFaults faults("enqueue:1=fail");
        EXPECT_EQ(bind(session, 0, PN_MEMORY_HOST, host.get(), kBytes).status, PN_TENSORRT);
    }
    EXPECT_EQ(session.data(0), own);
    for (float first = 0; first < 3; ++first) {
        session.fill(8, first);
        EXPECT_EQ(session.run(variant).status, PN_OK);
        EXPECT_TRUE(session.isAffine(8, first));
    }
    EXPECT_TRUE(session.usesGraph(variant));
}

}  // namespace
