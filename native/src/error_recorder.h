// Errors of one execution context, also those of work that the device runs long after the enqueue.
#pragma once

#include <NvInfer.h>

#include <atomic>
#include <mutex>
#include <string>

namespace pinion {

// TensorRT reports here from any thread, and to its logger no longer: every line is passed on to Pinion's.
class ErrorRecorder final : public nvinfer1::IErrorRecorder {
public:
    // Free of locks: asked after every run.
    bool hasErrors() const noexcept { return count_.load(std::memory_order_acquire) != 0; }
    // The first error since the last call, and forgets all.
    std::string take();

    int32_t getNbErrors() const noexcept override { return hasErrors() ? 1 : 0; }
    nvinfer1::ErrorCode getErrorCode(int32_t index) const noexcept override;
    ErrorDesc getErrorDesc(int32_t index) const noexcept override;
    bool hasOverflowed() const noexcept override { return count_.load() > 1; }
    void clear() noexcept override;
    bool reportError(nvinfer1::ErrorCode code, ErrorDesc description) noexcept override;
    // The execution context owns the recorder and ends before it: TensorRT's count decides nothing.
    RefCount incRefCount() noexcept override { return ++references_; }
    RefCount decRefCount() noexcept override { return --references_; }

private:
    mutable std::mutex mutex_;
    nvinfer1::ErrorCode code_ = nvinfer1::ErrorCode::kSUCCESS;  // of the first error
    std::string first_;
    std::atomic<int32_t> count_{0};
    std::atomic<RefCount> references_{0};
};

}  // namespace pinion
