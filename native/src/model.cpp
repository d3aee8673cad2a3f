#include "model.h"

#include <algorithm>
#include <map>

#include "describe.h"
#include "error.h"
#include "json.h"
#include "log.h"
#include "onnx_scan.h"
#include "plugins.h"
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

std::string describeError(const ParserError& error, const OnnxOutline& outline) {
    std::string name = error.nodeName;
    std::string op = error.nodeOperator;
    if (op.empty() && error.node >= 0 && static_cast<size_t>(error.node) < outline.nodes.size()) {
        name = outline.nodes[static_cast<size_t>(error.node)].name;
        op = outline.nodes[static_cast<size_t>(error.node)].op;
    }
    if (op.empty()) {
        return error.text;
    }
    return "node " + std::to_string(error.node) + (name.empty() ? "" : " '" + name + "'") + " (" + op +
           "): " + error.text;
}

// Older parsers stop at the first node they do not know; this names all operators without an importer.
std::string listUnsupported(const OnnxOutline& outline, const nvonnxparser::IParser& parser) {
    std::map<std::string, int32_t> counts;
    for (const OnnxNode& node : outline.nodes) {
        const bool isFunction =
            std::find(outline.functions.begin(), outline.functions.end(), node.op) != outline.functions.end();
        if (!isFunction && !node.op.empty() && !parser.supportsOperator(node.op.c_str())) {
            ++counts[node.op];
        }
    }
    std::vector<std::string> parts;
    parts.reserve(counts.size());
    for (const auto& [op, count] : counts) {
        parts.push_back(op + " (" + std::to_string(count) + (count == 1 ? " node)" : " nodes)"));
    }
    return join(parts, ", ");
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
    std::vector<std::string> parts;
    for (const ParserError& error : parserErrors(parser)) {
        parts.push_back(describeError(error, outline));
    }
    if (parts.empty()) {
        parts.emplace_back(outline.nodes.empty() ? "it is not an ONNX model" : "TensorRT's parser gave no reason");
    }
    if (const std::string file = unopenedFile(); !file.empty()) {
        parts.push_back(file);
    }
    const std::string unsupported = listUnsupported(outline, parser);
    refuse(source, join(parts, "; ") +
                       (unsupported.empty() ? "" : "; operators that TensorRT's parser does not know: " + unsupported));
}

}  // namespace

ModelFile::ModelFile(const char* path) : file_(toPath(path)), mapping_(file_) {
    source_ = {mapping_.data(), mapping_.size(), absoluteUtf8(path)};
}

Network::Network(const ModelSource& source, const NetworkOptions& options) {
    checkBytes(source);
    initPlugins();
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
    if (!parser_->parse(source.data, static_cast<size_t>(source.bytes), path)) {
        throwParseErrors(source, *parser_);
    }
    // NVIDIA's parser takes any bytes that protobuf takes, a line of text among them.
    if (network_->getNbOutputs() == 0) {
        refuse(source, scanOnnx(source.data, source.bytes).nodes.empty() ? "it is not an ONNX model"
                                                                         : "its graph has no output");
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
    json.key("layers").beginArray();
    for (int32_t i = 0; i < network.trt().getNbLayers(); ++i) {
        json.value(network.trt().getLayer(i)->getName());
    }
    return json.endArray().endObject().text();
}

}  // namespace pinion
