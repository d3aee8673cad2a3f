#include "work.h"

#include <cstring>

#include "clock.h"
#include "device.h"
#include "event.h"
#include "graph.h"
#include "report.h"
#include "runtime.h"
#include "settings.h"

namespace hostcuda {
namespace {

thread_local bool hostFunctionRuns = false;

template <class Function>
void runHostFunction(Function&& function) {
    hostFunctionRuns = true;
    function();
    hostFunctionRuns = false;
}

// False when the device has failed, or fails now because a fault is scripted here.
bool mayRun(Device& device, FaultPoint point) {
    if (device.error() != cudaSuccess) {
        return false;
    }
    const cudaError_t fault = faultAtRun(point);
    if (fault != cudaSuccess) {
        device.fail(fault);
    }
    return fault == cudaSuccess;
}

struct Runner {
    const WorkContext& context;

    void operator()(const std::monostate&) const {}

    void operator()(const CopyWork& copy) const {
        if (mayRun(context.device, FaultPoint::kMemcpy)) {
            const int64_t start = nowNanos();
            std::memcpy(copy.to, copy.from, copy.bytes);
            context.device.delayCopy(copy.path, copy.bytes, start);
        }
    }

    void operator()(const FillWork& fill) const {
        if (mayRun(context.device, FaultPoint::kMemset)) {
            std::memset(fill.to, fill.value, fill.bytes);
        }
    }

    void operator()(const HostFunctionWork& work) const {
        if (mayRun(context.device, FaultPoint::kHostFunc)) {
            runHostFunction([&] { work.function(work.userData); });
        }
    }

    void operator()(const CallbackWork& work) const {
        runHostFunction([&] { work.callback(work.stream, context.device.error(), work.userData); });
    }

    void operator()(const RecordWork& work) const { work.event->stamp(context.stream, context.sequence); }

    void operator()(const WaitWork& work) const { work.stream->wait(work.sequence, WaitMode::kAuto); }

    void operator()(const WaitEventWork& work) const {
        const Event::Position position = work.event->position();
        // A launch that records the event itself has nothing to wait for.
        if (position.stream != nullptr && position.stream.get() != &context.stream) {
            position.stream->wait(position.sequence, WaitMode::kAuto);
        }
    }

    void operator()(const FreeWork& work) const {
        Allocation& memory = *work.allocation;
        runtime().memory.finishFree(work.allocation);
        runtime().device(memory.device).unreserve(memory.size);
        if (memory.inFlight.load() == 0) {
            memory.releaseStorage();
            return;
        }
        report("cudaFreeAsync of %p takes effect while another stream still uses the memory",
               static_cast<void*>(memory.base));
        context.device.fail(cudaErrorIllegalAddress);
    }

    void operator()(const LaunchWork& work) const {
        if (work.previous != nullptr) {
            work.previous->wait(work.previousSequence, WaitMode::kAuto);
        }
        mayRun(context.device, FaultPoint::kGraphLaunch);
        work.program->run(context);
        for (const auto& memory : work.program->memory) {
            memory->inFlight.fetch_sub(1);
        }
    }

    void operator()(const ChildGraphWork& work) const { work.program->run(context); }
};

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): a host function that throws ends the process, as documented.
void run(const Work& work, const WorkContext& context) noexcept {
    std::visit(Runner{context}, work);
}

bool insideHostFunction() {
    return hostFunctionRuns;
}

}  // namespace hostcuda
