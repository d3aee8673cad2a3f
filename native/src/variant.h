// Input shapes that a session has prepared, with all that a run of them needs.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "context_pool.h"
#include "cuda_resources.h"
#include "session_memory.h"
#include "tensor_info.h"

namespace pinion {

struct Variant {
    // How far its context is ready for it.
    enum class Setup {
        stale,   // has another variant's shapes, or former addresses
        active,  // has this variant's; the next run captures the graph
        settled  // and the graph is captured, if one is wanted
    };

    // Both by tensor number, inputs first. They never change.
    std::vector<Dims> shapes;
    std::vector<uint64_t> bytes;
    ContextLease context;  // before the graph, which uses it
    std::vector<Copy> copiesIn;
    std::vector<Copy> copiesOut;
    GraphExec graphs[2];                   // of runs without and with device times; empty: plain enqueue
    std::atomic<bool> graphWanted{false};  // false after a failure: plain enqueues from then on
    Setup setup = Setup::stale;
    bool isPrepared = false;  // else only admitted: it has not run yet, and wants no graph
    double firstRunMs = 0;    // of its preparation
    int64_t deviceBytes = 0;

    GraphExec& graph(bool timed) noexcept { return graphs[timed ? 1 : 0]; }
    void resetGraphs() noexcept {
        for (GraphExec& graph : graphs) {
            graph.reset();
        }
    }
    // From now on without a graph.
    void dropGraphs() noexcept {
        graphWanted = false;
        resetGraphs();
    }
};

// Shapes of all inputs, checked against the profile: those given, and the static ones. Throws PN_INVALID_ARGUMENT.
std::vector<Dims> resolveInputShapes(const std::vector<TensorInfo>& tensors, int32_t inputCount, int32_t profile,
                                     const pn_shape* shapes, int32_t count);

}  // namespace pinion
