// Time per layer, collected through TensorRT's profiler.
#pragma once

#include <NvInfer.h>

#include <string>
#include <vector>

namespace pinion {

// Threads: one; TensorRT calls it from within the enqueue.
class LayerProfiler final : public nvinfer1::IProfiler {
public:
    void reportLayerTime(const char* layerName, float ms) noexcept override;
    // One inference is over: the next report is of the first layer again.
    void endIteration() noexcept;
    // As trtexec's --exportProfile writes it: {"count": iterations}, then one object a layer in the order of execution.
    std::string toJson() const;

private:
    struct Layer {
        std::string name;
        std::vector<float> times;
    };
    void add(const char* layerName, float ms);

    std::vector<Layer> layers_;
    size_t next_ = 0;
    int32_t iterations_ = 0;
};

}  // namespace pinion
