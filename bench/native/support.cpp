#include "support.h"

#include <pinion_host_cuda.h>
#include <pinion_host_tensorrt.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace bench {

void check(int32_t status, pn_error* error, const char* what) {
    if (status != PN_OK) {
        const std::string text = std::string(what) + ": " + pn_error_message(error) + "\n" + pn_error_log(error);
        pn_error_destroy(error);
        throw std::runtime_error(text);
    }
}

EngineHandle buildEngine(const std::string& onnx, const std::vector<pn_shape_range>& ranges, int32_t copies) {
    pn_build_options options{};
    options.struct_size = sizeof(options);
    options.ranges = ranges.data();
    options.range_count = static_cast<int32_t>(ranges.size());
    options.profile_copies = copies;
    pn_error* error = nullptr;
    pn_blob* blob = nullptr;
    check(pn_plan_build_memory(onnx.data(), onnx.size(), nullptr, &options, &blob, &error), error, "build");
    const BlobHandle plan(blob);
    pn_engine* engine = nullptr;
    check(pn_engine_load_memory(pn_blob_data(blob), pn_blob_size(blob), nullptr, &engine, &error), error, "load");
    return EngineHandle(engine);
}

SessionHandle createSession(const EngineHandle& engine, const pn_session_options& options) {
    pn_error* error = nullptr;
    pn_session* session = nullptr;
    check(pn_session_create(engine.get(), &options, &session, &error), error, "create session");
    return SessionHandle(session);
}

int32_t prepare(const SessionHandle& session, const std::vector<pn_shape>& shapes) {
    pn_error* error = nullptr;
    int32_t variant = 0;
    check(pn_session_prepare(session.get(), shapes.data(), static_cast<int32_t>(shapes.size()), &variant, &error),
          error, "prepare");
    return variant;
}

void* buffer(const SessionHandle& session, int32_t tensor, uint64_t* outBytes) {
    pn_error* error = nullptr;
    void* data = nullptr;
    uint64_t bytes = 0;
    check(pn_session_buffer(session.get(), tensor, &data, &bytes, &error), error, "buffer");
    if (outBytes != nullptr) {
        *outBytes = bytes;
    }
    return data;
}

void simulate(const std::string& cuda, const std::string& tensorrt) {
    setenv("PINION_HOST_CUDA_FAULTS", cuda.c_str(), 1);
    setenv("PINION_HOST_TENSORRT_FAULTS", tensorrt.c_str(), 1);
    pinionHostCudaReloadSettings();
    pinion_host_tensorrt::reloadFaults();
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<double> medianMicroseconds(const std::vector<Block>& subjects, int blocks, int callsPerBlock, int warmUp) {
    std::vector<std::vector<double>> samples(subjects.size());
    std::vector<int64_t> times(static_cast<size_t>(warmUp + callsPerBlock));
    for (int block = 0; block < blocks; ++block) {
        for (size_t i = 0; i < subjects.size(); ++i) {
            // The order rotates, so that none always follows the same one.
            const size_t subject = (i + static_cast<size_t>(block)) % subjects.size();
            subjects[subject](times);
            for (size_t call = static_cast<size_t>(warmUp); call < times.size(); ++call) {
                samples[subject].push_back(static_cast<double>(times[call]) / 1000);
            }
        }
    }
    std::vector<double> medians;
    for (std::vector<double>& values : samples) {
        medians.push_back(median(std::move(values)));
    }
    return medians;
}

}  // namespace bench
