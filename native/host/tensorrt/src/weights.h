// The weights of one engine, in one block of memory that shrinks as ONNX Runtime packs them into its own layout.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "text.h"

namespace pinion_host_tensorrt {

// One constant of the model, and where its bytes lie in the block.
struct Weight {
    std::string name;
    int32_t type = 0;
    Shape dims;
    uint64_t offset = 0;
    uint64_t size = 0;
};

// Offsets of weights are multiples of this, for vector loads.
constexpr uint64_t kWeightAlignment = 64;

// Zero pages straight from the system, so that parts can be given back.
class WeightMemory {
public:
    explicit WeightMemory(uint64_t size);
    ~WeightMemory();
    WeightMemory(const WeightMemory&) = delete;
    WeightMemory& operator=(const WeightMemory&) = delete;

    char* data() const noexcept { return data_; }
    uint64_t size() const noexcept { return size_; }

    // Gives the whole pages of a range back to the system; its content is lost. Any thread.
    void release(uint64_t offset, uint64_t size) noexcept;
    bool anyReleased() const noexcept { return released_.load(); }

private:
    char* data_ = nullptr;
    uint64_t size_;
    std::atomic<bool> released_{false};
};

// Lets the system forget pages of a mapped file that were read, when that is known to be harmless, so that a plan
// that is mapped and copied does not count twice. Memory that is not a mapped file is left alone.
class PageDropper {
public:
    PageDropper(const void* begin, uint64_t size) noexcept;
    // Everything up to this address was read.
    void passed(const void* position) noexcept;

private:
    const char* next_ = nullptr;  // null: nothing may be dropped
    const char* end_ = nullptr;
};

}  // namespace pinion_host_tensorrt
