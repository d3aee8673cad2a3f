#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "cuda_runtime_api.h"
#include "device.h"
#include "event.h"
#include "memory.h"
#include "timeline.h"

namespace hostcuda {

// The operations that a stream runs and a graph records.

class GraphProgram;

struct CopyWork {
    std::byte* to = nullptr;
    const std::byte* from = nullptr;
    size_t bytes = 0;
    CopyPath path = CopyPath::kSameSide;
    MemoryUse toUse;
    MemoryUse fromUse;
    std::unique_ptr<std::byte[]> staging;  // owns what `from` points to when a pageable source was staged
};

struct FillWork {
    std::byte* to = nullptr;
    int value = 0;
    size_t bytes = 0;
    MemoryUse use;
};

struct HostFunctionWork {
    cudaHostFn_t function = nullptr;
    void* userData = nullptr;
};

// Unlike a host function, a callback also runs after the device has failed.
struct CallbackWork {
    cudaStreamCallback_t callback = nullptr;
    cudaStream_t stream = nullptr;
    void* userData = nullptr;
};

struct RecordWork {
    std::shared_ptr<Event> event;
};

// Waits until a stream has finished the operation with this number.
struct WaitWork {
    std::shared_ptr<Timeline> stream;
    uint64_t sequence = 0;
};

// Waits for an event's state at the moment the node runs; only in graphs, for cudaEventWaitExternal.
struct WaitEventWork {
    std::shared_ptr<Event> event;
};

struct FreeWork {
    std::shared_ptr<Allocation> allocation;
};

// Runs a graph after its previous launch, which may be on another stream.
struct LaunchWork {
    std::shared_ptr<const GraphProgram> program;
    std::shared_ptr<Timeline> previous;
    uint64_t previousSequence = 0;
};

struct ChildGraphWork {
    std::shared_ptr<const GraphProgram> program;
};

using Work = std::variant<std::monostate, CopyWork, FillWork, HostFunctionWork, CallbackWork, RecordWork, WaitWork,
                          WaitEventWork, FreeWork, LaunchWork, ChildGraphWork>;

// Where an operation runs.
struct WorkContext {
    Device& device;
    const Timeline& stream;
    uint64_t sequence;
};

struct GraphNode {
    Work work;
    std::vector<uint32_t> dependencies;  // indices of earlier nodes of the same graph
};

// Nodes in the order captured, which is an order they can run in: a node only depends on earlier ones.
// Nodes are immutable and shared with the programs made from the graph.
using GraphNodes = std::vector<std::shared_ptr<const GraphNode>>;

// What an executable graph runs. Immutable: launches in flight keep theirs when the graph is updated or destroyed.
class GraphProgram {
public:
    explicit GraphProgram(GraphNodes nodes);

    void run(const WorkContext& context) const;

    const GraphNodes nodes;
    std::vector<std::shared_ptr<Allocation>> memory;  // every allocation that a node touches, once
    std::vector<std::shared_ptr<Event>> recorded;     // events with an external record node
};

// Runs one operation on the calling thread. On a failed device copies, fills and host functions are skipped; events,
// waits and frees are not, so that nobody waits forever. A host function that throws ends the process.
void run(const Work& work, const WorkContext& context) noexcept;

// True on a thread that is inside a host function or callback, where the CUDA runtime may not be called.
bool insideHostFunction();

}  // namespace hostcuda
