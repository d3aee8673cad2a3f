// Scripted faults: each error path can be taken on purpose.
#include <chrono>
#include <cmath>
#include <thread>

#include "support.h"

namespace trt_test {
namespace {

std::string doublingPlan() {
    Logger logger;
    return buildPlan(logger, doublingModel(), {batchProfile("x", 4)});
}

TEST(Faults, FailTheBuildThatTheyName) {
    const Faults script("build:2=fail; build:3=out_of_memory");
    EXPECT_FALSE(doublingPlan().empty());
    Logger second;
    EXPECT_TRUE(buildPlan(second, doublingModel(), {batchProfile("x", 4)}).empty());
    EXPECT_TRUE(second.hasError("scripted failure of the build"));
    Logger third;
    EXPECT_TRUE(buildPlan(third, doublingModel(), {batchProfile("x", 4)}).empty());
    EXPECT_TRUE(third.hasError("Out Of Memory")) << third.all();
    EXPECT_FALSE(doublingPlan().empty());
}

TEST(Faults, FailTheLoad) {
    const std::string plan = doublingPlan();
    const Faults script("deserialize:1=fail");
    Logger logger;
    EXPECT_EQ(LoadedEngine(logger, plan).engine, nullptr);
    EXPECT_TRUE(logger.hasError("scripted failure of the load"));
    EXPECT_NE(LoadedEngine(logger, plan).engine, nullptr);
}

TEST(Faults, FailTheCreationOfContexts) {
    Logger logger;
    LoadedEngine engine(logger, doublingPlan());
    const Faults script("context:2+=out_of_memory");
    const std::unique_ptr<nvinfer1::IExecutionContext> first(engine->createExecutionContext());
    EXPECT_NE(first, nullptr);
    EXPECT_EQ(engine->createExecutionContext(), nullptr);
    EXPECT_EQ(engine->createExecutionContext(), nullptr) << "the plus means from then on";
    EXPECT_TRUE(logger.hasError("Out Of Memory"));
}

// A context ready to run one batch.
struct Running {
    Running() : engine(logger, doublingPlan()), context(*engine.engine) {
        context.bind("x", x.data());
        context.bind("y", y.data());
        EXPECT_TRUE(context.setShape("x", {1, 4}));
        x.fill<float>({1, 2, 3, 4});
    }
    Logger logger;
    LoadedEngine engine;
    DeviceBuffer x{256};
    DeviceBuffer y{256};
    ContextRunner context;
};

TEST(Faults, FailOneEnqueue) {
    Running running;
    const Faults script("enqueue:2=fail");
    EXPECT_TRUE(running.context.run());
    EXPECT_FALSE(running.context.run());
    EXPECT_TRUE(running.logger.hasError("scripted failure of an enqueue"));
    EXPECT_TRUE(running.context.run()) << "an enqueue that was refused does no harm";
}

TEST(Faults, FailuresOfARunStick) {
    Running running;
    ASSERT_TRUE(running.context.run());
    const Faults script("run:1=fail");
    Stream stream;
    ASSERT_TRUE(running.context.enqueue(stream)) << "the failure comes later, on the stream";
    EXPECT_EQ(stream.wait(), cudaSuccess);
    EXPECT_TRUE(running.logger.hasError("scripted failure of a run"));
    for (const float value : running.y.read<float>(4)) {
        EXPECT_TRUE(std::isnan(value)) << "no result of an earlier run";
    }
    EXPECT_FALSE(running.context.enqueue(stream));
    EXPECT_TRUE(running.logger.hasError("the context failed earlier")) << running.logger.all();
    EXPECT_EQ(stream.wait(), cudaSuccess);
    running.context.context.reset();
    ContextRunner fresh(*running.engine.engine);
    fresh.bind("x", running.x.data());
    fresh.bind("y", running.y.data());
    ASSERT_TRUE(fresh.setShape("x", {1, 4}));
    EXPECT_TRUE(fresh.run()) << "another context of the engine is not affected";
    EXPECT_EQ(running.y.read<float>(4), (std::vector<float>{2, 4, 6, 8}));
}

TEST(Faults, DelayRunsAndBuilds) {
    Running running;
    ASSERT_TRUE(running.context.run());
    const Faults script("enqueue_delay=30000;build_delay=20");
    auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(running.context.run());
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(30));
    begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(doublingPlan().empty());
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(8 * 20)) << "every step waits";
}

TEST(Faults, ComputeTimeIsTakenByOneRunAtATime) {
    Running one;
    Running two;
    ASSERT_TRUE(one.context.run());
    ASSERT_TRUE(two.context.run());
    const Faults script("compute_time=30000");
    const auto begin = std::chrono::steady_clock::now();
    std::thread other([&] { EXPECT_TRUE(two.context.run()); });
    EXPECT_TRUE(one.context.run());
    other.join();
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(60));
}

class FaultScripts : public testing::TestWithParam<const char*> {};

TEST_P(FaultScripts, ThatAreWrongFailEveryBuild) {
    testing::internal::CaptureStderr();
    const Faults script(GetParam());
    const std::string complaint = testing::internal::GetCapturedStderr();
    EXPECT_NE(complaint.find("cannot understand '"), std::string::npos) << complaint;
    EXPECT_TRUE(doublingPlan().empty());
}

INSTANTIATE_TEST_SUITE_P(Wrong, FaultScripts,
                         testing::Values("build", "build:0=fail", "build:x=fail", "build:1=explode", "ghost:1=fail",
                                         "build_delay=-1", "build_delay=soon", "enqueue:1=fail;nonsense=1"));

}  // namespace
}  // namespace trt_test
