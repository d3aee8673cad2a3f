// What the host TensorRT tells beside TensorRT's own API: its ONNX Runtime, and the reports of broken rules.
#pragma once

#include <cstdint>
#include <string>

namespace pinion_host_tensorrt {

// The ONNX Runtime that computes. The library is loaded by the first call of this or of anything that needs it.
struct OnnxRuntimeInfo {
    bool loaded = false;
    std::string path;     // of the library in use
    std::string version;  // as it reports itself, "1.30.0"
    std::string build;    // its build description
    std::string error;    // why it is not loaded: every path tried, and the loader's message for each
    int32_t threads = 0;  // for each operator; 0 leaves the number to ONNX Runtime
};
OnnxRuntimeInfo onnxRuntimeInfo();

// The identity that plans are tied to: processor and instruction sets.
std::string deviceIdentity();

// Reports are of rules that the real TensorRT would break silently or by crashing: use after destroy, destroy with work
// in flight, one context in two threads. They go to standard error, or to the hook in its place, beside the logger.
using ReportHook = void (*)(char const* message, void* user);

// A null hook restores standard error. The hook may be called on any thread.
void setReportHook(ReportHook hook, void* user) noexcept;

// Reports since the process began.
uint64_t reportCount() noexcept;

// Reads PINION_HOST_TENSORRT_FAULTS again and restarts all fault counters. Call it while no work is under way.
void reloadFaults();

}  // namespace pinion_host_tensorrt
