#include "log.h"

#include "NvInferRuntime.h"
#include "text.h"

namespace pinion_host_tensorrt {
namespace {

std::atomic<nvinfer1::ILogger*> globalLogger{nullptr};

const char* nameOf(ErrorCode code) {
    switch (code) {
        case ErrorCode::kINTERNAL_ERROR:
            return "Internal Error";
        case ErrorCode::kINVALID_ARGUMENT:
            return "API Usage Error";
        case ErrorCode::kINVALID_CONFIG:
            return "Invalid Config";
        case ErrorCode::kFAILED_ALLOCATION:
            return "Out Of Memory";
        case ErrorCode::kFAILED_INITIALIZATION:
            return "Initialization Failed";
        case ErrorCode::kFAILED_EXECUTION:
            return "Execution Failed";
        case ErrorCode::kINVALID_STATE:
            return "Invalid State";
        case ErrorCode::kUNSUPPORTED_STATE:
            return "Unsupported";
        default:
            return "Error";
    }
}

}  // namespace

Log::Log(const Log& parent) noexcept : logger_(parent.logger_) {
    setRecorder(parent.recorder());
}

Log::~Log() {
    setRecorder(nullptr);
}

void Log::setRecorder(nvinfer1::IErrorRecorder* recorder) noexcept {
    if (recorder != nullptr) {
        recorder->incRefCount();
    }
    nvinfer1::IErrorRecorder* const old = recorder_.exchange(recorder);
    if (old != nullptr) {
        old->decRefCount();
    }
}

void Log::error(ErrorCode code, const char* where, const std::string& what) const noexcept {
    const auto severity = code == ErrorCode::kINTERNAL_ERROR ? nvinfer1::ILogger::Severity::kINTERNAL_ERROR
                                                             : nvinfer1::ILogger::Severity::kERROR;
    const std::string text =
        format("%s: Error Code %d: %s (%s)", where, static_cast<int>(code), nameOf(code), what.c_str());
    if (nvinfer1::IErrorRecorder* const known = recorder()) {
        known->reportError(code, text.c_str());
        return;
    }
    write(severity, text);
}

void Log::warning(const std::string& what) const noexcept {
    write(nvinfer1::ILogger::Severity::kWARNING, what);
}

void Log::info(const std::string& what) const noexcept {
    write(nvinfer1::ILogger::Severity::kINFO, what);
}

void Log::verbose(const std::string& what) const noexcept {
    write(nvinfer1::ILogger::Severity::kVERBOSE, what);
}

void Log::write(nvinfer1::ILogger::Severity severity, const std::string& what) const noexcept {
    if (logger_ != nullptr) {
        logger_->log(severity, what.c_str());
    }
}

void setGlobalLogger(nvinfer1::ILogger* logger) noexcept {
    globalLogger = logger;
}

}  // namespace pinion_host_tensorrt

extern "C" nvinfer1::ILogger* getLogger() noexcept {
    return pinion_host_tensorrt::globalLogger.load();
}
