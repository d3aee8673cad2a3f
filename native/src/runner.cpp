#include "runner.h"

#include <algorithm>
#include <utility>

#include "arguments.h"
#include "error.h"
#include "layer_profile.h"
#include "text.h"

namespace pinion {
namespace {

Stream createStream(bool highPriority) {
    int least = 0;
    int greatest = 0;
    PN_CHECK_CUDA(cudaDeviceGetStreamPriorityRange(&least, &greatest));
    Stream stream;
    PN_CHECK_CUDA(cudaStreamCreateWithPriority(stream.out(), cudaStreamNonBlocking, highPriority ? greatest : least));
    return stream;
}

// Of the current device. A query that fails tells nothing, and is no reason to refuse a run.
int64_t usedDeviceBytes() noexcept {
    size_t freeBytes = 0;
    size_t totalBytes = 0;
    if (cudaMemGetInfo(&freeBytes, &totalBytes) != cudaSuccess) {
        (void)cudaGetLastError();
        return 0;
    }
    return static_cast<int64_t>(totalBytes) - static_cast<int64_t>(freeBytes);
}

int64_t takenSince(int64_t usedBefore) noexcept {
    return std::max<int64_t>(usedDeviceBytes() - usedBefore, 0);
}

// reason is empty where there is a graph, or none is wanted.
void warnIfPlain(const std::string& occasion, const std::string& reason) {
    if (!reason.empty()) {
        logMessage(PN_SEVERITY_WARNING, "no CUDA graph" + occasion + ": " + reason);
    }
}

}  // namespace

Runner::Runner(std::shared_ptr<Engine> engine, const RunnerOptions& options)
    : engine_(std::move(engine)),
      options_(options),
      usedBefore_(usedDeviceBytes()),
      memory_(engine_->tensors()),
      stream_(createStream(options.highPriority)),
      timer_(options.timingInterval, options.spin),
      contexts_(*engine_, options.profile, stream_.get()) {
    const std::vector<uint64_t> bytes = contexts_.largestBytes();
    try {
        memory_.allocate(bytes, stream_.get());
        contexts_.allocateScratch();
        PN_CHECK_CUDA(cudaStreamSynchronize(stream_.get()));
        ownBytes_ = takenSince(usedBefore_);
    } catch (...) {
        // Before the memory that the stream works on is released.
        drain();
        throw;
    }
}

Runner::~Runner() {
    drain();
}

size_t Runner::checkedTensor(int32_t tensor) const {
    requireIndex("tensor", tensor, static_cast<int64_t>(engine_->tensors().size()));
    return static_cast<size_t>(tensor);
}

Variant& Runner::at(int32_t number) const {
    const auto index = static_cast<size_t>(number);
    if (number < 0 || index >= variants_.size() || variants_[index] == nullptr) {
        throw Error(PN_INVALID_ARGUMENT,
                    "variant " + std::to_string(number) + " does not exist; prepare makes variants");
    }
    return *variants_[index];
}

Dims Runner::shape(int32_t variant, int32_t tensor, int32_t& outRank) const {
    const size_t index = checkedTensor(tensor);
    const Dims dims = at(variant).shapes[index];
    outRank = engine_->tensors()[index].rank;
    return dims;
}

pn_variant_info Runner::variantInfo(int32_t variant) const {
    pn_variant_info info{};
    info.uses_graph = at(variant).graphWanted ? 1 : 0;
    info.first_run_ms = at(variant).firstRunMs;
    info.device_bytes = at(variant).deviceBytes;
    return info;
}

int64_t Runner::deviceBytes() const {
    int64_t bytes = ownBytes_;
    for (const auto& variant : variants_) {
        bytes += variant != nullptr ? variant->deviceBytes : 0;
    }
    return bytes;
}

int32_t Runner::admit(const pn_shape* shapes, int32_t count) {
    std::vector<Dims> inputs =
        resolveInputShapes(engine_->tensors(), engine_->inputCount(), options_.profile, shapes, count);
    const int32_t known = find(inputs);
    return known >= 0 ? known : add(std::move(inputs));
}

int32_t Runner::prepare(const pn_shape* shapes, int32_t count) {
    std::vector<Dims> inputs =
        resolveInputShapes(engine_->tensors(), engine_->inputCount(), options_.profile, shapes, count);
    const int32_t known = find(inputs);
    if (known >= 0 && at(known).isPrepared) {
        return known;
    }
    const int32_t number = known >= 0 ? known : add(std::move(inputs));
    Variant& variant = at(number);
    timer_.forget();
    const int64_t usedBefore = usedDeviceBytes();
    std::string problem;
    try {
        // A context that is shared may have other shapes by now.
        if (known >= 0) {
            activate(variant);
        }
        variant.graphWanted = options_.graph && (timer_.fitsGraph(false) || timer_.fitsGraph(true));
        problem = warmUp(variant);
    } catch (...) {
        drain();
        if (known < 0) {
            discard(number);
        } else {
            variant.dropGraphs();
        }
        throw;
    }
    variant.isPrepared = true;
    variant.deviceBytes += takenSince(usedBefore);
    engine_->keepKernels();
    warnIfPlain(" for " + describe(variant) + ", plain enqueues instead", problem);
    warnOfSharing(variant);
    return number;
}

// The variant of these input shapes; -1 where there is none.
int32_t Runner::find(const std::vector<Dims>& inputs) const {
    for (size_t i = variants_.size(); i-- > 0;) {
        if (variants_[i] != nullptr && std::equal(inputs.begin(), inputs.end(), variants_[i]->shapes.begin())) {
            return static_cast<int32_t>(i);
        }
    }
    return -1;
}

int32_t Runner::add(std::vector<Dims> inputs) {
    timer_.forget();
    const size_t number = freeNumber();
    const int64_t usedBefore = usedDeviceBytes();
    auto variant = std::make_unique<Variant>();
    variant->shapes = std::move(inputs);
    variant->context = contexts_.acquire();
    try {
        setInputShapes(*variant);
        resolveOutputs(*variant);
        setMemory(*variant);
    } catch (...) {
        drain();
        throw;
    }
    variant->deviceBytes = takenSince(usedBefore);
    variants_[number] = std::move(variant);
    return static_cast<int32_t>(number);
}

// The first number that no variant has.
size_t Runner::freeNumber() {
    const auto found = std::find(variants_.begin(), variants_.end(), nullptr);
    const auto number = static_cast<size_t>(found - variants_.begin());
    if (found == variants_.end()) {
        variants_.emplace_back();
    }
    return number;
}

void Runner::discard(int32_t variant) {
    (void)at(variant);
    variants_[static_cast<size_t>(variant)].reset();
}

// Gives the context to this variant: its shapes and all addresses. The next enqueue must be a plain one.
void Runner::activate(Variant& variant) {
    setInputShapes(variant);
    setMemory(variant);
}

void Runner::setInputShapes(Variant& variant) {
    unsettle(*variant.context);
    const std::vector<TensorInfo>& tensors = engine_->tensors();
    for (size_t i = 0; i < static_cast<size_t>(engine_->inputCount()); ++i) {
        if (isDynamic(tensors[i])) {
            variant.context->trt->setInputShape(static_cast<int32_t>(i), variant.shapes[i]);
        }
    }
}

// What follows from the input shapes, for a new variant.
void Runner::resolveOutputs(Variant& variant) const {
    const std::vector<TensorInfo>& tensors = engine_->tensors();
    for (size_t i = 0; i < tensors.size(); ++i) {
        if (tensors[i].mode == PN_TENSOR_OUTPUT) {
            variant.shapes.push_back(variant.context->trt->shape(static_cast<int32_t>(i)));
        }
        variant.bytes.push_back(tensorBytes(tensors[i], variant.shapes[i]));
        memory_.checkCapacity(i, variant.bytes[i], memory_[i].binding);
    }
}

void Runner::setMemory(Variant& variant) {
    for (size_t i = 0; i < engine_->tensors().size(); ++i) {
        variant.context->trt->setAddress(static_cast<int32_t>(i), memory_[i].device);
    }
    if (options_.transfers) {
        variant.copiesIn = memory_.copies(PN_TENSOR_INPUT, variant.bytes);
        variant.copiesOut = memory_.copies(PN_TENSOR_OUTPUT, variant.bytes);
    }
    variant.setup = Variant::Setup::active;
    // What the context refused before has been told, and is no failure of the runs to come.
    variant.context->trt->errors().clear();
}

// Drops every graph captured from the context: launching one after the context was modified is undefined.
void Runner::unsettle(const PooledContext& context) noexcept {
    for (const auto& variant : variants_) {
        if (variant != nullptr && variant->context.get() == &context) {
            variant->resetGraphs();
            variant->setup = Variant::Setup::stale;
        }
    }
}

// Before a run of a variant that is not settled. The first run is plain, the second one in a row captures: TensorRT
// wants an enqueue with these shapes before a capture, and alternating variants should not pay for captures.
void Runner::settle(Variant& variant) {
    if (variant.setup == Variant::Setup::stale) {
        activate(variant);
        return;
    }
    if (variant.graphWanted) {
        const std::string problem = captureAll(variant);
        if (!problem.empty()) {
            variant.dropGraphs();
        }
        warnIfPlain(", plain enqueues from now on", problem);
    }
    variant.setup = Variant::Setup::settled;
}

void Runner::bind(int32_t tensor, int32_t kind, void* data, uint64_t bytes) {
    const size_t index = checkedTensor(tensor);
    const Binding binding = checkedBinding(engine_->tensors()[index], engine_->device(), kind, data, bytes);
    for (const auto& variant : variants_) {
        if (variant != nullptr) {
            memory_.checkCapacity(index, variant->bytes[index], binding);
        }
    }
    timer_.forget();
    const Binding former = memory_[index].binding;
    memory_.bind(index, binding);
    std::string problem;
    try {
        for (const auto& variant : variants_) {
            if (variant != nullptr) {
                activate(*variant);
                const std::string reason = warmUp(*variant);
                problem = problem.empty() ? reason : problem;
            }
        }
    } catch (...) {
        drain();
        memory_.bind(index, former);
        // The next run of each variant sets the former addresses.
        for (const auto& variant : variants_) {
            if (variant != nullptr) {
                unsettle(*variant->context);
            }
        }
        throw;
    }
    warnIfPlain(" after binding, plain enqueues instead", problem);
}

std::string Runner::profileLayers(int32_t number, int32_t iterations) {
    Variant& variant = at(number);
    timer_.forget();
    activate(variant);
    LayerProfiler profiler;
    ExecutionContext& context = *variant.context->trt;
    context.setProfiler(&profiler);
    try {
        for (int32_t i = 0; i < iterations; ++i) {
            runPlain(variant);
            profiler.endIteration();
        }
    } catch (...) {
        context.setProfiler(nullptr);
        throw;
    }
    context.setProfiler(nullptr);
    warnIfPlain(", plain enqueues from now on", warmUp(variant));
    return profiler.toJson();
}

void Runner::warnOfSharing(const Variant& variant) {
    if (hasWarnedOfSharing_ || variant.context->users == 1) {
        return;
    }
    hasWarnedOfSharing_ = true;
    logMessage(PN_SEVERITY_WARNING, describe(variant) +
                                        " shares an execution context with other shapes, so that changing between "
                                        "them takes set-up: profile " +
                                        std::to_string(options_.profile) +
                                        " has no copy left; build the plan with more profile copies");
}

std::string Runner::describe(const Variant& variant) const {
    std::vector<std::string> parts;
    for (size_t i = 0; i < static_cast<size_t>(engine_->inputCount()); ++i) {
        const TensorInfo& tensor = engine_->tensors()[i];
        parts.push_back(tensor.name + ":" + shapeText(variant.shapes[i], tensor.rank));
    }
    return join(parts, ",");
}

}  // namespace pinion
