#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "cuda_runtime_api.h"
#include "stream.h"
#include "work.h"

namespace hostcuda {

struct Graph {
    int device = 0;
    GraphNodes nodes;
};

cudaGraphNodeType typeOf(const GraphNode& node);

// An executable graph. Launches are ordered one behind the other, on whatever streams.
class GraphExec {
public:
    // Takes device memory for its nodes. Throws std::bad_alloc if there is too little left.
    GraphExec(int device, std::shared_ptr<const GraphProgram> program);
    ~GraphExec();

    std::shared_ptr<const GraphProgram> program();

    // Allocates nothing.
    cudaError_t launch(const std::shared_ptr<Stream>& stream);

    // Takes over the nodes of a graph with the same shape; sets the index of the node that differs.
    cudaGraphExecUpdateResult update(const Graph& graph, uint32_t& errorNode);

    const int device;

private:
    const size_t bytes_;  // of device memory
    std::mutex mutex_;
    std::shared_ptr<const GraphProgram> program_;
    std::shared_ptr<Stream> lastStream_;
    uint64_t lastSequence_ = 0;
};

}  // namespace hostcuda
