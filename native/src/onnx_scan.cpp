#include "onnx_scan.h"

namespace pinion {
namespace {

// Field numbers of onnx.proto.
constexpr uint32_t kModelGraph = 7;
constexpr uint32_t kModelMetadata = 14;
constexpr uint32_t kModelFunctions = 25;
constexpr uint32_t kEntryKey = 1;
constexpr uint32_t kEntryValue = 2;
constexpr uint32_t kGraphNode = 1;
constexpr uint32_t kGraphInput = 11;
constexpr uint32_t kValueName = 1;
constexpr uint32_t kValueType = 2;
constexpr uint32_t kTypeTensor = 1;
constexpr uint32_t kTensorDataType = 1;
constexpr uint32_t kTensorShape = 2;
constexpr uint32_t kShapeDimension = 1;
constexpr uint32_t kDimensionName = 2;
constexpr uint8_t kDimensionNameTag = kDimensionName << 3 | 2;
constexpr uint32_t kNodeName = 3;
constexpr uint32_t kNodeOp = 4;
constexpr uint32_t kFunctionName = 1;

struct Bytes {
    const uint8_t* next;
    const uint8_t* end;
};

bool readVarint(Bytes& in, uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64 && in.next < in.end; shift += 7) {
        const uint8_t byte = *in.next++;
        value |= static_cast<uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return true;
        }
    }
    return false;
}

bool skip(Bytes& in, uint64_t count) {
    if (count > static_cast<uint64_t>(in.end - in.next)) {
        return false;
    }
    in.next += count;
    return true;
}

struct Field {
    uint32_t number;
    const uint8_t* tag;
    Bytes content;   // of a message or text; else none
    uint64_t value;  // of an integer; else 0
};

// Calls back for each field that is a message, a text or an integer; stops silently at damage.
template <typename Callback>
void forEachField(Bytes in, Callback&& callback) {
    uint64_t tag = 0;
    for (const uint8_t* start = in.next; in.next < in.end && readVarint(in, tag); start = in.next) {
        uint64_t value = 0;
        bool isSound = true;
        switch (tag & 7) {
            case 0:
                isSound = readVarint(in, value);
                if (isSound) {
                    callback(Field{static_cast<uint32_t>(tag >> 3), start, {in.next, in.next}, value});
                }
                break;
            case 1:
                isSound = skip(in, 8);
                break;
            case 2: {
                isSound = readVarint(in, value);
                const uint8_t* content = in.next;
                isSound = isSound && skip(in, value);
                if (isSound) {
                    callback(Field{static_cast<uint32_t>(tag >> 3), start, {content, in.next}, 0});
                }
                break;
            }
            case 5:
                isSound = skip(in, 4);
                break;
            default:
                isSound = false;
                break;
        }
        if (!isSound) {
            return;
        }
    }
}

std::string toText(const Bytes& bytes) {
    return {bytes.next, bytes.end};
}

OnnxNode readNode(const Bytes& bytes) {
    OnnxNode node;
    forEachField(bytes, [&](const Field& field) {
        if (field.number == kNodeName) {
            node.name = toText(field.content);
        } else if (field.number == kNodeOp) {
            node.op = toText(field.content);
        }
    });
    return node;
}

OnnxInput readInput(const Bytes& bytes, const uint8_t* model) {
    OnnxInput input;
    const auto readDimension = [&](const Field& field) {
        if (field.number == kDimensionName && *field.tag == kDimensionNameTag) {
            input.dimensionNames.push_back({toText(field.content), static_cast<uint64_t>(field.tag - model)});
        }
    };
    const auto readShape = [&](const Field& field) {
        if (field.number == kShapeDimension) {
            ++input.rank;
            forEachField(field.content, readDimension);
        }
    };
    const auto readTensor = [&](const Field& field) {
        if (field.number == kTensorDataType) {
            input.dataType = field.value;
        } else if (field.number == kTensorShape) {
            forEachField(field.content, readShape);
        }
    };
    forEachField(bytes, [&](const Field& field) {
        if (field.number == kValueName) {
            input.name = toText(field.content);
        } else if (field.number == kValueType) {
            forEachField(field.content, [&](const Field& type) {
                if (type.number == kTypeTensor) {
                    forEachField(type.content, readTensor);
                }
            });
        }
    });
    return input;
}

}  // namespace

std::map<std::string, std::string> scanMetadata(const void* model, uint64_t bytes, const std::string& prefix) {
    std::map<std::string, std::string> metadata;
    const auto* start = static_cast<const uint8_t*>(model);
    forEachField({start, start + bytes}, [&](const Field& field) {
        if (field.number != kModelMetadata) {
            return;
        }
        std::string key;
        std::string value;
        forEachField(field.content, [&](const Field& part) {
            if (part.number == kEntryKey) {
                key = toText(part.content);
            } else if (part.number == kEntryValue) {
                value = toText(part.content);
            }
        });
        if (key.compare(0, prefix.size(), prefix) == 0) {
            metadata[key] = value;
        }
    });
    return metadata;
}

OnnxOutline scanOnnx(const void* model, uint64_t bytes) {
    OnnxOutline outline;
    const auto* start = static_cast<const uint8_t*>(model);
    const auto readGraph = [&](const Field& field) {
        if (field.number == kGraphNode) {
            outline.nodes.push_back(readNode(field.content));
        } else if (field.number == kGraphInput) {
            outline.inputs.push_back(readInput(field.content, start));
        }
    };
    forEachField({start, start + bytes}, [&](const Field& field) {
        if (field.number == kModelGraph) {
            forEachField(field.content, readGraph);
        } else if (field.number == kModelFunctions) {
            forEachField(field.content, [&](const Field& function) {
                if (function.number == kFunctionName) {
                    outline.functions.push_back(toText(function.content));
                }
            });
        }
    });
    return outline;
}

}  // namespace pinion
