// What all tests of the native layer share: calls with their errors, handles, log lines, small models.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "../common/onnx_writer.h"
#include "pinion/pinion.h"

namespace native_test {

// An error as a caller sees it; takes the handle.
struct Failure {
    int32_t status = PN_OK;
    std::string message;
    std::string operation;
    std::string log;
    std::string builtWith;
    std::string runningOn;

    Failure() = default;
    explicit Failure(pn_error* error)
        : status(pn_error_status(error)),
          message(pn_error_message(error)),
          operation(pn_error_operation(error)),
          log(pn_error_log(error)),
          builtWith(pn_error_built_with(error)),
          runningOn(pn_error_running_on(error)) {
        pn_error_destroy(error);
    }

    // Message and log: where a reason may stand.
    std::string text() const { return message + "\n" + log; }
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
        const ::native_test::Failure failure_ = ::native_test::call(__VA_ARGS__);                            \
        EXPECT_EQ(failure_.status, PN_OK) << failure_.operation << ": " << failure_.message << failure_.log; \
    } while (false)
#define ASSERT_OK(...)                                                                                       \
    do {                                                                                                     \
        const ::native_test::Failure failure_ = ::native_test::call(__VA_ARGS__);                            \
        ASSERT_EQ(failure_.status, PN_OK) << failure_.operation << ": " << failure_.message << failure_.log; \
    } while (false)

// The failure's status, and a part of its message that the caller needs.
#define EXPECT_FAILURE(failure, expectedStatus, part)                                  \
    do {                                                                               \
        const ::native_test::Failure failure_ = (failure);                             \
        EXPECT_EQ(failure_.status, expectedStatus) << failure_.message;                \
        EXPECT_NE(failure_.message.find(part), std::string::npos) << failure_.message; \
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

// Log lines while it lives.
class LogCapture {
public:
    LogCapture() { pn_log_set_callback(&append, this, PN_SEVERITY_VERBOSE, nullptr); }
    ~LogCapture() { pn_log_set_callback(nullptr, nullptr, PN_SEVERITY_WARNING, nullptr); }
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;

    // Lines of a severity with this text.
    int count(int32_t severity, const std::string& text) const {
        const std::lock_guard<std::mutex> lock(mutex_);
        return static_cast<int>(std::count_if(lines_.begin(), lines_.end(), [&](const auto& line) {
            return line.first == severity && line.second.find(text) != std::string::npos;
        }));
    }
    int warnings(const std::string& text) const { return count(PN_SEVERITY_WARNING, text); }

private:
    static void append(void* user, int32_t severity, const char* message) {
        auto* const self = static_cast<LogCapture*>(user);
        const std::lock_guard<std::mutex> lock(self->mutex_);
        self->lines_.emplace_back(severity, message);
    }
    mutable std::mutex mutex_;
    std::vector<std::pair<int32_t, std::string>> lines_;
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

inline std::string textOf(const pn_blob* blob) {
    return blob == nullptr ? "" : std::string(static_cast<const char*>(pn_blob_data(blob)), pn_blob_size(blob));
}

// A folder of its own, removed afterwards.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "pinion-test-XXXXXX").string();
        path_ = mkdtemp(pattern.data());
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string file(const std::string& name) const { return (path_ / name).string(); }
    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(path_)) {
            names.push_back(entry.path().filename().string());
        }
        std::sort(names.begin(), names.end());
        return names;
    }

private:
    std::filesystem::path path_;
};

inline void writeFile(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

inline std::string readFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

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

// A build's options with storage for its arrays.
class BuildRequest {
public:
    explicit BuildRequest(const std::vector<Range>& ranges = {}) {
        options.struct_size = sizeof(options);
        std::transform(ranges.begin(), ranges.end(), std::back_inserter(ranges_), toRange);
        options.ranges = ranges_.data();
        options.range_count = static_cast<int32_t>(ranges_.size());
    }

    pn_build_options options{};

    // plan stays empty on failure.
    Failure build(const onnx_writer::Model& model, std::string* plan = nullptr) const {
        return buildBytes(model.bytes(), plan);
    }
    Failure buildBytes(const std::string& onnx, std::string* plan = nullptr) const {
        pn_blob* blob = nullptr;
        Failure failure = call(pn_plan_build_memory, static_cast<const void*>(onnx.data()), uint64_t{onnx.size()},
                               static_cast<const char*>(nullptr), &options, &blob);
        take(blob, plan);
        return failure;
    }
    Failure buildFile(const std::string& path, std::string* plan = nullptr) const {
        pn_blob* blob = nullptr;
        Failure failure = call(pn_plan_build_file, path.c_str(), &options, &blob);
        take(blob, plan);
        return failure;
    }

private:
    static void take(pn_blob* blob, std::string* plan) {
        const BlobHandle owned(blob);
        if (plan != nullptr) {
            *plan = textOf(blob);
        }
    }
    std::vector<pn_shape_range> ranges_;
};

// The pn_sdk of the library under test.
inline int32_t sdk() {
    pn_runtime_info info{};
    info.struct_size = sizeof(info);
    EXPECT_OK(pn_runtime_get_info, &info);
    return info.sdk;
}

// Whether engines run here; where they are built only, tests end with the plan.
inline bool canRun() {
    return call(pn_runtime_probe, int32_t{PN_PURPOSE_RUN}).status == PN_OK;
}

// Loads bytes; engine stays empty on failure.
inline Failure load(const std::string& plan, EngineHandle* engine, bool allowHostCode = false) {
    pn_engine_options options{};
    options.struct_size = sizeof(options);
    options.allow_host_code = allowHostCode ? 1 : 0;
    pn_engine* loaded = nullptr;
    Failure failure = call(pn_engine_load_memory, static_cast<const void*>(plan.data()), uint64_t{plan.size()},
                           static_cast<const pn_engine_options*>(&options), &loaded);
    engine->reset(loaded);
    return failure;
}

inline void expectLoads(const std::string& plan, bool allowHostCode = false) {
    if (canRun()) {
        EngineHandle engine;
        const Failure failure = load(plan, &engine, allowHostCode);
        EXPECT_EQ(failure.status, PN_OK) << failure.text();
    }
}

inline EngineHandle makeEngine(const onnx_writer::Model& model, const std::vector<Range>& ranges = {},
                               int32_t profileCopies = 0) {
    BuildRequest request(ranges);
    request.options.profile_copies = profileCopies;
    std::string plan;
    const Failure built = request.build(model, &plan);
    EXPECT_EQ(built.status, PN_OK) << built.message << built.log;
    EngineHandle engine;
    if (built.status == PN_OK) {
        const Failure loaded = load(plan, &engine);
        EXPECT_EQ(loaded.status, PN_OK) << loaded.message << loaded.log;
    }
    return engine;
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

inline Range affineRange(int64_t maxRows = 8) {
    return {"x", {1, 4}, {2, 4}, {maxRows, 4}};
}

inline EngineHandle affineEngine(int64_t columns = 4, int64_t maxRows = 8, int32_t profileCopies = 0) {
    return makeEngine(affineModel(columns), {{"x", {1, columns}, {2, columns}, {maxRows, columns}}}, profileCopies);
}

}  // namespace native_test
