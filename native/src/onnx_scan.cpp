#include "onnx_scan.h"

namespace pinion {
namespace {

// Field numbers of onnx.proto.
constexpr uint32_t kModelGraph = 7;
constexpr uint32_t kModelFunctions = 25;
constexpr uint32_t kGraphNode = 1;
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

// Calls back for each length-delimited field; stops silently at damage.
template <typename Callback>
void forEachMessage(Bytes in, Callback&& callback) {
    uint64_t tag = 0;
    while (in.next < in.end && readVarint(in, tag)) {
        uint64_t value = 0;
        bool isSound = true;
        switch (tag & 7) {
            case 0:
                isSound = readVarint(in, value);
                break;
            case 1:
                isSound = skip(in, 8);
                break;
            case 2: {
                isSound = readVarint(in, value);
                const uint8_t* start = in.next;
                isSound = isSound && skip(in, value);
                if (isSound) {
                    callback(static_cast<uint32_t>(tag >> 3), Bytes{start, in.next});
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
    forEachMessage(bytes, [&](uint32_t field, const Bytes& content) {
        if (field == kNodeName) {
            node.name = toText(content);
        } else if (field == kNodeOp) {
            node.op = toText(content);
        }
    });
    return node;
}

}  // namespace

OnnxOutline scanOnnx(const void* model, uint64_t bytes) {
    OnnxOutline outline;
    const auto* start = static_cast<const uint8_t*>(model);
    forEachMessage({start, start + bytes}, [&](uint32_t field, const Bytes& content) {
        if (field == kModelGraph) {
            forEachMessage(content, [&](uint32_t graphField, const Bytes& node) {
                if (graphField == kGraphNode) {
                    outline.nodes.push_back(readNode(node));
                }
            });
        } else if (field == kModelFunctions) {
            forEachMessage(content, [&](uint32_t functionField, const Bytes& name) {
                if (functionField == kFunctionName) {
                    outline.functions.push_back(toText(name));
                }
            });
        }
    });
    return outline;
}

}  // namespace pinion
