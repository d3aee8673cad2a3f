#include "targets.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <iterator>

#include "refusal.h"

namespace pinion_host_tensorrt {

#if PINION_TRT_RTX

namespace {

using nvinfer1::ComputeCapability;

// A target's bit is its place here.
constexpr ComputeCapability kTargets[] = {ComputeCapability::kSM75,  ComputeCapability::kSM80,
                                          ComputeCapability::kSM86,  ComputeCapability::kSM89,
                                          ComputeCapability::kSM120, ComputeCapability::kSM121};

TargetBits bitOf(int32_t capability) noexcept {
    const auto* const found =
        std::find(std::begin(kTargets), std::end(kTargets), static_cast<ComputeCapability>(capability));
    return found != std::end(kTargets) ? TargetBits{1} << (found - std::begin(kTargets)) : 0;
}

int attribute(cudaDeviceAttr attribute) {
    int device = 0;
    int value = 0;
    cudaError_t error = cudaGetDevice(&device);
    if (error == cudaSuccess) {
        error = cudaDeviceGetAttribute(&value, attribute, device);
    }
    if (error != cudaSuccess) {
        cudaGetLastError();
        refuse(ErrorCode::kUNSPECIFIED_ERROR,
               std::string("the GPU's properties cannot be read: ") + cudaGetErrorString(error));
    }
    return value;
}

}  // namespace

bool isTarget(ComputeCapability capability) noexcept {
    return bitOf(static_cast<int32_t>(capability)) != 0;
}

TargetBits targetBits(const std::vector<ComputeCapability>& capabilities) {
    TargetBits bits = 0;
    for (const ComputeCapability capability : capabilities) {
        const bool isCurrent = capability == ComputeCapability::kCURRENT;
        if (isCurrent && capabilities.size() > 1) {
            refuse(ErrorCode::kINTERNAL_ERROR, "the current device's compute capability stands alone");
        }
        const int32_t wanted = isCurrent ? deviceCapability() : static_cast<int32_t>(capability);
        if (bitOf(wanted) == 0) {
            refuse(ErrorCode::kINTERNAL_ERROR, isCurrent ? "the device has SM " + std::to_string(wanted) +
                                                               ", for which this release does not compile"
                                                         : "a compute capability was counted, but not set");
        }
        bits |= bitOf(wanted);
    }
    return bits;
}

bool fits(TargetBits targets, int32_t capability) noexcept {
    constexpr int32_t kAmpereAndAda = 8;
    constexpr int32_t kWorkstationBlackwell = 12;
    const int32_t generation = capability / 10;
    return targets != 0 ? (targets & bitOf(capability)) != 0
                        : generation == kAmpereAndAda || generation >= kWorkstationBlackwell;
}

std::string targetsText(TargetBits targets) {
    if (targets == 0) {
        return "Ampere and newer";
    }
    std::string text;
    for (const ComputeCapability target : kTargets) {
        const auto capability = static_cast<int32_t>(target);
        if ((targets & bitOf(capability)) != 0) {
            text += (text.empty() ? "SM " : ", SM ") + std::to_string(capability);
        }
    }
    return text;
}

int32_t deviceCapability() {
    return attribute(cudaDevAttrComputeCapabilityMajor) * 10 + attribute(cudaDevAttrComputeCapabilityMinor);
}

#endif

}  // namespace pinion_host_tensorrt
