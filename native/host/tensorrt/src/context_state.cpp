#include "context_state.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <mutex>
#include <thread>

#include "faults.h"
#include "hashing.h"
#include "refusal.h"
#include "report.h"

namespace pinion_host_tensorrt {
namespace {

// Works kept for shapes used before; more would hold ever more pinned memory.
constexpr size_t kMostWorks = 8;

// Works of destroyed contexts that a graph or a stream may still run.
constexpr size_t kMostBuried = 256;

std::atomic<uint64_t> nextThread{1};
thread_local const uint64_t thisThread = nextThread.fetch_add(1);

void keepForGraphs(std::unique_ptr<Work> work) {
    static auto& mutex = *new std::mutex;
    static auto& buried = *new std::deque<std::unique_ptr<Work>>;
    work->bury();
    std::lock_guard<std::mutex> lock(mutex);
    buried.push_back(std::move(work));
    if (buried.size() > kMostBuried) {
        buried.pop_front();
    }
}

// A stream will still run it, which was reported, so it is never freed.
void abandon(std::unique_ptr<Work> work) {
    static auto& mutex = *new std::mutex;
    static auto& abandoned = *new std::deque<std::unique_ptr<Work>>;
    std::lock_guard<std::mutex> lock(mutex);
    abandoned.push_back(std::move(work));
}

[[noreturn]] void refuseCuda(cudaError_t error, const char* doing) {
    cudaGetLastError();
    refuse(error == cudaErrorMemoryAllocation ? ErrorCode::kFAILED_ALLOCATION : ErrorCode::kFAILED_EXECUTION,
           std::string("CUDA could not ") + doing + ": " + cudaGetErrorName(error) + ": " + cudaGetErrorString(error));
}

void check(cudaError_t error, const char* doing) {
    if (error != cudaSuccess) {
        refuseCuda(error, doing);
    }
}

}  // namespace

ContextState::ContextState(std::shared_ptr<EngineState> owner, bool withMemory)
    : engine(std::move(owner)),
      health(std::make_shared<Health>(engine->log)),
      nvtxVerbosity(engine->info.profilingVerbosity),
      addresses_(engine->tensorCount(), nullptr),
      verified_(engine->tensorCount()),
      ownsScratch_(withMemory) {
#if PINION_TRT_SINCE(8, 5)
    outputAllocators.resize(engine->tensorCount(), nullptr);
#endif
    if (const int64_t delay = contextDelayMilliseconds(); delay > 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    }
    // NVIDIA's contexts hold memory of their own too; how much, they do not say.
    constexpr size_t kPersistentBytes = size_t{64} << 10;
    check(cudaMalloc(&persistent_, kPersistentBytes), "allocate a context's memory");
    if (const cudaError_t error = cudaEventCreateWithFlags(&done_, cudaEventDisableTiming); error != cudaSuccess) {
        cudaFree(persistent_);
        refuseCuda(error, "create an event");
    }
    ++engine->contexts;
    if (engine->acquireProfile(0)) {
        profile_ = 0;
    }
    resetShapes();
}

ContextState::~ContextState() {
    if (cudaEventQuery(done_) == cudaErrorCudartUnloading) {
        report("an IExecutionContext was destroyed after CUDA was unloaded");
    }
    const bool pending = anyEnqueued_ && cudaEventQuery(done_) == cudaErrorNotReady;
    const bool running = std::any_of(works_.begin(), works_.end(), [](const auto& work) { return work->running(); });
    if (pending || running) {
        report("an IExecutionContext was destroyed while an inference of it is in flight");
        health->log.error(ErrorCode::kINVALID_STATE, "IExecutionContext::~IExecutionContext",
                          "an inference is still in flight");
    }
    for (auto& work : works_) {
        if (pending || running) {
            abandon(std::move(work));
        } else if (work->captured()) {
            keepForGraphs(std::move(work));
        }
    }
    if (!pending && !running) {
        cudaFree(persistent_);
    }
    cudaEventDestroy(done_);
    if (ownStream_ != nullptr) {
        cudaStreamDestroy(ownStream_);
    }
    engine->releaseProfile(profile_);
    --engine->contexts;
}

bool ContextState::busyOnAnotherThread() noexcept {
    uint64_t nobody = 0;
    if (owner_.load() != thisThread && !owner_.compare_exchange_strong(nobody, thisThread)) {
        return true;
    }
    ++depth_;
    return false;
}

void ContextState::leave() noexcept {
    if (--depth_ == 0) {
        owner_ = 0;
    }
}

void ContextState::checkUsable() const {
    if (engine->destroyed) {
        report("an IExecutionContext was used after its engine was destroyed");
        refuse(ErrorCode::kINVALID_STATE, "the engine was destroyed");
    }
    if (health->failed) {
        refuse(ErrorCode::kINVALID_STATE, "the context failed earlier: " + health->failure());
    }
}

void ContextState::setProfile(int32_t profile) {
    const auto count = static_cast<int32_t>(engine->info.profiles.size());
    if (profile < 0 || profile >= count) {
        refuse(format("profile %d is not between 0 and %d", profile, count - 1));
    }
    if (profile == profile_) {
        return;
    }
    if (!engine->acquireProfile(profile)) {
        refuse(
            format("profile %d is in use by another execution context; use another profile, destroy that context, "
                   "or build with profile sharing",
                   profile));
    }
    engine->releaseProfile(profile_);
    profile_ = profile;
    resetShapes();
}

void ContextState::setProfile(int32_t profile, cudaStream_t stream) {
    const bool isChange = profile != profile_;
    setProfile(profile);
    if (!isChange) {
        return;
    }
    // NVIDIA's may copy on the stream.
    const auto reached = [](void* health) {
        const std::unique_ptr<std::shared_ptr<Health>> owner(static_cast<std::shared_ptr<Health>*>(health));
        ++(*owner)->selections;
    };
    auto owner = std::make_unique<std::shared_ptr<Health>>(health);
    check(cudaLaunchHostFunc(stream, reached, owner.get()), "select the profile on the stream");
    (void)owner.release();
    ++selections_;
}

void ContextState::setScratch(void* memory, size_t bytes) {
    if (memory != scratch_) {
        ++health->changes;
    }
    ownsScratch_ = false;
    scratch_ = memory;
    scratchBytes_ = bytes;
    isScratchKnown_ = false;
}

// What TensorRT itself cannot see is reported: on a GPU it would write where it may not.
void ContextState::checkScratch() {
    if (ownsScratch_ || neededScratch_ == 0) {
        return;
    }
    if (scratch_ == nullptr) {
        refuse(ErrorCode::kINVALID_STATE, "the context was created without device memory and was given none");
    }
    constexpr uintptr_t kAlignment = 256;
    if (reinterpret_cast<uintptr_t>(scratch_) % kAlignment != 0) {
        refuse(format("the device memory at %p is not aligned to %zu bytes", scratch_, size_t{kAlignment}));
    }
    if (scratchBytes_ < neededScratch_) {
        refuse(format("%zu bytes of device memory are less than the %zu that profile %d needs", scratchBytes_,
                      neededScratch_, profile_));
    }
    const auto isDeviceMemory = [this](size_t offset) {
        cudaPointerAttributes attributes{};
        const cudaError_t error = cudaPointerGetAttributes(&attributes, static_cast<const char*>(scratch_) + offset);
        return error == cudaSuccess && attributes.type == cudaMemoryTypeDevice;
    };
    // At a later enqueue it may have been freed.
    bool fits = isDeviceMemory(0) && isDeviceMemory(neededScratch_ - 1);
    for (size_t offset = kAlignment; fits && !isScratchKnown_ && offset < neededScratch_; offset *= 2) {
        fits = isDeviceMemory(offset);
    }
    if (!fits) {
        cudaGetLastError();
        const std::string problem = format(
            "the scratch memory at %p is no device memory, or less than the %zu bytes that the execution context "
            "needs",
            scratch_, neededScratch_);
        report(problem);
        refuse(problem);
    }
    isScratchKnown_ = true;
}

void ContextState::resetShapes() {
    ++health->changes;
    inputShapes_.clear();
    outputShapes_.clear();
    current_ = nullptr;
    const size_t inputs = engine->info.inputCount();
    for (size_t i = 0; i < inputs; ++i) {
        // An extent need not be set where the profile has the same minimum and maximum.
        inputShapes_.push_back(profile_ >= 0 ? engine->extentsWithin(profile_, i) : engine->info.tensors[i].dims);
    }
    values_.assign(engine->shapeInputs.size(), std::nullopt);
    // From release 10 on the profile's own is enough.
    const bool isOfProfile = PINION_TRT_SINCE(10, 0) && profile_ >= 0;
    isScratchKnown_ = false;
    neededScratch_ = isOfProfile ? engine->stagingBytes(profile_) : engine->stagingBytes();
}

void ContextState::setShape(size_t tensor, const Shape& shape) {
    const TensorInfo& info = engine->info.tensors[tensor];
    if (!info.input) {
        refuse(quote(info.name) + " is an output; only shapes of inputs can be set");
    }
    if (profile_ < 0) {
        refuse(ErrorCode::kINVALID_STATE, "no optimization profile was set");
    }
    const ProfileInfo& range = engine->info.profiles[static_cast<size_t>(profile_)];
    const Shape& least = range.shapes[0][tensor];
    const Shape& most = range.shapes[kSelectors - 1][tensor];
    bool fits = shape.size() == info.dims.size();
    for (size_t k = 0; fits && k < shape.size(); ++k) {
        fits = (info.dims[k] < 0 || info.dims[k] == shape[k]) && shape[k] >= least[k] && shape[k] <= most[k];
    }
    if (!fits) {
        refuse("the shape " + toString(shape) + " of input " + quote(info.name) + " is outside of profile " +
               std::to_string(profile_) + ", which goes from " + toString(least) + " to " + toString(most));
    }
    if (inputShapes_[tensor] != shape) {
        ++health->changes;
        inputShapes_[tensor] = shape;
        outputShapes_.clear();
        current_ = nullptr;
    }
}

size_t ContextState::shapeTensor(size_t tensor) const {
    const std::vector<size_t>& all = engine->shapeInputs;
    const auto known = std::find(all.begin(), all.end(), tensor);
    if (known == all.end()) {
        refuse(quote(engine->info.tensors[tensor].name) + " is no shape tensor");
    }
    return static_cast<size_t>(known - all.begin());
}

void ContextState::setValues(size_t tensor, const void* values) {
    const size_t index = shapeTensor(tensor);
    const TensorInfo& info = engine->info.tensors[tensor];
    if (profile_ < 0) {
        refuse(ErrorCode::kINVALID_STATE, "no optimization profile was set");
    }
    if (values == nullptr) {
        refuse("the values of the shape tensor " + quote(info.name) + " are null");
    }
    Shape given(static_cast<size_t>(elementCount(inputShapes_[tensor])));
    convert(onnxType(info.type), values, onnx::kInt64, given.data(), given.size());
    const ProfileInfo& range = engine->info.profiles[static_cast<size_t>(profile_)];
    const Shape& least = range.shapes[0][inputShapes_.size() + index];
    const Shape& most = range.shapes[kSelectors - 1][inputShapes_.size() + index];
    for (size_t k = 0; k < given.size(); ++k) {
        if (given[k] < least[k] || given[k] > most[k]) {
            refuse("the values " + toString(given) + " of the shape tensor " + quote(info.name) +
                   " are outside of profile " + std::to_string(profile_) + ", which goes from " + toString(least) +
                   " to " + toString(most));
        }
    }
    if (values_[index] != given) {
        ++health->changes;
        values_[index] = std::move(given);
        outputShapes_.clear();
        current_ = nullptr;
    }
}

const Shape& ContextState::values(size_t tensor) const {
    const std::optional<Shape>& known = values_[shapeTensor(tensor)];
    if (!known) {
        refuse(ErrorCode::kINVALID_STATE,
               "the values of the shape tensor " + quote(engine->info.tensors[tensor].name) + " were not set");
    }
    return *known;
}

void ContextState::readValues(void* const* addresses) {
    for (const size_t tensor : engine->shapeInputs) {
        if (addresses[tensor] == nullptr) {
            continue;
        }
        cudaPointerAttributes attributes{};
        if (cudaPointerGetAttributes(&attributes, addresses[tensor]) != cudaSuccess) {
            cudaGetLastError();
        } else if (attributes.type == cudaMemoryTypeDevice) {
            const std::string problem =
                format("the shape tensor %s is read on the host, and its address %p is on the device",
                       quote(engine->info.tensors[tensor].name).c_str(), addresses[tensor]);
            report(problem);
            refuse(problem);
        }
        setValues(tensor, addresses[tensor]);
    }
}

std::vector<Shape> ContextState::knownValues() const {
    std::vector<Shape> known;
    for (const size_t tensor : engine->shapeInputs) {
        known.push_back(values(tensor));
    }
    return known;
}

bool ContextState::allValuesSpecified() const noexcept {
    return std::all_of(values_.begin(), values_.end(), [](const auto& values) { return values.has_value(); });
}

bool ContextState::inputSpecified(size_t tensor) const noexcept {
    const Shape& shape = inputShapes_[tensor];
    return std::find(shape.begin(), shape.end(), -1) == shape.end();
}

bool ContextState::allInputsSpecified() const noexcept {
    bool all = profile_ >= 0;
    for (size_t i = 0; i < inputShapes_.size(); ++i) {
        all = all && inputSpecified(i);
    }
    return all;
}

const std::vector<Shape>& ContextState::outputShapes() {
    if (outputShapes_.empty()) {
        std::vector<Shape> inputs = inputShapes_;
        const std::vector<Shape> values = knownValues();
        inputs.insert(inputs.end(), values.begin(), values.end());
        outputShapes_ = engine->outputShapes(inputs);
    }
    return outputShapes_;
}

Shape ContextState::shape(size_t tensor) {
    if (tensor < inputShapes_.size()) {
        return inputShapes_[tensor];
    }
    return allInputsSpecified() && allValuesSpecified() ? outputShapes()[tensor - inputShapes_.size()]
                                                        : engine->info.tensors[tensor].dims;
}

bool ContextState::isCapturing(cudaStream_t stream) const {
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    check(cudaStreamIsCapturing(stream, &status), "tell whether the stream is capturing");
    return status == cudaStreamCaptureStatusActive;
}

// One context is one set of activations, so a second stream must wait for the first.
void ContextState::checkStream(cudaStream_t stream, bool capturing) {
    if (anyEnqueued_ && !capturing && stream != lastStream_ && cudaEventQuery(done_) == cudaErrorNotReady) {
        report("one IExecutionContext was enqueued on two streams at once");
        refuse(ErrorCode::kINVALID_STATE, "the context has an inference in flight on another stream");
    }
}

void ContextState::checkAddress(size_t tensor, const void* address, size_t bytes, size_t alignment) {
    const std::string& name = engine->info.tensors[tensor].name;
    if (address == nullptr) {
        refuse("tensor " + quote(name) + " has no address");
    }
    Verified& verified = verified_[tensor];
    if (bytes == 0 || (verified.address == address && verified.bytes >= bytes)) {
        return;
    }
    if (reinterpret_cast<uintptr_t>(address) % alignment != 0) {
        refuse(
            format("the address %p of tensor %s is not aligned to %zu bytes", address, quote(name).c_str(), alignment));
    }
    for (const void* end : {address, static_cast<const void*>(static_cast<const char*>(address) + bytes - 1)}) {
        cudaPointerAttributes attributes{};
        const cudaError_t error = cudaPointerGetAttributes(&attributes, end);
        if (error != cudaSuccess || attributes.type == cudaMemoryTypeUnregistered) {
            cudaGetLastError();
            refuse(end == address
                       ? format("the address %p of tensor %s is no device memory", address, quote(name).c_str())
                       : format("the memory at %p of tensor %s is smaller than the %zu bytes it needs", address,
                                quote(name).c_str(), bytes));
        }
    }
    verified = {address, bytes};
}

void ContextState::waitForLastWork() noexcept {
    if (anyEnqueued_) {
        cudaEventSynchronize(done_);
    }
}

// TensorRT allocates, which makes the capture invalid. So does waiting for a stream that is captured.
[[noreturn]] void ContextState::refuseCapture(cudaStream_t stream, const char* why) const {
    cudaStreamSynchronize(stream);
    cudaGetLastError();
    refuse(ErrorCode::kINVALID_STATE, why);
}

#if PINION_TRT_RTX

bool ContextState::isCapturable() const noexcept {
    constexpr auto kFlag = static_cast<uint32_t>(nvinfer1::BuilderFlag::kREQUIRE_USER_ALLOCATION);
    return (engine->info.flags >> kFlag & 1u) != 0 || !engine->info.isDynamic();
}

void ContextState::compileKernels(const std::vector<Shape>& shapes) const {
    std::string text = std::to_string(engine->info.identity);
    for (const Shape& shape : shapes) {
        text += "," + toString(shape);
    }
    if (kernels.compile(hashOf(text))) {
        health->log.verbose("Compiled kernels for new shapes.");
    }
}

#endif

Work& ContextState::prepare(cudaStream_t stream, bool capturing) {
#if PINION_TRT_RTX
    if (capturing && !isCapturable()) {
        refuseCapture(stream,
                      "the engine may allocate while it runs, so it cannot be captured; build it with "
                      "kREQUIRE_USER_ALLOCATION");
    }
#endif
    if (current_ != nullptr) {
        return *current_;
    }
    if (capturing) {
        refuseCapture(stream,
                      "the first inference after a change of shape or profile cannot be captured; enqueue once before");
    }
    std::vector<Shape> shapes = inputShapes_;
    std::vector<Shape> values = knownValues();
    const std::vector<Shape>& outputs = outputShapes();
    shapes.insert(shapes.end(), outputs.begin(), outputs.end());
    const auto known = std::find_if(works_.begin(), works_.end(), [&](const auto& work) {
        return work->shapes() == shapes && work->values() == values;
    });
    if (known != works_.end()) {
        works_.splice(works_.begin(), works_, known);
        return *works_.front();
    }
#if PINION_TRT_RTX
    compileKernels(shapes);
#endif
    works_.push_front(std::make_unique<Work>(engine, health, std::move(shapes), std::move(values)));
    if (works_.size() > kMostWorks) {
        waitForLastWork();
        const auto unused =
            std::find_if(works_.rbegin(), works_.rend(), [](const auto& work) { return !work->captured(); });
        if (unused != works_.rend() && &*unused != &works_.front()) {
            works_.erase(std::next(unused).base());
        }
    }
    return *works_.front();
}

void ContextState::enqueue(void* const* addresses, cudaStream_t stream, cudaEvent_t consumed, size_t alignment,
                           bool byIndex) {
    checkUsable();
    refuseIfScripted(FaultPoint::kEnqueue, ErrorCode::kFAILED_EXECUTION, "an enqueue");
    if (profile_ < 0) {
        refuse(ErrorCode::kINVALID_STATE, "no optimization profile was set");
    }
    for (size_t i = 0; i < inputShapes_.size(); ++i) {
        if (!inputSpecified(i)) {
            refuse(ErrorCode::kINVALID_STATE,
                   "the shape of the dynamic input " + quote(engine->info.tensors[i].name) + " was not set");
        }
    }
    checkScratch();
    const bool capturing = isCapturing(stream);
    checkStream(stream, capturing);
    if (capturing && profiler != nullptr && enqueueEmitsProfile && kEnqueueProfiles) {
        refuseCapture(stream, "an enqueue that reports its layer times waits for the stream, which is captured");
    }
    Work& work = prepare(stream, capturing);
    for (size_t i = 0; i < engine->tensorCount(); ++i) {
        const TensorInfo& tensor = engine->info.tensors[i];
        // Bound by index it must be there for the device too, where that computes with it.
        if (!tensor.isShape || (byIndex && tensor.isExecution)) {
            checkAddress(i, addresses[i], work.bytes(i), alignment);
        }
    }
    health->profileRuns = profiler != nullptr && (kEnqueueProfiles || isExecuting_);
    Work::Launch launch;
    launch.inputConsumed = consumed;
    launch.isCaptured = capturing;
    launch.selection = selections_;
    if (scratch_ != nullptr) {
        launch.scratch = {static_cast<char*>(scratch_), neededScratch_};
    }
    check(work.enqueue(addresses, stream, launch), "put the inference on the stream");
    current_ = &work;
    if (capturing) {
        work.markCaptured();
        return;
    }
    check(cudaEventRecord(done_, stream), "record an event");
    lastStream_ = stream;
    anyEnqueued_ = true;
    const bool emitNow = kEnqueueProfiles && profiler != nullptr && enqueueEmitsProfile;
    if (debugSync || emitNow) {
        check(cudaStreamSynchronize(stream), "wait for the inference");
    }
    if (emitNow) {
        reportProfile();
    }
}

void ContextState::execute(void* const* addresses, size_t alignment) {
    if (ownStream_ == nullptr) {
        check(cudaStreamCreateWithFlags(&ownStream_, cudaStreamNonBlocking), "create a stream");
    }
    struct Executing {
        explicit Executing(bool& flag) : flag_(flag) { flag_ = true; }
        ~Executing() { flag_ = false; }
        bool& flag_;
    } executing(isExecuting_);
#if PINION_TRT_SINCE(10, 0)
    readValues(addresses);
#endif
    enqueue(addresses, ownStream_, nullptr, alignment, !PINION_TRT_SINCE(10, 0));
    check(cudaStreamSynchronize(ownStream_), "wait for the inference");
    checkUsable();
    if (profiler != nullptr && !kEnqueueProfiles) {
        reportProfile();
    }
}

void ContextState::reportProfile() {
    if (profiler == nullptr || !anyEnqueued_) {
        refuse(ErrorCode::kINVALID_STATE,
               profiler == nullptr ? "no profiler was set" : "nothing was enqueued with the profiler");
    }
    check(cudaEventSynchronize(done_), "wait for the inference");
    checkUsable();
    for (const NodeTime& time : health->times) {
        profiler->reportLayerTime(time.name.c_str(), time.milliseconds);
    }
}

}  // namespace pinion_host_tensorrt
