// The ONNX parser: what it tells of good models, and that bad ones are refused by name and never crash.
#include <filesystem>
#include <fstream>

#include "support.h"

namespace trt_test {
namespace {

namespace fs = std::filesystem;
using nvonnxparser::ErrorCode;
using onnx_writer::Model;

// A folder for one test, removed afterwards.
class Folder {
public:
    Folder() {
        path_ = fs::temp_directory_path() / ("pinion-parser-" + std::to_string(reinterpret_cast<uintptr_t>(this)));
        fs::create_directories(path_);
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
    fs::path path_;
};

// The errors of one parse, as text: descriptions, and the log, which has the nodes as well.
struct Parsed {
    explicit Parsed(const std::string& model) : set(logger), ok(set.parse(model)) {}
    std::string errors() const {
        std::string out;
        for (int i = 0; i < set.parser->getNbErrors(); ++i) {
            out += std::string(set.parser->getError(i)->desc()) + "\n";
        }
        return out + logger.all();
    }
    bool says(const std::string& text) const { return errors().find(text) != std::string::npos; }

    Logger logger;
    BuildSet set;
    bool ok;
};

Model oneNode(const std::string& op, int64_t opset = 13) {
    return Model(opset)
        .input("x", onnx_writer::kFloat, {2, 4})
        .node(op, {"x"}, {"y"}, "the_node")
        .output("y", onnx_writer::kFloat, {2, 4});
}

TEST(Parser, DescribesTheNetwork) {
    Parsed parsed(matMulModel());
    ASSERT_TRUE(parsed.ok) << parsed.errors();
    const nvinfer1::INetworkDefinition& network = *parsed.set.network;
    ASSERT_EQ(network.getNbInputs(), 1);
    ASSERT_EQ(network.getNbOutputs(), 1);
    EXPECT_STREQ(network.getInput(0)->getName(), "x");
    EXPECT_STREQ(network.getOutput(0)->getName(), "y");
    EXPECT_EQ(network.getInput(0)->getType(), nvinfer1::DataType::kFLOAT);
    EXPECT_EQ(extents(network.getInput(0)->getDimensions()), (Extents{-1, 3}));
    EXPECT_TRUE(network.getInput(0)->isNetworkInput());
    EXPECT_TRUE(network.getOutput(0)->isNetworkOutput());
    ASSERT_EQ(network.getNbLayers(), 2);
    EXPECT_STREQ(network.getLayer(0)->getName(), "multiply");
    EXPECT_EQ(network.getLayer(0)->getType(), nvinfer1::LayerType::kMATRIX_MULTIPLY);
    EXPECT_EQ(network.getLayer(0)->getNbInputs(), 1) << "constants are no inputs of a layer";
    EXPECT_EQ(network.getLayer(0)->getInput(0), network.getInput(0));
    EXPECT_EQ(network.getLayer(1)->getType(), nvinfer1::LayerType::kACTIVATION);
    EXPECT_EQ(network.getLayer(1)->getOutput(0), network.getOutput(0));
    EXPECT_EQ(network.getLayer(2), nullptr);
    EXPECT_EQ(network.getInput(-1), nullptr);
}

TEST(Parser, NamesUnnamedNodesByTheirOutput) {
    Parsed parsed(Model()
                      .input("x", onnx_writer::kFloat, {1})
                      .node("Relu", {"x"}, {"y"})
                      .output("y", onnx_writer::kFloat, {1})
                      .bytes());
    ASSERT_TRUE(parsed.ok);
    EXPECT_STREQ(parsed.set.network->getLayer(0)->getName(), "node_of_y");
}

TEST(Parser, GivesEachElementTypeItsBindingType) {
    Parsed parsed(Model()
                      .input("long", onnx_writer::kInt64, {1})
                      .input("flag", onnx_writer::kBool, {1})
                      .input("half", onnx_writer::kFloat16, {1})
                      .input("wide", onnx_writer::kDouble, {1})
                      .node("Identity", {"long"}, {"y"})
                      .output("y", onnx_writer::kInt64, {1})
                      .bytes());
    ASSERT_TRUE(parsed.ok) << parsed.errors();
#if PINION_TRT_SINCE(10, 0)
    EXPECT_EQ(parsed.set.network->getInput(0)->getType(), nvinfer1::DataType::kINT64);
#else
    EXPECT_EQ(parsed.set.network->getInput(0)->getType(), nvinfer1::DataType::kINT32);
#endif
    EXPECT_EQ(parsed.set.network->getInput(1)->getType(), nvinfer1::DataType::kBOOL);
    EXPECT_EQ(parsed.set.network->getInput(2)->getType(), nvinfer1::DataType::kHALF);
    EXPECT_EQ(parsed.set.network->getInput(3)->getType(), nvinfer1::DataType::kFLOAT);
}

TEST(Parser, RefusesStringInputs) {
    Parsed parsed(Model()
                      .input("words", onnx_writer::kString, {1})
                      .node("Identity", {"words"}, {"y"})
                      .output("y", onnx_writer::kString, {1})
                      .bytes());
    EXPECT_FALSE(parsed.ok);
    EXPECT_TRUE(parsed.says("'words' has the data type STRING")) << parsed.errors();
}

TEST(Parser, RefusesBytesThatAreNoProtobuf) {
    Parsed parsed("version https://git-lfs.github.com/spec/v1\n");
    EXPECT_FALSE(parsed.ok);
    ASSERT_EQ(parsed.set.parser->getNbErrors(), 1);
    EXPECT_EQ(parsed.set.parser->getError(0)->code(), ErrorCode::kMODEL_DESERIALIZE_FAILED);
    EXPECT_TRUE(parsed.says("no protobuf"));
    EXPECT_TRUE(parsed.logger.hasError("no protobuf"));
    parsed.set.parser->clearErrors();
    EXPECT_EQ(parsed.set.parser->getNbErrors(), 0);
    EXPECT_EQ(parsed.set.parser->getError(0), nullptr);
}

TEST(Parser, TakesAnyProtobufForAModel) {
    // Text can be a message of unknown fields, and ends at what would be the end of a group, or at a zero byte.
    const std::string unknownFields("\x7a\x02hi\x0b\x08\x01\x0c", 8);
    for (const std::string& bytes : {std::string(), std::string("hello world\n"), std::string("This is no model.\n"),
                                     std::string("<!DOCTYPE html>\n"), std::string(16, '\0'), unknownFields}) {
        Parsed parsed(bytes);
        EXPECT_TRUE(parsed.ok) << bytes << parsed.errors();
        EXPECT_EQ(parsed.set.network->getNbLayers(), 0);
        EXPECT_EQ(parsed.set.network->getNbOutputs(), 0);
        EXPECT_TRUE(parsed.set.build().empty());
        EXPECT_TRUE(parsed.logger.hasError("at least one output")) << parsed.logger.all();
    }
}

TEST(Parser, RefusesEveryTruncation) {
    const std::string whole = matMulModel();
    const size_t kHeader = whole.find("pinion-tests") + std::string("pinion-tests").size() + 1;
    const size_t kWithoutOpset = whole.size() - 6;
    for (size_t size = 0; size < whole.size(); ++size) {
        // What is cut between two fields is still a protobuf, of a model without outputs or of an old opset.
        Parsed parsed(whole.substr(0, size));
        EXPECT_NE(parsed.ok, parsed.set.parser->getNbErrors() >= 1) << "cut to " << size << " of " << whole.size();
        EXPECT_TRUE(!parsed.ok || size < kHeader || size == kWithoutOpset) << "cut to " << size;
    }
}

TEST(Parser, SurvivesEveryBitFlip) {
    const std::string whole = matMulModel();
    for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
        std::string damaged = whole;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
        Parsed parsed(damaged);
        EXPECT_TRUE(parsed.ok || parsed.set.parser->getNbErrors() > 0) << "bit " << bit;
    }
}

TEST(Parser, BuilderSurvivesFlippedBitsThatParse) {
    const std::string whole = matMulModel();
    int built = 0;
    for (size_t bit = 0; bit < whole.size() * 8; bit += 11) {
        std::string damaged = whole;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
        Parsed parsed(damaged);
        if (parsed.ok && parsed.set.addProfile(batchProfile("x", 3)) == 0) {
            const std::string plan = parsed.set.build();
            built += plan.empty() ? 0 : 1;
            EXPECT_TRUE(!plan.empty() || parsed.logger.errors() > 0) << "bit " << bit;
        }
    }
    EXPECT_GT(built, 0) << "flips in weights leave a valid model";
}

TEST(Parser, SurvivesHostileLengthsAndNesting) {
    // A length far beyond the end, a varint without an end, an unknown wire type, and a group.
    for (const std::string& bytes : {std::string("\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10),
                                     std::string(20, '\xff'), std::string("\x3f\x00", 2), std::string("\x3b\x44", 2)}) {
        Parsed parsed(bytes);
        EXPECT_FALSE(parsed.ok);
        EXPECT_TRUE(parsed.says("truncated or are no protobuf")) << parsed.errors();
    }
    Model inner = oneNode("Relu");
    for (int depth = 0; depth < 40; ++depth) {
        Model outer;
        outer.input("c", onnx_writer::kBool, {}).node("If", {"c"}, {"y"}, "", {{"then_branch", inner}});
        inner = outer.output("y", onnx_writer::kFloat, {2, 4});
    }
    Parsed parsed(inner.bytes());
    EXPECT_FALSE(parsed.ok);
    EXPECT_TRUE(parsed.says("nested")) << parsed.errors();
}

TEST(Parser, RefusesImpossibleTensors) {
    const auto withConstant = [](const std::vector<int64_t>& shape, size_t values) {
        return Model()
            .input("x", onnx_writer::kFloat, {4})
            .constant("c", shape, std::vector<float>(values))
            .node("Add", {"x", "c"}, {"y"})
            .output("y", onnx_writer::kFloat, {4})
            .bytes();
    };
    EXPECT_TRUE(Parsed(withConstant({-4}, 4)).says("negative extent"));
    EXPECT_TRUE(Parsed(withConstant({1LL << 40, 1LL << 40}, 4)).says("impossible shape"));
    EXPECT_TRUE(Parsed(withConstant({5}, 4)).says("16 bytes of data where its shape 5 takes 20"));
    EXPECT_TRUE(Parsed(withConstant({4}, 0)).says("has no data"));
}

TEST(Parser, RefusesBrokenGraphs) {
    const auto model = [](const std::function<void(Model&)>& nodes) {
        Model out;
        out.input("x", onnx_writer::kFloat, {4});
        nodes(out);
        return out.output("y", onnx_writer::kFloat, {4}).bytes();
    };
    Parsed undefined(model([](Model& m) { m.node("Add", {"x", "ghost"}, {"y"}, "adder"); }));
    EXPECT_FALSE(undefined.ok);
    EXPECT_TRUE(undefined.says("'adder' [Add]: its input 'ghost' is defined nowhere")) << undefined.errors();
    Parsed twice(model([](Model& m) { m.node("Relu", {"x"}, {"y"}).node("Abs", {"x"}, {"y"}); }));
    EXPECT_TRUE(twice.says("'y' is defined twice")) << twice.errors();
    Parsed cycle(model([](Model& m) {
        m.node("Add", {"x", "b"}, {"a"}).node("Relu", {"a"}, {"b"}).node("Abs", {"a"}, {"y"});
    }));
    EXPECT_TRUE(cycle.says("cycle")) << cycle.errors();
    Parsed nothing(model([](Model&) {}));
    EXPECT_TRUE(nothing.says("graph output 'y' is defined nowhere")) << nothing.errors();
}

TEST(Parser, LeavesGraphsWithoutOutputsToTheBuilder) {
    Parsed parsed(Model().input("x", onnx_writer::kFloat, {4}).node("Relu", {"x"}, {"y"}).bytes());
    EXPECT_TRUE(parsed.ok) << parsed.errors();
    EXPECT_TRUE(parsed.set.build().empty());
    EXPECT_TRUE(parsed.logger.hasError("at least one output")) << parsed.logger.all();
}

TEST(Parser, RefusesNamesWithZeroBytes) {
    Parsed parsed(oneNode("Relu").input(std::string("a\0b", 3), onnx_writer::kFloat, {1}).bytes());
    EXPECT_FALSE(parsed.ok);
    EXPECT_TRUE(parsed.says("zero byte")) << parsed.errors();
}

TEST(Parser, RefusesInputsWithoutRankOrWithTooMuchOfIt) {
    Parsed nine(Model()
                    .input("x", onnx_writer::kFloat, {1, 1, 1, 1, 1, 1, 1, 1, 1})
                    .node("Relu", {"x"}, {"y"})
                    .outputOfUnknownShape("y", onnx_writer::kFloat)
                    .bytes());
    EXPECT_TRUE(nine.says("9 dimensions")) << nine.errors();
}

TEST(Parser, NamesTheUnsupportedOperator) {
    Parsed parsed(Model()
                      .input("x", onnx_writer::kFloat, {4})
                      .node("Relu", {"x"}, {"a"}, "fine")
                      .node("FancyPool", {"a"}, {"y"}, "culprit")
                      .output("y", onnx_writer::kFloat, {4})
                      .bytes());
    EXPECT_FALSE(parsed.ok);
    ASSERT_EQ(parsed.set.parser->getNbErrors(), 1) << parsed.errors();
    const nvonnxparser::IParserError& error = *parsed.set.parser->getError(0);
    EXPECT_EQ(error.code(), ErrorCode::kUNSUPPORTED_NODE);
    EXPECT_EQ(error.node(), 1);
    EXPECT_TRUE(parsed.says("node 1 'culprit' [FancyPool]: TensorRT has no importer")) << parsed.errors();
#if PINION_TRT_SINCE(10, 0)
    EXPECT_STREQ(error.nodeName(), "culprit");
    EXPECT_STREQ(error.nodeOperator(), "FancyPool");
#endif
    EXPECT_EQ(parsed.set.network->getNbLayers(), 0) << "a refused model leaves the network empty";
}

TEST(Parser, GoesByTheNameOfAnOperatorWhateverItsDomain) {
    const auto inDomain = [](const std::string& op) {
        return Model()
            .input("x", onnx_writer::kFloat, {4})
            .node(op, {"x"}, {"y"}, "n", {}, "com.example")
            .import("com.example", 1)
            .output("y", onnx_writer::kFloat, {4})
            .bytes();
    };
    Parsed known(inDomain("Relu"));
    EXPECT_TRUE(known.ok) << known.errors();
    EXPECT_FALSE(known.set.build().empty()) << known.logger.all();
    Parsed unknown(inDomain("FancyRelu"));
    EXPECT_FALSE(unknown.ok);
    EXPECT_TRUE(unknown.says("no importer")) << unknown.errors();
}

// First releases whose parser has the operator, as major * 100 + minor.
struct Since {
    const char* op;
    int release;
};
class ParserOperators : public testing::TestWithParam<Since> {};

TEST_P(ParserOperators, AppearWithTheirRelease) {
    const bool expected = PINION_TRT_API >= GetParam().release;
    const int64_t opset = GetParam().op == std::string("Swish") ? 24 : 20;
    Model model(opset);
    std::vector<std::string> inputs = {"x"};
    if (GetParam().op == std::string("LayerNormalization")) {
        model.constant("scale", {4}, std::vector<float>(4, 1.0f));
        inputs.emplace_back("scale");
    }
    model.input("x", onnx_writer::kFloat, {2, 4}).node(GetParam().op, inputs, {"y"}, "the_node");
    Parsed parsed(model.output("y", onnx_writer::kFloat, {2, 4}).bytes());
    EXPECT_EQ(parsed.ok, expected) << parsed.errors();
    EXPECT_EQ(parsed.set.parser->supportsOperator(GetParam().op), expected);
}

INSTANTIATE_TEST_SUITE_P(Table, ParserOperators,
                         testing::Values(Since{"Relu", 800}, Since{"Sign", 802}, Since{"HardSwish", 804},
                                         Since{"Reciprocal", 800}, Since{"Trilu", 805}, Since{"IsInf", 806},
                                         Since{"LayerNormalization", 806}, Since{"Gelu", 1000}, Since{"Mish", 1000},
                                         Since{"Swish", 1101}, Since{"Unique", 9999}, Since{"Det", 9999}),
                         [](const auto& info) { return info.param.op; });

TEST(Parser, HasAnImporterForWhatItsReleaseHas) {
    Logger logger;
    BuildSet set(logger);
    const auto has = [&](const char* op) { return set.parser->supportsOperator(op); };
    for (const char* op : {"RMSNormalization", "RotaryEmbedding", "LinearAttention", "CausalConvWithState",
                           "TensorScatter", "Attention"}) {
        EXPECT_EQ(has(op), PINION_TRT_SINCE(11, 1)) << op;
    }
    for (const char* op : {"STFT", "HannWindow", "HammingWindow", "BlackmanWindow"}) {
        EXPECT_EQ(has(op), PINION_TRT_SINCE(10, 5)) << op;
    }
    EXPECT_EQ(has("DeformConv"), PINION_TRT_SINCE(10, 1) && !PINION_TRT_RTX) << "it is a plugin";
    // These are imported, and their models are refused for another reason.
    EXPECT_TRUE(has("NonMaxSuppression"));
    EXPECT_EQ(has("NonZero"), PINION_TRT_SINCE(8, 5));
    EXPECT_FALSE(has(""));
}

TEST(Parser, RefusesShapesThatDependOnData) {
    Parsed nonZero(Model()
                       .input("x", onnx_writer::kFloat, {4})
                       .node("NonZero", {"x"}, {"y"}, "find")
                       .outputOfUnknownShape("y", onnx_writer::kInt64)
                       .bytes());
    EXPECT_FALSE(nonZero.ok);
    Parsed reshape(Model()
                       .input("x", onnx_writer::kFloat, {4})
                       .input("shape", onnx_writer::kInt64, {1})
                       .node("Reshape", {"x", "shape"}, {"y"}, "fold")
                       .outputOfUnknownShape("y", onnx_writer::kFloat)
                       .bytes());
    EXPECT_TRUE(reshape.ok) << "an input of integers becomes a shape tensor: " << reshape.errors();
    Parsed ofAnyLength(Model()
                           .input("x", onnx_writer::kFloat, {4})
                           .input("shape", onnx_writer::kInt64, {"R"})
                           .node("Reshape", {"x", "shape"}, {"y"}, "fold")
                           .outputOfUnknownShape("y", onnx_writer::kFloat)
                           .bytes());
    EXPECT_FALSE(ofAnyLength.ok);
    EXPECT_TRUE(ofAnyLength.says("the number of values must be known")) << ofAnyLength.errors();
    Parsed squeeze(Model()
                       .input("x", onnx_writer::kFloat, {1, 4})
                       .input("axes", onnx_writer::kInt64, {1})
                       .node("Squeeze", {"x", "axes"}, {"y"}, "fold")
                       .outputOfUnknownShape("y", onnx_writer::kFloat)
                       .bytes());
    EXPECT_FALSE(squeeze.ok);
    EXPECT_TRUE(squeeze.says("'fold' [Squeeze]: its output shape depends on the data of 'axes'")) << squeeze.errors();
    // The shape of an input is no data.
    Parsed byShape(Model()
                       .input("x", onnx_writer::kFloat, {"N", 4})
                       .node("Shape", {"x"}, {"shape"})
                       .node("Reshape", {"x", "shape"}, {"y"})
                       .output("y", onnx_writer::kFloat, {"N", 4})
                       .bytes());
    EXPECT_TRUE(byShape.ok) << byShape.errors();
}

// A float input of these extents, nodes, and the output y.
Model floats(const onnx_writer::Dims& dims, const std::function<void(Model&)>& nodes, int64_t opset = 13) {
    Model model(opset);
    model.input("x", onnx_writer::kFloat, dims);
    nodes(model);
    return model.outputOfUnknownShape("y", onnx_writer::kFloat);
}

std::vector<float> ones(size_t count) {
    return std::vector<float>(count, 1.0f);
}

// Refused when it is parsed, for the node that is called bad.
void expectRefused(const Model& model, const std::string& says) {
    Parsed parsed(model.bytes());
    EXPECT_FALSE(parsed.ok);
    ASSERT_EQ(parsed.set.parser->getNbErrors(), 1) << parsed.errors();
    EXPECT_TRUE(parsed.says("'bad'")) << parsed.errors();
    EXPECT_TRUE(parsed.says(says)) << parsed.errors();
    EXPECT_GE(parsed.set.parser->getError(0)->node(), 0);
}

void expectTaken(const Model& model) {
    Parsed parsed(model.bytes());
    EXPECT_TRUE(parsed.ok) << parsed.errors();
    EXPECT_FALSE(parsed.set.build().empty()) << parsed.logger.all();
}

TEST(Parser, InfersWhatModelsDeclareWrongly) {
    const auto declared = [](onnx_writer::ElementType type, const onnx_writer::Dims& dims) {
        return Model()
            .input("x", onnx_writer::kFloat, {2, 3})
            .node("Relu", {"x"}, {"y"})
            .output("y", type, dims)
            .bytes();
    };
    for (const std::string& model : {declared(onnx_writer::kFloat, {2, 3, 4}), declared(onnx_writer::kFloat, {2, 4}),
                                     declared(onnx_writer::kInt32, {2, 3}), declared(onnx_writer::kFloat16, {})}) {
        Parsed parsed(model);
        ASSERT_TRUE(parsed.ok) << parsed.errors();
        EXPECT_EQ(extents(parsed.set.network->getOutput(0)->getDimensions()), (Extents{2, 3}));
        EXPECT_EQ(parsed.set.network->getOutput(0)->getType(), nvinfer1::DataType::kFLOAT);
        const std::string plan = parsed.set.build();
        ASSERT_FALSE(plan.empty()) << parsed.logger.all();
        LoadedEngine engine(parsed.logger, plan);
        EXPECT_EQ(ioTensors(*engine.engine)[1].shape, (Extents{2, 3}));
    }
}

TEST(Parser, DescribesTensorsBetweenNodes) {
    Parsed parsed(floats({"N", 3}, [](Model& m) {
                      m.constant("w", {3, 5}, ones(15)).node("MatMul", {"x", "w"}, {"a"}).node("Relu", {"a"}, {"y"});
                  }).bytes());
    ASSERT_TRUE(parsed.ok) << parsed.errors();
    EXPECT_EQ(extents(parsed.set.network->getLayer(0)->getOutput(0)->getDimensions()), (Extents{-1, 5}));
}

TEST(Parser, TakesTwoNodesOfOneName) {
    const Model model =
        floats({4}, [](Model& m) { m.node("Neg", {"x"}, {"a"}, "twin").node("Relu", {"a"}, {"y"}, "twin"); });
    expectTaken(model);
    Parsed parsed(model.bytes());
    EXPECT_TRUE(parsed.logger.has(nvinfer1::ILogger::Severity::kWARNING, "'twin'")) << parsed.logger.all();
}

TEST(Parser, GivesTheNameOfAnInputThatIsAnOutputToTheOutput) {
    Logger logger;
    BuildSet set(logger);
    const std::string model =
        Model().input("x", onnx_writer::kFloat, {2}).output("x", onnx_writer::kFloat, {2}).bytes();
    ASSERT_TRUE(set.parse(model)) << logger.all();
    EXPECT_STREQ(set.network->getInput(0)->getName(), "__x");
    EXPECT_STREQ(set.network->getOutput(0)->getName(), "x");
    const std::string plan = set.build();
    ASSERT_FALSE(plan.empty()) << logger.all();
    LoadedEngine engine(logger, plan);
    ContextRunner context(*engine.engine);
    DeviceBuffer in(8);
    DeviceBuffer out(8);
    in.fill<float>({3, 4});
    context.bind("__x", in.data());
    context.bind("x", out.data());
    ASSERT_TRUE(context.run()) << logger.all();
    EXPECT_EQ(out.read<float>(2), (std::vector<float>{3, 4}));
}

TEST(Parser, KnowsExtentsOfZeroFromUnknownOnes) {
    const auto extentOf = [](const onnx_writer::Dims& dims) {
        Parsed parsed(floats(dims, [](Model& m) { m.node("Relu", {"x"}, {"y"}); }).bytes());
        EXPECT_TRUE(parsed.ok) << parsed.errors();
        return extents(parsed.set.network->getInput(0)->getDimensions());
    };
    EXPECT_EQ(extentOf({0, 3}), (Extents{0, 3}));
    EXPECT_EQ(extentOf({"", 3}), (Extents{-1, 3}));
    expectTaken(floats({0, 3}, [](Model& m) { m.node("Relu", {"x"}, {"y"}); }));
    Parsed huge(floats({int64_t{1} << 31, 3}, [](Model& m) { m.node("Relu", {"x"}, {"y"}); }).bytes());
    EXPECT_TRUE(huge.says("extents up to 2147483647")) << huge.errors();
}

TEST(Parser, TakesAnInputWithoutAShapeForAScalar) {
    const auto untyped = onnx_writer::Message().varint(1, onnx_writer::kFloat);
    const auto value = onnx_writer::Message().text(1, "x").message(2, onnx_writer::Message().message(1, untyped));
    const auto node = onnx_writer::Message().text(1, "x").text(2, "y").text(4, "Relu");
    const auto output = onnx_writer::Message().text(1, "y").message(2, onnx_writer::Message().message(1, untyped));
    const auto graph = onnx_writer::Message().message(1, node).message(11, value).message(12, output);
    const auto opset = onnx_writer::Message().varint(2, 13);
    Parsed parsed(onnx_writer::Message().varint(1, 7).message(7, graph).message(8, opset).str());
    ASSERT_TRUE(parsed.ok) << parsed.errors();
    EXPECT_EQ(parsed.set.network->getInput(0)->getDimensions().nbDims, 0);
}

TEST(Parser, NamesTheNodeWhoseShapesDoNotFit) {
    const auto add = [](Model& m) { m.constant("c", {4}, ones(4)).node("Add", {"x", "c"}, {"y"}, "bad"); };
    expectRefused(floats({2, 3}, add), "Incompatible dimensions");
    expectRefused(floats({2, 3},
                         [](Model& m) {
                             m.constant("c", {4, 3}, ones(12)).node("Relu", {"x"}, {"a"}, "good");
                             m.node("MatMul", {"a", "c"}, {"y"}, "bad");
                         }),
                  "Incompatible dimensions");
    expectRefused(floats({2, 3},
                         [](Model& m) {
                             m.constant("s", {2}, std::vector<int64_t>{4, 2}).node("Reshape", {"x", "s"}, {"y"}, "bad");
                         }),
                  "makes 4x2 of 2x3");
    expectRefused(floats({2, 3},
                         [](Model& m) {
                             m.constant("c", {3}, std::vector<int64_t>{1, 2, 3}).node("Add", {"x", "c"}, {"y"}, "bad");
                         }),
                  "tensor(int64)");
}

TEST(Parser, ChecksConvolutions) {
    const auto convolution = [](const std::vector<int64_t>& weights, const std::vector<onnx_writer::Attribute>& how,
                                int64_t bias = 0, const std::string& op = "Conv") {
        return floats({1, 3, 8, 8}, [&](Model& m) {
            m.node("Relu", {"x"}, {"a"}, "good");
            size_t count = 1;
            for (const int64_t extent : weights) {
                count *= static_cast<size_t>(extent);
            }
            m.constant("w", weights, ones(count));
            std::vector<std::string> inputs = {"a", "w"};
            if (bias > 0) {
                m.constant("b", {bias}, ones(static_cast<size_t>(bias)));
                inputs.emplace_back("b");
            }
            m.node(op, inputs, {"y"}, "bad", how);
        });
    };
    expectTaken(convolution({4, 3, 3, 3}, {}, 4));
    expectRefused(convolution({4, 5, 3, 3}, {}), "3 channels, and its weights 4x5x3x3 take 5");
    expectRefused(convolution({4, 3, 3, 3}, {{"group", 2}}), "take 6 in 2 groups");
    expectRefused(convolution({4, 3, 3, 3}, {}, 3), "bias has 3 elements for 4");
    expectRefused(convolution({4, 3, 9, 9}, {}), "smaller than its kernel");
    expectRefused(convolution({4, 3, 3, 3}, {{"kernel_shape", {2, 2}}}), "kernel_shape");
    expectRefused(convolution({4, 3, 3, 3}, {}, 0, "ConvTranspose"), "take 4");
    expectRefused(floats({1, 3, 8, 8},
                         [](Model& m) {
                             m.constant("w", {4, 3, 3, 3}, ones(108)).node("Conv", {"x", "w", ""}, {"y"}, "bad");
                         }),
                  "empty name");
}

TEST(Parser, RefusesWhatItsImportersDoNotSupport) {
    expectRefused(floats({1, 1, 4, 4},
                         [](Model& m) {
                             m.node("MaxPool", {"x"}, {"y", "i"}, "bad", {{"kernel_shape", {2, 2}}});
                         }),
                  "one output");
    expectRefused(floats({1, 1, 8, 8},
                         [](Model& m) {
                             m.node("MaxPool", {"x"}, {"y"}, "bad", {{"kernel_shape", {2, 2}}, {"dilations", {2, 2}}});
                         }),
                  "dilations");
    expectRefused(floats({1, 1, 4, 4},
                         [](Model& m) {
                             m.node("LpPool", {"x"}, {"y"}, "bad", {{"kernel_shape", {2, 2}}, {"p", 3}});
                         }),
                  "L1 and L2");
    const auto normalization = [](const std::vector<onnx_writer::Attribute>& how, int64_t channels, bool statistics) {
        return floats(
            {2, 3},
            [&](Model& m) {
                const std::vector<float> values = ones(static_cast<size_t>(channels));
                for (const char* name : {"s", "b", "m", "v"}) {
                    m.constant(name, {channels}, values);
                }
                std::vector<std::string> outputs = {"y"};
                if (statistics) {
                    outputs.insert(outputs.end(), {"mean", "variance"});
                }
                m.node("BatchNormalization", {"x", "s", "b", "m", "v"}, outputs, "bad", how);
            },
            15);
    };
    expectTaken(normalization({}, 3, false));
    expectRefused(normalization({}, 5, false), "3 channels");
#if PINION_TRT_SINCE(8, 6)
    expectRefused(normalization({{"training_mode", 1}}, 3, true), "training_mode");
    expectRefused(floats(
                      {2, 3},
                      [](Model& m) {
                          m.constant("s", {3}, ones(3)).node("LayerNormalization", {"x", "s"}, {"y", "mean"}, "bad");
                      },
                      17),
                  "one output");
#endif
    expectRefused(floats({2, 3},
                         [](Model& m) {
                             m.input("axes", onnx_writer::kInt64, {1}).node("ReduceSum", {"x", "axes"}, {"y"}, "bad");
                         }),
                  "'axes' are no constant");
    const Model old = floats(
        {2},
        [](Model& m) {
            m.node("Add", {"x", "x"}, {"y"}, "bad");
        },
        6);
#if PINION_TRT_SINCE(11, 0)
    Parsed parsed(old.bytes());
    EXPECT_FALSE(parsed.ok);
    ASSERT_EQ(parsed.set.parser->getNbErrors(), 1) << parsed.errors();
    EXPECT_EQ(parsed.set.parser->getError(0)->node(), -1);
    EXPECT_TRUE(parsed.says("opsets before 7")) << parsed.errors();
#else
    expectRefused(old, "opsets before 7");
#endif
}

TEST(Parser, HasBytesForBindingsOnly) {
#if PINION_TRT_SINCE(8, 5)
    const auto model = [](const std::function<void(Model&)>& nodes, onnx_writer::ElementType result) {
        Model out;
        out.input("x", onnx_writer::kUint8, {2, 3});
        nodes(out);
        return out.output("y", result, {2, 3});
    };
    expectTaken(model([](Model& m) { m.node("Cast", {"x"}, {"y"}, "", {{"to", 1}}); }, onnx_writer::kFloat));
    expectTaken(model([](Model& m) { m.node("Identity", {"x"}, {"y"}); }, onnx_writer::kUint8));
    expectRefused(model([](Model& m) { m.node("Identity", {"x"}, {"a"}, "bad").node("Identity", {"a"}, {"y"}); },
                        onnx_writer::kUint8),
                  "UINT8");
    expectRefused(model([](Model& m) { m.node("Add", {"x", "x"}, {"y"}, "bad"); }, onnx_writer::kUint8), "UINT8");
#endif
    Parsed constant(floats({2}, [](Model& m) {
                        const int16_t values[] = {1, 2};
                        m.raw("unused", static_cast<onnx_writer::ElementType>(5), {2}, values, sizeof values);
                        m.node("Relu", {"x"}, {"y"});
                    }).bytes());
    EXPECT_TRUE(constant.says("'unused' is of the type INT16")) << constant.errors();
}

TEST(Parser, TakesDoublesForFloats) {
    const double values[] = {1, 2};
    expectTaken(floats({2}, [&](Model& m) {
        m.raw("c", onnx_writer::kDouble, {2}, values, sizeof values).node("Add", {"x", "c"}, {"y"});
    }));
}

TEST(Parser, SurvivesEmptyNamesOfInputsAndOutputs) {
    // ONNX Runtime itself crashes where Split leaves out an output, and BatchNormalization its last ones.
    const auto split = [](const std::vector<std::string>& outputs) {
        return floats({6}, [&](Model& m) {
            m.constant("s", {3}, std::vector<int64_t>{2, 2, 2}).node("Split", {"x", "s"}, outputs, "bad");
        });
    };
    const auto top = [](const std::vector<std::string>& outputs) {
        return floats({6}, [&](Model& m) {
            m.constant("k", {1}, std::vector<int64_t>{2}).node("TopK", {"x", "k"}, outputs, "bad");
        });
    };
    for (const Model& model : {split({"y", "", "b"}), split({"", "y", ""}), top({"y", ""})}) {
#if PINION_TRT_SINCE(11, 0)
        expectRefused(model, "has no name");
#else
        expectTaken(model);
#endif
    }
    const auto normalization = [](const std::vector<std::string>& outputs) {
        return floats(
            {2, 3},
            [&](Model& m) {
                for (const char* name : {"s", "b", "m", "v"}) {
                    m.constant(name, {3}, ones(3));
                }
                m.node("BatchNormalization", {"x", "s", "b", "m", "v"}, outputs, "bad");
            },
            9);
    };
#if PINION_TRT_SINCE(11, 0)
    expectTaken(normalization({"y", "", "", "", ""}));
#else
    expectRefused(normalization({"y", "", "", "", ""}), "one output");
#endif
    expectRefused(floats({2}, [](Model& m) { m.node("Relu", {""}, {"y"}, "bad"); }), "");
    expectRefused(floats({2}, [](Model& m) { m.node("Relu", {"x"}, {""}, "bad").node("Abs", {"x"}, {"y"}); }), "");
    expectRefused(floats({2}, [](Model& m) { m.node("Relu", {"x"}, {}, "bad").node("Abs", {"x"}, {"y"}); }), "");
    expectRefused(floats({2}, [](Model& m) { m.node("Relu", {}, {""}, "bad").node("Abs", {"x"}, {"y"}); }), "a name");
    expectRefused(floats({2},
                         [](Model& m) {
                             m.node("Concat", {"x", ""}, {"y"}, "bad", {{"axis", 0}});
                         }),
                  "has no name");
    expectTaken(floats({2}, [](Model& m) { m.node("Clip", {"x", "", ""}, {"y"}, "good"); }));
#if PINION_TRT_SINCE(8, 2)
    expectRefused(floats({2, 3},
                         [](Model& m) {
                             m.node("Einsum", {"x", ""}, {"y"}, "bad", {{"equation", "ij,jk->ik"}});
                         }),
                  "has no name");
#endif
}

TEST(Parser, SurvivesMorePartsThanSplitIsTold) {
    const auto split = [](Model& m, const std::string& first) {
        m.node("Split", {"x"}, {first, "b", "c", "d"}, "bad", {{"num_outputs", 3}});
    };
    const Model plain = floats(
        {6}, [&](Model& m) { split(m, "y"); }, 18);
    expectRefused(plain, "num_outputs is 3");
    const Model inside = floats(
        {6},
        [&](Model& m) {
            Model branch;
            split(branch, "z");
            branch.output("z", onnx_writer::kFloat, {2});
            m.input("go", onnx_writer::kBool, {})
                .node("Neg", {"x"}, {"unused"})
                .node("If", {"go"}, {"y"}, "choice", {{"then_branch", branch}, {"else_branch", branch}});
        },
        18);
    Parsed parsed(inside.bytes());
    EXPECT_EQ(parsed.set.parser->getError(0)->node(), 1) << parsed.errors();
#if PINION_TRT_SINCE(11, 0)
    EXPECT_STREQ(parsed.set.parser->getError(0)->nodeName(), "bad");
    expectRefused(floats(
                      {6},
                      [](Model& m) {
                          m.node("Split", {"x"}, {"y", "b", "c", "d", "e"}, "bad");
                      },
                      18),
                  "its last part");
#endif
    // Before, it is an attribute that the operator does not have.
    expectTaken(floats(
        {6},
        [](Model& m) {
            m.node("Split", {"x"}, {"y", "b"}, "odd", {{"num_outputs", 3}});
        },
        13));
}

TEST(Parser, SurvivesADepthOfNoElements) {
    expectRefused(floats({3},
                         [](Model& m) {
                             m.constant("depth", {0}, std::vector<int64_t>{})
                                 .constant("values", {2}, std::vector<float>{0, 1})
                                 .node("Cast", {"x"}, {"i"}, "", {{"to", 7}})
                                 .node("OneHot", {"i", "depth", "values"}, {"y"}, "bad");
                         }),
                  "");
}

TEST(Parser, SurvivesSlicesOfLessThanNothing) {
    const auto pooled = [](bool byNodes) {
        return floats({1, 1, 2, 2}, [&](Model& m) {
            for (const char* name : {"starts", "ends", "axes"}) {
                if (byNodes) {
                    m.node("Constant", {}, {name}, "", {{"value_ints", {std::string(name) == "axes" ? 2 : 1}}});
                } else {
                    m.constant(name, {1}, std::vector<int64_t>{std::string(name) == "axes" ? 2 : 1});
                }
            }
            m.node("MaxPool", {"x"}, {"p"}, "bad", {{"kernel_shape", {5, 5}}})
                .node("Slice", {"p", "starts", "ends", "axes"}, {"y"});
        });
    };
    expectRefused(pooled(false), "");
    expectRefused(pooled(true), "");
    expectRefused(floats({3, 1},
                         [](Model& m) {
                             m.constant("shape", {2}, std::vector<int64_t>{3, -2})
                                 .constant("starts", {2}, std::vector<int64_t>{0, 0})
                                 .constant("ends", {2}, std::vector<int64_t>{1, 1})
                                 .node("Expand", {"x", "shape"}, {"e"}, "bad")
                                 .node("Slice", {"e", "starts", "ends"}, {"y"});
                         }),
                  "");
}

TEST(Parser, BlamesTheNodeThatFailsInBodiesOfAnyDepth) {
    const auto choice = [](const Model& other) {
        const Model kept = Model().node("Neg", {"x"}, {"k"}).output("k", onnx_writer::kFloat, {2, 3});
        return Model()
            .input("x", onnx_writer::kFloat, {2, 3})
            .input("go", onnx_writer::kBool, {})
            .node("Abs", {"x"}, {"unused"})
            .node("If", {"go"}, {"y"}, "choice", {{"then_branch", kept}, {"else_branch", other}})
            .outputOfUnknownShape("y", onnx_writer::kFloat);
    };
    const Model bad = Model()
                          .node("Neg", {"x"}, {"m"}, "fine")
                          .node("MatMul", {"m", "x"}, {"z"}, "bad")
                          .output("z", onnx_writer::kFloat, {2, 3});
    const Model nested = Model()
                             .node("If", {"go"}, {"w"}, "inner", {{"then_branch", bad}, {"else_branch", bad}})
                             .output("w", onnx_writer::kFloat, {2, 3});
    for (const Model& model : {choice(bad), choice(nested)}) {
        Parsed parsed(model.bytes());
        ASSERT_FALSE(parsed.ok);
        EXPECT_EQ(parsed.set.parser->getError(0)->node(), 1) << parsed.errors();
#if PINION_TRT_SINCE(11, 0)
        EXPECT_STREQ(parsed.set.parser->getError(0)->nodeName(), "bad") << parsed.errors();
        EXPECT_STREQ(parsed.set.parser->getError(0)->nodeOperator(), "MatMul");
#endif
    }
}

#if PINION_TRT_SINCE(11, 0)
TEST(Parser, BlamesTheNodeThatTakesWhatAScanHasNot) {
    const Model body = Model()
                           .input("v", onnx_writer::kFloat, {3})
                           .node("Identity", {"outer"}, {"other"}, "fine")
                           .node("Neg", {"v"}, {"w"}, "bad")
                           .output("w", onnx_writer::kFloat, {3});
    const Model model = floats({2, 3}, [&](Model& m) {
        m.node("Abs", {"x"}, {"outer"})
            .node("Scan", {"x"}, {"y"}, "scan", {{"body", body}, {"num_scan_inputs", 1}, {"scan_input_axes", {5}}});
    });
    Parsed parsed(model.bytes());
    ASSERT_FALSE(parsed.ok);
    EXPECT_EQ(parsed.set.parser->getError(0)->node(), 1) << parsed.errors();
    EXPECT_STREQ(parsed.set.parser->getError(0)->nodeName(), "bad");
}

TEST(Parser, NormalizesLayersWithoutAScale) {
    expectTaken(floats(
        {2, 3},
        [](Model& m) {
            m.node("LayerNormalization", {"x", ""}, {"y"}, "good");
        },
        17));
}

TEST(Parser, RefusesEmptyConstantsThatAreToBeOneValue) {
    for (const char* op : {"CumSum", "Trilu"}) {
        expectRefused(floats(
                          {2, 3},
                          [&](Model& m) {
                              m.constant("none", {0}, std::vector<int64_t>{}).node(op, {"x", "none"}, {"y"}, "bad");
                          },
                          14),
                      "");
    }
    expectRefused(floats(
                      {4},
                      [](Model& m) {
                          m.node("Split", {"x"}, {"y"}, "bad", {{"split", 4}});
                      },
                      11),
                  "no list");
}

TEST(Parser, LeavesConvolutionsOfIntegersToTheBuilder) {
    const int8_t weight = 1;
    const int8_t zero = 0;
    Parsed parsed(floats({1, 1, 4, 4}, [&](Model& m) {
                      m.constant("s", {}, std::vector<float>{1})
                          .raw("z", onnx_writer::kInt8, {}, &zero, 1)
                          .raw("w", onnx_writer::kInt8, {1, 1, 1, 1}, &weight, 1)
                          .node("QuantizeLinear", {"x", "s", "z"}, {"q"})
                          .node("DequantizeLinear", {"q", "s", "z"}, {"d"})
                          .node("DequantizeLinear", {"w", "s", "z"}, {"v"})
                          .node("Conv", {"d", "v"}, {"y"}, "convolve");
                  }).bytes());
    EXPECT_TRUE(parsed.ok) << parsed.errors();
    EXPECT_TRUE(parsed.set.build().empty());
    EXPECT_TRUE(parsed.logger.hasError("are of INT8")) << parsed.logger.all();
}
#endif

TEST(Parser, BlamesWhatFailsBeforeAnUnknownOperator) {
    const auto model = [](const std::string& op, const std::vector<std::string>& outputs) {
        return floats({2, 3}, [&](Model& m) {
            m.node(op, {"x", "x"}, outputs, "bad").node("Frobnicate", {"x"}, {"y"}, "unknown");
        });
    };
    const std::vector<std::string> nameless = {""};
    for (const Model& refused : {model("MatMul", {"z"}), model("Add", nameless), model("GridSample", nameless)}) {
        Parsed parsed(refused.bytes());
        ASSERT_FALSE(parsed.ok);
        EXPECT_EQ(parsed.set.parser->getError(0)->node(), 0) << parsed.errors();
    }
    // Nothing is known of the boxes then.
    const Model unknown = floats({2}, [](Model& m) {
        m.node("MatMul", {"x", ""}, {"z"}, "bad")
            .node("NonMaxSuppression", {"z", "x"}, {"w"})
            .node("Neg", {"x"}, {"y"});
    });
    expectRefused(unknown, "");
}

TEST(Parser, OverlooksAttributesThatImportersDoNotAskFor) {
    const Model unknown = floats({2, 3}, [](Model& m) { m.node("Relu", {"x"}, {"y"}, "odd", {{"fancy", 7}}); });
    expectTaken(unknown);
    EXPECT_TRUE(Parsed(unknown.bytes()).logger.has(nvinfer1::ILogger::Severity::kWARNING, "'fancy' of node 'odd'"));
    expectTaken(floats({1, 1, 4, 4}, [](Model& m) {
        m.node("MaxPool", {"x"}, {"y"}, "odd", {{"kernel_shape", {2, 2}}, {"strides", 2}});
    }));
}

// The extents of y as the parser tells them, or what it says instead.
Extents made(const Model& model) {
    Parsed parsed(model.bytes());
    EXPECT_TRUE(parsed.ok) << parsed.errors();
    return parsed.ok ? extents(parsed.set.network->getOutput(0)->getDimensions()) : Extents{-9};
}

TEST(Parser, ReadsZeroOfAttributesOfAnotherType) {
    const Model model = floats(
        {2, 3},
        [](Model& m) {
            m.node("Concat", {"x", "x"}, {"y"}, "odd", {{"axis", 1.0f}});
        },
        13);
    EXPECT_EQ(made(model), (Extents{4, 3}));
    expectTaken(model);
    expectRefused(floats({1, 1, 2, 2},
                         [](Model& m) {
                             const std::vector<float> scales = {1, 1, 2, 2};
                             m.constant("s", {4}, scales).node("Resize", {"x", "", "s"}, {"y"}, "bad", {{"mode", 1}});
                         }),
                  "mode ''");
}

TEST(Parser, LooksAtTheInputsThatImportersAskFor) {
    const auto model = [](const char* op) {
        return floats({2, 3}, [&](Model& m) {
            m.constant("more", {2}, ones(2)).node(op, {"x", "more"}, {"y"}, "bad");
        });
    };
    expectTaken(model("Relu"));
    expectTaken(model("Softplus"));
    expectTaken(floats({2, 3}, [](Model& m) { m.node("Add", {"x"}, {"y"}); }));
    expectRefused(floats({2, 3},
                         [](Model& m) {
                             m.constant("more", {2}, ones(2)).node("Add", {"x", "x", "more"}, {"y"}, "bad");
                         }),
                  "");
}

TEST(Parser, FitsTheListsOfWindowsToTheInput) {
    const auto convolution = [](const std::vector<onnx_writer::Attribute>& how) {
        return floats({1, 1, 8, 8}, [&](Model& m) {
            m.constant("w", {1, 1, 3, 3}, ones(9)).node("Conv", {"x", "w"}, {"y"}, "odd", how);
        });
    };
    EXPECT_EQ(made(convolution({{"strides", {2}}})), (Extents{1, 1, 3, 6}));
    EXPECT_EQ(made(convolution({{"strides", {2, 2, 2}}})), (Extents{1, 1, 3, 3}));
    EXPECT_EQ(made(convolution({{"pads", {0, 1, 1}}})), (Extents{1, 1, 7, 6}));
    EXPECT_EQ(made(convolution({{"auto_pad", "sideways"}})), (Extents{1, 1, 6, 6}));
    expectTaken(convolution({{"strides", {2}}, {"auto_pad", "sideways"}}));
#if PINION_TRT_SINCE(10, 0)
    expectRefused(floats({1, 1, 8, 8},
                         [](Model& m) {
                             m.node("MaxPool", {"x"}, {"y"}, "bad", {{"kernel_shape", {2}}});
                         }),
                  "kernel_shape");
#endif
}

TEST(Parser, CompletesPermutations) {
    const auto transpose = [](std::initializer_list<int64_t> permutation) {
        return floats({2, 3, 4}, [&](Model& m) { m.node("Transpose", {"x"}, {"y"}, "odd", {{"perm", permutation}}); });
    };
    EXPECT_EQ(made(transpose({1, 0})), (Extents{3, 2, 4}));
    EXPECT_EQ(made(transpose({1, 0, 2, 7})), (Extents{3, 2, 4}));
    EXPECT_EQ(made(transpose({-1, 0, 1})), (Extents{4, 2, 3}));
    expectTaken(transpose({1, 0}));
}

TEST(Parser, TakesAnyFlagButZeroForSet) {
    EXPECT_EQ(made(floats({2, 3},
                          [](Model& m) {
                              m.node("ReduceMax", {"x"}, {"y"}, "odd", {{"axes", {1}}, {"keepdims", 9}});
                          })),
              (Extents{2, 1}));
}

TEST(Parser, GoesByTheNameOfAnOperatorWhateverItsOpset) {
    expectTaken(floats(
        {2, 3}, [](Model& m) { m.node("Celu", {"x"}, {"y"}); }, 11));
    expectTaken(floats(
        {2, 3},
        [](Model& m) {
            m.constant("k", {2, 3}, ones(6))
                .node("GreaterOrEqual", {"x", "k"}, {"b"})
                .node("Cast", {"b"}, {"y"}, "", {{"to", 1}});
        },
        11));
}

TEST(Parser, RefusesNegativeRepeatsAndScales) {
    expectRefused(floats({2, 3},
                         [](Model& m) {
                             const std::vector<int64_t> repeats = {-1, 2};
                             m.constant("r", {2}, repeats).node("Tile", {"x", "r"}, {"y"}, "bad");
                         }),
                  "negative");
    expectRefused(floats({1, 1, 2, 2},
                         [](Model& m) {
                             const std::vector<float> scales = {1, 1, -1, 2};
                             m.constant("s", {4}, scales).node("Resize", {"x", "", "s"}, {"y"}, "bad");
                         }),
                  "negative");
}

#if PINION_TRT_SINCE(8, 4)
TEST(Parser, LeavesRandomValuesOfNoRangeToTheBuilder) {
    const auto random = [](const std::vector<onnx_writer::Attribute>& how) {
        return floats({2, 3}, [&](Model& m) { m.node("RandomNormalLike", {"x"}, {"y"}, "odd", how); });
    };
    Parsed parsed(random({{"scale", 0.0f}}).bytes());
    EXPECT_TRUE(parsed.ok) << parsed.errors();
    EXPECT_TRUE(parsed.set.build().empty());
    EXPECT_TRUE(parsed.logger.hasError("no range")) << parsed.logger.all();
    expectTaken(random({{"scale", 2.0f}}));
#if PINION_TRT_SINCE(10, 0)
    expectTaken(random({{"dtype", 10}}));
    expectRefused(floats({2, 3},
                         [](Model& m) {
                             m.node("RandomNormalLike", {"x"}, {"y"}, "bad", {{"dtype", 11}});
                         }),
                  "FLOAT and HALF");
#endif
}
#endif

#if PINION_TRT_SINCE(10, 0)
TEST(Parser, RefusesWhatHasTooFewDimensionsOrElements) {
    struct Case {
        const char* op;
        onnx_writer::Dims shape;
        std::vector<onnx_writer::Attribute> how;
        const char* why;
    };
    const Case cases[] = {
        {"ReduceMax", {}, {}, "scalar"},
        {"ReduceMax", {4}, {{"axes", {1}}}, "axes"},
        {"LpNormalization", {}, {}, "scalar"},
        {"MeanVarianceNormalization", {2, 3}, {}, "axes"},
        {"ArgMax", {4}, {}, "two dimensions"},
        {"ArgMax", {0, 4}, {}, "no elements"},
        {"GlobalMaxPool", {2, 3}, {}, "no dimensions"},
        {"MaxPool", {1, 3, 8, 0}, {{"kernel_shape", {2, 2}}}, "smaller than its kernel_shape"},
    };
    for (const Case& item : cases) {
        expectRefused(floats(item.shape, [&](Model& m) { m.node(item.op, {"x"}, {"y"}, "bad", item.how); }), item.why);
    }
    expectTaken(floats({1, 3, 1, 9}, [](Model& m) {
        m.node("MaxPool", {"x"}, {"y"}, "odd", {{"kernel_shape", {2, 2}}});
    }));
}

TEST(Parser, ChecksTheSubscriptsOfEinsum) {
    const auto einsum = [](const char* equation) {
        return floats({2, 3}, [&](Model& m) { m.node("Einsum", {"x"}, {"y"}, "bad", {{"equation", equation}}); });
    };
    expectRefused(einsum("ij->ik"), "in no input");
    expectRefused(einsum("ij->ii"), "twice");
    expectRefused(einsum("ii->i"), "2 and 3");
    expectTaken(einsum("i j -> j i"));
}

TEST(Parser, RefusesEmptyNamesOfInputsThatImportersTake) {
    for (const char* op : {"Squeeze", "Trilu", "Clip"}) {
        expectRefused(floats(
                          {1, 3},
                          [&](Model& m) {
                              m.node(op, {"x", ""}, {"y"}, "bad");
                          },
                          14),
                      "has no name");
    }
    expectTaken(floats({1, 3}, [](Model& m) { m.node("Clip", {"x", "", ""}, {"y"}, "odd"); }));
}
#endif

TEST(Parser, KnowsReductionsOfNoAxesInEverySetOfOperators) {
    const Model model = floats({2, 3}, [](Model& m) {
        m.node("ReduceMax", {"x"}, {"y"}, "odd", {{"noop_with_empty_axes", 1}});
    });
    EXPECT_EQ(made(model), (Extents{2, 3}));
    expectTaken(model);
}

TEST(Parser, RefusesGemmsThatDoNotFit) {
    const auto gemm = [](const Extents& shape, int64_t bias) {
        return floats({2, 4}, [&](Model& m) {
            m.constant("w", shape, ones(static_cast<size_t>(shape[0] * shape[1])));
            m.constant("b", {bias}, ones(static_cast<size_t>(bias))).node("Gemm", {"x", "w", "b"}, {"y"}, "bad");
        });
    };
    expectRefused(gemm({5, 3}, 3), "it multiplies");
    expectRefused(gemm({4, 3}, 2), "its bias");
    expectTaken(gemm({4, 3}, 3));
}

#if PINION_TRT_SINCE(11, 0)
TEST(Parser, TakesConstantsInOtherFormsThanOnnxHas) {
    const auto withConstant = [](const char* op, const Extents& shape, const std::vector<int64_t>& values,
                                 std::vector<std::string> outputs) {
        return floats({2, 3}, [&](Model& m) {
            m.constant("k", shape, values).node(op, {"x", "k"}, std::move(outputs), "odd");
        });
    };
    const Model topK = withConstant("TopK", {}, {2}, {"y", "i"});
    const Model tile = withConstant("Tile", {1}, {2}, {"y"});
    EXPECT_EQ(made(topK), (Extents{2, 2}));
    EXPECT_EQ(made(tile), (Extents{4, 6}));
    expectTaken(topK);
    expectTaken(tile);
    expectTaken(floats({2, 3}, [](Model& m) {
        m.constant("l", {2}, std::vector<float>{0, 0}).node("Clip", {"x", "l"}, {"y"}, "odd");
    }));
}

TEST(Parser, MakesNanOfWhatOnnxRuntimeDoesNotCompute) {
    const Model wide = floats({1, 4, 2, 2, 2}, [](Model& m) { m.node("LRN", {"x"}, {"y"}, "odd", {{"size", 3}}); });
    EXPECT_EQ(made(wide), (Extents{1, 4, 2, 2, 2}));
    Parsed parsed(wide.bytes());
    EXPECT_TRUE(parsed.says("does not compute")) << parsed.errors();
    EXPECT_FALSE(parsed.set.build().empty()) << parsed.errors();
    expectTaken(floats({3}, [](Model& m) {
        m.constant("s", {2}, std::vector<int64_t>{2, 4});
        m.node("Split", {"x", "s"}, {"y", "z"}, "odd", {{"axis", 1}});
    }));
}

TEST(Parser, QuantizesToInt8WithZerosOfAnyType) {
    const auto pair = [](uint8_t zero) {
        return floats({2, 3}, [&](Model& m) {
            m.constant("s", {}, ones(1)).raw("z", onnx_writer::kUint8, {}, &zero, 1);
            m.node("QuantizeLinear", {"x", "s", "z"}, {"q"}, "bad").node("DequantizeLinear", {"q", "s", "z"}, {"y"});
        });
    };
    expectTaken(pair(0));
    expectRefused(pair(3), "zero point");
}
#endif

TEST(Parser, KnowsNoExtentThatAnUnknownOneIsExpandedTo) {
    Parsed parsed(Model()
                      .input("x", onnx_writer::kFloat, {2, "N", 1})
                      .constant("shape", {3}, std::vector<int64_t>{2, 3, 4})
                      .node("Expand", {"x", "shape"}, {"y"}, "expand")
                      .outputOfUnknownShape("y", onnx_writer::kFloat)
                      .bytes());
    ASSERT_TRUE(parsed.ok) << parsed.errors();
    EXPECT_EQ(extents(parsed.set.network->getOutput(0)->getDimensions()), (Extents{2, -1, 4}));
}

TEST(Parser, TellsWhichInputsAreShapes) {
    Parsed parsed(Model()
                      .input("x", onnx_writer::kFloat, {4})
                      .input("shape", onnx_writer::kInt64, {1})
                      .node("Reshape", {"x", "shape"}, {"y"}, "fold")
                      .outputOfUnknownShape("y", onnx_writer::kFloat)
                      .bytes());
    ASSERT_TRUE(parsed.ok) << parsed.errors();
    EXPECT_FALSE(parsed.set.network->getInput(0)->isShapeTensor());
    EXPECT_TRUE(parsed.set.network->getInput(1)->isShapeTensor());
}

#if PINION_TRT_SINCE(10, 0)
TEST(Parser, NamesNoNodeWhereACheckMissesAnAttribute) {
    for (const char* op : {"Cast", "Einsum"}) {
        Parsed parsed(floats({2, 3}, [&](Model& m) { m.node("Relu", {"x"}, {"r"}).node(op, {"r"}, {"y"}); }).bytes());
        EXPECT_FALSE(parsed.ok);
        ASSERT_EQ(parsed.set.parser->getNbErrors(), 1) << parsed.errors();
        EXPECT_EQ(parsed.set.parser->getError(0)->node(), -1);
        EXPECT_TRUE(parsed.says("Attribute not found")) << parsed.errors();
    }
}
#endif

#if PINION_TRT_SINCE(11, 0)
// Before, a QuantizeLinear without a zero point is refused for its UINT8 output already.
TEST(Parser, RefusesScalesThatDoNotFitTheAxis) {
    for (const int64_t axis : {0, 9}) {
        expectRefused(
            floats({2, 3},
                   [&](Model& m) {
                       m.constant("s", {3}, ones(3)).node("QuantizeLinear", {"x", "s"}, {"q"}, "bad", {{"axis", axis}});
                       m.node("DequantizeLinear", {"q", "s"}, {"y"}, "", {{"axis", axis}});
                   }),
            "3 scales");
    }
}

TEST(Parser, LeavesWhatOnlyTheBuilderRefusesToIt) {
    const Model topK = floats({3, 4}, [](Model& m) {
        const std::vector<int64_t> k = {9};
        m.constant("k", {1}, k).node("TopK", {"x", "k"}, {"y", "i"}, "odd");
    });
    const Model split = floats({2, 6}, [](Model& m) {
        const std::vector<int64_t> sizes = {2, 5};
        m.constant("s", {2}, sizes).node("Split", {"x", "s"}, {"z", "y"}, "odd", {{"axis", 1}});
    });
    EXPECT_EQ(made(topK), (Extents{3, 9}));
    EXPECT_EQ(made(split), (Extents{2, 5}));
    for (const Model& model : {topK, split}) {
        Parsed parsed(model.bytes());
        EXPECT_TRUE(parsed.set.build().empty());
        EXPECT_TRUE(parsed.logger.hasError("'odd'")) << parsed.logger.all();
    }
}

TEST(Parser, BlamesTheNodeInsideABody) {
    const Model body = Model()
                           .input("i", onnx_writer::kInt64, {})
                           .input("go", onnx_writer::kBool, {})
                           .input("v", onnx_writer::kFloat, {2})
                           .node("Relu", {"v"}, {"w"}, "work")
                           .node("Identity", {"go"}, {"on"}, "keep")
                           .output("on", onnx_writer::kBool, {})
                           .output("w", onnx_writer::kFloat, {2});
    Parsed parsed(floats({2}, [&](Model& m) {
                      const std::vector<int64_t> count = {3};
                      m.constant("n", {}, count).node("Loop", {"n", "", "x"}, {"y"}, "loop", {{"body", body}});
                  }).bytes());
    EXPECT_FALSE(parsed.ok);
    ASSERT_EQ(parsed.set.parser->getNbErrors(), 1) << parsed.errors();
    EXPECT_EQ(parsed.set.parser->getError(0)->node(), 0) << "NVIDIA's parser counts the nodes of the graph";
    EXPECT_STREQ(parsed.set.parser->getError(0)->nodeName(), "keep");
}

TEST(Parser, TakesACountOfNoLimitForNone) {
    const auto loop = [](int64_t count, bool collects) {
        const Model body = Model()
                               .input("i", onnx_writer::kInt64, {})
                               .input("go", onnx_writer::kBool, {})
                               .input("v", onnx_writer::kFloat, {2})
                               .node("Relu", {"v"}, {"w"}, "work")
                               .node("Identity", {"go"}, {"on"}, "keep")
                               .node("Neg", {"v"}, {"s"}, "collect")
                               .output("on", onnx_writer::kBool, {})
                               .output("w", onnx_writer::kFloat, {2});
        Model all = body;
        all.output("s", onnx_writer::kFloat, {2});
        return floats({2}, [&](Model& m) {
            const uint8_t yes = 1;
            m.constant("n", {}, std::vector<int64_t>{count}).raw("c", onnx_writer::kBool, {}, &yes, 1);
            m.node("Loop", {"n", "c", "x"},
                   collects ? std::vector<std::string>{"y", "all"} : std::vector<std::string>{"y"}, "bad",
                   {{"body", collects ? all : body}});
        });
    };
    expectTaken(loop(3, true));
    expectTaken(loop(int64_t{1} << 40, false));
    expectRefused(loop(int64_t{1} << 40, true), "no trip limit");
}

TEST(Parser, ImportsTheBranchOfAConstantConditionAlone) {
    const auto choice = [](uint8_t condition, const char* unknown) {
        const auto branch = [](const char* op) {
            return Model().node(op, {"x"}, {"b"}, "inner").output("b", onnx_writer::kFloat, {2});
        };
        return floats({2}, [&](Model& m) {
            m.raw("c", onnx_writer::kBool, {}, &condition, 1);
            m.node("If", {"c"}, {"y"}, "choice", {{"then_branch", branch(unknown)}, {"else_branch", branch("Neg")}});
        });
    };
    expectTaken(choice(0, "Frobnicate"));
    EXPECT_FALSE(Parsed(choice(1, "Frobnicate").bytes()).ok);
    expectTaken(choice(1, "Relu"));
}

TEST(Parser, TakesBranchesThatGiveWhatIsOutside) {
    expectTaken(Model()
                    .input("x", onnx_writer::kFloat, {2})
                    .input("c", onnx_writer::kBool, {})
                    .node("If", {"c"}, {"y"}, "choice",
                          {{"then_branch", Model().output("x", onnx_writer::kFloat, {2})},
                           {"else_branch", Model().node("Neg", {"x"}, {"b"}).output("b", onnx_writer::kFloat, {2})}})
                    .outputOfUnknownShape("y", onnx_writer::kFloat));
}

TEST(Parser, LeavesIndicesAndEmptyAxesToTheBuilder) {
    const auto gather = [](const Extents& shape, int64_t index) {
        return floats({shape[0], shape[1]}, [&](Model& m) {
            m.constant("i", {1}, std::vector<int64_t>{index}).node("Gather", {"x", "i"}, {"y"}, "odd");
        });
    };
    expectTaken(gather({3, 2}, 7));
    Parsed parsed(gather({0, 2}, 0).bytes());
    EXPECT_TRUE(parsed.ok) << parsed.errors();
    EXPECT_TRUE(parsed.set.build().empty());
    EXPECT_TRUE(parsed.logger.hasError("no elements")) << parsed.logger.all();
}

TEST(Parser, NamesTheFirstNodeThatIsRefusedAlsoBeforeAnUnknownOne) {
    Parsed parsed(Model()
                      .input("x", onnx_writer::kUint8, {2})
                      .node("Identity", {"x"}, {"a"}, "bad")
                      .node("BitShift", {"a", "a"}, {"b"}, "later", {{"direction", "LEFT"}})
                      .outputOfUnknownShape("b", onnx_writer::kUint8)
                      .bytes());
    EXPECT_FALSE(parsed.ok);
    ASSERT_GE(parsed.set.parser->getNbErrors(), 1);
    EXPECT_EQ(parsed.set.parser->getError(0)->node(), 0) << parsed.errors();
}

TEST(Parser, LeavesInt8ThatNothingComputesToTheBuilder) {
    const auto model = [](const char* op) {
        return Model()
            .input("x", onnx_writer::kInt8, {2, 3})
            .node(op, {"x"}, {"y"}, "odd")
            .outputOfUnknownShape("y", onnx_writer::kInt8)
            .bytes();
    };
    Parsed exp(model("Exp"));
    EXPECT_TRUE(exp.ok) << exp.errors();
    EXPECT_TRUE(exp.set.build().empty());
    EXPECT_TRUE(exp.logger.hasError("INT8")) << exp.logger.all();
    Parsed erf(model("Erf"));
    EXPECT_TRUE(erf.ok) << erf.errors();
    EXPECT_FALSE(erf.set.build().empty()) << erf.logger.all();
}
#endif

TEST(Parser, TakesOperatorsThatOnnxHasRenamed) {
    const std::vector<float> scales = {1, 1, 2, 2};
    for (const int64_t opset : {9, 10, 11, 13}) {
        Logger logger;
        BuildSet set(logger);
        const Model model = floats(
            {1, 1, 1, 2},
            [&](Model& m) {
                m.constant("s", {4}, scales).node("Upsample", {"x", "s"}, {"y"});
            },
            opset);
        ASSERT_TRUE(set.parse(model.bytes())) << logger.all();
        const std::string plan = set.build();
        ASSERT_FALSE(plan.empty()) << logger.all();
        LoadedEngine engine(logger, plan);
        ContextRunner context(*engine.engine);
        DeviceBuffer x(8);
        DeviceBuffer y(32);
        x.fill<float>({3, 4});
        context.bind("x", x.data());
        context.bind("y", y.data());
        ASSERT_TRUE(context.run()) << logger.all();
        EXPECT_EQ(y.read<float>(8), (std::vector<float>{3, 3, 4, 4, 3, 3, 4, 4})) << "opset " << opset;
    }
#if PINION_TRT_SINCE(8, 2)
    expectTaken(floats({3}, [](Model& m) {
        m.constant("i", {1}, std::vector<int64_t>{1}).constant("u", {1}, ones(1));
        m.node("Scatter", {"x", "i", "u"}, {"y"});
    }));
#endif
}

TEST(Parser, RefusesShapesBeyondItsDimensions) {
    expectRefused(floats({4},
                         [](Model& m) {
                             m.constant("s", {9}, std::vector<int64_t>{1, 1, 1, 1, 1, 1, 1, 1, 4});
                             m.node("Reshape", {"x", "s"}, {"y"}, "bad");
                         }),
                  "9 dimensions");
    expectRefused(floats({4},
                         [](Model& m) {
                             m.constant("s", {2}, std::vector<int64_t>{2, int64_t{1} << 48});
                             m.node("ConstantOfShape", {"s"}, {"y"}, "bad");
                         }),
                  "extents up to 2147483647");
}

TEST(Parser, KeepsTheLoopsOfModels) {
    Model body;
    body.input("i", onnx_writer::kInt64, {}).input("go", onnx_writer::kBool, {}).input("a", onnx_writer::kFloat, {2});
    body.node("Identity", {"go"}, {"again"}).node("Add", {"a", "a"}, {"b"});
    body.output("again", onnx_writer::kBool, {}).output("b", onnx_writer::kFloat, {7});
    Logger logger;
    BuildSet set(logger);
    const int64_t count = 3;
    const Model model = floats({2}, [&](Model& m) {
        m.raw("n", onnx_writer::kInt64, {}, &count, sizeof count);
        const bool yes = true;
        m.raw("yes", onnx_writer::kBool, {}, &yes, sizeof yes);
        m.node("Loop", {"n", "yes", "x"}, {"y"}, "loop", {{"body", body}});
    });
    ASSERT_TRUE(set.parse(model.bytes())) << logger.all();
    const std::string plan = set.build();
    ASSERT_FALSE(plan.empty()) << logger.all();
    LoadedEngine engine(logger, plan);
    ContextRunner context(*engine.engine);
    DeviceBuffer x(8);
    DeviceBuffer y(8);
    x.fill<float>({1, 2});
    context.bind("x", x.data());
    context.bind("y", y.data());
    ASSERT_TRUE(context.run()) << logger.all();
    EXPECT_EQ(y.read<float>(2), (std::vector<float>{8, 16}));
}

TEST(Parser, SurvivesAttributesThatOnnxRuntimeDoesNot) {
#if PINION_TRT_SINCE(8, 2)
    expectRefused(floats({2, 2, 2},
                         [](Model& m) {
                             m.constant("i", {2, 1}, std::vector<int64_t>{1, 1});
                             m.node("GatherND", {"x", "i"}, {"y"}, "bad", {{"batch_dims", -9}});
                         }),
                  "batch_dims");
#endif
}

TEST(Parser, OverlooksTheLayoutOfRecurrentLayers) {
    // TensorRT computes as if the attribute were 0: the first extent is of time.
    const auto recurrent = [](const std::string& op, int64_t gates) {
        return floats(
            {2, 5, 3},
            [&](Model& m) {
                m.constant("w", {1, gates * 4, 3}, ones(static_cast<size_t>(gates) * 12));
                m.constant("r", {1, gates * 4, 4}, ones(static_cast<size_t>(gates) * 16));
                m.node(op, {"x", "w", "r"}, {"", "y"}, "", {{"hidden_size", 4}, {"layout", 1}});
            },
            14);
    };
    // ONNX Runtime dies of no time steps at all.
    expectTaken(floats({0, 5, 3}, [](Model& m) {
        m.constant("w", {1, 12, 3}, ones(36)).constant("r", {1, 12, 4}, ones(48));
        m.node("GRU", {"x", "w", "r"}, {"y"}, "", {{"hidden_size", 4}});
    }));
    for (const Model& model : {recurrent("LSTM", 4), recurrent("GRU", 3), recurrent("RNN", 1)}) {
        expectTaken(model);
        Parsed parsed(model.bytes());
        EXPECT_EQ(extents(parsed.set.network->getOutput(0)->getDimensions()), (Extents{1, 5, 4}));
    }
}

TEST(Parser, ComputesInBfloat16FromRelease10On) {
    constexpr auto kBfloat16 = static_cast<onnx_writer::ElementType>(16);
    const uint16_t values[] = {0x3f80, 0x4000};  // 1 and 2
    const std::string model = Model()
                                  .input("x", kBfloat16, {2})
                                  .raw("c", kBfloat16, {2}, values, sizeof values)
                                  .node("Add", {"x", "c"}, {"y"})
                                  .output("y", kBfloat16, {2})
                                  .bytes();
    Parsed parsed(model);
#if PINION_TRT_SINCE(10, 0)
    ASSERT_TRUE(parsed.ok) << parsed.errors();
    EXPECT_EQ(parsed.set.network->getInput(0)->getType(), nvinfer1::DataType::kBF16);
    EXPECT_EQ(parsed.set.network->getOutput(0)->getType(), nvinfer1::DataType::kBF16);
    const std::string plan = parsed.set.build();
    ASSERT_FALSE(plan.empty()) << parsed.logger.all();
    LoadedEngine engine(parsed.logger, plan);
    ContextRunner context(*engine.engine);
    DeviceBuffer x(4);
    DeviceBuffer y(4);
    x.fill<uint16_t>({0x4040, 0xbf80});  // 3 and -1
    context.bind("x", x.data());
    context.bind("y", y.data());
    ASSERT_TRUE(context.run()) << parsed.logger.all();
    EXPECT_EQ(y.read<uint16_t>(2), (std::vector<uint16_t>{0x4080, 0x3f80}));
    expectRefused(Model()
                      .input("x", onnx_writer::kFloat, {2})
                      .raw("c", kBfloat16, {2}, values, sizeof values)
                      .node("Add", {"x", "c"}, {"y"}, "bad")
                      .output("y", onnx_writer::kFloat, {2}),
                  "bfloat16");
#else
    EXPECT_TRUE(parsed.says("BFLOAT16")) << parsed.errors();
#endif
}

TEST(Parser, ReadsExternalDataBesideTheModel) {
    Folder folder;
    const std::vector<float> weights = {0, 0, 1, 2, 3, 4};  // two floats of something else in front
    std::ofstream(folder / "w.bin", std::ios::binary)
        .write(reinterpret_cast<const char*>(weights.data()), static_cast<std::streamsize>(weights.size() * 4));
    Model model = Model()
                      .input("x", onnx_writer::kFloat, {1, 4})
                      .external("w", onnx_writer::kFloat, {4}, "w.bin", 8, 16)
                      .node("Mul", {"x", "w"}, {"y"})
                      .output("y", onnx_writer::kFloat, {1, 4});
    model.save(folder / "model.onnx");
    Logger logger;
    BuildSet set(logger);
    ASSERT_TRUE(set.parser->parseFromFile((folder / "model.onnx").c_str(), 0)) << logger.all();
    const std::string plan = set.build();
    ASSERT_FALSE(plan.empty()) << logger.all();
    LoadedEngine engine(logger, plan);
    ContextRunner context(*engine.engine);
    DeviceBuffer x(16);
    DeviceBuffer y(16);
    x.fill<float>({1, 1, 1, 10});
    context.bind("x", x.data());
    context.bind("y", y.data());
    ASSERT_TRUE(context.run()) << logger.all();
    EXPECT_EQ(y.read<float>(4), (std::vector<float>{1, 2, 3, 40}));
    // From memory with the model's path, as well.
    BuildSet again(logger);
    const std::string bytes = model.bytes();
    EXPECT_TRUE(again.parser->parse(bytes.data(), bytes.size(), (folder / "model.onnx").c_str())) << logger.all();
}

struct BadExternal {
    const char* name;
    const char* location;
    uint64_t offset;
    const char* says;
};
class ParserExternalData : public testing::TestWithParam<BadExternal> {};

TEST_P(ParserExternalData, IsRefusedByName) {
    Folder folder;
    std::ofstream(folder / "short.bin", std::ios::binary) << "12345678";
    fs::create_directory(folder / "folder");
    Model()
        .input("x", onnx_writer::kFloat, {4})
        .external("weight", onnx_writer::kFloat, {4}, GetParam().location, GetParam().offset, 16)
        .node("Mul", {"x", "weight"}, {"y"})
        .output("y", onnx_writer::kFloat, {4})
        .save(folder / "model.onnx");
    Logger logger;
    BuildSet set(logger);
    EXPECT_FALSE(set.parser->parseFromFile((folder / "model.onnx").c_str(), 0));
    ASSERT_EQ(set.parser->getNbErrors(), 1) << logger.all();
    const std::string text = set.parser->getError(0)->desc();
    EXPECT_NE(text.find("'weight'"), std::string::npos) << text;
    EXPECT_NE(text.find(GetParam().says), std::string::npos) << text;
}

INSTANTIATE_TEST_SUITE_P(Cases, ParserExternalData,
                         testing::Values(BadExternal{"Missing", "missing.bin", 0, "missing.bin"},
                                         BadExternal{"TooShort", "short.bin", 0, "has only 8"},
                                         BadExternal{"OffsetBeyond", "short.bin", 1u << 30, "has only 8"},
                                         BadExternal{"Folder", "folder", 0, "no regular file"},
                                         BadExternal{"Absolute", "/etc/passwd", 0, "outside of the model's folder"},
                                         BadExternal{"Upwards", "../secret.bin", 0, "outside of the model's folder"},
                                         BadExternal{"UpwardsInside", "a/../../secret.bin", 0,
                                                     "outside of the model's folder"},
                                         BadExternal{"Drive", "C:secret.bin", 0, "outside of the model's folder"}),
                         [](const auto& info) { return info.param.name; });

TEST(Parser, NamesTheFileThatItCannotOpen) {
    Logger logger;
    BuildSet set(logger);
    EXPECT_FALSE(set.parser->parseFromFile("/nowhere/model.onnx", 0));
    ASSERT_EQ(set.parser->getNbErrors(), 1);
    EXPECT_NE(std::string(set.parser->getError(0)->desc()).find("/nowhere/model.onnx"), std::string::npos);
    EXPECT_FALSE(set.parser->parseFromFile(nullptr, 0));
}

TEST(Parser, FillsANetworkOnce) {
    Parsed parsed(doublingModel());
    ASSERT_TRUE(parsed.ok);
    EXPECT_FALSE(parsed.set.parse(doublingModel()));
    EXPECT_TRUE(parsed.says("filled by an earlier parse"));
}

TEST(Parser, ListsSupportedSubgraphs) {
    Logger logger;
    BuildSet set(logger);
    const std::string model = Model()
                                  .input("x", onnx_writer::kFloat, {4})
                                  .node("Relu", {"x"}, {"a"})
                                  .node("Abs", {"a"}, {"b"})
                                  .node("FancyPool", {"b"}, {"c"})
                                  .node("Relu", {"c"}, {"y"})
                                  .output("y", onnx_writer::kFloat, {4})
                                  .bytes();
#if !PINION_TRT_SINCE(11, 0)
    SubGraphCollection_t subgraphs;
    EXPECT_FALSE(set.parser->supportsModel(model.data(), model.size(), subgraphs));
    ASSERT_EQ(subgraphs.size(), 2u);
    EXPECT_EQ(subgraphs[0].first, (std::vector<size_t>{0, 1}));
    EXPECT_EQ(subgraphs[1].first, (std::vector<size_t>{3}));
#endif
#if PINION_TRT_SINCE(10, 0)
    EXPECT_FALSE(set.parser->supportsModelV2(model.data(), model.size()));
    ASSERT_EQ(set.parser->getNbSubgraphs(), 2);
    int64_t length = 0;
    const int64_t* const nodes = set.parser->getSubgraphNodes(0, length);
    EXPECT_EQ(std::vector<int64_t>(nodes, nodes + length), (std::vector<int64_t>{0, 1}));
    EXPECT_EQ(set.parser->getSubgraphNodes(2, length), nullptr);
#endif
    EXPECT_EQ(set.network->getNbLayers(), 0);
}

TEST(Parser, WarnsOfOpsetsBeyondItsOwn) {
    Logger logger;
    BuildSet set(logger);
    EXPECT_TRUE(set.parse(oneNode("Relu", 21).bytes())) << logger.all();
    EXPECT_TRUE(logger.has(nvinfer1::ILogger::Severity::kWARNING, "opset 21"));
}

#if !PINION_TRT_SINCE(10, 0)
TEST(Parser, RefusesNetworksWithAnImplicitBatch) {
    Logger logger;
    BuildSet set(logger, 0);
    EXPECT_TRUE(set.network->hasImplicitBatchDimension());
    EXPECT_FALSE(set.parse(doublingModel()));
    EXPECT_TRUE(logger.hasError("kEXPLICIT_BATCH"));
}
#else
TEST(Parser, TakesTheExplicitBatchForGranted) {
    Logger logger;
    BuildSet set(logger, 0);
#if !PINION_TRT_RTX
    EXPECT_FALSE(set.network->hasImplicitBatchDimension());
#endif
    EXPECT_TRUE(set.parse(doublingModel())) << logger.all();
}
#endif

}  // namespace
}  // namespace trt_test
