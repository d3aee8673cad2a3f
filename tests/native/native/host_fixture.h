// The host SDK's leak counts and scripted faults.
#pragma once

#include <pinion_host_tensorrt.h>

// Not there with the SDK cuda, whose CUDA is NVIDIA's: what follows from it is left out, and the tests that need it.
#if __has_include(<pinion_host_cuda.h>)
#include <pinion_host_cuda.h>
#define PINION_HOST_CUDA
#endif

#include <memory>
#include <string>

#include "fixture.h"

namespace native_test {

#ifdef PINION_HOST_CUDA
// Scripted faults of the host CUDA for the length of a scope.
class CudaFaults {
public:
    explicit CudaFaults(const std::string& script)
        : env_(std::make_unique<ScopedEnv>("PINION_HOST_CUDA_FAULTS", script)) {
        pinionHostCudaReloadSettings();
    }
    ~CudaFaults() {
        env_.reset();
        pinionHostCudaReloadSettings();
    }

private:
    std::unique_ptr<ScopedEnv> env_;
};

#endif

// Scripted faults of the host TensorRT.
class TensorRtFaults {
public:
    explicit TensorRtFaults(const std::string& script)
        : env_(std::make_unique<ScopedEnv>("PINION_HOST_TENSORRT_FAULTS", script)) {
        pinion_host_tensorrt::reloadFaults();
    }
    ~TensorRtFaults() {
        env_.reset();
        pinion_host_tensorrt::reloadFaults();
    }

private:
    std::unique_ptr<ScopedEnv> env_;
};

inline pn_variant_info variantInfo(const pn_session* session, int32_t variant) {
    pn_variant_info info{};
    info.struct_size = sizeof(info);
    EXPECT_OK(pn_session_variant_info, session, variant, &info);
    return info;
}

#ifdef PINION_HOST_CUDA
inline PinionHostCudaUsage usage() {
    PinionHostCudaUsage now{};
    pinionHostCudaGetUsage(&now);
    return now;
}

// Streams drain a moment after they were destroyed: they are not compared.
inline bool sameUsage(const PinionHostCudaUsage& a, const PinionHostCudaUsage& b) {
    return a.deviceBytes == b.deviceBytes && a.pinnedBytes == b.pinnedBytes && a.allocations == b.allocations &&
           a.events == b.events && a.graphs == b.graphs && a.graphExecs == b.graphExecs;
}

#endif

}  // namespace native_test
