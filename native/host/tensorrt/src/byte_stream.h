// Numbers and texts to bytes and back, little-endian. The reader trusts no length.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "refusal.h"
#include "text.h"

namespace pinion_host_tensorrt {

class ByteWriter {
public:
    void u64(uint64_t value) {
        for (unsigned i = 0; i < 8; ++i) {
            out_.push_back(static_cast<char>(value >> (8 * i)));
        }
    }
    void i64(int64_t value) { u64(static_cast<uint64_t>(value)); }
    void text(std::string_view value) {
        u64(value.size());
        out_.append(value);
    }
    void shape(const Shape& value) {
        u64(value.size());
        for (int64_t extent : value) {
            i64(extent);
        }
    }
    template <typename Items, typename Write>
    void list(const Items& items, Write&& write) {
        u64(items.size());
        for (const auto& item : items) {
            write(item);
        }
    }
    const std::string& bytes() const noexcept { return out_; }

private:
    std::string out_;
};

class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) noexcept : rest_(bytes) {}

    uint64_t u64() {
        const std::string_view bytes = take(8);
        uint64_t value = 0;
        for (unsigned i = 0; i < 8; ++i) {
            value |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
        }
        return value;
    }
    int64_t i64() { return static_cast<int64_t>(u64()); }
    std::string text() { return std::string(take(u64())); }
    Shape shape() {
        Shape out;
        list([&] { out.push_back(i64()); });
        return out;
    }
    template <typename Read>
    void list(Read&& read) {
        // Every item takes at least one byte, so a count above what is left is damage.
        const uint64_t count = u64();
        if (count > rest_.size()) {
            refuse("a list is longer than its bytes");
        }
        for (uint64_t i = 0; i < count; ++i) {
            read();
        }
    }
    bool atEnd() const noexcept { return rest_.empty(); }

private:
    std::string_view take(uint64_t size) {
        if (size > rest_.size()) {
            refuse("the bytes end too early");
        }
        const std::string_view out = rest_.substr(0, static_cast<size_t>(size));
        rest_.remove_prefix(static_cast<size_t>(size));
        return out;
    }

    std::string_view rest_;
};

}  // namespace pinion_host_tensorrt
