// The hot path of a runner: one run into the stream, and its end.
#include "error.h"
#include "runner.h"

namespace pinion {
namespace {

// TensorRT accepts an enqueue before the work is done: what fails in it, only its error recorder hears of.
void checkErrors(ErrorRecorder& errors) {
    if (errors.hasErrors()) {
        throw Error(PN_TENSORRT, "the run failed: " + errors.take());
    }
}

}  // namespace

void Runner::start(int32_t number, int64_t startNs) {
    Variant& variant = at(number);
    timer_.begin(startNs);
    running_ = variant.context->trt.get();
    // What TensorRT recorded between runs was told when it came, and is no failure of this one.
    if (running_->errors().hasErrors()) {
        running_->errors().clear();
    }
    if (variant.setup != Variant::Setup::settled) {
        settle(variant);
    }
    try {
        if (const GraphExec& graph = variant.graph(timer_.takeNext())) {
            const int64_t before = steadyNs();
            const cudaError_t code = cudaGraphLaunch(graph.get(), stream_.get());
            timer_.enqueued(before, true);
            if (code != cudaSuccess) {
                enqueueAfterFailedLaunch(variant, code);
            }
        } else {
            enqueuePlain(variant, false);
        }
        timer_.end(stream_.get(), !variant.copiesIn.empty(), !variant.copiesOut.empty());
    } catch (const Error& error) {
        // Copies may be under way, and the caller owns the buffers again after an error.
        drain();
        throw withDeviceState(error);
    }
}

void Runner::enqueueAfterFailedLaunch(Variant& variant, cudaError_t code) {
    (void)cudaGetLastError();
    variant.dropGraphs();
    logMessage(PN_SEVERITY_WARNING,
               std::string("CUDA graph launch failed, plain enqueues from now on: ") + cudaGetErrorName(code));
    enqueuePlain(variant, false);
}

void Runner::finish() {
    endRun(timer_.wait());
}

bool Runner::isFinished() {
    const cudaError_t code = timer_.query();
    if (code == cudaErrorNotReady) {
        (void)cudaGetLastError();
        return false;
    }
    endRun(code);
    return true;
}

void Runner::endRun(cudaError_t code) {
    if (code != cudaSuccess) {
        (void)cudaGetLastError();
        throw withDeviceState(Error(PN_CUDA, std::string("the run failed on the device: ") + cudaGetErrorName(code) +
                                                 ": " + cudaGetErrorString(code)));
    }
    checkErrors(running_->errors());
    timer_.complete();
}

void Runner::enqueuePlain(Variant& variant, bool capturing) {
    const cudaStream_t stream = stream_.get();
    if (!variant.copiesIn.empty()) {
        timer_.mark(RunMark::begin, stream, capturing);
    }
    for (const Copy& copy : variant.copiesIn) {
        PN_CHECK_CUDA(cudaMemcpyAsync(copy.to, copy.from, copy.bytes, cudaMemcpyHostToDevice, stream));
    }
    timer_.mark(RunMark::inputsReady, stream, capturing);
    const int64_t before = steadyNs();
    if (!variant.context->trt->enqueue(stream)) {
        variant.context->trt->errors().clear();
        throw Error(PN_TENSORRT, "TensorRT refused the enqueue");
    }
    timer_.enqueued(before, false);
    timer_.mark(RunMark::outputsReady, stream, capturing);
    for (const Copy& copy : variant.copiesOut) {
        PN_CHECK_CUDA(cudaMemcpyAsync(copy.to, copy.from, copy.bytes, cudaMemcpyDeviceToHost, stream));
    }
    if (!variant.copiesOut.empty()) {
        timer_.mark(RunMark::end, stream, capturing);
    }
}

void Runner::runPlain(Variant& variant) {
    try {
        enqueuePlain(variant, false);
        synchronize(variant);
    } catch (...) {
        drain();
        throw;
    }
}

void Runner::synchronize(const Variant& variant) {
    PN_CHECK_CUDA(cudaStreamSynchronize(stream_.get()));
    checkErrors(variant.context->trt->errors());
}

void Runner::drain() noexcept {
    (void)cudaStreamSynchronize(stream_.get());
    (void)cudaGetLastError();
}

// An error that has spoilt the device's context comes back from every call: then no retry helps.
Error Runner::withDeviceState(const Error& error) const {
    const cudaError_t code = cudaStreamQuery(stream_.get());
    (void)cudaGetLastError();
    if (code == cudaSuccess || code == cudaErrorNotReady) {
        return error;
    }
    return {PN_CUDA, std::string(error.what()) + "; the device is unusable for the rest of this process (" +
                         cudaGetErrorName(code) + ")"};
}

}  // namespace pinion
