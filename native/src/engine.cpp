#include "engine.h"

#include <algorithm>

#include "describe.h"
#include "device.h"
#include "error.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "plugins.h"
#include "running.h"

namespace pinion {
namespace {

Error misfit(const PlanHeader& header, int32_t device, const std::string& why) {
    Error error(PN_PLAN_MISMATCH, why);
    error.builtWith = header.raw ? why : planOrigin(header);
    error.runningOn = planOrigin(runningHeader(device));
    return error;
}

// TensorRT for RTX tells by the first bytes alone, however large the plan is.
void requireFit(const nvinfer1::IRuntime& runtime, const Plan& plan, const PlanReader& read, int32_t device) {
    const uint64_t bytes = std::min(engineHeaderBytes(runtime), plan.payloadBytes);
    if (bytes == 0) {
        return;
    }
    std::vector<uint8_t> header(static_cast<size_t>(bytes));
    read(plan.payloadOffset, header.data(), header.size());
    const Unfitness unfit = unfitness(runtime, header.data(), bytes);
    if (unfit.isDamaged) {
        throw Error(PN_PLAN_CORRUPT, "this is not a plan of TensorRT for RTX, or it is damaged");
    }
    if (!unfit.reasons.empty()) {
        throw misfit(plan.header, device, "TensorRT for RTX cannot run the plan here: " + unfit.reasons);
    }
}

[[noreturn]] void throwRefused(const PlanHeader& header, int32_t device) {
    if (LogScope::tellsOutOfMemory()) {
        throw Error(PN_DEVICE_OUT_OF_MEMORY, "TensorRT ran out of device memory while it loaded the plan");
    }
    const std::string lines = LogScope::lines();
    const std::string missing =
        lines.find("lugin") == std::string::npos ? "" : missingPlugins();  // TensorRT says plugin and Plugin
    if (!missing.empty()) {
        throw Error(PN_NOT_FOUND, "TensorRT could not deserialize the plan, which uses plugins: " + missing);
    }
    const std::string line = mismatchLine(lines);
    if (!line.empty()) {
        throw misfit(header, device,
                     "TensorRT refused the plan, which seems to be of another version or device: " + line);
    }
    throw Error(header.raw ? PN_PLAN_CORRUPT : PN_TENSORRT, "TensorRT could not deserialize the plan");
}

}  // namespace

std::shared_ptr<Engine> Engine::loadFile(const char* path, const EngineOptions& options) {
    useDevice(options.device);
    std::shared_ptr<Engine> engine(new Engine(options.device));
    InputFile file(toPath(path));
    const PlanReader read = readerOf(file);
    const Plan plan = readPlan(file.size(), read);
    engine->prepare(plan, read, options);
    const FileMapping mapping(file);
    engine->deserialize(mapping.data() + plan.payloadOffset, plan.payloadBytes);
    engine->openRuntimeCache(options, std::string(path) + ".runtime-cache");
    return engine;
}

std::shared_ptr<Engine> Engine::loadMemory(const void* bytes, uint64_t size, const EngineOptions& options) {
    useDevice(options.device);
    std::shared_ptr<Engine> engine(new Engine(options.device));
    const PlanReader read = readerOf(bytes);
    const Plan plan = readPlan(size, read);
    engine->prepare(plan, read, options);
    engine->deserialize(static_cast<const uint8_t*>(bytes) + plan.payloadOffset, plan.payloadBytes);
    engine->openRuntimeCache(options, "");
    return engine;
}

Engine::~Engine() {
    // TensorRT frees device memory here.
    if (!useDeviceToRelease(device_)) {
        leave(std::move(runtimeCache_));
        leave(std::move(contexts_));
        leave(std::move(engine_));
        leave(std::move(runtime_));
        return;
    }
    runtimeCache_.reset();
    contexts_.reset();
    engine_.reset();
    runtime_.reset();
}

void Engine::prepare(const Plan& plan, const PlanReader& read, const EngineOptions& options) {
    if (!kCompilesKernels && options.runtimeCachePath.has_value() && !options.runtimeCachePath->empty()) {
        throw Error(
            PN_UNSUPPORTED,
            "a runtime cache is for TensorRT for RTX, which compiles kernels where it runs: leave its path out");
    }
    header_ = plan.header;
    checkPlanFits(header_, runningHeader(device_));
    initPlugins();
    loadPluginLibraries(options.pluginLibraries);
    runtime_ = createRuntime();
    if (options.allowHostCode) {
        allowHostCode(*runtime_);
    } else if (header_.versionCompatible) {
        throw Error(
            PN_INVALID_ARGUMENT,
            "the plan is version compatible: it carries code, TensorRT's lean runtime, that runs in this process. "
            "Allow it where you trust the plan's origin: allow_host_code, AllowHostCode or --allow-host-code");
    }
    requireFit(*runtime_, plan, read, device_);
    verifyPayload(plan, read);
}

void Engine::deserialize(const void* payload, uint64_t bytes) {
    engine_.reset(runtime_->deserializeCudaEngine(payload, static_cast<size_t>(bytes)));
    if (engine_ == nullptr) {
        throwRefused(header_, device_);
    }
    contexts_ = std::make_unique<ContextFactory>(*engine_);
    readFacts();
}

void Engine::openRuntimeCache(const EngineOptions& options, const std::string& besidePlan) {
    const std::string path = options.runtimeCachePath.value_or(besidePlan);
    if (kCompilesKernels && !path.empty()) {
        runtimeCache_ = std::make_unique<RuntimeCache>(*contexts_, path);
    }
}

void Engine::keepKernels() noexcept {
    if (runtimeCache_ != nullptr) {
        runtimeCache_->save();
    }
}

void Engine::readFacts() {
    tensors_ = readTensors(*engine_);
    inputCount_ = static_cast<int32_t>(std::count_if(
        tensors_.begin(), tensors_.end(), [](const TensorInfo& tensor) { return tensor.mode == PN_TENSOR_INPUT; }));
    const int32_t trtProfiles = engine_->getNbOptimizationProfiles();
    profileCount_ = trtProfiles / header_.profileCopies;
    profilesInUse_.resize(static_cast<size_t>(trtProfiles));
    for (TensorInfo& tensor : tensors_) {
        std::vector<ProfileRange> ranges;
        for (size_t i = 0; i < tensor.profiles.size(); i += static_cast<size_t>(header_.profileCopies)) {
            ranges.push_back(tensor.profiles[i]);
        }
        tensor.profiles = std::move(ranges);
    }
}

int64_t Engine::scratchBytes(int32_t profile) const {
    return pinion::scratchBytes(*engine_, profile * header_.profileCopies);
}

int64_t Engine::scratchBytes() const {
    int64_t bytes = 0;
    for (int32_t profile = 0; profile < profileCount_; ++profile) {
        bytes = std::max(bytes, scratchBytes(profile));
    }
    return bytes;
}

std::string Engine::describeJson() const {
    JsonWriter json;
    if (header_.raw) {
        const auto firstOutput = tensors_.begin() + inputCount_;
        json.beginObject().member("raw", true);
        writeTensors(json, "inputs", {tensors_.begin(), firstOutput});
        writeTensors(json, "outputs", {firstOutput, tensors_.end()});
        writeProfiles(json, tensors_, profileCount_);
    } else {
        json = beginDescription(header_);
    }
    json.key("running").beginObject();
    writeOrigin(json, runningHeader(device_));
    return json.endObject().endObject().text();
}

std::string Engine::layersJson() const {
    return inspectLayers(*engine_);
}

std::unique_ptr<ExecutionContext> Engine::createContext(int32_t profile, cudaStream_t stream) {
    // Making a context may select profile 0 in passing: one at a time.
    const std::lock_guard<std::mutex> lock(creationMutex_);
    int32_t trtProfile = 0;
    std::shared_ptr<void> lease = leaseProfile(profile, &trtProfile);
    return std::make_unique<ExecutionContext>(*engine_, *contexts_, tensors_, trtProfile, stream, std::move(lease));
}

// The lease keeps the engine alive, and marks TensorRT's profile as free again after the context is gone.
std::shared_ptr<void> Engine::leaseProfile(int32_t profile, int32_t* outTrtProfile) {
    std::shared_ptr<Engine> self = shared_from_this();
    const int32_t copies = header_.profileCopies;
    if (kProfilesAreShared || !hasProfiles(*engine_, tensors_)) {
        *outTrtProfile = profile * copies;
        return self;
    }
    const std::lock_guard<std::mutex> lock(profilesMutex_);
    for (int32_t trtProfile = profile * copies; trtProfile < (profile + 1) * copies; ++trtProfile) {
        if (!profilesInUse_[static_cast<size_t>(trtProfile)]) {
            profilesInUse_[static_cast<size_t>(trtProfile)] = true;
            *outTrtProfile = trtProfile;
            return std::shared_ptr<void>(this, [self = std::move(self), trtProfile](void*) {
                const std::lock_guard<std::mutex> lock(self->profilesMutex_);
                self->profilesInUse_[static_cast<size_t>(trtProfile)] = false;
            });
        }
    }
    throw Error(PN_UNSUPPORTED, "profile " + std::to_string(profile) + " serves " + std::to_string(copies) +
                                    " context(s) at a time, and they are in use: build with more profile copies, or "
                                    "use TensorRT 8.6 or later, which shares profiles");
}

}  // namespace pinion
