#include "wire.h"

namespace pinion_host_tensorrt::wire {
namespace {

void putRaw(std::string& out, uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
        out.push_back(static_cast<char>(value | 0x80));
    }
    out.push_back(static_cast<char>(value));
}

void putKey(std::string& out, uint32_t number, Type type) {
    putRaw(out, uint64_t{number} << 3 | static_cast<uint32_t>(type));
}

}  // namespace

bool Reader::varint(uint64_t& value) noexcept {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (rest_.empty()) {
            return fail();
        }
        const auto byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        value |= static_cast<uint64_t>(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return true;
        }
    }
    return fail();
}

bool Reader::fixed(size_t size, uint64_t& value) noexcept {
    if (rest_.size() < size) {
        return fail();
    }
    value = 0;
    for (size_t i = 0; i < size; ++i) {
        value |= static_cast<uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
    }
    rest_.remove_prefix(size);
    return true;
}

bool Reader::next(Field& field) noexcept {
    uint64_t key = 0;
    if (broken_ || rest_.empty() || !varint(key)) {
        return false;
    }
    if (key >> 3 == 0 || key >> 3 > 0x1fffffff) {
        return fail();
    }
    field.number = static_cast<uint32_t>(key >> 3);
    field.type = static_cast<Type>(key & 7);
    field.value = 0;
    field.bytes = {};
    switch (field.type) {
        case Type::kVarint:
            return varint(field.value);
        case Type::kFixed64:
            return fixed(8, field.value);
        case Type::kFixed32:
            return fixed(4, field.value);
        case Type::kBytes: {
            uint64_t length = 0;
            if (!varint(length)) {
                return false;
            }
            if (length > rest_.size()) {
                return fail();
            }
            field.bytes = rest_.substr(0, static_cast<size_t>(length));
            rest_.remove_prefix(static_cast<size_t>(length));
            return true;
        }
    }
    return fail();  // groups, which ONNX does not use, and unknown types
}

void putVarint(std::string& out, uint32_t number, uint64_t value) {
    putKey(out, number, Type::kVarint);
    putRaw(out, value);
}

void putBytes(std::string& out, uint32_t number, std::string_view bytes) {
    putKey(out, number, Type::kBytes);
    putRaw(out, bytes.size());
    out.append(bytes);
}

void putField(std::string& out, const Field& field) {
    if (field.type == Type::kBytes) {
        putBytes(out, field.number, field.bytes);
        return;
    }
    putKey(out, field.number, field.type);
    if (field.type == Type::kVarint) {
        putRaw(out, field.value);
        return;
    }
    for (unsigned i = 0; i < (field.type == Type::kFixed64 ? 8u : 4u); ++i) {
        out.push_back(static_cast<char>(field.value >> (8 * i)));
    }
}

}  // namespace pinion_host_tensorrt::wire
