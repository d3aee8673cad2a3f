// ONNX models: what the parser refuses and how the reason reads, external data, and the description.
#include <gtest/gtest.h>

#include <cstdlib>

#include "fixture.h"
#include "onnx_scan.h"
#include "tensorrt_compat.h"

namespace {

using namespace native_test;
using onnx_writer::kFloat;
using onnx_writer::Model;

// NVIDIA's parser dies of some damaged models: those are for a process of their own.
bool parserMayCrash() {
    return sdk() == PN_SDK_NVIDIA || sdk() == PN_SDK_RTX;
}

Model unsupportedModel() {
    return Model()
        .input("x", kFloat, {4})
        .node("Relu", {"x"}, {"a"}, "fine")
        .node("Frobnicate", {"a"}, {"b"}, "odd one")
        .node("Frobnicate", {"b"}, {"c"}, "odd two")
        .node("Transmogrify", {"c"}, {"y"}, "odd three")
        .output("y", kFloat, {4});
}

TEST(ModelTest, AnUnsupportedOperatorIsNamedWithItsNode) {
    const Failure failure = BuildRequest().build(unsupportedModel());
    EXPECT_EQ(failure.status, PN_PARSE);
    EXPECT_EQ(failure.message,
              "cannot parse the ONNX model: operators that TensorRT's parser does not know: Frobnicate (2 nodes, the "
              "first of them node 1 'odd one'), Transmogrify (node 3 'odd three')");
}

TEST(ModelTest, QuantizedOperatorsComeWithTheWayOut) {
    const Model model =
        Model().input("x", kFloat, {4}).node("QLinearAdd", {"x", "x"}, {"y"}, "sum").output("y", kFloat, {4});
    EXPECT_FAILURE(BuildRequest().build(model), PN_PARSE,
                   "QLinearAdd (node 0 'sum'); it takes no quantized operators: use the model as it was before");
}

TEST(ModelTest, AnInputThatTensorRtCannotTakeIsNamed) {
    const auto identityOf = [](onnx_writer::ElementType type, const onnx_writer::Dims& dims) {
        return Model()
            .input("fine", kFloat, {1})
            .input("x", type, dims)
            .node("Identity", {"x"}, {"y"}, "copy")
            .output("y", type, dims);
    };
    EXPECT_FAILURE(BuildRequest().build(identityOf(kFloat, {1, 1, 1, 1, 1, 1, 1, 1, 1})), PN_PARSE,
                   "input 'x' has 9 dimensions; TensorRT takes 8");
    EXPECT_FAILURE(BuildRequest().build(identityOf(onnx_writer::kString, {1})), PN_PARSE,
                   "input 'x' has the data type STRING, which TensorRT does not take");
}

TEST(ModelTest, AGraphWithoutAnOutputIsStillAModel) {
    EXPECT_FAILURE(BuildRequest().build(Model().input("x", kFloat, {4})), PN_PARSE, "no output");
}

TEST(ModelTest, TheParsersOwnErrorsAreForTheVerboseLog) {
    const LogCapture log;
    EXPECT_EQ(BuildRequest().build(unsupportedModel()).status, PN_PARSE);
    EXPECT_EQ(log.count(PN_SEVERITY_ERROR, ""), 0);
    EXPECT_GT(log.count(PN_SEVERITY_VERBOSE, "Frobnicate"), 0);
}

#if PN_TENSORRT_AT_LEAST(8, 5)

// a above b, whose first dimensions have a name each.
Model joined(const std::string& first, const std::string& second) {
    return Model()
        .input("a", kFloat, {first, 4})
        .input("b", kFloat, {second, 4})
        .node("Concat", {"a", "b"}, {"y"}, "join", {onnx_writer::Attribute("axis", 0)})
        .output("y", kFloat, {"", 4});
}

TEST(ModelTest, DimensionsOfOneNameMustBeEqualUnlessTheyAreRenamed) {
    BuildRequest request({{"a", {1, 4}, {4, 4}, {8, 4}}, {"b", {1, 4}, {5, 4}, {8, 4}}});
    EXPECT_EQ(request.build(joined("n", "m")).status, PN_OK);
    const Failure failure = request.build(joined("n", "n"));
    EXPECT_EQ(failure.status, PN_BUILD);
    EXPECT_EQ(failure.message,
              "TensorRT could not build an engine: dimensions of one name must be equal, and are not: profile 0, 'n': "
              "dimension 0 of 'a' has min 1, opt 4, max 8, and dimension 0 of 'b' has min 1, opt 5, max 8; give them "
              "the same sizes, or free them (rename_dimensions, --rename-dims)");
    request.options.rename_dimensions = 1;
    EXPECT_EQ(request.build(joined("n", "n")).status, PN_OK);
}

TEST(ModelTest, APlaceholderIsNoName) {
    BuildRequest request({{"a", {1, 4}, {4, 4}, {8, 4}}, {"b", {1, 4}, {5, 4}, {8, 4}}});
    for (const char* name : {"?", "-1", "2n", "batch size", "n+1"}) {
        EXPECT_EQ(request.build(joined(name, name)).status, PN_OK) << name;
    }
}

#endif

TEST(ModelTest, BytesThatAreNoModelAreRefused) {
    EXPECT_FAILURE(BuildRequest().buildBytes(""), PN_PARSE, "it is empty");
    EXPECT_FAILURE(BuildRequest().buildBytes("this is no model"), PN_PARSE, "cannot parse the ONNX model");
    EXPECT_FAILURE(BuildRequest().buildBytes(std::string(5000, '\xff')), PN_PARSE, "cannot parse the ONNX model");
}

TEST(ModelTest, TruncatedModelsNeverCrash) {
    if (parserMayCrash()) {
        GTEST_SKIP() << "NVIDIA's parser dies of damaged models";
    }
    const std::string onnx = affineModel().bytes();
    for (size_t length = 0; length < onnx.size(); ++length) {
        const Failure failure = BuildRequest({affineRange()}).buildBytes(onnx.substr(0, length));
        // A cut between two fields can leave a smaller model that is still sound in itself; most cuts do not.
        if (failure.status != PN_OK) {
            EXPECT_TRUE(failure.status == PN_PARSE || failure.status == PN_INVALID_ARGUMENT ||
                        failure.status == PN_BUILD)
                << length << ": " << failure.message;
            EXPECT_NE(failure.message, "");
        } else {
            EXPECT_GT(length, onnx.size() - 10) << "accepted at " << length;
        }
    }
}

TEST(ModelTest, FlippedBitsNeverCrash) {
    if (parserMayCrash()) {
        GTEST_SKIP() << "NVIDIA's parser dies of damaged models";
    }
    std::string onnx = affineModel().bytes();
    int refused = 0;
    for (size_t byte = 0; byte < onnx.size(); ++byte) {
        const char original = onnx[byte];
        onnx[byte] = static_cast<char>(original ^ 1 << byte % 8);
        const Failure failure = BuildRequest({affineRange()}).buildBytes(onnx);
        refused += failure.status != PN_OK ? 1 : 0;
        EXPECT_NE(failure.status, PN_INTERNAL) << byte << ": " << failure.message;
        onnx[byte] = original;
    }
    EXPECT_GT(refused, static_cast<int>(onnx.size()) / 4);
}

TEST(ModelTest, FilesAreNamedInErrors) {
    const TemporaryFolder folder;
    EXPECT_FAILURE(BuildRequest().buildFile(folder.file("missing.onnx")), PN_NOT_FOUND, "missing.onnx");
    writeFile(folder.file("empty.onnx"), "");
    EXPECT_FAILURE(BuildRequest().buildFile(folder.file("empty.onnx")), PN_PARSE, "empty.onnx");
    EXPECT_FAILURE(BuildRequest().buildFile(folder.file("")), PN_IO, "folder");
}

// y = x + w, where w lies in a file of its own.
Model externalModel() {
    return Model()
        .input("x", kFloat, {4})
        .external("w", kFloat, {4}, "weights.bin", 0, 16)
        .node("Add", {"x", "w"}, {"y"}, "sum")
        .output("y", kFloat, {4});
}

TEST(ModelTest, FindsExternalDataBesideTheFile) {
    const TemporaryFolder folder;
    writeFile(folder.file("weights.bin"), std::string(16, '\0'));
    externalModel().save(folder.file("model.onnx"));
    const Failure fromFile = BuildRequest().buildFile(folder.file("model.onnx"));
    EXPECT_EQ(fromFile.status, PN_OK) << fromFile.text();

    const std::string onnx = externalModel().bytes();
    const BuildRequest request;
    pn_blob* blob = nullptr;
    const std::string path = folder.file("model.onnx");
    const Failure fromMemory = call(pn_plan_build_memory, static_cast<const void*>(onnx.data()), uint64_t{onnx.size()},
                                    path.c_str(), &request.options, &blob);
    pn_blob_destroy(blob);
    EXPECT_EQ(fromMemory.status, PN_OK) << fromMemory.text();
}

TEST(ModelTest, MissingExternalDataIsNamed) {
    const TemporaryFolder folder;
    externalModel().save(folder.file("model.onnx"));
    const Failure failure = BuildRequest().buildFile(folder.file("model.onnx"));
    EXPECT_EQ(failure.status, PN_PARSE);
    EXPECT_NE(failure.message.find("weights.bin"), std::string::npos) << failure.message;
}

TEST(ModelTest, IsDescribedAsTheParserSeesIt) {
    const TemporaryFolder folder;
    affineModel().save(folder.file("model.onnx"));
    pn_blob* blob = nullptr;
    ASSERT_OK(pn_model_describe_file, folder.file("model.onnx").c_str(), &blob);
    const BlobHandle owned(blob);
    const std::string json = textOf(blob);
    for (const char* part :
         {R"("inputs": [{"name": "x", "dtype": "float32", "shape": [-1, 4]}])",
          PN_TENSORRT_AT_LEAST(8, 5) ? R"("dimensionNames": {"x": ["N", ""]})" : R"("dimensionNames": {})",
          R"("outputs": [{"name": "y", "dtype": "float32", "shape": [-1, 4]}])", "\"double\"", "\"increment\""}) {
        EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
    }
    EXPECT_FAILURE(call(pn_model_describe_file, folder.file("b.onnx").c_str(), &blob), PN_NOT_FOUND, "b.onnx");
}

TEST(OnnxScanTest, ListsNodesInOrder) {
    const std::string onnx = unsupportedModel().bytes();
    const pinion::OnnxOutline outline = pinion::scanOnnx(onnx.data(), onnx.size());
    ASSERT_EQ(outline.nodes.size(), 4u);
    EXPECT_EQ(outline.nodes[0].op, "Relu");
    EXPECT_EQ(outline.nodes[3].name, "odd three");
    EXPECT_TRUE(outline.functions.empty());
}

TEST(OnnxScanTest, StopsAtDamage) {
    const std::string onnx = unsupportedModel().bytes();
    for (size_t length = 0; length < onnx.size(); ++length) {
        EXPECT_LE(pinion::scanOnnx(onnx.data(), length).nodes.size(), 4u);
    }
    const std::string garbage(1000, '\xfa');
    EXPECT_TRUE(pinion::scanOnnx(garbage.data(), garbage.size()).nodes.empty());
}

// Models that others made, with dynamic batch and size; the test scripts fetch them.
struct RealModel {
    const char* name;
    const char* file;
    Range range;
};

class RealModelTest : public testing::TestWithParam<RealModel> {};

TEST_P(RealModelTest, BuildsWithABatchAndSizeProfile) {
    const char* folder = std::getenv("PINION_TEST_MODELS");
    if (folder == nullptr) {
        GTEST_SKIP() << "PINION_TEST_MODELS names no folder of models";
    }
    std::string plan;
    const Failure failure =
        BuildRequest({GetParam().range}).buildFile(std::string(folder) + "/" + GetParam().file, &plan);
    ASSERT_EQ(failure.status, PN_OK) << failure.text();
    if (!canRun()) {
        return;
    }
    EngineHandle engine;
    ASSERT_EQ(load(plan, &engine).status, PN_OK);
    int64_t min[PN_MAX_RANK] = {};
    int64_t opt[PN_MAX_RANK] = {};
    int64_t max[PN_MAX_RANK] = {};
    ASSERT_OK(pn_engine_profile_shape, engine.get(), 0, 0, min, opt, max);
    EXPECT_TRUE(std::equal(GetParam().range.max.begin(), GetParam().range.max.end(), max));
}

const RealModel kRealModels[] = {
    {"Classification", "ch_ppocr_mobile_v2.0_cls_infer.onnx", {"x", {1, 3, 48, 192}, {4, 3, 48, 192}, {8, 3, 48, 192}}},
    {"Detection", "ch_PP-OCRv4_det_infer.onnx", {"x", {1, 3, 32, 32}, {1, 3, 320, 320}, {2, 3, 640, 640}}},
    {"Recognition", "ch_PP-OCRv4_rec_infer.onnx", {"x", {1, 3, 48, 32}, {4, 3, 48, 320}, {8, 3, 48, 640}}},
};

INSTANTIATE_TEST_SUITE_P(All, RealModelTest, testing::ValuesIn(kRealModels),
                         [](const testing::TestParamInfo<RealModel>& info) { return info.param.name; });

}  // namespace
