// The network definition: an ONNX model seen through TensorRT's network interface.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "log.h"
#include "onnx_model.h"
#include "prepare.h"
#include "report.h"
#include "types.h"

namespace pinion_host_tensorrt {

class Layer;
class Tensor;

struct NetworkState {
    NetworkState(const Log& parent, nvinfer1::NetworkDefinitionCreationFlags creationFlags, nvinfer1::IBuilder* owner)
        : log(parent), flags(creationFlags), builder(owner) {}

    bool hasFlag(nvinfer1::NetworkDefinitionCreationFlag flag) const noexcept {
        return (flags >> static_cast<uint32_t>(flag) & 1u) != 0;
    }
    bool explicitBatch() const noexcept;

    Log log;
    nvinfer1::NetworkDefinitionCreationFlags flags;
    nvinfer1::IBuilder* builder;
    bool destroyed = false;
    std::string name;

    // Filled by the parser. The model refers to the bytes.
    std::string bytes;
    std::string folder;  // of the model's file, for external data; empty when parsed from memory without a path
    onnx::Model model;
    std::string refusedAtBuild;  // why the builder refuses what the parser took; empty when it does not
    ModelView view;              // how importers see the model
    std::vector<std::unique_ptr<Tensor>> tensors;
    std::vector<std::unique_ptr<Layer>> layers;
    std::vector<Tensor*> inputs;
    std::vector<Tensor*> outputs;
};

class Tensor final : public nvinfer1::ITensor {
public:
    Tensor(NetworkState& network, std::string name) : network_(network), name_(name), onnxName_(std::move(name)) {}

    void setName(char const* name) noexcept override;
    char const* getName() const noexcept override;
    void setDimensions(nvinfer1::Dims const& dimensions) noexcept override;
    nvinfer1::Dims getDimensions() const noexcept override;
#if !PINION_TRT_SINCE(11, 0)
    void setType(DataType type) noexcept override;
    bool setDynamicRange(float min, float max) noexcept override;
    bool dynamicRangeIsSet() const noexcept override;
    void resetDynamicRange() noexcept override;
    float getDynamicRangeMin() const noexcept override;
    float getDynamicRangeMax() const noexcept override;
#endif
    DataType getType() const noexcept override;
    bool isNetworkInput() const noexcept override;
    bool isNetworkOutput() const noexcept override;
#if !PINION_TRT_RTX
    nvinfer1::TensorLocation getLocation() const noexcept override;
    void setLocation(nvinfer1::TensorLocation location) noexcept override;
#endif
    void setAllowedFormats(nvinfer1::TensorFormats formats) noexcept override;
    nvinfer1::TensorFormats getAllowedFormats() const noexcept override;
    bool isShapeTensor() const noexcept override;
    void setShapeTensor(bool isComputedWith) noexcept {
        isShape_ = true;
        isExecution_ = isComputedWith;
    }
    bool isExecutionTensor() const noexcept override;
#if PINION_TRT_SINCE(8, 5)
    char const* getDimensionName(int32_t index) const noexcept override;
#endif

    // What is known of it.
    void describe(const onnx::Value& value);
    void setInput() noexcept {
        isInput_ = true;
    }
    // Where nothing is known, the model's declaration stands in until a build has found out.
    void setOutput(const onnx::Value& declared);
    const std::string& name() const noexcept {
        return name_;
    }
    const std::string& onnxName() const noexcept {
        return onnxName_;
    }
    int32_t onnxElementType() const noexcept {
        return onnxElementType_;
    }
    DataType type() const noexcept {
        return type_;
    }
    const std::vector<onnx::Dim>& dims() const noexcept {
        return dims_;
    }
    bool hasShape() const noexcept {
        return hasShape_;
    }
    bool linearFormatAllowed() const noexcept;

private:
    bool alive(const char* function) const noexcept;

    NetworkState& network_;
    std::string name_;      // of the binding
    std::string onnxName_;  // in the model
    int32_t onnxElementType_ = onnx::kUndefined;
    DataType type_ = DataType::kFLOAT;
    bool hasShape_ = false;
    bool isShape_ = false;     // its values decide shapes
    bool isExecution_ = true;  // they are computed with
    bool isInput_ = false;
    bool isOutput_ = false;
    std::vector<onnx::Dim> dims_;
    nvinfer1::TensorFormats formats_ = 1u << static_cast<uint32_t>(nvinfer1::TensorFormat::kLINEAR);
};

class Layer final : public nvinfer1::ILayer {
public:
    Layer(NetworkState& network, const onnx::Node& node);

    nvinfer1::LayerType getType() const noexcept override;
    void setName(char const* name) noexcept override;
    char const* getName() const noexcept override;
    int32_t getNbInputs() const noexcept override;
    nvinfer1::ITensor* getInput(int32_t index) const noexcept override;
    int32_t getNbOutputs() const noexcept override;
    nvinfer1::ITensor* getOutput(int32_t index) const noexcept override;
#if !PINION_TRT_SINCE(11, 0)
    void setPrecision(DataType dataType) noexcept override;
    DataType getPrecision() const noexcept override;
    bool precisionIsSet() const noexcept override;
    void resetPrecision() noexcept override;
    void setOutputType(int32_t index, DataType dataType) noexcept override;
    bool outputTypeIsSet(int32_t index) const noexcept override;
    void resetOutputType(int32_t index) noexcept override;
#endif
    DataType getOutputType(int32_t index) const noexcept override;
#if PINION_TRT_SINCE(8, 6)
    void setMetadata(char const* metadata) noexcept override;
    char const* getMetadata() const noexcept override;
#endif

    void connect(std::vector<Tensor*> inputs, std::vector<Tensor*> outputs);

private:
    bool alive(const char* function) const noexcept;

    NetworkState& network_;
    std::string name_;
    std::string metadata_;
    nvinfer1::LayerType type_;
#if !PINION_TRT_SINCE(11, 0)
    bool precisionSet_ = false;
    DataType precision_ = DataType::kFLOAT;
    std::map<int32_t, DataType> outputTypes_;
#endif
    std::vector<Tensor*> inputs_;
    std::vector<Tensor*> outputs_;
};

class Network final : public nvinfer1::INetworkDefinition, public Buried<Network> {
public:
    explicit Network(std::shared_ptr<NetworkState> state);
    explicit Network(Tombstone) {}
    ~Network() noexcept override;

    int32_t getNbInputs() const noexcept override;
    nvinfer1::ITensor* getInput(int32_t index) const noexcept override;
    int32_t getNbOutputs() const noexcept override;
    nvinfer1::ITensor* getOutput(int32_t index) const noexcept override;
    int32_t getNbLayers() const noexcept override;
    nvinfer1::ILayer* getLayer(int32_t index) const noexcept override;
    void markOutput(nvinfer1::ITensor& tensor) noexcept override;
    void unmarkOutput(nvinfer1::ITensor& tensor) noexcept override;
    void setName(char const* name) noexcept override;
    char const* getName() const noexcept override;
#if !PINION_TRT_RTX
    bool hasImplicitBatchDimension() const noexcept override;
#endif
    void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept override;
    nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override;
#if !PINION_TRT_SINCE(10, 0)
    bool hasExplicitPrecision() const noexcept override;
#else
    nvinfer1::NetworkDefinitionCreationFlags getFlags() const noexcept override;
    bool getFlag(nvinfer1::NetworkDefinitionCreationFlag flag) const noexcept override;
#endif
#if PINION_TRT_SINCE(8, 6)
    nvinfer1::IBuilder& getBuilder() const noexcept override;
#endif

    // Null when the network was destroyed, after reporting it.
    std::shared_ptr<NetworkState> state(const char* function) const noexcept;

private:
    std::shared_ptr<NetworkState> state_;
    nvinfer1::IBuilder* builder_ = nullptr;
};

}  // namespace pinion_host_tensorrt
