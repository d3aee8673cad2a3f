// The hot path of a slot: one run into the stream, its end, its times.
#include <chrono>

#include "error.h"
#include "slot.h"

namespace pinion {

int64_t steadyNs() noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void Slot::start(int32_t number, int64_t startNs) {
    Prepared& prepared = at(number);
    hasRun_ = false;
    running_ = prepared.context;
    if (!prepared.settled) {
        settle(number);
    }
    times_.start_ns = startNs;
    try {
        if (prepared.graph) {
            const int64_t before = steadyNs();
            const cudaError_t code = cudaGraphLaunch(prepared.graph.get(), stream_.get());
            times_.enqueue_ms = static_cast<float>(static_cast<double>(steadyNs() - before) * 1e-6);
            times_.used_graph = 1;
            if (code != cudaSuccess) {
                enqueueAfterFailedLaunch(number, code);
            }
        } else {
            times_.used_graph = 0;
            enqueuePlain(prepared, false);
        }
        PN_CHECK_CUDA(cudaEventRecord(end_.get(), stream_.get()));
    } catch (const Error& error) {
        // Copies may be under way, and the caller owns the buffers again after an error.
        drain();
        throw withDeviceState(error);
    }
    timedIn_ = options_.timings && !prepared.copiesIn.empty();
    timedOut_ = options_.timings && !prepared.copiesOut.empty();
    times_.enqueued_ns = steadyNs();
}

void Slot::enqueueAfterFailedLaunch(int32_t number, cudaError_t code) {
    (void)cudaGetLastError();
    dropGraph(number);
    logMessage(PN_SEVERITY_WARNING,
               std::string("CUDA graph launch failed, plain enqueues from now on: ") + cudaGetErrorName(code));
    times_.used_graph = 0;
    enqueuePlain(at(number), false);
}

void Slot::finish() {
    const cudaError_t code = cudaEventSynchronize(end_.get());
    times_.done_ns = steadyNs();
    if (code != cudaSuccess) {
        throwRunFailed(code);
    }
    checkErrors(*running_);
    hasRun_ = true;
}

bool Slot::isFinished() {
    const cudaError_t code = cudaEventQuery(end_.get());
    if (code == cudaErrorNotReady) {
        (void)cudaGetLastError();
        return false;
    }
    times_.done_ns = steadyNs();
    if (code != cudaSuccess) {
        throwRunFailed(code);
    }
    checkErrors(*running_);
    hasRun_ = true;
    return true;
}

void Slot::enqueuePlain(Prepared& prepared, bool capturing) {
    if (!prepared.copiesIn.empty()) {
        mark(kBegin, capturing);
    }
    for (const Copy& copy : prepared.copiesIn) {
        PN_CHECK_CUDA(cudaMemcpyAsync(copy.to, copy.from, copy.bytes, cudaMemcpyHostToDevice, stream_.get()));
    }
    mark(kInputsReady, capturing);
    const int64_t before = steadyNs();
    if (!prepared.context->trt->enqueue(stream_.get())) {
        prepared.context->trt->errors().clear();
        throw Error(PN_TENSORRT, "TensorRT refused the enqueue");
    }
    times_.enqueue_ms = static_cast<float>(static_cast<double>(steadyNs() - before) * 1e-6);
    mark(kOutputsReady, capturing);
    for (const Copy& copy : prepared.copiesOut) {
        PN_CHECK_CUDA(cudaMemcpyAsync(copy.to, copy.from, copy.bytes, cudaMemcpyDeviceToHost, stream_.get()));
    }
    if (!prepared.copiesOut.empty()) {
        mark(kEnd, capturing);
    }
}

// In a graph only an external record has a time that cudaEventElapsedTime can read.
void Slot::mark(Mark mark, [[maybe_unused]] bool capturing) {
    if (!options_.timings) {
        return;
    }
#if CUDART_VERSION >= 11010
    PN_CHECK_CUDA(cudaEventRecordWithFlags(marks_[mark].get(), stream_.get(),
                                           capturing ? cudaEventRecordExternal : cudaEventRecordDefault));
#else
    PN_CHECK_CUDA(cudaEventRecord(marks_[mark].get(), stream_.get()));
#endif
}

void Slot::runPlain(Prepared& prepared) {
    try {
        enqueuePlain(prepared, false);
        synchronize(prepared);
    } catch (...) {
        drain();
        throw;
    }
}

void Slot::synchronize(const Prepared& prepared) {
    PN_CHECK_CUDA(cudaStreamSynchronize(stream_.get()));
    checkErrors(*prepared.context);
}

// TensorRT accepts an enqueue before the work is done: what fails in it, only its error recorder hears of.
void Slot::checkErrors(const Context& context) const {
    ErrorRecorder& errors = context.trt->errors();
    if (errors.hasErrors()) {
        throw Error(PN_TENSORRT, "run on slot " + std::to_string(index_) + " failed: " + errors.take());
    }
}

void Slot::drain() noexcept {
    (void)cudaStreamSynchronize(stream_.get());
    (void)cudaGetLastError();
}

void Slot::throwRunFailed(cudaError_t code) const {
    (void)cudaGetLastError();
    throw withDeviceState(Error(PN_CUDA, "run on slot " + std::to_string(index_) + " failed on the device: " +
                                             cudaGetErrorName(code) + ": " + cudaGetErrorString(code)));
}

// An error that has spoilt the device's context comes back from every call: then no retry helps.
Error Slot::withDeviceState(const Error& error) const {
    const cudaError_t code = cudaStreamQuery(stream_.get());
    (void)cudaGetLastError();
    if (code == cudaSuccess || code == cudaErrorNotReady) {
        return error;
    }
    return {PN_CUDA, std::string(error.what()) + "; the device is unusable for the rest of this process (" +
                         cudaGetErrorName(code) + ")"};
}

pn_timings Slot::timings() const {
    if (!hasRun_) {
        throw Error(PN_INVALID_STATE, "slot " + std::to_string(index_) + " has no completed run since it was prepared");
    }
    pn_timings times = times_;
    if (timedIn_) {
        PN_CHECK_CUDA(cudaEventElapsedTime(&times.h2d_ms, marks_[kBegin].get(), marks_[kInputsReady].get()));
    }
    if (options_.timings) {
        PN_CHECK_CUDA(cudaEventElapsedTime(&times.compute_ms, marks_[kInputsReady].get(), marks_[kOutputsReady].get()));
    }
    if (timedOut_) {
        PN_CHECK_CUDA(cudaEventElapsedTime(&times.d2h_ms, marks_[kOutputsReady].get(), marks_[kEnd].get()));
    }
    return times;
}

}  // namespace pinion
