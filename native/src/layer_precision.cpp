#include "layer_precision.h"

#include <string>

#include "error.h"
#include "tensorrt_compat.h"
#include "text.h"

namespace pinion {
namespace {

bool matches(const std::string& pattern, const std::string& name) {
    if (!pattern.empty() && pattern.back() == '*') {
        return name.compare(0, pattern.size() - 1, pattern, 0, pattern.size() - 1) == 0;
    }
    return name == pattern;
}

// Shape arithmetic is integer: it has no precision to choose.
bool hasFloatingPointOutput(const nvinfer1::ILayer& layer) {
    for (int32_t i = 0; i < layer.getNbOutputs(); ++i) {
        if (isFloatingPoint(*layer.getOutput(i))) {
            return true;
        }
    }
    return false;
}

std::vector<std::string> layerNames(const nvinfer1::INetworkDefinition& network) {
    std::vector<std::string> names;
    names.reserve(static_cast<size_t>(network.getNbLayers()));
    for (int32_t i = 0; i < network.getNbLayers(); ++i) {
        names.emplace_back(network.getLayer(i)->getName());
    }
    return names;
}

}  // namespace

void applyLayerPrecisions(nvinfer1::INetworkDefinition& network, const std::vector<LayerPrecision>& overrides) {
    for (const LayerPrecision& entry : overrides) {
        int32_t matched = 0;
        int32_t applied = 0;
        for (int32_t i = 0; i < network.getNbLayers(); ++i) {
            nvinfer1::ILayer* layer = network.getLayer(i);
            if (matches(entry.layer, layer->getName())) {
                ++matched;
                if (hasFloatingPointOutput(*layer)) {
                    setLayerPrecision(*layer, entry.precision);
                    ++applied;
                }
            }
        }
        if (matched == 0) {
            throw Error(PN_INVALID_ARGUMENT,
                        "no layer is named '" + entry.layer + "'" + suggestion(entry.layer, layerNames(network)));
        }
        if (applied == 0) {
            throw Error(PN_INVALID_ARGUMENT, "layer '" + entry.layer + "' has no floating-point output to set");
        }
    }
}

}  // namespace pinion
