#include "error.h"

#include <exception>
#include <new>

// The object behind the C handle. Strings are complete at construction, so that getters never fail.
struct pn_error {
    pn_status status = PN_INTERNAL;
    std::string operation;
    std::string message;
    std::string log;
    std::string builtWith;
    std::string runningOn;
};

namespace pinion {
namespace {

// Stands in when there is no memory for a real error; made at load, when there is. Never freed: the library may fail
// during static destruction too.
pn_error* const kOutOfMemoryError = [] {
    auto* error = new pn_error;
    error->status = PN_OUT_OF_MEMORY;
    error->message = "out of host memory";
    return error;
}();

int32_t makeError(const Error* error, pn_status status, const char* operation, const char* message,
                  pn_error** outError) noexcept {
    if (outError == nullptr) {
        return status;
    }
    try {
        auto made = std::make_unique<pn_error>();
        made->status = status;
        made->operation = operation;
        made->message = message;
        made->log = LogScope::lines();
        if (error != nullptr) {
            made->builtWith = error->builtWith;
            made->runningOn = error->runningOn;
        }
        *outError = made.release();
        return status;
    } catch (...) {
        *outError = kOutOfMemoryError;
        return PN_OUT_OF_MEMORY;
    }
}

}  // namespace

void throwCuda(cudaError_t code, const char* call) {
    // Clears the sticky copy that cudaGetLastError would otherwise hand to a later, innocent call.
    (void)cudaGetLastError();
    const pn_status status = code == cudaErrorMemoryAllocation ? PN_DEVICE_OUT_OF_MEMORY
                             : code == cudaErrorNoDevice || code == cudaErrorInsufficientDriver ? PN_NO_DEVICE
                                                                                                : PN_CUDA;
    throw Error(status, std::string(call) + " failed: " + cudaGetErrorName(code) + ": " + cudaGetErrorString(code));
}

int32_t reportCurrentException(const char* operation, pn_error** outError) noexcept {
    try {
        throw;
    } catch (const Error& error) {
        return makeError(&error, error.status(), operation, error.what(), outError);
    } catch (const std::bad_alloc&) {
        return makeError(nullptr, PN_OUT_OF_MEMORY, operation, "out of host memory", outError);
    } catch (const std::exception& error) {
        return makeError(nullptr, PN_INTERNAL, operation, error.what(), outError);
    } catch (...) {
        return makeError(nullptr, PN_INTERNAL, operation, "an exception of unknown type", outError);
    }
}

int32_t report(pn_status status, const char* operation, const char* message, pn_error** outError) noexcept {
    return makeError(nullptr, status, operation, message, outError);
}

}  // namespace pinion

extern "C" {

int32_t pn_error_status(const pn_error* error) {
    return error == nullptr ? PN_OK : error->status;
}
const char* pn_error_message(const pn_error* error) {
    return error == nullptr ? "" : error->message.c_str();
}
const char* pn_error_operation(const pn_error* error) {
    return error == nullptr ? "" : error->operation.c_str();
}
const char* pn_error_log(const pn_error* error) {
    return error == nullptr ? "" : error->log.c_str();
}
const char* pn_error_built_with(const pn_error* error) {
    return error == nullptr ? "" : error->builtWith.c_str();
}
const char* pn_error_running_on(const pn_error* error) {
    return error == nullptr ? "" : error->runningOn.c_str();
}

void pn_error_destroy(pn_error* error) {
    if (error != pinion::kOutOfMemoryError) {
        delete error;
    }
}

}  // extern "C"
