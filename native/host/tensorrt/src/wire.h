// Reading and writing protobuf's wire format. The reader trusts nothing: every length is checked against what is left.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace pinion_host_tensorrt::wire {

enum class Type : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// A field's number and type together. A field of a known number and another type is unknown, as protobuf has it.
constexpr uint64_t keyOf(uint32_t number, Type type) noexcept {
    return uint64_t{number} << 3 | static_cast<uint32_t>(type);
}
constexpr uint64_t varintKey(uint32_t number) noexcept {
    return keyOf(number, Type::kVarint);
}
constexpr uint64_t bytesKey(uint32_t number) noexcept {
    return keyOf(number, Type::kBytes);
}

// One field of a message; which members count depends on the type.
struct Field {
    uint32_t number = 0;
    Type type = Type::kVarint;
    uint64_t value = 0;      // varint, fixed64, fixed32
    std::string_view bytes;  // bytes; points into the message

    uint64_t key() const noexcept { return keyOf(number, type); }
    int64_t asInt() const noexcept { return static_cast<int64_t>(value); }
    float asFloat() const noexcept {
        const auto bits = static_cast<uint32_t>(value);
        float out = 0;
        std::memcpy(&out, &bits, sizeof out);
        return out;
    }
};

class Reader {
public:
    // A message that is nobody's field ends at a zero byte or at the end of a group, too, whatever follows.
    enum class Ends { kWithItsBytes, kAtAMark };

    explicit Reader(std::string_view message, Ends ends = Ends::kWithItsBytes) noexcept : rest_(message), ends_(ends) {}

    // False at the end, and on broken bytes; broken() tells which.
    bool next(Field& field) noexcept;
    bool broken() const noexcept { return broken_; }

private:
    bool varint(uint64_t& value) noexcept;
    bool fixed(size_t size, uint64_t& value) noexcept;
    bool value(Field& field) noexcept;
    bool skipGroup(uint32_t number, int depth) noexcept;
    bool fail() noexcept {
        broken_ = true;
        return false;
    }

    std::string_view rest_;
    Ends ends_;
    bool broken_ = false;
};

// Appends fields to a message.
void putVarint(std::string& out, uint32_t number, uint64_t value);
void putBytes(std::string& out, uint32_t number, std::string_view bytes);
void putField(std::string& out, const Field& field);

// A message that is written where it belongs: begin gives what end needs.
size_t beginBytes(std::string& out, uint32_t number);
void endBytes(std::string& out, size_t begin);

}  // namespace pinion_host_tensorrt::wire
