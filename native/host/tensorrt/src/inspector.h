// Layer information, and the small configuration objects around engines.
#pragma once

#include <memory>
#include <string>

#include "NvInferRuntime.h"
#include "engine_state.h"
#include "report.h"

namespace pinion_host_tensorrt {

#if PINION_TRT_SINCE(8, 2)
class Inspector final : public nvinfer1::IEngineInspector, public Buried<Inspector> {
public:
    explicit Inspector(std::shared_ptr<EngineState> engine) : engine_(std::move(engine)) {}
    explicit Inspector(Tombstone) {}
    ~Inspector() noexcept override;

    bool setExecutionContext(nvinfer1::IExecutionContext const* context) noexcept override;
    nvinfer1::IExecutionContext const* getExecutionContext() const noexcept override;
    char const* getLayerInformation(int32_t layerIndex,
                                    nvinfer1::LayerInformationFormat format) const noexcept override;
    char const* getEngineInformation(nvinfer1::LayerInformationFormat format) const noexcept override;
    void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept override;
    nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override;

private:
    bool alive(const char* function) const noexcept;

    std::shared_ptr<EngineState> engine_;
    const nvinfer1::IExecutionContext* context_ = nullptr;
    mutable std::string text_;
};
#endif

#if PINION_TRT_SINCE(10, 0)
class SerializationConfig final : public nvinfer1::ISerializationConfig {
public:
    bool setFlags(nvinfer1::SerializationFlags flags) noexcept override {
        flags_ = flags;
        return true;
    }
    nvinfer1::SerializationFlags getFlags() const noexcept override { return flags_; }
    bool clearFlag(nvinfer1::SerializationFlag flag) noexcept override {
        flags_ &= ~(1u << static_cast<uint32_t>(flag));
        return true;
    }
    bool setFlag(nvinfer1::SerializationFlag flag) noexcept override {
        flags_ |= 1u << static_cast<uint32_t>(flag);
        return true;
    }
    bool getFlag(nvinfer1::SerializationFlag flag) const noexcept override {
        return (flags_ >> static_cast<uint32_t>(flag) & 1u) != 0;
    }

private:
    nvinfer1::SerializationFlags flags_ = 0;
};
#endif

}  // namespace pinion_host_tensorrt
