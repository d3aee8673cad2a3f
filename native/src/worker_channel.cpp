#include "worker_channel.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#ifdef _WIN32
#include <io.h>
#else
#include <fcntl.h>
#include <unistd.h>
#endif

#include "error.h"

namespace pinion {
namespace {

constexpr int kParentGone = 3;
// One read or write at most this large: some systems refuse more.
constexpr uint64_t kChunk = uint64_t{64} << 20;
// A pipe takes no more at once; on Linux the least that is written whole or not at all, whoever else writes.
constexpr uint64_t kAtomicBytes = 4096;

#ifdef _WIN32
int64_t readSome(int descriptor, void* into, uint64_t bytes) {
    return _read(descriptor, into, static_cast<unsigned>(std::min(bytes, kChunk)));
}
int64_t writeSome(int descriptor, const void* from, uint64_t bytes) {
    return _write(descriptor, from, static_cast<unsigned>(std::min(bytes, kChunk)));
}
int moveAway(int descriptor) {
    return _dup(descriptor);
}
void freeStandardStreams() {
    (void)_dup2(2, 1);
}
#else
int64_t readSome(int descriptor, void* into, uint64_t bytes) {
    return ::read(descriptor, into, static_cast<size_t>(std::min(bytes, kChunk)));
}
int64_t writeSome(int descriptor, const void* from, uint64_t bytes) {
    return ::write(descriptor, from, static_cast<size_t>(std::min(bytes, kChunk)));
}
int moveAway(int descriptor) {
    constexpr int kFirstFree = 3;
    return ::fcntl(descriptor, F_DUPFD_CLOEXEC, kFirstFree);
}
void freeStandardStreams() {
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing > 0) {
        (void)::dup2(nothing, 0);
        (void)::close(nothing);
    }
    (void)::dup2(2, 1);
}
#endif

bool writeAll(int descriptor, const void* from, uint64_t bytes) {
    const char* next = static_cast<const char*>(from);
    while (bytes > 0) {
        const int64_t written = writeSome(descriptor, next, bytes);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        next += written;
        bytes -= static_cast<uint64_t>(written);
    }
    return true;
}

}  // namespace

void endWithoutParent() noexcept {
    std::_Exit(kParentGone);
}

std::string PayloadReader::text() {
    const auto length = value<uint32_t>();
    return {take(length), length};
}

void PayloadReader::expectEnd() const {
    if (at_ != bytes_.size()) {
        throw Error(PN_IO, "the request has " + std::to_string(bytes_.size()) + " bytes, and its fields end at " +
                               std::to_string(at_));
    }
}

const char* PayloadReader::take(size_t bytes) {
    if (bytes > bytes_.size() - at_) {
        throw Error(PN_IO, "the request has " + std::to_string(bytes_.size()) + " bytes, and a field of " +
                               std::to_string(bytes) + " bytes begins at " + std::to_string(at_));
    }
    const char* const field = bytes_.data() + at_;
    at_ += bytes;
    return field;
}

Channel::Channel(int input, int output) : input_(moveAway(input)), output_(moveAway(output)) {
    if (input_ < 0 || output_ < 0) {
        throw Error(PN_IO, "the pipes to the parent process are not open");
    }
    freeStandardStreams();
#ifdef F_SETPIPE_SZ
    // A plan of hundreds of megabytes in fewer turns; a system that refuses it keeps its own size.
    constexpr int kPipeBytes = 1 << 20;
    (void)fcntl(output_, F_SETPIPE_SZ, kPipeBytes);
#endif
}

FrameHeader Channel::expect(FrameKind kind, uint64_t maxBytes) {
    FrameHeader header{};
    read(&header, sizeof(header));
    if (header.kind != kind || header.bytes > maxBytes) {
        throw Error(PN_IO, "a frame of kind " + std::to_string(static_cast<uint32_t>(header.kind)) + " with " +
                               std::to_string(header.bytes) + " bytes came where kind " +
                               std::to_string(static_cast<uint32_t>(kind)) + " with at most " +
                               std::to_string(maxBytes) + " was due");
    }
    return header;
}

void Channel::read(void* into, uint64_t bytes) {
    char* next = static_cast<char*>(into);
    for (uint64_t left = bytes; left > 0;) {
        const int64_t count = readSome(input_, next, left);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            throw Error(PN_IO, "the request is torn: it ended " + std::to_string(left) + " bytes too early");
        }
        next += count;
        left -= static_cast<uint64_t>(count);
    }
}

void Channel::waitForEnd() noexcept {
    char ignored = 0;
    int64_t count = 1;
    while (count > 0 || (count < 0 && errno == EINTR)) {
        count = readSome(input_, &ignored, 1);
    }
}

void Channel::write(FrameKind kind, const void* payload, uint64_t bytes) noexcept {
    const FrameHeader header{kind, 0, bytes};
    const std::lock_guard<std::mutex> lock(mutex_);
    bool isWritten = false;
    if (sizeof(header) + bytes <= kAtomicBytes) {
        // In one piece, so that a crash on another thread cannot put its own frame into the middle.
        char frame[kAtomicBytes];
        std::memcpy(frame, &header, sizeof(header));
        std::memcpy(frame + sizeof(header), payload, static_cast<size_t>(bytes));
        isWritten = writeAll(output_, frame, sizeof(header) + bytes);
    } else {
        isWritten = writeAll(output_, &header, sizeof(header)) && writeAll(output_, payload, bytes);
    }
    if (!isWritten) {
        endWithoutParent();
    }
}

}  // namespace pinion
