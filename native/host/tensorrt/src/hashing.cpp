#include "hashing.h"

#include <algorithm>
#include <cstring>

namespace pinion_host_tensorrt {
namespace {

constexpr uint64_t kOdd = 0x9ddfea08eb382d69;

uint64_t rotate(uint64_t value, unsigned by) noexcept {
    return value << by | value >> (64 - by);
}

uint64_t finish(uint64_t value) noexcept {
    value ^= value >> 32;
    value *= kOdd;
    value ^= value >> 29;
    value *= kOdd;
    return value ^ value >> 32;
}

}  // namespace

void Hasher::block(const unsigned char* bytes) noexcept {
    for (size_t lane = 0; lane < 4; ++lane) {
        uint64_t word = 0;
        std::memcpy(&word, bytes + 8 * lane, sizeof word);
        lanes_[lane] = rotate(lanes_[lane] ^ word, 27) * kOdd;
    }
}

void Hasher::add(const void* data, size_t size) noexcept {
    const auto* bytes = static_cast<const unsigned char*>(data);
    total_ += size;
    if (restSize_ != 0) {
        const size_t taken = std::min(size, kBlock - restSize_);
        std::memcpy(rest_ + restSize_, bytes, taken);
        restSize_ += taken;
        bytes += taken;
        size -= taken;
        if (restSize_ < kBlock) {
            return;
        }
        block(rest_);
        restSize_ = 0;
    }
    for (; size >= kBlock; bytes += kBlock, size -= kBlock) {
        block(bytes);
    }
    if (size != 0) {
        std::memcpy(rest_, bytes, size);
        restSize_ = size;
    }
}

uint64_t Hasher::value() const noexcept {
    uint64_t lanes[4];
    std::memcpy(lanes, lanes_, sizeof lanes);
    for (size_t i = 0; i < restSize_; ++i) {
        lanes[i % 4] = rotate(lanes[i % 4] ^ rest_[i], 27) * kOdd;
    }
    uint64_t out = finish(total_);
    for (uint64_t lane : lanes) {
        out = finish(out ^ lane);
    }
    return out;
}

}  // namespace pinion_host_tensorrt
