#include "context.h"

#include <algorithm>
#include <limits>

#include "refusal.h"

namespace pinion_host_tensorrt {
namespace {

// What TensorRT's documentation asks of addresses set by name, and what any kernel needs of bindings.
constexpr size_t kNamedAlignment = 256;
constexpr size_t kBindingAlignment = 8;

nvinfer1::Dims stridesOf(const Shape& shape) {
    Shape strides(shape.size(), 1);
    for (size_t i = shape.size(); i-- > 0;) {
        if (shape[i] < 0) {
            return unknownDims();
        }
        if (i + 1 < shape.size()) {
            strides[i] = strides[i + 1] * shape[i + 1];
        }
    }
    return toDims(strides);
}

Shape checkedShape(const nvinfer1::Dims& dims) {
    if (dims.nbDims < 0 || dims.nbDims > nvinfer1::Dims::MAX_DIMS) {
        refuse("the rank is " + std::to_string(dims.nbDims));
    }
    return toShape(dims);
}

}  // namespace

Context::~Context() noexcept {
    if (state_ == nullptr && !released()) {
        reportDead("IExecutionContext", "destroy");
    }
}

ContextState* Context::state(const char* function) const noexcept {
    if (state_ == nullptr) {
        reportDead("IExecutionContext", function);
    }
    return state_.get();
}

template <typename Result, typename Body>
Result Context::inside(const char* function, Result fallback, Body&& body) const noexcept {
    ContextState* const context = state(function);
    if (context == nullptr) {
        return fallback;
    }
    const auto where = [&] { return std::string("IExecutionContext::") + function; };
    if (context->busyOnAnotherThread()) {
        report(where() + " was called while another thread is inside the same execution context");
        context->health->log.error(ErrorCode::kINVALID_STATE, where().c_str(),
                                   "another thread is inside this execution context");
        return fallback;
    }
    const Result result = guardedAt(context->health->log, where, fallback, [&] { return body(*context); });
    context->leave();
    return result;
}

size_t Context::tensor(const ContextState& context, const char* name) const {
    const int32_t index = context.engine->find(name);
    if (index < 0) {
        refuse("there is no tensor " + quote(name != nullptr ? name : ""));
    }
    return static_cast<size_t>(index);
}

size_t Context::binding(const ContextState& context, int32_t index, bool ofThisProfile) const {
    const size_t count = context.engine->bindingNames.size();
    if (index < 0 || static_cast<size_t>(index) >= count) {
        refuse(format("binding index %d is not between 0 and %zu", index, count - 1));
    }
    const size_t tensors = context.engine->tensorCount();
    const auto owner = static_cast<int32_t>(static_cast<size_t>(index) / tensors);
    if (ofThisProfile && owner != context.profile()) {
        refuse(format("binding index %d belongs to profile %d, and this context uses profile %d: add %zu per profile",
                      index, owner, context.profile(), tensors));
    }
    return static_cast<size_t>(index) % tensors;
}

#if !PINION_TRT_SINCE(10, 0)

bool Context::execute(int32_t, void* const*) noexcept {
    return inside(__func__, false, [&](ContextState&) -> bool {
        refuse(ErrorCode::kUNSUPPORTED_STATE, "it is for networks with an implicit batch; use executeV2");
    });
}

bool Context::enqueue(int32_t, void* const*, cudaStream_t, cudaEvent_t*) noexcept {
    return inside(__func__, false, [&](ContextState&) -> bool {
        refuse(ErrorCode::kUNSUPPORTED_STATE, "it is for networks with an implicit batch; use enqueueV2");
    });
}

bool Context::enqueueV2(void* const* bindings, cudaStream_t stream, cudaEvent_t* inputConsumed) noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        if (bindings == nullptr) {
            refuse("the bindings are null");
        }
        const auto profile = static_cast<size_t>(std::max(context.profile(), 0));
        context.enqueue(bindings + profile * context.engine->tensorCount(), stream,
                        inputConsumed != nullptr ? *inputConsumed : nullptr, kBindingAlignment, true);
        return true;
    });
}

nvinfer1::Dims Context::getStrides(int32_t bindingIndex) const noexcept {
    return inside(__func__, unknownDims(), [&](ContextState& context) {
        return stridesOf(context.shape(binding(context, bindingIndex, true)));
    });
}

bool Context::setOptimizationProfile(int32_t profileIndex) noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        context.setProfile(profileIndex);
        return true;
    });
}

bool Context::setBindingDimensions(int32_t bindingIndex, nvinfer1::Dims const& dimensions) noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        context.setShape(binding(context, bindingIndex, true), checkedShape(dimensions));
        return true;
    });
}

nvinfer1::Dims Context::getBindingDimensions(int32_t bindingIndex) const noexcept {
    return inside(__func__, unknownDims(),
                  [&](ContextState& context) { return toDims(context.shape(binding(context, bindingIndex, true))); });
}

bool Context::setInputShapeBinding(int32_t bindingIndex, int32_t const* data) noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        context.setValues(binding(context, bindingIndex, true), data);
        return true;
    });
}

bool Context::getShapeBinding(int32_t bindingIndex, int32_t* data) const noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        const Shape& values = context.values(binding(context, bindingIndex, true));
        std::transform(values.begin(), values.end(), data, [](int64_t value) { return static_cast<int32_t>(value); });
        return true;
    });
}

#endif

#if PINION_TRT_SINCE(8, 5)

bool Context::enqueueV3(cudaStream_t stream) noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        // An output without an address may have an allocator that gives one, as its size is known.
        for (size_t i = context.engine->info.inputCount(); i < context.engine->tensorCount(); ++i) {
            nvinfer1::IOutputAllocator* const allocator = context.outputAllocators[i];
            if (allocator != nullptr && context.allInputsSpecified()) {
                const TensorInfo& info = context.engine->info.tensors[i];
                const Shape shape = context.shape(i);
                const auto bytes = static_cast<uint64_t>(elementCount(shape)) * bytesOf(info.type);
#if PINION_TRT_SINCE(10, 0)
                void* const memory = allocator->reallocateOutputAsync(info.name.c_str(), context.address(i), bytes,
                                                                      kNamedAlignment, stream);
#else
                void* const memory =
                    allocator->reallocateOutput(info.name.c_str(), context.address(i), bytes, kNamedAlignment);
#endif
                context.setAddress(i, memory);
                allocator->notifyShape(info.name.c_str(), toDims(shape));
            }
        }
        context.enqueueNamed(stream, kNamedAlignment);
        return true;
    });
}

bool Context::setTensorAddress(char const* tensorName, void* data) noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        const size_t index = tensor(context, tensorName);
        const bool isOnHost = context.engine->info.tensors[index].isShape;
        if (!isOnHost && reinterpret_cast<uintptr_t>(data) % kNamedAlignment != 0) {
            refuse(format("the address %p of tensor %s is not aligned to %zu bytes", data, quote(tensorName).c_str(),
                          kNamedAlignment));
        }
        context.setAddress(index, data);
        return true;
    });
}

void const* Context::getTensorAddress(char const* tensorName) const noexcept {
    return inside(__func__, static_cast<void const*>(nullptr),
                  [&](ContextState& context) -> void const* { return context.address(tensor(context, tensorName)); });
}

bool Context::setInputTensorAddress(char const* tensorName, void const* data) noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        if (!context.engine->info.tensors[tensor(context, tensorName)].input) {
            refuse(quote(tensorName) + " is no input");
        }
        return setTensorAddress(tensorName, const_cast<void*>(data));
    });
}

void* Context::getOutputTensorAddress(char const* tensorName) const noexcept {
    return inside(__func__, static_cast<void*>(nullptr), [&](ContextState& context) -> void* {
        const size_t index = tensor(context, tensorName);
        if (context.engine->info.tensors[index].input) {
            refuse(quote(tensorName) + " is no output");
        }
        return context.address(index);
    });
}

bool Context::setInputShape(char const* tensorName, nvinfer1::Dims const& dims) noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        context.setShape(tensor(context, tensorName), checkedShape(dims));
        return true;
    });
}

nvinfer1::Dims Context::getTensorShape(char const* tensorName) const noexcept {
    return inside(__func__, unknownDims(), [&](ContextState& context) {
        context.readNamedValues();
        return toDims(context.shape(tensor(context, tensorName)));
    });
}

nvinfer1::Dims Context::getTensorStrides(char const* tensorName) const noexcept {
    return inside(__func__, unknownDims(), [&](ContextState& context) {
        context.readNamedValues();
        return stridesOf(context.shape(tensor(context, tensorName)));
    });
}

int32_t Context::inferShapes(int32_t nbMaxNames, char const** tensorNames) noexcept {
    return inside(__func__, -1, [&](ContextState& context) {
        int32_t missing = 0;
        context.readNamedValues();
        for (size_t i = 0; i < context.engine->info.inputCount(); ++i) {
            const bool lacksValues = context.engine->info.tensors[i].isShape && context.address(i) == nullptr;
            if (!context.inputSpecified(i) || lacksValues) {
                if (tensorNames != nullptr && missing < nbMaxNames) {
                    tensorNames[missing] = context.engine->info.tensors[i].name.c_str();
                }
                ++missing;
            }
        }
        if (missing == 0) {
            // Throws when the model cannot run with these input shapes together.
            context.shape(context.engine->tensorCount() - 1);
        }
        return missing;
    });
}

bool Context::setInputConsumedEvent(cudaEvent_t event) noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        context.inputConsumed = event;
        return true;
    });
}

cudaEvent_t Context::getInputConsumedEvent() const noexcept {
    return inside(__func__, static_cast<cudaEvent_t>(nullptr),
                  [&](ContextState& context) { return context.inputConsumed; });
}

bool Context::setOutputAllocator(char const* tensorName, nvinfer1::IOutputAllocator* outputAllocator) noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        const size_t index = tensor(context, tensorName);
        if (context.engine->info.tensors[index].input) {
            refuse(quote(tensorName) + " is no output");
        }
        context.outputAllocators[index] = outputAllocator;
        return true;
    });
}

nvinfer1::IOutputAllocator* Context::getOutputAllocator(char const* tensorName) const noexcept {
    return inside(__func__, static_cast<nvinfer1::IOutputAllocator*>(nullptr),
                  [&](ContextState& context) { return context.outputAllocators[tensor(context, tensorName)]; });
}

int64_t Context::getMaxOutputSize(char const* tensorName) const noexcept {
    return inside(__func__, int64_t{-1}, [&](ContextState& context) {
        const size_t index = tensor(context, tensorName);
        const TensorInfo& info = context.engine->info.tensors[index];
        if (info.input || !context.allInputsSpecified()) {
            return int64_t{-1};
        }
        return elementCount(context.shape(index)) * static_cast<int64_t>(bytesOf(info.type));
    });
}

bool Context::setTemporaryStorageAllocator(nvinfer1::IGpuAllocator* allocator) noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        context.temporaryAllocator = allocator;
        return true;
    });
}

nvinfer1::IGpuAllocator* Context::getTemporaryStorageAllocator() const noexcept {
    const ContextState* const context = state(__func__);
    return context != nullptr ? context->temporaryAllocator : nullptr;
}

void Context::setPersistentCacheLimit(size_t size) noexcept {
    if (ContextState* const context = state(__func__)) {
        context->persistentCacheLimit = size;
    }
}

size_t Context::getPersistentCacheLimit() const noexcept {
    const ContextState* const context = state(__func__);
    return context != nullptr ? context->persistentCacheLimit : 0;
}

#endif

#if PINION_TRT_SINCE(8, 6)

bool Context::setNvtxVerbosity(nvinfer1::ProfilingVerbosity verbosity) noexcept {
    ContextState* const context = state(__func__);
    if (context != nullptr) {
        context->nvtxVerbosity = static_cast<uint64_t>(verbosity);
    }
    return context != nullptr;
}

nvinfer1::ProfilingVerbosity Context::getNvtxVerbosity() const noexcept {
    const ContextState* const context = state(__func__);
    return context != nullptr ? static_cast<nvinfer1::ProfilingVerbosity>(context->nvtxVerbosity)
                              : nvinfer1::ProfilingVerbosity::kNONE;
}

void Context::setAuxStreams(cudaStream_t*, int32_t) noexcept {
    state(__func__);
}

#endif

#if PINION_TRT_SINCE(10, 0)

bool Context::setOutputTensorAddress(char const* tensorName, void* data) noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        if (context.engine->info.tensors[tensor(context, tensorName)].input) {
            refuse(quote(tensorName) + " is no output");
        }
        return setTensorAddress(tensorName, data);
    });
}

void Context::setDeviceMemoryV2(void* memory, int64_t size) noexcept {
    inside(__func__, false, [&](ContextState& context) {
        if (size < 0) {
            refuse(format("the size of the device memory is %lld", static_cast<long long>(size)));
        }
        context.setScratch(memory, static_cast<size_t>(size));
        return true;
    });
}

size_t Context::updateDeviceMemorySizeForShapes() noexcept {
    return inside(__func__, size_t{0}, [&](ContextState& context) {
        return static_cast<size_t>(context.engine->stagingBytes(std::max(context.profile(), 0)));
    });
}

bool Context::setDebugListener(nvinfer1::IDebugListener* listener) noexcept {
    ContextState* const context = state(__func__);
    if (context != nullptr) {
        context->debugListener = listener;
    }
    return context != nullptr;
}

nvinfer1::IDebugListener* Context::getDebugListener() noexcept {
    const ContextState* const context = state(__func__);
    return context != nullptr ? context->debugListener : nullptr;
}

bool Context::setTensorDebugState(char const* name, bool) noexcept {
    return inside(__func__, false, [&](ContextState&) -> bool {
        refuse(quote(name != nullptr ? name : "") + " is no debug tensor; the engine has none");
    });
}

bool Context::setAllTensorsDebugState(bool) noexcept {
    return state(__func__) != nullptr;
}

bool Context::getDebugState(char const*) const noexcept {
    state(__func__);
    return false;
}

#if PINION_TRT_RTX
bool Context::isStreamCapturable(cudaStream_t) const noexcept {
    return inside(__func__, false, [](ContextState& context) { return context.isCapturable(); });
}
#endif

#endif

bool Context::executeV2(void* const* bindings) noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        if (bindings == nullptr) {
            refuse("the bindings are null");
        }
#if PINION_TRT_SINCE(10, 0)
        const size_t first = 0;
#else
        const size_t first = static_cast<size_t>(std::max(context.profile(), 0)) * context.engine->tensorCount();
#endif
        context.execute(bindings + first, kBindingAlignment);
        return true;
    });
}

bool Context::setOptimizationProfileAsync(int32_t profileIndex, cudaStream_t stream) noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        context.setProfile(profileIndex, stream);
        return true;
    });
}

int32_t Context::getOptimizationProfile() const noexcept {
    return inside(__func__, -1, [&](ContextState& context) { return context.profile(); });
}

bool Context::allInputDimensionsSpecified() const noexcept {
    return inside(__func__, false, [&](ContextState& context) { return context.allInputsSpecified(); });
}

#if !PINION_TRT_SINCE(11, 0)
bool Context::allInputShapesSpecified() const noexcept {
    return inside(__func__, false, [&](ContextState& context) { return context.allValuesSpecified(); });
}
#endif

void Context::setDebugSync(bool sync) noexcept {
    if (ContextState* const context = state(__func__)) {
        context->debugSync = sync;
    }
}

bool Context::getDebugSync() const noexcept {
    const ContextState* const context = state(__func__);
    return context != nullptr && context->debugSync;
}

void Context::setProfiler(nvinfer1::IProfiler* profiler) noexcept {
    inside(__func__, false, [&](ContextState& context) {
        context.profiler = profiler;
        return true;
    });
}

nvinfer1::IProfiler* Context::getProfiler() const noexcept {
    const ContextState* const context = state(__func__);
    return context != nullptr ? context->profiler : nullptr;
}

nvinfer1::ICudaEngine const& Context::getEngine() const noexcept {
    const ContextState* const context = state(__func__);
    return context != nullptr ? *api_ : *deadOwner<const nvinfer1::ICudaEngine>.load();
}

void Context::setName(char const* name) noexcept {
    if (ContextState* const context = state(__func__)) {
        context->name = name != nullptr ? name : "";
    }
}

char const* Context::getName() const noexcept {
    const ContextState* const context = state(__func__);
    return context != nullptr ? context->name.c_str() : "";
}

void Context::setDeviceMemory(void* memory) noexcept {
    inside(__func__, false, [&](ContextState& context) {
        context.setScratch(memory, std::numeric_limits<size_t>::max());  // it says no size
        return true;
    });
}

void Context::setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept {
    if (ContextState* const context = state(__func__)) {
        context->health->log.setRecorder(recorder);
    }
}

nvinfer1::IErrorRecorder* Context::getErrorRecorder() const noexcept {
    const ContextState* const context = state(__func__);
    return context != nullptr ? context->health->log.recorder() : nullptr;
}

#if PINION_TRT_SINCE(8, 4)

void Context::setEnqueueEmitsProfile(bool enqueueEmitsProfile) noexcept {
    if (ContextState* const context = state(__func__)) {
        context->enqueueEmitsProfile = enqueueEmitsProfile;
    }
}

bool Context::getEnqueueEmitsProfile() const noexcept {
    const ContextState* const context = state(__func__);
    return context != nullptr && context->enqueueEmitsProfile;
}

bool Context::reportToProfiler() const noexcept {
    return inside(__func__, false, [&](ContextState& context) {
        if (!context.enqueueEmitsProfile) {
            context.reportProfile();
        }
        return true;
    });
}

#endif

}  // namespace pinion_host_tensorrt
