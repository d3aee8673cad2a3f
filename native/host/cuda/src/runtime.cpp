#include "runtime.h"

#include <atomic>

#include "device_streams.h"
#include "report.h"
#include "settings.h"
#include "work.h"

namespace hostcuda {
namespace {

// Trivially destroyed, so that API calls from static destructors still work.
thread_local int threadDevice = 0;
thread_local cudaError_t threadError = cudaSuccess;

// CUDA ends before static objects that were there before its first call.
std::atomic<bool> isUnloading{false};
struct UnloadingAtExit {
    UnloadingAtExit() noexcept {}
    ~UnloadingAtExit() { isUnloading = true; }
};

template <class T>
cudaError_t find(const HandleTable<T>& table, const void* handle, const char* noun, cudaError_t ifDestroyed,
                 cudaError_t ifUnknown, std::shared_ptr<T>& out) {
    switch (table.find(handle, out)) {
        case HandleState::kLive:
            return cudaSuccess;
        case HandleState::kDestroyed:
            report("use of a destroyed %s, handle %p", noun, handle);
            return ifDestroyed;
        default:
            if (handle != nullptr) {
                report("%p is no %s handle", handle, noun);
            }
            return ifUnknown;
    }
}

}  // namespace

Runtime& runtime() {
    static auto& instance = *new Runtime();
    return instance;
}

int currentDevice() {
    return threadDevice;
}
void setCurrentDevice(int device) {
    threadDevice = device;
}
Device& thisDevice() {
    return deviceAt(threadDevice);
}
cudaError_t lastError() {
    return threadError;
}
void setLastError(cudaError_t error) {
    threadError = error;
}

cudaError_t refuseCall() {
    static const UnloadingAtExit atExit;
    if (isUnloading.load(std::memory_order_relaxed)) {
        return cudaErrorCudartUnloading;
    }
    if (insideHostFunction()) {
        report("a host function calls the CUDA runtime");
        return cudaErrorNotPermitted;
    }
    if (!settings().problem.empty()) {
        return cudaErrorInitializationError;
    }
    return settings().devices == 0 ? cudaErrorNoDevice : cudaSuccess;
}

cudaError_t findStream(cudaStream_t handle, std::shared_ptr<Stream>& stream) {
    if (handle == nullptr || handle == cudaStreamLegacy) {
        stream = legacyStream(thisDevice());
        return cudaSuccess;
    }
    if (handle == cudaStreamPerThread) {
        stream = perThreadStream(thisDevice());
        return cudaSuccess;
    }
    return find(runtime().streams, handle, "stream", cudaErrorContextIsDestroyed, cudaErrorInvalidResourceHandle,
                stream);
}

cudaError_t findEvent(cudaEvent_t handle, std::shared_ptr<Event>& event) {
    return find(runtime().events, handle, "event", cudaErrorContextIsDestroyed, cudaErrorInvalidResourceHandle, event);
}

cudaError_t findGraph(cudaGraph_t handle, std::shared_ptr<Graph>& graph) {
    return find(runtime().graphs, handle, "graph", cudaErrorInvalidValue, cudaErrorInvalidValue, graph);
}

cudaError_t findGraphExec(cudaGraphExec_t handle, std::shared_ptr<GraphExec>& exec) {
    return find(runtime().graphExecs, handle, "executable graph", cudaErrorInvalidValue, cudaErrorInvalidValue, exec);
}

}  // namespace hostcuda
