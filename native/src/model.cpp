#include "model.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "describe.h"
#include "error.h"
#include "json.h"
#include "log.h"
#include "onnx_scan.h"
#include "plugins.h"
#include "reasons.h"
#include "tensorrt_compat.h"
#include "text.h"

namespace pinion {
namespace {

std::string displayName(const ModelSource& source) {
    return source.path.empty() ? "the ONNX model" : "'" + source.path + "'";
}

[[noreturn]] void refuse(const ModelSource& source, const std::string& reason) {
    throw Error(PN_PARSE, "cannot parse " + displayName(source) + ": " + reason);
}

void checkBytes(const ModelSource& source) {
    if (source.bytes == 0) {
        refuse(source, "it is empty");
    }
    if (source.bytes > INT32_MAX) {
        refuse(source, "it has " + std::to_string(source.bytes) +
                           " bytes, and protobuf ends at 2 GiB: save the weights as external data");
    }
}

// NVIDIA's parser says that an input's type is wrong, and not which input.
std::string describeInputError(const std::string& text, const OnnxOutline& outline) {
    constexpr size_t kHighestRank = nvinfer1::Dims::MAX_DIMS;
    const std::map<uint64_t, const char*> refusedTypes = {{4, "UINT16"},     {5, "INT16"},   {8, "STRING"},
                                                          {12, "UINT32"},    {13, "UINT64"}, {14, "COMPLEX64"},
                                                          {15, "COMPLEX128"}};
    const bool isShape = text.find("convertOnnxDims(") != std::string::npos;
    const bool isType = text.find("convertDtype(") != std::string::npos;
    for (const OnnxInput& input : outline.inputs) {
        if (isShape && input.rank > kHighestRank) {
            return "input '" + input.name + "' has " + std::to_string(input.rank) + " dimensions; TensorRT takes " +
                   std::to_string(kHighestRank);
        }
        const auto type = refusedTypes.find(input.dataType);
        if (isType && type != refusedTypes.end()) {
            return "input '" + input.name + "' has the data type " + type->second + ", which TensorRT does not take";
        }
    }
    return plainReason(text);
}

std::string nodeText(int32_t index, const std::string& name) {
    return "node " + std::to_string(index) + (name.empty() ? "" : " '" + name + "'");
}

// The operators that the parser has no importer for, with their nodes: older parsers stop at the first of them.
std::map<std::string, std::vector<size_t>> unknownOperators(const OnnxOutline& outline,
                                                            const nvonnxparser::IParser& parser) {
    std::map<std::string, std::vector<size_t>> unknown;
    for (size_t i = 0; i < outline.nodes.size(); ++i) {
        const std::string& op = outline.nodes[i].op;
        const bool isFunction =
            std::find(outline.functions.begin(), outline.functions.end(), op) != outline.functions.end();
        if (!isFunction && !op.empty() && !parser.supportsOperator(op.c_str())) {
            unknown[op].push_back(i);
        }
    }
    return unknown;
}

std::string describeUnknown(const std::map<std::string, std::vector<size_t>>& unknown, const OnnxOutline& outline) {
    std::vector<std::string> parts;
    bool isQuantized = false;
    for (const auto& [op, nodes] : unknown) {
        const std::string first = nodeText(static_cast<int32_t>(nodes.front()), outline.nodes[nodes.front()].name);
        parts.push_back(
            op + " (" +
            (nodes.size() == 1 ? first : std::to_string(nodes.size()) + " nodes, the first of them " + first) + ")");
        isQuantized = isQuantized || op.rfind("QLinear", 0) == 0 || op.find("Integer") != std::string::npos;
    }
    return "operators that TensorRT's parser does not know: " + join(parts, ", ") +
           (isQuantized ? "; it takes no quantized operators: use the model as it was before quantization" : "");
}

// NVIDIA's parser names a file of weights that it cannot open in its log alone.
std::string unopenedFile() {
    constexpr char kWords[] = "Failed to open file: ";
    const std::string log = LogScope::lines();
    const size_t start = log.find(kWords);
    return start == std::string::npos ? "" : log.substr(start, log.find('\n', start) - start);
}

[[noreturn]] void throwParseErrors(const ModelSource& source, const nvonnxparser::IParser& parser) {
    const OnnxOutline outline = scanOnnx(source.data, source.bytes);
    const std::map<std::string, std::vector<size_t>> unknown = unknownOperators(outline, parser);
    std::vector<std::string> parts;
    const auto add = [&](std::string part) {
        if (!part.empty() && std::find(parts.begin(), parts.end(), part) == parts.end()) {
            parts.push_back(std::move(part));
        }
    };
    for (const ParserError& error : parserErrors(parser)) {
        OnnxNode node{error.nodeName, error.nodeOperator};
        if (node.op.empty() && error.node >= 0 && static_cast<size_t>(error.node) < outline.nodes.size()) {
            node = outline.nodes[static_cast<size_t>(error.node)];
        }
        if (node.op.empty()) {
            add(describeInputError(error.text, outline));
        } else if (unknown.count(node.op) == 0) {
            const std::string reason = plainReason(error.text);
            const bool namesNode = !node.name.empty() && reason.rfind(node.name + ": ", 0) == 0;
            add(nodeText(error.node, node.name) + " (" + node.op +
                "): " + (namesNode ? reason.substr(node.name.size() + 2) : reason));
        }
    }
    add(unopenedFile());
    if (!unknown.empty()) {
        add(describeUnknown(unknown, outline));
    }
    if (parts.empty()) {
        add(outline.nodes.empty() ? "it is not an ONNX model" : "TensorRT's parser gave no reason");
    }
    refuse(source, join(parts, "; "));
}

// A placeholder such as "?" is no name, and would make the dimensions that have it equal.
bool isIdentifier(const std::string& name) {
    const auto isPart = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.'; };
    return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
           std::all_of(name.begin(), name.end(), isPart);
}

// The model's bytes without the names that do not hold, or none if it has no such names. The parser must not see them:
// NVIDIA's builder fails or crashes once setDimensionName has changed a name that its parser read.
std::vector<uint8_t> withoutDimensionNames(const ModelSource& source, bool keepsIdentifiers) {
    // An unknown field of the same length, which protobuf skips.
    constexpr uint8_t kUnknownText = 15 << 3 | 2;
    std::vector<uint8_t> bytes;
    for (const OnnxInput& input : scanOnnx(source.data, source.bytes).inputs) {
        for (const OnnxDimensionName& name : input.dimensionNames) {
            if (keepsIdentifiers && isIdentifier(name.text)) {
                continue;
            }
            if (bytes.empty()) {
                const auto* first = static_cast<const uint8_t*>(source.data);
                bytes.assign(first, first + source.bytes);
            }
            bytes[static_cast<size_t>(name.tagOffset)] = kUnknownText;
        }
    }
    return bytes;
}

}  // namespace

ModelFile::ModelFile(const char* path) : file_(toPath(path)), mapping_(file_) {
    source_ = {mapping_.data(), mapping_.size(), absoluteUtf8(path)};
}

Network::Network(const ModelSource& source, const NetworkOptions& options) {
    checkBytes(source);
    requirePlugins();
    builder_ = createBuilder();
    network_.reset(createNetwork(*builder_, options.isStronglyTyped));
    if (network_ == nullptr) {
        throw Error(PN_TENSORRT, "TensorRT made no network");
    }
    parser_ = createParser(*network_);
    if (options.isPortable) {
        useNativeInstanceNorm(*parser_);
    }
    const char* path = source.path.empty() ? nullptr : source.path.c_str();
    renamed_ = withoutDimensionNames(source, !options.renamesDimensions);
    const void* const bytes = renamed_.empty() ? source.data : renamed_.data();
    LogHold hold;
    if (!parser_->parse(bytes, static_cast<size_t>(source.bytes), path)) {
        throwParseErrors(source, *parser_);
    }
    hold.callSucceeded();
    // NVIDIA's parser takes any bytes that protobuf takes, a line of text among them.
    if (network_->getNbOutputs() == 0) {
        const OnnxOutline outline = scanOnnx(source.data, source.bytes);
        refuse(source,
               outline.nodes.empty() && outline.inputs.empty() ? "it is not an ONNX model" : "its graph has no output");
    }
}

std::vector<TensorInfo> Network::inputs() const {
    std::vector<TensorInfo> tensors;
    tensors.reserve(static_cast<size_t>(network_->getNbInputs()));
    for (int32_t i = 0; i < network_->getNbInputs(); ++i) {
        tensors.push_back(readTensor(*network_->getInput(i), PN_TENSOR_INPUT));
    }
    return tensors;
}

bool Network::computesInHalf() const {
    for (int32_t i = 0; i < network_->getNbLayers(); ++i) {
        const nvinfer1::ILayer* layer = network_->getLayer(i);
        for (int32_t output = 0; output < layer->getNbOutputs(); ++output) {
            if (layer->getOutput(output)->getType() == nvinfer1::DataType::kHALF) {
                return true;
            }
        }
    }
    return false;
}

std::vector<TensorInfo> Network::outputs() const {
    std::vector<TensorInfo> tensors;
    tensors.reserve(static_cast<size_t>(network_->getNbOutputs()));
    for (int32_t i = 0; i < network_->getNbOutputs(); ++i) {
        tensors.push_back(readTensor(*network_->getOutput(i), PN_TENSOR_OUTPUT));
    }
    return tensors;
}

std::string describeModel(const char* path) {
    const ModelFile file(path);
    const Network network(file.source(), {});
    JsonWriter json;
    json.beginObject();
    writeTensors(json, "inputs", network.inputs());
    writeTensors(json, "outputs", network.outputs());
    json.key("dimensionNames").beginObject();
    for (const TensorInfo& input : network.inputs()) {
        const std::vector<std::string>& names = input.dimensionNames;
        if (std::any_of(names.begin(), names.end(), [](const std::string& name) { return !name.empty(); })) {
            json.key(input.name).beginArray();
            for (const std::string& name : names) {
                json.value(name);
            }
            json.endArray();
        }
    }
    json.endObject().key("layers").beginArray();
    for (int32_t i = 0; i < network.trt().getNbLayers(); ++i) {
        json.value(network.trt().getLayer(i)->getName());
    }
    return json.endArray().endObject().text();
}

}  // namespace pinion
