#include "build_options.h"

#include <algorithm>

#include "arguments.h"
#include "error.h"
#include "plan_file.h"

namespace pinion {
namespace {

void requireArray(const void* array, int32_t count, const char* arrayName, const char* countName) {
    requireRange(countName, count, 0, 1 << 20);
    if (count > 0) {
        requirePointer(array, arrayName);
    }
}

void checkNumbers(const pn_build_options& o) {
    requireRange("precision", o.precision, PN_PRECISION_FP32, PN_PRECISION_FP16);
    requireRange("allow_tf32", o.allow_tf32, 0, 1);
    requireRange("precision_constraints", o.precision_constraints, PN_CONSTRAINTS_NONE, PN_CONSTRAINTS_OBEY);
    requireRange("profiling_verbosity", o.profiling_verbosity, PN_VERBOSITY_LAYER_NAMES, PN_VERBOSITY_DETAILED);
    requireRange("optimization_level", o.optimization_level, 0, 6);
    requireRange("hardware_compatibility", o.hardware_compatibility, PN_HARDWARE_SAME,
                 PN_HARDWARE_SAME_COMPUTE_CAPABILITY);
    requireRange("version_compatible", o.version_compatible, 0, 1);
    requireRange("strongly_typed", o.strongly_typed, 0, 1);
    requireRange("profile_copies", o.profile_copies, 0, 64);
    requireRange("set_tactic_sources", o.set_tactic_sources, 0, 1);
    requireRange("raw", o.raw, 0, 1);
    requireRange("timing_iterations", o.timing_iterations, 0, 10000);
    requireRange("workspace_bytes", o.workspace_bytes, 0, INT64_MAX);
    requireRange("rename_dimensions", o.rename_dimensions, 0, 1);
    requireRange("target_count", o.target_count, 0, kMaxTargets);
}

ShapeRange readRange(const pn_shape_range& range, int32_t index) {
    const std::string name = "ranges[" + std::to_string(index) + "]";
    requirePointer(range.tensor, (name + ".tensor").c_str());
    requireRange((name + ".profile").c_str(), range.profile, 0, 1023);
    requireRange((name + ".rank").c_str(), range.rank, 0, PN_MAX_RANK);
    ShapeRange result;
    result.tensor = range.tensor;
    result.profile = range.profile;
    result.rank = range.rank;
    std::copy_n(range.min, range.rank, result.range.min.begin());
    std::copy_n(range.opt, range.rank, result.range.opt.begin());
    std::copy_n(range.max, range.rank, result.range.max.begin());
    return result;
}

LayerPrecision readLayerPrecision(const pn_layer_precision& layer, int32_t index) {
    const std::string name = "layer_precisions[" + std::to_string(index) + "]";
    requirePointer(layer.layer, (name + ".layer").c_str());
    requireRange((name + ".precision").c_str(), layer.precision, PN_PRECISION_FP32, PN_PRECISION_FP16);
    requireRange((name + ".reserved").c_str(), layer.reserved, 0, 0);
    return {layer.layer, static_cast<pn_precision>(layer.precision)};
}

std::vector<int32_t> readTargets(const pn_build_options& options) {
    requireArray(options.targets, options.target_count, "targets", "target_count");
    std::vector<int32_t> targets;
    for (int32_t i = 0; i < options.target_count; ++i) {
        const int32_t target = options.targets[i];
        if (std::find(targets.begin(), targets.end(), target) != targets.end()) {
            throw Error(PN_INVALID_ARGUMENT, "targets names " + std::to_string(target) + " twice");
        }
        targets.push_back(target);
    }
    std::sort(targets.begin(), targets.end());
    return targets;
}

}  // namespace

std::vector<std::string> readStrings(const char* const* strings, int32_t count, const char* name) {
    requireArray(strings, count, name, (std::string(name) + "' count").c_str());
    std::vector<std::string> result;
    for (int32_t i = 0; i < count; ++i) {
        requirePointer(strings[i], (std::string(name) + "[" + std::to_string(i) + "]").c_str());
        result.emplace_back(strings[i]);
    }
    return result;
}

BuildOptions readBuildOptions(const pn_build_options* options) {
    BuildOptions result;
    result.values = readStruct(options, "pn_build_options");
    pn_build_options& values = result.values;
    checkNumbers(values);
    requireArray(values.ranges, values.range_count, "ranges", "range_count");
    requireArray(values.layer_precisions, values.layer_precision_count, "layer_precisions", "layer_precision_count");
    for (int32_t i = 0; i < values.range_count; ++i) {
        result.ranges.push_back(readRange(values.ranges[i], i));
    }
    for (int32_t i = 0; i < values.layer_precision_count; ++i) {
        result.layerPrecisions.push_back(readLayerPrecision(values.layer_precisions[i], i));
    }
    if (!result.layerPrecisions.empty() && values.precision_constraints == PN_CONSTRAINTS_NONE) {
        throw Error(PN_INVALID_ARGUMENT,
                    "layer_precisions have no effect without precision_constraints: choose prefer or obey");
    }
    if (values.strongly_typed != 0 && values.precision_constraints != PN_CONSTRAINTS_NONE) {
        throw Error(PN_INVALID_ARGUMENT,
                    "strongly_typed and precision_constraints exclude each other: the model's own types decide");
    }
    result.pluginLibraries = readStrings(values.plugin_libraries, values.plugin_library_count, "plugin_libraries");
    result.targets = readTargets(values);
    result.timingCachePath = values.timing_cache_path == nullptr ? "" : values.timing_cache_path;
    return result;
}

}  // namespace pinion
