// The child's end of the two pipes to its parent: whole frames, each length checked.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "worker_frame.h"

namespace pinion {

// The fields of a payload, in order.
class PayloadWriter {
public:
    template <typename T>
    PayloadWriter& number(T value) {
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
        return *this;
    }
    PayloadWriter& text(std::string_view value) {
        number(static_cast<uint32_t>(value.size()));
        bytes_.append(value);
        return *this;
    }
    const std::string& bytes() const noexcept { return bytes_; }

private:
    std::string bytes_;
};

// Reads what PayloadWriter wrote. Throws PN_IO where the payload is shorter or longer than its fields.
class PayloadReader {
public:
    explicit PayloadReader(std::string bytes) : bytes_(std::move(bytes)) {}

    template <typename T>
    T value() {
        T result;
        std::memcpy(&result, take(sizeof(result)), sizeof(result));
        return result;
    }
    // A negative count is none.
    template <typename T>
    std::vector<T> array(int32_t count) {
        const auto length = static_cast<size_t>(std::max(count, 0));
        const char* const from = take(length * sizeof(T));
        std::vector<T> values(length);
        if (length > 0) {
            std::memcpy(values.data(), from, length * sizeof(T));
        }
        return values;
    }
    std::string text();
    void expectEnd() const;

private:
    const char* take(size_t bytes);

    std::string bytes_;
    size_t at_ = 0;
};

class Channel {
public:
    // Moves both descriptors out of the way of libraries that print: what goes to stdout then goes to stderr.
    Channel(int input, int output);

    // Reads a frame's header. Throws PN_IO where the kind is another or the payload larger than that.
    FrameHeader expect(FrameKind kind, uint64_t maxBytes);
    void read(void* into, uint64_t bytes);
    // Returns when the parent has closed its end.
    void waitForEnd() noexcept;

    // Any thread. A parent that is gone ends the process.
    void write(FrameKind kind, const void* payload, uint64_t bytes) noexcept;
    void write(FrameKind kind, const PayloadWriter& payload) noexcept {
        write(kind, payload.bytes().data(), payload.bytes().size());
    }
    int output() const noexcept { return output_; }

private:
    std::mutex mutex_;
    int input_;
    int output_;
};

// Ends the process without a word: nobody is left to hear it.
[[noreturn]] void endWithoutParent() noexcept;

}  // namespace pinion
