// Two hashes: a fast one that finds damage (XXH64), and SHA-256, which names a model by its content.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace pinion {

// Streaming XXH64 with seed 0. Not for secrets: it finds accidents, not forgeries.
class Xxh64 {
public:
    Xxh64() noexcept;
    void update(const void* data, size_t bytes) noexcept;
    uint64_t digest() const noexcept;

private:
    std::array<uint64_t, 4> lanes_;
    std::array<uint8_t, 32> pending_{};
    size_t pendingBytes_ = 0;
    uint64_t totalBytes_ = 0;
};

// In lower-case hexadecimal.
std::string sha256Hex(const void* data, uint64_t bytes);

}  // namespace pinion
