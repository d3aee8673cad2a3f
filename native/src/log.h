// TensorRT's log: one logger for the process, forwarded to the caller's callback and kept for the error in the making.
#pragma once

#include <NvInfer.h>

#include <string>
#include <vector>

#include "pinion/pinion.h"

namespace pinion {

// TensorRT writes here from any thread.
class Logger final : public nvinfer1::ILogger {
public:
    void log(Severity severity, const char* message) noexcept override;
};

// The process-wide logger. Lives for ever, since TensorRT may log during static destruction.
Logger& logger() noexcept;

// Pinion's own messages take the same way as TensorRT's.
void logMessage(pn_severity severity, const std::string& message) noexcept;

// Waits for a callback that runs on another thread; must not be called from inside one.
void setLogCallback(pn_log_callback callback, void* user, int32_t maxSeverity);
bool insideLogCallback() noexcept;

// While one is alive on a thread, what TensorRT logs there as errors is the reason of a failure in the making: it goes
// to the log callback as verbose lines, since the failure tells it, and once more as errors where the call succeeds.
class LogHold {
public:
    LogHold() noexcept;
    ~LogHold();
    LogHold(const LogHold&) = delete;
    LogHold& operator=(const LogHold&) = delete;

    const std::vector<std::string>& errors() const noexcept { return errors_; }
    void callSucceeded() noexcept;

private:
    friend class Logger;
    std::vector<std::string> errors_;
};

// While one is alive on a thread, warnings and worse logged on that thread are kept for pn_error_log. They nest; the
// outermost collects. Costs nothing until a line is logged.
class LogScope {
public:
    LogScope() noexcept;
    ~LogScope();
    LogScope(const LogScope&) = delete;
    LogScope& operator=(const LogScope&) = delete;

    // Lines so far on this thread, one a line.
    static std::string lines();
    // Whether TensorRT's lines name exhausted memory as the reason: it has no status to tell.
    static bool tellsOutOfMemory();
};

}  // namespace pinion
