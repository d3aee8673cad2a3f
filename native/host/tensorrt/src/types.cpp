#include "types.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "onnx_model.h"

namespace pinion_host_tensorrt {
namespace {

// Out-of-range integers saturate, as TensorRT's own narrowing does.
int32_t narrow(int64_t value) noexcept {
    return static_cast<int32_t>(
        std::clamp<int64_t>(value, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()));
}

struct HalfToFloat {
    float operator()(uint16_t half) const noexcept { return fromHalf(half); }
};
struct FloatToHalf {
    uint16_t operator()(float value) const noexcept { return toHalf(value); }
};
// BFLOAT16 is the upper half of a float; rounded to nearest, ties to even.
struct BrainToFloat {
    float operator()(uint16_t half) const noexcept {
        const uint32_t bits = uint32_t{half} << 16;
        float value = 0;
        std::memcpy(&value, &bits, sizeof value);
        return value;
    }
};
struct FloatToBrain {
    uint16_t operator()(float value) const noexcept {
        uint32_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        if (value != value) {
            return static_cast<uint16_t>(bits >> 16 | 0x40u);
        }
        return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
    }
};
struct Narrow {
    int32_t operator()(int64_t value) const noexcept { return narrow(value); }
};
template <typename To>
struct Cast {
    template <typename From>
    To operator()(From value) const noexcept {
        return static_cast<To>(value);
    }
};

template <typename From, typename To, typename Operation>
void each(const void* source, void* target, size_t elements, Operation operation) noexcept {
    const auto* from = static_cast<const From*>(source);
    auto* to = static_cast<To*>(target);
    std::transform(from, from + elements, to, operation);
}

}  // namespace

bool bindingType(int32_t type, DataType& out) noexcept {
    switch (type) {
        case onnx::kFloat:
        case onnx::kDouble:
            out = DataType::kFLOAT;
            return true;
        case onnx::kFloat16:
            out = DataType::kHALF;
            return true;
        case onnx::kInt8:
            out = DataType::kINT8;
            return true;
        case onnx::kInt32:
            out = DataType::kINT32;
            return true;
        case onnx::kInt64:
#if PINION_TRT_SINCE(10, 0)
            out = DataType::kINT64;
#else
            out = DataType::kINT32;
#endif
            return true;
        case onnx::kBool:
            out = DataType::kBOOL;
            return true;
#if PINION_TRT_SINCE(8, 5)
        case onnx::kUint8:
            out = DataType::kUINT8;
            return true;
#endif
#if PINION_TRT_SINCE(10, 0)
        case onnx::kBfloat16:
            out = DataType::kBF16;
            return true;
#endif
#if PINION_TRT_SINCE(11, 0)
        case onnx::kFloat8:
            out = DataType::kFP8;
            return true;
        case onnx::kInt4:
            out = DataType::kINT4;
            return true;
#endif
        default:
            return false;
    }
}

int32_t computedType(int32_t type) noexcept {
    return type == onnx::kDouble || type == onnx::kBfloat16 ? onnx::kFloat : type;
}

int32_t onnxType(DataType type) noexcept {
    switch (type) {
        case DataType::kFLOAT:
            return onnx::kFloat;
        case DataType::kHALF:
            return onnx::kFloat16;
        case DataType::kINT8:
            return onnx::kInt8;
        case DataType::kINT32:
            return onnx::kInt32;
        case DataType::kBOOL:
            return onnx::kBool;
#if PINION_TRT_SINCE(8, 5)
        case DataType::kUINT8:
            return onnx::kUint8;
#endif
#if PINION_TRT_SINCE(10, 0)
        case DataType::kINT64:
            return onnx::kInt64;
        case DataType::kBF16:
            return onnx::kBfloat16;
#endif
        default:
            return onnx::kUndefined;
    }
}

size_t bytesOf(DataType type) noexcept {
    const int32_t same = onnxType(type);
    return same != onnx::kUndefined ? onnx::elementSize(same) : 1;
}

const char* nameOf(DataType type) noexcept {
    switch (type) {
        case DataType::kFLOAT:
            return "FP32";
        case DataType::kHALF:
            return "FP16";
        case DataType::kINT8:
            return "INT8";
        case DataType::kINT32:
            return "Int32";
        case DataType::kBOOL:
            return "Bool";
#if PINION_TRT_SINCE(8, 5)
        case DataType::kUINT8:
            return "UInt8";
#endif
#if PINION_TRT_SINCE(10, 0)
        case DataType::kINT64:
            return "Int64";
        case DataType::kBF16:
            return "BF16";
#endif
        default:
            return "unsupported type";
    }
}

bool convertible(int32_t from, int32_t to) noexcept {
    const auto pair = [&](int32_t a, int32_t b) { return (from == a && to == b) || (from == b && to == a); };
    return from == to || pair(onnx::kFloat, onnx::kFloat16) || pair(onnx::kFloat, onnx::kDouble) ||
           pair(onnx::kFloat, onnx::kBfloat16) || pair(onnx::kInt32, onnx::kInt64);
}

void convert(int32_t from, const void* source, int32_t to, void* target, size_t elements) noexcept {
    if (from == to) {
        std::memcpy(target, source, elements * onnx::elementSize(from));
    } else if (from == onnx::kFloat && to == onnx::kFloat16) {
        each<float, uint16_t>(source, target, elements, FloatToHalf{});
    } else if (from == onnx::kFloat16 && to == onnx::kFloat) {
        each<uint16_t, float>(source, target, elements, HalfToFloat{});
    } else if (from == onnx::kFloat && to == onnx::kBfloat16) {
        each<float, uint16_t>(source, target, elements, FloatToBrain{});
    } else if (from == onnx::kBfloat16 && to == onnx::kFloat) {
        each<uint16_t, float>(source, target, elements, BrainToFloat{});
    } else if (from == onnx::kFloat && to == onnx::kDouble) {
        each<float, double>(source, target, elements, Cast<double>{});
    } else if (from == onnx::kDouble && to == onnx::kFloat) {
        each<double, float>(source, target, elements, Cast<float>{});
    } else if (from == onnx::kInt32 && to == onnx::kInt64) {
        each<int32_t, int64_t>(source, target, elements, Cast<int64_t>{});
    } else if (from == onnx::kInt64 && to == onnx::kInt32) {
        each<int64_t, int32_t>(source, target, elements, Narrow{});
    }
}

uint16_t toHalf(float value) noexcept {
    uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000u);
    const uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) {
        return static_cast<uint16_t>(sign | 0x7e00u);  // NaN
    }
    if (magnitude >= 0x477ff000u) {
        return static_cast<uint16_t>(sign | 0x7c00u);  // rounds to infinity
    }
    if (magnitude < 0x33000001u) {
        return sign;  // rounds to zero
    }
    // Round to nearest, ties to even, on the mantissa with its hidden bit.
    const uint32_t exponent = magnitude >> 23;
    const uint32_t mantissa = (magnitude & 0x7fffffu) | 0x800000u;
    const bool normal = exponent >= 113;
    const uint32_t shift = normal ? 13 : 126 - exponent;
    const uint32_t kept = mantissa >> shift;
    const uint32_t rest = mantissa & ((1u << shift) - 1);
    const uint32_t half = 1u << (shift - 1);
    const uint32_t rounded = kept + ((rest > half || (rest == half && (kept & 1u) != 0)) ? 1 : 0);
    // A carry out of the mantissa runs into the exponent, as it should.
    const uint32_t base = normal ? (exponent - 113) << 10 : 0;
    return static_cast<uint16_t>(sign | (base + rounded));
}

float fromHalf(uint16_t half) noexcept {
    const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
    const uint32_t exponent = half >> 10 & 0x1fu;
    const uint32_t mantissa = half & 0x3ffu;
    uint32_t bits = 0;
    if (exponent == 0) {
        const float tiny = std::ldexp(static_cast<float>(mantissa), -24);
        std::memcpy(&bits, &tiny, sizeof bits);
    } else if (exponent == 0x1f) {
        bits = 0x7f800000u | mantissa << 13;
    } else {
        bits = (exponent + 112) << 23 | mantissa << 13;
    }
    bits |= sign;
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

}  // namespace pinion_host_tensorrt
