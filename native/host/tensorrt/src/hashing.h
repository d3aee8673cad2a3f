// A fast 64-bit hash for finding damage and equal models; not meant to withstand an attacker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pinion_host_tensorrt {

class Hasher {
public:
    // Bytes may come in pieces of any size.
    void add(const void* data, size_t size) noexcept;
    void add(std::string_view text) noexcept { add(text.data(), text.size()); }
    uint64_t value() const noexcept;

private:
    void block(const unsigned char* bytes) noexcept;

    static constexpr size_t kBlock = 32;
    uint64_t lanes_[4] = {0x9ae16a3b2f90404f, 0xc3a5c85c97cb3127, 0xb492b66fbe98f273, 0x9c06faf4d023e3ab};
    unsigned char rest_[kBlock] = {};
    size_t restSize_ = 0;
    uint64_t total_ = 0;
};

inline uint64_t hashOf(std::string_view bytes) noexcept {
    Hasher hasher;
    hasher.add(bytes);
    return hasher.value();
}

}  // namespace pinion_host_tensorrt
