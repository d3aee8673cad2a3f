#include "onnx_model.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "wire.h"

namespace pinion_host_tensorrt::onnx {
namespace {

using wire::Field;
using wire::Reader;
using wire::Type;

// Deeper nesting than any exporter makes; keeps hostile files from exhausting the stack.
constexpr int kDeepest = 16;

[[noreturn]] void broken(const std::string& what) {
    throw BrokenModel(what);
}

void checkEnd(const Reader& reader, const char* message) {
    if (reader.broken()) {
        broken(std::string("the bytes of ") + message + " are truncated or are no protobuf");
    }
}

// Names become C strings in the API, so a zero byte inside one would hide its end.
std::string text(const Field& field, const char* what) {
    if (field.bytes.find('\0') != std::string_view::npos) {
        broken(std::string(what) + " holds a zero byte");
    }
    return std::string(field.bytes);
}

int32_t elementType(const Field& field) {
    const int64_t type = field.asInt();
    constexpr int64_t kMost = 64;
    if (type < 0 || type > kMost) {
        broken("element type " + std::to_string(type) + " does not exist");
    }
    return static_cast<int32_t>(type);
}

// A repeated integer, packed or not.
void appendIntegers(const Field& field, std::vector<int64_t>& out) {
    if (field.type == Type::kVarint) {
        out.push_back(field.asInt());
        return;
    }
    std::string_view rest = field.bytes;
    while (!rest.empty()) {
        uint64_t value = 0;
        unsigned shift = 0;
        unsigned char byte = 0x80;
        while ((byte & 0x80) != 0) {
            if (rest.empty() || shift >= 64) {
                broken("a list of integers is truncated");
            }
            byte = static_cast<unsigned char>(rest.front());
            rest.remove_prefix(1);
            value |= static_cast<uint64_t>(byte & 0x7f) << shift;
            shift += 7;
        }
        out.push_back(static_cast<int64_t>(value));
    }
}

uint64_t parseDecimal(const std::string& value, const char* what) {
    constexpr size_t kMostDigits = 18;
    if (value.empty() || value.size() > kMostDigits || value.find_first_not_of("0123456789") != std::string::npos) {
        broken(std::string(what) + " of external data is " + quote(value) + ", not a number");
    }
    return std::stoull(value);
}

void parseExternal(std::string_view bytes, Tensor& tensor) {
    Reader reader(bytes);
    Field field;
    std::string key;
    std::string value;
    while (reader.next(field)) {
        if (field.key() == wire::bytesKey(field::kEntryKey)) {
            key = text(field, "a key of external data");
        } else if (field.key() == wire::bytesKey(field::kEntryValue)) {
            value = text(field, "a value of external data");
        }
    }
    checkEnd(reader, "an entry of external data");
    if (key == "location") {
        tensor.location = value;
    } else if (key == "offset") {
        tensor.offset = parseDecimal(value, "the offset");
    } else if (key == "length") {
        tensor.length = parseDecimal(value, "the length");
    }
}

void checkTensor(const Tensor& tensor, uint64_t listed) {
    const std::string who = "initializer " + quote(tensor.name);
    if (tensor.type == kUndefined) {
        broken(who + " has no element type");
    }
    for (int64_t extent : tensor.dims) {
        if (extent < 0) {
            broken(who + " has the negative extent " + std::to_string(extent));
        }
    }
    const int64_t elements = elementCount(tensor.dims);
    if (elements < 0) {
        broken(who + " has the impossible shape " + toString(tensor.dims));
    }
    if (tensor.external) {
        if (tensor.location.empty()) {
            broken(who + " has external data without a location");
        }
        if (tensor.length != 0 && elementSize(tensor.type) != 0 && tensor.length != tensor.byteSize()) {
            broken(who + " has " + std::to_string(tensor.length) + " bytes of external data where its shape " +
                   toString(tensor.dims) + " takes " + std::to_string(tensor.byteSize()));
        }
        return;
    }
    if (!tensor.raw.empty()) {
        if (elementSize(tensor.type) != 0 && tensor.raw.size() != tensor.byteSize()) {
            broken(who + " has " + std::to_string(tensor.raw.size()) + " bytes of data where its shape " +
                   toString(tensor.dims) + " takes " + std::to_string(tensor.byteSize()));
        }
    } else if (listed == 0 && elements > 0) {
        broken(who + " has no data");
    }
}

Value parseValue(std::string_view bytes) {
    Value value;
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        if (field.key() == wire::bytesKey(field::kValueName)) {
            value.name = text(field, "the name of a graph input or output");
        } else if (field.key() == wire::bytesKey(field::kValueType)) {
            Reader type(field.bytes);
            Field kind;
            while (type.next(kind)) {
                if (kind.key() != wire::bytesKey(field::kTypeTensor)) {
                    continue;  // sequences, maps, optionals: no tensor
                }
                value.isTensor = true;
                Reader tensor(kind.bytes);
                Field part;
                while (tensor.next(part)) {
                    if (part.key() == wire::varintKey(field::kTensorTypeElement)) {
                        value.type = elementType(part);
                    } else if (part.key() == wire::bytesKey(field::kTensorTypeShape)) {
                        value.hasShape = true;
                        Reader shape(part.bytes);
                        Field dim;
                        while (shape.next(dim)) {
                            if (dim.key() != wire::bytesKey(field::kShapeDim)) {
                                continue;
                            }
                            Dim parsed;
                            Reader extent(dim.bytes);
                            Field value2;
                            while (extent.next(value2)) {
                                if (value2.key() == wire::varintKey(field::kDimValue)) {
                                    parsed.extent = value2.asInt();
                                } else if (value2.key() == wire::bytesKey(field::kDimSymbol)) {
                                    parsed.symbol = text(value2, "the name of an extent");
                                }
                            }
                            checkEnd(extent, "an extent");
                            if (parsed.extent < 0) {
                                parsed.extent = -1;
                            }
                            value.dims.push_back(std::move(parsed));
                        }
                        checkEnd(shape, "a shape");
                    }
                }
                checkEnd(tensor, "a tensor type");
            }
            checkEnd(type, "a type");
        }
    }
    checkEnd(reader, "a graph input or output");
    return value;
}

Graph parseGraph(std::string_view bytes, int depth);

void parseAttribute(std::string_view bytes, Node& node, int depth) {
    Attribute attribute;
    std::string name;
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        switch (field.key()) {
            case wire::bytesKey(field::kAttributeName):
                name = text(field, "the name of an attribute");
                break;
            case wire::keyOf(field::kAttributeFloat, Type::kFixed32):
                attribute.real = field.asFloat();
                break;
            case wire::varintKey(field::kAttributeInt):
                attribute.integer = field.asInt();
                break;
            case wire::bytesKey(field::kAttributeText):
                attribute.text = std::string(field.bytes);
                break;
            case wire::bytesKey(field::kAttributeTexts):
                attribute.texts.emplace_back(field.bytes);
                break;
            case wire::varintKey(field::kAttributeInts):
            case wire::bytesKey(field::kAttributeInts):
                appendIntegers(field, attribute.integers);
                break;
            case wire::bytesKey(field::kAttributeGraph):
            case wire::bytesKey(field::kAttributeGraphs):
                node.graphs.push_back(parseGraph(field.bytes, depth + 1));
                break;
            case wire::bytesKey(field::kAttributeTensor):
            case wire::bytesKey(field::kAttributeTensors):
                node.tensors.push_back(parseTensor(field.bytes));
                break;
            default:
                break;
        }
    }
    checkEnd(reader, "an attribute");
    node.graphNames.resize(node.graphs.size(), name);
    node.attributes.emplace(std::move(name), std::move(attribute));
}

Node parseNode(std::string_view bytes, int depth) {
    Node node;
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        switch (field.key()) {
            case wire::bytesKey(field::kNodeInput):
                node.inputs.push_back(text(field, "the input of a node"));
                break;
            case wire::bytesKey(field::kNodeOutput):
                node.outputs.push_back(text(field, "the output of a node"));
                break;
            case wire::bytesKey(field::kNodeName):
                node.name = text(field, "the name of a node");
                break;
            case wire::bytesKey(field::kNodeOp):
                node.op = text(field, "the operator of a node");
                break;
            case wire::bytesKey(field::kNodeDomain):
                node.domain = text(field, "the domain of a node");
                break;
            case wire::bytesKey(field::kNodeAttribute):
                parseAttribute(field.bytes, node, depth);
                break;
            default:
                break;
        }
    }
    checkEnd(reader, "a node");
    return node;
}

Graph parseGraph(std::string_view bytes, int depth) {
    if (depth > kDeepest) {
        broken("subgraphs are nested more than " + std::to_string(kDeepest) + " deep");
    }
    Graph graph;
    graph.message = bytes;
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        switch (field.key()) {
            case wire::bytesKey(field::kGraphNode):
                graph.nodes.push_back(parseNode(field.bytes, depth));
                break;
            case wire::bytesKey(field::kGraphName):
                graph.name = text(field, "the graph's name");
                break;
            case wire::bytesKey(field::kGraphInitializer):
                graph.initializers.push_back(parseTensor(field.bytes));
                break;
            case wire::bytesKey(field::kGraphInput):
                graph.inputs.push_back(parseValue(field.bytes));
                break;
            case wire::bytesKey(field::kGraphOutput):
                graph.outputs.push_back(parseValue(field.bytes));
                break;
            case wire::bytesKey(field::kGraphSparseInitializer):
                broken("sparse initializers are not supported");
            default:
                break;
        }
    }
    checkEnd(reader, "the graph");
    return graph;
}

void parseOpset(std::string_view bytes, Model& model) {
    std::string domain;
    int64_t version = 0;
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        if (field.key() == wire::bytesKey(field::kOpsetDomain)) {
            domain = text(field, "the domain of an operator set");
        } else if (field.key() == wire::varintKey(field::kOpsetVersion)) {
            version = field.asInt();
        }
    }
    checkEnd(reader, "an operator set");
    model.opsets[domain == "ai.onnx" ? "" : domain] = version;
}

}  // namespace

size_t elementSize(int32_t type) noexcept {
    switch (type) {
        case kUint8:
        case kInt8:
        case kBool:
            return 1;
        case kUint16:
        case kInt16:
        case kFloat16:
        case kBfloat16:
            return 2;
        case kFloat:
        case kInt32:
        case kUint32:
            return 4;
        case kInt64:
        case kDouble:
        case kUint64:
            return 8;
        default:
            return 0;
    }
}

std::string typeName(int32_t type) {
    constexpr const char* kNames[] = {"UNDEFINED", "FLOAT",  "UINT8",     "INT8",       "UINT16",  "INT16",
                                      "INT32",     "INT64",  "STRING",    "BOOL",       "FLOAT16", "DOUBLE",
                                      "UINT32",    "UINT64", "COMPLEX64", "COMPLEX128", "BFLOAT16"};
    const bool known = type >= 0 && type < static_cast<int32_t>(std::size(kNames));
    return known ? kNames[type] : "type " + std::to_string(type);
}

int64_t axisOf(const Value* value, int64_t given) noexcept {
    const int64_t rank = value != nullptr && value->hasShape ? static_cast<int64_t>(value->dims.size()) : 0;
    const int64_t axis = given < 0 ? given + rank : given;
    return axis >= 0 && axis < rank ? axis : -1;
}

int64_t extentOf(double value) noexcept {
    constexpr double kLargest = std::numeric_limits<int32_t>::max();
    return value >= 0 && value <= kLargest ? static_cast<int64_t>(value) : -1;
}

Shape Value::shape() const {
    Shape out;
    for (const Dim& dim : dims) {
        out.push_back(dim.extent);
    }
    return out;
}

uint64_t Tensor::byteSize() const {
    const int64_t elements = elementCount(dims);
    const uint64_t size = elementSize(type);
    if (elements < 0 || (size != 0 && static_cast<uint64_t>(elements) > std::numeric_limits<uint64_t>::max() / size)) {
        broken("tensor " + quote(name) + " has the impossible shape " + toString(dims));
    }
    return static_cast<uint64_t>(elements) * size;
}

int64_t Node::integer(const std::string& attribute, int64_t otherwise) const {
    const auto known = attributes.find(attribute);
    return known != attributes.end() ? known->second.integer : otherwise;
}

std::string Node::text(const std::string& attribute, const std::string& otherwise) const {
    const auto known = attributes.find(attribute);
    return known != attributes.end() ? known->second.text : otherwise;
}

std::vector<int64_t> Node::integers(const std::string& attribute) const {
    const auto known = attributes.find(attribute);
    return known != attributes.end() ? known->second.integers : std::vector<int64_t>();
}

std::string Node::label() const {
    if (!name.empty()) {
        return name;
    }
    const auto named = std::find_if(outputs.begin(), outputs.end(), [](const auto& output) { return !output.empty(); });
    return named != outputs.end() ? "node_of_" + *named : "node_of_nothing";
}

const Tensor* Graph::initializer(const std::string& wanted) const noexcept {
    const auto found = std::find_if(initializers.begin(), initializers.end(),
                                    [&](const Tensor& tensor) { return tensor.name == wanted; });
    return found != initializers.end() ? &*found : nullptr;
}

const Tensor* Graph::constant(const std::string& name) const noexcept {
    if (const Tensor* const known = initializer(name)) {
        return known;
    }
    const auto maker = std::find_if(nodes.begin(), nodes.end(), [&](const Node& node) {
        return node.op == "Constant" && !node.tensors.empty() && !node.outputs.empty() && node.outputs[0] == name;
    });
    return maker != nodes.end() ? &maker->tensors[0] : nullptr;
}

Graph parseGraph(std::string_view bytes) {
    return parseGraph(bytes, 0);
}

void parseAttribute(std::string_view bytes, Node& node) {
    parseAttribute(bytes, node, 0);
}

std::vector<double> smallValues(const Tensor& tensor) {
    constexpr size_t kMost = 64;
    std::vector<double> out;
    const size_t size = elementSize(tensor.type);
    const bool isByte = tensor.type == kInt8 || tensor.type == kUint8 || tensor.type == kBool;
    const bool isKnown = isByte || tensor.type == kFloat || tensor.type == kInt32 || tensor.type == kInt64;
    if (!isKnown || tensor.external || tensor.raw.size() > kMost * size) {
        return out;
    }
    const auto add = [&](const char* at) {
        if (isByte) {
            out.push_back(tensor.type == kInt8 ? static_cast<double>(static_cast<signed char>(*at))
                                               : static_cast<double>(static_cast<unsigned char>(*at)));
            return;
        }
        float real = 0;
        int32_t integer = 0;
        int64_t wide = 0;
        std::memcpy(&real, at, sizeof real);
        std::memcpy(&integer, at, sizeof integer);
        if (tensor.type == kInt64) {
            std::memcpy(&wide, at, sizeof wide);
        }
        out.push_back(tensor.type == kFloat   ? static_cast<double>(real)
                      : tensor.type == kInt32 ? static_cast<double>(integer)
                                              : static_cast<double>(wide));
    };
    for (size_t at = 0; at + size <= tensor.raw.size(); at += size) {
        add(tensor.raw.data() + at);
    }
    Reader reader(tensor.message);
    Field field;
    while (reader.next(field) && out.size() <= kMost) {
        const uint32_t list = tensor.type == kInt64 ? field::kTensorLongs : field::kTensorInts;
        if (tensor.type != kFloat && field.key() == wire::varintKey(list)) {
            out.push_back(static_cast<double>(field.asInt()));
        } else if (tensor.type != kFloat && field.key() == wire::bytesKey(list)) {
            for (int64_t value : parseIntegers(field.bytes)) {
                out.push_back(static_cast<double>(value));
            }
        } else if (tensor.type == kFloat && field.key() == wire::keyOf(field::kTensorFloats, Type::kFixed32)) {
            out.push_back(static_cast<double>(field.asFloat()));
        } else if (tensor.type == kFloat && field.key() == wire::bytesKey(field::kTensorFloats)) {
            for (size_t at = 0; at + size <= field.bytes.size() && out.size() <= kMost; at += size) {
                add(field.bytes.data() + at);
            }
        }
    }
    return out.size() <= kMost ? out : std::vector<double>();
}

Node parseNode(std::string_view bytes) {
    return parseNode(bytes, 0);
}

Tensor parseTensor(std::string_view bytes) {
    Tensor tensor;
    tensor.message = bytes;
    uint64_t floats = 0;
    uint64_t listed = 0;
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        switch (field.key()) {
            case wire::varintKey(field::kTensorDims):
            case wire::bytesKey(field::kTensorDims):
                appendIntegers(field, tensor.dims);
                break;
            case wire::varintKey(field::kTensorType):
                tensor.type = elementType(field);
                break;
            case wire::bytesKey(field::kTensorName):
                tensor.name = text(field, "the name of an initializer");
                break;
            case wire::bytesKey(field::kTensorRaw):
                tensor.raw = field.bytes;
                break;
            case wire::bytesKey(field::kTensorExternal):
                parseExternal(field.bytes, tensor);
                break;
            case wire::varintKey(field::kTensorLocation):
                tensor.external = field.asInt() == 1;
                break;
            case wire::keyOf(field::kTensorFloats, Type::kFixed32):
            case wire::bytesKey(field::kTensorFloats):
                ++floats;
                break;
            case wire::varintKey(field::kTensorInts):
            case wire::bytesKey(field::kTensorInts):
            case wire::bytesKey(field::kTensorStrings):
            case wire::varintKey(field::kTensorLongs):
            case wire::bytesKey(field::kTensorLongs):
            case wire::keyOf(field::kTensorDoubles, Type::kFixed64):
            case wire::bytesKey(field::kTensorDoubles):
            case wire::varintKey(field::kTensorUnsignedLongs):
            case wire::bytesKey(field::kTensorUnsignedLongs):
                ++listed;
                break;
            default:
                break;
        }
    }
    checkEnd(reader, "an initializer");
    checkTensor(tensor, tensor.type == kFloat ? floats : floats + listed);
    return tensor;
}

int64_t Model::opset() const {
    const auto own = opsets.find("");
    return own != opsets.end() ? own->second : opsets.size() == 1 ? opsets.begin()->second : 1;
}

std::vector<int64_t> parseIntegers(std::string_view bytes) {
    Field field;
    field.type = Type::kBytes;
    field.bytes = bytes;
    std::vector<int64_t> out;
    appendIntegers(field, out);
    return out;
}

// Any protobuf is a model: one of which nothing is known is empty.
Model parse(std::string_view bytes) {
    Model model;
    bool hasGraph = false;
    Reader reader(bytes, Reader::Ends::kAtAMark);
    Field field;
    while (reader.next(field)) {
        switch (field.key()) {
            case wire::varintKey(field::kModelIrVersion):
                model.irVersion = field.asInt();
                break;
            case wire::bytesKey(field::kModelGraph):
                if (hasGraph) {
                    broken("the model has two graphs");
                }
                hasGraph = true;
                model.graph = parseGraph(field.bytes, 0);
                break;
            case wire::bytesKey(field::kModelOpset):
                parseOpset(field.bytes, model);
                break;
            case wire::bytesKey(field::kModelFunctions):
                broken("models with local functions are not supported");
            default:
                break;
        }
    }
    checkEnd(reader, "the model");
    return model;
}

}  // namespace pinion_host_tensorrt::onnx
