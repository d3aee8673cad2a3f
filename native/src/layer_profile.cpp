#include "layer_profile.h"

#include <algorithm>
#include <new>
#include <numeric>

#include "error.h"
#include "json.h"

namespace pinion {
namespace {

double sum(const std::vector<float>& times) {
    return std::accumulate(times.begin(), times.end(), 0.0);
}

double median(std::vector<float> times) {
    if (times.empty()) {
        return 0;
    }
    std::sort(times.begin(), times.end());
    const size_t middle = times.size() / 2;
    return times.size() % 2 == 1 ? times[middle] : (static_cast<double>(times[middle - 1]) + times[middle]) / 2;
}

}  // namespace

void LayerProfiler::reportLayerTime(const char* layerName, float ms) noexcept {
    try {
        add(layerName, ms);
    } catch (const std::bad_alloc&) {
        // TensorRT cannot be told; the sample is missing in the mean.
    }
}

void LayerProfiler::add(const char* layerName, float ms) {
    // Layers come in the same order every time; a name that is out of order is looked for.
    if (next_ >= layers_.size() || layers_[next_].name != layerName) {
        const auto known = std::find_if(layers_.begin(), layers_.end(),
                                        [layerName](const Layer& layer) { return layer.name == layerName; });
        next_ = static_cast<size_t>(known - layers_.begin());
        if (known == layers_.end()) {
            layers_.push_back({layerName, {}});
        }
    }
    layers_[next_].times.push_back(ms);
    ++next_;
}

void LayerProfiler::endIteration() noexcept {
    next_ = 0;
    ++iterations_;
}

std::string LayerProfiler::toJson() const {
    if (layers_.empty()) {
        throw Error(PN_TENSORRT, "TensorRT reported no layer to the profiler in " + std::to_string(iterations_) +
                                     " runs: this release, or a plan of a single opaque layer, gives no layer times");
    }
    const double total = std::accumulate(layers_.begin(), layers_.end(), 0.0,
                                         [](double so_far, const Layer& layer) { return so_far + sum(layer.times); });
    JsonWriter json;
    json.beginArray().beginObject().member("count", iterations_).endObject();
    for (const Layer& layer : layers_) {
        const double time = sum(layer.times);
        json.beginObject()
            .member("name", layer.name)
            .member("timeMs", time)
            .member("averageMs", time / std::max(iterations_, 1))
            .member("medianMs", median(layer.times))
            .member("percentage", total > 0 ? time / total * 100 : 0.0)
            .endObject();
    }
    return json.endArray().text();
}

}  // namespace pinion
