#include "onnx_model.h"

#include <algorithm>
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
    if (field.type != Type::kBytes) {
        broken(std::string(what) + " is not text");
    }
    if (field.bytes.find('\0') != std::string_view::npos) {
        broken(std::string(what) + " holds a zero byte");
    }
    return std::string(field.bytes);
}

std::string_view message(const Field& field, const char* what) {
    if (field.type != Type::kBytes) {
        broken(std::string(what) + " is not a message");
    }
    return field.bytes;
}

int64_t integer(const Field& field, const char* what) {
    if (field.type != Type::kVarint) {
        broken(std::string(what) + " is not an integer");
    }
    return field.asInt();
}

int32_t elementType(const Field& field) {
    const int64_t type = integer(field, "an element type");
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
    std::string_view rest = message(field, "a list of integers");
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
        if (field.number == field::kEntryKey) {
            key = text(field, "a key of external data");
        } else if (field.number == field::kEntryValue) {
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
        if (field.number == field::kValueName) {
            value.name = text(field, "the name of a graph input or output");
        } else if (field.number == field::kValueType) {
            Reader type(message(field, "a type"));
            Field kind;
            while (type.next(kind)) {
                if (kind.number != field::kTypeTensor) {
                    continue;  // sequences, maps, optionals: no tensor
                }
                value.isTensor = true;
                Reader tensor(message(kind, "a tensor type"));
                Field part;
                while (tensor.next(part)) {
                    if (part.number == field::kTensorTypeElement) {
                        value.type = elementType(part);
                    } else if (part.number == field::kTensorTypeShape) {
                        value.hasShape = true;
                        Reader shape(message(part, "a shape"));
                        Field dim;
                        while (shape.next(dim)) {
                            if (dim.number != field::kShapeDim) {
                                continue;
                            }
                            Dim parsed;
                            Reader extent(message(dim, "an extent"));
                            Field value2;
                            while (extent.next(value2)) {
                                if (value2.number == field::kDimValue) {
                                    parsed.extent = integer(value2, "an extent");
                                } else if (value2.number == field::kDimSymbol) {
                                    parsed.symbol = text(value2, "the name of an extent");
                                }
                            }
                            checkEnd(extent, "an extent");
                            // Exporters write 0 or -1 for "any"; a real extent of 0 cannot be told from it.
                            if (parsed.extent <= 0) {
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
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        if (field.number == field::kAttributeGraph || field.number == field::kAttributeGraphs) {
            node.graphs.push_back(parseGraph(message(field, "a subgraph"), depth + 1));
        } else if (field.number == field::kAttributeTensor || field.number == field::kAttributeTensors) {
            node.tensors.push_back(parseTensor(message(field, "a tensor attribute")));
        }
    }
    checkEnd(reader, "an attribute");
}

Node parseNode(std::string_view bytes, int depth) {
    Node node;
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        switch (field.number) {
            case field::kNodeInput:
                node.inputs.push_back(text(field, "the input of a node"));
                break;
            case field::kNodeOutput:
                node.outputs.push_back(text(field, "the output of a node"));
                break;
            case field::kNodeName:
                node.name = text(field, "the name of a node");
                break;
            case field::kNodeOp:
                node.op = text(field, "the operator of a node");
                break;
            case field::kNodeDomain:
                node.domain = text(field, "the domain of a node");
                break;
            case field::kNodeAttribute:
                parseAttribute(message(field, "an attribute"), node, depth);
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
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        switch (field.number) {
            case field::kGraphNode:
                graph.nodes.push_back(parseNode(message(field, "a node"), depth));
                break;
            case field::kGraphName:
                graph.name = text(field, "the graph's name");
                break;
            case field::kGraphInitializer:
                graph.initializers.push_back(parseTensor(message(field, "an initializer")));
                break;
            case field::kGraphInput:
                graph.inputs.push_back(parseValue(message(field, "a graph input")));
                break;
            case field::kGraphOutput:
                graph.outputs.push_back(parseValue(message(field, "a graph output")));
                break;
            case field::kGraphSparseInitializer:
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
        if (field.number == field::kOpsetDomain) {
            domain = text(field, "the domain of an operator set");
        } else if (field.number == field::kOpsetVersion) {
            version = integer(field, "the version of an operator set");
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

Graph parseGraph(std::string_view bytes) {
    return parseGraph(bytes, 0);
}

Tensor parseTensor(std::string_view bytes) {
    Tensor tensor;
    uint64_t listed = 0;
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        switch (field.number) {
            case field::kTensorDims:
                appendIntegers(field, tensor.dims);
                break;
            case field::kTensorType:
                tensor.type = elementType(field);
                break;
            case field::kTensorName:
                tensor.name = text(field, "the name of an initializer");
                break;
            case field::kTensorRaw:
                tensor.raw = message(field, "an initializer's data");
                break;
            case field::kTensorExternal:
                parseExternal(message(field, "an entry of external data"), tensor);
                break;
            case field::kTensorLocation:
                tensor.external = integer(field, "the location of an initializer") == 1;
                break;
            case field::kTensorFloats:
            case field::kTensorInts:
            case field::kTensorStrings:
            case field::kTensorLongs:
            case field::kTensorDoubles:
            case field::kTensorUnsignedLongs:
                ++listed;
                break;
            default:
                break;
        }
    }
    checkEnd(reader, "an initializer");
    checkTensor(tensor, listed);
    return tensor;
}

Model parse(std::string_view bytes) {
    if (bytes.empty()) {
        broken("the model is empty");
    }
    Model model;
    bool hasGraph = false;
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        switch (field.number) {
            case field::kModelIrVersion:
                model.irVersion = integer(field, "the IR version");
                break;
            case field::kModelGraph:
                if (hasGraph) {
                    broken("the model has two graphs");
                }
                hasGraph = true;
                model.graph = parseGraph(message(field, "the graph"), 0);
                break;
            case field::kModelOpset:
                parseOpset(message(field, "an operator set"), model);
                break;
            case field::kModelFunctions:
                broken("models with local functions are not supported");
            default:
                break;
        }
    }
    checkEnd(reader, "the model");
    if (!hasGraph) {
        broken("the bytes hold no ONNX graph");
    }
    if (model.opsets.count("") == 0) {
        broken("the model names no version of ONNX's operator set");
    }
    return model;
}

}  // namespace pinion_host_tensorrt::onnx
