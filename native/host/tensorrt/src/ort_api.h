// The entries of ONNX Runtime's C API that the host uses. The API is one struct of function pointers that only ever
// grows at its end, so each entry is known by its index; no ONNX Runtime header is needed.
#pragma once

#include <cstddef>
#include <cstdint>

struct OrtAllocator;
struct OrtEnv;
struct OrtGraph;
struct OrtMemoryInfo;
struct OrtModel;
struct OrtRunOptions;
struct OrtSession;
struct OrtSessionOptions;
struct OrtStatus;
struct OrtTensorTypeAndShapeInfo;
struct OrtTypeInfo;
struct OrtValue;
struct OrtValueInfo;

#ifdef _WIN32
using OrtPathChar = wchar_t;
#define PINION_ORT_CALL __stdcall
#else
using OrtPathChar = char;
#define PINION_ORT_CALL
#endif

namespace pinion_host_tensorrt {

// Oldest API version with every entry below; newer libraries still serve it.
constexpr uint32_t kOrtApiVersion = 22;
constexpr const char* kOldestOnnxRuntime = "1.22";

// Version that brought profiling of a single run.
constexpr uint32_t kOrtApiVersionOfRunProfiling = 25;

enum OrtSeverity : int { kOrtVerbose = 0, kOrtInfo = 1, kOrtWarning = 2, kOrtError = 3, kOrtFatal = 4 };
enum OrtOptimization : int { kOrtDisableAll = 0, kOrtEnableBasic = 1, kOrtEnableExtended = 2, kOrtEnableAll = 99 };
enum OrtAllocatorType : int { kOrtDeviceAllocator = 0, kOrtArenaAllocator = 1 };
enum OrtMemType : int { kOrtMemTypeDefault = 0 };

using OrtLogFunction = void(PINION_ORT_CALL*)(void* param, OrtSeverity severity, const char* category,
                                              const char* logId, const char* location, const char* message);

// What ONNX Runtime calls to give back memory that was handed to it. Only free and info are used on this side.
struct OrtDeleter {
    uint32_t version;
    void*(PINION_ORT_CALL* alloc)(OrtDeleter* self, size_t size);
    void(PINION_ORT_CALL* free)(OrtDeleter* self, void* memory);
    const OrtMemoryInfo*(PINION_ORT_CALL* info)(const OrtDeleter* self);
    void* laterEntries[8];  // of newer versions; null
};

// index, name, result, parameters
#define PINION_ORT_ENTRIES(X)                                                                                     \
    X(2, getErrorMessage, const char*, (const OrtStatus*))                                                        \
    X(4, createEnvWithCustomLogger, OrtStatus*, (OrtLogFunction, void*, OrtSeverity, const char*, OrtEnv**))      \
    X(8, createSessionFromArray, OrtStatus*,                                                                      \
      (const OrtEnv*, const void*, size_t, const OrtSessionOptions*, OrtSession**))                               \
    X(9, run, OrtStatus*,                                                                                         \
      (OrtSession*, const OrtRunOptions*, const char* const*, const OrtValue* const*, size_t, const char* const*, \
       size_t, OrtValue**))                                                                                       \
    X(10, createSessionOptions, OrtStatus*, (OrtSessionOptions**))                                                \
    X(11, setOptimizedModelFilePath, OrtStatus*, (OrtSessionOptions*, const OrtPathChar*))                        \
    X(23, setSessionGraphOptimizationLevel, OrtStatus*, (OrtSessionOptions*, OrtOptimization))                    \
    X(24, setIntraOpNumThreads, OrtStatus*, (OrtSessionOptions*, int))                                            \
    X(30, sessionGetInputCount, OrtStatus*, (const OrtSession*, size_t*))                                         \
    X(31, sessionGetOutputCount, OrtStatus*, (const OrtSession*, size_t*))                                        \
    X(33, sessionGetInputTypeInfo, OrtStatus*, (const OrtSession*, size_t, OrtTypeInfo**))                        \
    X(34, sessionGetOutputTypeInfo, OrtStatus*, (const OrtSession*, size_t, OrtTypeInfo**))                       \
    X(36, sessionGetInputName, OrtStatus*, (const OrtSession*, size_t, OrtAllocator*, char**))                    \
    X(37, sessionGetOutputName, OrtStatus*, (const OrtSession*, size_t, OrtAllocator*, char**))                   \
    X(39, createRunOptions, OrtStatus*, (OrtRunOptions**))                                                        \
    X(49, createTensorWithDataAsOrtValue, OrtStatus*,                                                             \
      (const OrtMemoryInfo*, void*, size_t, const int64_t*, size_t, int, OrtValue**))                             \
    X(51, getTensorMutableData, OrtStatus*, (OrtValue*, void**))                                                  \
    X(61, getDimensionsCount, OrtStatus*, (const OrtTensorTypeAndShapeInfo*, size_t*))                            \
    X(62, getDimensions, OrtStatus*, (const OrtTensorTypeAndShapeInfo*, int64_t*, size_t))                        \
    X(65, getTensorTypeAndShape, OrtStatus*, (const OrtValue*, OrtTensorTypeAndShapeInfo**))                      \
    X(69, createCpuMemoryInfo, OrtStatus*, (OrtAllocatorType, OrtMemType, OrtMemoryInfo**))                       \
    X(76, allocatorFree, OrtStatus*, (OrtAllocator*, void*))                                                      \
    X(78, getAllocatorWithDefaultOptions, OrtStatus*, (OrtAllocator**))                                           \
    X(93, releaseStatus, void, (OrtStatus*))                                                                      \
    X(95, releaseSession, void, (OrtSession*))                                                                    \
    X(96, releaseValue, void, (OrtValue*))                                                                        \
    X(97, releaseRunOptions, void, (OrtRunOptions*))                                                              \
    X(98, releaseTypeInfo, void, (OrtTypeInfo*))                                                                  \
    X(99, releaseTensorTypeAndShapeInfo, void, (OrtTensorTypeAndShapeInfo*))                                      \
    X(100, releaseSessionOptions, void, (OrtSessionOptions*))                                                     \
    X(130, addSessionConfigEntry, OrtStatus*, (OrtSessionOptions*, const char*, const char*))                     \
    X(254, getBuildInfoString, const char*, ())                                                                   \
    X(285, releaseValueInfo, void, (OrtValueInfo*))                                                               \
    X(287, releaseGraph, void, (OrtGraph*))                                                                       \
    X(288, releaseModel, void, (OrtModel*))                                                                       \
    X(291, getModelEditorApi, const void*, ())                                                                    \
    X(292, createTensorWithDataAndDeleterAsOrtValue, OrtStatus*,                                                  \
      (OrtDeleter*, void*, size_t, const int64_t*, size_t, int, OrtValue**))

// The same for the struct that getModelEditorApi returns.
#define PINION_ORT_EDITOR_ENTRIES(X)                                                     \
    X(5, createValueInfo, OrtStatus*, (const char*, const OrtTypeInfo*, OrtValueInfo**)) \
    X(7, createGraph, OrtStatus*, (OrtGraph**))                                          \
    X(8, setGraphInputs, OrtStatus*, (OrtGraph*, OrtValueInfo**, size_t))                \
    X(9, setGraphOutputs, OrtStatus*, (OrtGraph*, OrtValueInfo**, size_t))               \
    X(10, addInitializerToGraph, OrtStatus*, (OrtGraph*, const char*, OrtValue*, bool))  \
    X(12, createModel, OrtStatus*, (const char* const*, const int*, size_t, OrtModel**)) \
    X(13, addGraphToModel, OrtStatus*, (OrtModel*, OrtGraph*))                           \
    X(16, createModelEditorSessionFromArray, OrtStatus*,                                 \
      (const OrtEnv*, const void*, size_t, const OrtSessionOptions*, OrtSession**))      \
    X(18, applyModelToModelEditorSession, OrtStatus*, (OrtSession*, OrtModel*))          \
    X(19, finalizeModelEditorSession, OrtStatus*, (OrtSession*, const OrtSessionOptions*, void*))

// And for entries that only newer libraries have.
#define PINION_ORT_RUN_PROFILING_ENTRIES(X) \
    X(415, runOptionsEnableProfiling, OrtStatus*, (OrtRunOptions*, const OrtPathChar*))

// A struct of typed function pointers, filled from a struct of the library.
#define PINION_ORT_FIELD(index, name, result, parameters) result(PINION_ORT_CALL* name) parameters = nullptr;
#define PINION_ORT_FILL(index, name, result, parameters) \
    entries.name = reinterpret_cast<result(PINION_ORT_CALL*) parameters>(pointers[index]);
#define PINION_ORT_STRUCT(type, list)                                \
    struct type {                                                    \
        list(PINION_ORT_FIELD) static type from(const void* table) { \
            const auto* pointers = static_cast<void* const*>(table); \
            type entries;                                            \
            list(PINION_ORT_FILL) return entries;                    \
        }                                                            \
    }
PINION_ORT_STRUCT(OrtEntries, PINION_ORT_ENTRIES);
PINION_ORT_STRUCT(OrtEditorEntries, PINION_ORT_EDITOR_ENTRIES);
PINION_ORT_STRUCT(OrtRunProfilingEntries, PINION_ORT_RUN_PROFILING_ENTRIES);
#undef PINION_ORT_FIELD
#undef PINION_ORT_FILL
#undef PINION_ORT_STRUCT

// What the library's one needed symbol, OrtGetApiBase, returns. getApi gives null for a version it does not know.
struct OrtApiBase {
    const void*(PINION_ORT_CALL* getApi)(uint32_t version);
    const char*(PINION_ORT_CALL* getVersionString)();
};

}  // namespace pinion_host_tensorrt
