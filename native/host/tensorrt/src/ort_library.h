// The ONNX Runtime library of this process: found and loaded at first use, never unloaded.
#pragma once

#include <onnxruntime_c_api.h>

#include <memory>
#include <string>

#include "log.h"

namespace pinion_host_tensorrt {

// The version of the newest entry we call, RunOptionsEnableProfiling: the header's own would refuse libraries that will
// do.
constexpr uint32_t kOrtApiVersion = 25;

struct OrtLibrary {
    const OrtApi* api = nullptr;
    const OrtModelEditorApi* editor = nullptr;
    OrtEnv* environment = nullptr;
    OrtMemoryInfo* cpu = nullptr;
    OrtAllocator* allocator = nullptr;
    std::string path;
    std::string version;
    std::string build;
    int threads = 0;  // for each operator; 0 leaves the number to ONNX Runtime

    // Throws what the status says; a null status is success.
    void check(OrtStatus* status, const char* doing) const;
};

// Throws a Refusal that names every path tried when no library can be loaded.
const OrtLibrary& ortLibrary();

// While it lives, messages of ONNX Runtime on this thread go to the log, as verbose ones.
class OrtLogScope {
public:
    explicit OrtLogScope(const Log& log) noexcept;
    ~OrtLogScope();
    OrtLogScope(const OrtLogScope&) = delete;
    OrtLogScope& operator=(const OrtLogScope&) = delete;

private:
    const Log* before_;
};

// Owners of ONNX Runtime's objects.
struct OrtRelease {
    void operator()(OrtSession* session) const noexcept { ortLibrary().api->ReleaseSession(session); }
    void operator()(OrtSessionOptions* options) const noexcept { ortLibrary().api->ReleaseSessionOptions(options); }
    void operator()(OrtRunOptions* options) const noexcept { ortLibrary().api->ReleaseRunOptions(options); }
    void operator()(OrtValue* value) const noexcept { ortLibrary().api->ReleaseValue(value); }
    void operator()(OrtTypeInfo* info) const noexcept { ortLibrary().api->ReleaseTypeInfo(info); }
    void operator()(OrtTensorTypeAndShapeInfo* info) const noexcept {
        ortLibrary().api->ReleaseTensorTypeAndShapeInfo(info);
    }
    void operator()(OrtValueInfo* info) const noexcept { ortLibrary().api->ReleaseValueInfo(info); }
    void operator()(OrtGraph* graph) const noexcept { ortLibrary().api->ReleaseGraph(graph); }
    void operator()(OrtModel* model) const noexcept { ortLibrary().api->ReleaseModel(model); }
};
template <typename T>
using OrtOwned = std::unique_ptr<T, OrtRelease>;

}  // namespace pinion_host_tensorrt
