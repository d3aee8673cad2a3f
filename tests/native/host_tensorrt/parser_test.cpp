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

// The errors of one parse, as text.
struct Parsed {
    explicit Parsed(const std::string& model) : set(logger), ok(set.parse(model)) {}
    std::string errors() const {
        std::string out;
        for (int i = 0; i < set.parser->getNbErrors(); ++i) {
            out += std::string(set.parser->getError(i)->desc()) + "\n";
        }
        return out;
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
    EXPECT_TRUE(parsed.says("'words' has the type STRING")) << parsed.errors();
}

TEST(Parser, RefusesTheEmptyModel) {
    Parsed parsed("");
    EXPECT_FALSE(parsed.ok);
    ASSERT_EQ(parsed.set.parser->getNbErrors(), 1);
    EXPECT_EQ(parsed.set.parser->getError(0)->code(), ErrorCode::kMODEL_DESERIALIZE_FAILED);
    EXPECT_TRUE(parsed.says("empty"));
    EXPECT_TRUE(parsed.logger.hasError("empty"));
    parsed.set.parser->clearErrors();
    EXPECT_EQ(parsed.set.parser->getNbErrors(), 0);
    EXPECT_EQ(parsed.set.parser->getError(0), nullptr);
}

TEST(Parser, RefusesEveryTruncation) {
    const std::string whole = matMulModel();
    for (size_t size = 0; size < whole.size(); ++size) {
        Parsed parsed(whole.substr(0, size));
        EXPECT_FALSE(parsed.ok) << "cut to " << size << " of " << whole.size();
        EXPECT_GE(parsed.set.parser->getNbErrors(), 1);
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
                                     std::string(20, '\xff'), std::string("\x3f\x00", 2), std::string("\x3b\x3c", 2)}) {
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
    EXPECT_TRUE(undefined.says("'ghost' of node 'adder' [Add] is defined nowhere")) << undefined.errors();
    Parsed twice(model([](Model& m) { m.node("Relu", {"x"}, {"y"}).node("Abs", {"x"}, {"y"}); }));
    EXPECT_TRUE(twice.says("'y' is defined twice")) << twice.errors();
    Parsed cycle(model([](Model& m) {
        m.node("Add", {"x", "b"}, {"a"}).node("Relu", {"a"}, {"b"}).node("Abs", {"a"}, {"y"});
    }));
    EXPECT_TRUE(cycle.says("cycle")) << cycle.errors();
    Parsed nothing(model([](Model&) {}));
    EXPECT_TRUE(nothing.says("graph output 'y' is defined nowhere")) << nothing.errors();
    Parsed noOutput(Model().input("x", onnx_writer::kFloat, {4}).node("Relu", {"x"}, {"y"}).bytes());
    EXPECT_TRUE(noOutput.says("no outputs")) << noOutput.errors();
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
    EXPECT_NE(std::string(error.desc()).find("'culprit'"), std::string::npos) << error.desc();
    EXPECT_NE(std::string(error.desc()).find("'FancyPool'"), std::string::npos) << error.desc();
#if PINION_TRT_SINCE(10, 0)
    EXPECT_STREQ(error.nodeName(), "culprit");
    EXPECT_STREQ(error.nodeOperator(), "FancyPool");
#endif
    EXPECT_EQ(parsed.set.network->getNbLayers(), 0) << "a refused model leaves the network empty";
}

TEST(Parser, RefusesOperatorsOfOtherDomains) {
    Parsed parsed(Model()
                      .input("x", onnx_writer::kFloat, {4})
                      .node("Relu", {"x"}, {"y"}, "n", {}, "com.example")
                      .import("com.example", 1)
                      .output("y", onnx_writer::kFloat, {4})
                      .bytes());
    EXPECT_TRUE(parsed.says("outside ONNX's own operator set")) << parsed.errors();
}

// First releases whose parser has the operator, as major * 100 + minor.
struct Since {
    const char* op;
    int release;
};
class ParserOperators : public testing::TestWithParam<Since> {};

TEST_P(ParserOperators, AppearWithTheirRelease) {
    const bool expected = PINION_TRT_API >= GetParam().release;
    Parsed parsed(oneNode(GetParam().op, 20).bytes());
    EXPECT_EQ(parsed.ok, expected) << parsed.errors();
    EXPECT_EQ(parsed.set.parser->supportsOperator(GetParam().op), expected);
}

INSTANTIATE_TEST_SUITE_P(Table, ParserOperators,
                         testing::Values(Since{"Relu", 800}, Since{"Sign", 802}, Since{"HardSwish", 804},
                                         Since{"Reciprocal", 804}, Since{"Trilu", 805}, Since{"IsInf", 806},
                                         Since{"LayerNormalization", 806}, Since{"Gelu", 1000}, Since{"Mish", 1000},
                                         Since{"Unique", 9999}, Since{"Det", 9999}),
                         [](const auto& info) { return info.param.op; });

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
    EXPECT_FALSE(reshape.ok);
    EXPECT_TRUE(reshape.says("'fold': its output shape depends on the data of 'shape'")) << reshape.errors();
    // The shape of an input is no data.
    Parsed byShape(Model()
                       .input("x", onnx_writer::kFloat, {"N", 4})
                       .node("Shape", {"x"}, {"shape"})
                       .node("Reshape", {"x", "shape"}, {"y"})
                       .output("y", onnx_writer::kFloat, {"N", 4})
                       .bytes());
    EXPECT_TRUE(byShape.ok) << byShape.errors();
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
