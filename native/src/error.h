// Errors inside the native layer: one exception type, turned into a pn_error in one place (guard) at the C edge.
#pragma once

#include <cuda_runtime_api.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "pinion/pinion.h"

namespace pinion {

// What a failed operation reports. Message: one sentence with the value, the limit and the way out.
class Error : public std::runtime_error {
public:
    Error(pn_status status, const std::string& message) : std::runtime_error(message), status_(status) {}
    pn_status status() const noexcept { return status_; }

    // For PN_PLAN_MISMATCH: what built the plan, and what runs here.
    std::string builtWith;
    std::string runningOn;

private:
    pn_status status_;
};

// Throws an Error that names the call and CUDA's error; memory exhaustion becomes PN_DEVICE_OUT_OF_MEMORY.
void throwCuda(cudaError_t code, const char* call);

inline void checkCuda(cudaError_t code, const char* call) {
    if (code != cudaSuccess) {
        throwCuda(code, call);
    }
}

// Makes the pn_error of the exception in flight. Call inside a catch block. Never throws.
int32_t reportCurrentException(const char* operation, pn_error** outError) noexcept;

// Status and error without an exception, for the hot path's refusals. Never throws.
int32_t report(pn_status status, const char* operation, const char* message, pn_error** outError) noexcept;

// Runs body; every C entry point that can throw goes through here. LogScope collects TensorRT's lines meanwhile.
template <typename Body>
int32_t guard(const char* operation, pn_error** outError, Body&& body) noexcept;

}  // namespace pinion

#define PN_CHECK_CUDA(call) ::pinion::checkCuda((call), #call)

#include "log.h"

namespace pinion {

template <typename Body>
int32_t guard(const char* operation, pn_error** outError, Body&& body) noexcept {
    LogScope scope;
    try {
        std::forward<Body>(body)();
        return PN_OK;
    } catch (...) {
        return reportCurrentException(operation, outError);
    }
}

}  // namespace pinion
