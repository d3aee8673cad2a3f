// An ONNX model: where its bytes are, and TensorRT's network made of it.
#pragma once

#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "file.h"
#include "tensor_info.h"

namespace pinion {

// Bytes that live elsewhere: the caller's, or a mapped file's.
struct ModelSource {
    const void* data = nullptr;
    uint64_t bytes = 0;
    std::string path;  // absolute; says where external data lies; "" if unknown
};

// A model file, mapped. Throws PN_NOT_FOUND or PN_IO.
class ModelFile {
public:
    explicit ModelFile(const char* path);
    const ModelSource& source() const noexcept { return source_; }

private:
    InputFile file_;
    FileMapping mapping_;
    ModelSource source_;
};

struct NetworkOptions {
    bool isStronglyTyped = false;
    bool isPortable = false;         // the engine is to run on other versions or devices
    bool renamesDimensions = false;  // those of one name may differ
};

// The network after parsing. The source's bytes outlive it. The device to build for must be current.
class Network {
public:
    // Throws PN_PARSE with every error of the parser: node, operator and reason.
    Network(const ModelSource& source, const NetworkOptions& options);

    nvinfer1::IBuilder& builder() const noexcept { return *builder_; }
    nvinfer1::INetworkDefinition& trt() const noexcept { return *network_; }
    const nvonnxparser::IParser& parser() const noexcept { return *parser_; }
    // Without profiles.
    std::vector<TensorInfo> inputs() const;
    std::vector<TensorInfo> outputs() const;
    // Whether the model's own types make any layer FP16.
    bool computesInHalf() const;

private:
    std::vector<uint8_t> renamed_;  // parsed instead of the source if not empty
    std::unique_ptr<nvinfer1::IBuilder> builder_;
    std::unique_ptr<nvinfer1::INetworkDefinition> network_;
    std::unique_ptr<nvonnxparser::IParser> parser_;  // owns the network's weights
};

// {"inputs": [...], "outputs": [...], "dimensionNames": {"x": ["n", "", "", ""]}, "layers": [...]}
std::string describeModel(const char* path);

}  // namespace pinion
