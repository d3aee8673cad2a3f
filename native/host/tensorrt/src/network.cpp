#include "network.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>

#include "operators.h"

namespace pinion_host_tensorrt {
namespace {

// Tensors and layers belong to the network, so callers may still hold pointers to them when it is destroyed. The
// last networks' are kept, without their models, so that a late call on one is reported.
constexpr size_t kMostKept = 16;

void keep(std::shared_ptr<NetworkState> state) {
    static auto& mutex = *new std::mutex;
    static auto& kept = *new std::deque<std::shared_ptr<NetworkState>>;
    std::lock_guard<std::mutex> lock(mutex);
    kept.push_back(std::move(state));
    if (kept.size() > kMostKept) {
        kept.pop_front();
    }
}

template <typename T, typename Result>
Result* at(const std::vector<T>& items, int32_t index) noexcept {
    const bool inside = index >= 0 && static_cast<size_t>(index) < items.size();
    return inside ? &*items[static_cast<size_t>(index)] : nullptr;
}

}  // namespace

bool NetworkState::explicitBatch() const noexcept {
#if PINION_TRT_SINCE(10, 0)
    return true;
#else
    return hasFlag(nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH);
#endif
}

// Tensor

bool Tensor::alive(const char* function) const noexcept {
    if (network_.destroyed) {
        reportDead("ITensor", function);
    }
    return !network_.destroyed;
}

void Tensor::setName(char const* name) noexcept {
    if (!alive(__func__)) {
        return;
    }
    if (name == nullptr || *name == '\0') {
        network_.log.error(ErrorCode::kINVALID_ARGUMENT, "ITensor::setName", "the name is empty");
        return;
    }
    name_ = name;
}

char const* Tensor::getName() const noexcept {
    return alive(__func__) ? name_.c_str() : "";
}

void Tensor::setDimensions(nvinfer1::Dims const& dimensions) noexcept {
    if (!alive(__func__)) {
        return;
    }
    const Shape wanted = toShape(dimensions);
    bool fits = isInput_ && wanted.size() == dims_.size();
    for (size_t i = 0; fits && i < wanted.size(); ++i) {
        fits = wanted[i] >= -1 && (dims_[i].extent == -1 || dims_[i].extent == wanted[i]);
    }
    if (!fits) {
        network_.log.error(ErrorCode::kINVALID_ARGUMENT, "ITensor::setDimensions",
                           toString(wanted) + " contradicts the model's shape of " + quote(name_));
        return;
    }
    for (size_t i = 0; i < wanted.size(); ++i) {
        dims_[i].extent = wanted[i];
    }
}

nvinfer1::Dims Tensor::getDimensions() const noexcept {
    nvinfer1::Dims dims{};
    dims.nbDims = -1;
    if (!alive(__func__) || !hasShape_) {
        return dims;
    }
    Shape shape;
    for (const onnx::Dim& dim : dims_) {
        shape.push_back(dim.extent);
    }
    return toDims(shape);
}

#if !PINION_TRT_SINCE(11, 0)
void Tensor::setType(DataType type) noexcept {
    if (!alive(__func__)) {
        return;
    }
    const int32_t wanted = onnxType(type);
    if ((!isInput_ && !isOutput_) || wanted == onnx::kUndefined || !convertible(onnxElementType_, wanted)) {
        network_.log.error(
            ErrorCode::kINVALID_ARGUMENT, "ITensor::setType",
            quote(name_) + " of ONNX type " + onnx::typeName(onnxElementType_) + " cannot be bound as " + nameOf(type));
        return;
    }
    type_ = type;
}

bool Tensor::setDynamicRange(float, float) noexcept {
    if (alive(__func__)) {
        network_.log.error(ErrorCode::kUNSUPPORTED_STATE, "ITensor::setDynamicRange", "the host SDK has no INT8");
    }
    return false;
}

bool Tensor::dynamicRangeIsSet() const noexcept {
    alive(__func__);
    return false;
}

void Tensor::resetDynamicRange() noexcept {
    alive(__func__);
}

float Tensor::getDynamicRangeMin() const noexcept {
    alive(__func__);
    return 0;
}

float Tensor::getDynamicRangeMax() const noexcept {
    alive(__func__);
    return 0;
}
#endif

DataType Tensor::getType() const noexcept {
    return alive(__func__) ? type_ : DataType::kFLOAT;
}

bool Tensor::isNetworkInput() const noexcept {
    return alive(__func__) && isInput_;
}

bool Tensor::isNetworkOutput() const noexcept {
    return alive(__func__) && isOutput_;
}

#if !PINION_TRT_RTX
nvinfer1::TensorLocation Tensor::getLocation() const noexcept {
    alive(__func__);
    return nvinfer1::TensorLocation::kDEVICE;
}

void Tensor::setLocation(nvinfer1::TensorLocation location) noexcept {
    if (alive(__func__) && location != nvinfer1::TensorLocation::kDEVICE) {
        network_.log.error(ErrorCode::kUNSUPPORTED_STATE, "ITensor::setLocation",
                           "the host SDK binds device memory only");
    }
}
#endif

void Tensor::setAllowedFormats(nvinfer1::TensorFormats formats) noexcept {
    if (alive(__func__)) {
        formats_ = formats;
    }
}

nvinfer1::TensorFormats Tensor::getAllowedFormats() const noexcept {
    return alive(__func__) ? formats_ : 0;
}

bool Tensor::linearFormatAllowed() const noexcept {
    return (formats_ >> static_cast<uint32_t>(nvinfer1::TensorFormat::kLINEAR) & 1u) != 0;
}

bool Tensor::isShapeTensor() const noexcept {
    return alive(__func__) && isShape_;
}

bool Tensor::isExecutionTensor() const noexcept {
    return alive(__func__) && isExecution_;
}

#if PINION_TRT_SINCE(8, 5)
char const* Tensor::getDimensionName(int32_t index) const noexcept {
    const bool inside = alive(__func__) && index >= 0 && static_cast<size_t>(index) < dims_.size();
    const char* const symbol = inside ? dims_[static_cast<size_t>(index)].symbol.c_str() : "";
    return *symbol != '\0' ? symbol : nullptr;
}
#endif

void Tensor::describe(const onnx::Value& value) {
    onnxElementType_ = computedType(value.type);
    bindingType(value.type, type_);
    hasShape_ = value.hasShape;
    dims_ = value.dims;
}

void Tensor::setOutput(const onnx::Value& declared) {
    isOutput_ = true;
    if (!hasShape_) {
        hasShape_ = declared.hasShape;
        dims_ = declared.dims;
        return;
    }
    for (size_t i = 0; i < dims_.size() && dims_.size() == declared.dims.size(); ++i) {
        if (dims_[i].extent < 0 && dims_[i].symbol.empty()) {
            dims_[i].symbol = declared.dims[i].symbol;
        }
    }
}

// Layer

Layer::Layer(NetworkState& network, const onnx::Node& node)
    : network_(network), name_(node.label()), type_(layerType(node.op)) {}

void Layer::connect(std::vector<Tensor*> inputs, std::vector<Tensor*> outputs) {
    inputs_ = std::move(inputs);
    outputs_ = std::move(outputs);
}

bool Layer::alive(const char* function) const noexcept {
    if (network_.destroyed) {
        reportDead("ILayer", function);
    }
    return !network_.destroyed;
}

nvinfer1::LayerType Layer::getType() const noexcept {
    alive(__func__);
    return type_;
}

void Layer::setName(char const* name) noexcept {
    if (alive(__func__)) {
        name_ = name != nullptr ? name : "";
    }
}

char const* Layer::getName() const noexcept {
    return alive(__func__) ? name_.c_str() : "";
}

int32_t Layer::getNbInputs() const noexcept {
    return alive(__func__) ? static_cast<int32_t>(inputs_.size()) : 0;
}

nvinfer1::ITensor* Layer::getInput(int32_t index) const noexcept {
    return alive(__func__) ? at<Tensor*, nvinfer1::ITensor>(inputs_, index) : nullptr;
}

int32_t Layer::getNbOutputs() const noexcept {
    return alive(__func__) ? static_cast<int32_t>(outputs_.size()) : 0;
}

nvinfer1::ITensor* Layer::getOutput(int32_t index) const noexcept {
    return alive(__func__) ? at<Tensor*, nvinfer1::ITensor>(outputs_, index) : nullptr;
}

#if !PINION_TRT_SINCE(11, 0)
void Layer::setPrecision(DataType dataType) noexcept {
    if (alive(__func__)) {
        precision_ = dataType;
        precisionSet_ = true;
    }
}

DataType Layer::getPrecision() const noexcept {
    return alive(__func__) ? precision_ : DataType::kFLOAT;
}

bool Layer::precisionIsSet() const noexcept {
    return alive(__func__) && precisionSet_;
}

void Layer::resetPrecision() noexcept {
    if (alive(__func__)) {
        precision_ = DataType::kFLOAT;
        precisionSet_ = false;
    }
}

void Layer::setOutputType(int32_t index, DataType dataType) noexcept {
    if (!alive(__func__)) {
        return;
    }
    if (index < 0 || static_cast<size_t>(index) >= outputs_.size()) {
        network_.log.error(ErrorCode::kINVALID_ARGUMENT, "ILayer::setOutputType",
                           quote(name_) + " has no output " + std::to_string(index));
        return;
    }
    outputTypes_[index] = dataType;
}

bool Layer::outputTypeIsSet(int32_t index) const noexcept {
    return alive(__func__) && outputTypes_.count(index) != 0;
}

void Layer::resetOutputType(int32_t index) noexcept {
    if (alive(__func__)) {
        outputTypes_.erase(index);
    }
}
#endif

DataType Layer::getOutputType(int32_t index) const noexcept {
#if !PINION_TRT_SINCE(11, 0)
    if (const auto known = outputTypes_.find(index); alive(__func__) && known != outputTypes_.end()) {
        return known->second;
    }
#endif
    const nvinfer1::ITensor* const output = getOutput(index);
    return output != nullptr ? output->getType() : DataType::kFLOAT;
}

#if PINION_TRT_SINCE(8, 6)
void Layer::setMetadata(char const* metadata) noexcept {
    if (alive(__func__)) {
        metadata_ = metadata != nullptr ? metadata : "";
    }
}

char const* Layer::getMetadata() const noexcept {
    return alive(__func__) ? metadata_.c_str() : "";
}
#endif

// Network

Network::Network(std::shared_ptr<NetworkState> state) : state_(std::move(state)), builder_(state_->builder) {}

Network::~Network() noexcept {
    if (state_ == nullptr) {
        if (!released()) {
            reportDead("INetworkDefinition", "destroy");
        }
        return;
    }
    state_->destroyed = true;
    state_->model = {};
    std::string().swap(state_->bytes);
    keep(std::move(state_));
}

std::shared_ptr<NetworkState> Network::state(const char* function) const noexcept {
    if (state_ == nullptr) {
        reportDead("INetworkDefinition", function);
    }
    return state_;
}

int32_t Network::getNbInputs() const noexcept {
    const auto network = state(__func__);
    return network != nullptr ? static_cast<int32_t>(network->inputs.size()) : 0;
}

nvinfer1::ITensor* Network::getInput(int32_t index) const noexcept {
    const auto network = state(__func__);
    return network != nullptr ? at<Tensor*, nvinfer1::ITensor>(network->inputs, index) : nullptr;
}

int32_t Network::getNbOutputs() const noexcept {
    const auto network = state(__func__);
    return network != nullptr ? static_cast<int32_t>(network->outputs.size()) : 0;
}

nvinfer1::ITensor* Network::getOutput(int32_t index) const noexcept {
    const auto network = state(__func__);
    return network != nullptr ? at<Tensor*, nvinfer1::ITensor>(network->outputs, index) : nullptr;
}

int32_t Network::getNbLayers() const noexcept {
    const auto network = state(__func__);
    return network != nullptr ? static_cast<int32_t>(network->layers.size()) : 0;
}

nvinfer1::ILayer* Network::getLayer(int32_t index) const noexcept {
    const auto network = state(__func__);
    return network != nullptr ? at<std::unique_ptr<Layer>, nvinfer1::ILayer>(network->layers, index) : nullptr;
}

void Network::markOutput(nvinfer1::ITensor&) noexcept {
    if (const auto network = state(__func__)) {
        network->log.error(ErrorCode::kUNSUPPORTED_STATE, "INetworkDefinition::markOutput",
                           "the host SDK takes the outputs from the ONNX model");
    }
}

void Network::unmarkOutput(nvinfer1::ITensor&) noexcept {
    if (const auto network = state(__func__)) {
        network->log.error(ErrorCode::kUNSUPPORTED_STATE, "INetworkDefinition::unmarkOutput",
                           "the host SDK takes the outputs from the ONNX model");
    }
}

void Network::setName(char const* name) noexcept {
    if (const auto network = state(__func__)) {
        network->name = name != nullptr ? name : "";
    }
}

char const* Network::getName() const noexcept {
    const auto network = state(__func__);
    return network != nullptr ? network->name.c_str() : "";
}

#if !PINION_TRT_RTX
bool Network::hasImplicitBatchDimension() const noexcept {
    const auto network = state(__func__);
    return network != nullptr && !network->explicitBatch();
}
#endif

void Network::setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept {
    if (const auto network = state(__func__)) {
        network->log.setRecorder(recorder);
    }
}

nvinfer1::IErrorRecorder* Network::getErrorRecorder() const noexcept {
    const auto network = state(__func__);
    return network != nullptr ? network->log.recorder() : nullptr;
}

#if !PINION_TRT_SINCE(10, 0)
bool Network::hasExplicitPrecision() const noexcept {
    const auto network = state(__func__);
    return network != nullptr && network->hasFlag(nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_PRECISION);
}
#else
nvinfer1::NetworkDefinitionCreationFlags Network::getFlags() const noexcept {
    const auto network = state(__func__);
    return network != nullptr ? network->flags : 0;
}

bool Network::getFlag(nvinfer1::NetworkDefinitionCreationFlag flag) const noexcept {
    const auto network = state(__func__);
    return network != nullptr && network->hasFlag(flag);
}
#endif

#if PINION_TRT_SINCE(8, 6)
nvinfer1::IBuilder& Network::getBuilder() const noexcept {
    return state(__func__) != nullptr ? *builder_ : *deadOwner<nvinfer1::IBuilder>.load();
}
#endif

}  // namespace pinion_host_tensorrt
