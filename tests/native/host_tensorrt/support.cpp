#include "support.h"

#include <cstdlib>
#include <stdexcept>

namespace trt_test {

using nvinfer1::OptProfileSelector;

nvinfer1::Dims dims(const Extents& extents) {
    nvinfer1::Dims out{};
    out.nbDims = static_cast<int32_t>(extents.size());
    for (size_t i = 0; i < extents.size(); ++i) {
        out.d[i] = static_cast<std::remove_reference_t<decltype(out.d[0])>>(extents[i]);
    }
    return out;
}

Extents extents(const nvinfer1::Dims& dims) {
    return dims.nbDims < 0 ? Extents{-99} : Extents(dims.d, dims.d + dims.nbDims);
}

void Logger::log(Severity severity, const char* message) noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    messages_.emplace_back(severity, message);
}

bool Logger::has(Severity severity, const std::string& text) const {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [known, message] : messages_) {
        if (known == severity && message.find(text) != std::string::npos) {
            return true;
        }
    }
    return false;
}

int Logger::errors() const {
    std::lock_guard<std::mutex> lock(mutex_);
    int count = 0;
    for (const auto& message : messages_) {
        count += message.first <= Severity::kERROR ? 1 : 0;
    }
    return count;
}

std::string Logger::all() const {
    std::lock_guard<std::mutex> lock(mutex_);
    std::string out;
    for (const auto& message : messages_) {
        out += std::to_string(static_cast<int>(message.first)) + " " + message.second + "\n";
    }
    return out;
}

void Logger::clear() {
    std::lock_guard<std::mutex> lock(mutex_);
    messages_.clear();
}

Reports::Reports() {
    pinion_host_tensorrt::setReportHook(
        [](const char* message, void* user) {
            auto* const self = static_cast<Reports*>(user);
            std::lock_guard<std::mutex> lock(self->mutex_);
            self->reports_.emplace_back(message);
        },
        this);
}

Reports::~Reports() {
    pinion_host_tensorrt::setReportHook(nullptr, nullptr);
}

bool Reports::has(const std::string& text) const {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const std::string& report : reports_) {
        if (report.find(text) != std::string::npos) {
            return true;
        }
    }
    return false;
}

size_t Reports::count() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return reports_.size();
}

namespace {

void setFaults(const std::string& script) {
#ifdef _WIN32
    _putenv_s("PINION_HOST_TENSORRT_FAULTS", script.c_str());
#else
    setenv("PINION_HOST_TENSORRT_FAULTS", script.c_str(), 1);
#endif
    pinion_host_tensorrt::reloadFaults();
}

}  // namespace

void HeldStream::open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    isOpen_ = true;
    opened_.notify_all();
}

void HeldStream::hold(void* stream) {
    auto& held = *static_cast<HeldStream*>(stream);
    std::unique_lock<std::mutex> lock(held.mutex_);
    held.opened_.wait(lock, [&] { return held.isOpen_; });
}

Faults::Faults(const std::string& script) {
    setFaults(script);
}

Faults::~Faults() {
    setFaults("");
}

namespace {

// A test without ONNX Runtime fails by saying so, not by using a null builder.
nvinfer1::IBuilder* needBuilder(Logger& logger) {
    nvinfer1::IBuilder* const builder = nvinfer1::createInferBuilder(logger);
    if (builder == nullptr) {
        throw std::runtime_error("no builder:\n" + logger.all());
    }
    return builder;
}

}  // namespace

BuildSet::BuildSet(Logger& logger, nvinfer1::NetworkDefinitionCreationFlags flags)
    : builder(needBuilder(logger)),
      network(builder->createNetworkV2(flags)),
      config(builder->createBuilderConfig()),
      parser(nvonnxparser::createParser(*network, logger)) {}

int32_t BuildSet::addProfile(const Profile& profile) {
    nvinfer1::IOptimizationProfile* const out = builder->createOptimizationProfile();
    for (const auto& [name, shapes] : profile) {
        for (int i = 0; i < 3; ++i) {
            if (!shapes[i].empty()) {
                out->setDimensions(name.c_str(), static_cast<OptProfileSelector>(i), dims(shapes[i]));
            }
        }
    }
    return config->addOptimizationProfile(out);
}

std::string BuildSet::build() {
    const std::unique_ptr<nvinfer1::IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
    return plan != nullptr ? std::string(static_cast<const char*>(plan->data()), plan->size()) : "";
}

std::string buildPlan(Logger& logger, const std::string& model, const std::vector<Profile>& profiles,
                      const Configure& configure) {
    BuildSet set(logger);
    if (!set.parse(model)) {
        return "";
    }
    for (const Profile& profile : profiles) {
        if (set.addProfile(profile) < 0) {
            return "";
        }
    }
#if PINION_TRT_RTX
    // As Pinion builds them: others cannot be captured.
    set.config->setFlag(nvinfer1::BuilderFlag::kREQUIRE_USER_ALLOCATION);
#endif
    if (configure) {
        configure(*set.network, *set.config);
    }
    return set.build();
}

LoadedEngine::LoadedEngine(Logger& logger, const std::string& plan)
    : runtime(nvinfer1::createInferRuntime(logger)), engine(runtime->deserializeCudaEngine(plan.data(), plan.size())) {}

std::vector<IoTensor> ioTensors(const nvinfer1::ICudaEngine& engine) {
    std::vector<IoTensor> out;
#if PINION_TRT_SINCE(8, 5)
    for (int32_t i = 0; i < engine.getNbIOTensors(); ++i) {
        const char* const name = engine.getIOTensorName(i);
        out.push_back({name, engine.getTensorIOMode(name) == nvinfer1::TensorIOMode::kINPUT,
                       engine.getTensorDataType(name), extents(engine.getTensorShape(name))});
    }
#else
    for (int32_t i = 0; i < engine.getNbBindings() / engine.getNbOptimizationProfiles(); ++i) {
        out.push_back({engine.getBindingName(i), engine.bindingIsInput(i), engine.getBindingDataType(i),
                       extents(engine.getBindingDimensions(i))});
    }
#endif
    return out;
}

Extents profileShape(const nvinfer1::ICudaEngine& engine, const std::string& name, int32_t profile,
                     OptProfileSelector select) {
#if PINION_TRT_SINCE(8, 5)
    return extents(engine.getProfileShape(name.c_str(), profile, select));
#else
    return extents(engine.getProfileDimensions(engine.getBindingIndex(name.c_str()), profile, select));
#endif
}

size_t deviceMemorySize(const nvinfer1::ICudaEngine& engine) {
#if PINION_TRT_SINCE(11, 0)
    return static_cast<size_t>(engine.getDeviceMemorySizeV2());
#else
    return engine.getDeviceMemorySize();
#endif
}

DeviceBuffer::DeviceBuffer(size_t bytes) : bytes_(bytes) {
    EXPECT_EQ(cudaMalloc(&data_, bytes), cudaSuccess);
}

DeviceBuffer::~DeviceBuffer() {
    if (data_ != nullptr) {
        cudaFree(data_);
    }
}

ContextRunner::ContextRunner(nvinfer1::ICudaEngine& engine, int32_t profile)
    : context(engine.createExecutionContext()), engine_(engine), profile_(profile) {
    bindings_.resize(ioTensors(engine).size() * static_cast<size_t>(engine.getNbOptimizationProfiles()), nullptr);
    if (context != nullptr && profile != context->getOptimizationProfile()) {
        EXPECT_TRUE(context->setOptimizationProfileAsync(profile, stream_));
        EXPECT_EQ(stream_.wait(), cudaSuccess);
    }
}

#if PINION_TRT_SINCE(8, 5)

bool ContextRunner::setShape(const std::string& name, const Extents& shape) {
    return context->setInputShape(name.c_str(), dims(shape));
}

Extents ContextRunner::shape(const std::string& name) const {
    return extents(context->getTensorShape(name.c_str()));
}

void ContextRunner::bind(const std::string& name, void* address) {
    EXPECT_TRUE(context->setTensorAddress(name.c_str(), address));
}

bool ContextRunner::enqueue(cudaStream_t stream) {
    return context->enqueueV3(stream);
}

#else

bool ContextRunner::setShape(const std::string& name, const Extents& shape) {
    const auto offset = static_cast<int32_t>(ioTensors(engine_).size()) * profile_;
    return context->setBindingDimensions(engine_.getBindingIndex(name.c_str()) + offset, dims(shape));
}

Extents ContextRunner::shape(const std::string& name) const {
    const auto offset = static_cast<int32_t>(ioTensors(engine_).size()) * profile_;
    return extents(context->getBindingDimensions(engine_.getBindingIndex(name.c_str()) + offset));
}

void ContextRunner::bind(const std::string& name, void* address) {
    const auto offset = static_cast<int32_t>(ioTensors(engine_).size()) * profile_;
    bindings_[static_cast<size_t>(engine_.getBindingIndex(name.c_str()) + offset)] = address;
}

bool ContextRunner::enqueue(cudaStream_t stream) {
    return context->enqueueV2(bindings_.data(), stream, nullptr);
}

bool ContextRunner::execute() {
    return context->executeV2(bindings_.data());
}

#endif

bool ContextRunner::run() {
    return enqueue(stream_) && stream_.wait() == cudaSuccess;
}

std::string doublingModel() {
    return onnx_writer::Model()
        .input("x", onnx_writer::kFloat, {"N", 4})
        .constant("two", {1}, std::vector<float>{2.0f})
        .node("Mul", {"x", "two"}, {"y"}, "double")
        .output("y", onnx_writer::kFloat, {"N", 4})
        .bytes();
}

std::string matMulModel() {
    return onnx_writer::Model()
        .input("x", onnx_writer::kFloat, {"N", 3})
        .constant("w", {3, 2}, std::vector<float>{1, -1, 2, -2, 3, -3})
        .node("MatMul", {"x", "w"}, {"product"}, "multiply")
        .node("Relu", {"product"}, {"y"}, "rectify")
        .output("y", onnx_writer::kFloat, {"N", 2})
        .bytes();
}

Profile batchProfile(const std::string& input, int64_t width, int64_t least, int64_t best, int64_t most) {
    return {{input, {Extents{least, width}, Extents{best, width}, Extents{most, width}}}};
}

}  // namespace trt_test
