#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

namespace hostcuda {

enum class HandleTag : uint64_t { kStream = 0xC1, kEvent = 0xC2, kGraph = 0xC3, kGraphNode = 0xC4, kGraphExec = 0xC5 };

enum class HandleState { kLive, kDestroyed, kUnknown };

// A handle is no address: it says what it is, which slot it has, and which use of that slot it was made for, so a
// destroyed or foreign handle is recognized and never dereferenced. A graph node's handle has the node's index too.
struct Handle {
    static constexpr uint64_t kSlots = uint64_t{1} << 20;
    static constexpr uint64_t kGenerations = uint64_t{1} << 20;
    static constexpr uint64_t kIndices = uint64_t{1} << 16;

    static Handle of(HandleTag tag, uint64_t generation, uint64_t index, uint64_t slot) {
        return {static_cast<uint64_t>(tag) << 56 | generation << 36 | index << 20 | slot};
    }
    static Handle of(const void* pointer) {
        static_assert(sizeof(void*) == 8, "handles need 64 bits");
        return {reinterpret_cast<uint64_t>(pointer)};
    }
    void* pointer() const { return reinterpret_cast<void*>(value); }
    HandleTag tag() const { return static_cast<HandleTag>(value >> 56); }
    uint64_t generation() const { return value >> 36 & (kGenerations - 1); }
    uint64_t index() const { return value >> 20 & (kIndices - 1); }
    uint64_t slot() const { return value & (kSlots - 1); }

    uint64_t value;
};

// Objects by handle. Look-ups share the lock.
template <class T>
class HandleTable {
public:
    explicit HandleTable(HandleTag tag) : tag_(tag) {}

    // Null when every slot is taken.
    void* add(std::shared_ptr<T> object) {
        const std::unique_lock<std::shared_mutex> lock(mutex_);
        if (free_.empty()) {
            if (slots_.size() == Handle::kSlots) {
                return nullptr;
            }
            slots_.emplace_back();
            free_.reserve(slots_.capacity());  // so that remove() never allocates
            free_.push_back(slots_.size() - 1);
        }
        const uint64_t slot = free_.back();
        free_.pop_back();
        slots_[slot].object = std::move(object);
        return Handle::of(tag_, slots_[slot].generation, 0, slot).pointer();
    }

    HandleState find(const void* pointer, std::shared_ptr<T>& out) const {
        const std::shared_lock<std::shared_mutex> lock(mutex_);
        const HandleState state = stateOf(Handle::of(pointer));
        if (state == HandleState::kLive) {
            out = slots_[Handle::of(pointer).slot()].object;
        }
        return state;
    }

    HandleState remove(const void* pointer, std::shared_ptr<T>& out) {
        const std::unique_lock<std::shared_mutex> lock(mutex_);
        const HandleState state = stateOf(Handle::of(pointer));
        if (state == HandleState::kLive) {
            release(Handle::of(pointer).slot(), out);
        }
        return state;
    }

    // Removes and returns all objects that `wanted` picks.
    template <class Wanted>
    std::vector<std::shared_ptr<T>> removeIf(const Wanted& wanted) {
        const std::unique_lock<std::shared_mutex> lock(mutex_);
        std::vector<std::shared_ptr<T>> removed;
        for (uint64_t slot = 0; slot < slots_.size(); ++slot) {
            if (slots_[slot].object != nullptr && wanted(*slots_[slot].object)) {
                release(slot, removed.emplace_back());
            }
        }
        return removed;
    }

    size_t count() const {
        const std::shared_lock<std::shared_mutex> lock(mutex_);
        return slots_.size() - free_.size();
    }

private:
    struct Slot {
        std::shared_ptr<T> object;
        uint64_t generation = 1;
    };

    HandleState stateOf(Handle handle) const {
        if (handle.tag() != tag_ || handle.slot() >= slots_.size()) {
            return HandleState::kUnknown;
        }
        const Slot& slot = slots_[handle.slot()];
        return slot.object != nullptr && slot.generation == handle.generation() ? HandleState::kLive
                                                                                : HandleState::kDestroyed;
    }

    void release(uint64_t slot, std::shared_ptr<T>& out) {
        out = std::move(slots_[slot].object);
        slots_[slot].object = nullptr;
        slots_[slot].generation = (slots_[slot].generation + 1) % Handle::kGenerations;
        free_.push_back(slot);
    }

    const HandleTag tag_;
    mutable std::shared_mutex mutex_;
    std::vector<Slot> slots_;
    std::vector<uint64_t> free_;
};

}  // namespace hostcuda
