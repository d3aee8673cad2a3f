// Reading and writing protobuf's wire format. The reader trusts nothing: every length is checked against what is left.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace pinion_host_tensorrt::wire {

enum class Type : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// One field of a message; which members count depends on the type.
struct Field {
    uint32_t number = 0;
    Type type = Type::kVarint;
    uint64_t value = 0;      // varint, fixed64, fixed32
    std::string_view bytes;  // bytes; points into the message

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
    explicit Reader(std::string_view message) noexcept : rest_(message) {}

    // False at the end, and on broken bytes; broken() tells which.
    bool next(Field& field) noexcept;
    bool broken() const noexcept { return broken_; }

private:
    bool varint(uint64_t& value) noexcept;
    bool fixed(size_t size, uint64_t& value) noexcept;
    bool fail() noexcept {
        broken_ = true;
        return false;
    }

    std::string_view rest_;
    bool broken_ = false;
};

// Appends fields to a message.
void putVarint(std::string& out, uint32_t number, uint64_t value);
void putBytes(std::string& out, uint32_t number, std::string_view bytes);
void putField(std::string& out, const Field& field);

}  // namespace pinion_host_tensorrt::wire
