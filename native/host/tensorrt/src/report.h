// Loud reports of broken rules, and the guard against objects used after they were destroyed.
#pragma once

#include <atomic>
#include <cstddef>
#include <new>
#include <string>

namespace pinion_host_tensorrt {

// Never throws; see setReportHook for where it goes.
void report(const std::string& message) noexcept;

// A method was called on a destroyed object.
void reportDead(const char* type, const char* function) noexcept;

// Destroyed API objects rest here with a tombstone in their place, so that a late call is reported instead of being
// undefined. Bounded: the oldest are freed for good.
struct Grave {
    void* object;
    void (*release)(void*);  // destroys the tombstone and frees the memory
};
void bury(Grave grave) noexcept;

struct Tombstone {};

// Base of every API object that the caller deletes. Impl needs a constructor from Tombstone that leaves an object
// whose methods all report; its destructor must report when run on a tombstone that is not being released.
template <typename Impl>
class Buried {
public:
    static void* operator new(size_t size) { return ::operator new(size); }
    static void operator delete(void* memory) noexcept {
        ::new (memory) Impl(Tombstone{});
        bury({memory, [](void* object) {
                  static_cast<Impl*>(object)->released_ = true;
                  static_cast<Impl*>(object)->~Impl();
                  ::operator delete(object);
              }});
    }

protected:
    bool released() const noexcept { return released_; }

private:
    bool released_ = false;
};

// What a destroyed object answers with where the interface asks for a reference to its owner: a dead owner, whose
// methods all report. The owner's side sets it before it makes such an object.
template <typename Interface>
inline std::atomic<Interface*> deadOwner{nullptr};

}  // namespace pinion_host_tensorrt
