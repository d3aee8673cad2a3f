#include "memory.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <new>

#include "report.h"

namespace hostcuda {
namespace {

// Device memory is aligned as CUDA promises, pinned memory to a page.
std::align_val_t alignmentOf(MemoryKind kind) {
    return std::align_val_t{kind == MemoryKind::kDevice ? 256U : 4096U};
}

const char* nameOf(MemoryKind kind) {
    switch (kind) {
        case MemoryKind::kDevice:
            return "device";
        case MemoryKind::kPinned:
            return "pinned host";
        default:
            return "registered host";
    }
}

}  // namespace

Allocation::Allocation(void* base, size_t size, MemoryKind kind, int device, unsigned flags, bool streamOrdered)
    : base(static_cast<std::byte*>(base)),
      size(size),
      kind(kind),
      device(device),
      flags(flags),
      streamOrdered(streamOrdered),
      storageHeld_(kind != MemoryKind::kRegistered) {}

Allocation::~Allocation() {
    releaseStorage();
}

void Allocation::releaseStorage() {
    if (storageHeld_) {
        storageHeld_ = false;
        ::operator delete(base, alignmentOf(kind));
    }
}

MemoryRegistry::Ranges::const_iterator MemoryRegistry::lookUp(const void* pointer) const {
    // The last range that begins at or before the pointer is the only one that can contain it.
    auto next = std::upper_bound(ranges_.begin(), ranges_.end(), pointer, [](const void* p, const auto& range) {
        return std::less<const void*>()(p, range->base);
    });
    if (next == ranges_.begin()) {
        return ranges_.end();
    }
    --next;
    const auto offset = static_cast<const std::byte*>(pointer) - (*next)->base;
    return static_cast<size_t>(offset) < (*next)->size ? next : ranges_.end();
}

bool MemoryRegistry::insert(std::shared_ptr<Allocation> allocation) {
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    const auto next = std::lower_bound(ranges_.begin(), ranges_.end(), allocation->base,
                                       [](const auto& range, const std::byte* p) { return range->base < p; });
    const bool reachesNext = next != ranges_.end() && (*next)->base < allocation->base + allocation->size;
    if (reachesNext || lookUp(allocation->base) != ranges_.end()) {
        return false;
    }
    ranges_.insert(next, std::move(allocation));
    return true;
}

std::shared_ptr<Allocation> MemoryRegistry::find(const void* pointer) const {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    const auto found = lookUp(pointer);
    return found != ranges_.end() ? *found : nullptr;
}

cudaError_t MemoryRegistry::use(const void* pointer, size_t size, const char* what, MemoryUse& out) const {
    std::shared_ptr<Allocation> found;
    bool reachesNext = false;
    {
        const std::shared_lock<std::shared_mutex> lock(mutex_);
        const auto position = lookUp(pointer);
        if (position != ranges_.end()) {
            found = *position;
            out = MemoryUse(found);
        } else {
            const auto* const end = static_cast<const std::byte*>(pointer) + size;
            const auto next = std::upper_bound(
                ranges_.begin(), ranges_.end(), pointer,
                [](const void* p, const auto& range) { return std::less<const void*>()(p, range->base); });
            reachesNext = next != ranges_.end() && (*next)->base < end;
        }
    }
    if (reachesNext) {
        report("%s at %p with %zu bytes begins outside and reaches into memory that the runtime manages", what, pointer,
               size);
        return cudaErrorInvalidValue;
    }
    if (found == nullptr) {
        return cudaSuccess;
    }
    const size_t offset = static_cast<size_t>(static_cast<const std::byte*>(pointer) - found->base);
    if (size > found->size - offset) {
        report("%s at %p with %zu bytes goes %zu bytes past the end of %s memory", what, pointer, size,
               size - (found->size - offset), nameOf(found->kind));
        out = MemoryUse();
        return cudaErrorInvalidValue;
    }
    if (found->freed.load()) {
        report("%s at %p uses %s memory that cudaFreeAsync has been called for", what, pointer, nameOf(found->kind));
        out = MemoryUse();
        return cudaErrorInvalidValue;
    }
    return cudaSuccess;
}

std::shared_ptr<Allocation> MemoryRegistry::useAll(const std::vector<std::shared_ptr<Allocation>>& allocations) const {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    for (const auto& allocation : allocations) {
        if (allocation->freed.load()) {
            return allocation;
        }
    }
    for (const auto& allocation : allocations) {
        allocation->inFlight.fetch_add(1);
    }
    return nullptr;
}

MemoryRegistry::Removal MemoryRegistry::remove(const void* base, MemoryKind kind, std::shared_ptr<Allocation>& out) {
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    const auto found = lookUp(base);
    if (found == ranges_.end() || (*found)->base != base || (*found)->kind != kind || (*found)->freed.load()) {
        return Removal::kUnknown;
    }
    out = *found;
    if (out->inFlight.load() > 0) {
        return Removal::kInUse;
    }
    out->freed.store(true);
    ranges_.erase(found);
    return Removal::kDone;
}

MemoryRegistry::Removal MemoryRegistry::beginFree(const void* base, std::shared_ptr<Allocation>& out) {
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    const auto found = lookUp(base);
    if (found == ranges_.end() || (*found)->base != base || (*found)->kind != MemoryKind::kDevice ||
        (*found)->freed.load()) {
        return Removal::kUnknown;
    }
    out = *found;
    out->freed.store(true);
    return Removal::kDone;
}

void MemoryRegistry::finishFree(const std::shared_ptr<Allocation>& allocation) {
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    const auto found = lookUp(allocation->base);
    if (found != ranges_.end() && *found == allocation) {
        ranges_.erase(found);
    }
}

std::vector<std::shared_ptr<Allocation>> MemoryRegistry::removeDevice(int device) {
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    const auto kept = std::stable_partition(ranges_.begin(), ranges_.end(),
                                            [device](const auto& range) { return range->device != device; });
    std::vector<std::shared_ptr<Allocation>> removed(std::make_move_iterator(kept),
                                                     std::make_move_iterator(ranges_.end()));
    ranges_.erase(kept, ranges_.end());
    for (const auto& allocation : removed) {
        allocation->freed.store(true);
    }
    return removed;
}

size_t MemoryRegistry::count() const {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    return ranges_.size();
}

size_t MemoryRegistry::bytes(bool device) const {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    size_t sum = 0;
    for (const auto& range : ranges_) {
        if (range->kind != MemoryKind::kRegistered && (range->kind == MemoryKind::kDevice) == device) {
            sum += range->size;
        }
    }
    return sum;
}

MemoryRegistry& memoryRegistry() {
    static auto& instance = *new MemoryRegistry();
    return instance;
}

}  // namespace hostcuda
