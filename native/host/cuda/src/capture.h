#pragma once

#include <memory>

#include "cuda_runtime_api.h"
#include "event.h"
#include "graph.h"
#include "stream.h"
#include "work.h"

namespace hostcuda {

// Stream captures, from cudaStreamBeginCapture to cudaStreamEndCapture, and what a capture forbids elsewhere.

// Cheap test for the hot path: is any capture under way?
bool anyCapture();

// The calling thread's interaction mode, see cudaThreadExchangeStreamCaptureMode.
cudaStreamCaptureMode exchangeCaptureMode(cudaStreamCaptureMode mode);

cudaError_t beginCapture(const std::shared_ptr<Stream>& stream, cudaStreamCaptureMode mode);
cudaError_t endCapture(const std::shared_ptr<Stream>& stream, cudaError_t scripted, std::shared_ptr<Graph>& graph);

// Ends a capture without a graph because its origin stream is destroyed; a joined stream invalidates it.
void abandonCapture(const Stream& stream);

bool isCapturing(const Stream& stream);
// Sets the id where the stream is capturing.
cudaStreamCaptureStatus captureStatus(const Stream& stream, unsigned long long& id);

// Refuses a call that captures forbid (an allocation, a wait for an unrelated stream) and invalidates them.
cudaError_t refuseIfUnsafe();

// Refuses to wait for or query a stream that is being captured, and invalidates the capture.
cudaError_t refuseIfCapturing(const Stream& stream);

// Refuses to wait for a whole device while one of its streams is being captured.
cudaError_t refuseIfDeviceCapturing(int device);

// Refuses use of the legacy stream while a blocking stream of its device is being captured.
// A mere status query does not invalidate that capture.
cudaError_t refuseLegacyUse(int device, bool invalidate);

// Refuses to wait for or query an event that was last recorded in a capture, and invalidates that capture.
cudaError_t refuseIfCaptured(const Event& event);

// Records the work into the capture that `stream` takes part in. Sets `captured` if there is one, also when the
// capture is invalid and the call fails. Refuses legacy-stream use that a capture forbids.
cudaError_t captureInstead(const Stream& stream, Work& work, bool& captured);

// Records the work, or submits it where nothing is captured.
cudaError_t enqueue(const std::shared_ptr<Stream>& stream, Work&& work);

// An event record on a capturing stream is a dependency only. Sets `captured` if the stream is capturing.
cudaError_t captureRecord(const Stream& stream, Event& event, bool& captured);
// An ordinary record takes the event out of the capture it was in.
void forgetCapture(Event& event);

// A wait for a captured event joins the stream to the capture. Sets `captured` unless the wait is an ordinary one.
cudaError_t captureWait(const std::shared_ptr<Stream>& stream, const Event& event, bool& captured);

}  // namespace hostcuda
