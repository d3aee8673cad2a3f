#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "cuda_runtime_api.h"
#include "work.h"

namespace hostcuda {

struct GraphNode {
    Work work;
    std::vector<uint32_t> dependencies;  // indices of earlier nodes of the same graph

    cudaGraphNodeType type() const;
};

// Nodes in the order captured, which is an order they can run in: a node only depends on earlier ones.
// Nodes are immutable and shared with the programs made from the graph.
using GraphNodes = std::vector<std::shared_ptr<const GraphNode>>;

struct Graph {
    int device = 0;
    GraphNodes nodes;
};

// What an executable graph runs. Immutable: launches in flight keep theirs when the graph is updated or destroyed.
class GraphProgram {
public:
    explicit GraphProgram(GraphNodes nodes);

    void run(const WorkContext& context) const;

    const GraphNodes nodes;
    std::vector<std::shared_ptr<Allocation>> memory;  // every allocation that a node touches, once
    std::vector<std::shared_ptr<Event>> recorded;     // events with an external record node
};

// An executable graph. Launches are ordered one behind the other, on whatever streams.
class GraphExec {
public:
    GraphExec(int device, std::shared_ptr<const GraphProgram> program) : device(device), program_(std::move(program)) {}

    std::shared_ptr<const GraphProgram> program();

    // Allocates nothing.
    cudaError_t launch(const std::shared_ptr<Stream>& stream);

    // Takes over the nodes of a graph with the same shape; sets the index of the node that differs.
    cudaGraphExecUpdateResult update(const Graph& graph, uint32_t& errorNode);

    const int device;

private:
    std::mutex mutex_;
    std::shared_ptr<const GraphProgram> program_;
    std::shared_ptr<Stream> lastStream_;
    uint64_t lastSequence_ = 0;
};

}  // namespace hostcuda
