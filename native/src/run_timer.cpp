#include "run_timer.h"

#include <chrono>

#include "error.h"

namespace pinion {

int64_t steadyNs() noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

RunTimer::RunTimer(int32_t interval, bool spin) : interval_(interval) {
    if (interval > 0) {
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
    if (!isTimed_) {
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

bool RunTimer::takeNext() noexcept {
    isTimed_ = interval_ > 0 && runsUntilTimed_ == 0;
    runsUntilTimed_ = isTimed_ ? interval_ - 1 : runsUntilTimed_ - 1;
    return isTimed_;
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
    if (isTimed_) {
        times.has_device_times = 1;
        times.h2d_ms = copiesIn_ ? elapsedMs(RunMark::begin, RunMark::inputsReady) : 0;
        times.compute_ms = elapsedMs(RunMark::inputsReady, RunMark::outputsReady);
        times.d2h_ms = copiesOut_ ? elapsedMs(RunMark::outputsReady, RunMark::end) : 0;
    }
    return times;
}

}  // namespace pinion
