// How execution contexts of TensorRT for RTX compile their kernels, and the cache of those.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "NvInferRuntime.h"
#include "log.h"
#include "report.h"

namespace pinion_host_tensorrt {

#if PINION_TRT_RTX

// Which kernels were compiled, by a hash of the plan and the shapes. Any thread.
class CompiledKernels {
public:
    // False if they were there already.
    bool add(uint64_t key);
    void clear();

    std::string bytes() const;
    // Takes in the kernels of an earlier process. Throws a Refusal, and changes nothing, for bytes that are damaged, or
    // of another release or device.
    void read(const void* blob, size_t size);

private:
    mutable std::mutex mutex_;
    std::set<uint64_t> keys_;
};

// What a context takes from its configuration.
struct KernelSettings {
    nvinfer1::DynamicShapesKernelSpecializationStrategy strategy =
        nvinfer1::DynamicShapesKernelSpecializationStrategy::kLAZY;
    // Of the runtime cache, or its own.
    std::shared_ptr<CompiledKernels> compiled = std::make_shared<CompiledKernels>();

    // The first run with these kernels. Whether it waited until they were compiled.
    bool compile(uint64_t key) const;
};

class RuntimeCache final : public nvinfer1::IRuntimeCache, public Buried<RuntimeCache> {
public:
    explicit RuntimeCache(const Log& parent)
        : kernels_(std::make_shared<CompiledKernels>()), log_(std::make_unique<Log>(parent)) {}
    explicit RuntimeCache(Tombstone) {}
    ~RuntimeCache() noexcept override;

    nvinfer1::IHostMemory* serialize() const noexcept override;
    bool deserialize(void const* blob, size_t size) noexcept override;
    bool reset() noexcept override;

    // Null when it was destroyed, after reporting it.
    std::shared_ptr<CompiledKernels> kernels(const char* function) const noexcept;

private:
    std::shared_ptr<CompiledKernels> kernels_;
    std::unique_ptr<Log> log_;
};

class RuntimeConfig final : public nvinfer1::IRuntimeConfig, public Buried<RuntimeConfig> {
public:
    explicit RuntimeConfig(const Log& parent) : state_(std::make_unique<State>(parent)) {}
    explicit RuntimeConfig(Tombstone) {}
    ~RuntimeConfig() noexcept override;

    void setExecutionContextAllocationStrategy(nvinfer1::ExecutionContextAllocationStrategy strategy) noexcept override;
    nvinfer1::ExecutionContextAllocationStrategy getExecutionContextAllocationStrategy() const noexcept override;
    nvinfer1::IRuntimeCache* createRuntimeCache() const noexcept override;
    bool setRuntimeCache(nvinfer1::IRuntimeCache const& cache) noexcept override;
    nvinfer1::IRuntimeCache* getRuntimeCache() const noexcept override;
    void setDynamicShapesKernelSpecializationStrategy(
        nvinfer1::DynamicShapesKernelSpecializationStrategy strategy) noexcept override;
    nvinfer1::DynamicShapesKernelSpecializationStrategy getDynamicShapesKernelSpecializationStrategy()
        const noexcept override;
    bool setCudaGraphStrategy(nvinfer1::CudaGraphStrategy strategy) noexcept override;
    nvinfer1::CudaGraphStrategy getCudaGraphStrategy() const noexcept override;

    bool withMemory() const noexcept;
    KernelSettings kernels() const;

private:
    struct State {
        explicit State(const Log& parent) : log(parent) {}

        Log log;
        nvinfer1::ExecutionContextAllocationStrategy allocation = nvinfer1::ExecutionContextAllocationStrategy::kSTATIC;
        nvinfer1::DynamicShapesKernelSpecializationStrategy specialization = KernelSettings().strategy;
        nvinfer1::CudaGraphStrategy graphs = nvinfer1::CudaGraphStrategy::kDISABLED;
        nvinfer1::IRuntimeCache const* cache = nullptr;
        std::shared_ptr<CompiledKernels> compiled;
    };

    // Null when it was destroyed, after reporting it.
    State* state(const char* function) const noexcept;

    std::unique_ptr<State> state_;
};

#endif

}  // namespace pinion_host_tensorrt
