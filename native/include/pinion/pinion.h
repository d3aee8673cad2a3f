/*
 * Pinion's C ABI: TensorRT engines from ONNX, run with pinned memory and CUDA graphs.
 *
 * Rules that hold for every function:
 *  - A function that can fail returns a pn_status (0 = PN_OK). If out_error is not NULL and the call fails, it receives
 * an error that the caller releases with pn_error_destroy. Out parameters are written on success only.
 *  - No exception crosses this edge. All strings are UTF-8 and NUL-terminated; each getter says who owns the text.
 *  - Option and info structs begin with struct_size: the caller sets it to sizeof of the struct it was compiled with.
 *    Of a smaller one, the missing trailing fields take their documented default, which is what all-zero means unless
 *    stated. Of a larger one, the surplus must be zero on the way in (else PN_INVALID_ARGUMENT: it would ask for what
 *    this library does not know) and becomes zero on the way out. 0 and sizes above 4096 are refused.
 *  - Handles may be destroyed in any order: a child keeps what it needs alive. Destroying NULL does nothing.
 *
 * Compatibility: the major version changes when an existing caller would break, the minor one when something is added.
 */
#ifndef PINION_H
#define PINION_H

#include <stdint.h>

#if defined(_WIN32)
#if defined(PINION_BUILDING)
#define PN_API __declspec(dllexport)
#else
#define PN_API __declspec(dllimport)
#endif
#else
#define PN_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define PN_ABI_MAJOR 6
#define PN_ABI_MINOR 0
/* Largest tensor rank, as in TensorRT. */
#define PN_MAX_RANK 8

typedef enum pn_status {
    PN_OK = 0,
    PN_INVALID_ARGUMENT = 1,     /* a value the caller passed is wrong; nothing was done */
    PN_INVALID_STATE = 2,        /* the call does not fit the state of the handle */
    PN_UNSUPPORTED = 3,          /* this TensorRT version, device or build cannot do it */
    PN_NOT_FOUND = 4,            /* a file, tensor or library does not exist */
    PN_IO = 5,                   /* reading or writing a file failed */
    PN_OUT_OF_MEMORY = 6,        /* host memory */
    PN_DEVICE_OUT_OF_MEMORY = 7, /* device or pinned memory */
    PN_CUDA = 8,                 /* the CUDA runtime reported an error */
    PN_TENSORRT = 9,             /* TensorRT refused; its log lines are in the error */
    PN_PARSE = 10,               /* the ONNX model was not understood */
    PN_BUILD = 11,               /* the builder produced no engine */
    PN_PLAN_CORRUPT = 12,        /* not a plan, truncated or damaged */
    PN_PLAN_MISMATCH = 13,       /* a sound plan of another TensorRT version or device */
    PN_CANCELLED = 14,           /* the progress callback asked to stop */
    PN_NOT_READY = 15,           /* work is still in flight (poll) */
    PN_BUSY = 16,                /* the session is in use by another thread or still in flight */
    PN_NO_DEVICE = 17,           /* no usable device */
    PN_INTERNAL = 18             /* a defect in Pinion */
} pn_status;

/* What the library stands on: TensorRT and CUDA, the host TensorRT on CUDA, both on the host, TensorRT for RTX. */
typedef enum pn_sdk { PN_SDK_NVIDIA = 0, PN_SDK_CUDA = 1, PN_SDK_HOST = 2, PN_SDK_RTX = 3 } pn_sdk;

typedef enum pn_purpose { PN_PURPOSE_RUN = 0, PN_PURPOSE_BUILD = 1 } pn_purpose;

/* TensorRT's own numbering. */
typedef enum pn_severity {
    PN_SEVERITY_INTERNAL_ERROR = 0,
    PN_SEVERITY_ERROR = 1,
    PN_SEVERITY_WARNING = 2,
    PN_SEVERITY_INFO = 3,
    PN_SEVERITY_VERBOSE = 4
} pn_severity;

/* TensorRT's own numbering. */
typedef enum pn_data_type {
    PN_FLOAT32 = 0,
    PN_FLOAT16 = 1,
    PN_INT8 = 2,
    PN_INT32 = 3,
    PN_BOOL = 4,
    PN_UINT8 = 5,
    PN_FP8 = 6,
    PN_BFLOAT16 = 7,
    PN_INT64 = 8,
    PN_INT4 = 9
} pn_data_type;

typedef enum pn_tensor_mode { PN_TENSOR_INPUT = 1, PN_TENSOR_OUTPUT = 2 } pn_tensor_mode;

typedef enum pn_precision { PN_PRECISION_FP32 = 0, PN_PRECISION_FP16 = 1 } pn_precision;

typedef enum pn_precision_constraints {
    PN_CONSTRAINTS_NONE = 0,
    PN_CONSTRAINTS_PREFER = 1,
    PN_CONSTRAINTS_OBEY = 2
} pn_precision_constraints;

typedef enum pn_profiling_verbosity {
    PN_VERBOSITY_LAYER_NAMES = 0,
    PN_VERBOSITY_NONE = 1,
    PN_VERBOSITY_DETAILED = 2
} pn_profiling_verbosity;

typedef enum pn_hardware_compatibility {
    PN_HARDWARE_SAME = 0,
    PN_HARDWARE_AMPERE_PLUS = 1,
    PN_HARDWARE_SAME_COMPUTE_CAPABILITY = 2
} pn_hardware_compatibility;

typedef enum pn_wait_mode {
    PN_WAIT_BLOCK = 0, /* the waiting thread sleeps: least CPU */
    PN_WAIT_SPIN = 1   /* the waiting thread polls: least latency */
} pn_wait_mode;

/* Where a session's one inference stands. */
typedef enum pn_run_state {
    PN_RUN_IDLE = 0,     /* the buffers are the caller's */
    PN_RUN_IN_CALL = 1,  /* a thread is inside one of the session's functions */
    PN_RUN_ENQUEUED = 2, /* in flight; poll or wait ends it */
    PN_RUN_ASYNC = 3,    /* in flight; the completion callback ends it */
    PN_RUN_CLOSED = 4    /* pn_session_close was called */
} pn_run_state;

typedef enum pn_memory_kind {
    PN_MEMORY_SESSION = 0, /* the session's own pinned buffer (default) */
    PN_MEMORY_HOST = 1,    /* caller-owned host memory, pinned: copied from or to directly */
    PN_MEMORY_DEVICE = 2   /* caller-owned device memory: no copy at all */
} pn_memory_kind;

/* ---------------------------------------------------------------- errors */

/* What failed. Owner: the caller that received it. Destroy: pn_error_destroy. Threads: immutable, any thread. */
typedef struct pn_error pn_error;

PN_API int32_t pn_error_status(const pn_error* error);
/* One sentence with the value, the limit and the way out. Owned by the error. */
PN_API const char* pn_error_message(const pn_error* error);
/* The operation that failed, such as "build" or "load". Owned by the error. */
PN_API const char* pn_error_operation(const pn_error* error);
/* TensorRT's log lines of severity warning and worse during the operation, one a line; "" if none. Owned by the error.
 */
PN_API const char* pn_error_log(const pn_error* error);
/* PN_PLAN_MISMATCH: what built the plan and what is running, else "". Owned by the error. */
PN_API const char* pn_error_built_with(const pn_error* error);
PN_API const char* pn_error_running_on(const pn_error* error);
PN_API void pn_error_destroy(pn_error* error);

/* ---------------------------------------------------------------- blobs */

/* Immutable bytes made by Pinion (a plan, a JSON text). Owner: the caller. Destroy: pn_blob_destroy. Threads: any. */
typedef struct pn_blob pn_blob;

/* Valid until the blob is destroyed. JSON blobs end with a NUL that size does not count. */
PN_API const void* pn_blob_data(const pn_blob* blob);
PN_API uint64_t pn_blob_size(const pn_blob* blob);
PN_API void pn_blob_destroy(pn_blob* blob);
/* Zeroed bytes that the caller fills through out_data before it hands the blob on. */
PN_API int32_t pn_blob_create(uint64_t bytes, pn_blob** out_blob, void** out_data, pn_error** out_error);

/* ---------------------------------------------------------------- runtime, log, devices */

/* (PN_ABI_MAJOR << 16) | PN_ABI_MINOR of the loaded library. Call it before anything else. */
PN_API uint32_t pn_abi_version(void);
/* Size of a public struct and the offsets of its fields in order, for callers that mirror them. Writes at most capacity
 * offsets and always the true count. PN_NOT_FOUND for an unknown name. */
PN_API int32_t pn_abi_struct_layout(const char* struct_name, uint32_t* out_size, uint32_t* out_offsets,
                                    uint32_t capacity, uint32_t* out_count);

/* Versions are major * 10000 + minor * 100 + patch (TensorRT) or as CUDA encodes them (major * 1000 + minor * 10);
 * 0 = not loaded or unknown. Strings are owned by the library and live as long as it does. */
typedef struct pn_runtime_info {
    uint32_t struct_size;
    int32_t sdk;               /* pn_sdk */
    int32_t tensorrt_compiled; /* headers */
    int32_t tensorrt_loaded;   /* library */
    int32_t cuda_compiled;
    int32_t cuda_runtime;
    int32_t cuda_driver;
    int32_t fast_fp16;               /* 1 if the current device computes FP16 faster than FP32 */
    const char* onnxruntime_version; /* "" on SDKs nvidia and rtx or if it does not load */
    const char* onnxruntime_path;
    const char* onnxruntime_error; /* why it does not load, or "" */
    const char* pinion_version;
    int32_t host_threads; /* SDKs cuda and host: threads that compute an operator, 0 if ONNX Runtime chooses; else 0 */
    int32_t tensorrt_build; /* fourth number of tensorrt_loaded; -1 where the library does not tell it, before 10 */
} pn_runtime_info;

PN_API int32_t pn_runtime_get_info(pn_runtime_info* out_info, pn_error** out_error);
/* PN_OK if this library can do that here; the error says what is missing. Building takes the SDK's libraries, of a
 * version that fits, and a device, but for SDK rtx, which builds without one and then calls nothing of CUDA. Running
 * takes both. */
PN_API int32_t pn_runtime_probe(int32_t purpose, pn_error** out_error);
/* Loads a TensorRT plugin library for this process. */
PN_API int32_t pn_runtime_load_plugins(const char* path, pn_error** out_error);

/* Called from any thread, also from TensorRT's; must not call back into Pinion. message is valid during the call. */
typedef void (*pn_log_callback)(void* user, int32_t severity, const char* message);

/* Replaces the process-wide log callback (NULL: warnings and worse go to stderr, the initial state). Messages above
 * max_severity are dropped. One call of it at a time. When this returns, the former callback is not running and will
 * not run again; from inside a callback it is PN_INVALID_STATE. */
PN_API int32_t pn_log_set_callback(pn_log_callback callback, void* user, int32_t max_severity, pn_error** out_error);
/* Adds a line as one of TensorRT's: to the callback, or to stderr. For lines of a build in another process. */
PN_API int32_t pn_log_write(int32_t severity, const char* message, pn_error** out_error);

typedef struct pn_device_info {
    uint32_t struct_size;
    int32_t index;
    int32_t sm_major; /* compute capability; 0.0 on the host SDK */
    int32_t sm_minor;
    int32_t multiprocessors;
    int32_t clock_khz;
    int32_t memory_clock_khz;
    int32_t memory_bus_bits;
    int64_t total_bytes;
    int64_t l2_bytes;
    char name[256];
    char pci_bus_id[32];
} pn_device_info;

PN_API int32_t pn_device_count(int32_t* out_count, pn_error** out_error);
/* Makes no primary context on the device, which on a GPU takes hundreds of megabytes and some time. */
PN_API int32_t pn_device_get_info(int32_t device, pn_device_info* out_info, pn_error** out_error);
/* Bytes of the device's memory that are free, and all. Makes a primary context there. */
PN_API int32_t pn_device_get_memory(int32_t device, int64_t* out_free, int64_t* out_total, pn_error** out_error);

/* ---------------------------------------------------------------- memory */

/* Each function works in the primary context of the device that it names, and leaves that device current on the calling
 * thread; memory is freed with the device that it was allocated with. bytes is at least 1. */

/* Page-locked host memory, usable from every device. Free with pn_pinned_free. 64-byte aligned or better, zeroed. */
PN_API int32_t pn_pinned_alloc(int32_t device, uint64_t bytes, void** out_data, pn_error** out_error);
PN_API int32_t pn_pinned_free(int32_t device, void* data, pn_error** out_error);
/* Page-locks caller-owned memory. The caller unregisters it before freeing it. */
PN_API int32_t pn_pinned_register(int32_t device, void* data, uint64_t bytes, pn_error** out_error);
PN_API int32_t pn_pinned_unregister(int32_t device, void* data, pn_error** out_error);
PN_API int32_t pn_device_alloc(int32_t device, uint64_t bytes, void** out_data, pn_error** out_error);
PN_API int32_t pn_device_free(int32_t device, void* data, pn_error** out_error);
/* Copies between any two of host and device memory; the bytes have landed when it returns. */
PN_API int32_t pn_memory_copy(int32_t device, void* destination, const void* source, uint64_t bytes,
                              pn_error** out_error);

/* ---------------------------------------------------------------- build */

/* Shapes of one input in one optimization profile. Every dynamic input needs one in every profile. */
typedef struct pn_shape_range {
    const char* tensor;
    int32_t profile; /* 0 .. number of profiles - 1 */
    int32_t rank;
    int64_t min[PN_MAX_RANK];
    int64_t opt[PN_MAX_RANK];
    int64_t max[PN_MAX_RANK];
} pn_shape_range;

typedef struct pn_layer_precision {
    const char* layer; /* the layer's name; a '*' at the end matches any rest */
    int32_t precision; /* pn_precision */
    int32_t reserved;
} pn_layer_precision;

/* Hears of the phases "parse", "build" and "serialize", each at step 0 of 1 and 1 of 1 with parent "", and on TensorRT
 * 10 and later also of TensorRT's own, whose parent is "build" or another of them. One call at a time, on the building
 * thread or one of TensorRT's. phase and parent are valid during the call; step_count is 0 where unknown;
 * elapsed_seconds counts from the start of the build. Return 0 to go on, anything else to cancel, which takes effect
 * where TensorRT allows it: at every step on TensorRT 10 and later, between phases before. */
typedef int32_t (*pn_progress_callback)(void* user, const char* phase, const char* parent, int32_t step,
                                        int32_t step_count, double elapsed_seconds);

typedef struct pn_build_options {
    uint32_t struct_size;
    int32_t device;
    int32_t precision;              /* pn_precision */
    int32_t allow_tf32;             /* 0: FP32 means FP32, also on Ampere and later */
    int32_t precision_constraints;  /* pn_precision_constraints, for layer_precisions */
    int32_t profiling_verbosity;    /* pn_profiling_verbosity */
    int32_t optimization_level;     /* level + 1 (1..6); 0: TensorRT's default. TensorRT 8.6+ */
    int32_t hardware_compatibility; /* pn_hardware_compatibility. TensorRT 8.6+ */
    int32_t version_compatible;     /* TensorRT 8.6+ */
    int32_t strongly_typed;         /* TensorRT 10+ */
    int32_t profile_copies;         /* contexts per profile before TensorRT 8.6; 0 = 1. Later versions share profiles */
    int32_t set_tactic_sources;     /* 1: use tactic_sources */
    uint32_t tactic_sources;        /* bits of nvinfer1::TacticSource */
    int32_t range_count;
    int32_t layer_precision_count;
    int32_t plugin_library_count;
    int32_t raw;               /* 1: TensorRT's bytes alone, without Pinion's header */
    int32_t timing_iterations; /* runs that the builder averages over to time a tactic; 0: TensorRT's default, 1 */
    int64_t workspace_bytes;   /* 0: TensorRT's default (8.0 to 8.3: 1 GiB, since TensorRT's own default is tiny) */
    const pn_shape_range* ranges;
    const pn_layer_precision* layer_precisions; /* in order, later ones win; need precision_constraints */
    const char* const* plugin_libraries;
    /* Read if it exists, merged with what it holds at the end, replaced atomically; PATH.lock stays beside it. A folder
     * that cannot be written is an error before the build; a failure after it is logged. NULL: none. */
    const char* timing_cache_path;
    pn_progress_callback progress; /* may be NULL */
    void* progress_user;
    const int32_t* targets; /* SDK rtx: compute capabilities to build for, 75 for SM 7.5; none: 80 and newer */
    int32_t target_count;
    int32_t rename_dimensions; /* 1: dimensions of one name may have different sizes; TensorRT wants them equal */
} pn_build_options;

/* Builds a plan from an ONNX file (external data is found beside it) or from memory (model_path, which may be NULL,
 * says where external data lies). Takes seconds to minutes. One build at a time per device is advisable. */
PN_API int32_t pn_plan_build_file(const char* onnx_path, const pn_build_options* options, pn_blob** out_plan,
                                  pn_error** out_error);
PN_API int32_t pn_plan_build_memory(const void* onnx, uint64_t bytes, const char* model_path,
                                    const pn_build_options* options, pn_blob** out_plan, pn_error** out_error);
/* What Pinion's header says of a plan, as JSON, after its checksum was verified; needs no device. A raw plan has
 * neither and gives {"raw": true, "bytes": N}. */
PN_API int32_t pn_plan_describe_file(const char* path, pn_blob** out_json, pn_error** out_error);
PN_API int32_t pn_plan_describe_memory(const void* plan, uint64_t bytes, pn_blob** out_json, pn_error** out_error);
/* A copy of a plan that keeps a text with it, which the description tells in "metadata": the value for a key, in UTF-8;
 * NULL takes the key away. At most 16 MiB in all. A plan has from the start what its model's metadata_props had under
 * keys that begin with "pinion.". Needs no device. */
PN_API int32_t pn_plan_set_metadata(const void* plan, uint64_t bytes, const char* key, const char* value,
                                    pn_blob** out_plan, pn_error** out_error);
/* Inputs and outputs of an ONNX model as TensorRT's parser sees them, as JSON. */
PN_API int32_t pn_model_describe_file(const char* onnx_path, pn_blob** out_json, pn_error** out_error);
/* The whole work of a process that builds one plan for its parent, which the program pinion-builder calls: takes the
 * request from one file descriptor and answers on the other, in the frames of native/src/worker_frame.h. Replaces the
 * log callback and, on POSIX systems, the handlers of signals that tell a crash; the end of the input ends the process.
 * Returns the exit code. */
PN_API int32_t pn_worker_run(int32_t input, int32_t output);

/* ---------------------------------------------------------------- engine */

/* A deserialized plan. Owner: the caller; sessions keep it alive. Destroy: pn_engine_destroy. Threads: any. */
typedef struct pn_engine pn_engine;

typedef struct pn_engine_options {
    uint32_t struct_size;
    int32_t device;
    int32_t plugin_library_count;
    int32_t allow_host_code; /* 1: a version compatible plan may run the code that it carries, TensorRT's lean runtime,
                                in this process; 0: such a plan is refused */
    const char* const* plugin_libraries;
    /* The file in which kernels that TensorRT for RTX compiles on this device stay for later processes. NULL: beside a
     * plan file, by its name and ".runtime-cache", and none for a plan in memory; "": none. Other SDKs refuse a path.
     */
    const char* runtime_cache_path;
} pn_engine_options;

/* One input or output. name is owned by the engine. dims has -1 where the engine is dynamic. */
typedef struct pn_tensor_info {
    uint32_t struct_size;
    int32_t mode;      /* pn_tensor_mode */
    int32_t data_type; /* pn_data_type */
    int32_t rank;
    int64_t dims[PN_MAX_RANK];
    int32_t element_bits;
    int32_t is_shape_tensor; /* its values, not only its shape, decide other shapes; it lives on the host */
    const char* name;
} pn_tensor_info;

/* The file is verified (checksum, versions) before TensorRT sees a byte of it, but for the first ones of SDK rtx, which
 * are asked first whether the engine fits; a raw plan has neither. A plan built version_compatible carries host code,
 * which runs: load only what you trust. options may be NULL. */
PN_API int32_t pn_engine_load_file(const char* path, const pn_engine_options* options, pn_engine** out_engine,
                                   pn_error** out_error);
/* The bytes may be freed after the call. */
PN_API int32_t pn_engine_load_memory(const void* plan, uint64_t bytes, const pn_engine_options* options,
                                     pn_engine** out_engine, pn_error** out_error);
PN_API void pn_engine_destroy(pn_engine* engine);

/* Tensors are numbered 0 .. count-1, inputs first, each in the order of the network, the same in every profile. */
PN_API int32_t pn_engine_tensor_count(const pn_engine* engine, int32_t* out_count, pn_error** out_error);
PN_API int32_t pn_engine_tensor_info(const pn_engine* engine, int32_t tensor, pn_tensor_info* out_info,
                                     pn_error** out_error);
PN_API int32_t pn_engine_profile_count(const pn_engine* engine, int32_t* out_count, pn_error** out_error);
/* min, opt and max of an input in a profile; each out array has room for PN_MAX_RANK. */
PN_API int32_t pn_engine_profile_shape(const pn_engine* engine, int32_t profile, int32_t tensor, int64_t* out_min,
                                       int64_t* out_opt, int64_t* out_max, pn_error** out_error);
/* Scratch memory that a session needs, for the profile that needs most. Weights, what a context keeps beside it, graphs
 * and buffers are not in it: pn_session_device_bytes and pn_variant_info tell what those took. */
PN_API int32_t pn_engine_scratch_bytes(const pn_engine* engine, int64_t* out_bytes, pn_error** out_error);
/* The plan's header, as pn_plan_describe_file gives it (of a raw plan: what the engine tells), and "running". */
PN_API int32_t pn_engine_describe(const pn_engine* engine, pn_blob** out_json, pn_error** out_error);
/* Layers as TensorRT's engine inspector writes them (TensorRT 8.2+; PN_UNSUPPORTED before). */
PN_API int32_t pn_engine_layers(const pn_engine* engine, pn_blob** out_json, pn_error** out_error);

/* ---------------------------------------------------------------- session */

/* Runs an engine: one stream with its execution contexts, scratch memory, pinned host buffers, device buffers, events
 * and CUDA graphs, for one inference at a time. Several sessions of one engine overlap and share its weights. Owner:
 * the caller. Destroy: pn_session_destroy, which waits for work in flight. Threads: one at a time (PN_BUSY otherwise);
 * pn_session_state and pn_session_close from any. */
typedef struct pn_session pn_session;

typedef struct pn_session_options {
    uint32_t struct_size;
    int32_t profile;         /* optimization profile */
    int32_t wait_mode;       /* pn_wait_mode */
    int32_t disable_graph;   /* 1: plain enqueue instead of a CUDA graph */
    int32_t timing_interval; /* device times are taken in every Nth run, the first one included; 0 and 1: in every run;
                                -1: in none. Events in a graph take time: where several runs in turn have none, a second
                                graph of each variant is without them */
    int32_t skip_transfers;  /* 1: inputs and outputs stay on the device, for measuring compute alone */
    int32_t high_priority;   /* 1: a stream of the highest priority */
} pn_session_options;

/* The shape of one input. */
typedef struct pn_shape {
    int32_t tensor;
    int32_t rank;
    int64_t dims[PN_MAX_RANK];
} pn_shape;

/* What preparing a variant found. */
typedef struct pn_variant_info {
    uint32_t struct_size;
    int32_t uses_graph;   /* 1: it runs from a CUDA graph; 0: by plain enqueues */
    double first_run_ms;  /* host time of the first run of its preparation, a plain one: kernels that are compiled at
                             first  use are in it; 0 before it is prepared */
    int64_t device_bytes; /* device memory that its context and graph took: what was free before and after it was
                             prepared, so that what others allocated or freed meanwhile is in it; at least 0 */
} pn_variant_info;

/* Times of a session's last completed run. The first three are differences of CUDA events in trtexec's terms; 0 where
 * not measured, as in a run without device times (pn_session_options.timing_interval). Host times are nanoseconds of
 * the monotonic clock (std::chrono::steady_clock, CLOCK_MONOTONIC on Linux). */
typedef struct pn_timings {
    uint32_t struct_size;
    int32_t used_graph;
    float h2d_ms;
    float compute_ms;
    float d2h_ms;
    float enqueue_ms;         /* host time around the enqueue or the graph launch */
    int32_t has_device_times; /* 1: the first three were measured */
    int32_t reserved;         /* 0 */
    int64_t start_ns;         /* entry of run or enqueue */
    int64_t enqueued_ns;      /* everything is in the stream */
    int64_t done_ns;          /* completion was seen by the waiting or watching thread */
} pn_timings;

/* The session's run finished with status; error is non-NULL on failure and owned by the callee. Runs on a native thread
 * that exists for this alone. It may enqueue the session again, and must neither close nor destroy it. */
typedef void (*pn_completion_callback)(void* user, int32_t status, pn_error* error);

/* Allocates everything for the profile's largest shapes. options may be NULL. */
PN_API int32_t pn_session_create(pn_engine* engine, const pn_session_options* options, pn_session** out_session,
                                 pn_error** out_error);
PN_API void pn_session_destroy(pn_session* session);
/* Frees all that the session owns but the handle itself, after waiting for work in flight and for a call of another
 * thread. From then on its functions give PN_INVALID_STATE, so that a caller on another thread meets an error and no
 * freed memory. Closing twice does nothing. PN_INVALID_STATE inside a completion callback. */
PN_API int32_t pn_session_close(pn_session* session, pn_error** out_error);
/* pn_run_state. It may change at once where other threads use the session. */
PN_API int32_t pn_session_state(const pn_session* session);

/* Makes a variant: input shapes that run without any further set-up. Checks them against the profile, runs once,
 * captures a graph. Inputs that are left out must be static. Gives back a small number for run and enqueue;
 * the same shapes give the same number. If a graph cannot be captured the variant uses plain enqueues and a warning is
 * logged. */
PN_API int32_t pn_session_prepare(pn_session* session, const pn_shape* shapes, int32_t count, int32_t* out_variant,
                                  pn_error** out_error);
/* Makes a variant without running it: the set-up of a context, and no graph. Its runs are plain enqueues, until
 * pn_session_prepare with the same shapes makes it ready. For shapes that come with a request, which should not wait
 * for more than it needs. Shapes that are there already give their number. */
PN_API int32_t pn_session_admit(pn_session* session, const pn_shape* shapes, int32_t count, int32_t* out_variant,
                                pn_error** out_error);
/* Frees a variant's contexts and graphs; its number may be given out again. */
PN_API int32_t pn_session_discard(pn_session* session, int32_t variant, pn_error** out_error);
/* Shape of any tensor in a variant. out_dims has room for PN_MAX_RANK. */
PN_API int32_t pn_session_shape(const pn_session* session, int32_t variant, int32_t tensor, int64_t* out_dims,
                                int32_t* out_rank, pn_error** out_error);
PN_API int32_t pn_session_variant_info(const pn_session* session, int32_t variant, pn_variant_info* out_info,
                                       pn_error** out_error);
/* Device memory that the session took, measured so: its buffers, its scratch memory, and what its variants hold. */
PN_API int32_t pn_session_device_bytes(const pn_session* session, int64_t* out_bytes, pn_error** out_error);
/* The host memory that a run copies an input from or an output to: the session's pinned buffer, valid until the session
 * is closed or destroyed, sized for the profile's maximum; or what was bound. NULL and 0 for a device binding. */
PN_API int32_t pn_session_buffer(const pn_session* session, int32_t tensor, void** out_data, uint64_t* out_bytes,
                                 pn_error** out_error);
/* Replaces the memory of one tensor. kind PN_MEMORY_SESSION goes back to the session's own (data NULL). bytes
 * must hold the tensor in every variant. The caller keeps the memory valid until it is rebound or the session is
 * closed. Graphs are captured anew: not for the hot path. */
PN_API int32_t pn_session_bind(pn_session* session, int32_t tensor, int32_t kind, void* data, uint64_t bytes,
                               pn_error** out_error);

/* The hot path: none of these allocates, locks or looks up on success. */
/* Copy in, compute, copy out, wait. */
PN_API int32_t pn_session_run(pn_session* session, int32_t variant, pn_error** out_error);
/* The same without the wait. The buffers belong to the device until poll or wait says PN_OK. */
PN_API int32_t pn_session_enqueue(pn_session* session, int32_t variant, pn_error** out_error);
/* PN_OK once (the session is idle again), PN_NOT_READY (no error object) while in flight. */
PN_API int32_t pn_session_poll(pn_session* session, pn_error** out_error);
PN_API int32_t pn_session_wait(pn_session* session, pn_error** out_error);
/* Completion by callback instead of poll or wait, for pn_session_enqueue_async. NULL removes it. */
PN_API int32_t pn_session_set_completion(pn_session* session, pn_completion_callback callback, void* user,
                                         pn_error** out_error);
/* As pn_session_enqueue; the session is idle again, and its buffers are the caller's, when the callback is called. */
PN_API int32_t pn_session_enqueue_async(pn_session* session, int32_t variant, pn_error** out_error);
/* Times of the last completed run. */
PN_API int32_t pn_session_timings(const pn_session* session, pn_timings* out_timings, pn_error** out_error);

/* Runs a variant with TensorRT's profiler attached and gives time per layer as JSON. Plain enqueues. */
PN_API int32_t pn_session_profile_layers(pn_session* session, int32_t variant, int32_t iterations, pn_blob** out_json,
                                         pn_error** out_error);

#ifdef __cplusplus
}
#endif

#endif
