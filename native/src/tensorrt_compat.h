// Every difference between TensorRT versions, in one place: the rest of the native layer has no version check.
#pragma once

#include <NvInfer.h>
#include <NvOnnxParser.h>
#include <cuda_runtime_api.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pinion/pinion.h"
#include "tensor_info.h"

#define PN_TENSORRT_AT_LEAST(major, minor) \
    (NV_TENSORRT_MAJOR > (major) || (NV_TENSORRT_MAJOR == (major) && NV_TENSORRT_MINOR >= (minor)))

namespace pinion {

// ---- versions, as major * 10000 + minor * 100 + patch

constexpr int32_t kTensorRtCompiled = NV_TENSORRT_MAJOR * 10000 + NV_TENSORRT_MINOR * 100 + NV_TENSORRT_PATCH;

// Before 8.6 a profile serves one context at a time, so that a plan needs copies of it for several contexts.
constexpr bool kProfilesAreShared = PN_TENSORRT_AT_LEAST(8, 6);

int32_t tensorRtLoaded() noexcept;
std::string versionText(int32_t version);

// ---- engines

// Inputs first, each in the order of the network. Throws PN_UNSUPPORTED for a format other than linear.
std::vector<TensorInfo> readTensors(const nvinfer1::ICudaEngine& engine);

// Scratch memory that one context needs for TensorRT's profile (for all of them before 10.0).
int64_t scratchBytes(const nvinfer1::ICudaEngine& engine, int32_t trtProfile);

// The inspector's JSON. Throws PN_UNSUPPORTED before 8.2.
std::string inspectLayers(const nvinfer1::ICudaEngine& engine);

void allowHostCode(nvinfer1::IRuntime& runtime);

// One execution context. Scratch memory and tensor memory are the caller's. Threads: one at a time.
class ExecutionContext {
public:
    // tensors outlives the context. keepAlive is released after TensorRT's object.
    ExecutionContext(nvinfer1::ICudaEngine& engine, const std::vector<TensorInfo>& tensors, int32_t trtProfile,
                     cudaStream_t stream, std::shared_ptr<void> keepAlive);

    // Before the first enqueue; bytes as scratchBytes says.
    void setScratch(void* memory, int64_t bytes);
    // Throws PN_INVALID_ARGUMENT with TensorRT's lines when it refuses the shape.
    void setInputShape(int32_t tensor, const Dims& dims);
    // Valid once every input has its shape; -1 where TensorRT knows it only after the run.
    Dims shape(int32_t tensor) const;
    bool hasAllShapes() const noexcept;
    void setAddress(int32_t tensor, void* data);
    // False: TensorRT refused and logged why. Allocates nothing.
    bool enqueue(cudaStream_t stream) noexcept;
    // While a profiler is set (NULL removes it) an enqueue reports each layer's time before it returns.
    void setProfiler(nvinfer1::IProfiler* profiler) noexcept;

    nvinfer1::IExecutionContext& trt() noexcept { return *context_; }

private:
    std::shared_ptr<void> keepAlive_;
    const std::vector<TensorInfo>& tensors_;
    std::unique_ptr<nvinfer1::IExecutionContext> context_;
    // Only for versions with binding indices: the profile's first binding, and the addresses of all profiles.
    [[maybe_unused]] int32_t bindingOffset_ = 0;
    [[maybe_unused]] std::vector<void*> bindings_;
};

}  // namespace pinion
