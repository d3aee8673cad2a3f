// Host and device memory of a session's tensors: its own, or what the caller has bound.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cuda_resources.h"
#include "pinion/pinion.h"
#include "tensor_info.h"

namespace pinion {

// Memory that a tensor uses. data and bytes are the caller's, who keeps it valid; NULL and 0 for the session's own.
struct Binding {
    pn_memory_kind kind = PN_MEMORY_SESSION;
    void* data = nullptr;
    uint64_t bytes = 0;
};

// A binding as it comes through the C edge. Throws PN_INVALID_ARGUMENT for memory of another kind or device than said.
Binding checkedBinding(const TensorInfo& tensor, int32_t device, int32_t kind, void* data, uint64_t bytes);

// A copy between host and device.
struct Copy {
    void* to;
    const void* from;
    uint64_t bytes;
};

// Where one tensor lives.
struct TensorMemory {
    void* ownHost = nullptr;  // slices of the session's memory
    void* ownDevice = nullptr;
    uint64_t ownBytes = 0;  // of each, for the profile's largest shapes
    Binding binding;
    void* host = nullptr;    // copied from or to; NULL for a device binding
    void* device = nullptr;  // what TensorRT reads or writes
    uint64_t bytes = 0;
};

// All tensors by number: slices of one pinned and one device allocation, so that a run of many small tensors has one
// copy each way. Threads: one at a time.
class SessionMemory {
public:
    // tensors outlives it.
    explicit SessionMemory(const std::vector<TensorInfo>& tensors) : tensors_(tensors), memory_(tensors.size()) {}
    // bytes is of each tensor's largest shape. The stream zeroes the device memory: to be waited for, also on throw.
    void allocate(const std::vector<uint64_t>& bytes, cudaStream_t stream);
    // What a run copies where its tensors have so many bytes: inputs to the device, or outputs to the host. A copy may
    // take unused bytes between two slices with it.
    std::vector<Copy> copies(pn_tensor_mode mode, const std::vector<uint64_t>& bytes) const;

    const TensorMemory& operator[](size_t tensor) const noexcept { return memory_[tensor]; }
    void bind(size_t tensor, const Binding& binding) noexcept;
    // Throws PN_INVALID_ARGUMENT if so bound a tensor of so many bytes does not fit.
    void checkCapacity(size_t tensor, uint64_t needed, const Binding& binding) const;

private:
    uint64_t bytesOf(size_t tensor, const Binding& binding) const noexcept {
        return binding.kind == PN_MEMORY_SESSION ? memory_[tensor].ownBytes : binding.bytes;
    }

    const std::vector<TensorInfo>& tensors_;
    PinnedMemory host_;
    DeviceMemory device_;
    std::vector<TensorMemory> memory_;
    std::vector<size_t> order_;  // of the slices
};

}  // namespace pinion
