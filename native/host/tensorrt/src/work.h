// One inference of fixed shapes: staging memory, tensors over it, and the function that a stream runs.
//
// The pinned staging memory is what makes a stream's copies and the computation meet, on a real GPU and on the host
// CUDA alike. A work never changes once made, so a captured graph may run it again and again.
#pragma once

#include <cuda_runtime_api.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine_state.h"

namespace pinion_host_tensorrt {

// What a context and its works share: it outlives both, as streams and graphs may run works late.
struct Health {
    explicit Health(const Log& parent) : log(parent) {}

    // The first failure is kept; the context refuses everything from then on.
    void fail(const std::string& what);
    std::string failure() const;

    Log log;
    std::atomic<bool> failed{false};
    std::atomic<bool> profileRuns{false};
    std::atomic<uint64_t> changes{0};     // of the context's shapes, profile or memory
    std::atomic<uint64_t> selections{0};  // of a profile, those that their streams have reached
    std::vector<NodeTime> times;          // of the last profiled run; read after its stream was synchronised

private:
    mutable std::mutex mutex_;
    std::string failure_;
};

// Pinned host memory.
class PinnedMemory {
public:
    explicit PinnedMemory(size_t size);
    ~PinnedMemory();
    PinnedMemory(const PinnedMemory&) = delete;
    PinnedMemory& operator=(const PinnedMemory&) = delete;
    void* data() const noexcept { return data_; }

private:
    void* data_ = nullptr;
};

// Device memory that an inference may write while it runs; the caller's.
struct Scratch {
    char* data = nullptr;
    size_t bytes = 0;
};

class Work {
public:
    // Shapes of all tensors, inputs first, and the values of shape tensors. Throws when there is no memory.
    Work(std::shared_ptr<EngineState> engine, std::shared_ptr<Health> health, std::vector<Shape> shapes,
         std::vector<Shape> values);
    ~Work();
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

    const std::vector<Shape>& shapes() const noexcept { return shapes_; }
    const std::vector<Shape>& values() const noexcept { return values_; }
    size_t bytes(size_t tensor) const noexcept { return parts_[tensor].bytes; }

    // What a context has set when it enqueues.
    struct Launch {
        cudaEvent_t inputConsumed = nullptr;  // may be null
        bool isCaptured = false;
        uint64_t selection = 0;  // of the profile, which its stream must have reached
        Scratch scratch;
    };

    // Puts copies in, computation and copies out on the stream. Returns the first CUDA error. The work must live until
    // the stream has run it.
    cudaError_t enqueue(void* const* addresses, cudaStream_t stream, const Launch& launch);

    bool running() const noexcept { return running_.load(); }
    void markCaptured() noexcept { captured_ = true; }
    bool captured() const noexcept { return captured_; }

    // Frees the memory of a work whose context is gone but that a graph may still run; the run is then reported.
    void bury() noexcept;

private:
    // One tensor: staging memory in the binding's type, and memory in the model's type where that differs.
    struct Part {
        size_t bytes = 0;
        size_t elements = 0;
        std::unique_ptr<PinnedMemory> staging;
        std::vector<char> converted;
        OrtOwned<OrtValue> value;
    };

    // One capture: a graph replays it, and knows of nothing that the context was told later.
    struct Capture {
        Work* work;
        uint64_t changes;
    };

    cudaError_t enqueueCompute(cudaStream_t stream, cudaHostFn_t function, void* argument);
    // What makes its outputs undefined though it runs; "" if nothing does.
    const char* brokenRule(const Capture* capture, bool sharesScratch) const;
    static void CUDART_CB compute(void* self);
    static void CUDART_CB replay(void* capture);  // from a graph
    void run(const Capture* capture);

    std::shared_ptr<EngineState> engine_;
    std::shared_ptr<Health> health_;
    std::vector<Shape> shapes_;
    std::vector<Shape> values_;
    size_t inputs_;
    std::vector<Part> parts_;
    std::vector<const OrtValue*> inputValues_;
    std::vector<OrtValue*> outputValues_;
    std::atomic<bool> running_{false};
    std::atomic<bool> dead_{false};
    bool captured_ = false;
    std::deque<Capture> captures_;
    std::atomic<uint64_t> selection_{0};
    std::atomic<char*> scratch_{nullptr};
    std::atomic<size_t> scratchBytes_{0};
    cudaStream_t auxiliary_ = nullptr;
    cudaEvent_t forked_ = nullptr;
    cudaEvent_t joined_ = nullptr;
};

}  // namespace pinion_host_tensorrt
