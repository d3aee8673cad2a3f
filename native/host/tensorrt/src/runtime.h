// The runtime: loads plans.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "NvInferRuntime.h"
#include "log.h"
#include "report.h"

namespace pinion_host_tensorrt {

struct RuntimeState {
    explicit RuntimeState(nvinfer1::ILogger* logger) : log(logger) {}

    Log log;
    std::atomic<int> engines{0};
    int32_t dlaCore = 0;
    int32_t maxThreads = 1;
    nvinfer1::IGpuAllocator* allocator = nullptr;
    std::string temporaryDirectory;
    uint32_t tempfileFlags = 3;
    bool hostCodeAllowed = false;
};

class Runtime final : public nvinfer1::IRuntime, public Buried<Runtime> {
public:
    explicit Runtime(nvinfer1::ILogger* logger) : state_(std::make_shared<RuntimeState>(logger)) {}
    explicit Runtime(Tombstone) {}
    ~Runtime() noexcept override;

    nvinfer1::ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size) noexcept override;
#if PINION_TRT_SINCE(11, 0)
    nvinfer1::ICudaEngine* deserializeCudaEngine(nvinfer1::IStreamReaderV2& streamReader) override;
#elif PINION_TRT_SINCE(10, 0)
    nvinfer1::ICudaEngine* deserializeCudaEngine(nvinfer1::IStreamReader& streamReader) override;
#endif
    void setDLACore(int32_t dlaCore) noexcept override;
    int32_t getDLACore() const noexcept override;
    int32_t getNbDLACores() const noexcept override;
    void setGpuAllocator(nvinfer1::IGpuAllocator* allocator) noexcept override;
    void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept override;
    nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override;
#if PINION_TRT_SINCE(8, 4)
    nvinfer1::ILogger* getLogger() const noexcept override;
    bool setMaxThreads(int32_t maxThreads) noexcept override;
    int32_t getMaxThreads() const noexcept override;
#endif
#if PINION_TRT_SINCE(8, 6)
    void setTemporaryDirectory(char const* path) noexcept override;
    char const* getTemporaryDirectory() const noexcept override;
    void setTempfileControlFlags(nvinfer1::TempfileControlFlags flags) noexcept override;
    nvinfer1::TempfileControlFlags getTempfileControlFlags() const noexcept override;
    nvinfer1::IPluginRegistry& getPluginRegistry() noexcept override;
    nvinfer1::IRuntime* loadRuntime(char const* path) noexcept override;
    void setEngineHostCodeAllowed(bool allowed) noexcept override;
    bool getEngineHostCodeAllowed() const noexcept override;
#endif
#if PINION_TRT_RTX
    int64_t getEngineHeaderSize() const noexcept override;
    nvinfer1::EngineValidity getEngineValidity(void const* blob, int64_t blobSize,
                                               uint64_t* diagnostics) const noexcept override;
#endif

private:
    RuntimeState* state(const char* function) const noexcept;
    template <typename ReadPlan>
    nvinfer1::ICudaEngine* load(const RuntimeState& runtime, ReadPlan&& read) noexcept;

    std::shared_ptr<RuntimeState> state_;
};

}  // namespace pinion_host_tensorrt
