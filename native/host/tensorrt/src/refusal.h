// How a rule's violation travels inside the library: thrown where it is found, logged at the API's edge.
#pragma once

#include <cuda_runtime_api.h>

#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "log.h"

namespace pinion_host_tensorrt {

class Refusal : public std::runtime_error {
public:
    Refusal(ErrorCode code, const std::string& what) : std::runtime_error(what), code_(code) {}
    ErrorCode code() const noexcept { return code_; }

private:
    ErrorCode code_;
};

[[noreturn]] inline void refuse(const std::string& what) {
    throw Refusal(ErrorCode::kINVALID_ARGUMENT, what);
}
[[noreturn]] inline void refuse(ErrorCode code, const std::string& what) {
    throw Refusal(code, what);
}

// What the functions that create a builder or a runtime refuse.
inline void checkCreation(const nvinfer1::ILogger* logger, int32_t version) {
    if (logger == nullptr || version != NV_TENSORRT_VERSION) {
        refuse(logger == nullptr ? "the logger is null" : "the header is of another version");
    }
#if !PINION_TRT_RTX
    // Makes the primary context of the thread's device, as NVIDIA's do.
    if (const cudaError_t code = cudaFree(nullptr); code != cudaSuccess) {
        (void)cudaGetLastError();
        refuse(ErrorCode::kFAILED_INITIALIZATION,
               std::string("CUDA initialization failure: ") + cudaGetErrorName(code));
    }
#endif
}

// Runs an API function's body; what it throws is logged and becomes the fallback result. where() gives the function's
// name and is called after an error only, so that the hot path makes no strings.
template <typename Result, typename Where, typename Body>
Result guardedAt(const Log& log, Where&& where, Result fallback, Body&& body) noexcept {
    try {
        return std::forward<Body>(body)();
    } catch (const Refusal& refusal) {
        log.error(refusal.code(), std::string(where()).c_str(), refusal.what());
    } catch (const std::bad_alloc&) {
        log.error(ErrorCode::kFAILED_ALLOCATION, std::string(where()).c_str(), "out of host memory");
    } catch (const std::exception& problem) {
        log.error(ErrorCode::kINTERNAL_ERROR, std::string(where()).c_str(), problem.what());
    }
    return fallback;
}

template <typename Result, typename Body>
Result guarded(const Log& log, const char* where, Result fallback, Body&& body) noexcept {
    return guardedAt(
        log, [&] { return where; }, fallback, std::forward<Body>(body));
}

}  // namespace pinion_host_tensorrt
