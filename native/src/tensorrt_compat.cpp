#include "tensorrt_compat.h"

#include <algorithm>

#include "error.h"
#include "text.h"

// NVIDIA deprecates what older versions need long before it removes it; this is the one file that calls it.
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#elif defined(_MSC_VER)
#pragma warning(disable : 4996)
#endif

namespace pinion {
namespace {

using nvinfer1::ICudaEngine;
using nvinfer1::OptProfileSelector;

nvinfer1::Dims toTrt(const Dims& dims, int32_t rank) {
    nvinfer1::Dims result{};
    result.nbDims = rank;
    for (int32_t i = 0; i < rank; ++i) {
        result.d[i] = static_cast<std::decay_t<decltype(result.d[0])>>(dims[static_cast<size_t>(i)]);
    }
    return result;
}

Dims fromTrt(const nvinfer1::Dims& dims) {
    Dims result{};
    for (int32_t i = 0; i < std::min<int32_t>(dims.nbDims, PN_MAX_RANK); ++i) {
        result[static_cast<size_t>(i)] = dims.d[i];
    }
    return result;
}

// Bits of one element by TensorRT's number of the type; 0 for a type without a place in the C ABI.
int32_t bitsOf(nvinfer1::DataType type) {
    constexpr int32_t kBits[] = {32, 16, 8, 32, 8, 8, 8, 16, 64, 4};
    const auto index = static_cast<size_t>(type);
    return index < std::size(kBits) ? kBits[index] : 0;
}

// What one version asks by name and another by binding index.
struct RawTensor {
    std::string name;
    bool isInput;
    nvinfer1::DataType type;
    nvinfer1::Dims dims;
    bool isShapeTensor;
    bool isLinear;
    int32_t bindingIndex;
};

#if PN_TENSORRT_AT_LEAST(8, 5)

int32_t tensorCount(const ICudaEngine& engine) { return engine.getNbIOTensors(); }

bool isLinear(const ICudaEngine& engine, const char* name) {
#if PN_TENSORRT_AT_LEAST(8, 6)
    for (int32_t profile = 0; profile < engine.getNbOptimizationProfiles(); ++profile) {
        if (engine.getTensorFormat(name, profile) != nvinfer1::TensorFormat::kLINEAR) {
            return false;
        }
    }
    return true;
#else
    return engine.getTensorFormat(name) == nvinfer1::TensorFormat::kLINEAR;
#endif
}

RawTensor rawTensor(const ICudaEngine& engine, int32_t index) {
    const char* name = engine.getIOTensorName(index);
    return {name,
            engine.getTensorIOMode(name) == nvinfer1::TensorIOMode::kINPUT,
            engine.getTensorDataType(name),
            engine.getTensorShape(name),
            engine.isShapeInferenceIO(name),
            isLinear(engine, name),
            index};
}

nvinfer1::Dims profileShape(const ICudaEngine& engine, const RawTensor& tensor, int32_t profile,
                            OptProfileSelector selector) {
    return engine.getProfileShape(tensor.name.c_str(), profile, selector);
}

#else

int32_t tensorCount(const ICudaEngine& engine) {
    return engine.getNbBindings() / std::max(engine.getNbOptimizationProfiles(), 1);
}

RawTensor rawTensor(const ICudaEngine& engine, int32_t index) {
    return {engine.getBindingName(index),
            engine.bindingIsInput(index),
            engine.getBindingDataType(index),
            engine.getBindingDimensions(index),
            engine.isShapeBinding(index),
            engine.getBindingFormat(index) == nvinfer1::TensorFormat::kLINEAR,
            index};
}

nvinfer1::Dims profileShape(const ICudaEngine& engine, const RawTensor& tensor, int32_t profile,
                            OptProfileSelector selector) {
    return engine.getProfileDimensions(profile * tensorCount(engine) + tensor.bindingIndex, profile, selector);
}

#endif

TensorInfo describe(const ICudaEngine& engine, const RawTensor& raw) {
    if (!raw.isLinear) {
        throw Error(PN_UNSUPPORTED, "tensor '" + raw.name +
                                        "' has a vectorized format; rebuild the engine with linear inputs and outputs");
    }
    TensorInfo info;
    info.name = raw.name;
    info.mode = raw.isInput ? PN_TENSOR_INPUT : PN_TENSOR_OUTPUT;
    info.elementBits = bitsOf(raw.type);
    if (info.elementBits == 0) {
        throw Error(PN_UNSUPPORTED, "tensor '" + raw.name + "' has TensorRT's data type " +
                                        std::to_string(static_cast<int32_t>(raw.type)) + ", which Pinion does not know");
    }
    info.dataType = static_cast<pn_data_type>(raw.type);
    info.rank = raw.dims.nbDims;
    info.dims = fromTrt(raw.dims);
    info.isShapeTensor = raw.isShapeTensor;
    info.bindingIndex = raw.bindingIndex;
    if (raw.isInput) {
        for (int32_t profile = 0; profile < engine.getNbOptimizationProfiles(); ++profile) {
            info.profiles.push_back({fromTrt(profileShape(engine, raw, profile, OptProfileSelector::kMIN)),
                                     fromTrt(profileShape(engine, raw, profile, OptProfileSelector::kOPT)),
                                     fromTrt(profileShape(engine, raw, profile, OptProfileSelector::kMAX))});
        }
    }
    return info;
}

nvinfer1::IExecutionContext* newContext(ICudaEngine& engine) {
#if PN_TENSORRT_AT_LEAST(10, 0)
    return engine.createExecutionContext(nvinfer1::ExecutionContextAllocationStrategy::kUSER_MANAGED);
#else
    return engine.createExecutionContextWithoutDeviceMemory();
#endif
}

}  // namespace

// ---- versions

int32_t tensorRtLoaded() noexcept {
    // TensorRT 8 encodes 8.6.1 as 8601; since 10 it is 100001 for 10.0.1.
    const int32_t version = getInferLibVersion();
    return version >= 10000 ? version : version / 1000 * 10000 + version % 1000 / 100 * 100 + version % 100;
}

std::string versionText(int32_t version) {
    return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
           std::to_string(version % 100);
}

// ---- engines

std::vector<TensorInfo> readTensors(const ICudaEngine& engine) {
    std::vector<TensorInfo> inputs;
    std::vector<TensorInfo> outputs;
    for (int32_t i = 0; i < tensorCount(engine); ++i) {
        const RawTensor raw = rawTensor(engine, i);
        (raw.isInput ? inputs : outputs).push_back(describe(engine, raw));
    }
    inputs.insert(inputs.end(), outputs.begin(), outputs.end());
    return inputs;
}

int64_t scratchBytes(const ICudaEngine& engine, [[maybe_unused]] int32_t trtProfile) {
#if PN_TENSORRT_AT_LEAST(10, 4)
    return engine.getDeviceMemorySizeForProfileV2(trtProfile);
#elif PN_TENSORRT_AT_LEAST(10, 0)
    return static_cast<int64_t>(engine.getDeviceMemorySizeForProfile(trtProfile));
#else
    return static_cast<int64_t>(engine.getDeviceMemorySize());
#endif
}

std::string inspectLayers([[maybe_unused]] const ICudaEngine& engine) {
#if PN_TENSORRT_AT_LEAST(8, 2)
    const std::unique_ptr<nvinfer1::IEngineInspector> inspector(engine.createEngineInspector());
    const char* text =
        inspector == nullptr ? nullptr : inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kJSON);
    if (text == nullptr) {
        throw Error(PN_TENSORRT, "TensorRT's engine inspector gave no layer information");
    }
    return text;
#else
    throw Error(PN_UNSUPPORTED, "layer information needs TensorRT 8.2 or later; this is " +
                                    versionText(kTensorRtCompiled));
#endif
}

void allowHostCode([[maybe_unused]] nvinfer1::IRuntime& runtime) {
#if PN_TENSORRT_AT_LEAST(8, 6)
    runtime.setEngineHostCodeAllowed(true);
#endif
}

// ---- execution contexts

ExecutionContext::ExecutionContext(ICudaEngine& engine, const std::vector<TensorInfo>& tensors, int32_t trtProfile,
                                   cudaStream_t stream, std::shared_ptr<void> keepAlive)
    : keepAlive_(std::move(keepAlive)), tensors_(tensors), context_(newContext(engine)) {
    if (context_ == nullptr) {
        throw Error(PN_TENSORRT, "TensorRT made no execution context");
    }
    if (!context_->setOptimizationProfileAsync(trtProfile, stream)) {
        throw Error(PN_TENSORRT, "TensorRT refused optimization profile " + std::to_string(trtProfile));
    }
#if !PN_TENSORRT_AT_LEAST(8, 5)
    bindingOffset_ = trtProfile * static_cast<int32_t>(tensors.size());
    bindings_.resize(static_cast<size_t>(engine.getNbBindings()));
#endif
}

void ExecutionContext::setScratch(void* memory, [[maybe_unused]] int64_t bytes) {
#if PN_TENSORRT_AT_LEAST(10, 4)
    context_->setDeviceMemoryV2(memory, bytes);
#else
    context_->setDeviceMemory(memory);
#endif
}

void ExecutionContext::setInputShape(int32_t tensor, const Dims& dims) {
    const TensorInfo& info = tensors_[static_cast<size_t>(tensor)];
    const nvinfer1::Dims shape = toTrt(dims, info.rank);
#if PN_TENSORRT_AT_LEAST(8, 5)
    const bool accepted = context_->setInputShape(info.name.c_str(), shape);
#else
    const bool accepted = context_->setBindingDimensions(bindingOffset_ + info.bindingIndex, shape);
#endif
    if (!accepted) {
        throw Error(PN_INVALID_ARGUMENT,
                    "TensorRT refused shape " + shapeText(dims, info.rank) + " for input '" + info.name + "'");
    }
}

Dims ExecutionContext::shape(int32_t tensor) const {
    const TensorInfo& info = tensors_[static_cast<size_t>(tensor)];
#if PN_TENSORRT_AT_LEAST(8, 5)
    const nvinfer1::Dims dims = context_->getTensorShape(info.name.c_str());
#else
    const nvinfer1::Dims dims = context_->getBindingDimensions(bindingOffset_ + info.bindingIndex);
#endif
    if (dims.nbDims != info.rank) {
        throw Error(PN_TENSORRT, "TensorRT gave no shape for '" + info.name + "'");
    }
    return fromTrt(dims);
}

bool ExecutionContext::hasAllShapes() const noexcept { return context_->allInputDimensionsSpecified(); }

void ExecutionContext::setAddress(int32_t tensor, void* data) {
    const TensorInfo& info = tensors_[static_cast<size_t>(tensor)];
#if PN_TENSORRT_AT_LEAST(8, 5)
    if (!context_->setTensorAddress(info.name.c_str(), data)) {
        throw Error(PN_TENSORRT, "TensorRT refused the address of '" + info.name + "'");
    }
#else
    bindings_[static_cast<size_t>(bindingOffset_ + info.bindingIndex)] = data;
#endif
}

bool ExecutionContext::enqueue(cudaStream_t stream) noexcept {
#if PN_TENSORRT_AT_LEAST(8, 5)
    return context_->enqueueV3(stream);
#else
    return context_->enqueueV2(bindings_.data(), stream, nullptr);
#endif
}

void ExecutionContext::setProfiler(nvinfer1::IProfiler* profiler) noexcept { context_->setProfiler(profiler); }

}  // namespace pinion
