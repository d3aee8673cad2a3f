// The C edge for all but sessions and errors: each entry checks its arguments and calls one function inside the guard.
#include <cstring>
#include <string>

#include "arguments.h"
#include "blob.h"
#include "build.h"
#include "device.h"
#include "engine.h"
#include "error.h"
#include "log.h"
#include "memory.h"
#include "plan_file.h"
#include "plugins.h"
#include "runtime.h"
#include "worker.h"

using namespace pinion;

namespace {

EngineOptions readEngineOptions(const pn_engine_options* options) {
    const pn_engine_options values = readStruct(options, "pn_engine_options");
    requireRange("allow_host_code", values.allow_host_code, 0, 1);
    EngineOptions result;
    result.device = values.device;
    result.allowHostCode = values.allow_host_code != 0;
    result.pluginLibraries = readStrings(values.plugin_libraries, values.plugin_library_count, "plugin_libraries");
    if (values.runtime_cache_path != nullptr) {
        result.runtimeCachePath = values.runtime_cache_path;
    }
    return result;
}

const Engine& engineOf(const pn_engine* engine) {
    requirePointer(engine, "engine");
    return *engine->engine;
}

const TensorInfo& tensorOf(const Engine& engine, int32_t tensor) {
    requireIndex("tensor", tensor, static_cast<int64_t>(engine.tensors().size()));
    return engine.tensors()[static_cast<size_t>(tensor)];
}

}  // namespace

extern "C" {

// ---- blobs

const void* pn_blob_data(const pn_blob* blob) {
    return blob == nullptr ? nullptr : blob->bytes.data();
}
uint64_t pn_blob_size(const pn_blob* blob) {
    return blob == nullptr ? 0 : blob->size;
}
void pn_blob_destroy(pn_blob* blob) {
    delete blob;
}
int32_t pn_blob_create(uint64_t bytes, pn_blob** out_blob, void** out_data, pn_error** out_error) {
    return guard("create blob", out_error, [&] {
        requirePointer(out_blob, "out_blob");
        requirePointer(out_data, "out_data");
        requireRange("bytes", static_cast<int64_t>(bytes), 0, INT64_MAX);
        pn_blob* const blob = makeBlob(std::vector<uint8_t>(static_cast<size_t>(bytes)));
        *out_data = blob->bytes.data();
        *out_blob = blob;
    });
}

// ---- runtime, log, devices

uint32_t pn_abi_version(void) {
    return (PN_ABI_MAJOR << 16) | PN_ABI_MINOR;
}

int32_t pn_runtime_get_info(pn_runtime_info* out_info, pn_error** out_error) {
    return guard("runtime info", out_error, [&] {
        requirePointer(out_info, "out_info");
        writeStruct(out_info, runtimeInfo(), "pn_runtime_info");
    });
}

int32_t pn_runtime_probe(int32_t purpose, pn_error** out_error) {
    return guard("probe", out_error, [purpose] {
        requireRange("purpose", purpose, PN_PURPOSE_RUN, PN_PURPOSE_BUILD);
        probeRuntime(static_cast<pn_purpose>(purpose));
    });
}

int32_t pn_runtime_load_plugins(const char* path, pn_error** out_error) {
    return guard("load plugins", out_error, [&] {
        requirePointer(path, "path");
        loadPluginLibrary(path);
    });
}

int32_t pn_log_set_callback(pn_log_callback callback, void* user, int32_t max_severity, pn_error** out_error) {
    return guard("set log callback", out_error, [&] {
        if (max_severity < PN_SEVERITY_INTERNAL_ERROR || max_severity > PN_SEVERITY_VERBOSE) {
            throw Error(PN_INVALID_ARGUMENT, "max_severity is " + std::to_string(max_severity) +
                                                 "; it must be 0 (internal error) to 4 (verbose)");
        }
        if (insideLogCallback()) {
            throw Error(PN_INVALID_STATE, "the log callback cannot be replaced from inside a log callback");
        }
        setLogCallback(callback, user, max_severity);
    });
}

int32_t pn_log_write(int32_t severity, const char* message, pn_error** out_error) {
    return guard("write log", out_error, [&] {
        requireRange("severity", severity, PN_SEVERITY_INTERNAL_ERROR, PN_SEVERITY_VERBOSE);
        requirePointer(message, "message");
        logMessage(static_cast<pn_severity>(severity), message);
    });
}

int32_t pn_device_count(int32_t* out_count, pn_error** out_error) {
    return guard("device count", out_error, [&] {
        requirePointer(out_count, "out_count");
        *out_count = deviceCount();
    });
}

int32_t pn_device_get_info(int32_t device, pn_device_info* out_info, pn_error** out_error) {
    return guard("device info", out_error, [&] {
        requirePointer(out_info, "out_info");
        writeStruct(out_info, deviceInfo(device), "pn_device_info");
    });
}

int32_t pn_device_get_memory(int32_t device, int64_t* out_free, int64_t* out_total, pn_error** out_error) {
    return guard("device memory", out_error, [&] {
        requirePointer(out_free, "out_free");
        requirePointer(out_total, "out_total");
        deviceMemory(device, *out_free, *out_total);
    });
}

// ---- memory

int32_t pn_pinned_alloc(int32_t device, uint64_t bytes, void** out_data, pn_error** out_error) {
    return guard("pinned alloc", out_error, [&] {
        requirePointer(out_data, "out_data");
        *out_data = pinnedAlloc(device, bytes);
    });
}

int32_t pn_pinned_free(int32_t device, void* data, pn_error** out_error) {
    return guard("pinned free", out_error, [&] { pinnedFree(device, data); });
}

int32_t pn_pinned_register(int32_t device, void* data, uint64_t bytes, pn_error** out_error) {
    return guard("pinned register", out_error, [&] {
        requirePointer(data, "data");
        pinnedRegister(device, data, bytes);
    });
}

int32_t pn_pinned_unregister(int32_t device, void* data, pn_error** out_error) {
    return guard("pinned unregister", out_error, [&] {
        requirePointer(data, "data");
        pinnedUnregister(device, data);
    });
}

int32_t pn_device_alloc(int32_t device, uint64_t bytes, void** out_data, pn_error** out_error) {
    return guard("device alloc", out_error, [&] {
        requirePointer(out_data, "out_data");
        *out_data = deviceAlloc(device, bytes);
    });
}

int32_t pn_device_free(int32_t device, void* data, pn_error** out_error) {
    return guard("device free", out_error, [&] { deviceFree(device, data); });
}

int32_t pn_memory_copy(int32_t device, void* destination, const void* source, uint64_t bytes, pn_error** out_error) {
    return guard("copy", out_error, [&] {
        requirePointer(destination, "destination");
        requirePointer(source, "source");
        memoryCopy(device, destination, source, bytes);
    });
}

// ---- build

int32_t pn_plan_build_file(const char* onnx_path, const pn_build_options* options, pn_blob** out_plan,
                           pn_error** out_error) {
    return guard("build", out_error, [&] {
        requirePointer(onnx_path, "onnx_path");
        requirePointer(out_plan, "out_plan");
        const BuildOptions read = readBuildOptions(options);
        const ModelFile file(onnx_path);
        *out_plan = makeBlob(buildPlan(file.source(), read));
    });
}

int32_t pn_plan_build_memory(const void* onnx, uint64_t bytes, const char* model_path, const pn_build_options* options,
                             pn_blob** out_plan, pn_error** out_error) {
    return guard("build", out_error, [&] {
        requirePointer(onnx, "onnx");
        requirePointer(out_plan, "out_plan");
        const BuildOptions read = readBuildOptions(options);
        const std::string path = model_path == nullptr ? "" : absoluteUtf8(model_path);
        *out_plan = makeBlob(buildPlan({onnx, bytes, path}, read));
    });
}

int32_t pn_plan_describe_file(const char* path, pn_blob** out_json, pn_error** out_error) {
    return guard("describe plan", out_error, [&] {
        requirePointer(path, "path");
        requirePointer(out_json, "out_json");
        InputFile file(toPath(path));
        *out_json = makeBlob(describePlan(verifyPlan(file)));
    });
}

int32_t pn_plan_describe_memory(const void* plan, uint64_t bytes, pn_blob** out_json, pn_error** out_error) {
    return guard("describe plan", out_error, [&] {
        requirePointer(plan, "plan");
        requirePointer(out_json, "out_json");
        *out_json = makeBlob(describePlan(verifyPlan(plan, bytes)));
    });
}

int32_t pn_plan_set_metadata(const void* plan, uint64_t bytes, const char* key, const char* value, pn_blob** out_plan,
                             pn_error** out_error) {
    return guard("set plan metadata", out_error, [&] {
        requirePointer(plan, "plan");
        requirePointer(key, "key");
        requirePointer(out_plan, "out_plan");
        *out_plan = makeBlob(withMetadata(plan, bytes, key, value));
    });
}

int32_t pn_model_describe_file(const char* onnx_path, pn_blob** out_json, pn_error** out_error) {
    return guard("describe model", out_error, [&] {
        requirePointer(onnx_path, "onnx_path");
        requirePointer(out_json, "out_json");
        *out_json = makeBlob(describeModel(onnx_path));
    });
}

int32_t pn_worker_run(int32_t input, int32_t output) {
    return runWorker(input, output);
}

// ---- engine

int32_t pn_engine_load_file(const char* path, const pn_engine_options* options, pn_engine** out_engine,
                            pn_error** out_error) {
    return guard("load", out_error, [&] {
        requirePointer(path, "path");
        requirePointer(out_engine, "out_engine");
        *out_engine = new pn_engine{Engine::loadFile(path, readEngineOptions(options))};
    });
}

int32_t pn_engine_load_memory(const void* plan, uint64_t bytes, const pn_engine_options* options,
                              pn_engine** out_engine, pn_error** out_error) {
    return guard("load", out_error, [&] {
        requirePointer(plan, "plan");
        requirePointer(out_engine, "out_engine");
        *out_engine = new pn_engine{Engine::loadMemory(plan, bytes, readEngineOptions(options))};
    });
}

void pn_engine_destroy(pn_engine* engine) {
    delete engine;
}

int32_t pn_engine_tensor_count(const pn_engine* engine, int32_t* out_count, pn_error** out_error) {
    return guard("tensor count", out_error, [&] {
        requirePointer(out_count, "out_count");
        *out_count = static_cast<int32_t>(engineOf(engine).tensors().size());
    });
}

int32_t pn_engine_tensor_info(const pn_engine* engine, int32_t tensor, pn_tensor_info* out_info, pn_error** out_error) {
    return guard("tensor info", out_error, [&] {
        requirePointer(out_info, "out_info");
        const TensorInfo& from = tensorOf(engineOf(engine), tensor);
        pn_tensor_info info{};
        info.mode = from.mode;
        info.data_type = from.dataType;
        info.rank = from.rank;
        std::memcpy(info.dims, from.dims.data(), sizeof(info.dims));
        info.element_bits = from.elementBits;
        info.is_shape_tensor = from.isShapeTensor ? 1 : 0;
        info.name = from.name.c_str();
        writeStruct(out_info, info, "pn_tensor_info");
    });
}

int32_t pn_engine_profile_count(const pn_engine* engine, int32_t* out_count, pn_error** out_error) {
    return guard("profile count", out_error, [&] {
        requirePointer(out_count, "out_count");
        *out_count = engineOf(engine).profileCount();
    });
}

int32_t pn_engine_profile_shape(const pn_engine* engine, int32_t profile, int32_t tensor, int64_t* out_min,
                                int64_t* out_opt, int64_t* out_max, pn_error** out_error) {
    return guard("profile shape", out_error, [&] {
        const Engine& loaded = engineOf(engine);
        const TensorInfo& info = tensorOf(loaded, tensor);
        requireIndex("profile", profile, loaded.profileCount());
        requirePointer(out_min, "out_min");
        requirePointer(out_opt, "out_opt");
        requirePointer(out_max, "out_max");
        if (info.mode != PN_TENSOR_INPUT) {
            throw Error(PN_INVALID_ARGUMENT, "tensor " + std::to_string(tensor) + ", '" + info.name +
                                                 "', is an output; profiles hold inputs");
        }
        const ProfileRange& range = info.profiles[static_cast<size_t>(profile)];
        std::memcpy(out_min, range.min.data(), sizeof(range.min));
        std::memcpy(out_opt, range.opt.data(), sizeof(range.opt));
        std::memcpy(out_max, range.max.data(), sizeof(range.max));
    });
}

int32_t pn_engine_scratch_bytes(const pn_engine* engine, int64_t* out_bytes, pn_error** out_error) {
    return guard("device memory", out_error, [&] {
        requirePointer(out_bytes, "out_bytes");
        *out_bytes = engineOf(engine).scratchBytes();
    });
}

int32_t pn_engine_describe(const pn_engine* engine, pn_blob** out_json, pn_error** out_error) {
    return guard("describe engine", out_error, [&] {
        requirePointer(out_json, "out_json");
        *out_json = makeBlob(engineOf(engine).describeJson());
    });
}

int32_t pn_engine_layers(const pn_engine* engine, pn_blob** out_json, pn_error** out_error) {
    return guard("layers", out_error, [&] {
        requirePointer(out_json, "out_json");
        *out_json = makeBlob(engineOf(engine).layersJson());
    });
}

}  // extern "C"
