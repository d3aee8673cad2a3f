// A deserialized plan with the facts about its tensors and profiles, the same under every TensorRT version.
#pragma once

#include <NvInfer.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pinion/pinion.h"
#include "plan_file.h"

namespace pinion {

using Dims = std::array<int64_t, PN_MAX_RANK>;

struct ProfileRange {
    Dims min{};
    Dims opt{};
    Dims max{};
};

struct TensorInfo {
    std::string name;
    pn_tensor_mode mode = PN_TENSOR_INPUT;
    pn_data_type dataType = PN_FLOAT32;
    int32_t elementBits = 32;
    int32_t rank = 0;
    Dims dims{};  // -1 where dynamic
    bool isShapeTensor = false;
    int32_t bindingIndex = 0;            // within profile 0; only versions with binding indices use it
    std::vector<ProfileRange> profiles;  // inputs only
};

// Threads: immutable after construction. Owned by shared_ptr: pn_engine and every session hold one.
class Engine {
public:
    static std::shared_ptr<Engine> loadFile(const char* path, const pn_engine_options& options);
    static std::shared_ptr<Engine> loadMemory(const void* plan, uint64_t bytes, const pn_engine_options& options);
    ~Engine();

    nvinfer1::ICudaEngine& trt() const noexcept { return *engine_; }
    int32_t device() const noexcept { return device_; }
    const std::vector<TensorInfo>& tensors() const noexcept { return tensors_; }  // inputs first
    int32_t inputCount() const noexcept { return inputCount_; }
    int32_t profileCount() const noexcept { return profileCount_; }
    // All bindings of one profile; binding index in profile p = p * bindingsPerProfile + bindingIndex (8.x).
    int32_t bindingsPerProfile() const noexcept { return bindingsPerProfile_; }
    int64_t deviceMemoryBytes() const;
    const PlanHeader& header() const noexcept { return header_; }
    std::string layersJson() const;

private:
    Engine() = default;

    nvinfer1::IRuntime* runtime_ = nullptr;    // owned; outlives engine_
    nvinfer1::ICudaEngine* engine_ = nullptr;  // owned
    int32_t device_ = 0;
    std::vector<TensorInfo> tensors_;
    int32_t inputCount_ = 0;
    int32_t profileCount_ = 1;
    int32_t bindingsPerProfile_ = 0;
    PlanHeader header_;
};

}  // namespace pinion
