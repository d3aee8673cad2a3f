#include "log.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <mutex>
#include <new>

namespace pinion {
namespace {

// Enough for every line that matters; a library that repeats one warning for ever must not fill the memory.
constexpr size_t kMaxCollectedBytes = size_t{256} * 1024;

struct Sink {
    std::mutex mutex;  // held during the callback, so that replacing it waits for the running one
    pn_log_callback callback = nullptr;
    void* user = nullptr;
    int32_t maxSeverity = PN_SEVERITY_WARNING;
};

// An object that is never destroyed, and needs no heap, since a log line may tell that the heap is exhausted.
template <typename T>
T& immortal() noexcept {
    alignas(T) static unsigned char storage[sizeof(T)];
    static T& instance = *new (storage) T;
    return instance;
}

Sink& sink() noexcept {
    return immortal<Sink>();
}

// Plain types, so that a scope without a logged line costs two increments.
thread_local int tlsDepth = 0;
thread_local std::string* tlsLines = nullptr;
thread_local bool tlsInCallback = false;
thread_local LogHold* tlsHold = nullptr;

void collect(const char* message) {
    if (tlsDepth == 0) {
        return;
    }
    if (tlsLines == nullptr) {
        tlsLines = new std::string;
    }
    if (tlsLines->size() < kMaxCollectedBytes) {
        tlsLines->append(tlsLines->empty() ? "" : "\n").append(message);
    }
}

void forward(pn_severity severity, const char* message) {
    if (tlsInCallback) {
        return;
    }
    Sink& target = sink();
    const std::lock_guard<std::mutex> lock(target.mutex);
    if (severity > target.maxSeverity) {
        return;
    }
    if (target.callback == nullptr) {
        if (severity <= PN_SEVERITY_WARNING) {
            std::fprintf(stderr, "pinion: %s\n", message);
        }
        return;
    }
    tlsInCallback = true;
    target.callback(target.user, severity, message);
    tlsInCallback = false;
}

void write(pn_severity severity, const char* message) noexcept {
    try {
        if (severity <= PN_SEVERITY_WARNING) {
            collect(message);
        }
        forward(severity, message);
    } catch (...) {
        // Out of memory while keeping a log line: the line is lost, the operation goes on.
        return;
    }
}

}  // namespace

void Logger::log(Severity severity, const char* message) noexcept {
    const char* const text = message == nullptr ? "" : message;
    if (tlsHold == nullptr || severity > Severity::kERROR) {
        write(static_cast<pn_severity>(severity), text);
        return;
    }
    try {
        collect(text);
        tlsHold->errors_.emplace_back(text);
        forward(PN_SEVERITY_VERBOSE, text);
    } catch (...) {
        // Out of memory while keeping a log line: the line is lost, the operation goes on.
        return;
    }
}

Logger& logger() noexcept {
    return immortal<Logger>();
}

void logMessage(pn_severity severity, const std::string& message) noexcept {
    write(severity, message.c_str());
}

void setLogCallback(pn_log_callback callback, void* user, int32_t maxSeverity) {
    Sink& target = sink();
    const std::lock_guard<std::mutex> lock(target.mutex);
    target.callback = callback;
    target.user = user;
    target.maxSeverity = maxSeverity;
}

bool insideLogCallback() noexcept {
    return tlsInCallback;
}

LogHold::LogHold() noexcept {
    tlsHold = this;
}

LogHold::~LogHold() {
    tlsHold = nullptr;
}

void LogHold::callSucceeded() noexcept {
    tlsHold = nullptr;
    try {
        for (const std::string& error : errors_) {
            forward(PN_SEVERITY_ERROR, error.c_str());
        }
    } catch (...) {
        // A lock that fails loses lines and nothing else.
        return;
    }
}

LogScope::LogScope() noexcept {
    ++tlsDepth;
}

LogScope::~LogScope() {
    if (--tlsDepth == 0 && tlsLines != nullptr) {
        delete tlsLines;
        tlsLines = nullptr;
    }
}

bool LogScope::tellsOutOfMemory() {
    std::string text = lines();
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    for (const char* words : {"outofmemory", "out of memory", "cudaerrormemoryallocation", "could not be allocated"}) {
        if (text.find(words) != std::string::npos) {
            return true;
        }
    }
    return false;
}

std::string LogScope::lines() {
    return tlsLines == nullptr ? std::string() : *tlsLines;
}

}  // namespace pinion
