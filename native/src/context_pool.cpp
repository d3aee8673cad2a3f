#include "context_pool.h"

#include <algorithm>

#include "error.h"
#include "text.h"

namespace pinion {

void ContextRelease::operator()(PooledContext* context) const noexcept {
    pool->release(*context);
}

ContextPool::ContextPool(Engine& engine, int32_t profile, cudaStream_t stream)
    : engine_(engine), profile_(profile), stream_(stream), scratchBytes_(engine.scratchBytes(profile)) {
    make();
}

void ContextPool::allocateScratch() {
    scratch_ = allocateDevice(static_cast<uint64_t>(scratchBytes_), "scratch memory");
    for (const auto& context : contexts_) {
        context->trt->setScratch(scratch_.get(), scratchBytes_);
    }
}

ContextLease ContextPool::acquire() {
    PooledContext& context = freest();
    ++context.users;
    return {&context, {this}};
}

PooledContext& ContextPool::freest() {
    PooledContext& best = **std::min_element(contexts_.begin(), contexts_.end(),
                                             [](const auto& a, const auto& b) { return a->users < b->users; });
    if (best.users == 0) {
        return best;
    }
    try {
        return make();
    } catch (const Error& error) {
        // Before 8.6 Pinion knows that no copy is left; of a plan that others built with 8.6, only TensorRT does.
        if (error.status() != PN_UNSUPPORTED && error.status() != PN_TENSORRT) {
            throw;
        }
        return best;
    }
}

PooledContext& ContextPool::make() {
    auto context = std::make_unique<PooledContext>();
    context->trt = engine_.createContext(profile_, stream_);
    if (scratch_) {
        context->trt->setScratch(scratch_.get(), scratchBytes_);
    }
    contexts_.push_back(std::move(context));
    return *contexts_.back();
}

void ContextPool::release(PooledContext& context) noexcept {
    if (--context.users == 0 && contexts_.size() > 1) {
        contexts_.erase(std::find_if(contexts_.begin(), contexts_.end(),
                                     [&context](const auto& candidate) { return candidate.get() == &context; }));
    }
}

// An output can be largest at other shapes than the largest inputs': all three of the profile's are asked.
std::vector<uint64_t> ContextPool::largestBytes() {
    ExecutionContext& context = *contexts_.front()->trt;
    const std::vector<TensorInfo>& tensors = engine_.tensors();
    std::vector<uint64_t> bytes(tensors.size());
    for (const auto extent : {&ProfileRange::min, &ProfileRange::opt, &ProfileRange::max}) {
        for (size_t i = 0; i < tensors.size(); ++i) {
            const auto number = static_cast<int32_t>(i);
            Dims dims = tensors[i].dims;
            if (tensors[i].mode == PN_TENSOR_OUTPUT) {
                dims = context.shape(number);
            } else if (isDynamic(tensors[i])) {
                dims = tensors[i].profiles[static_cast<size_t>(profile_)].*extent;
                context.setInputShape(number, dims);
            }
            if (std::any_of(dims.begin(), dims.begin() + tensors[i].rank, [](int64_t dim) { return dim < 0; })) {
                throw Error(PN_UNSUPPORTED, "output '" + tensors[i].name + "' has a shape (" +
                                                shapeText(dims, tensors[i].rank) +
                                                ") that depends on the values of inputs, not on their shapes alone");
            }
            bytes[i] = std::max(bytes[i], tensorBytes(tensors[i], dims));
        }
    }
    return bytes;
}

}  // namespace pinion
