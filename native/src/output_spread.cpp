#include "output_spread.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace pinion {
namespace {

template <typename T>
double valueOf(const uint8_t* element) {
    T value{};
    std::memcpy(&value, element, sizeof(value));
    return static_cast<double>(value);
}

double halfValueOf(const uint8_t* element) {
    uint16_t bits = 0;
    std::memcpy(&bits, element, sizeof(bits));
    constexpr int kFractionBits = 10;
    constexpr int kBias = 15;
    constexpr int kSpecial = 31;
    const int exponent = bits >> kFractionBits & kSpecial;
    const double fraction = bits & ((1 << kFractionBits) - 1);
    double magnitude = exponent == 0 ? std::ldexp(fraction, 1 - kBias - kFractionBits)
                                     : std::ldexp(fraction + (1 << kFractionBits), exponent - kBias - kFractionBits);
    if (exponent == kSpecial) {
        magnitude = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
    }
    return (bits & 0x8000u) != 0 ? -magnitude : magnitude;
}

// The upper half of a float.
double bfloatValueOf(const uint8_t* element) {
    const uint8_t bytes[] = {0, 0, element[0], element[1]};
    return valueOf<float>(bytes);
}

using Reader = double (*)(const uint8_t*);

// NULL for types that have no distance.
Reader readerOf(pn_data_type type) {
    switch (type) {
        case PN_FLOAT32:
            return valueOf<float>;
        case PN_FLOAT16:
            return halfValueOf;
        case PN_BFLOAT16:
            return bfloatValueOf;
        case PN_INT64:
            return valueOf<int64_t>;
        case PN_INT32:
            return valueOf<int32_t>;
        case PN_INT8:
            return valueOf<int8_t>;
        case PN_UINT8:
            return valueOf<uint8_t>;
        default:
            return nullptr;
    }
}

// How far a value lies from those between two others; NaN is near NaN alone.
double distance(double value, double least, double most) {
    if (std::isnan(value) || std::isnan(least) || std::isnan(most)) {
        return std::isnan(value) && std::isnan(least) && std::isnan(most) ? 0 : std::numeric_limits<double>::infinity();
    }
    return value < least ? least - value : value > most ? value - most : 0;
}

}  // namespace

bool OutputSpread::has(const std::vector<std::vector<uint8_t>>& outputs) const {
    return std::find(runs_.begin(), runs_.end(), outputs) != runs_.end();
}

std::string OutputSpread::misfit(const std::vector<std::vector<uint8_t>>& outputs) const {
    size_t output = 0;
    for (const TensorInfo& tensor : tensors_) {
        if (tensor.mode != PN_TENSOR_OUTPUT) {
            continue;
        }
        const std::vector<uint8_t>& bytes = outputs[output];
        const Reader read = readerOf(tensor.dataType);
        const bool isEqual =
            std::any_of(runs_.begin(), runs_.end(), [&](const auto& run) { return run[output] == bytes; });
        if (!isEqual && read == nullptr) {
            return "'" + tensor.name + "' differs";
        }
        double farthest = 0;
        double spread = 0;
        const size_t size = static_cast<size_t>(tensor.elementBits) / 8;
        for (size_t at = 0; !isEqual && at + size <= bytes.size(); at += size) {
            double least = read(runs_.front()[output].data() + at);
            double most = least;
            for (const auto& run : runs_) {
                least = std::min(least, read(run[output].data() + at));
                most = std::max(most, read(run[output].data() + at));
            }
            // Infinities that are equal differ by nothing.
            spread = std::max(spread, most == least ? 0 : most - least);
            farthest = std::max(farthest, distance(read(bytes.data() + at), least, most));
        }
        if (farthest > spread) {
            return "'" + tensor.name + "' differs by up to " + std::to_string(farthest) + ", plain runs by " +
                   std::to_string(spread);
        }
        ++output;
    }
    return "";
}

}  // namespace pinion
