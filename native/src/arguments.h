// Checks of what comes through the C edge, with one wording for each kind of mistake.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "error.h"

namespace pinion {

inline void requirePointer(const void* pointer, const char* name) {
    if (pointer == nullptr) {
        throw Error(PN_INVALID_ARGUMENT, std::string(name) + " is NULL");
    }
}

inline void requireRange(const char* name, int64_t value, int64_t first, int64_t last) {
    if (value < first || value > last) {
        throw Error(PN_INVALID_ARGUMENT, std::string(name) + " is " + std::to_string(value) + "; it must be " +
                                             std::to_string(first) + " to " + std::to_string(last));
    }
}

inline void requireIndex(const char* name, int64_t value, int64_t count) {
    if (value < 0 || value >= count) {
        throw Error(PN_INVALID_ARGUMENT, std::string(name) + " is " + std::to_string(value) + "; there are " +
                                             std::to_string(count) + ", numbered from 0");
    }
}

// A garbage size must not make us read far past a small struct.
constexpr uint32_t kMaxStructBytes = 4096;

inline uint32_t requireStructSize(uint32_t size, size_t known, const char* name) {
    if (size < sizeof(uint32_t) || size > kMaxStructBytes) {
        throw Error(PN_INVALID_ARGUMENT, std::string(name) + ".struct_size is " + std::to_string(size) +
                                             "; set it to sizeof(" + name + "), " + std::to_string(known) +
                                             " in this version");
    }
    return size;
}

// The versioning rule for structs that come in: fields the caller does not know are zero; fields this library does not
// know must be zero, since ignoring one that asks for something would be wrong. NULL gives all zeros.
template <typename T>
T readStruct(const T* from, const char* name) {
    T result{};
    if (from == nullptr) {
        result.struct_size = sizeof(T);
        return result;
    }
    const uint32_t size = requireStructSize(from->struct_size, sizeof(T), name);
    const auto* bytes = reinterpret_cast<const unsigned char*>(from);
    for (size_t i = sizeof(T); i < size; ++i) {
        if (bytes[i] != 0) {
            throw Error(PN_INVALID_ARGUMENT, std::string(name) + " sets a field at byte " + std::to_string(i) +
                                                 ", which this library is too old to know (it knows " +
                                                 std::to_string(sizeof(T)) + " bytes): update the library");
        }
    }
    std::memcpy(&result, from, std::min<size_t>(size, sizeof(T)));
    result.struct_size = sizeof(T);
    return result;
}

// The rule for structs that go out, to a checked pointer: as many bytes as both know; what only the caller knows
// becomes zero.
template <typename T>
void writeStruct(T* to, T value, const char* name) {
    const uint32_t size = requireStructSize(to->struct_size, sizeof(T), name);
    value.struct_size = size;
    std::memcpy(to, &value, std::min<size_t>(size, sizeof(T)));
    if (size > sizeof(T)) {
        std::memset(reinterpret_cast<unsigned char*>(to) + sizeof(T), 0, size - sizeof(T));
    }
}

}  // namespace pinion
