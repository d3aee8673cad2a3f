// The caller's build options, copied and checked: past this point every enum and every pointer is good.
#pragma once

#include <string>
#include <vector>

#include "pinion/pinion.h"
#include "tensor_info.h"

namespace pinion {

struct ShapeRange {
    std::string tensor;
    int32_t profile = 0;
    int32_t rank = 0;
    ProfileRange range;
};

struct LayerPrecision {
    std::string layer;  // a '*' at the end matches any rest
    pn_precision precision = PN_PRECISION_FP32;
};

struct BuildOptions {
    pn_build_options values{};  // numbers and the callback; the pointers below replace its own
    std::vector<ShapeRange> ranges;
    std::vector<LayerPrecision> layerPrecisions;
    std::vector<std::string> pluginLibraries;
    std::vector<int32_t> targets;
    std::string timingCachePath;
};

// options may be NULL: all defaults. Throws PN_INVALID_ARGUMENT with the value and the limit.
BuildOptions readBuildOptions(const pn_build_options* options);

std::vector<std::string> readStrings(const char* const* strings, int32_t count, const char* name);

}  // namespace pinion
