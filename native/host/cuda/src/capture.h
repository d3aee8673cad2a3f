#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "cuda_runtime_api.h"
#include "graph.h"

namespace hostcuda {

class Event;
class Stream;

// One capture sequence, from cudaStreamBeginCapture to cudaStreamEndCapture. Guarded by captureMutex().
class Capture {
public:
    Capture(std::shared_ptr<Stream> origin, cudaStreamCaptureMode mode);

    void invalidate() { valid = false; }

    // Appends a node behind what `stream` has captured so far.
    void record(Stream& stream, Work&& work);
    // Lets `stream` take part, or adds to what its next node depends on.
    void join(const std::shared_ptr<Stream>& stream, const std::vector<uint32_t>& dependencies);
    const std::vector<uint32_t>& dependenciesOf(const Stream& stream) const;
    // True when every node leads to the origin stream's last ones.
    bool isJoined() const;

    const uint64_t id;
    const std::shared_ptr<Stream> origin;
    const cudaStreamCaptureMode mode;
    const std::thread::id owner;
    bool valid = true;
    bool ended = false;
    GraphNodes nodes;
    std::vector<std::pair<std::shared_ptr<Stream>, std::vector<uint32_t>>> streams;
};

std::mutex& captureMutex();

// Cheap test for the hot path: is any capture under way?
bool anyCapture();

// The calling thread's interaction mode, see cudaThreadExchangeStreamCaptureMode.
cudaStreamCaptureMode exchangeCaptureMode(cudaStreamCaptureMode mode);

cudaError_t beginCapture(const std::shared_ptr<Stream>& stream, cudaStreamCaptureMode mode);
cudaError_t endCapture(const std::shared_ptr<Stream>& stream, cudaError_t scripted, std::shared_ptr<Graph>& graph);

// Ends a capture without a graph because its origin stream is destroyed; a joined stream invalidates it.
void abandonCapture(const std::shared_ptr<Stream>& stream);

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

// An event record on a capturing stream is a dependency only. Sets `captured` if the stream is capturing.
cudaError_t captureRecord(const std::shared_ptr<Stream>& stream, Event& event, bool& captured);
// An ordinary record takes the event out of the capture it was in.
void forgetCapture(Event& event);

// A wait for a captured event joins the stream to the capture. Sets `captured` unless the wait is an ordinary one.
cudaError_t captureWait(const std::shared_ptr<Stream>& stream, Event& event, bool& captured);

}  // namespace hostcuda
