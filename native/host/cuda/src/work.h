#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>

#include "cuda_runtime_api.h"
#include "memory.h"

namespace hostcuda {

class Device;
class Event;
class GraphProgram;
class Stream;

// The operations that a stream runs and a graph records.

enum class CopyPath { kHostToDevice, kDeviceToHost, kSameSide };

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
    std::shared_ptr<Stream> stream;
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
    std::shared_ptr<Stream> previous;
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
    const Stream& stream;
    uint64_t sequence;
};

// Runs one operation on the calling worker. On a failed device only what keeps others from waiting forever is done.
// A host function that throws ends the process.
void run(const Work& work, const WorkContext& context) noexcept;

// True on a thread that is inside a host function or callback, where the CUDA runtime may not be called.
bool insideHostFunction();

}  // namespace hostcuda
