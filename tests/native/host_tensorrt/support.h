// What the tests of the host TensorRT share: a logger that remembers, small models, and calls that are the same at
// every API level.
#pragma once

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <array>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "NvInfer.h"
#include "NvInferPlugin.h"
#include "NvOnnxParser.h"
#include "onnx_writer.h"
#include "pinion_host_tensorrt.h"

namespace trt_test {

using Extents = std::vector<int64_t>;

nvinfer1::Dims dims(const Extents& extents);
Extents extents(const nvinfer1::Dims& dims);

class Logger final : public nvinfer1::ILogger {
public:
    void log(Severity severity, const char* message) noexcept override;
    // Whether a message of this severity holds the text.
    bool has(Severity severity, const std::string& text) const;
    bool hasError(const std::string& text) const {
        return has(Severity::kERROR, text) || has(Severity::kINTERNAL_ERROR, text);
    }
    int errors() const;
    std::string all() const;
    void clear();

private:
    mutable std::mutex mutex_;
    std::vector<std::pair<Severity, std::string>> messages_;
};

// Collects reports in place of standard error while it lives.
class Reports {
public:
    Reports();
    ~Reports();
    Reports(const Reports&) = delete;
    Reports& operator=(const Reports&) = delete;
    bool has(const std::string& text) const;
    size_t count() const;

private:
    mutable std::mutex mutex_;
    std::vector<std::string> reports_;
};

// Sets an environment variable for a scope; for PINION_HOST_TENSORRT_FAULTS it also reloads the faults.
class Faults {
public:
    explicit Faults(const std::string& script);
    ~Faults();
    Faults(const Faults&) = delete;
    Faults& operator=(const Faults&) = delete;
};

// min, opt and max by input.
using Profile = std::map<std::string, std::array<Extents, 3>>;
using Configure = std::function<void(nvinfer1::INetworkDefinition&, nvinfer1::IBuilderConfig&)>;

#if PINION_TRT_SINCE(11, 0)
constexpr nvinfer1::NetworkDefinitionCreationFlags kExplicitBatch = 0;  // there is no other
#else
constexpr nvinfer1::NetworkDefinitionCreationFlags kExplicitBatch =
    1u << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH);
#endif

// Everything that a build needs, in the order of its destruction.
struct BuildSet {
    explicit BuildSet(Logger& logger, nvinfer1::NetworkDefinitionCreationFlags flags = kExplicitBatch);
    bool parse(const std::string& model) { return parser->parse(model.data(), model.size()); }
    // The index that the configuration gives it, or -1.
    int32_t addProfile(const Profile& profile);
    std::string build();

    std::unique_ptr<nvinfer1::IBuilder> builder;
    std::unique_ptr<nvinfer1::INetworkDefinition> network;
    std::unique_ptr<nvinfer1::IBuilderConfig> config;
    std::unique_ptr<nvonnxparser::IParser> parser;
};

// The plan's bytes, or nothing when the build is refused.
std::string buildPlan(Logger& logger, const std::string& model, const std::vector<Profile>& profiles = {},
                      const Configure& configure = {});

struct LoadedEngine {
    LoadedEngine(Logger& logger, const std::string& plan);
    nvinfer1::ICudaEngine* operator->() const { return engine.get(); }

    std::unique_ptr<nvinfer1::IRuntime> runtime;
    std::unique_ptr<nvinfer1::ICudaEngine> engine;
};

// Inputs and outputs of an engine, by name, at every level.
struct IoTensor {
    std::string name;
    bool input;
    nvinfer1::DataType type;
    Extents shape;
};
std::vector<IoTensor> ioTensors(const nvinfer1::ICudaEngine& engine);
Extents profileShape(const nvinfer1::ICudaEngine& engine, const std::string& name, int32_t profile,
                     nvinfer1::OptProfileSelector select);

size_t deviceMemorySize(const nvinfer1::ICudaEngine& engine);

class DeviceBuffer {
public:
    explicit DeviceBuffer(size_t bytes);
    ~DeviceBuffer();
    DeviceBuffer(DeviceBuffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)), bytes_(other.bytes_) {}
    DeviceBuffer& operator=(DeviceBuffer&&) = delete;
    void* data() const { return data_; }
    size_t bytes() const { return bytes_; }

    template <typename T>
    void fill(const std::vector<T>& values) {
        ASSERT_LE(values.size() * sizeof(T), bytes_);
        ASSERT_EQ(cudaMemcpy(data_, values.data(), values.size() * sizeof(T), cudaMemcpyDefault), cudaSuccess);
        // The last piece from pageable memory may still be on its way, and contexts run on streams that do not wait.
        ASSERT_EQ(cudaStreamSynchronize(cudaStreamLegacy), cudaSuccess);
    }
    template <typename T>
    std::vector<T> read(size_t count) const {
        std::vector<T> values(count);
        EXPECT_LE(count * sizeof(T), bytes_);
        EXPECT_EQ(cudaMemcpy(values.data(), data_, count * sizeof(T), cudaMemcpyDefault), cudaSuccess);
        return values;
    }

private:
    void* data_ = nullptr;
    size_t bytes_;
};

class Stream {
public:
    Stream() { EXPECT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess); }
    ~Stream() { cudaStreamDestroy(stream_); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    operator cudaStream_t() const { return stream_; }
    cudaError_t wait() const { return cudaStreamSynchronize(stream_); }

private:
    cudaStream_t stream_ = nullptr;
};

// A stream on which nothing runs until it is opened.
class HeldStream : public Stream {
public:
    HeldStream() { EXPECT_EQ(cudaLaunchHostFunc(*this, hold, this), cudaSuccess); }
    ~HeldStream() {
        open();
        wait();
    }
    void open();

private:
    static void hold(void* stream);

    std::mutex mutex_;
    std::condition_variable opened_;
    bool isOpen_ = false;
};

// One execution context with addresses by name: by binding index at level 8.0, by name from 8.5 on.
class ContextRunner {
public:
    ContextRunner(nvinfer1::ICudaEngine& engine, int32_t profile = 0);
    bool setShape(const std::string& name, const Extents& shape);
    Extents shape(const std::string& name) const;
    void bind(const std::string& name, void* address);
    bool enqueue(cudaStream_t stream);
#if !PINION_TRT_SINCE(8, 5)
    bool execute();
#endif
    // Enqueues and waits.
    bool run();
    nvinfer1::IExecutionContext* operator->() const {
        return context.get();
    }

    std::unique_ptr<nvinfer1::IExecutionContext> context;

private:
    nvinfer1::ICudaEngine& engine_;
    int32_t profile_;
    std::vector<void*> bindings_;
    Stream stream_;
};

// y = 2 * x, over [N, 4] floats.
std::string doublingModel();
// y = relu(x * w), over [N, 3] to [N, 2] floats.
std::string matMulModel();
Profile batchProfile(const std::string& input, int64_t width, int64_t least = 1, int64_t best = 2, int64_t most = 4);

}  // namespace trt_test
