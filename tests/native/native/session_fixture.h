// What the session tests share: small models as engines, sessions with typed buffers, scripted faults, leak counts.
#pragma once

#include <gtest/gtest.h>
#include <pinion_host_cuda.h>
#include <pinion_host_tensorrt.h>

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../common/onnx_writer.h"
#include "pinion/pinion.h"

namespace session_test {

// An error as a caller sees it; takes the handle.
struct Failure {
    int32_t status = PN_OK;
    std::string message;
    std::string operation;
    std::string log;

    Failure() = default;
    explicit Failure(pn_error* error)
        : status(pn_error_status(error)),
          message(pn_error_message(error)),
          operation(pn_error_operation(error)),
          log(pn_error_log(error)) {
        pn_error_destroy(error);
    }
};

// Calls function(arguments..., &error) and gives back what it reported; status and error must agree.
template <typename Function, typename... Arguments>
Failure call(Function function, Arguments... arguments) {
    pn_error* error = nullptr;
    const int32_t status = function(arguments..., &error);
    Failure failure(error);
    // NOT_READY has no error object.
    if (status != PN_NOT_READY) {
        EXPECT_EQ(status, failure.status);
    }
    failure.status = status;
    return failure;
}

#define EXPECT_OK(...)                                                                                       \
    do {                                                                                                     \
        const ::session_test::Failure failure_ = ::session_test::call(__VA_ARGS__);                          \
        EXPECT_EQ(failure_.status, PN_OK) << failure_.operation << ": " << failure_.message << failure_.log; \
    } while (false)
#define ASSERT_OK(...)                                                                                       \
    do {                                                                                                     \
        const ::session_test::Failure failure_ = ::session_test::call(__VA_ARGS__);                          \
        ASSERT_EQ(failure_.status, PN_OK) << failure_.operation << ": " << failure_.message << failure_.log; \
    } while (false)

// An environment variable for the length of a scope.
class ScopedEnv {
public:
    ScopedEnv(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
    ~ScopedEnv() { unsetenv(name_); }
    ScopedEnv(const ScopedEnv&) = delete;
    ScopedEnv& operator=(const ScopedEnv&) = delete;

private:
    const char* name_;
};

// Scripted faults of the host CUDA for the length of a scope.
class CudaFaults {
public:
    explicit CudaFaults(const std::string& script)
        : env_(std::make_unique<ScopedEnv>("PINION_HOST_CUDA_FAULTS", script)) {
        pinionHostCudaReloadSettings();
    }
    ~CudaFaults() {
        env_.reset();
        pinionHostCudaReloadSettings();
    }

private:
    std::unique_ptr<ScopedEnv> env_;
};

// The same for the host TensorRT.
class TensorRtFaults {
public:
    explicit TensorRtFaults(const std::string& script)
        : env_(std::make_unique<ScopedEnv>("PINION_HOST_TENSORRT_FAULTS", script)) {
        pinion_host_tensorrt::reloadFaults();
    }
    ~TensorRtFaults() {
        env_.reset();
        pinion_host_tensorrt::reloadFaults();
    }

private:
    std::unique_ptr<ScopedEnv> env_;
};

inline PinionHostCudaUsage usage() {
    PinionHostCudaUsage now{};
    pinionHostCudaGetUsage(&now);
    return now;
}

// Streams drain a moment after they were destroyed: they are not compared.
inline bool sameUsage(const PinionHostCudaUsage& a, const PinionHostCudaUsage& b) {
    return a.deviceBytes == b.deviceBytes && a.pinnedBytes == b.pinnedBytes && a.allocations == b.allocations &&
           a.events == b.events && a.graphs == b.graphs && a.graphExecs == b.graphExecs;
}

// Log lines while it lives.
class LogCapture {
public:
    LogCapture() { pn_log_set_callback(&append, this, PN_SEVERITY_VERBOSE, nullptr); }
    ~LogCapture() { pn_log_set_callback(nullptr, nullptr, PN_SEVERITY_WARNING, nullptr); }
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;

    // Warnings with this text.
    int warnings(const std::string& text) const {
        return static_cast<int>(std::count_if(warnings_.begin(), warnings_.end(), [&text](const std::string& line) {
            return line.find(text) != std::string::npos;
        }));
    }

private:
    static void append(void* user, int32_t severity, const char* message) {
        if (severity == PN_SEVERITY_WARNING) {
            static_cast<LogCapture*>(user)->warnings_.emplace_back(message);
        }
    }
    std::vector<std::string> warnings_;
};

template <auto Destroy>
struct Destroyer {
    template <typename T>
    void operator()(T* handle) const {
        Destroy(handle);
    }
};
using EngineHandle = std::unique_ptr<pn_engine, Destroyer<pn_engine_destroy>>;
using SessionHandle = std::unique_ptr<pn_session, Destroyer<pn_session_destroy>>;
using BlobHandle = std::unique_ptr<pn_blob, Destroyer<pn_blob_destroy>>;

struct Range {
    const char* tensor;
    std::vector<int64_t> min, opt, max;
    int32_t profile = 0;
};

inline pn_shape_range toRange(const Range& range) {
    pn_shape_range result{};
    result.tensor = range.tensor;
    result.profile = range.profile;
    result.rank = static_cast<int32_t>(range.max.size());
    std::copy(range.min.begin(), range.min.end(), result.min);
    std::copy(range.opt.begin(), range.opt.end(), result.opt);
    std::copy(range.max.begin(), range.max.end(), result.max);
    return result;
}

inline EngineHandle makeEngine(const onnx_writer::Model& model, const std::vector<Range>& ranges = {},
                               int32_t profileCopies = 0) {
    std::vector<pn_shape_range> shapeRanges;
    std::transform(ranges.begin(), ranges.end(), std::back_inserter(shapeRanges), toRange);
    pn_build_options options{};
    options.struct_size = sizeof(options);
    options.ranges = shapeRanges.data();
    options.range_count = static_cast<int32_t>(shapeRanges.size());
    options.profile_copies = profileCopies;
    const std::string onnx = model.bytes();
    pn_blob* blob = nullptr;
    EXPECT_OK(pn_plan_build_memory, onnx.data(), uint64_t{onnx.size()}, static_cast<const char*>(nullptr), &options,
              &blob);
    const BlobHandle plan(blob);
    pn_engine* engine = nullptr;
    if (plan != nullptr) {
        EXPECT_OK(pn_engine_load_memory, pn_blob_data(blob), pn_blob_size(blob),
                  static_cast<const pn_engine_options*>(nullptr), &engine);
    }
    return EngineHandle(engine);
}

// y = x, 16 floats.
inline onnx_writer::Model identityModel() {
    using namespace onnx_writer;
    return Model().input("x", kFloat, {16}).node("Identity", {"x"}, {"y"}, "copy").output("y", kFloat, {16});
}

// y = 2 x + 1 for N rows of `columns` floats.
inline onnx_writer::Model affineModel(int64_t columns = 4) {
    using namespace onnx_writer;
    return Model()
        .input("x", kFloat, {"N", columns})
        .constant("two", {1}, std::vector<float>{2.0f})
        .constant("one", {1}, std::vector<float>{1.0f})
        .node("Mul", {"x", "two"}, {"twice"}, "double")
        .node("Add", {"twice", "one"}, {"y"}, "increment")
        .output("y", kFloat, {"N", columns});
}

inline EngineHandle affineEngine(int64_t columns = 4, int64_t maxRows = 8, int32_t profileCopies = 0) {
    return makeEngine(affineModel(columns), {{"x", {1, columns}, {2, columns}, {maxRows, columns}}}, profileCopies);
}

inline pn_session_options sessionOptions() {
    pn_session_options options{};
    options.struct_size = sizeof(options);
    return options;
}

inline pn_shape shapeOf(int32_t tensor, std::initializer_list<int64_t> dims) {
    pn_shape shape{};
    shape.tensor = tensor;
    shape.rank = static_cast<int32_t>(dims.size());
    std::copy(dims.begin(), dims.end(), shape.dims);
    return shape;
}

// A session whose tensors are float; tensor 0 is the input "x", the last the output "y" in the models above.
class TestSession {
public:
    explicit TestSession(const EngineHandle& engine, const pn_session_options& options = sessionOptions()) {
        pn_session* session = nullptr;
        EXPECT_OK(pn_session_create, engine.get(), &options, &session);
        handle_.reset(session);
    }

    pn_session* get() const { return handle_.get(); }
    void destroy() { handle_.reset(); }
    void release() { (void)handle_.release(); }

    int32_t prepare(const std::vector<pn_shape>& shapes = {}) {
        int32_t variant = -1;
        EXPECT_OK(pn_session_prepare, get(), shapes.data(), static_cast<int32_t>(shapes.size()), &variant);
        return variant;
    }
    // Rows of the models above.
    int32_t prepareRows(int64_t rows, int64_t columns = 4) { return prepare({shapeOf(0, {rows, columns})}); }

    template <typename T = float>
    T* data(int32_t slot, int32_t tensor) const {
        void* data = nullptr;
        uint64_t bytes = 0;
        EXPECT_OK(pn_session_buffer, static_cast<const pn_session*>(get()), slot, tensor, &data, &bytes);
        return static_cast<T*>(data);
    }
    bool usesGraph(int32_t variant) const {
        int32_t usesGraph = -1;
        EXPECT_OK(pn_session_uses_graph, static_cast<const pn_session*>(get()), variant, &usesGraph);
        return usesGraph == 1;
    }
    pn_timings timings(int32_t slot) const {
        pn_timings times{};
        times.struct_size = sizeof(times);
        EXPECT_OK(pn_session_timings, static_cast<const pn_session*>(get()), slot, &times);
        return times;
    }
    Failure run(int32_t slot, int32_t variant) { return call(pn_session_run, get(), slot, variant); }

    // Fills the input with first, first + 1, ... and spoils the output.
    void fill(int32_t slot, size_t count, float first, int32_t output = 1) {
        for (size_t i = 0; i < count; ++i) {
            data(slot, 0)[i] = first + static_cast<float>(i);
            data(slot, output)[i] = -1e9f;
        }
    }
    // Whether the output of the affine model is right for fill(slot, count, first).
    bool isAffine(int32_t slot, size_t count, float first) const {
        for (size_t i = 0; i < count; ++i) {
            if (data(slot, 1)[i] != 2 * (first + static_cast<float>(i)) + 1) {
                return false;
            }
        }
        return true;
    }

private:
    SessionHandle handle_;
};

}  // namespace session_test
