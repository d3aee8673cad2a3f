// A deserialized plan with the facts about its tensors and profiles, the same under every TensorRT version.
#pragma once

#include <NvInfer.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pinion/pinion.h"
#include "plan_file.h"
#include "runtime_cache.h"
#include "tensor_info.h"
#include "tensorrt_compat.h"

namespace pinion {

struct EngineOptions {
    int32_t device = 0;
    std::vector<std::string> pluginLibraries;
    bool allowHostCode = false;
    std::optional<std::string> runtimeCachePath;  // none given: beside a plan file; "": none
};

// Threads: any; immutable but for the profiles in use. Owned by shared_ptr: pn_engine, every session and every
// execution context hold one.
class Engine : public std::enable_shared_from_this<Engine> {
public:
    // The file is read twice: once for the checksum, through a small buffer, and once by TensorRT, mapped.
    static std::shared_ptr<Engine> loadFile(const char* path, const EngineOptions& options);
    static std::shared_ptr<Engine> loadMemory(const void* plan, uint64_t bytes, const EngineOptions& options);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    int32_t device() const noexcept { return device_; }
    const std::vector<TensorInfo>& tensors() const noexcept { return tensors_; }  // inputs first
    int32_t inputCount() const noexcept { return inputCount_; }
    int32_t profileCount() const noexcept { return profileCount_; }
    // Scratch memory one context of the profile needs; the largest of all profiles without an argument.
    int64_t scratchBytes(int32_t profile) const;
    int64_t scratchBytes() const;
    const PlanHeader& header() const noexcept { return header_; }
    std::string describeJson() const;
    std::string layersJson() const;

    // A context with the profile selected on the stream. The engine's device must be current. Throws PN_UNSUPPORTED
    // when the plan has no copy of the profile left (TensorRT before 8.6). Destroy contexts before the stream.
    std::unique_ptr<ExecutionContext> createContext(int32_t profile, cudaStream_t stream);
    // After a warm-up: what was compiled for it stays for later processes. No-op without a runtime cache.
    void keepKernels() noexcept;

private:
    explicit Engine(int32_t device) : device_(device) {}
    // The device must be current. Checks that the plan fits by what stands at its beginning, then the rest of it.
    void prepare(const Plan& plan, const PlanReader& read, const EngineOptions& options);
    void deserialize(const void* payload, uint64_t bytes);
    void openRuntimeCache(const EngineOptions& options, const std::string& besidePlan);
    void readFacts();
    std::shared_ptr<void> leaseProfile(int32_t profile, int32_t* outTrtProfile);

    std::unique_ptr<nvinfer1::IRuntime> runtime_;
    std::unique_ptr<nvinfer1::ICudaEngine> engine_;
    std::unique_ptr<ContextFactory> contexts_;
    std::unique_ptr<RuntimeCache> runtimeCache_;
    int32_t device_;
    std::vector<TensorInfo> tensors_;
    int32_t inputCount_ = 0;
    int32_t profileCount_ = 1;
    PlanHeader header_;
    std::mutex creationMutex_;
    std::mutex profilesMutex_;
    std::vector<bool> profilesInUse_;  // by TensorRT's number; only where profiles are not shared
};

}  // namespace pinion

// The object behind the C handle.
struct pn_engine {
    std::shared_ptr<pinion::Engine> engine;
};
