/* Stand-ins for NVIDIA's libraries: what native/src calls of them, and nothing behind it. STANDIN_CUDART, _NVINFER, _PARSER,
 * _PLUGIN, _DRIVER and _RESOURCE choose the library; the environment says how it answers at each call. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static __attribute__((unused)) int setting(const char* name, int otherwise) {
    const char* text = getenv(name);
    return text == NULL || *text == 0 ? otherwise : atoi(text);
}

static __attribute__((unused)) int devices(void) {
    return setting("STANDIN_DEVICES", 0);
}

#ifdef STANDIN_CUDART

enum { kNoDevice = 100, kNotSupported = 801, kMajor = 75, kMinor = 76 };

/* What every function answers that is not written out here. */
int standin_answer(void) {
    return kNotSupported;
}

int cudaGetDeviceCount(int* count) {
    *count = devices();
    return *count > 0 ? 0 : kNoDevice;
}

const char* cudaGetErrorName(int code) {
    return code == kNoDevice ? "cudaErrorNoDevice" : "cudaErrorNotSupported";
}

const char* cudaGetErrorString(int code) {
    return code == kNoDevice ? "no CUDA-capable device is detected" : "operation not supported by the stand-in";
}

int cudaGetLastError(void) {
    return 0;
}

int cudaRuntimeGetVersion(int* version) {
    *version = STANDIN_CUDA;
    return 0;
}

int cudaDriverGetVersion(int* version) {
    *version = devices() > 0 ? STANDIN_CUDA : 0;
    return 0;
}

int cudaGetDevice(int* device) {
    *device = 0;
    return devices() > 0 ? 0 : kNoDevice;
}

int cudaSetDevice(int device) {
    return device < devices() ? 0 : kNoDevice;
}

int cudaDeviceGetAttribute(int* value, int attribute, int device) {
    const int sm = setting("STANDIN_SM", 75);
    *value = attribute == kMajor ? sm / 10 : attribute == kMinor ? sm % 10 : 1;
    return device < devices() ? 0 : kNoDevice;
}

int cudaMemGetInfo(size_t* available, size_t* total) {
    *available = *total = (size_t)1 << 30;
    return 0;
}

/* The name is the first member in every version. */
int cudaGetDeviceProperties(char* properties, int device) {
    (void)strcpy(properties, "stand-in");
    return device < devices() ? 0 : kNoDevice;
}

int cudaGetDeviceProperties_v2(char* properties, int device) {
    return cudaGetDeviceProperties(properties, device);
}

int cudaDeviceGetPCIBusId(char* text, int bytes, int device) {
    (void)snprintf(text, (size_t)bytes, "0000:%02x:00.0", device);
    return 0;
}

#endif

#ifdef STANDIN_NVINFER

/* An object of TensorRT: a table of virtual functions and a pointer to its implementation, which is itself. Each function
 * gives back the object: its destructor does nothing, and a builder makes a network. */
struct object {
    void* (*const* functions)(void);
    const struct object* implementation;
};

static const struct object object;

static void* give(void) {
    return (void*)&object;
}

#define EIGHT give, give, give, give, give, give, give, give
static void* (*const functions[])(void) = {EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT};
static const struct object object = {functions, &object};

void* standin_answer(void) {
    return NULL;
}

/* ILogger::log is the first of the virtual functions. */
static void say(void* logger, const char* text) {
    (*(void (***)(void*, int, const char*))logger)[0](logger, 1, text);
}

/* A runtime that refuses every plan, for want of a plugin. */
static void* lastLogger;

static void* refuse(void) {
    say(lastLogger, "Cannot deserialize plugin since corresponding IPluginCreator not found in Plugin Registry");
    return NULL;
}

#define EIGHT_REFUSE refuse, refuse, refuse, refuse, refuse, refuse, refuse, refuse
static void* (*const refusing[])(void) = {EIGHT_REFUSE, EIGHT_REFUSE};
static const struct object refuser = {refusing, &refuser};

int getInferLibBuildVersion(void) {
    return 1;
}

int getInferLibVersion(void) {
    return setting("STANDIN_TENSORRT", STANDIN_TENSORRT_VERSION);
}

void* createInferRuntime_INTERNAL(void* logger, int version) {
    (void)version;
    lastLogger = logger;
    return setting("STANDIN_WANTS_PLUGIN", 0) != 0 ? (void*)&refuser : give();
}

/* As NVIDIA's does, by name alone: where the program's loader finds it, or the process has it already. */
void* createInferBuilder_INTERNAL(void* logger, int version) {
    (void)version;
    if (setting("STANDIN_OPENS_RESOURCE", 0) != 0 && dlopen(STANDIN_RESOURCE_NAME, RTLD_LAZY) == NULL) {
        char text[1024];
        (void)snprintf(text, sizeof(text), "Unable to load library: %s: %s", STANDIN_RESOURCE_NAME, dlerror());
        say(logger, text);
        return NULL;
    }
    return give();
}

#endif

#ifdef STANDIN_PARSER

int getNvOnnxParserVersion(void) {
    return setting("STANDIN_PARSER_VERSION", STANDIN_PARSER_RELEASE);
}

void* createNvOnnxParser_INTERNAL(void* network, void* logger, int version) {
    (void)network;
    (void)logger;
    (void)version;
    return NULL;
}

#endif

#ifdef STANDIN_PLUGIN

unsigned char initLibNvInferPlugins(void* logger, const char* space) {
    (void)logger;
    (void)space;
    return 1;
}

#endif

#ifdef STANDIN_DRIVER

int cuInit(unsigned flags) {
    (void)flags;
    return setting("STANDIN_DRIVER_ERROR", 0);
}

int cuDeviceGetCount(int* count) {
    *count = devices();
    return 0;
}

#endif
