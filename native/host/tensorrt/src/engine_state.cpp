#include "engine_state.h"

#include <algorithm>

namespace pinion_host_tensorrt {
namespace {

// Measured shapes that an engine keeps beside those of its plan.
constexpr size_t kMostMeasured = 1024;

}  // namespace

EngineState::EngineState(PlanInfo description, std::unique_ptr<Session> ready, const Log& parent)
    : log(parent),
      info(std::move(description)),
      session(std::move(ready)),
      shapeInputs(info.shapeInputs()),
      profileUsers_(info.profiles.size(), 0) {
    for (const ProfileInfo& profile : info.profiles) {
        for (const std::vector<Shape>& shapes : profile.shapes) {
            for (size_t i = info.inputCount(); i < shapes.size(); ++i) {
                std::vector<ShapeValue>& values = profileValues_.emplace_back();
                for (const int64_t value : shapes[i]) {
                    values.push_back(static_cast<ShapeValue>(value));
                }
            }
        }
    }
    for (size_t profile = 0; profile < info.profiles.size(); ++profile) {
        for (const TensorInfo& tensor : info.tensors) {
            bindingNames.push_back(profile == 0 ? tensor.name
                                                : tensor.name + " [profile " + std::to_string(profile) + "]");
        }
    }
}

int32_t EngineState::find(const char* name) const noexcept {
    if (name == nullptr) {
        return -1;
    }
    const auto found = std::find_if(info.tensors.begin(), info.tensors.end(),
                                    [&](const TensorInfo& tensor) { return tensor.name == name; });
    return found != info.tensors.end() ? static_cast<int32_t>(found - info.tensors.begin()) : -1;
}

const ShapeValue* EngineState::profileValues(int32_t profile, const TensorInfo* tensor,
                                             nvinfer1::OptProfileSelector select) const noexcept {
    const auto selector = static_cast<size_t>(select);
    const auto known = std::find_if(shapeInputs.begin(), shapeInputs.end(),
                                    [&](size_t input) { return &info.tensors[input] == tensor; });
    if (known == shapeInputs.end() || profile < 0 || static_cast<size_t>(profile) >= info.profiles.size() ||
        selector >= kSelectors) {
        return nullptr;
    }
    const size_t first = (static_cast<size_t>(profile) * kSelectors + selector) * shapeInputs.size();
    return profileValues_[first + static_cast<size_t>(known - shapeInputs.begin())].data();
}

std::vector<Shape> EngineState::outputShapes(const std::vector<Shape>& inputs) {
    std::vector<Shape> known = info.outputShapes(inputs);
    if (!known.empty()) {
        return known;
    }
    {
        std::lock_guard<std::mutex> lock(mutex_);
        if (const auto measured = measured_.find(inputs); measured != measured_.end()) {
            return measured->second;
        }
    }
    double milliseconds = 0;
    known = session->measureOutputs(inputs, milliseconds);
    std::lock_guard<std::mutex> lock(mutex_);
    if (measured_.size() >= kMostMeasured) {
        measured_.clear();
    }
    measured_[inputs] = known;
    return known;
}

Shape EngineState::extentsWithin(int32_t profile, size_t tensor) const {
    Shape extents = info.tensors[tensor].dims;
    const ProfileInfo& range = info.profiles[static_cast<size_t>(profile)];
    const std::vector<Shape>& least = range.shapes[0];
    const std::vector<Shape>& most = range.shapes[kSelectors - 1];
    const size_t inputs = info.inputCount();
    if (tensor < inputs) {
        for (size_t k = 0; k < extents.size(); ++k) {
            extents[k] = extents[k] < 0 && least[tensor][k] == most[tensor][k] ? least[tensor][k] : extents[k];
        }
    } else if (least == most) {
        const std::vector<Shape> outputs = info.outputShapes(least);
        extents = outputs.empty() ? extents : outputs[tensor - inputs];
    }
    return extents;
}

bool EngineState::acquireProfile(int32_t profile) {
    std::lock_guard<std::mutex> lock(mutex_);
    int& users = profileUsers_[static_cast<size_t>(profile)];
    if (users > 0 && profilesAreExclusive()) {
        return false;
    }
    ++users;
    return true;
}

void EngineState::releaseProfile(int32_t profile) {
    if (profile >= 0) {
        std::lock_guard<std::mutex> lock(mutex_);
        --profileUsers_[static_cast<size_t>(profile)];
    }
}

uint64_t EngineState::stagingBytes(int32_t profile) const {
    const auto& inputs = info.profiles[static_cast<size_t>(profile)].shapes[kSelectors - 1];
    const std::vector<Shape> outputs = info.outputShapes(inputs);
    const size_t inputCount = info.inputCount();
    uint64_t bytes = 0;
    for (size_t i = 0; i < info.tensors.size(); ++i) {
        const size_t output = i - inputCount;
        const Shape& shape = i < inputCount            ? inputs[i]
                             : output < outputs.size() ? outputs[output]
                                                       : info.tensors[i].dims;
        bytes += static_cast<uint64_t>(std::max<int64_t>(elementCount(shape), 0)) * bytesOf(info.tensors[i].type);
    }
    return bytes;
}

uint64_t EngineState::stagingBytes() const {
    uint64_t most = 0;
    for (size_t i = 0; i < info.profiles.size(); ++i) {
        most = std::max(most, stagingBytes(static_cast<int32_t>(i)));
    }
    return most;
}

}  // namespace pinion_host_tensorrt
