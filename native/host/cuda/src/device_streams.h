#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "device.h"
#include "stream.h"
#include "work.h"

namespace hostcuda {

// A new stream and its worker thread, which keeps it alive until it is closed and its queue has drained.
std::shared_ptr<Stream> createStream(Device& device, Stream::Kind kind);

// Every stream of a device whose worker still runs, destroyed ones that drain included.
std::vector<std::shared_ptr<Stream>> streamsOf(const Device& device);
void waitIdle(const Device& device, WaitMode mode);

// The legacy default stream, created on first use; or null if nobody has used it yet.
std::shared_ptr<Stream> legacyStream(Device& device);
std::shared_ptr<Stream> legacyStreamIfUsed(const Device& device);

// The calling thread's own default stream, created on first use; it drains and ends with the thread.
std::shared_ptr<Stream> perThreadStream(Device& device);

// Makes the next operation of `stream` wait for what the legacy default stream's rules put before it.
void orderWithLegacyStream(const std::shared_ptr<Stream>& stream);

// Submits to the stream, after the legacy stream's ordering.
template <class OnNumber>
cudaError_t submit(const std::shared_ptr<Stream>& stream, Work&& work, OnNumber&& onNumber) {
    orderWithLegacyStream(stream);
    return stream->submit(std::move(work), std::forward<OnNumber>(onNumber)) != 0 ? cudaSuccess
                                                                                  : cudaErrorContextIsDestroyed;
}

}  // namespace hostcuda
