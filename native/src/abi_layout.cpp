// Sizes and offsets of the public structs, for callers in other languages that mirror them.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "pinion/pinion.h"

namespace {

struct StructLayout {
    const char* name;
    uint32_t size;
    std::vector<uint32_t> offsets;  // of the fields, in the header's order
};

#define AT(field) static_cast<uint32_t>(offsetof(Struct, field))

StructLayout layoutOf(const pn_runtime_info*) {
    using Struct = pn_runtime_info;
    return {"pn_runtime_info",
            sizeof(Struct),
            {AT(struct_size), AT(sdk), AT(tensorrt_compiled), AT(tensorrt_loaded), AT(cuda_compiled), AT(cuda_runtime),
             AT(cuda_driver), AT(fast_fp16), AT(onnxruntime_version), AT(onnxruntime_path), AT(onnxruntime_error),
             AT(pinion_version), AT(host_threads), AT(tensorrt_build)}};
}

StructLayout layoutOf(const pn_device_info*) {
    using Struct = pn_device_info;
    return {"pn_device_info",
            sizeof(Struct),
            {AT(struct_size), AT(index), AT(sm_major), AT(sm_minor), AT(multiprocessors), AT(clock_khz),
             AT(memory_clock_khz), AT(memory_bus_bits), AT(total_bytes), AT(l2_bytes), AT(name), AT(pci_bus_id)}};
}

StructLayout layoutOf(const pn_shape_range*) {
    using Struct = pn_shape_range;
    return {"pn_shape_range", sizeof(Struct), {AT(tensor), AT(profile), AT(rank), AT(min), AT(opt), AT(max)}};
}

StructLayout layoutOf(const pn_layer_precision*) {
    using Struct = pn_layer_precision;
    return {"pn_layer_precision", sizeof(Struct), {AT(layer), AT(precision), AT(reserved)}};
}

StructLayout layoutOf(const pn_build_options*) {
    using Struct = pn_build_options;
    return {"pn_build_options",
            sizeof(Struct),
            {AT(struct_size),
             AT(device),
             AT(precision),
             AT(allow_tf32),
             AT(precision_constraints),
             AT(profiling_verbosity),
             AT(optimization_level),
             AT(hardware_compatibility),
             AT(version_compatible),
             AT(strongly_typed),
             AT(profile_copies),
             AT(set_tactic_sources),
             AT(tactic_sources),
             AT(range_count),
             AT(layer_precision_count),
             AT(plugin_library_count),
             AT(raw),
             AT(timing_iterations),
             AT(workspace_bytes),
             AT(ranges),
             AT(layer_precisions),
             AT(plugin_libraries),
             AT(timing_cache_path),
             AT(progress),
             AT(progress_user),
             AT(targets),
             AT(target_count),
             AT(rename_dimensions)}};
}

StructLayout layoutOf(const pn_engine_options*) {
    using Struct = pn_engine_options;
    return {"pn_engine_options",
            sizeof(Struct),
            {AT(struct_size), AT(device), AT(plugin_library_count), AT(allow_host_code), AT(plugin_libraries),
             AT(runtime_cache_path)}};
}

StructLayout layoutOf(const pn_tensor_info*) {
    using Struct = pn_tensor_info;
    return {"pn_tensor_info",
            sizeof(Struct),
            {AT(struct_size), AT(mode), AT(data_type), AT(rank), AT(dims), AT(element_bits), AT(is_shape_tensor),
             AT(name)}};
}

StructLayout layoutOf(const pn_session_options*) {
    using Struct = pn_session_options;
    return {"pn_session_options",
            sizeof(Struct),
            {AT(struct_size), AT(profile), AT(wait_mode), AT(disable_graph), AT(timing_interval), AT(skip_transfers),
             AT(high_priority)}};
}

StructLayout layoutOf(const pn_shape*) {
    using Struct = pn_shape;
    return {"pn_shape", sizeof(Struct), {AT(tensor), AT(rank), AT(dims)}};
}

StructLayout layoutOf(const pn_variant_info*) {
    using Struct = pn_variant_info;
    return {"pn_variant_info", sizeof(Struct), {AT(struct_size), AT(uses_graph), AT(first_run_ms), AT(device_bytes)}};
}

StructLayout layoutOf(const pn_timings*) {
    using Struct = pn_timings;
    return {"pn_timings",
            sizeof(Struct),
            {AT(struct_size), AT(used_graph), AT(h2d_ms), AT(compute_ms), AT(d2h_ms), AT(enqueue_ms),
             AT(has_device_times), AT(reserved), AT(start_ns), AT(enqueued_ns), AT(done_ns)}};
}

#undef AT

template <typename Struct>
StructLayout layout() {
    return layoutOf(static_cast<const Struct*>(nullptr));
}

const std::vector<StructLayout>& layouts() {
    static const std::vector<StructLayout>& all = *new std::vector<StructLayout>{
        layout<pn_runtime_info>(),  layout<pn_device_info>(),    layout<pn_shape_range>(), layout<pn_layer_precision>(),
        layout<pn_build_options>(), layout<pn_engine_options>(), layout<pn_tensor_info>(), layout<pn_session_options>(),
        layout<pn_shape>(),         layout<pn_variant_info>(),   layout<pn_timings>()};
    return all;
}

}  // namespace

extern "C" int32_t pn_abi_struct_layout(const char* struct_name, uint32_t* out_size, uint32_t* out_offsets,
                                        uint32_t capacity, uint32_t* out_count) {
    if (struct_name == nullptr || out_size == nullptr || out_count == nullptr ||
        (out_offsets == nullptr && capacity > 0)) {
        return PN_INVALID_ARGUMENT;
    }
    for (const StructLayout& entry : layouts()) {
        if (std::strcmp(entry.name, struct_name) == 0) {
            *out_size = entry.size;
            *out_count = static_cast<uint32_t>(entry.offsets.size());
            std::copy_n(entry.offsets.begin(), std::min<size_t>(capacity, entry.offsets.size()), out_offsets);
            return PN_OK;
        }
    }
    return PN_NOT_FOUND;
}
