// The host SDK against ONNX Runtime alone: the same model, input, library and number of threads.
#include <pinion_host_tensorrt.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

#include "clock.h"
#include "support.h"
#include "twin.h"

namespace bench {
namespace {

constexpr const char* kModel = "ch_PP-OCRv4_rec_infer.onnx";
constexpr int64_t kDims[] = {1, 3, 48, 320};
constexpr int kBlocks = 16;
constexpr int kCallsPerBlock = 10;
constexpr int kWarmUp = 3;

struct OrtDestroyer {
    void operator()(void* session) const { pinion_twin_ort_destroy(session); }
};

void checkTwin(int32_t status, const char* message) {
    if (status != 0) {
        throw std::runtime_error(message);
    }
}

}  // namespace

Results benchHost() {
    const char* const folder = std::getenv("PINION_TEST_MODELS");
    pn_runtime_info info{};
    info.struct_size = sizeof(info);
    pn_error* error = nullptr;
    check(pn_runtime_get_info(&info, &error), error, "runtime info");
    if (folder == nullptr || info.onnxruntime_path[0] == '\0') {
        return {};
    }
    const std::string path = std::string(folder) + "/" + kModel;
    std::ifstream file(path, std::ios::binary);
    const std::string onnx{std::istreambuf_iterator<char>(file), {}};
    if (onnx.empty()) {
        throw std::runtime_error("cannot read " + path);
    }
    pn_shape_range range{};
    range.tensor = "x";
    range.rank = 4;
    pn_shape shape{};
    shape.rank = 4;
    for (size_t i = 0; i < 4; ++i) {
        range.min[i] = range.opt[i] = range.max[i] = shape.dims[i] = kDims[i];
    }
    const EngineHandle engine = buildEngine(onnx, {range});
    pn_session_options options{};
    options.struct_size = sizeof(options);
    const SessionHandle session = createSession(engine, options);
    const int32_t variant = prepare(session, {shape});
    uint64_t inputBytes = 0;
    uint64_t outputBytes = 0;
    auto* const sessionInput = static_cast<float*>(buffer(session, 0, &inputBytes));
    const auto* const sessionOutput = static_cast<const float*>(buffer(session, 1, &outputBytes));
    std::mt19937 random(1);
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::generate_n(sessionInput, inputBytes / sizeof(float), [&] { return uniform(random); });

    std::vector<float> input(sessionInput, sessionInput + inputBytes / sizeof(float));
    std::vector<float> output(outputBytes / sizeof(float));
    char message[1024] = "";
    const OrtModelDescription model{info.onnxruntime_path,
                                    path.c_str(),
                                    pinion_host_tensorrt::onnxRuntimeInfo().threads,
                                    4,
                                    kDims,
                                    input.data(),
                                    static_cast<int64_t>(input.size()),
                                    output.data(),
                                    static_cast<int64_t>(output.size())};
    void* handle = nullptr;
    checkTwin(pinion_twin_ort_create(&model, &handle, message, sizeof(message)), message);
    const std::unique_ptr<void, OrtDestroyer> alone(handle);

    const Block host = [&](std::vector<int64_t>& times) {
        for (int64_t& time : times) {
            const int64_t start = nowNs();
            check(pn_session_run(session.get(), variant, &error), error, "run");
            time = nowNs() - start;
        }
    };
    const Block ort = [&](std::vector<int64_t>& times) {
        checkTwin(
            pinion_twin_ort_run(handle, static_cast<int32_t>(times.size()), times.data(), message, sizeof(message)),
            message);
    };
    const std::vector<double> medians = medianMicroseconds({host, ort}, kBlocks, kCallsPerBlock, kWarmUp);
    double difference = 0;
    for (size_t i = 0; i < output.size(); ++i) {
        difference = std::max(difference, static_cast<double>(std::fabs(output[i] - sessionOutput[i])));
    }
    return {{"hostRunUs", medians[0]},
            {"onnxRuntimeRunUs", medians[1]},
            {"hostOverOnnxRuntime", medians[0] / medians[1]},
            {"largestDifference", difference}};
}

}  // namespace bench
