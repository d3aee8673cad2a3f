#include "crash_report.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstring>

#include "worker_frame.h"

#ifndef _WIN32
#include <sys/resource.h>
#include <unistd.h>
#endif

namespace pinion {
namespace {

// A short text that a signal handler can read while another thread replaces it.
class Note {
public:
    static constexpr size_t kCapacity = 240;

    void set(const char* text, size_t length) noexcept {
        const int next = 1 - current_.load(std::memory_order_relaxed);
        lengths_[next] = static_cast<uint32_t>(std::min(length, kCapacity));
        std::memcpy(texts_[next], text, lengths_[next]);
        current_.store(next, std::memory_order_release);
    }

    // As a text of a payload; returns its end.
    char* write(char* to) const noexcept {
        const int now = current_.load(std::memory_order_acquire);
        std::memcpy(to, &lengths_[now], sizeof(uint32_t));
        std::memcpy(to + sizeof(uint32_t), texts_[now], lengths_[now]);
        return to + sizeof(uint32_t) + lengths_[now];
    }

private:
    char texts_[2][kCapacity] = {};
    uint32_t lengths_[2] = {};
    std::atomic<int> current_{0};
};

Note phaseNote;
Note nodeNote;
// Nodes that the parser has begun; it checks all of them first, and then counts anew.
std::atomic<int32_t> nodeCount{0};

// As NVIDIA's parser writes them, and the host SDK's.
constexpr const char* kNodeLines[] = {"Static check for parsing node: ", "Parsing node: "};

#ifndef _WIN32
int output = -1;
std::atomic_flag isTold = ATOMIC_FLAG_INIT;

extern "C" void onCrash(int signal) {
    if (!isTold.test_and_set()) {
        char frame[sizeof(FrameHeader) + 2 * sizeof(int32_t) + 2 * (sizeof(uint32_t) + Note::kCapacity)];
        const int32_t numbers[2] = {signal, nodeCount.load()};
        std::memcpy(frame + sizeof(FrameHeader), numbers, sizeof(numbers));
        const char* const end = nodeNote.write(phaseNote.write(frame + sizeof(FrameHeader) + sizeof(numbers)));
        const FrameHeader header{FrameKind::kCrash, 0, static_cast<uint64_t>(end - frame) - sizeof(FrameHeader)};
        std::memcpy(frame, &header, sizeof(header));
        (void)!write(output, frame, static_cast<size_t>(end - frame));
    }
    (void)std::signal(signal, SIG_DFL);
    (void)std::raise(signal);
}
#endif

}  // namespace

void reportCrashesTo(int descriptor) noexcept {
#ifndef _WIN32
    output = descriptor;
    // A model that crashes the parser must not fill the disk.
    const rlimit none{0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    // The stack that overflowed has no room for a handler.
    constexpr size_t kStackBytes = size_t{64} << 10;
    static char stack[kStackBytes];
    stack_t other{};
    other.ss_sp = stack;
    other.ss_size = sizeof(stack);
    (void)sigaltstack(&other, nullptr);
    struct sigaction action {};
    action.sa_handler = &onCrash;
    action.sa_flags = SA_ONSTACK;
    for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
        (void)sigaction(signal, &action, nullptr);
    }
#else
    // Windows tells the parent the kind of a crash as the exit code.
    (void)descriptor;
#endif
}

void notePhase(const char* phase) noexcept {
    phaseNote.set(phase, std::strlen(phase));
}

void noteLogLine(const char* line) noexcept {
    static const char* lastKind = nullptr;
    for (const char* kind : kNodeLines) {
        const size_t length = std::strlen(kind);
        if (std::strncmp(line, kind, length) == 0) {
            nodeNote.set(line + length, std::strlen(line + length));
            nodeCount = lastKind == kind ? nodeCount + 1 : 1;
            lastKind = kind;
        }
    }
}

}  // namespace pinion
