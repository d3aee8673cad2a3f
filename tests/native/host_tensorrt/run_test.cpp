// The main way through: parse, build, load, run.
#include "support.h"

namespace trt_test {
namespace {

TEST(Run, ComputesWhatTheModelSays) {
    Logger logger;
    const std::string plan = buildPlan(logger, matMulModel(), {batchProfile("x", 3)});
    ASSERT_FALSE(plan.empty()) << logger.all();
    LoadedEngine engine(logger, plan);
    ASSERT_NE(engine.engine, nullptr) << logger.all();
    ContextRunner context(*engine.engine);
    ASSERT_TRUE(context.setShape("x", {2, 3}));
    EXPECT_EQ(context.shape("y"), (Extents{2, 2}));
    DeviceBuffer x(2 * 3 * sizeof(float));
    DeviceBuffer y(2 * 2 * sizeof(float));
    x.fill<float>({1, 1, 1, -1, -1, -1});
    context.bind("x", x.data());
    context.bind("y", y.data());
    ASSERT_TRUE(context.run()) << logger.all();
    EXPECT_EQ(y.read<float>(4), (std::vector<float>{6, 0, 0, 6}));
}

}  // namespace
}  // namespace trt_test
