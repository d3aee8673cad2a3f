#include "profile.h"

#include "report.h"

namespace pinion_host_tensorrt {
namespace {

constexpr const char* kSelectorNames[kSelectors] = {"min", "opt", "max"};

int indexOf(nvinfer1::OptProfileSelector select) noexcept {
    const auto index = static_cast<int>(select);
    return index >= 0 && index < kSelectors ? index : -1;
}

}  // namespace

bool OptimizationProfile::alive(const char* function) const noexcept {
    if (dead_) {
        reportDead("IOptimizationProfile", function);
    }
    return !dead_;
}

bool OptimizationProfile::setDimensions(char const* inputName, nvinfer1::OptProfileSelector select,
                                        nvinfer1::Dims const& dims) noexcept {
    if (!alive(__func__)) {
        return false;
    }
    const char* const where = "IOptimizationProfile::setDimensions";
    const int index = indexOf(select);
    if (inputName == nullptr || *inputName == '\0' || index < 0) {
        log_.error(ErrorCode::kINVALID_ARGUMENT, where, "the input's name is empty or the selector is unknown");
        return false;
    }
    if (dims.nbDims < 0 || dims.nbDims > nvinfer1::Dims::MAX_DIMS) {
        log_.error(ErrorCode::kINVALID_ARGUMENT, where,
                   "the rank of " + quote(inputName) + " is " + std::to_string(dims.nbDims));
        return false;
    }
    const Shape shape = toShape(dims);
    for (int64_t extent : shape) {
        if (extent < 0) {
            log_.error(ErrorCode::kINVALID_ARGUMENT, where,
                       "the shape " + toString(shape) + " of " + quote(inputName) + " has a negative extent");
            return false;
        }
    }
    ShapeRange& range = ranges_[inputName];
    for (int other = 0; other < kSelectors; ++other) {
        if (range.isSet[other] && range.shapes[other].size() != shape.size()) {
            log_.error(ErrorCode::kINVALID_ARGUMENT, where,
                       quote(inputName) + " was given rank " + std::to_string(range.shapes[other].size()) +
                           " before and " + std::to_string(shape.size()) + " now");
            return false;
        }
    }
    range.shapes[index] = shape;
    range.isSet[index] = true;
    return true;
}

nvinfer1::Dims OptimizationProfile::getDimensions(char const* inputName,
                                                  nvinfer1::OptProfileSelector select) const noexcept {
    nvinfer1::Dims none{};
    none.nbDims = -1;
    const int index = indexOf(select);
    if (!alive(__func__) || inputName == nullptr || index < 0) {
        return none;
    }
    const auto known = ranges_.find(inputName);
    return known != ranges_.end() && known->second.isSet[index] ? toDims(known->second.shapes[index]) : none;
}

bool OptimizationProfile::setValues(const char* function, char const* inputName, nvinfer1::OptProfileSelector select,
                                    const ShapeValue* values, int32_t count) noexcept {
    if (!alive(function)) {
        return false;
    }
    const std::string where = "IOptimizationProfile::" + std::string(function);
    const int index = indexOf(select);
    if (inputName == nullptr || *inputName == '\0' || index < 0 || values == nullptr || count < 1) {
        log_.error(ErrorCode::kINVALID_ARGUMENT, where.c_str(),
                   "the input's name is empty, the selector is unknown, or there are no values");
        return false;
    }
    ValueRange& range = values_[inputName];
    const std::vector<ShapeValue> given(values, values + count);
    for (int other = 0; other < kSelectors; ++other) {
        const std::vector<ShapeValue>& known = range.shapes[other];
        if (!range.isSet[other] || other == index) {
            continue;
        }
        const bool sameCount = known.size() == given.size();
        for (size_t k = 0; sameCount && k < given.size(); ++k) {
            if (other < index ? known[k] > given[k] : known[k] < given[k]) {
                log_.error(ErrorCode::kINVALID_ARGUMENT, where.c_str(),
                           format("value %zu of %s is %lld as %s and %lld as %s", k, quote(inputName).c_str(),
                                  static_cast<long long>(given[k]), kSelectorNames[index],
                                  static_cast<long long>(known[k]), kSelectorNames[other]));
                return false;
            }
        }
        if (!sameCount) {
            log_.error(
                ErrorCode::kINVALID_ARGUMENT, where.c_str(),
                format("%s was given %zu values before and %d now", quote(inputName).c_str(), known.size(), count));
            return false;
        }
    }
    range.shapes[index] = given;
    range.isSet[index] = true;
    return true;
}

const ShapeValue* OptimizationProfile::getValues(const char* function, char const* inputName,
                                                 nvinfer1::OptProfileSelector select) const noexcept {
    const int index = indexOf(select);
    if (!alive(function) || inputName == nullptr || index < 0) {
        return nullptr;
    }
    const auto known = values_.find(inputName);
    return known != values_.end() && known->second.isSet[index] ? known->second.shapes[index].data() : nullptr;
}

#if PINION_TRT_SINCE(11, 0)
bool OptimizationProfile::setShapeValuesV2(char const* inputName, nvinfer1::OptProfileSelector select,
                                           int64_t const* values, int32_t nbValues) noexcept {
    return setValues(__func__, inputName, select, values, nbValues);
}

int64_t const* OptimizationProfile::getShapeValuesV2(char const* inputName,
                                                     nvinfer1::OptProfileSelector select) const noexcept {
    return getValues(__func__, inputName, select);
}
#else
bool OptimizationProfile::setShapeValues(char const* inputName, nvinfer1::OptProfileSelector select,
                                         int32_t const* values, int32_t nbValues) noexcept {
    return setValues(__func__, inputName, select, values, nbValues);
}

int32_t const* OptimizationProfile::getShapeValues(char const* inputName,
                                                   nvinfer1::OptProfileSelector select) const noexcept {
    return getValues(__func__, inputName, select);
}
#endif

int32_t OptimizationProfile::getNbShapeValues(char const* inputName) const noexcept {
    if (!alive(__func__) || inputName == nullptr) {
        return -1;
    }
    const auto known = values_.find(inputName);
    for (int i = 0; known != values_.end() && i < kSelectors; ++i) {
        if (known->second.isSet[i]) {
            return static_cast<int32_t>(known->second.shapes[i].size());
        }
    }
    return -1;
}

bool OptimizationProfile::setExtraMemoryTarget(float target) noexcept {
    if (!alive(__func__) || !(target >= 0.0f && target <= 1.0f)) {
        return false;
    }
    extraMemory_ = target;
    return true;
}

float OptimizationProfile::getExtraMemoryTarget() const noexcept {
    return alive(__func__) ? extraMemory_ : 0.0f;
}

std::string OptimizationProfile::problem() const {
    for (const auto& [name, range] : ranges_) {
        for (int i = 0; i < kSelectors; ++i) {
            if (!range.isSet[i]) {
                return "input " + quote(name) + " has no " + kSelectorNames[i] + " shape";
            }
        }
        for (int i = 0; i + 1 < kSelectors; ++i) {
            for (size_t k = 0; k < range.shapes[i].size(); ++k) {
                if (range.shapes[i][k] > range.shapes[i + 1][k]) {
                    return "input " + quote(name) + " has a " + kSelectorNames[i] + " shape " +
                           toString(range.shapes[i]) + " above its " + kSelectorNames[i + 1] + " shape " +
                           toString(range.shapes[i + 1]);
                }
            }
        }
    }
    for (const auto& [name, range] : values_) {
        for (int i = 0; i < kSelectors; ++i) {
            if (!range.isSet[i]) {
                return "input " + quote(name) + " has no " + kSelectorNames[i] + " values";
            }
        }
    }
    return "";
}

bool OptimizationProfile::isValid() const noexcept {
    return alive(__func__) && problem().empty();
}

}  // namespace pinion_host_tensorrt
