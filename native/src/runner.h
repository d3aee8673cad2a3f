// Runs an engine on one stream, one inference at a time: variants, their graphs and the memory that they share.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "context_pool.h"
#include "cuda_resources.h"
#include "engine.h"
#include "error.h"
#include "run_timer.h"
#include "session_memory.h"
#include "variant.h"

namespace pinion {

struct RunnerOptions {
    int32_t profile = 0;
    bool spin = false;
    bool graph = true;
    int32_t timingInterval = 1;  // RunTimer's
    bool transfers = true;
    bool highPriority = false;
};

// All that a session owns; its end frees it. Threads: one at a time, but for shape, variantInfo, deviceBytes and
// memory, which only prepare, discard and bind exclude. The engine's device is current in every call.
class Runner {
public:
    // Allocates everything for the profile's largest shapes.
    Runner(std::shared_ptr<Engine> engine, const RunnerOptions& options);
    // Waits for work in flight.
    ~Runner();
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    // A variant's number. Sets one up where these shapes have none; it runs by plain enqueues. On throw the other
    // variants are as before.
    int32_t admit(const pn_shape* shapes, int32_t count);
    // The same, and runs it once and captures its graph; without a graph it logs why. On throw what was admitted before
    // is as before.
    int32_t prepare(const pn_shape* shapes, int32_t count);
    void discard(int32_t variant);
    // Replaces a tensor's memory and captures graphs anew. On throw the former memory is back.
    void bind(int32_t tensor, int32_t kind, void* data, uint64_t bytes);
    std::string profileLayers(int32_t variant, int32_t iterations);

    Dims shape(int32_t variant, int32_t tensor, int32_t& outRank) const;
    pn_variant_info variantInfo(int32_t variant) const;
    int64_t deviceBytes() const;
    const TensorMemory& memory(int32_t tensor) const { return memory_[checkedTensor(tensor)]; }

    // The hot path. start puts a run into the stream, finish waits for its end, isFinished asks. All throw what failed,
    // and the stream is empty then.
    void start(int32_t variant, int64_t startNs);
    void finish();
    bool isFinished();
    pn_timings timings() const { return timer_.timings(); }

private:
    size_t checkedTensor(int32_t tensor) const;
    Variant& at(int32_t number) const;
    int32_t find(const std::vector<Dims>& inputs) const;
    int32_t add(std::vector<Dims> inputs);
    size_t freeNumber();
    void setInputShapes(Variant& variant);
    void resolveOutputs(Variant& variant) const;
    void setMemory(Variant& variant);
    void activate(Variant& variant);
    void settle(Variant& variant);
    void unsettle(const PooledContext& context) noexcept;
    void warnOfSharing(const Variant& variant);
    std::string describe(const Variant& variant) const;

    // runner_run.cpp
    void enqueuePlain(Variant& variant, bool capturing);
    void enqueueAfterFailedLaunch(Variant& variant, cudaError_t code);
    void runPlain(Variant& variant);
    void synchronize(const Variant& variant);
    void endRun(cudaError_t code);
    void drain() noexcept;
    Error withDeviceState(const Error& error) const;

    // runner_graph.cpp
    std::string warmUp(Variant& variant);
    void uploadInputs(const Variant& variant);
    std::string captureAll(Variant& variant);
    std::string capture(Variant& variant, bool timed);
    std::string checkGraph(Variant& variant, bool timed, const std::vector<std::vector<uint8_t>>& expected);
    std::vector<std::vector<uint8_t>> readOutputs(const Variant& variant);
    std::vector<std::vector<uint8_t>> runGraphOnPoison(Variant& variant, bool timed);

    // In this order, since contexts use the memory and the stream, and graphs use the contexts.
    const std::shared_ptr<Engine> engine_;
    const RunnerOptions options_;
    const int64_t usedBefore_;  // of the device's memory
    SessionMemory memory_;
    const Stream stream_;
    RunTimer timer_;
    ContextPool contexts_;
    std::vector<std::unique_ptr<Variant>> variants_;  // by number; NULL where one was discarded

    int64_t ownBytes_ = 0;                 // of device memory, without the variants'
    ExecutionContext* running_ = nullptr;  // of the run in flight; owned by contexts_
    bool hasWarnedOfSharing_ = false;
};

}  // namespace pinion
