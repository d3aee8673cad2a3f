#include "NvInfer.h"
#include "NvOnnxParser.h"

extern "C" int32_t getInferLibVersion() noexcept {
    return NV_TENSORRT_VERSION;
}

#if PINION_TRT_SINCE(10, 0)
extern "C" int32_t getInferLibMajorVersion() noexcept {
    return NV_TENSORRT_MAJOR;
}
extern "C" int32_t getInferLibMinorVersion() noexcept {
    return NV_TENSORRT_MINOR;
}
extern "C" int32_t getInferLibPatchVersion() noexcept {
    return NV_TENSORRT_PATCH;
}
extern "C" int32_t getInferLibBuildVersion() noexcept {
    return NV_TENSORRT_BUILD;
}
#endif

extern "C" int getNvOnnxParserVersion() noexcept {
    return NV_ONNX_PARSER_VERSION;
}
