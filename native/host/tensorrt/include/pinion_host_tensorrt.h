// What the host TensorRT tells beside TensorRT's own API: its ONNX Runtime, and the reports of broken rules.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pinion_host_tensorrt {

// The ONNX Runtime that computes. The library is loaded by the first call of this or of anything that needs it.
struct OnnxRuntimeInfo {
    bool loaded = false;
    std::string path;                // of the library in use
    std::string version;             // as it reports itself, "1.30.0"
    std::string error;               // why it is not loaded: every path tried, and the loader's message for each
    std::vector<std::string> tried;  // every path tried, in order
    int32_t threads = 0;             // PINION_HOST_THREADS; 0 leaves the number to ONNX Runtime
};
OnnxRuntimeInfo onnxRuntimeInfo();

// The identity that plans are tied to: processor and instruction sets.
std::string deviceIdentity();

// A rule that the real TensorRT would break silently or by crashing: use after destroy, destroy with work in flight,
// one context in two threads. Reports go to standard error and to the hook, whatever the logger.
using ReportHook = void (*)(char const* message, void* user);

// Replaces the hook and returns the number of reports so far; a null hook prints only. Any thread may report.
uint64_t setReportHook(ReportHook hook, void* user) noexcept;
uint64_t reportCount() noexcept;

}  // namespace pinion_host_tensorrt
