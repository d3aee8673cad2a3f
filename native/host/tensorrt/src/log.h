// Messages of one object: to the caller's logger, but errors to the object's error recorder where it has one.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "NvInferRuntimeCommon.h"

namespace pinion_host_tensorrt {

using nvinfer1::ErrorCode;

class Log {
public:
    explicit Log(nvinfer1::ILogger* logger) noexcept : logger_(logger) {}
    // A child object starts with its parent's logger and recorder.
    Log(const Log& parent) noexcept;
    ~Log();
    Log& operator=(const Log&) = delete;

    // where is the API function, "IBuilder::buildSerializedNetwork".
    void error(ErrorCode code, const char* where, const std::string& what) const noexcept;
    void warning(const std::string& what) const noexcept;
    void info(const std::string& what) const noexcept;
    void verbose(const std::string& what) const noexcept;

    nvinfer1::ILogger* logger() const noexcept { return logger_; }
    void setRecorder(nvinfer1::IErrorRecorder* recorder) noexcept;
    nvinfer1::IErrorRecorder* recorder() const noexcept { return recorder_.load(); }

private:
    void write(nvinfer1::ILogger::Severity severity, const std::string& what) const noexcept;

    nvinfer1::ILogger* logger_;
    std::atomic<nvinfer1::IErrorRecorder*> recorder_{nullptr};
};

// The logger that getLogger() returns: the one of the last builder or runtime made.
void setGlobalLogger(nvinfer1::ILogger* logger) noexcept;

}  // namespace pinion_host_tensorrt
