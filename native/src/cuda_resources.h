// Owners of CUDA objects: each releases what it holds at the end of its life. Threads: as the object they hold.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <string>
#include <utility>

namespace pinion {

template <typename Handle, auto Destroy>
class CudaOwner {
public:
    CudaOwner() = default;
    explicit CudaOwner(Handle handle) noexcept : handle_(handle) {}
    ~CudaOwner() { reset(); }
    CudaOwner(CudaOwner&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    CudaOwner& operator=(CudaOwner&& other) noexcept {
        if (this != &other) {
            reset();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }

    Handle get() const noexcept { return handle_; }
    explicit operator bool() const noexcept { return handle_ != nullptr; }
    // Where a CUDA call stores the new object; what was held is released first.
    Handle* out() noexcept {
        reset();
        return &handle_;
    }
    void reset() noexcept {
        if (handle_ != nullptr) {
            (void)Destroy(std::exchange(handle_, nullptr));
        }
    }

private:
    Handle handle_ = nullptr;
};

using Stream = CudaOwner<cudaStream_t, cudaStreamDestroy>;
using Event = CudaOwner<cudaEvent_t, cudaEventDestroy>;
using Graph = CudaOwner<cudaGraph_t, cudaGraphDestroy>;
using GraphExec = CudaOwner<cudaGraphExec_t, cudaGraphExecDestroy>;
using DeviceMemory = CudaOwner<void*, cudaFree>;
using PinnedMemory = CudaOwner<void*, cudaFreeHost>;

// purpose ("input 'x'") goes into the error: PN_DEVICE_OUT_OF_MEMORY with the bytes asked and free.
DeviceMemory allocateDevice(uint64_t bytes, const std::string& purpose);
// Zeroed.
PinnedMemory allocatePinned(uint64_t bytes, const std::string& purpose);

}  // namespace pinion
