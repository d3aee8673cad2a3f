// The events that mark a run in its stream, and the run's times.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "cuda_resources.h"
#include "pinion/pinion.h"

namespace pinion {

// std::chrono::steady_clock in nanoseconds.
int64_t steadyNs() noexcept;

// Marks in the stream, with times.
enum class RunMark : size_t { begin, inputsReady, outputsReady, end };

// Threads: one at a time. The device is current in every call.
class RunTimer {
public:
    // Device times are taken in every interval-th run, the first one included; in none where it is negative. A spinning
    // timer's wait polls.
    RunTimer(int32_t interval, bool spin);

    // Whether a graph can hold runs of this kind, with device times or without, and there are such runs. Events inside
    // a graph have times since CUDA 11.1.
    bool fitsGraph(bool timed) const noexcept {
        return timed ? interval_ > 0 && CUDART_VERSION >= 11010 : interval_ != 1;
    }
    // Marks are set from now on, or not.
    void take(bool timed) noexcept { isTimed_ = timed; }
    // The same for the next run; whether it has device times.
    bool takeNext() noexcept;
    // A mark is an event in the stream, in a capture too. No-op without device times.
    void mark(RunMark mark, cudaStream_t stream, bool capturing);
    void begin(int64_t startNs) noexcept;
    // The enqueue or the graph launch took from beforeNs until now.
    void enqueued(int64_t beforeNs, bool usedGraph) noexcept;
    // Everything of the run is in the stream. Which marks it set is what timings can tell.
    void end(cudaStream_t stream, bool copiesIn, bool copiesOut);
    // What the device made of the run: wait blocks until its end, query may say cudaErrorNotReady.
    cudaError_t wait() noexcept;
    cudaError_t query() noexcept;
    // The run has succeeded: it has times until the next one begins.
    void complete() noexcept { isComplete_ = true; }
    void forget() noexcept { isComplete_ = false; }

    // Throws PN_INVALID_STATE without a completed run.
    pn_timings timings() const;

private:
    float elapsedMs(RunMark from, RunMark to) const;

    const int32_t interval_;
    int32_t runsUntilTimed_ = 0;
    bool isTimed_ = false;
    Event marks_[4];
    Event end_;  // what the waiting thread waits for
    pn_timings times_{};
    bool copiesIn_ = false;
    bool copiesOut_ = false;
    bool isComplete_ = false;
};

}  // namespace pinion
