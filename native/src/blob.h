// Bytes handed to the caller.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pinion/pinion.h"

// The object behind the C handle.
struct pn_blob {
    std::vector<uint8_t> bytes;
    uint64_t size = 0;
};

namespace pinion {

inline pn_blob* makeBlob(std::vector<uint8_t> bytes) {
    const uint64_t size = bytes.size();
    return new pn_blob{std::move(bytes), size};
}

// With a NUL that size does not count.
inline pn_blob* makeBlob(const std::string& text) {
    const auto* first = reinterpret_cast<const uint8_t*>(text.c_str());
    return new pn_blob{{first, first + text.size() + 1}, text.size()};
}

}  // namespace pinion
