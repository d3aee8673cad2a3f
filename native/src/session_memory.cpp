#include "session_memory.h"

#include <algorithm>
#include <numeric>

#include "error.h"

namespace pinion {
namespace {

// TensorRT's documented alignment of tensor addresses.
constexpr uintptr_t kDeviceAlignment = 256;
// A link of 12 GB/s carries this in 1.4 microseconds, and starting another copy takes longer.
constexpr uint64_t kMostUnusedBytes = uint64_t{16} * 1024;

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

// Inputs before outputs, small ones before large ones: where shapes are smaller than the largest, little is unused
// between small slices.
void SessionMemory::allocate(const std::vector<uint64_t>& bytes, cudaStream_t stream) {
    order_.resize(memory_.size());
    std::iota(order_.begin(), order_.end(), size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](size_t a, size_t b) {
        return tensors_[a].mode != tensors_[b].mode ? tensors_[a].mode == PN_TENSOR_INPUT : bytes[a] < bytes[b];
    });
    std::vector<uint64_t> offsets(memory_.size());
    uint64_t total = 0;
    for (const size_t i : order_) {
        offsets[i] = total;
        // Empty tensors have an address of their own too.
        const uint64_t slice =
            (std::max<uint64_t>(bytes[i], 1) + kDeviceAlignment - 1) / kDeviceAlignment * kDeviceAlignment;
        total = std::min(total + slice, kTooManyElements);
    }
    const auto largest = static_cast<size_t>(std::max_element(bytes.begin(), bytes.end()) - bytes.begin());
    const std::string purpose = "memory for " + std::to_string(memory_.size()) +
                                " inputs and outputs, the largest of them '" + tensors_[largest].name + "' with " +
                                std::to_string(bytes[largest]) + " bytes,";
    host_ = allocatePinned(total, purpose);
    device_ = allocateDevice(total, purpose);
    // Inputs that nobody fills are then valid, also as indices.
    PN_CHECK_CUDA(cudaMemsetAsync(device_.get(), 0, total, stream));
    for (size_t i = 0; i < memory_.size(); ++i) {
        memory_[i].ownBytes = bytes[i];
        memory_[i].ownHost = static_cast<char*>(host_.get()) + offsets[i];
        memory_[i].ownDevice = static_cast<char*>(device_.get()) + offsets[i];
        bind(i, {});
    }
}

std::vector<Copy> SessionMemory::copies(pn_tensor_mode mode, const std::vector<uint64_t>& bytes) const {
    std::vector<Copy> copies;
    bool endsInSlice = false;  // the last copy
    for (const size_t i : order_) {
        const TensorMemory& memory = memory_[i];
        if (tensors_[i].mode != mode || memory.host == nullptr || bytes[i] == 0) {
            continue;
        }
        const bool isOwn = memory.binding.kind == PN_MEMORY_SESSION;
        if (isOwn && endsInSlice) {
            Copy& last = copies.back();
            const char* const begin = static_cast<const char*>(mode == PN_TENSOR_INPUT ? memory.host : memory.device);
            const uint64_t used = static_cast<uint64_t>(begin - static_cast<const char*>(last.from));
            if (used - last.bytes <= kMostUnusedBytes) {
                last.bytes = used + bytes[i];
                continue;
            }
        }
        copies.push_back(mode == PN_TENSOR_INPUT ? Copy{memory.device, memory.host, bytes[i]}
                                                 : Copy{memory.host, memory.device, bytes[i]});
        endsInSlice = isOwn;
    }
    return copies;
}

void SessionMemory::bind(size_t tensor, const Binding& binding) noexcept {
    TensorMemory& memory = memory_[tensor];
    memory.binding = binding;
    memory.host = binding.kind == PN_MEMORY_SESSION ? memory.ownHost
                  : binding.kind == PN_MEMORY_HOST  ? binding.data
                                                    : nullptr;
    memory.device = binding.kind == PN_MEMORY_DEVICE ? binding.data : memory.ownDevice;
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
