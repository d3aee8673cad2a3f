// The native twin of the managed benchmarks: the same calls of Pinion's C ABI from C++, in the same process, on the
// same session. Entries of the ABI come as pointers, so that the library that is loaded already is the one that is
// called.
#pragma once

#include <stdint.h>

#include "pinion/pinion.h"

#if defined(_WIN32)
#define PINION_TWIN_API extern "C" __declspec(dllexport)
#else
#define PINION_TWIN_API extern "C" __attribute__((visibility("default")))
#endif

struct PinionCalls {
    int32_t (*run)(pn_session*, int32_t, pn_error**);
    int32_t (*enqueueAsync)(pn_session*, int32_t, pn_error**);
    int32_t (*setCompletion)(pn_session*, pn_completion_callback, void*, pn_error**);
    const char* (*errorMessage)(const pn_error*);
    void (*errorDestroy)(pn_error*);
};

// A model of one input for ONNX Runtime alone. The first output is written to the caller's memory.
struct OrtModelDescription {
    const char* libraryPath;
    const char* modelPath;
    int32_t threads;  // 0 leaves the number to ONNX Runtime
    int32_t rank;
    const int64_t* dims;
    float* input;
    int64_t inputFloats;
    float* output;
    int64_t outputFloats;
};

// All give 0 on success, else text in message. nanoseconds has room for count calls: what each of them took.
PINION_TWIN_API int32_t pinion_twin_run(const PinionCalls* calls, pn_session* session, int32_t variant, int32_t count,
                                        int64_t* nanoseconds, char* message, int32_t messageBytes);
// Enqueues with a callback that wakes the calling thread. Leaves the session without a callback.
PINION_TWIN_API int32_t pinion_twin_run_async(const PinionCalls* calls, pn_session* session, int32_t variant,
                                              int32_t count, int64_t* nanoseconds, char* message, int32_t messageBytes);
PINION_TWIN_API int32_t pinion_twin_ort_create(const OrtModelDescription* model, void** outSession, char* message,
                                               int32_t messageBytes);
PINION_TWIN_API int32_t pinion_twin_ort_run(void* session, int32_t count, int64_t* nanoseconds, char* message,
                                            int32_t messageBytes);
PINION_TWIN_API void pinion_twin_ort_destroy(void* session);
