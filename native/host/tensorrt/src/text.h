// Text helpers for messages.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "NvInferRuntimeBase.h"

namespace pinion_host_tensorrt {

using Shape = std::vector<int64_t>;

#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
std::string
format(const char* pattern, ...);

// "1x3x48x320"; "scalar" for rank 0.
std::string toString(const Shape& shape);

bool isOneOf(const std::string& text, std::initializer_list<const char*> list);

// A name between quotes, cut to a length that fits a log line and with control characters replaced.
std::string quote(const std::string& name);

Shape toShape(const nvinfer1::Dims& dims);
nvinfer1::Dims toDims(const Shape& shape);
// What TensorRT answers where there is no shape: rank -1.
nvinfer1::Dims unknownDims() noexcept;

// Elements of a shape, or -1 when an extent is unknown or the product does not fit.
int64_t elementCount(const Shape& shape) noexcept;

}  // namespace pinion_host_tensorrt
