// Extensions of the host CUDA runtime for tests and tools; NVIDIA's runtime has none of these.
#ifndef PINION_HOST_CUDA_H
#define PINION_HOST_CUDA_H

#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

// Receives one contract violation, without prefix or line end. Called on the thread that found it, which may be
// a stream's worker; it must not call the CUDA runtime.
typedef void (*PinionHostCudaReportFn)(const char* message, void* userData);

// Sends reports to `report` instead of stderr; null restores stderr.
void pinionHostCudaSetReport(PinionHostCudaReportFn report, void* userData);

// Contract violations reported since the process began.
uint64_t pinionHostCudaReportCount(void);

// Reads PINION_HOST_CUDA_FAULTS again and restarts all fault counters. Call it while the devices are idle.
void pinionHostCudaReloadSettings(void);

// What is alive at this moment, over all devices. Streams that were destroyed but still drain count.
struct PinionHostCudaUsage {
    uint64_t deviceBytes;
    uint64_t pinnedBytes;
    uint64_t allocations;
    uint64_t streams;
    uint64_t events;
    uint64_t graphs;
    uint64_t graphExecs;
    uint64_t initializedDevices;  // with a primary context, which costs hundreds of megabytes on a GPU
};
void pinionHostCudaGetUsage(struct PinionHostCudaUsage* usage);

#if defined(__cplusplus)
}
#endif

#endif
