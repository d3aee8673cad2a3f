// Real models against ONNX Runtime alone: the plan, the staging and the streams must not change a result.
#include <cmath>
#include <fstream>
#include <random>
#include <sstream>

#include "ort_library.h"
#include "session.h"
#include "shared_library.h"
#include "support.h"

namespace trt_test {
namespace {

using pinion_host_tensorrt::OrtLibrary;
using pinion_host_tensorrt::ortLibrary;

struct RealModel {
    const char* name;
    const char* file;
    std::array<Extents, 3> profile;
    std::vector<Extents> shapes;
};

std::string readAll(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
}

// ONNX Runtime with its default options on the model as it is.
std::vector<float> reference(const std::string& model, const std::string& input, const std::string& output,
                             const Extents& shape, std::vector<float>& values) {
    const OrtLibrary& ort = ortLibrary();
    const auto options = pinion_host_tensorrt::sessionOptions(ORT_ENABLE_ALL);
    OrtSession* raw = nullptr;
    ort.check(ort.api->CreateSessionFromArray(ort.environment, model.data(), model.size(), options.get(), &raw),
              "load");
    const pinion_host_tensorrt::OrtOwned<OrtSession> session(raw);
    const auto tensor =
        pinion_host_tensorrt::tensorOver(values.data(), values.size() * sizeof(float), shape, onnx_writer::kFloat);
    const OrtValue* const inputs[] = {tensor.get()};
    const char* const inputNames[] = {input.c_str()};
    const char* const outputNames[] = {output.c_str()};
    OrtValue* result = nullptr;
    ort.check(ort.api->Run(raw, nullptr, inputNames, inputs, 1, outputNames, 1, &result), "run");
    const pinion_host_tensorrt::OrtOwned<OrtValue> owned(result);
    OrtTensorTypeAndShapeInfo* rawInfo = nullptr;
    ort.check(ort.api->GetTensorTypeAndShape(result, &rawInfo), "describe");
    const pinion_host_tensorrt::OrtOwned<OrtTensorTypeAndShapeInfo> info(rawInfo);
    size_t rank = 0;
    ort.check(ort.api->GetDimensionsCount(rawInfo, &rank), "describe");
    Extents dims(rank);
    ort.check(ort.api->GetDimensions(rawInfo, dims.data(), rank), "describe");
    size_t count = 1;
    for (const int64_t extent : dims) {
        count *= static_cast<size_t>(extent);
    }
    void* data = nullptr;
    ort.check(ort.api->GetTensorMutableData(result, &data), "read");
    return {static_cast<float*>(data), static_cast<float*>(data) + count};
}

class Models : public testing::TestWithParam<RealModel> {};

TEST_P(Models, ComputeWhatOnnxRuntimeComputes) {
    const std::string folder = pinion_host_tensorrt::environmentVariable("PINION_TEST_MODELS");
    if (folder.empty()) {
        GTEST_SKIP() << "PINION_TEST_MODELS does not name the folder of the models";
    }
    const std::string path = folder + "/" + GetParam().file;
    const std::string model = readAll(path);
    ASSERT_FALSE(model.empty()) << path;
    Logger logger;
    BuildSet set(logger);
    ASSERT_TRUE(set.parser->parseFromFile(path.c_str(), 0)) << logger.all();
    const std::string input = set.network->getInput(0)->getName();
    const std::string output = set.network->getOutput(0)->getName();
    ASSERT_EQ(set.addProfile({{input, GetParam().profile}}), 0) << logger.all();
    const std::string plan = set.build();
    ASSERT_FALSE(plan.empty()) << logger.all();
    LoadedEngine engine(logger, plan);
    ASSERT_NE(engine.engine, nullptr) << logger.all();
    ContextRunner context(*engine.engine);
    std::mt19937 random(7);
    std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
    for (const Extents& shape : GetParam().shapes) {
        std::vector<float> values(static_cast<size_t>(shape[0] * shape[1] * shape[2] * shape[3]));
        for (float& value : values) {
            value = uniform(random);
        }
        const std::vector<float> expected = reference(model, input, output, shape, values);
        ASSERT_TRUE(context.setShape(input, shape)) << logger.all();
        size_t count = 1;
        for (const int64_t extent : context.shape(output)) {
            count *= static_cast<size_t>(extent);
        }
        ASSERT_EQ(count, expected.size());
        DeviceBuffer x(values.size() * sizeof(float));
        DeviceBuffer y(count * sizeof(float));
        x.fill(values);
        context.bind(input, x.data());
        context.bind(output, y.data());
        ASSERT_TRUE(context.run()) << logger.all();
        const std::vector<float> got = y.read<float>(count);
        float worst = 0;
        for (size_t i = 0; i < count; ++i) {
            worst = std::max(worst, std::fabs(got[i] - expected[i]));
        }
        EXPECT_LE(worst, 1e-5f) << pinion_host_tensorrt::toString(shape);
    }
}

INSTANTIATE_TEST_SUITE_P(
    PaddleOcr, Models,
    testing::Values(RealModel{"Classify",
                              "ch_ppocr_mobile_v2.0_cls_infer.onnx",
                              {Extents{1, 3, 48, 192}, Extents{2, 3, 48, 192}, Extents{4, 3, 48, 192}},
                              {{1, 3, 48, 192}, {3, 3, 48, 192}}},
                    RealModel{"Detect",
                              "ch_PP-OCRv4_det_infer.onnx",
                              {Extents{1, 3, 64, 64}, Extents{1, 3, 96, 128}, Extents{1, 3, 160, 192}},
                              {{1, 3, 96, 128}, {1, 3, 64, 160}}},
                    RealModel{"Recognize",
                              "ch_PP-OCRv4_rec_infer.onnx",
                              {Extents{1, 3, 48, 160}, Extents{1, 3, 48, 320}, Extents{2, 3, 48, 480}},
                              {{1, 3, 48, 320}, {2, 3, 48, 200}, {1, 3, 48, 480}}}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace trt_test
