// The rules of an execution context, apart from TensorRT's many ways of calling it: every one is checked before a work
// goes onto a stream.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "NvInferRuntime.h"
#include "engine_state.h"
#include "runtime_config.h"
#include "work.h"

namespace pinion_host_tensorrt {

// Before 8.4 only execute() calls a profiler (IProfiler's comment in NvInferRuntime.h of 8.0 to 8.2).
constexpr bool kEnqueueProfiles = PINION_TRT_SINCE(8, 4);

class ContextState {
public:
    ContextState(std::shared_ptr<EngineState> engine, bool hasMemory);
    ~ContextState();
    ContextState(const ContextState&) = delete;
    ContextState& operator=(const ContextState&) = delete;

    // Refuses when the engine is gone or an earlier inference failed.
    void checkUsable() const;
    void setProfile(int32_t profile);
    // Takes effect for inferences behind this point of the stream.
    void setProfile(int32_t profile, cudaStream_t stream);
    // The caller's scratch memory; an enqueue checks it.
    void setScratch(void* memory, size_t bytes);
    void setShape(size_t tensor, const Shape& shape);
    // The values of a shape tensor, of its binding's type.
    void setValues(size_t tensor, const void* values);
    const Shape& values(size_t tensor) const;
    void setAddress(size_t tensor, void* address) { addresses_[tensor] = address; }
    void* address(size_t tensor) const noexcept { return addresses_[tensor]; }
    // As far as it is known; -1 where it is not.
    Shape shape(size_t tensor);
    bool inputSpecified(size_t tensor) const noexcept;
    bool allInputsSpecified() const noexcept;
    bool allValuesSpecified() const noexcept;
    // Reads the values of shape tensors from where their addresses point to on the host.
    void readValues(void* const* addresses);
    void readNamedValues() { readValues(addresses_.data()); }

    // Puts one inference on the stream. addresses are of this profile's tensors; alignment is what each must have.
    void enqueue(void* const* addresses, cudaStream_t stream, cudaEvent_t inputConsumed, size_t alignment,
                 bool byIndex);
    // The same with the addresses and the event that were set before.
    void enqueueNamed(cudaStream_t stream, size_t alignment) {
        readNamedValues();
        enqueue(addresses_.data(), stream, inputConsumed, alignment, false);
    }
    void execute(void* const* addresses, size_t alignment);
    void reportProfile();

#if PINION_TRT_RTX
    // Without kREQUIRE_USER_ALLOCATION the tensors of an engine with dynamic shapes may be allocated while it runs.
    bool isCapturable() const noexcept;
#endif

    int32_t profile() const noexcept {
        return profile_;
    }
    bool busyOnAnotherThread() noexcept;
    void leave() noexcept;

    const std::shared_ptr<EngineState> engine;
    const std::shared_ptr<Health> health;
    std::string name;
    bool debugSync = false;
    bool enqueueEmitsProfile = true;
    nvinfer1::IProfiler* profiler = nullptr;
    cudaEvent_t inputConsumed = nullptr;
    size_t persistentCacheLimit = 0;
    uint64_t nvtxVerbosity;
    nvinfer1::IGpuAllocator* temporaryAllocator = nullptr;
#if PINION_TRT_SINCE(8, 5)
    std::vector<nvinfer1::IOutputAllocator*> outputAllocators;
#endif
#if PINION_TRT_SINCE(10, 0)
    nvinfer1::IDebugListener* debugListener = nullptr;
#endif
#if PINION_TRT_RTX
    KernelSettings kernels;
#endif

private:
    struct Verified {
        const void* address = nullptr;
        size_t bytes = 0;
    };

    void resetShapes();
    const std::vector<Shape>& outputShapes();
    size_t shapeTensor(size_t tensor) const;
    std::vector<Shape> knownValues() const;
    bool isCapturing(cudaStream_t stream) const;
    [[noreturn]] void refuseCapture(cudaStream_t stream, const char* why) const;
#if PINION_TRT_RTX
    void compileKernels(const std::vector<Shape>& shapes) const;
#endif
    void checkScratch();
    void checkStream(cudaStream_t stream, bool capturing);
    void checkAddress(size_t tensor, const void* address, size_t bytes, size_t alignment);
    // The work for the shapes in force; a new one when they were not used before.
    Work& prepare(cudaStream_t stream, bool capturing);
    void waitForLastWork() noexcept;

    int32_t profile_ = -1;
    std::vector<Shape> inputShapes_;
    std::vector<std::optional<Shape>> values_;  // of shape tensors
    std::vector<Shape> outputShapes_;           // of the input shapes in force; empty when not known yet
    std::vector<void*> addresses_;
    std::vector<Verified> verified_;
    std::list<std::unique_ptr<Work>> works_;  // last used first
    Work* current_ = nullptr;                 // the one that was enqueued last, while its shapes are in force
    bool isExecuting_ = false;                // inside execute()
    bool ownsScratch_;                        // else it is the caller's
    void* scratch_ = nullptr;
    size_t scratchBytes_ = 0;
    size_t neededScratch_ = 0;
    bool isScratchKnown_ = false;  // to be device memory
    uint64_t selections_ = 0;      // of a profile on a stream
    void* persistent_ = nullptr;   // device memory that it holds beside its scratch memory
    cudaEvent_t done_ = nullptr;   // recorded behind the last inference outside of a capture
    cudaStream_t lastStream_ = nullptr;
    bool anyEnqueued_ = false;
    cudaStream_t ownStream_ = nullptr;  // of execute()
    std::atomic<uint64_t> owner_{0};    // number of the thread inside a call; 0 = none
    int depth_ = 0;                     // nested calls of that thread
};

}  // namespace pinion_host_tensorrt
