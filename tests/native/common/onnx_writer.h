// Writes small ONNX models for tests, straight as protobuf bytes, so that no test needs the onnx package.
//
//     auto bytes = onnx_writer::Model()
//                      .input("x", onnx_writer::kFloat, {"N", 4})
//                      .constant("two", {1}, std::vector<float>{2.0f})
//                      .node("Mul", {"x", "two"}, {"y"}, "double")
//                      .output("y", onnx_writer::kFloat, {"N", 4})
//                      .bytes();
#pragma once

#include <cstdint>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace onnx_writer {

// Element types, by ONNX's numbers.
enum ElementType : int32_t {
    kFloat = 1,
    kUint8 = 2,
    kInt8 = 3,
    kInt32 = 6,
    kInt64 = 7,
    kString = 8,
    kBool = 9,
    kFloat16 = 10,
    kDouble = 11,
};

// One protobuf message under construction.
class Message {
public:
    Message& varint(uint32_t field, uint64_t value) {
        key(field, 0);
        raw(value);
        return *this;
    }
    Message& bytes(uint32_t field, const void* data, size_t size) {
        key(field, 2);
        raw(size);
        out_.append(static_cast<const char*>(data), size);
        return *this;
    }
    Message& text(uint32_t field, const std::string& value) { return bytes(field, value.data(), value.size()); }
    Message& message(uint32_t field, const Message& value) { return text(field, value.out_); }
    Message& fixed32(uint32_t field, float value) {
        key(field, 5);
        out_.append(reinterpret_cast<const char*>(&value), sizeof value);
        return *this;
    }
    const std::string& str() const { return out_; }

private:
    void key(uint32_t field, uint32_t wire) { raw(uint64_t{field} << 3 | wire); }
    void raw(uint64_t value) {
        for (; value >= 0x80; value >>= 7) {
            out_.push_back(static_cast<char>(value | 0x80));
        }
        out_.push_back(static_cast<char>(value));
    }

    std::string out_;
};

// One extent: a number, a symbol ("N"), or unknown ("").
struct Dim {
    Dim(int64_t extent) : value(extent) {}
    Dim(int extent) : value(extent) {}
    Dim(const char* name) : symbol(name) {}
    Dim(std::string name) : symbol(std::move(name)) {}
    int64_t value = -1;
    std::string symbol;
};
using Dims = std::vector<Dim>;

class Model;

// An attribute of a node; the constructor's type decides the attribute's.
class Attribute {
public:
    Attribute(const std::string& name, int64_t value) { begin(name, 2).varint(3, static_cast<uint64_t>(value)); }
    Attribute(const std::string& name, int value) : Attribute(name, static_cast<int64_t>(value)) {}
    Attribute(const std::string& name, float value) { begin(name, 1).fixed32(2, value); }
    Attribute(const std::string& name, const char* value) { begin(name, 3).text(4, value); }
    Attribute(const std::string& name, std::initializer_list<int64_t> values) {
        begin(name, 7);
        for (int64_t value : values) {
            message_.varint(8, static_cast<uint64_t>(value));
        }
    }
    // A subgraph, for If and Loop.
    Attribute(const std::string& name, const Model& graph);
    const Message& message() const { return message_; }

private:
    Message& begin(const std::string& name, uint64_t type) { return message_.text(1, name).varint(20, type); }

    Message message_;
};

class Model {
public:
    explicit Model(int64_t opset = 13, int64_t irVersion = 7) : opset_(opset), irVersion_(irVersion) {}

    Model& name(std::string value) {
        name_ = std::move(value);
        return *this;
    }
    Model& input(const std::string& name, ElementType type, const Dims& dims) {
        graph_.message(11, valueInfo(name, type, dims));
        return *this;
    }
    Model& output(const std::string& name, ElementType type, const Dims& dims) {
        graph_.message(12, valueInfo(name, type, dims));
        return *this;
    }
    // An output whose shape the model does not tell.
    Model& outputOfUnknownShape(const std::string& name, ElementType type) {
        graph_.message(12, Message().text(1, name).message(
                               2, Message().message(1, Message().varint(1, static_cast<uint64_t>(type)))));
        return *this;
    }
    Model& node(const std::string& op, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                const std::string& name = "", const std::vector<Attribute>& attributes = {},
                const std::string& domain = "") {
        Message node;
        for (const auto& input : inputs) {
            node.text(1, input);
        }
        for (const auto& output : outputs) {
            node.text(2, output);
        }
        if (!name.empty()) {
            node.text(3, name);
        }
        node.text(4, op);
        for (const auto& attribute : attributes) {
            node.message(5, attribute.message());
        }
        if (!domain.empty()) {
            node.text(7, domain);
        }
        graph_.message(1, node);
        return *this;
    }
    Model& constant(const std::string& name, const std::vector<int64_t>& dims, const std::vector<float>& values) {
        return raw(name, kFloat, dims, values.data(), values.size() * sizeof(float));
    }
    Model& constant(const std::string& name, const std::vector<int64_t>& dims, const std::vector<int64_t>& values) {
        return raw(name, kInt64, dims, values.data(), values.size() * sizeof(int64_t));
    }
    Model& raw(const std::string& name, ElementType type, const std::vector<int64_t>& dims, const void* data,
               size_t size) {
        graph_.message(5, tensorHead(name, type, dims).bytes(9, data, size));
        return *this;
    }
    // A constant whose bytes lie in a file beside the model; the file is the caller's to write.
    Model& external(const std::string& name, ElementType type, const std::vector<int64_t>& dims,
                    const std::string& location, uint64_t offset, uint64_t length) {
        auto entry = [](const char* key, const std::string& value) { return Message().text(1, key).text(2, value); };
        Message tensor = tensorHead(name, type, dims);
        tensor.message(13, entry("location", location));
        tensor.message(13, entry("offset", std::to_string(offset)));
        tensor.message(13, entry("length", std::to_string(length)));
        graph_.message(5, tensor.varint(14, 1));
        return *this;
    }
    // Another operator set beside ONNX's own, for nodes of that domain.
    Model& import(const std::string& domain, int64_t version) {
        imports_.emplace_back(domain, version);
        return *this;
    }
    Model& metadata(const std::string& key, const std::string& value) {
        metadata_.emplace_back(key, value);
        return *this;
    }

    Message graph() const {
        Message graph = graph_;
        return graph.text(2, name_);
    }
    std::string bytes() const {
        Message model;
        model.varint(1, static_cast<uint64_t>(irVersion_)).text(2, "pinion-tests").message(7, graph());
        model.message(8, Message().text(1, "").varint(2, static_cast<uint64_t>(opset_)));
        for (const auto& [domain, version] : imports_) {
            model.message(8, Message().text(1, domain).varint(2, static_cast<uint64_t>(version)));
        }
        for (const auto& [key, value] : metadata_) {
            model.message(14, Message().text(1, key).text(2, value));
        }
        return model.str();
    }
    void save(const std::string& path) const {
        std::ofstream file(path, std::ios::binary);
        const std::string content = bytes();
        if (!file.write(content.data(), static_cast<std::streamsize>(content.size()))) {
            throw std::runtime_error("cannot write " + path);
        }
    }

private:
    static Message valueInfo(const std::string& name, ElementType type, const Dims& dims) {
        Message shape;
        for (const Dim& dim : dims) {
            Message extent;
            if (dim.value >= 0) {
                extent.varint(1, static_cast<uint64_t>(dim.value));
            } else if (!dim.symbol.empty()) {
                extent.text(2, dim.symbol);
            }
            shape.message(1, extent);
        }
        Message tensor;
        tensor.varint(1, static_cast<uint64_t>(type)).message(2, shape);
        return Message().text(1, name).message(2, Message().message(1, tensor));
    }
    static Message tensorHead(const std::string& name, ElementType type, const std::vector<int64_t>& dims) {
        Message tensor;
        for (int64_t dim : dims) {
            tensor.varint(1, static_cast<uint64_t>(dim));
        }
        return tensor.varint(2, static_cast<uint64_t>(type)).text(8, name);
    }

    int64_t opset_;
    int64_t irVersion_;
    std::string name_ = "test";
    Message graph_;
    std::vector<std::pair<std::string, int64_t>> imports_;
    std::vector<std::pair<std::string, std::string>> metadata_;
};

inline Attribute::Attribute(const std::string& name, const Model& graph) {
    begin(name, 5).message(6, graph.graph());
}

}  // namespace onnx_writer
