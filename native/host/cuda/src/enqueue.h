#pragma once

#include <memory>
#include <utility>

#include "stream.h"
#include "work.h"

namespace hostcuda {

// Makes the next operation of `stream` wait for what the legacy default stream's rules put before it.
void orderWithLegacyStream(const std::shared_ptr<Stream>& stream);

// Records the work into the capture that `stream` takes part in. Sets `captured` if there is one, also when the
// capture is invalid and the call fails. Refuses legacy-stream use that a capture forbids.
cudaError_t captureInstead(const std::shared_ptr<Stream>& stream, Work& work, bool& captured);

// Submits to the stream, after the legacy stream's ordering.
template <class OnNumber>
cudaError_t submit(const std::shared_ptr<Stream>& stream, Work&& work, OnNumber&& onNumber) {
    orderWithLegacyStream(stream);
    return stream->submit(std::move(work), std::forward<OnNumber>(onNumber)) != 0 ? cudaSuccess
                                                                                  : cudaErrorContextIsDestroyed;
}

// Records or submits.
cudaError_t enqueue(const std::shared_ptr<Stream>& stream, Work&& work);

}  // namespace hostcuda
