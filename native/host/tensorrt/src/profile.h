// Optimization profiles: the ranges of input shapes that an engine is built for.
#pragma once

#include <map>
#include <string>

#include "NvInfer.h"
#include "log.h"
#include "text.h"

namespace pinion_host_tensorrt {

constexpr int kSelectors = 3;  // min, opt, max

// What NVIDIA's API counts values of shape tensors in.
#if PINION_TRT_SINCE(11, 0)
using ShapeValue = int64_t;
#else
using ShapeValue = int32_t;
#endif

// The shapes of one input, or the values of one shape tensor.
template <typename Extent>
struct Range {
    bool isSet[kSelectors] = {false, false, false};
    std::vector<Extent> shapes[kSelectors];
};
using ShapeRange = Range<int64_t>;
using ValueRange = Range<ShapeValue>;

class OptimizationProfile final : public nvinfer1::IOptimizationProfile {
public:
    explicit OptimizationProfile(const Log& parent) : log_(parent) {}

    bool setDimensions(char const* inputName, nvinfer1::OptProfileSelector select,
                       nvinfer1::Dims const& dims) noexcept override;
    nvinfer1::Dims getDimensions(char const* inputName, nvinfer1::OptProfileSelector select) const noexcept override;
#if !PINION_TRT_SINCE(11, 0)
    bool setShapeValues(char const* inputName, nvinfer1::OptProfileSelector select, int32_t const* values,
                        int32_t nbValues) noexcept override;
    int32_t const* getShapeValues(char const* inputName, nvinfer1::OptProfileSelector select) const noexcept override;
#else
    bool setShapeValuesV2(char const* inputName, nvinfer1::OptProfileSelector select, int64_t const* values,
                          int32_t nbValues) noexcept override;
    int64_t const* getShapeValuesV2(char const* inputName, nvinfer1::OptProfileSelector select) const noexcept override;
#endif
    int32_t getNbShapeValues(char const* inputName) const noexcept override;
    bool setExtraMemoryTarget(float target) noexcept override;
    float getExtraMemoryTarget() const noexcept override;
    bool isValid() const noexcept override;

    // The builder that owns it was destroyed.
    void kill() noexcept {
        dead_ = true;
    }
    const std::map<std::string, ShapeRange>& ranges() const noexcept {
        return ranges_;
    }
    const std::map<std::string, ValueRange>& values() const noexcept {
        return values_;
    }
    // What is wrong, or empty: a shape or values not set, ranks that differ, min > opt or opt > max.
    std::string problem() const;

private:
    bool alive(const char* function) const noexcept;
    bool setValues(const char* function, char const* inputName, nvinfer1::OptProfileSelector select,
                   const ShapeValue* values, int32_t count) noexcept;
    const ShapeValue* getValues(const char* function, char const* inputName,
                                nvinfer1::OptProfileSelector select) const noexcept;

    Log log_;
    bool dead_ = false;
    float extraMemory_ = 1.0f;
    std::map<std::string, ShapeRange> ranges_;
    std::map<std::string, ValueRange> values_;
};

}  // namespace pinion_host_tensorrt
