// The main way through: parse, build, load, run.
#include <limits>

#include "support.h"

namespace trt_test {
namespace {

using onnx_writer::Model;

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

std::vector<float> runFloats(const Model& model, const std::vector<float>& input, const Configure& configure) {
    Logger logger;
    const std::string plan = buildPlan(logger, model.bytes(), {}, configure);
    EXPECT_FALSE(plan.empty()) << logger.all();
    LoadedEngine engine(logger, plan);
    ContextRunner context(*engine.engine);
    DeviceBuffer x(input.size() * sizeof(float));
    DeviceBuffer y(input.size() * sizeof(float));
    x.fill<float>(input);
    context.bind("x", x.data());
    context.bind("y", y.data());
    EXPECT_TRUE(context.run()) << logger.all();
    return y.read<float>(input.size());
}

// As a GPU does; ONNX Runtime alone would compute all of it in FLOAT.
TEST(Run, RoundsEveryTensorThatTheModelMakesFloat16) {
    const Model squares = Model()
                              .input("x", onnx_writer::kFloat, {4})
                              .node("Cast", {"x"}, {"a"}, "", {{"to", 10}})
                              .node("Mul", {"a", "a"}, {"b"})
                              .node("Relu", {"b"}, {"c"})
                              .node("Sqrt", {"c"}, {"d"})
                              .node("Cast", {"d"}, {"y"}, "", {{"to", 1}})
                              .output("y", onnx_writer::kFloat, {4});
    const Model sums = Model()
                           .input("x", onnx_writer::kFloat, {4})
                           .constant("big", {1}, std::vector<float>{2048})
                           .node("Cast", {"big"}, {"large"}, "", {{"to", 10}})
                           .node("Cast", {"x"}, {"a"}, "", {{"to", 10}})
                           .node("Add", {"a", "large"}, {"b"})
                           .node("Reshape", {"b", "shape"}, {"c"})
                           .constant("shape", {1}, std::vector<int64_t>{4})
                           .node("Sub", {"c", "large"}, {"d"})
                           .node("Cast", {"d"}, {"y"}, "", {{"to", 1}})
                           .output("y", onnx_writer::kFloat, {4});
    const float infinity = std::numeric_limits<float>::infinity();
    const auto check = [&](const Configure& configure) {
        EXPECT_EQ(runFloats(squares, {400, 3, 1.0009765625F, 1e-4F}, configure),
                  (std::vector<float>{infinity, 3, 1.0009765625F, 0}));
        EXPECT_EQ(runFloats(sums, {1, 2, 3, 65504}, configure), (std::vector<float>{0, 2, 4, infinity}));
    };
    check({});
#if PINION_TRT_SINCE(8, 6)
    for (int32_t level : {0, 5}) {
        check([&](nvinfer1::INetworkDefinition&, nvinfer1::IBuilderConfig& config) {
            config.setBuilderOptimizationLevel(level);
        });
    }
#endif
}

}  // namespace
}  // namespace trt_test
