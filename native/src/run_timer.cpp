#include "run_timer.h"

#include <chrono>

#include "error.h"

namespace pinion {

int64_t steadyNs() noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

RunTimer::RunTimer(bool timings, bool spin) : timings_(timings) {
    if (timings) {
        for (Event& event : marks_) {
            PN_CHECK_CUDA(cudaEventCreateWithFlags(event.out(), cudaEventDefault));
        }
    }
    // Waiting for an event polls unless the event says that it blocks; CUDA's own loop is the shortest.
    PN_CHECK_CUDA(cudaEventCreateWithFlags(end_.out(),
                                           cudaEventDisableTiming | (spin ? cudaEventDefault : cudaEventBlockingSync)));
}

// In a graph only an external record has a time that cudaEventElapsedTime can read.
void RunTimer::mark(RunMark mark, cudaStream_t stream, [[maybe_unused]] bool capturing) {
    if (!timings_) {
        return;
    }
    const cudaEvent_t event = marks_[static_cast<size_t>(mark)].get();
#if CUDART_VERSION >= 11010
    PN_CHECK_CUDA(
        cudaEventRecordWithFlags(event, stream, capturing ? cudaEventRecordExternal : cudaEventRecordDefault));
#else
    PN_CHECK_CUDA(cudaEventRecord(event, stream));
#endif
}

void RunTimer::begin(int64_t startNs) noexcept {
    isComplete_ = false;
    times_.start_ns = startNs;
}

void RunTimer::enqueued(int64_t beforeNs, bool usedGraph) noexcept {
    times_.enqueue_ms = static_cast<float>(static_cast<double>(steadyNs() - beforeNs) * 1e-6);
    times_.used_graph = usedGraph ? 1 : 0;
}

void RunTimer::end(cudaStream_t stream, bool copiesIn, bool copiesOut) {
    PN_CHECK_CUDA(cudaEventRecord(end_.get(), stream));
    copiesIn_ = copiesIn;
    copiesOut_ = copiesOut;
    times_.enqueued_ns = steadyNs();
}

cudaError_t RunTimer::wait() noexcept {
    const cudaError_t code = cudaEventSynchronize(end_.get());
    times_.done_ns = steadyNs();
    return code;
}

cudaError_t RunTimer::query() noexcept {
    const cudaError_t code = cudaEventQuery(end_.get());
    if (code != cudaErrorNotReady) {
        times_.done_ns = steadyNs();
    }
    return code;
}

float RunTimer::elapsedMs(RunMark from, RunMark to) const {
    float ms = 0;
    PN_CHECK_CUDA(
        cudaEventElapsedTime(&ms, marks_[static_cast<size_t>(from)].get(), marks_[static_cast<size_t>(to)].get()));
    return ms;
}

pn_timings RunTimer::timings() const {
    if (!isComplete_) {
        throw Error(PN_INVALID_STATE, "the session has no completed run since it was prepared");
    }
    pn_timings times = times_;
    if (timings_) {
        times.h2d_ms = copiesIn_ ? elapsedMs(RunMark::begin, RunMark::inputsReady) : 0;
        times.compute_ms = elapsedMs(RunMark::inputsReady, RunMark::outputsReady);
        times.d2h_ms = copiesOut_ ? elapsedMs(RunMark::outputsReady, RunMark::end) : 0;
    }
    return times;
}

}  // namespace pinion
