#include "graph.h"

#include "device_streams.h"
#include "report.h"

namespace hostcuda {

cudaGraphNodeType typeOf(const GraphNode& node) {
    struct TypeOf {
        cudaGraphNodeType operator()(const CopyWork&) const { return cudaGraphNodeTypeMemcpy; }
        cudaGraphNodeType operator()(const FillWork&) const { return cudaGraphNodeTypeMemset; }
        cudaGraphNodeType operator()(const HostFunctionWork&) const { return cudaGraphNodeTypeHost; }
        cudaGraphNodeType operator()(const RecordWork&) const { return cudaGraphNodeTypeEventRecord; }
        cudaGraphNodeType operator()(const WaitEventWork&) const { return cudaGraphNodeTypeWaitEvent; }
        cudaGraphNodeType operator()(const ChildGraphWork&) const { return cudaGraphNodeTypeGraph; }
        cudaGraphNodeType operator()(const std::monostate&) const { return cudaGraphNodeTypeEmpty; }
        // These exist in streams only.
        cudaGraphNodeType operator()(const CallbackWork&) const { return cudaGraphNodeTypeEmpty; }
        cudaGraphNodeType operator()(const WaitWork&) const { return cudaGraphNodeTypeEmpty; }
        cudaGraphNodeType operator()(const FreeWork&) const { return cudaGraphNodeTypeEmpty; }
        cudaGraphNodeType operator()(const LaunchWork&) const { return cudaGraphNodeTypeEmpty; }
    };
    return std::visit(TypeOf{}, node.work);
}

// Executable graphs take device memory on a GPU too; how much, CUDA does not say.
constexpr size_t kBytesPerNode = size_t{4} << 10;

GraphExec::GraphExec(int device, std::shared_ptr<const GraphProgram> program)
    : device(device), bytes_(kBytesPerNode * program->nodes.size()), program_(std::move(program)) {
    if (!deviceAt(device).reserve(bytes_)) {
        throw std::bad_alloc();
    }
}

GraphExec::~GraphExec() {
    deviceAt(device).unreserve(bytes_);
}

std::shared_ptr<const GraphProgram> GraphExec::program() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return program_;
}

cudaError_t GraphExec::launch(const std::shared_ptr<Stream>& stream) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const auto freed = memoryRegistry().useAll(program_->memory)) {
        report("a graph is launched that uses memory at %p, which has been freed", static_cast<void*>(freed->base));
        stream->device.fail(cudaErrorIllegalAddress);
        return cudaErrorIllegalAddress;
    }
    LaunchWork work{program_, nullptr, 0};
    if (lastStream_ != nullptr && lastStream_ != stream && !lastStream_->isComplete(lastSequence_)) {
        work.previous = lastStream_;
        work.previousSequence = lastSequence_;
    }
    uint64_t launched = 0;
    const cudaError_t error = submit(stream, std::move(work), [&](uint64_t number) {
        launched = number;
        for (const auto& event : program_->recorded) {
            event->setPosition(stream, number);
        }
    });
    if (error != cudaSuccess) {
        for (const auto& memory : program_->memory) {
            memory->inFlight.fetch_sub(1);
        }
        return error;
    }
    if (lastStream_ != stream) {
        lastStream_ = stream;
    }
    lastSequence_ = launched;
    return cudaSuccess;
}

cudaGraphExecUpdateResult GraphExec::update(const Graph& graph, uint32_t& errorNode) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const GraphNodes& old = program_->nodes;
    if (graph.nodes.size() != old.size()) {
        return cudaGraphExecUpdateErrorTopologyChanged;
    }
    for (uint32_t i = 0; i < old.size(); ++i) {
        errorNode = i;
        if (graph.nodes[i]->dependencies != old[i]->dependencies) {
            return cudaGraphExecUpdateErrorTopologyChanged;
        }
        if (typeOf(*graph.nodes[i]) != typeOf(*old[i])) {
            return cudaGraphExecUpdateErrorNodeTypeChanged;
        }
    }
    program_ = std::make_shared<GraphProgram>(graph.nodes);
    return cudaGraphExecUpdateSuccess;
}

}  // namespace hostcuda
