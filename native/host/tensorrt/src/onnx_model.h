// What the host needs to know of an ONNX model, read from its bytes without executing anything.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "text.h"

namespace pinion_host_tensorrt::onnx {

// Element types, by ONNX's numbers. ONNX Runtime uses the same ones.
enum ElementType : int32_t {
    kUndefined = 0,
    kFloat = 1,
    kUint8 = 2,
    kInt8 = 3,
    kUint16 = 4,
    kInt16 = 5,
    kInt32 = 6,
    kInt64 = 7,
    kString = 8,
    kBool = 9,
    kFloat16 = 10,
    kDouble = 11,
    kUint32 = 12,
    kUint64 = 13,
    kBfloat16 = 16,
    kFloat8 = 17,  // E4M3FN
    kInt4 = 22,
};

// Bytes of one element; 0 for types without a fixed size of whole bytes.
size_t elementSize(int32_t type) noexcept;
// "FLOAT16", or "type 23" for one without a name here.
std::string typeName(int32_t type);

// The field numbers of ONNX's messages that are read or written here.
namespace field {
constexpr uint32_t kModelIrVersion = 1;
constexpr uint32_t kModelGraph = 7;
constexpr uint32_t kModelOpset = 8;
constexpr uint32_t kModelFunctions = 25;
constexpr uint32_t kOpsetDomain = 1;
constexpr uint32_t kOpsetVersion = 2;
constexpr uint32_t kGraphNode = 1;
constexpr uint32_t kGraphName = 2;
constexpr uint32_t kGraphInitializer = 5;
constexpr uint32_t kGraphInput = 11;
constexpr uint32_t kGraphOutput = 12;
constexpr uint32_t kGraphValueInfo = 13;
constexpr uint32_t kGraphSparseInitializer = 15;
constexpr uint32_t kNodeInput = 1;
constexpr uint32_t kNodeOutput = 2;
constexpr uint32_t kNodeName = 3;
constexpr uint32_t kNodeOp = 4;
constexpr uint32_t kNodeAttribute = 5;
constexpr uint32_t kNodeDomain = 7;
constexpr uint32_t kAttributeName = 1;
constexpr uint32_t kAttributeFloat = 2;
constexpr uint32_t kAttributeInt = 3;
constexpr uint32_t kAttributeText = 4;
constexpr uint32_t kAttributeInts = 8;
constexpr uint32_t kAttributeTexts = 9;
constexpr uint32_t kAttributeType = 20;
constexpr uint32_t kAttributeTensor = 5;
constexpr uint32_t kAttributeGraph = 6;
constexpr uint32_t kAttributeTensors = 10;
constexpr uint32_t kAttributeGraphs = 11;
constexpr uint32_t kTensorDims = 1;
constexpr uint32_t kTensorType = 2;
constexpr uint32_t kTensorFloats = 4;
constexpr uint32_t kTensorInts = 5;
constexpr uint32_t kTensorStrings = 6;
constexpr uint32_t kTensorLongs = 7;
constexpr uint32_t kTensorName = 8;
constexpr uint32_t kTensorRaw = 9;
constexpr uint32_t kTensorDoubles = 10;
constexpr uint32_t kTensorUnsignedLongs = 11;
constexpr uint32_t kTensorExternal = 13;
constexpr uint32_t kTensorLocation = 14;
constexpr uint32_t kEntryKey = 1;
constexpr uint32_t kEntryValue = 2;
constexpr uint32_t kValueName = 1;
constexpr uint32_t kValueType = 2;
constexpr uint32_t kTypeTensor = 1;
constexpr uint32_t kTensorTypeElement = 1;
constexpr uint32_t kTensorTypeShape = 2;
constexpr uint32_t kShapeDim = 1;
constexpr uint32_t kDimValue = 1;
constexpr uint32_t kDimSymbol = 2;
}  // namespace field

struct Dim {
    int64_t extent = -1;  // -1 when it is a symbol or unknown
    std::string symbol;
};

// A graph input or output.
struct Value {
    std::string name;
    int32_t type = kUndefined;
    bool isTensor = false;
    bool hasShape = false;
    std::vector<Dim> dims;

    Shape shape() const;
};

// The axis that an attribute means; -1 where the rank is not known, or has no such axis.
int64_t axisOf(const Value* value, int64_t given) noexcept;

// A constant's value as an extent; what none can be is unknown.
int64_t extentOf(double value) noexcept;

struct Tensor {
    std::string name;
    int32_t type = kUndefined;
    Shape dims;
    std::string_view message;  // the tensor's own, in the model's bytes
    std::string_view raw;      // into the model's bytes; empty when the data is elsewhere
    bool external = false;
    std::string location;  // of external data, relative to the model's folder
    uint64_t offset = 0;
    uint64_t length = 0;  // 0 when the model does not say

    // Bytes of the data by type and shape; throws when they do not fit.
    uint64_t byteSize() const;
};

struct Graph;

// An attribute that is a number, numbers or text; tensors and graphs are with the node.
struct Attribute {
    int64_t integer = 0;
    float real = 0;
    std::string text;
    std::vector<int64_t> integers;
    std::vector<std::string> texts;
};

struct Node {
    std::string name;
    std::string op;
    std::string domain;
    std::vector<std::string> inputs;  // empty for an optional one that is left out
    std::vector<std::string> outputs;
    std::vector<Graph> graphs;            // bodies of If, Loop and Scan
    std::vector<std::string> graphNames;  // the attributes that they are of
    std::vector<Tensor> tensors;
    std::map<std::string, Attribute> attributes;

    // The value of an attribute, or the other one where the node has none of that name.
    int64_t integer(const std::string& attribute, int64_t otherwise) const;
    std::string text(const std::string& attribute, const std::string& otherwise) const;
    std::vector<int64_t> integers(const std::string& attribute) const;

    // The node's name, or one made from its first output.
    std::string label() const;
};

struct Graph {
    std::string name;
    std::string_view message;  // the graph's own, in the model's bytes
    std::vector<Node> nodes;
    std::vector<Tensor> initializers;
    std::vector<Value> inputs;  // including those that an initializer gives a value
    std::vector<Value> outputs;

    const Tensor* initializer(const std::string& name) const noexcept;
    // The same, or what a Constant makes.
    const Tensor* constant(const std::string& name) const noexcept;
};

struct Model {
    int64_t irVersion = 0;
    std::map<std::string, int64_t> opsets;  // by domain; ONNX's own is ""

    // Of ONNX's own operators. A model that names none is of the first, and one that names a single set means it.
    int64_t opset() const;
    Graph graph;
};

// Thrown by parse, with what is wrong and where.
class BrokenModel : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// The model refers to the bytes, which must outlive it.
Model parse(std::string_view bytes);
Graph parseGraph(std::string_view bytes);
Node parseNode(std::string_view bytes);
// Adds it to the node.
void parseAttribute(std::string_view bytes, Node& node);
Tensor parseTensor(std::string_view bytes);
// The values of a small tensor of FLOAT, INT8, UINT8, BOOL, INT32 or INT64 that is in the model; none of others.
std::vector<double> smallValues(const Tensor& tensor);
// A packed list.
std::vector<int64_t> parseIntegers(std::string_view bytes);

}  // namespace pinion_host_tensorrt::onnx
