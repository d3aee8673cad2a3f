#include "session_memory.h"

#include "error.h"

namespace pinion {
namespace {

// TensorRT's documented alignment of tensor addresses.
constexpr uintptr_t kDeviceAlignment = 256;

}  // namespace

Binding checkedBinding(const TensorInfo& tensor, int32_t device, int32_t kind, void* data, uint64_t bytes) {
    const std::string& name = tensor.name;
    if (kind == PN_MEMORY_SESSION) {
        if (data != nullptr || bytes != 0) {
            throw Error(PN_INVALID_ARGUMENT, "PN_MEMORY_SESSION takes no data: '" + name + "' has the session's own");
        }
        return {};
    }
    if (kind != PN_MEMORY_HOST && kind != PN_MEMORY_DEVICE) {
        throw Error(PN_INVALID_ARGUMENT, "kind is " + std::to_string(kind) + ", which is no pn_memory_kind");
    }
    if (data == nullptr) {
        throw Error(PN_INVALID_ARGUMENT, "data for '" + name + "' is NULL");
    }
    cudaPointerAttributes attributes{};
    if (cudaPointerGetAttributes(&attributes, data) != cudaSuccess) {
        // CUDA 10 says so of memory that it does not know.
        (void)cudaGetLastError();
        attributes.type = cudaMemoryTypeUnregistered;
    }
    if (kind == PN_MEMORY_HOST && attributes.type != cudaMemoryTypeHost) {
        throw Error(PN_INVALID_ARGUMENT, "host memory for '" + name +
                                             "' is not pinned: allocate it with pn_pinned_alloc or register it with "
                                             "pn_pinned_register");
    }
    if (kind == PN_MEMORY_DEVICE) {
        if (attributes.type != cudaMemoryTypeDevice && attributes.type != cudaMemoryTypeManaged) {
            throw Error(PN_INVALID_ARGUMENT, "memory for '" + name + "' is not device memory");
        }
        if (attributes.type == cudaMemoryTypeDevice && attributes.device != device) {
            throw Error(PN_INVALID_ARGUMENT, "memory for '" + name + "' is on device " +
                                                 std::to_string(attributes.device) + ", the engine is on device " +
                                                 std::to_string(device));
        }
        if (reinterpret_cast<uintptr_t>(data) % kDeviceAlignment != 0) {
            throw Error(PN_INVALID_ARGUMENT, "device memory for '" + name + "' is not aligned to " +
                                                 std::to_string(kDeviceAlignment) + " bytes, as TensorRT wants it");
        }
    }
    return {static_cast<pn_memory_kind>(kind), data, bytes};
}

void SessionMemory::allocate(const std::vector<uint64_t>& bytes, cudaStream_t stream) {
    for (size_t i = 0; i < memory_.size(); ++i) {
        const TensorInfo& tensor = tensors_[i];
        const std::string purpose = (tensor.mode == PN_TENSOR_INPUT ? "input '" : "output '") + tensor.name + "'";
        TensorMemory& memory = memory_[i];
        memory.ownBytes = bytes[i];
        memory.ownHost = allocatePinned(bytes[i], purpose);
        memory.ownDevice = allocateDevice(bytes[i], purpose);
        // Inputs that nobody fills are then valid, also as indices.
        PN_CHECK_CUDA(cudaMemsetAsync(memory.ownDevice.get(), 0, bytes[i], stream));
        bind(i, {});
    }
}

void SessionMemory::bind(size_t tensor, const Binding& binding) noexcept {
    TensorMemory& memory = memory_[tensor];
    memory.binding = binding;
    memory.host = binding.kind == PN_MEMORY_SESSION ? memory.ownHost.get()
                  : binding.kind == PN_MEMORY_HOST  ? binding.data
                                                    : nullptr;
    memory.device = binding.kind == PN_MEMORY_DEVICE ? binding.data : memory.ownDevice.get();
    memory.bytes = bytesOf(tensor, binding);
}

void SessionMemory::checkCapacity(size_t tensor, uint64_t needed, const Binding& binding) const {
    const uint64_t available = bytesOf(tensor, binding);
    if (needed > available) {
        throw Error(PN_INVALID_ARGUMENT, "'" + tensors_[tensor].name + "' needs " + std::to_string(needed) +
                                             " bytes, its memory has " + std::to_string(available));
    }
}

}  // namespace pinion
