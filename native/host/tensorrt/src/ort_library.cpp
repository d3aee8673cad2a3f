#include "ort_library.h"

#include <mutex>
#include <vector>

#include "cpus.h"
#include "pinion_host_tensorrt.h"
#include "refusal.h"
#include "shared_library.h"
#include "text.h"

namespace pinion_host_tensorrt {
namespace {

#if defined(_WIN32)
constexpr const char* kFileNames[] = {"onnxruntime.dll"};
#elif defined(__APPLE__)
constexpr const char* kFileNames[] = {"libonnxruntime.dylib", "libonnxruntime.1.dylib"};
#else
constexpr const char* kFileNames[] = {"libonnxruntime.so", "libonnxruntime.so.1"};
#endif

thread_local const Log* currentLog = nullptr;

void ORT_API_CALL forwardLog(void*, OrtLoggingLevel, const char*, const char*, const char*, const char* message) {
    if (currentLog != nullptr) {
        currentLog->verbose(std::string("ONNX Runtime: ") + message);
    }
}

std::vector<std::string> candidates() {
    std::vector<std::string> folders;
    if (const std::string root = environmentVariable("ONNXRUNTIME_ROOT"); !root.empty()) {
        folders.push_back(root + "/");
        folders.push_back(root + "/lib/");
    }
    if (const std::string own = ownFolder(); !own.empty()) {
        folders.push_back(own + "/");
    }
    folders.emplace_back();  // the loader's path
    std::vector<std::string> paths;
    for (const std::string& folder : folders) {
        for (const char* name : kFileNames) {
            paths.push_back(folder + name);
        }
    }
    return paths;
}

int threadsFromEnvironment() {
    const std::string text = environmentVariable("PINION_HOST_THREADS");
    if (text.empty()) {
        // ONNX Runtime would take one thread for each core, and so leave CPUs idle that are threads of one core.
        return usableCpus();
    }
    constexpr int kMost = 1024;
    char* end = nullptr;
    const long threads = std::strtol(text.c_str(), &end, 10);
    if (*end != '\0' || threads < 0 || threads > kMost) {
        refuse(ErrorCode::kINVALID_CONFIG, "PINION_HOST_THREADS is " + quote(text) + ", not a number of threads");
    }
    return static_cast<int>(threads);
}

std::string oldestVersion() {
    return "1." + std::to_string(kOrtApiVersion);
}

// Why this library cannot be used, or empty with out filled.
std::string tryLoad(const std::string& path, OrtLibrary& out) {
    std::string why;
    void* const library = openLibrary(path, why);
    if (library == nullptr) {
        return why;
    }
    const auto getBase = reinterpret_cast<decltype(&OrtGetApiBase)>(findSymbol(library, "OrtGetApiBase"));
    const OrtApiBase* const base = getBase != nullptr ? getBase() : nullptr;
    if (base == nullptr) {
        closeLibrary(library);
        return "it is no ONNX Runtime (no OrtGetApiBase)";
    }
    out.version = base->GetVersionString();
    int major = 0;
    int minor = 0;
    // Asked first, because GetApi prints to standard error for a version that it does not know.
    const bool readable = std::sscanf(out.version.c_str(), "%d.%d", &major, &minor) == 2;
    const bool recent = readable && (major > 1 || (major == 1 && minor >= static_cast<int>(kOrtApiVersion)));
    out.api = recent ? base->GetApi(kOrtApiVersion) : nullptr;
    if (out.api == nullptr) {
        closeLibrary(library);
        return "it is ONNX Runtime " + out.version + ", older than " + oldestVersion();
    }
    out.path = path;
    out.build = out.api->GetBuildInfoString();
    out.editor = out.api->GetModelEditorApi();
    return "";
}

struct Loaded {
    std::unique_ptr<const OrtLibrary> library;
    std::string error;
};

Loaded loadNow() {
    Loaded result;
    auto library = std::make_unique<OrtLibrary>();
    std::string tried;
    bool found = false;
    for (const std::string& path : candidates()) {
        const std::string why = tryLoad(path, *library);
        if (why.empty()) {
            found = true;
            break;
        }
        // The loader's own messages begin with the path.
        tried += "\n  ";
        if (why.rfind(path, 0) != 0) {
            tried += path;
            tried += ": ";
        }
        tried += why;
    }
    if (!found) {
        result.error = "no ONNX Runtime " + oldestVersion() +
                       " or newer could be loaded; set ONNXRUNTIME_ROOT to its folder, or put the library of the "
                       "package Microsoft.ML.OnnxRuntime beside Pinion's. Tried:" +
                       tried;
        return result;
    }
    try {
        library->threads = threadsFromEnvironment();
        library->check(library->api->CreateEnvWithCustomLogger(&forwardLog, nullptr, ORT_LOGGING_LEVEL_WARNING,
                                                               "pinion", &library->environment),
                       "create its environment");
        library->check(library->api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &library->cpu),
                       "describe host memory");
        library->check(library->api->GetAllocatorWithDefaultOptions(&library->allocator), "get its allocator");
        result.library = std::move(library);
    } catch (const std::exception& problem) {
        result.error = problem.what();
    }
    return result;
}

const Loaded& loaded() {
    // Never destroyed: ONNX Runtime's own threads may outlive static objects.
    static const Loaded& instance = *new Loaded(loadNow());
    return instance;
}

}  // namespace

void OrtLibrary::check(OrtStatus* status, const char* doing) const {
    if (status == nullptr) {
        return;
    }
    const std::string message = std::string("ONNX Runtime could not ") + doing + ": " + api->GetErrorMessage(status);
    api->ReleaseStatus(status);
    refuse(ErrorCode::kINTERNAL_ERROR, message);
}

const OrtLibrary& ortLibrary() {
    const Loaded& now = loaded();
    if (now.library == nullptr) {
        refuse(ErrorCode::kFAILED_INITIALIZATION, now.error);
    }
    return *now.library;
}

OnnxRuntimeInfo onnxRuntimeInfo() {
    OnnxRuntimeInfo info;
    const Loaded& now = loaded();
    info.error = now.error;
    if (now.library != nullptr) {
        info.loaded = true;
        info.path = now.library->path;
        info.version = now.library->version;
        info.build = now.library->build;
        info.threads = now.library->threads;
    }
    return info;
}

OrtLogScope::OrtLogScope(const Log& log) noexcept : before_(currentLog) {
    currentLog = &log;
}

OrtLogScope::~OrtLogScope() {
    currentLog = before_;
}

}  // namespace pinion_host_tensorrt
