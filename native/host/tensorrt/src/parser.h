// The ONNX parser: fills a network from a model's bytes, or says what is wrong with them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "NvOnnxParser.h"
#include "network.h"

namespace pinion_host_tensorrt {

class ParserError final : public nvonnxparser::IParserError {
public:
    ParserError(nvonnxparser::ErrorCode code, std::string what, int node, std::string nodeName,
                std::string nodeOperator)
        : code_(code),
          what_(std::move(what)),
          node_(node),
          nodeName_(std::move(nodeName)),
          nodeOperator_(std::move(nodeOperator)) {}

    nvonnxparser::ErrorCode code() const override { return code_; }
    char const* desc() const override { return what_.c_str(); }
    char const* file() const override { return "parser.cpp"; }
    int line() const override { return 0; }
    char const* func() const override { return "parse"; }
    int node() const override { return node_; }
#if PINION_TRT_SINCE(10, 0)
    char const* nodeName() const override {
        return nodeName_.c_str();
    }
    char const* nodeOperator() const override {
        return nodeOperator_.c_str();
    }
    char const* const* localFunctionStack() const override {
        return nullptr;
    }
    int32_t localFunctionStackSize() const override {
        return 0;
    }
#endif

private:
    nvonnxparser::ErrorCode code_;
    std::string what_;
    int node_;
    std::string nodeName_;
    std::string nodeOperator_;
};

struct ParserState {
    ParserState(nvinfer1::ILogger* logger, Network* filled) : log(logger), network(filled) {}

    Log log;
    Network* network;
    std::vector<ParserError> errors;
    uint32_t flags = 0;
    std::vector<std::vector<int64_t>> subgraphs;  // those that supportsModelV2 found supported
};

class Parser final : public nvonnxparser::IParser, public Buried<Parser> {
public:
    Parser(nvinfer1::ILogger* logger, Network* network) : state_(std::make_unique<ParserState>(logger, network)) {}
    explicit Parser(Tombstone) {}
    ~Parser() noexcept override;

    bool parse(void const* model, size_t size, char const* path) noexcept override;
    bool parseFromFile(char const* path, int verbosity) noexcept override;
#if !PINION_TRT_SINCE(11, 0)
    bool supportsModel(void const* model, size_t size, SubGraphCollection_t& subgraphs,
                       char const* path) noexcept override;
    bool parseWithWeightDescriptors(void const* model, size_t size) noexcept override;
#endif
    bool supportsOperator(char const* name) const noexcept override;
    int getNbErrors() const noexcept override;
    nvonnxparser::IParserError const* getError(int index) const noexcept override;
    void clearErrors() noexcept override;
#if !PINION_TRT_SINCE(10, 0)
    void destroy() override {
        delete this;
    }
#endif
#if PINION_TRT_SINCE(8, 6)
    char const* const* getUsedVCPluginLibraries(int64_t& count) const noexcept override;
    void setFlags(nvonnxparser::OnnxParserFlags flags) noexcept override;
    nvonnxparser::OnnxParserFlags getFlags() const noexcept override;
    void clearFlag(nvonnxparser::OnnxParserFlag flag) noexcept override;
    void setFlag(nvonnxparser::OnnxParserFlag flag) noexcept override;
    bool getFlag(nvonnxparser::OnnxParserFlag flag) const noexcept override;
#endif
#if PINION_TRT_SINCE(10, 0)
    nvinfer1::ITensor const* getLayerOutputTensor(char const* name, int64_t index) noexcept override;
    bool supportsModelV2(void const* model, size_t size, char const* path) noexcept override;
    int64_t getNbSubgraphs() noexcept override;
    bool isSubgraphSupported(int64_t const index) noexcept override;
    int64_t* getSubgraphNodes(int64_t const index, int64_t& length) noexcept override;
#endif

private:
    bool alive(const char* function) const noexcept;
    // Whether all of the model is supported; otherwise the runs of nodes that are.
    bool supports(const char* function, void const* model, size_t size, char const* path,
                  std::vector<std::vector<int64_t>>& runs) noexcept;
    bool parseBytes(std::string bytes, const std::string& folder);

    std::unique_ptr<ParserState> state_;
};

}  // namespace pinion_host_tensorrt
