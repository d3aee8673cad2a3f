#include "wire.h"

namespace pinion_host_tensorrt::wire {
namespace {

// Wire types that are no value.
constexpr uint32_t kStartGroup = 3;
constexpr uint32_t kEndGroup = 4;
constexpr uint64_t kHighestNumber = 0x1fffffff;
constexpr int kDeepestGroup = 64;

void putRaw(std::string& out, uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
        out.push_back(static_cast<char>(value | 0x80));
    }
    out.push_back(static_cast<char>(value));
}

void putKey(std::string& out, uint32_t number, Type type) {
    putRaw(out, keyOf(number, type));
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
    while (!broken_ && !rest_.empty()) {
        uint64_t key = 0;
        if (!varint(key)) {
            return false;
        }
        const auto type = static_cast<uint32_t>(key & 7);
        if (ends_ == Ends::kAtAMark && (key == 0 || type == kEndGroup)) {
            rest_ = {};
            return false;
        }
        if (key >> 3 == 0 || key >> 3 > kHighestNumber) {
            return fail();
        }
        field.number = static_cast<uint32_t>(key >> 3);
        if (type == kStartGroup) {
            // ONNX has no groups, so what is in one is unknown.
            if (!skipGroup(field.number, 0)) {
                return fail();
            }
            continue;
        }
        field.type = static_cast<Type>(type);
        return value(field);
    }
    return false;
}

bool Reader::value(Field& field) noexcept {
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
    return fail();
}

bool Reader::skipGroup(uint32_t number, int depth) noexcept {
    while (depth < kDeepestGroup && !rest_.empty()) {
        uint64_t key = 0;
        if (!varint(key) || key >> 3 == 0 || key >> 3 > kHighestNumber) {
            return false;
        }
        const auto type = static_cast<uint32_t>(key & 7);
        if (type == kEndGroup) {
            return key >> 3 == number;
        }
        Field inside;
        inside.type = static_cast<Type>(type);
        if (type == kStartGroup ? !skipGroup(static_cast<uint32_t>(key >> 3), depth + 1) : !value(inside)) {
            return false;
        }
    }
    return false;
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

// As many as protobuf reads of a length, which may have zeros on top.
constexpr size_t kLengthBytes = 5;

size_t beginBytes(std::string& out, uint32_t number) {
    putKey(out, number, Type::kBytes);
    out.append(kLengthBytes, '\0');
    return out.size();
}

void endBytes(std::string& out, size_t begin) {
    uint64_t length = out.size() - begin;
    for (size_t i = 0; i < kLengthBytes; ++i, length >>= 7) {
        out[begin - kLengthBytes + i] = static_cast<char>((length & 0x7f) | (i + 1 < kLengthBytes ? 0x80 : 0));
    }
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
