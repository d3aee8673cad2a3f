#include "text.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <limits>

namespace pinion_host_tensorrt {

std::string format(const char* pattern, ...) {
    va_list arguments;
    va_start(arguments, pattern);
    va_list again;
    va_copy(again, arguments);
    const int length = std::vsnprintf(nullptr, 0, pattern, arguments);
    va_end(arguments);
    std::string out(static_cast<size_t>(std::max(length, 0)), '\0');
    if (length > 0) {
        std::vsnprintf(out.data(), out.size() + 1, pattern, again);
    }
    va_end(again);
    return out;
}

std::string toString(const Shape& shape) {
    if (shape.empty()) {
        return "scalar";
    }
    std::string out;
    for (int64_t extent : shape) {
        out += (out.empty() ? "" : "x") + std::to_string(extent);
    }
    return out;
}

bool isOneOf(const std::string& text, std::initializer_list<const char*> list) {
    return std::any_of(list.begin(), list.end(), [&](const char* item) { return text == item; });
}

std::string quote(const std::string& name) {
    constexpr size_t kLongest = 120;
    std::string out = "'";
    for (char c : name.substr(0, kLongest)) {
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
    return out + (name.size() > kLongest ? "...'" : "'");
}

Shape toShape(const nvinfer1::Dims& dims) {
    const int32_t rank = std::clamp(dims.nbDims, 0, nvinfer1::Dims::MAX_DIMS);
    return Shape(dims.d, dims.d + rank);
}

nvinfer1::Dims toDims(const Shape& shape) {
    nvinfer1::Dims dims{};
    dims.nbDims = static_cast<int32_t>(shape.size());
    for (size_t i = 0; i < shape.size() && i < nvinfer1::Dims::MAX_DIMS; ++i) {
        dims.d[i] = static_cast<decltype(dims.d[0] + 0)>(shape[i]);
    }
    return dims;
}

nvinfer1::Dims unknownDims() noexcept {
    nvinfer1::Dims dims{};
    dims.nbDims = -1;
    return dims;
}

int64_t elementCount(const Shape& shape) noexcept {
    int64_t count = 1;
    bool overflow = false;
    for (int64_t extent : shape) {
        if (extent < 0) {
            return -1;
        }
        if (extent == 0) {
            return 0;
        }
        overflow = overflow || count > std::numeric_limits<int64_t>::max() / extent;
        count = overflow ? count : count * extent;
    }
    return overflow ? -1 : count;
}

}  // namespace pinion_host_tensorrt
