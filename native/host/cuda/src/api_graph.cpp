#include <algorithm>
#include <cstdio>

#include "capture.h"
#include "cuda_runtime_api.h"
#include "runtime.h"
#include "settings.h"

using namespace hostcuda;

namespace {

// A node's handle is its graph's with another tag and the node's index.
cudaGraphNode_t nodeHandle(cudaGraph_t graph, uint32_t index) {
    const Handle handle = Handle::of(graph);
    return static_cast<cudaGraphNode_t>(
        Handle::of(HandleTag::kGraphNode, handle.generation(), index, handle.slot()).pointer());
}

cudaError_t findNode(cudaGraphNode_t handle, cudaGraph_t& graphHandle, std::shared_ptr<Graph>& graph, uint32_t& index) {
    const Handle node = Handle::of(handle);
    if (node.tag() != HandleTag::kGraphNode) {
        return cudaErrorInvalidValue;
    }
    graphHandle = static_cast<cudaGraph_t>(Handle::of(HandleTag::kGraph, node.generation(), 0, node.slot()).pointer());
    index = static_cast<uint32_t>(node.index());
    const cudaError_t error = findGraph(graphHandle, graph);
    return error == cudaSuccess && index >= graph->nodes.size() ? cudaErrorInvalidValue : error;
}

cudaError_t instantiate(cudaGraphExec_t* out, cudaGraph_t handle, unsigned long long flags) {
    constexpr unsigned long long kKnown =
        cudaGraphInstantiateFlagAutoFreeOnLaunch | cudaGraphInstantiateFlagUseNodePriority;
    if (out == nullptr || (flags & ~kKnown) != 0) {
        return cudaErrorInvalidValue;
    }
    std::shared_ptr<Graph> graph;
    cudaError_t error = findGraph(handle, graph);
    if (error == cudaSuccess) {
        error = faultAtCall(FaultPoint::kGraphInstantiate);
    }
    if (error != cudaSuccess) {
        return error;
    }
    auto exec = std::make_shared<GraphExec>(graph->device, std::make_shared<GraphProgram>(graph->nodes));
    *out = static_cast<cudaGraphExec_t>(runtime().graphExecs.add(std::move(exec)));
    return *out != nullptr ? cudaSuccess : cudaErrorMemoryAllocation;
}

// CUDA's convention for lists: a null array asks for the count, spare entries are set to null.
class NodeList {
public:
    NodeList(cudaGraphNode_t* out, size_t* count) : out_(out), count_(count) {}

    void add(cudaGraphNode_t node) {
        if (out_ != nullptr && found_ < *count_) {
            out_[found_] = node;
        }
        ++found_;
    }
    void finish() {
        if (out_ != nullptr) {
            std::fill(out_ + std::min(found_, *count_), out_ + *count_, nullptr);
        }
    }
    size_t written() const { return out_ != nullptr ? std::min(found_, *count_) : found_; }

private:
    cudaGraphNode_t* out_;
    size_t* count_;
    size_t found_ = 0;
};

}  // namespace

cudaError_t cudaGraphCreate(cudaGraph_t* pGraph, unsigned int flags) {
    return apiOnDevice([&] {
        if (pGraph == nullptr || flags != 0) {
            return cudaErrorInvalidValue;
        }
        *pGraph = static_cast<cudaGraph_t>(runtime().graphs.add(std::make_shared<Graph>(Graph{currentDevice(), {}})));
        return *pGraph != nullptr ? cudaSuccess : cudaErrorMemoryAllocation;
    });
}

cudaError_t cudaGraphDestroy(cudaGraph_t handle) {
    return api([&] { return destroy(runtime().graphs, handle, findGraph); });
}

cudaError_t cudaGraphGetNodes(cudaGraph_t handle, cudaGraphNode_t* nodes, size_t* numNodes) {
    return apiOnDevice([&] {
        std::shared_ptr<Graph> graph;
        const cudaError_t error = numNodes == nullptr ? cudaErrorInvalidValue : findGraph(handle, graph);
        if (error != cudaSuccess) {
            return error;
        }
        NodeList list(nodes, numNodes);
        for (uint32_t i = 0; i < graph->nodes.size(); ++i) {
            list.add(nodeHandle(handle, i));
        }
        list.finish();
        *numNodes = list.written();
        return cudaSuccess;
    });
}

cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, cudaGraphNodeType* pType) {
    return apiOnDevice([&] {
        cudaGraph_t graphHandle = nullptr;
        std::shared_ptr<Graph> graph;
        uint32_t index = 0;
        const cudaError_t error = pType == nullptr ? cudaErrorInvalidValue : findNode(node, graphHandle, graph, index);
        if (error == cudaSuccess) {
            *pType = typeOf(*graph->nodes[index]);
        }
        return error;
    });
}

cudaError_t cudaGraphNodeGetDependencies(cudaGraphNode_t node, cudaGraphNode_t* pDependencies,
                                         size_t* pNumDependencies) {
    return apiOnDevice([&] {
        cudaGraph_t graphHandle = nullptr;
        std::shared_ptr<Graph> graph;
        uint32_t index = 0;
        const cudaError_t error =
            pNumDependencies == nullptr ? cudaErrorInvalidValue : findNode(node, graphHandle, graph, index);
        if (error != cudaSuccess) {
            return error;
        }
        NodeList list(pDependencies, pNumDependencies);
        for (const uint32_t dependency : graph->nodes[index]->dependencies) {
            list.add(nodeHandle(graphHandle, dependency));
        }
        list.finish();
        *pNumDependencies = list.written();
        return cudaSuccess;
    });
}

cudaError_t cudaGraphGetEdges(cudaGraph_t handle, cudaGraphNode_t* from, cudaGraphNode_t* to, size_t* numEdges) {
    return apiOnDevice([&] {
        std::shared_ptr<Graph> graph;
        const bool good = numEdges != nullptr && (from == nullptr) == (to == nullptr);
        const cudaError_t error = good ? findGraph(handle, graph) : cudaErrorInvalidValue;
        if (error != cudaSuccess) {
            return error;
        }
        NodeList fromList(from, numEdges);
        NodeList toList(to, numEdges);
        for (uint32_t i = 0; i < graph->nodes.size(); ++i) {
            for (const uint32_t dependency : graph->nodes[i]->dependencies) {
                fromList.add(nodeHandle(handle, dependency));
                toList.add(nodeHandle(handle, i));
            }
        }
        fromList.finish();
        toList.finish();
        *numEdges = toList.written();
        return cudaSuccess;
    });
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* pGraphExec, cudaGraph_t graph, cudaGraphNode_t* pErrorNode,
                                 char* pLogBuffer, size_t bufferSize) {
    return apiOnDevice([&] {
        const cudaError_t error = instantiate(pGraphExec, graph, 0);
        if (pErrorNode != nullptr) {
            *pErrorNode = nullptr;
        }
        if (pLogBuffer != nullptr && bufferSize > 0) {
            std::snprintf(pLogBuffer, bufferSize, "%s", error == cudaSuccess ? "" : cudaGetErrorString(error));
        }
        return error;
    });
}

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* pGraphExec, cudaGraph_t graph, unsigned long long flags) {
    return apiOnDevice([&] { return instantiate(pGraphExec, graph, flags); });
}

cudaError_t cudaGraphExecUpdate(cudaGraphExec_t hGraphExec, cudaGraph_t hGraph, cudaGraphNode_t* hErrorNode_out,
                                cudaGraphExecUpdateResult* updateResult_out) {
    return apiOnDevice([&] {
        std::shared_ptr<GraphExec> exec;
        std::shared_ptr<Graph> graph;
        cudaError_t error = updateResult_out == nullptr ? cudaErrorInvalidValue : findGraphExec(hGraphExec, exec);
        if (error == cudaSuccess) {
            error = findGraph(hGraph, graph);
        }
        if (error != cudaSuccess) {
            return error;
        }
        uint32_t errorNode = 0;
        *updateResult_out = exec->update(*graph, errorNode);
        const bool updated = *updateResult_out == cudaGraphExecUpdateSuccess;
        if (hErrorNode_out != nullptr) {
            *hErrorNode_out = updated || errorNode >= graph->nodes.size() ? nullptr : nodeHandle(hGraph, errorNode);
        }
        return updated ? cudaSuccess : cudaErrorGraphExecUpdateFailure;
    });
}

cudaError_t cudaGraphUpload(cudaGraphExec_t graphExec, cudaStream_t handle) {
    return apiOnDevice([&] {
        // Nothing to upload; the arguments are checked all the same.
        std::shared_ptr<GraphExec> exec;
        std::shared_ptr<Stream> stream;
        cudaError_t error = findGraphExec(graphExec, exec);
        if (error == cudaSuccess) {
            error = findStream(handle, stream);
        }
        return error != cudaSuccess ? error : faultAtCall(FaultPoint::kGraphUpload);
    });
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t graphExec, cudaStream_t handle) {
    return apiOnDevice([&] {
        std::shared_ptr<GraphExec> exec;
        std::shared_ptr<Stream> stream;
        cudaError_t error = findGraphExec(graphExec, exec);
        if (error == cudaSuccess) {
            error = findStream(handle, stream);
        }
        if (error == cudaSuccess) {
            error = faultAtCall(FaultPoint::kGraphLaunch);
        }
        if (error != cudaSuccess) {
            return error;
        }
        // Launched into a capture, the graph becomes a node of the other.
        if (anyCapture()) {
            Work work = ChildGraphWork{exec->program()};
            bool captured = false;
            error = captureInstead(*stream, work, captured);
            if (captured || error != cudaSuccess) {
                return error;
            }
        }
        return exec->launch(stream);
    });
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t handle) {
    return api([&] { return destroy(runtime().graphExecs, handle, findGraphExec); });
}
