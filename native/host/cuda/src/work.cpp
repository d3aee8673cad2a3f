#include "work.h"

#include <algorithm>
#include <cstring>

#include "clock.h"
#include "report.h"
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
        // Operations of one stream are in order; and a launch that waited for a record of its own would never end.
        if (position.stream != nullptr && position.stream.get() != &context.stream) {
            position.stream->wait(position.sequence, WaitMode::kAuto);
        }
    }

    void operator()(const FreeWork& work) const {
        Allocation& memory = *work.allocation;
        memoryRegistry().finishFree(work.allocation);
        deviceAt(memory.device).unreserve(memory.size);
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

template <class T>
void addOnce(std::vector<std::shared_ptr<T>>& list, const std::shared_ptr<T>& item) {
    if (item != nullptr && std::find(list.begin(), list.end(), item) == list.end()) {
        list.push_back(item);
    }
}

// Collects what a program must hold while it runs.
struct Collector {
    GraphProgram& program;

    void operator()(const CopyWork& work) const {
        addOnce(program.memory, work.toUse.allocation());
        addOnce(program.memory, work.fromUse.allocation());
    }
    void operator()(const FillWork& work) const { addOnce(program.memory, work.use.allocation()); }
    void operator()(const RecordWork& work) const { addOnce(program.recorded, work.event); }
    void operator()(const ChildGraphWork& work) const {
        for (const auto& memory : work.program->memory) {
            addOnce(program.memory, memory);
        }
        for (const auto& event : work.program->recorded) {
            addOnce(program.recorded, event);
        }
    }
    template <class T>
    void operator()(const T&) const {}
};

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): a host function that throws ends the process, as documented.
void run(const Work& work, const WorkContext& context) noexcept {
    std::visit(Runner{context}, work);
}

GraphProgram::GraphProgram(GraphNodes graphNodes) : nodes(std::move(graphNodes)) {
    for (const auto& node : nodes) {
        std::visit(Collector{*this}, node->work);
    }
}

void GraphProgram::run(const WorkContext& context) const {
    for (const auto& node : nodes) {
        hostcuda::run(node->work, context);
    }
}

bool insideHostFunction() {
    return hostFunctionRuns;
}

}  // namespace hostcuda
