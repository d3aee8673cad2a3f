// Host CUDA runtime: source-compatible with the part of CUDA 11.8's cuda_runtime_api.h that Pinion uses.
// Streams are worker threads, device memory is host memory; see native/host/README.md.
#ifndef PINION_HOST_CUDA_RUNTIME_API_H
#define PINION_HOST_CUDA_RUNTIME_API_H

#define CUDART_VERSION 11080

#include "driver_types.h"

#if defined(__cplusplus)
#define PINION_CUDA_DEFAULT(value) = value
extern "C" {
#else
#define PINION_CUDA_DEFAULT(value)
#endif

// Errors
extern cudaError_t CUDARTAPI cudaGetLastError(void);
extern cudaError_t CUDARTAPI cudaPeekAtLastError(void);
extern const char* CUDARTAPI cudaGetErrorName(cudaError_t error);
extern const char* CUDARTAPI cudaGetErrorString(cudaError_t error);

// Devices
extern cudaError_t CUDARTAPI cudaGetDeviceCount(int* count);
extern cudaError_t CUDARTAPI cudaSetDevice(int device);
extern cudaError_t CUDARTAPI cudaGetDevice(int* device);
extern cudaError_t CUDARTAPI cudaGetDeviceProperties(struct cudaDeviceProp* prop, int device);
extern cudaError_t CUDARTAPI cudaDeviceGetAttribute(int* value, enum cudaDeviceAttr attr, int device);
extern cudaError_t CUDARTAPI cudaDeviceGetPCIBusId(char* pciBusId, int len, int device);
extern cudaError_t CUDARTAPI cudaDeviceGetByPCIBusId(int* device, const char* pciBusId);
extern cudaError_t CUDARTAPI cudaDeviceGetStreamPriorityRange(int* leastPriority, int* greatestPriority);
extern cudaError_t CUDARTAPI cudaDeviceSynchronize(void);
extern cudaError_t CUDARTAPI cudaDeviceReset(void);
extern cudaError_t CUDARTAPI cudaSetDeviceFlags(unsigned int flags);
extern cudaError_t CUDARTAPI cudaGetDeviceFlags(unsigned int* flags);
extern cudaError_t CUDARTAPI cudaMemGetInfo(size_t* free, size_t* total);
extern cudaError_t CUDARTAPI cudaDriverGetVersion(int* driverVersion);
extern cudaError_t CUDARTAPI cudaRuntimeGetVersion(int* runtimeVersion);

// Memory
extern cudaError_t CUDARTAPI cudaMalloc(void** devPtr, size_t size);
extern cudaError_t CUDARTAPI cudaFree(void* devPtr);
extern cudaError_t CUDARTAPI cudaMallocAsync(void** devPtr, size_t size, cudaStream_t hStream);
extern cudaError_t CUDARTAPI cudaFreeAsync(void* devPtr, cudaStream_t hStream);
extern cudaError_t CUDARTAPI cudaMallocHost(void** ptr, size_t size);
extern cudaError_t CUDARTAPI cudaHostAlloc(void** pHost, size_t size, unsigned int flags);
extern cudaError_t CUDARTAPI cudaFreeHost(void* ptr);
extern cudaError_t CUDARTAPI cudaHostRegister(void* ptr, size_t size, unsigned int flags);
extern cudaError_t CUDARTAPI cudaHostUnregister(void* ptr);
extern cudaError_t CUDARTAPI cudaHostGetDevicePointer(void** pDevice, void* pHost, unsigned int flags);
extern cudaError_t CUDARTAPI cudaHostGetFlags(unsigned int* pFlags, void* pHost);
extern cudaError_t CUDARTAPI cudaPointerGetAttributes(struct cudaPointerAttributes* attributes, const void* ptr);
extern cudaError_t CUDARTAPI cudaMemcpy(void* dst, const void* src, size_t count, enum cudaMemcpyKind kind);
extern cudaError_t CUDARTAPI cudaMemcpyAsync(void* dst, const void* src, size_t count, enum cudaMemcpyKind kind,
                                             cudaStream_t stream PINION_CUDA_DEFAULT(0));
extern cudaError_t CUDARTAPI cudaMemset(void* devPtr, int value, size_t count);
extern cudaError_t CUDARTAPI cudaMemsetAsync(void* devPtr, int value, size_t count,
                                             cudaStream_t stream PINION_CUDA_DEFAULT(0));

// Streams
typedef void(CUDART_CB* cudaStreamCallback_t)(cudaStream_t stream, cudaError_t status, void* userData);
extern cudaError_t CUDARTAPI cudaStreamCreate(cudaStream_t* pStream);
extern cudaError_t CUDARTAPI cudaStreamCreateWithFlags(cudaStream_t* pStream, unsigned int flags);
extern cudaError_t CUDARTAPI cudaStreamCreateWithPriority(cudaStream_t* pStream, unsigned int flags, int priority);
extern cudaError_t CUDARTAPI cudaStreamGetFlags(cudaStream_t hStream, unsigned int* flags);
extern cudaError_t CUDARTAPI cudaStreamGetPriority(cudaStream_t hStream, int* priority);
extern cudaError_t CUDARTAPI cudaStreamDestroy(cudaStream_t stream);
extern cudaError_t CUDARTAPI cudaStreamSynchronize(cudaStream_t stream);
extern cudaError_t CUDARTAPI cudaStreamQuery(cudaStream_t stream);
extern cudaError_t CUDARTAPI cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event,
                                                 unsigned int flags PINION_CUDA_DEFAULT(0));
extern cudaError_t CUDARTAPI cudaStreamAddCallback(cudaStream_t stream, cudaStreamCallback_t callback, void* userData,
                                                   unsigned int flags);
extern cudaError_t CUDARTAPI cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t fn, void* userData);

// Stream capture
extern cudaError_t CUDARTAPI cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode mode);
extern cudaError_t CUDARTAPI cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* pGraph);
extern cudaError_t CUDARTAPI cudaStreamIsCapturing(cudaStream_t stream, enum cudaStreamCaptureStatus* pCaptureStatus);
extern cudaError_t CUDARTAPI cudaStreamGetCaptureInfo(cudaStream_t stream, enum cudaStreamCaptureStatus* pCaptureStatus,
                                                      unsigned long long* pId);
extern cudaError_t CUDARTAPI cudaThreadExchangeStreamCaptureMode(enum cudaStreamCaptureMode* mode);

// Events
extern cudaError_t CUDARTAPI cudaEventCreate(cudaEvent_t* event);
extern cudaError_t CUDARTAPI cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags);
extern cudaError_t CUDARTAPI cudaEventRecord(cudaEvent_t event, cudaStream_t stream PINION_CUDA_DEFAULT(0));
extern cudaError_t CUDARTAPI cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream PINION_CUDA_DEFAULT(0),
                                                      unsigned int flags PINION_CUDA_DEFAULT(0));
extern cudaError_t CUDARTAPI cudaEventQuery(cudaEvent_t event);
extern cudaError_t CUDARTAPI cudaEventSynchronize(cudaEvent_t event);
extern cudaError_t CUDARTAPI cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end);
extern cudaError_t CUDARTAPI cudaEventDestroy(cudaEvent_t event);

// Graphs. CUDA 12 gives cudaGraphInstantiate another signature: call cudaGraphInstantiateWithFlags, which both have.
extern cudaError_t CUDARTAPI cudaGraphCreate(cudaGraph_t* pGraph, unsigned int flags);
extern cudaError_t CUDARTAPI cudaGraphDestroy(cudaGraph_t graph);
extern cudaError_t CUDARTAPI cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* numNodes);
extern cudaError_t CUDARTAPI cudaGraphNodeGetType(cudaGraphNode_t node, enum cudaGraphNodeType* pType);
extern cudaError_t CUDARTAPI cudaGraphNodeGetDependencies(cudaGraphNode_t node, cudaGraphNode_t* pDependencies,
                                                          size_t* pNumDependencies);
extern cudaError_t CUDARTAPI cudaGraphGetEdges(cudaGraph_t graph, cudaGraphNode_t* from, cudaGraphNode_t* to,
                                               size_t* numEdges);
extern cudaError_t CUDARTAPI cudaGraphInstantiate(cudaGraphExec_t* pGraphExec, cudaGraph_t graph,
                                                  cudaGraphNode_t* pErrorNode, char* pLogBuffer, size_t bufferSize);
extern cudaError_t CUDARTAPI cudaGraphInstantiateWithFlags(cudaGraphExec_t* pGraphExec, cudaGraph_t graph,
                                                           unsigned long long flags);
extern cudaError_t CUDARTAPI cudaGraphExecUpdate(cudaGraphExec_t hGraphExec, cudaGraph_t hGraph,
                                                 cudaGraphNode_t* hErrorNode_out,
                                                 enum cudaGraphExecUpdateResult* updateResult_out);
extern cudaError_t CUDARTAPI cudaGraphUpload(cudaGraphExec_t graphExec, cudaStream_t stream);
extern cudaError_t CUDARTAPI cudaGraphLaunch(cudaGraphExec_t graphExec, cudaStream_t stream);
extern cudaError_t CUDARTAPI cudaGraphExecDestroy(cudaGraphExec_t graphExec);

#if defined(__cplusplus)
}
#endif

#undef PINION_CUDA_DEFAULT

#endif
