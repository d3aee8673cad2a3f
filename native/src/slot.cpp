#include "slot.h"

#include <algorithm>

#include "error.h"
#include "layer_profile.h"
#include "text.h"

namespace pinion {

Slot::Slot(Engine& engine, const SlotOptions& options, int32_t index)
    : engine_(engine), options_(options), index_(index), memory_(engine.tensors().size()) {
    int leastPriority = 0;
    int greatestPriority = 0;
    PN_CHECK_CUDA(cudaDeviceGetStreamPriorityRange(&leastPriority, &greatestPriority));
    PN_CHECK_CUDA(cudaStreamCreateWithPriority(stream_.out(), cudaStreamNonBlocking,
                                               options.highPriority ? greatestPriority : leastPriority));
    if (options.timings) {
        for (Event& event : marks_) {
            PN_CHECK_CUDA(cudaEventCreateWithFlags(event.out(), cudaEventDefault));
        }
    }
    // Waiting for an event polls unless the event says that it blocks; CUDA's own loop is the shortest.
    PN_CHECK_CUDA(cudaEventCreateWithFlags(
        end_.out(), cudaEventDisableTiming | (options.spin ? cudaEventDefault : cudaEventBlockingSync)));
    try {
        allocate();
    } catch (...) {
        // Before the memory that the stream works on is released.
        drain();
        throw;
    }
}

Slot::~Slot() {
    drain();
}

void Slot::allocate() {
    Context& context = acquireContext();
    const std::vector<uint64_t> bytes = largestBytes(*context.trt);
    const auto name = [this](const TensorInfo& tensor) {
        return (tensor.mode == PN_TENSOR_INPUT ? "input '" : "output '") + tensor.name + "' of slot " +
               std::to_string(index_);
    };
    for (size_t i = 0; i < memory_.size(); ++i) {
        const TensorInfo& tensor = engine_.tensors()[i];
        TensorMemory& memory = memory_[i];
        memory.ownBytes = bytes[i];
        memory.ownHost = allocatePinned(bytes[i], name(tensor));
        memory.ownDevice = allocateDevice(bytes[i], name(tensor));
        // Inputs that nobody fills are then valid, also as indices.
        PN_CHECK_CUDA(cudaMemsetAsync(memory.ownDevice.get(), 0, bytes[i], stream_.get()));
        setMemory(static_cast<int32_t>(i), PN_MEMORY_SESSION, nullptr, 0);
    }
    scratchBytes_ = engine_.scratchBytes(options_.profile);
    scratch_ = allocateDevice(static_cast<uint64_t>(scratchBytes_), "scratch of slot " + std::to_string(index_));
    context.trt->setScratch(scratch_.get(), scratchBytes_);
    PN_CHECK_CUDA(cudaStreamSynchronize(stream_.get()));
}

// An output can be largest at other shapes than the largest inputs': all three of the profile's are asked.
std::vector<uint64_t> Slot::largestBytes(ExecutionContext& context) const {
    const std::vector<TensorInfo>& tensors = engine_.tensors();
    std::vector<uint64_t> bytes(tensors.size());
    for (const auto extent : {&ProfileRange::min, &ProfileRange::opt, &ProfileRange::max}) {
        for (size_t i = 0; i < tensors.size(); ++i) {
            const auto number = static_cast<int32_t>(i);
            Dims dims = tensors[i].dims;
            if (tensors[i].mode == PN_TENSOR_OUTPUT) {
                dims = context.shape(number);
            } else if (isDynamic(tensors[i])) {
                dims = tensors[i].profiles[static_cast<size_t>(options_.profile)].*extent;
                context.setInputShape(number, dims);
            }
            if (std::any_of(dims.begin(), dims.begin() + tensors[i].rank, [](int64_t dim) { return dim < 0; })) {
                throw Error(PN_UNSUPPORTED, "output '" + tensors[i].name + "' has a shape (" +
                                                shapeText(dims, tensors[i].rank) +
                                                ") that depends on the values of inputs, not on their shapes alone");
            }
            bytes[i] = std::max(bytes[i], tensorBytes(tensors[i], dims));
        }
    }
    return bytes;
}

Slot::Context& Slot::acquireContext() {
    for (const auto& context : contexts_) {
        if (context->users == 0) {
            return *context;
        }
    }
    auto context = std::make_unique<Context>();
    try {
        context->trt = engine_.createContext(options_.profile, stream_.get());
    } catch (const Error& error) {
        // Before 8.6 Pinion knows that no copy is left; of a plan that others built with 8.6, only TensorRT does.
        const bool noCopyLeft = error.status() == PN_UNSUPPORTED || error.status() == PN_TENSORRT;
        if (!noCopyLeft || contexts_.empty()) {
            throw;
        }
        return **std::min_element(contexts_.begin(), contexts_.end(),
                                  [](const auto& a, const auto& b) { return a->users < b->users; });
    }
    if (scratch_) {
        context->trt->setScratch(scratch_.get(), scratchBytes_);
    }
    contexts_.push_back(std::move(context));
    return *contexts_.back();
}

// The last context stays: before TensorRT 8.6 it holds the slot's copy of the profile.
void Slot::releaseContext(Context& context) noexcept {
    context.variant = -1;
    if (--context.users == 0 && contexts_.size() > 1) {
        contexts_.erase(std::find_if(contexts_.begin(), contexts_.end(),
                                     [&context](const auto& candidate) { return candidate.get() == &context; }));
    }
}

Slot::Prepared& Slot::at(int32_t number) {
    const auto index = static_cast<size_t>(number);
    if (number < 0 || index >= prepared_.size() || prepared_[index] == nullptr) {
        throw Error(PN_INVALID_ARGUMENT,
                    "variant " + std::to_string(number) + " does not exist; prepare makes variants");
    }
    return *prepared_[index];
}

bool Slot::sharesContext(int32_t number) const noexcept {
    return prepared_[static_cast<size_t>(number)]->context->users > 1;
}

std::string Slot::prepare(int32_t number, Variant& variant) {
    hasRun_ = false;
    const auto index = static_cast<size_t>(number);
    if (prepared_.size() <= index) {
        prepared_.resize(index + 1);
    }
    auto prepared = std::make_unique<Prepared>();
    prepared->variant = variant;
    prepared->graphWanted = options_.graph;
    prepared->context = &acquireContext();
    ++prepared->context->users;
    prepared_[index] = std::move(prepared);
    try {
        activate(number);
        Prepared& current = *prepared_[index];
        variant = current.variant;
        return warmUp(current);
    } catch (...) {
        drain();
        discard(number);
        throw;
    }
}

void Slot::discard(int32_t number) noexcept {
    const auto index = static_cast<size_t>(number);
    if (index < prepared_.size() && prepared_[index] != nullptr) {
        Context& context = *prepared_[index]->context;
        prepared_[index].reset();
        releaseContext(context);
    }
}

void Slot::dropGraph(int32_t number) noexcept {
    Prepared& prepared = *prepared_[static_cast<size_t>(number)];
    prepared.graphWanted = false;
    prepared.graph.reset();
}

// Gives the context to this variant: its shapes and all addresses. The next enqueue must be a plain one.
void Slot::activate(int32_t number) {
    Prepared& prepared = at(number);
    Context& context = *prepared.context;
    unsettle(context);
    const std::vector<TensorInfo>& tensors = engine_.tensors();
    for (size_t i = 0; i < tensors.size(); ++i) {
        const auto tensor = static_cast<int32_t>(i);
        if (tensors[i].mode == PN_TENSOR_INPUT && isDynamic(tensors[i])) {
            context.trt->setInputShape(tensor, prepared.variant.shapes[i]);
        }
    }
    prepared.variant.shapes.resize(tensors.size());
    prepared.variant.bytes.resize(tensors.size());
    for (size_t i = 0; i < tensors.size(); ++i) {
        const auto tensor = static_cast<int32_t>(i);
        if (tensors[i].mode == PN_TENSOR_OUTPUT) {
            prepared.variant.shapes[i] = context.trt->shape(tensor);
        }
        prepared.variant.bytes[i] = tensorBytes(tensors[i], prepared.variant.shapes[i]);
        checkCapacity(tensor, prepared.variant.bytes[i], memory_[i].bytes);
        context.trt->setAddress(tensor, memory_[i].device);
    }
    listCopies(prepared);
    context.variant = number;
    // What the context refused before has been told, and is no failure of the runs to come.
    context.trt->errors().clear();
}

// Drops every graph captured from the context: launching one after the context was modified is undefined.
void Slot::unsettle(Context& context) noexcept {
    context.variant = -1;
    for (const auto& prepared : prepared_) {
        if (prepared != nullptr && prepared->context == &context) {
            prepared->graph.reset();
            prepared->settled = false;
        }
    }
}

// Before a run of a variant whose context has changed. The first run is plain, the second one in a row captures:
// TensorRT wants an enqueue with these shapes before a capture, and alternating variants should not pay for captures.
void Slot::settle(int32_t number) {
    Prepared& prepared = at(number);
    if (prepared.context->variant != number) {
        activate(number);
        return;
    }
    if (prepared.graphWanted && !prepared.graph) {
        const std::string problem = capture(prepared);
        if (!problem.empty()) {
            dropGraph(number);
            logMessage(PN_SEVERITY_WARNING, "no CUDA graph, plain enqueues from now on: " + problem);
        }
    }
    prepared.settled = true;
}

void Slot::checkCapacity(int32_t tensor, uint64_t needed, uint64_t available) const {
    if (needed > available) {
        throw Error(PN_INVALID_ARGUMENT, "'" + engine_.tensors()[static_cast<size_t>(tensor)].name + "' needs " +
                                             std::to_string(needed) + " bytes, its memory in slot " +
                                             std::to_string(index_) + " has " + std::to_string(available));
    }
}

void Slot::setMemory(int32_t tensor, pn_memory_kind kind, void* data, uint64_t bytes) noexcept {
    TensorMemory& memory = memory_[static_cast<size_t>(tensor)];
    memory.kind = kind;
    memory.host = kind == PN_MEMORY_SESSION ? memory.ownHost.get() : kind == PN_MEMORY_HOST ? data : nullptr;
    memory.device = kind == PN_MEMORY_DEVICE ? data : memory.ownDevice.get();
    memory.bytes = kind == PN_MEMORY_SESSION ? memory.ownBytes : bytes;
}

void Slot::listCopies(Prepared& prepared) const {
    prepared.copiesIn.clear();
    prepared.copiesOut.clear();
    for (size_t i = 0; i < memory_.size(); ++i) {
        const TensorMemory& memory = memory_[i];
        const uint64_t bytes = prepared.variant.bytes[i];
        if (!options_.transfers || memory.host == nullptr || bytes == 0) {
            continue;
        }
        if (engine_.tensors()[i].mode == PN_TENSOR_INPUT) {
            prepared.copiesIn.push_back({memory.device, memory.host, bytes});
        } else {
            prepared.copiesOut.push_back({memory.host, memory.device, bytes});
        }
    }
}

std::string Slot::bind(int32_t tensor, pn_memory_kind kind, void* data, uint64_t bytes) {
    const TensorMemory& memory = memory_[static_cast<size_t>(tensor)];
    const uint64_t available = kind == PN_MEMORY_SESSION ? memory.ownBytes : bytes;
    for (const auto& prepared : prepared_) {
        if (prepared != nullptr) {
            checkCapacity(tensor, prepared->variant.bytes[static_cast<size_t>(tensor)], available);
        }
    }
    hasRun_ = false;
    const pn_memory_kind formerKind = memory.kind;
    void* const formerData = formerKind == PN_MEMORY_HOST ? memory.host : memory.device;
    const uint64_t formerBytes = memory.bytes;
    setMemory(tensor, kind, data, bytes);
    std::string problem;
    try {
        for (size_t i = 0; i < prepared_.size(); ++i) {
            if (prepared_[i] != nullptr) {
                activate(static_cast<int32_t>(i));
                const std::string reason = warmUp(*prepared_[i]);
                problem = problem.empty() ? reason : problem;
            }
        }
    } catch (...) {
        drain();
        setMemory(tensor, formerKind, formerData, formerBytes);
        // The next run of each variant sets the former addresses.
        for (const auto& context : contexts_) {
            unsettle(*context);
        }
        throw;
    }
    return problem;
}

std::string Slot::profileLayers(int32_t number, int32_t iterations) {
    hasRun_ = false;
    Prepared& prepared = at(number);
    activate(number);
    LayerProfiler profiler;
    ExecutionContext& context = *prepared.context->trt;
    context.setProfiler(&profiler);
    try {
        for (int32_t i = 0; i < iterations; ++i) {
            runPlain(prepared);
            profiler.endIteration();
        }
    } catch (...) {
        context.setProfiler(nullptr);
        throw;
    }
    context.setProfiler(nullptr);
    const std::string problem = warmUp(prepared);
    if (!problem.empty()) {
        logMessage(PN_SEVERITY_WARNING, "no CUDA graph, plain enqueues from now on: " + problem);
    }
    return profiler.toJson();
}

}  // namespace pinion
