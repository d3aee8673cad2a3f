// Element types: TensorRT's at the bindings, ONNX's inside, and the conversions between them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "NvInferRuntimeBase.h"
#include "text.h"

namespace pinion_host_tensorrt {

using nvinfer1::DataType;

// The binding type that TensorRT gives to a network input or output of this ONNX type; false when it takes none.
// TensorRT 8 narrows 64-bit integers to 32 bits, and every release narrows doubles to floats.
bool bindingType(int32_t onnxType, DataType& out) noexcept;

// The ONNX type in which the host computes what the model has in this one: doubles are floats to TensorRT, and ONNX
// Runtime has no arithmetic in BFLOAT16.
int32_t computedType(int32_t onnxType) noexcept;

// The ONNX type of the same representation; 0 for types that have none here.
int32_t onnxType(DataType type) noexcept;

size_t bytesOf(DataType type) noexcept;
const char* nameOf(DataType type) noexcept;

// Whether convert() can turn one ONNX type into the other.
bool convertible(int32_t from, int32_t to) noexcept;
void convert(int32_t from, const void* source, int32_t to, void* target, size_t elements) noexcept;

uint16_t toHalf(float value) noexcept;
float fromHalf(uint16_t half) noexcept;

}  // namespace pinion_host_tensorrt
