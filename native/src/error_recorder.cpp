#include "error_recorder.h"

#include "log.h"

namespace pinion {

std::string ErrorRecorder::take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::string first = std::move(first_);
    first_.clear();
    count_ = 0;
    return first;
}

nvinfer1::ErrorCode ErrorRecorder::getErrorCode(int32_t index) const noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return index == 0 && count_ != 0 ? code_ : nvinfer1::ErrorCode::kSUCCESS;
}

nvinfer1::IErrorRecorder::ErrorDesc ErrorRecorder::getErrorDesc(int32_t index) const noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return index == 0 ? first_.c_str() : "";
}

void ErrorRecorder::clear() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    first_.clear();
    count_ = 0;
}

bool ErrorRecorder::reportError(nvinfer1::ErrorCode code, ErrorDesc description) noexcept {
    const char* const text = description == nullptr ? "" : description;
    logger().log(nvinfer1::ILogger::Severity::kERROR, text);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (count_ == 0) {
        code_ = code;
        try {
            first_ = text;
        } catch (const std::bad_alloc&) {
            // The error counts without its text, which the log has.
            first_.clear();
        }
    }
    count_.fetch_add(1, std::memory_order_release);
    return true;
}

}  // namespace pinion
