// What an engine is: a plan's description, and the session that its execution contexts share.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "log.h"
#include "plan.h"

namespace pinion_host_tensorrt {

struct EngineState {
    EngineState(PlanInfo description, std::unique_ptr<Session> ready, const Log& parent);

    size_t tensorCount() const noexcept { return info.tensors.size(); }
    // Index of a tensor by its name, or -1.
    int32_t find(const char* name) const noexcept;

    // What a profile has of a shape tensor; null of other tensors.
    const ShapeValue* profileValues(int32_t profile, const TensorInfo* tensor,
                                    nvinfer1::OptProfileSelector select) const noexcept;

    // Output shapes for these input shapes and values: from the plan, or measured by a run on zeros. Throws when the
    // model cannot run with them. Any thread.
    std::vector<Shape> outputShapes(const std::vector<Shape>& inputs);

    // The extents of a tensor, -1 for one that varies within the profile. Of outputs none is fixed unless all inputs
    // are.
    Shape extentsWithin(int32_t profile, size_t tensor) const;

    // TensorRT before 10 gives each profile of a dynamic engine to one context at a time.
    bool profilesAreExclusive() const noexcept { return info.isDynamic() && !info.profileSharing; }
    bool acquireProfile(int32_t profile);
    void releaseProfile(int32_t profile);

    // Bytes that one context stages for its largest shapes.
    uint64_t stagingBytes(int32_t profile) const;
    // The same over all profiles.
    uint64_t stagingBytes() const;

    Log log;
    const PlanInfo info;
    const std::unique_ptr<Session> session;
    std::string planBytes;                       // only of an engine that was built and not loaded
    std::shared_ptr<std::atomic<int>> siblings;  // how many engines the runtime has that loaded this one; may be null
    std::atomic<int> contexts{0};
    std::atomic<bool> destroyed{false};
    std::vector<std::string> bindingNames;  // of all profiles
    const std::vector<size_t> shapeInputs;

private:
    std::vector<std::vector<ShapeValue>> profileValues_;  // by profile, selector and shape tensor

    std::mutex mutex_;
    ShapeTable measured_;
    std::vector<int> profileUsers_;
};

}  // namespace pinion_host_tensorrt
