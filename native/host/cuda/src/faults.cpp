#include "faults.h"

#include <algorithm>
#include <cctype>

namespace hostcuda {
namespace {

constexpr const char* kPointNames[static_cast<size_t>(FaultPoint::kCount)] = {
    "malloc",        "malloc_async",      "host_alloc",    "host_register", "memcpy",       "memset",
    "host_func",     "graph_instantiate", "graph_upload",  "graph_launch",  "event_create", "event_record",
    "stream_create", "synchronize",       "begin_capture", "end_capture"};

struct NamedError {
    cudaError_t value;
    const char* name;
};
constexpr NamedError kErrors[] = {
#define PINION_CUDA_ERROR(enumerator, text) {enumerator, #enumerator},
#include "error_table.inc"
#undef PINION_CUDA_ERROR
};

std::string lowerCase(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

// "illegal_address" means cudaErrorIllegalAddress: the enumerator in lower case, without prefix and with underscores.
bool parseError(const std::string& text, cudaError_t& error) {
    if (text == "out_of_memory") {
        error = cudaErrorMemoryAllocation;
        return true;
    }
    std::string wanted = lowerCase(text);
    wanted.erase(std::remove(wanted.begin(), wanted.end(), '_'), wanted.end());
    for (const NamedError& candidate : kErrors) {
        const std::string name = lowerCase(candidate.name);
        if (candidate.value != cudaSuccess && (name == wanted || name == "cudaerror" + wanted)) {
            error = candidate.value;
            return true;
        }
    }
    return false;
}

// Errors that a real device only finds while it runs the work, and that then stick to the device.
bool isSticky(cudaError_t error) {
    switch (error) {
        case cudaErrorECCUncorrectable:
        case cudaErrorNvlinkUncorrectable:
        case cudaErrorIllegalAddress:
        case cudaErrorLaunchTimeout:
        case cudaErrorAssert:
        case cudaErrorHardwareStackError:
        case cudaErrorIllegalInstruction:
        case cudaErrorMisalignedAddress:
        case cudaErrorInvalidAddressSpace:
        case cudaErrorInvalidPc:
        case cudaErrorLaunchFailure:
        case cudaErrorExternalDevice:
            return true;
        default:
            return false;
    }
}

// The only operations that a device runs.
bool runsOnDevice(FaultPoint point) {
    return point == FaultPoint::kMemcpy || point == FaultPoint::kMemset || point == FaultPoint::kHostFunc ||
           point == FaultPoint::kGraphLaunch;
}

}  // namespace

bool Faults::add(const std::string& point, const pinion_host::Occurrence& occurrence, const std::string& error) {
    const auto* const name = std::find(std::begin(kPointNames), std::end(kPointNames), point);
    cudaError_t value = cudaSuccess;
    if (name == std::end(kPointNames) || !parseError(error, value)) {
        return false;
    }
    const auto index = name - kPointNames;
    if (!isSticky(value)) {
        atCall_[index].add(occurrence, value);
        return true;
    }
    if (!runsOnDevice(static_cast<FaultPoint>(index))) {
        return false;
    }
    atRun_[index].add(occurrence, value);
    return true;
}

}  // namespace hostcuda
