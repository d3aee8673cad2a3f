// Per-layer precision overrides: names and patterns against the network's layers.
#pragma once

#include <NvInfer.h>

#include <vector>

#include "build_options.h"

namespace pinion {

// Later overrides win. Throws PN_INVALID_ARGUMENT for a name that no layer has, with the nearest one.
void applyLayerPrecisions(nvinfer1::INetworkDefinition& network, const std::vector<LayerPrecision>& overrides);

}  // namespace pinion
