// One inference at a time: a stream with the contexts, graphs, buffers and events that it needs.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cuda_resources.h"
#include "engine.h"
#include "error.h"
#include "variant.h"

namespace pinion {

// std::chrono::steady_clock in nanoseconds.
int64_t steadyNs() noexcept;

struct SlotOptions {
    int32_t profile = 0;
    bool spin = false;
    bool graph = true;
    bool timings = true;
    bool transfers = true;
    bool highPriority = false;
};

enum class SlotState : int32_t {
    idle,
    claimed,       // one thread works on it
    inFlight,      // poll or wait completes it
    inFlightAsync  // the watcher completes it
};

// Where one tensor lives in one slot.
struct TensorMemory {
    PinnedMemory ownHost;
    DeviceMemory ownDevice;
    uint64_t ownBytes = 0;  // of each, for the profile's largest shapes
    pn_memory_kind kind = PN_MEMORY_SESSION;
    void* host = nullptr;    // copied from or to; NULL for a device binding
    void* device = nullptr;  // what TensorRT reads or writes
    uint64_t bytes = 0;
};

// Threads: one at a time; claim() says who. The device is current in every call but claim, release and state.
class Slot {
public:
    // Allocates everything for the profile's largest shapes. The engine outlives the slot.
    Slot(Engine& engine, const SlotOptions& options, int32_t index);
    // Waits for work in flight.
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    // False if the slot is not idle.
    bool claim() noexcept { return exchange(SlotState::idle, SlotState::claimed); }
    bool exchange(SlotState from, SlotState to) noexcept {
        return state_.compare_exchange_strong(from, to, std::memory_order_acquire, std::memory_order_relaxed);
    }
    SlotState state() const noexcept { return state_.load(std::memory_order_acquire); }
    // The last touch of a call: the session may be destroyed right after it.
    void release(SlotState to = SlotState::idle) noexcept { state_.store(to, std::memory_order_release); }

    // Sets up a variant under its number, runs it once and captures its graph. Fills in the shapes and bytes of the
    // outputs. Returns why there is no graph; "" if there is one, or none is wanted. On throw nothing is left.
    std::string prepare(int32_t number, Variant& variant);
    void discard(int32_t number) noexcept;
    // From now on without a graph.
    void dropGraph(int32_t number) noexcept;
    bool usesGraph(int32_t number) const noexcept { return prepared_[static_cast<size_t>(number)]->graphWanted; }
    // True if another variant lives in the same context, because the plan has no further copy of the profile.
    bool sharesContext(int32_t number) const noexcept;

    // Replaces a tensor's memory and captures graphs anew; the reasons as prepare gives them. On throw the former
    // memory is back.
    std::string bind(int32_t tensor, pn_memory_kind kind, void* data, uint64_t bytes);
    const TensorMemory& memory(int32_t tensor) const noexcept { return memory_[static_cast<size_t>(tensor)]; }

    // The hot path. start puts a run into the stream, finish waits for its end, isFinished asks. All throw what failed,
    // and the stream is empty then.
    void start(int32_t number, int64_t startNs);
    void finish();
    bool isFinished();

    pn_timings timings() const;
    std::string profileLayers(int32_t number, int32_t iterations);

private:
    // One execution context. TensorRT leaves undefined what a graph does whose context was modified after capture:
    // a context serves one variant, except where the plan has too few copies of its profile.
    struct Context {
        std::unique_ptr<ExecutionContext> trt;
        int32_t variant = -1;  // whose shapes are set
        int32_t users = 0;     // prepared variants
    };
    struct Copy {
        void* to;
        const void* from;
        uint64_t bytes;
    };
    // A variant as this slot runs it.
    struct Prepared {
        Context* context = nullptr;  // owned by contexts_
        Variant variant;
        std::vector<Copy> copiesIn;
        std::vector<Copy> copiesOut;
        GraphExec graph;                       // empty: plain enqueue
        std::atomic<bool> graphWanted{false};  // false after a failure: plain enqueues from then on
        bool settled = false;                  // false: the context or its memory has changed since the last capture
    };
    // Marks in the stream, with times.
    enum Mark : size_t { kBegin, kInputsReady, kOutputsReady, kEnd, kMarks };

    void allocate();
    std::vector<uint64_t> largestBytes(ExecutionContext& context) const;
    Context& acquireContext();
    void releaseContext(Context& context) noexcept;
    Prepared& at(int32_t number);
    void activate(int32_t number);
    void settle(int32_t number);
    void unsettle(Context& context) noexcept;
    void setMemory(int32_t tensor, pn_memory_kind kind, void* data, uint64_t bytes) noexcept;
    void checkCapacity(int32_t tensor, uint64_t needed, uint64_t available) const;
    void listCopies(Prepared& prepared) const;

    // slot_run.cpp
    void enqueuePlain(Prepared& prepared, bool capturing);
    void enqueueAfterFailedLaunch(int32_t number, cudaError_t code);
    void mark(Mark mark, bool capturing);
    void runPlain(Prepared& prepared);
    void synchronize(const Prepared& prepared);
    void checkErrors(const Context& context) const;
    void drain() noexcept;
    [[noreturn]] void throwRunFailed(cudaError_t code) const;
    Error withDeviceState(const Error& error) const;

    // slot_graph.cpp
    std::string warmUp(Prepared& prepared);
    void uploadInputs(const Prepared& prepared);
    std::string capture(Prepared& prepared);
    std::string checkGraph(Prepared& prepared, const std::vector<std::vector<uint8_t>>& expected);
    std::vector<std::vector<uint8_t>> readOutputs(const Prepared& prepared);
    std::vector<std::vector<uint8_t>> runGraphOnPoison(Prepared& prepared);

    Engine& engine_;  // kept alive by the session
    const SlotOptions options_;
    const int32_t index_;
    std::atomic<SlotState> state_{SlotState::idle};

    // In this order, since contexts use the memory and the stream, and graphs use the contexts.
    std::vector<TensorMemory> memory_;
    DeviceMemory scratch_;  // shared by the contexts: one inference at a time
    int64_t scratchBytes_ = 0;
    Stream stream_;
    Event marks_[kMarks];
    Event end_;  // what the waiting thread waits for
    std::vector<std::unique_ptr<Context>> contexts_;
    std::vector<std::unique_ptr<Prepared>> prepared_;  // by variant number

    const Context* running_ = nullptr;  // of the run in flight
    pn_timings times_{};
    bool hasRun_ = false;
    bool timedIn_ = false;
    bool timedOut_ = false;
};

}  // namespace pinion
