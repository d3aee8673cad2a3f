// Capturing a run into a CUDA graph, and the proof that the graph does what the plain run did.
#include <algorithm>
#include <cstring>

#include "error.h"
#include "output_spread.h"
#include "runner.h"

namespace pinion {
namespace {

using OutputBytes = std::vector<uint8_t>;

constexpr uint8_t kPoison = 0xA5;
// Long enough that a value does not look like poison by chance; the tail of a tensor may be shorter.
constexpr size_t kPoisonChunk = 8;

bool isPoison(const OutputBytes& bytes, size_t begin, size_t end) {
    return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                       bytes.begin() + static_cast<std::ptrdiff_t>(end), [](uint8_t byte) { return byte == kPoison; });
}

// True if the plain run wrote somewhere what the graph left as it was.
bool leavesUnwritten(const OutputBytes& graph, const OutputBytes& plain) {
    for (size_t begin = 0; begin < graph.size(); begin += kPoisonChunk) {
        const size_t end = std::min(begin + kPoisonChunk, graph.size());
        if (isPoison(graph, begin, end) && !isPoison(plain, begin, end)) {
            return true;
        }
    }
    return false;
}

// The call and CUDA's name of the error, which is cleared.
std::string cudaProblem(const char* call, cudaError_t code) {
    (void)cudaGetLastError();
    return std::string(call) + " failed: " + cudaGetErrorName(code);
}

}  // namespace

// Runs once plainly: the first enqueue with new shapes may allocate, which a capture forbids. Then captures and checks.
std::string Runner::warmUp(Variant& variant) {
    uploadInputs(variant);
    const int64_t beforeNs = steadyNs();
    runPlain(variant);
    if (variant.firstRunMs == 0) {
        variant.firstRunMs = static_cast<double>(steadyNs() - beforeNs) / 1e6;
    }
    variant.setup = Variant::Setup::settled;
    if (!variant.graphWanted) {
        return "";
    }
    const std::vector<OutputBytes> expected = readOutputs(variant);
    std::string problem = captureAll(variant);
    try {
        for (const bool timed : {false, true}) {
            if (problem.empty() && variant.graph(timed)) {
                problem = checkGraph(variant, timed, expected);
            }
        }
    } catch (const std::exception& error) {
        drain();
        problem = error.what();
    }
    if (!problem.empty()) {
        variant.dropGraphs();
        // Throws if it was not the graph that failed.
        runPlain(variant);
    }
    return problem;
}

// Without transfers a run computes on what the inputs held when the variant was prepared.
void Runner::uploadInputs(const Variant& variant) {
    if (options_.transfers) {
        return;
    }
    for (const Copy& copy : memory_.copies(PN_TENSOR_INPUT, variant.bytes)) {
        PN_CHECK_CUDA(cudaMemcpyAsync(copy.to, copy.from, copy.bytes, cudaMemcpyHostToDevice, stream_.get()));
    }
}

// Captures what runs of either kind need, where there are such runs. What is empty then, and why is what it gives back.
std::string Runner::captureAll(Variant& variant) {
    std::string problem;
    for (const bool timed : {false, true}) {
        if (problem.empty() && timer_.fitsGraph(timed)) {
            problem = capture(variant, timed);
        }
    }
    return problem;
}

// Leaves the graph set, or empty and says why. An enqueue that TensorRT refuses in the middle still leaves a graph
// behind, one that would replay half of the run: it is thrown away.
std::string Runner::capture(Variant& variant, bool timed) {
    GraphExec& exec = variant.graph(timed);
    exec.reset();
    if (!variant.context->trt->isCapturable(stream_.get())) {
        return "TensorRT says that this engine may allocate memory in the middle of a run";
    }
    cudaError_t code = cudaStreamBeginCapture(stream_.get(), cudaStreamCaptureModeThreadLocal);
    if (code != cudaSuccess) {
        return cudaProblem("cudaStreamBeginCapture", code);
    }
    std::string problem;
    timer_.take(timed);
    try {
        enqueuePlain(variant, true);
    } catch (const std::exception& error) {
        problem = error.what();
    }
    Graph graph;
    code = cudaStreamEndCapture(stream_.get(), graph.out());
    if (code != cudaSuccess && problem.empty()) {
        problem = cudaProblem("cudaStreamEndCapture", code);
    }
    if (!problem.empty()) {
        (void)cudaGetLastError();
        return problem;
    }
#if CUDART_VERSION >= 11040
    code = cudaGraphInstantiateWithFlags(exec.out(), graph.get(), 0);
#else
    code = cudaGraphInstantiate(exec.out(), graph.get(), nullptr, nullptr, 0);
#endif
    if (code != cudaSuccess) {
        exec.reset();
        return cudaProblem("cudaGraphInstantiate", code);
    }
#if CUDART_VERSION >= 11010
    // Not at its first launch, which may be a request's.
    code = cudaGraphUpload(exec.get(), stream_.get());
    if (code != cudaSuccess) {
        exec.reset();
        return cudaProblem("cudaGraphUpload", code);
    }
#endif
    return "";
}

// Launches the graph on the inputs of the plain run and compares what it writes. A network need not give the same bits
// twice, plainly or in the graph: then more runs of both tell by how much it differs from itself.
std::string Runner::checkGraph(Variant& variant, bool timed, const std::vector<OutputBytes>& expected) {
    // Plain runs before each further graph run. The numbers differ, so that no pattern of runs keeps step with them.
    constexpr int kPlainRuns[] = {0, 1, 2, 3};
    OutputSpread plain(engine_->tensors());
    plain.add(expected);
    std::vector<std::vector<OutputBytes>> launched;
    for (const int runs : kPlainRuns) {
        for (int i = 0; i < runs; ++i) {
            runPlain(variant);
            plain.add(readOutputs(variant));
        }
        launched.push_back(runGraphOnPoison(variant, timed));
        for (size_t i = 0; i < expected.size(); ++i) {
            if (leavesUnwritten(launched.back()[i], expected[i])) {
                return "the graph does not write all outputs";
            }
        }
        if (std::any_of(launched.begin(), launched.end(),
                        [&plain](const auto& outputs) { return plain.has(outputs); })) {
            return "";
        }
    }
    const std::string problem = plain.misfit(launched.back());
    return problem.empty() ? "" : "the graph gives other outputs than a plain enqueue: " + problem;
}

std::vector<OutputBytes> Runner::runGraphOnPoison(Variant& variant, bool timed) {
    for (size_t i = 0; i < engine_->tensors().size(); ++i) {
        const TensorMemory& memory = memory_[i];
        const uint64_t bytes = variant.bytes[i];
        const bool isOutput = engine_->tensors()[i].mode == PN_TENSOR_OUTPUT;
        // Zero is harmless as an index too, should the graph miss to copy an input.
        if (isOutput || (options_.transfers && memory.binding.kind != PN_MEMORY_DEVICE)) {
            PN_CHECK_CUDA(cudaMemsetAsync(memory.device, isOutput ? kPoison : 0, bytes, stream_.get()));
        }
        if (isOutput && options_.transfers && memory.host != nullptr) {
            std::memset(memory.host, kPoison, bytes);
        }
    }
    PN_CHECK_CUDA(cudaGraphLaunch(variant.graph(timed).get(), stream_.get()));
    synchronize(variant);
    return readOutputs(variant);
}

// Where a run leaves them: on the host if it copies them there.
std::vector<OutputBytes> Runner::readOutputs(const Variant& variant) {
    std::vector<OutputBytes> outputs;
    for (size_t i = 0; i < engine_->tensors().size(); ++i) {
        if (engine_->tensors()[i].mode != PN_TENSOR_OUTPUT) {
            continue;
        }
        OutputBytes bytes(variant.bytes[i]);
        if (options_.transfers && memory_[i].host != nullptr) {
            std::memcpy(bytes.data(), memory_[i].host, bytes.size());
        } else {
            PN_CHECK_CUDA(
                cudaMemcpyAsync(bytes.data(), memory_[i].device, bytes.size(), cudaMemcpyDeviceToHost, stream_.get()));
            PN_CHECK_CUDA(cudaStreamSynchronize(stream_.get()));
        }
        outputs.push_back(std::move(bytes));
    }
    return outputs;
}

}  // namespace pinion
