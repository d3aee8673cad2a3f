// The execution contexts of a session: all of one profile, on one stream, over one scratch memory.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "cuda_resources.h"
#include "engine.h"

namespace pinion {

// TensorRT leaves undefined what a graph does whose context was modified after the capture: a context serves one user,
// except where the plan has too few copies of its profile.
struct PooledContext {
    std::unique_ptr<ExecutionContext> trt;
    int32_t users = 0;
};

class ContextPool;

// Gives the context back at the end of its life.
struct ContextRelease {
    ContextPool* pool = nullptr;
    void operator()(PooledContext* context) const noexcept;
};
using ContextLease = std::unique_ptr<PooledContext, ContextRelease>;

// Threads: one at a time. The engine's device is current in every call.
class ContextPool {
public:
    // Makes the first context, which the pool keeps: before TensorRT 8.6 it holds the session's copy of the profile.
    // The engine and the stream outlive the pool. allocateScratch comes before the first run.
    ContextPool(Engine& engine, int32_t profile, cudaStream_t stream);
    ContextPool(const ContextPool&) = delete;
    ContextPool& operator=(const ContextPool&) = delete;

    void allocateScratch();
    // A context without a user, or the one with the fewest if the plan has no further copy of the profile.
    ContextLease acquire();
    // Bytes of every tensor at the profile's largest shapes. Throws PN_UNSUPPORTED for a shape that only a run tells.
    std::vector<uint64_t> largestBytes();

private:
    friend struct ContextRelease;
    PooledContext& make();
    PooledContext& freest();
    void release(PooledContext& context) noexcept;

    Engine& engine_;
    const int32_t profile_;
    const cudaStream_t stream_;
    const int64_t scratchBytes_;
    DeviceMemory scratch_;  // one for all: one inference at a time
    std::vector<std::unique_ptr<PooledContext>> contexts_;
};

}  // namespace pinion
