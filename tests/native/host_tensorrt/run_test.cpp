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

// As the builder is by itself, and at the least and the most that it optimises.
void atEveryLevel(const std::function<void(const Configure&)>& check) {
    check({});
#if PINION_TRT_SINCE(8, 6)
    for (int32_t level : {0, 5}) {
        check([&](nvinfer1::INetworkDefinition&, nvinfer1::IBuilderConfig& config) {
            config.setBuilderOptimizationLevel(level);
        });
    }
#endif
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
    atEveryLevel(check);
}

// 2048 + 1 is 2048: it is not greater, and the index of the largest is the first one's.
TEST(Run, ComparesFloat16AsItIsRounded) {
    const auto begin = [] {
        Model model;
        model.input("x", onnx_writer::kFloat, {4})
            .constant("big", {1}, std::vector<float>{2048})
            .node("Cast", {"big"}, {"large"}, "", {{"to", 10}})
            .node("Cast", {"x"}, {"a"}, "", {{"to", 10}})
            .node("Add", {"a", "large"}, {"b"});
        return model;
    };
    Model greater = begin();
    greater.node("Greater", {"b", "large"}, {"c"})
        .node("Cast", {"c"}, {"y"}, "", {{"to", 1}})
        .output("y", onnx_writer::kFloat, {4});
    Model largest = begin();
    largest.constant("row", {2}, std::vector<int64_t>{1, 4})
        .node("Reshape", {"b", "row"}, {"r"})
        .node("ArgMax", {"r"}, {"c"}, "", {{"axis", 1}})
        .node("Cast", {"c"}, {"d"}, "", {{"to", 1}})
        .node("Expand", {"d", "row"}, {"y"})
        .output("y", onnx_writer::kFloat, {1, 4});
    const auto check = [&](const Configure& configure) {
        EXPECT_EQ(runFloats(greater, {1, 2, 0.5F, -1}, configure), (std::vector<float>{0, 1, 0, 0}));
        EXPECT_EQ(runFloats(largest, {0.25F, 0.5F, 1, 0.75F}, configure), (std::vector<float>{0, 0, 0, 0}));
    };
    atEveryLevel(check);
}

// Adds nodes that make one tensor of FLOAT16 of another.
using Nodes = void (*)(Model& model, const std::string& from, const std::string& to);

void addSquares(Model& model, const std::string& from, const std::string& to) {
    model.node("Mul", {from, from}, {to + "_b"}).node("Relu", {to + "_b"}, {to + "_c"}).node("Sqrt", {to + "_c"}, {to});
}

// large is of around the body.
void addSums(Model& model, const std::string& from, const std::string& to) {
    model.node("Add", {from, "large"}, {to + "_b"}).node("Sub", {to + "_b", "large"}, {to});
}

// The body of a Loop that carries v to w.
Model loopBody(const std::function<void(Model&)>& nodes) {
    Model body;
    body.input("i", onnx_writer::kInt64, {})
        .input("go", onnx_writer::kBool, {})
        .input("v", onnx_writer::kFloat16, {4})
        .node("Identity", {"go"}, {"more"});
    nodes(body);
    return body.output("more", onnx_writer::kBool, {});
}

// Of x by way of "a" to "d", both of FLOAT16.
Model halves(const std::function<void(Model&)>& nodes) {
    Model model;
    model.input("x", onnx_writer::kFloat, {4})
        .constant("big", {1}, std::vector<float>{2048})
        .constant("shape", {1}, std::vector<int64_t>{4})
        .constant("n", {}, std::vector<int64_t>{1})
        .constant("zero", {}, std::vector<float>{0})
        .node("Cast", {"big"}, {"large"}, "", {{"to", 10}})
        .node("Cast", {"x"}, {"a"}, "", {{"to", 10}})
        .node("ReduceMax", {"x"}, {"most"}, "", {{"keepdims", 0}})
        .node("Greater", {"most", "zero"}, {"flag"});
    nodes(model);
    return model.node("Cast", {"d"}, {"y"}, "", {{"to", 1}}).output("y", onnx_writer::kFloat, {4});
}

std::vector<Model> modelsOfBodies(Nodes add) {
    const auto choose = [&](Model& model, const std::string& from, const std::string& to) {
        const auto branch = [&](const std::string& made) {
            Model body;
            add(body, from, made);
            return body.output(made, onnx_writer::kFloat16, {4});
        };
        model.node("If", {"flag"}, {to}, "",
                   {{"then_branch", branch(to + "_then")}, {"else_branch", branch(to + "_else")}});
    };
    const auto loop = [](Model& model, const Model& body, const std::vector<std::string>& made) {
        model.constant("yes", {}, std::vector<float>{1}).node("Cast", {"yes"}, {"on"}, "", {{"to", 9}});
        model.node("Loop", {"n", "on", "a"}, made, "", {{"body", body}});
    };
    const Model carrying = loopBody([&](Model& body) { add(body, "v", "w"); }).output("w", onnx_writer::kFloat16, {4});
    const Model collecting = loopBody([&](Model& body) {
                                 add(body, "v", "s");
                                 body.node("Identity", {"v"}, {"w"});
                             })
                                 .output("w", onnx_writer::kFloat16, {4})
                                 .output("s", onnx_writer::kFloat16, {4});
    const Model nested = loopBody([&](Model& body) { choose(body, "v", "w"); }).output("w", onnx_writer::kFloat16, {4});
    Model scanned;
    scanned.input("v", onnx_writer::kFloat16, {});
    add(scanned, "v", "w");
    scanned.output("w", onnx_writer::kFloat16, {});
    return {
        halves([&](Model& m) { choose(m, "a", "d"); }),
        halves([&](Model& m) { loop(m, carrying, {"d"}); }),
        halves([&](Model& m) {
            loop(m, collecting, {"kept", "rows"});
            m.node("Reshape", {"rows", "shape"}, {"d"});
        }),
        halves([&](Model& m) { loop(m, nested, {"d"}); }),
        halves([&](Model& m) {
            m.node("Scan", {"a"}, {"d"}, "", {{"body", scanned}, {"num_scan_inputs", 1}});
        }),
    };
}

TEST(Run, RoundsEveryTensorOfFloat16InBodies) {
    const float infinity = std::numeric_limits<float>::infinity();
    const auto check = [&](const Configure& configure) {
        for (const Model& model : modelsOfBodies(addSquares)) {
            EXPECT_EQ(runFloats(model, {400, 3, 1.0009765625F, 1e-4F}, configure),
                      (std::vector<float>{infinity, 3, 1.0009765625F, 0}));
        }
        for (const Model& model : modelsOfBodies(addSums)) {
            EXPECT_EQ(runFloats(model, {1, 2, 3, 65504}, configure), (std::vector<float>{0, 2, 4, infinity}));
        }
    };
    atEveryLevel(check);
}

}  // namespace
}  // namespace trt_test
