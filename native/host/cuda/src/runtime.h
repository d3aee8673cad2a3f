#pragma once

#include <memory>
#include <new>

#include "cuda_runtime_api.h"
#include "device.h"
#include "event.h"
#include "graph.h"
#include "handles.h"
#include "stream.h"

namespace hostcuda {

// Everything that callers hold handles of. Never destroyed: streams may outlive main().
struct Runtime {
    HandleTable<Stream> streams{HandleTag::kStream};
    HandleTable<Event> events{HandleTag::kEvent};
    HandleTable<Graph> graphs{HandleTag::kGraph};
    HandleTable<GraphExec> graphExecs{HandleTag::kGraphExec};
};

Runtime& runtime();

// The calling thread's state.
int currentDevice();
void setCurrentDevice(int device);
Device& thisDevice();
cudaError_t lastError();
void setLastError(cudaError_t error);

// Why the calling thread may not call the runtime now: inside a host function, bad settings, no device.
cudaError_t refuseCall();

// Runs the body of an API function that asks about the machine or the thread alone: refuses it where the runtime must,
// and remembers its error.
template <class Body>
cudaError_t apiWithoutContext(Body&& body) {
    cudaError_t error = refuseCall();
    if (error == cudaSuccess) {
        try {
            error = body();
        } catch (const std::bad_alloc&) {
            error = cudaErrorMemoryAllocation;
        } catch (...) {
            error = cudaErrorUnknown;
        }
    }
    if (error != cudaSuccess) {
        setLastError(error);
    }
    return error;
}

// The same for all other calls, which make the primary context of the thread's device if there is none yet.
template <class Body>
cudaError_t api(Body&& body) {
    return apiWithoutContext([&] {
        const cudaError_t error = thisDevice().initialize();
        return error != cudaSuccess ? error : body();
    });
}

// The same for calls that a failed device refuses.
template <class Body>
cudaError_t apiOnDevice(Body&& body) {
    return api([&] {
        const cudaError_t error = thisDevice().error();
        return error != cudaSuccess ? error : body();
    });
}

// Handles to objects; a destroyed handle is reported.
cudaError_t findStream(cudaStream_t handle, std::shared_ptr<Stream>& stream);
cudaError_t findEvent(cudaEvent_t handle, std::shared_ptr<Event>& event);
cudaError_t findGraph(cudaGraph_t handle, std::shared_ptr<Graph>& graph);
cudaError_t findGraphExec(cudaGraphExec_t handle, std::shared_ptr<GraphExec>& exec);

// Forgets a handle and its object. A failed device does so too, and returns its error.
template <class T, class Handle>
cudaError_t destroy(HandleTable<T>& table, Handle handle, cudaError_t (*find)(Handle, std::shared_ptr<T>&)) {
    std::shared_ptr<T> object;
    const cudaError_t error = find(handle, object);
    if (error != cudaSuccess) {
        return error;
    }
    table.remove(handle, object);
    return thisDevice().error();
}

}  // namespace hostcuda
