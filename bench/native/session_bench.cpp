// A run of an identity model of 16 floats: through the C ABI, with and without a callback, and the bare CUDA calls that
// such a run is made of. The difference is what a session costs.
#include <stdexcept>

#include "clock.h"
#include "cuda_resources.h"
#include "engine.h"
#include "error.h"
#include "onnx_writer.h"
#include "support.h"
#include "twin.h"

namespace bench {
namespace {

constexpr int kBlocks = 100;
constexpr int kCallsPerBlock = 400;
constexpr int kWarmUp = 100;
constexpr uint64_t kBytes = 16 * sizeof(float);

std::string identity() {
    using namespace onnx_writer;
    return Model().input("x", kFloat, {16}).node("Identity", {"x"}, {"y"}).output("y", kFloat, {16}).bytes();
}

// The same graph as a session without timings has, launched and waited for without a session.
class BareGraph {
public:
    BareGraph(const EngineHandle& engine, bool spin) {
        using namespace pinion;
        PN_CHECK_CUDA(cudaStreamCreateWithFlags(stream_.out(), cudaStreamNonBlocking));
        PN_CHECK_CUDA(cudaEventCreateWithFlags(
            end_.out(), cudaEventDisableTiming | (spin ? cudaEventDefault : cudaEventBlockingSync)));
        for (int i = 0; i < 2; ++i) {
            host_[i] = allocatePinned(kBytes, "bench");
            device_[i] = allocateDevice(kBytes, "bench");
        }
        const int64_t scratchBytes = engine->engine->scratchBytes(0);
        scratch_ = allocateDevice(static_cast<uint64_t>(scratchBytes), "bench");
        context_ = engine->engine->createContext(0, stream_.get());
        context_->setScratch(scratch_.get(), scratchBytes);
        context_->setAddress(0, device_[0].get());
        context_->setAddress(1, device_[1].get());
        enqueue();
        PN_CHECK_CUDA(cudaStreamSynchronize(stream_.get()));
        Graph graph;
        PN_CHECK_CUDA(cudaStreamBeginCapture(stream_.get(), cudaStreamCaptureModeThreadLocal));
        enqueue();
        PN_CHECK_CUDA(cudaStreamEndCapture(stream_.get(), graph.out()));
        PN_CHECK_CUDA(cudaGraphInstantiateWithFlags(graph_.out(), graph.get(), 0));
    }

    void run(std::vector<int64_t>& times) {
        for (int64_t& time : times) {
            const int64_t start = nowNs();
            PN_CHECK_CUDA(cudaGraphLaunch(graph_.get(), stream_.get()));
            PN_CHECK_CUDA(cudaEventRecord(end_.get(), stream_.get()));
            PN_CHECK_CUDA(cudaEventSynchronize(end_.get()));
            time = nowNs() - start;
        }
    }

private:
    void enqueue() {
        PN_CHECK_CUDA(cudaMemcpyAsync(device_[0].get(), host_[0].get(), kBytes, cudaMemcpyHostToDevice, stream_.get()));
        if (!context_->enqueue(stream_.get())) {
            throw std::runtime_error("enqueue was refused");
        }
        PN_CHECK_CUDA(cudaMemcpyAsync(host_[1].get(), device_[1].get(), kBytes, cudaMemcpyDeviceToHost, stream_.get()));
    }

    pinion::PinnedMemory host_[2];
    pinion::DeviceMemory device_[2];
    pinion::DeviceMemory scratch_;
    pinion::Stream stream_;
    pinion::Event end_;
    std::unique_ptr<pinion::ExecutionContext> context_;
    pinion::GraphExec graph_;
};

}  // namespace

Results benchSession() {
    const EngineHandle engine = buildEngine(identity());
    constexpr PinionCalls calls{pn_session_run, pn_session_enqueue_async, pn_session_set_completion, pn_error_message,
                                pn_error_destroy};
    Results results;
    for (const bool spin : {false, true}) {
        pn_session_options options{};
        options.struct_size = sizeof(options);
        options.wait_mode = spin ? PN_WAIT_SPIN : PN_WAIT_BLOCK;
        const SessionHandle timed = createSession(engine, options);
        options.timing_interval = -1;
        const SessionHandle untimed = createSession(engine, options);
        BareGraph bare(engine, spin);
        const auto twin = [&calls](const SessionHandle& session, auto function) {
            const int32_t variant = prepare(session);
            return [&calls, &session, function, variant](std::vector<int64_t>& times) {
                char message[1024] = "";
                if (function(&calls, session.get(), variant, static_cast<int32_t>(times.size()), times.data(), message,
                             int32_t{sizeof(message)}) != 0) {
                    throw std::runtime_error(message);
                }
            };
        };
        const std::vector<double> medians =
            medianMicroseconds({twin(timed, pinion_twin_run), twin(untimed, pinion_twin_run),
                                twin(untimed, pinion_twin_run_async), [&bare](auto& times) { bare.run(times); }},
                               kBlocks, kCallsPerBlock, kWarmUp);
        const std::string mode = spin ? "Spin" : "Block";
        results.insert(results.end(), {{"run" + mode + "Us", medians[1]},
                                       {"runWithTimings" + mode + "Us", medians[0]},
                                       {"runAsync" + mode + "Us", medians[2]},
                                       {"bareGraph" + mode + "Us", medians[3]},
                                       {"sessionOverBareGraph" + mode, medians[1] / medians[3]}});
    }
    return results;
}

}  // namespace bench
