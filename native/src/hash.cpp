#include "hash.h"

#include <algorithm>
#include <cstring>

namespace pinion {
namespace {

constexpr uint64_t kPrime1 = 0x9E3779B185EBCA87;
constexpr uint64_t kPrime2 = 0xC2B2AE3D27D4EB4F;
constexpr uint64_t kPrime3 = 0x165667B19E3779F9;
constexpr uint64_t kPrime4 = 0x85EBCA77C2B2AE63;
constexpr uint64_t kPrime5 = 0x27D4EB2F165667C5;

uint64_t rotateLeft(uint64_t value, int bits) {
    return (value << bits) | (value >> (64 - bits));
}
uint32_t rotateRight(uint32_t value, int bits) {
    return (value >> bits) | (value << (32 - bits));
}

// Every supported machine is little-endian, as XXH64 reads.
uint64_t read64(const uint8_t* data) {
    uint64_t value = 0;
    std::memcpy(&value, data, sizeof(value));
    return value;
}

uint64_t read32(const uint8_t* data) {
    uint32_t value = 0;
    std::memcpy(&value, data, sizeof(value));
    return value;
}

uint64_t mixLane(uint64_t lane, uint64_t input) {
    return rotateLeft(lane + input * kPrime2, 31) * kPrime1;
}

void mixStripe(std::array<uint64_t, 4>& lanes, const uint8_t* stripe) {
    for (size_t i = 0; i < lanes.size(); ++i) {
        lanes[i] = mixLane(lanes[i], read64(stripe + i * 8));
    }
}

}  // namespace

Xxh64::Xxh64() noexcept : lanes_{kPrime1 + kPrime2, kPrime2, 0, 0 - kPrime1} {}

void Xxh64::update(const void* data, size_t bytes) noexcept {
    const auto* next = static_cast<const uint8_t*>(data);
    totalBytes_ += bytes;
    if (pendingBytes_ > 0) {
        const size_t taken = std::min(bytes, pending_.size() - pendingBytes_);
        std::memcpy(pending_.data() + pendingBytes_, next, taken);
        pendingBytes_ += taken;
        next += taken;
        bytes -= taken;
        if (pendingBytes_ < pending_.size()) {
            return;
        }
        mixStripe(lanes_, pending_.data());
        pendingBytes_ = 0;
    }
    // A local copy stays in registers; the member would be stored for every stripe.
    std::array<uint64_t, 4> lanes = lanes_;
    for (; bytes >= pending_.size(); bytes -= pending_.size(), next += pending_.size()) {
        mixStripe(lanes, next);
    }
    lanes_ = lanes;
    if (bytes > 0) {
        std::memcpy(pending_.data(), next, bytes);
    }
    pendingBytes_ = bytes;
}

uint64_t Xxh64::digest() const noexcept {
    uint64_t hash = kPrime5;
    if (totalBytes_ >= pending_.size()) {
        hash =
            rotateLeft(lanes_[0], 1) + rotateLeft(lanes_[1], 7) + rotateLeft(lanes_[2], 12) + rotateLeft(lanes_[3], 18);
        for (const uint64_t lane : lanes_) {
            hash = (hash ^ mixLane(0, lane)) * kPrime1 + kPrime4;
        }
    }
    hash += totalBytes_;
    const uint8_t* next = pending_.data();
    size_t left = pendingBytes_;
    for (; left >= 8; left -= 8, next += 8) {
        hash = rotateLeft(hash ^ mixLane(0, read64(next)), 27) * kPrime1 + kPrime4;
    }
    if (left >= 4) {
        hash = rotateLeft(hash ^ (read32(next) * kPrime1), 23) * kPrime2 + kPrime3;
        left -= 4;
        next += 4;
    }
    for (; left > 0; --left, ++next) {
        hash = rotateLeft(hash ^ (*next * kPrime5), 11) * kPrime1;
    }
    hash = (hash ^ (hash >> 33)) * kPrime2;
    hash = (hash ^ (hash >> 29)) * kPrime3;
    return hash ^ (hash >> 32);
}

namespace {

constexpr std::array<uint32_t, 64> kRoundConstants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

using Sha256State = std::array<uint32_t, 8>;

void mixBlock(Sha256State& state, const uint8_t* block) {
    std::array<uint32_t, 64> words;
    for (size_t i = 0; i < 16; ++i) {
        words[i] = uint32_t{block[i * 4]} << 24 | uint32_t{block[i * 4 + 1]} << 16 | uint32_t{block[i * 4 + 2]} << 8 |
                   uint32_t{block[i * 4 + 3]};
    }
    for (size_t i = 16; i < 64; ++i) {
        const uint32_t a = words[i - 15];
        const uint32_t b = words[i - 2];
        words[i] = words[i - 16] + (rotateRight(a, 7) ^ rotateRight(a, 18) ^ (a >> 3)) + words[i - 7] +
                   (rotateRight(b, 17) ^ rotateRight(b, 19) ^ (b >> 10));
    }
    Sha256State s = state;
    for (size_t i = 0; i < 64; ++i) {
        const uint32_t sum1 = rotateRight(s[4], 6) ^ rotateRight(s[4], 11) ^ rotateRight(s[4], 25);
        const uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        const uint32_t first = s[7] + sum1 + choice + kRoundConstants[i] + words[i];
        const uint32_t sum0 = rotateRight(s[0], 2) ^ rotateRight(s[0], 13) ^ rotateRight(s[0], 22);
        const uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        s = {first + sum0 + majority, s[0], s[1], s[2], s[3] + first, s[4], s[5], s[6]};
    }
    for (size_t i = 0; i < state.size(); ++i) {
        state[i] += s[i];
    }
}

}  // namespace

std::string sha256Hex(const void* data, uint64_t bytes) {
    Sha256State state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    const auto* next = static_cast<const uint8_t*>(data);
    uint64_t left = bytes;
    for (; left >= 64; left -= 64, next += 64) {
        mixBlock(state, next);
    }
    // The rest, a set bit, zeros, and the length in bits at the end of a block.
    std::array<uint8_t, 128> tail{};
    if (left > 0) {
        std::memcpy(tail.data(), next, left);
    }
    tail[left] = 0x80;
    const size_t tailBytes = left < 56 ? 64 : 128;
    for (size_t i = 0; i < 8; ++i) {
        tail[tailBytes - 1 - i] = static_cast<uint8_t>(bytes * 8 >> (8 * i));
    }
    for (size_t i = 0; i < tailBytes; i += 64) {
        mixBlock(state, tail.data() + i);
    }
    std::string hex;
    for (const uint32_t word : state) {
        for (int shift = 28; shift >= 0; shift -= 4) {
            hex += "0123456789abcdef"[word >> shift & 15];
        }
    }
    return hex;
}

}  // namespace pinion
