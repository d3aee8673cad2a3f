#include "build.h"

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "describe.h"
#include "device.h"
#include "error.h"
#include "hash.h"
#include "json.h"
#include "layer_precision.h"
#include "log.h"
#include "onnx_scan.h"
#include "plan_file.h"
#include "plugins.h"
#include "profiles.h"
#include "progress.h"
#include "reasons.h"
#include "running.h"
#include "sdk.h"
#include "tensorrt_compat.h"
#include "timing_cache.h"

namespace pinion {
namespace {

bool hasHalfTensors(const nvinfer1::INetworkDefinition& network) {
    for (int32_t i = 0; i < network.getNbLayers(); ++i) {
        const nvinfer1::ILayer* layer = network.getLayer(i);
        for (int32_t output = 0; output < layer->getNbOutputs(); ++output) {
            if (layer->getOutput(output)->getType() == nvinfer1::DataType::kHALF) {
                return true;
            }
        }
    }
    return false;
}

void setPrecision(nvinfer1::IBuilderConfig& config, const Network& network, const BuildOptions& options) {
    const pn_build_options& values = options.values;
    if (values.allow_tf32 == 0) {
        config.clearFlag(nvinfer1::BuilderFlag::kTF32);
    }
    if (values.precision == PN_PRECISION_FP16) {
        if (!hasFp16Flag(values.strongly_typed != 0)) {
            if (!hasHalfTensors(network.trt())) {
                throw Error(PN_UNSUPPORTED,
                            "FP16 was asked for, but the model computes in FP32, and in a strongly typed network (the "
                            "only kind since TensorRT 11) the model decides: convert the model to FP16 first");
            }
        } else {
            setFp16Flag(config);
        }
        if (!hasFastFp16(network.builder())) {
            logMessage(PN_SEVERITY_WARNING,
                       "FP16 was asked for, but this device has no fast FP16: it computes in FP32 or slower");
        }
    } else {
        for (const LayerPrecision& layer : options.layerPrecisions) {
            if (layer.precision == PN_PRECISION_FP16) {
                throw Error(PN_INVALID_ARGUMENT, "layer '" + layer.layer +
                                                     "' is to compute in FP16, but precision is FP32: build with "
                                                     "precision FP16 and keep the other layers in FP32");
            }
        }
    }
    setPrecisionConstraints(config, static_cast<pn_precision_constraints>(values.precision_constraints));
    applyLayerPrecisions(network.trt(), options.layerPrecisions);
}

void setBuilderOptions(nvinfer1::IBuilderConfig& config, const Network& network, const pn_build_options& values) {
    setWorkspace(config, values.workspace_bytes);
    setProfilingVerbosity(config, static_cast<pn_profiling_verbosity>(values.profiling_verbosity));
    setHardwareCompatibility(config, static_cast<pn_hardware_compatibility>(values.hardware_compatibility));
    shareProfiles(config);
    requireUserAllocation(config, network.trt());
    if (values.timing_iterations > 0) {
        setTimingIterations(config, values.timing_iterations);
    }
    if (values.optimization_level > 0) {
        setOptimizationLevel(config, values.optimization_level - 1);
    }
    if (values.version_compatible != 0) {
        setVersionCompatible(config, network.parser());
    }
    if (values.set_tactic_sources != 0) {
        setTacticSources(config, values.tactic_sources);
    }
}

void addProfiles(nvinfer1::IBuilderConfig& config, const Network& network, const std::vector<TensorInfo>& inputs,
                 int32_t profileCount, int32_t copies) {
    for (int32_t i = 0; i < profileCount * copies; ++i) {
        // Owned by the builder.
        nvinfer1::IOptimizationProfile* profile = network.builder().createOptimizationProfile();
        bool isAccepted = profile != nullptr;
        for (const TensorInfo& input : inputs) {
            isAccepted =
                isAccepted && setProfileRange(*profile, input, input.profiles[static_cast<size_t>(i / copies)]);
        }
        if (!isAccepted || config.addOptimizationProfile(profile) < 0) {
            throw Error(PN_TENSORRT, "TensorRT refused optimization profile " + std::to_string(i / copies));
        }
    }
}

// TensorRT says what it refuses, and of names of dimensions not which inputs have them.
std::string describeFailure(const std::vector<std::string>& errors, const std::vector<TensorInfo>& inputs) {
    std::string reason = plainReasons(errors);
    const auto mentions = [&](const char* words) { return reason.find(words) != std::string::npos; };
    if (mentions("imensions with name ") || mentions("imensions with this name ") || mentions("imensions named ")) {
        const std::string shared = describeSharedNames(inputs);
        if (!shared.empty()) {
            reason = "dimensions of one name must be equal, and are not: " + shared +
                     "; give them the same sizes, or free them (rename_dimensions, --rename-dims)";
        }
    }
    return "TensorRT could not build an engine" + (reason.empty() ? "" : ": " + reason);
}

std::unique_ptr<nvinfer1::IHostMemory> runBuilder(nvinfer1::IBuilderConfig& config, const Network& network,
                                                  const std::vector<TensorInfo>& inputs, Progress& progress) {
    LogHold hold;
    std::unique_ptr<nvinfer1::IHostMemory> plan(network.builder().buildSerializedNetwork(network.trt(), config));
    progress.throwIfStopped();
    if (plan == nullptr || plan->size() == 0) {
        if (LogScope::tellsOutOfMemory()) {
            throw Error(PN_DEVICE_OUT_OF_MEMORY,
                        "TensorRT ran out of device memory while it built: lower workspace_bytes or the profiles' max");
        }
        throw Error(PN_BUILD, describeFailure(hold.errors(), inputs));
    }
    hold.callSucceeded();
    return plan;
}

void writeOptions(JsonWriter& json, const BuildOptions& options) {
    const pn_build_options& values = options.values;
    json.key("options")
        .beginObject()
        .member("tf32", values.allow_tf32 != 0)
        .member("workspaceBytes", values.workspace_bytes)
        .member("profilingVerbosity", values.profiling_verbosity)
        .member("hardwareCompatibility", values.hardware_compatibility)
        .member("versionCompatible", values.version_compatible != 0)
        .member("stronglyTyped", values.strongly_typed != 0)
        .member("precisionConstraints", values.precision_constraints);
    if (values.timing_iterations > 0) {
        json.member("timingIterations", values.timing_iterations);
    }
    if (values.optimization_level > 0) {
        json.member("optimizationLevel", values.optimization_level - 1);
    }
    if (values.set_tactic_sources != 0) {
        json.member("tacticSources", values.tactic_sources);
    }
    json.key("layerPrecisions").beginObject();
    for (const LayerPrecision& layer : options.layerPrecisions) {
        json.member(layer.layer, layer.precision == PN_PRECISION_FP16 ? "fp16" : "fp32");
    }
    json.endObject().endObject();
}

// Of a model's metadata, what the plan keeps.
constexpr const char* kKeptMetadata = "pinion.";

std::string fileName(const std::string& path) {
    return toUtf8(toPath(path.c_str()).filename());
}

PlanHeader makeHeader(const ModelSource& source, const BuildOptions& options, const std::vector<TensorInfo>& inputs,
                      const std::vector<TensorInfo>& outputs, bool isHalf, int32_t profileCount, int32_t copies,
                      const void* payload, uint64_t payloadBytes, const std::string& modelSha256, double seconds) {
    PlanHeader header = builtHeader(options.values.device, options.targets);
    header.hardwareCompatibility = options.values.hardware_compatibility;
    header.versionCompatible = options.values.version_compatible != 0;
    header.profileCopies = copies;
    int32_t version = 0;
    (void)readStampedVersion(payload, payloadBytes, version, header.tensorRtBuild);
    JsonWriter json;
    json.beginObject().member("raw", false).member("bytes", payloadBytes).member("pinion", kPinionVersion);
    writeOrigin(json, header);
    json.member("tensorrtCompiled", versionText(kTensorRtCompiled)).member("precision", isHalf ? "fp16" : "fp32");
    writeTensors(json, "inputs", inputs);
    writeTensors(json, "outputs", outputs);
    writeProfiles(json, inputs, std::max(profileCount, 1));
    json.member("profileCopies", copies)
        .key("model")
        .beginObject()
        .member("file", fileName(source.path))
        .member("bytes", source.bytes)
        .member("sha256", modelSha256)
        .endObject();
    writeOptions(json, options);
    header.json = json.member("buildSeconds", seconds).endObject().text();
    header.metadata = scanMetadata(source.data, source.bytes, kKeptMetadata);
    return header;
}

}  // namespace

std::vector<uint8_t> buildPlan(const ModelSource& source, const BuildOptions& options) {
    const pn_build_options& values = options.values;
    if (!kBuildsForTargets) {
        useDevice(values.device);
    } else if (values.device != 0) {
        throw Error(PN_INVALID_ARGUMENT, "device is " + std::to_string(values.device) +
                                             ", but TensorRT for RTX builds for targets and on no device: leave it 0");
    }
    Progress progress(values.progress, values.progress_user);
    loadPluginLibraries(options.pluginLibraries);

    progress.begin("parse");
    const bool isPortable = values.version_compatible != 0 || values.hardware_compatibility != PN_HARDWARE_SAME;
    const Network network(source, {values.strongly_typed != 0, isPortable, values.rename_dimensions != 0});
    std::vector<TensorInfo> inputs = network.inputs();
    const int32_t profileCount = assignProfiles(inputs, options.ranges);
    progress.end("parse");

    std::shared_ptr<void> monitor;  // outlives the configuration, which points to it
    const std::unique_ptr<nvinfer1::IBuilderConfig> config(network.builder().createBuilderConfig());
    if (config == nullptr) {
        throw Error(PN_TENSORRT, "TensorRT made no builder configuration");
    }
    const int32_t copies = kProfilesAreShared || profileCount == 0 ? 1 : std::max(values.profile_copies, 1);
    setBuilderOptions(*config, network, values);
    setTargets(*config, options.targets);
    setPrecision(*config, network, options);
    addProfiles(*config, network, inputs, profileCount, copies);
    std::unique_ptr<TimingCache> timingCache;
    if (!options.timingCachePath.empty()) {
        timingCache = std::make_unique<TimingCache>(*config, options.timingCachePath);
    }

    progress.begin("build");
    // Half a second for 100 MB, beside a build that keeps one core busy.
    std::future<std::string> modelSha256;
    if (values.raw == 0) {
        modelSha256 = std::async([&source] { return sha256Hex(source.data, source.bytes); });
    }
    monitor =
        attachProgress(*config, [&progress](const char* phase, const char* parent, int32_t step, int32_t stepCount) {
            return progress.report(phase, parent[0] == '\0' ? "build" : parent, step, stepCount);
        });
    const std::unique_ptr<nvinfer1::IHostMemory> payload = runBuilder(*config, network, inputs, progress);
    if (timingCache != nullptr) {
        timingCache->save();
    }
    progress.end("build");

    progress.begin("serialize");
    const bool isHalf = values.precision == PN_PRECISION_FP16 || network.computesInHalf();
    const auto* first = static_cast<const uint8_t*>(payload->data());
    std::vector<uint8_t> plan =
        values.raw != 0
            ? std::vector<uint8_t>(first, first + payload->size())
            : makePlanFile(makeHeader(source, options, inputs, network.outputs(), isHalf, profileCount, copies, first,
                                      payload->size(), modelSha256.get(), progress.elapsedSeconds()),
                           first, payload->size());
    progress.end("serialize");
    return plan;
}

}  // namespace pinion
