#include "runtime.h"

#include <cuda_runtime_api.h>

#include <string>

#include "device.h"
#include "error.h"
#include "plugins.h"
#include "sdk.h"
#include "tensorrt_compat.h"

#ifdef PINION_HOST_TENSORRT
#include "pinion_host_tensorrt.h"
#endif

namespace pinion {
namespace {

struct OnnxRuntimeFacts {
    std::string version;
    std::string path;
    std::string error;
    int32_t threads = 0;
};

// Asked once: the strings live as long as the library.
const OnnxRuntimeFacts& onnxRuntime() {
#ifdef PINION_HOST_TENSORRT
    static const OnnxRuntimeFacts& facts = *new OnnxRuntimeFacts([] {
        const pinion_host_tensorrt::OnnxRuntimeInfo info = pinion_host_tensorrt::onnxRuntimeInfo();
        return OnnxRuntimeFacts{info.version, info.path, info.error, info.threads};
    }());
#else
    static const OnnxRuntimeFacts& facts = *new OnnxRuntimeFacts;
#endif
    return facts;
}

// From the compute capability, since TensorRT's answer costs a builder. The host TensorRT computes in FP32.
bool hasFastFp16() {
    int device = 0;
    int major = 0;
    int minor = 0;
    if ((kSdk != PN_SDK_NVIDIA && kSdk != PN_SDK_RTX) || cudaGetDevice(&device) != cudaSuccess ||
        cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device) != cudaSuccess ||
        cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device) != cudaSuccess) {
        (void)cudaGetLastError();
        return false;
    }
    return (major > 5 || (major == 5 && minor == 3)) && !(major == 6 && minor == 1);
}

// One of the devices at least: which of them is asked for comes later.
void requireServedDevice() {
    const int32_t count = deviceCount();
    for (int32_t device = 0; device < count; ++device) {
        const pn_device_info info = deviceInfo(device);
        if (isServed(info.sm_major, info.sm_minor)) {
            return;
        }
    }
    const pn_device_info first = deviceInfo(0);
    throw Error(PN_UNSUPPORTED, "TensorRT for RTX makes no engines for this GPU, of SM " +
                                    std::to_string(first.sm_major) + "." + std::to_string(first.sm_minor) +
                                    ": TensorRT builds them on it (SDK nvidia)");
}

}  // namespace

pn_runtime_info runtimeInfo() {
    pn_runtime_info info{};
    info.sdk = kSdk;
    info.tensorrt_compiled = kTensorRtCompiled;
    info.tensorrt_loaded = tensorRtLoaded();
    info.cuda_compiled = CUDART_VERSION;
    // Without a driver these fail and leave zeros.
    (void)cudaRuntimeGetVersion(&info.cuda_runtime);
    (void)cudaDriverGetVersion(&info.cuda_driver);
    info.fast_fp16 = hasFastFp16() ? 1 : 0;
    info.onnxruntime_version = onnxRuntime().version.c_str();
    info.onnxruntime_path = onnxRuntime().path.c_str();
    info.onnxruntime_error = onnxRuntime().error.c_str();
    info.pinion_version = kPinionVersion;
    info.host_threads = onnxRuntime().threads;
    info.tensorrt_build = tensorRtBuild();
    return info;
}

void probeRuntime(pn_purpose purpose) {
    if (purpose == PN_PURPOSE_BUILD && kBuildsForTargets) {
        requireParser();
        (void)createBuilder();
        return;
    }
    // Neither a runtime nor a builder is made: TensorRT would make device 0's context for it, whichever is asked for
    // later.
    (void)deviceCount();
    if (!onnxRuntime().error.empty()) {
        throw Error(PN_NOT_FOUND, "ONNX Runtime, which computes on this SDK, does not load: " + onnxRuntime().error);
    }
    // TensorRT serves every device: asking for their properties takes time at each start.
    if (purpose == PN_PURPOSE_RUN && kBuildsForTargets) {
        requireServedDevice();
    }
    requireTensorRt();
    if (purpose == PN_PURPOSE_BUILD) {
        requireParser();
        requirePlugins();
    }
}

}  // namespace pinion
