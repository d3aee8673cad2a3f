// Memory: running out of it at every place, and no growth.
#include "session_memory.h"

#include "error.h"
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

TEST(SessionMemory, TheErrorNamesTheLargestTensorAndTheBytes) {
    const EngineHandle engine = affineEngine();
    const CudaFaults faults("host_alloc:1=out_of_memory");
    const Failure failure = createPrepareRun(engine, 1);
    EXPECT_EQ(failure.status, PN_DEVICE_OUT_OF_MEMORY);
    EXPECT_NE(failure.message.find("memory for 2 inputs and outputs, the largest of them 'x' with 128 bytes, needs 512 "
                                   "bytes"),
              std::string::npos)
        << failure.message;
    EXPECT_NE(failure.message.find("free"), std::string::npos) << failure.message;
}

pinion::TensorInfo tensor(const char* name, pn_tensor_mode mode) {
    pinion::TensorInfo tensor;
    tensor.name = name;
    tensor.mode = mode;
    return tensor;
}

// Three inputs, the second the largest, and two outputs: memory for so many bytes of each.
class SessionCopies : public testing::Test {
protected:
    static constexpr uint64_t kLargest[] = {1000, 100000, 20000, 64, 64};

    void SetUp() override {
        PN_CHECK_CUDA(cudaStreamCreate(stream_.out()));
        memory_.allocate({std::begin(kLargest), std::end(kLargest)}, stream_.get());
        PN_CHECK_CUDA(cudaStreamSynchronize(stream_.get()));
    }
    // Offset from the first tensor's memory, and bytes.
    std::vector<std::pair<int64_t, uint64_t>> copies(pn_tensor_mode mode, const std::vector<uint64_t>& bytes) const {
        std::vector<std::pair<int64_t, uint64_t>> copies;
        const size_t first = mode == PN_TENSOR_INPUT ? 0 : 3;
        for (const pinion::Copy& copy : memory_.copies(mode, bytes)) {
            const void* const host = mode == PN_TENSOR_INPUT ? copy.from : copy.to;
            const void* const device = mode == PN_TENSOR_INPUT ? copy.to : copy.from;
            const int64_t offset = static_cast<const char*>(host) - static_cast<const char*>(memory_[first].host);
            if (memory_[first].binding.kind == PN_MEMORY_SESSION) {
                EXPECT_EQ(offset, static_cast<const char*>(device) - static_cast<const char*>(memory_[first].device));
            }
            copies.emplace_back(offset, copy.bytes);
        }
        return copies;
    }
    using Copies = std::vector<std::pair<int64_t, uint64_t>>;

    const std::vector<pinion::TensorInfo> tensors_ = {tensor("a", PN_TENSOR_INPUT), tensor("large", PN_TENSOR_INPUT),
                                                      tensor("c", PN_TENSOR_INPUT), tensor("y", PN_TENSOR_OUTPUT),
                                                      tensor("z", PN_TENSOR_OUTPUT)};
    pinion::Stream stream_;
    pinion::SessionMemory memory_{tensors_};
};

TEST_F(SessionCopies, SlicesAreAlignedAndSmallOnesComeFirst) {
    const auto offset = [this](size_t i) {
        return static_cast<char*>(memory_[i].device) - static_cast<char*>(memory_[0].device);
    };
    EXPECT_EQ(offset(2), 1024);
    EXPECT_EQ(offset(1), 1024 + 20224);
    for (size_t i = 0; i < tensors_.size(); ++i) {
        EXPECT_EQ(reinterpret_cast<uintptr_t>(memory_[i].device) % 256, 0u) << i;
        EXPECT_EQ(memory_[i].bytes, kLargest[i]);
    }
}

TEST_F(SessionCopies, ARunHasOneCopyEachWay) {
    const std::vector<uint64_t> largest(std::begin(kLargest), std::end(kLargest));
    EXPECT_EQ(copies(PN_TENSOR_INPUT, largest), (Copies{{0, 1024 + 20224 + 100000}}));
    EXPECT_EQ(copies(PN_TENSOR_OUTPUT, largest), (Copies{{0, 256 + 64}}));
}

TEST_F(SessionCopies, ManyUnusedBytesAreLeftOut) {
    // 20224 - 16384 is the fewest that may be used of the slice before the large one.
    EXPECT_EQ(copies(PN_TENSOR_INPUT, {10, 5, 3840, 64, 64}), (Copies{{0, 1024 + 20224 + 5}}));
    EXPECT_EQ(copies(PN_TENSOR_INPUT, {10, 5, 3839, 64, 64}), (Copies{{0, 1024 + 3839}, {1024 + 20224, 5}}));
    EXPECT_EQ(copies(PN_TENSOR_INPUT, {10, 0, 0, 64, 64}), (Copies{{0, 10}}));
    EXPECT_TRUE(copies(PN_TENSOR_OUTPUT, {1, 1, 1, 0, 0}).empty());
}

TEST_F(SessionCopies, BoundMemoryIsCopiedAlone) {
    std::vector<char> bound(20000);
    memory_.bind(2, {PN_MEMORY_HOST, bound.data(), bound.size()});
    const std::vector<pinion::Copy> copies = memory_.copies(PN_TENSOR_INPUT, {1000, 100000, 20000, 64, 64});
    ASSERT_EQ(copies.size(), 3u);
    EXPECT_EQ(copies[1].from, bound.data());
    EXPECT_EQ(copies[1].bytes, bound.size());
    memory_.bind(2, {PN_MEMORY_DEVICE, memory_[2].device, 20000});
    EXPECT_EQ(memory_.copies(PN_TENSOR_INPUT, {1000, 100000, 20000, 64, 64}).size(), 2u);
}

// What lies between two slices never reaches another tensor, whatever the shapes are.
TEST(SessionMemory, TensorsOfEverySizeKeepTheirValues) {
    using namespace onnx_writer;
    constexpr int64_t kColumns[] = {3, 5000, 70};
    Model model;
    std::vector<Range> ranges;
    const char* const inputs[] = {"a", "b", "c"};
    const char* const outputs[] = {"na", "nb", "nc"};
    for (int i = 0; i < 3; ++i) {
        model.input(inputs[i], kFloat, {"N", kColumns[i]}).node("Neg", {inputs[i]}, {outputs[i]});
        model.output(outputs[i], kFloat, {"N", kColumns[i]});
        ranges.push_back({inputs[i], {1, kColumns[i]}, {4, kColumns[i]}, {16, kColumns[i]}});
    }
    const EngineHandle engine = makeEngine(model, ranges);
    for (int32_t disableGraph : {0, 1}) {
        pn_session_options options = sessionOptions();
        options.disable_graph = disableGraph;
        TestSession session(engine, options);
        for (const int64_t rows : {16, 1, 7, 16, 1}) {
            const int32_t variant = session.prepare(
                {shapeOf(0, {rows, kColumns[0]}), shapeOf(1, {rows, kColumns[1]}), shapeOf(2, {rows, kColumns[2]})});
            for (int run = 0; run < 3; ++run) {
                for (int32_t i = 0; i < 3; ++i) {
                    for (int64_t k = 0; k < rows * kColumns[i]; ++k) {
                        session.data(i)[k] = static_cast<float>(1000 * (i + 1) + k + run);
                    }
                }
                ASSERT_EQ(session.run(variant).status, PN_OK);
                for (int32_t i = 0; i < 3; ++i) {
                    for (int64_t k = 0; k < rows * kColumns[i]; ++k) {
                        ASSERT_EQ(session.data(3 + i)[k], -static_cast<float>(1000 * (i + 1) + k + run))
                            << inputs[i] << " " << k << " of " << rows << " rows";
                    }
                }
            }
        }
    }
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
