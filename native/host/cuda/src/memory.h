#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "cuda_runtime_api.h"

namespace hostcuda {

enum class MemoryKind { kDevice, kPinned, kRegistered };

// One range that the runtime knows. The registry's lock orders `inFlight` and `freed` against freeing.
class Allocation {
public:
    Allocation(void* base, size_t size, MemoryKind kind, int device, unsigned flags, bool streamOrdered);
    ~Allocation();
    Allocation(const Allocation&) = delete;
    Allocation& operator=(const Allocation&) = delete;

    // Gives the storage back to the system at once, although graphs may still refer to this object.
    void releaseStorage();

    std::byte* const base;
    const size_t size;
    const MemoryKind kind;
    const int device;
    const unsigned flags;
    const bool streamOrdered;        // from cudaMallocAsync
    std::atomic<int> inFlight{0};    // operations submitted to streams and not yet done with it
    std::atomic<bool> freed{false};  // freed, or handed to cudaFreeAsync

private:
    bool storageHeld_;
};

// An operation's hold on memory: while it lives, the memory cannot be freed unnoticed.
class MemoryUse {
public:
    MemoryUse() = default;
    explicit MemoryUse(std::shared_ptr<Allocation> allocation) : allocation_(std::move(allocation)), counted_(true) {
        allocation_->inFlight.fetch_add(1);
    }
    MemoryUse(MemoryUse&& other) noexcept
        : allocation_(std::move(other.allocation_)), counted_(std::exchange(other.counted_, false)) {}
    MemoryUse& operator=(MemoryUse&& other) noexcept {
        if (this != &other) {
            endUse();
            allocation_ = std::move(other.allocation_);
            counted_ = std::exchange(other.counted_, false);
        }
        return *this;
    }
    ~MemoryUse() { endUse(); }

    // Keeps the reference but no longer counts as work in flight: for captured operations.
    void endUse() {
        if (counted_) {
            counted_ = false;
            allocation_->inFlight.fetch_sub(1);
        }
    }
    const std::shared_ptr<Allocation>& allocation() const { return allocation_; }

private:
    std::shared_ptr<Allocation> allocation_;
    bool counted_ = false;
};

// All known ranges, sorted by address in one flat vector: look-ups are on the copy path.
class MemoryRegistry {
public:
    // Fails, leaving the registry as it was, when the range overlaps a known one.
    bool insert(std::shared_ptr<Allocation> allocation);

    // The range that contains `pointer`, or null.
    std::shared_ptr<Allocation> find(const void* pointer) const;

    // Finds the range of `pointer` and counts a use of it, so that the memory cannot be freed before the operation is
    // submitted; `out` stays empty for memory that is not known. Refuses, with a report, what reaches past a range's
    // end or into memory that is being freed.
    cudaError_t use(const void* pointer, size_t size, const char* what, MemoryUse& out) const;

    // Counts a use of every allocation and returns null; or, if one has been freed, counts nothing and returns that.
    std::shared_ptr<Allocation> useAll(const std::vector<std::shared_ptr<Allocation>>& allocations) const;

    // Removes the range that begins at `base` if its kind matches and nothing in flight uses it.
    enum class Removal { kDone, kUnknown, kInUse };
    Removal remove(const void* base, MemoryKind kind, std::shared_ptr<Allocation>& out);

    // cudaFreeAsync in two steps: the call forbids further use of the memory, and the stream frees it at its turn.
    Removal beginFree(const void* base, std::shared_ptr<Allocation>& out);
    void finishFree(const std::shared_ptr<Allocation>& allocation);

    // Removes everything that belongs to a device and marks it as freed.
    std::vector<std::shared_ptr<Allocation>> removeDevice(int device);

    size_t count() const;
    size_t bytes(bool device) const;

private:
    using Ranges = std::vector<std::shared_ptr<Allocation>>;
    Ranges::const_iterator lookUp(const void* pointer) const;

    mutable std::shared_mutex mutex_;
    Ranges ranges_;
};

// The registry of the process. Never destroyed: streams may outlive main().
MemoryRegistry& memoryRegistry();

}  // namespace hostcuda
