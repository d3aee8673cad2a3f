#include "progress.h"

#include <chrono>
#include <thread>

#include "faults.h"

namespace pinion_host_tensorrt {

Progress::Progress(const ConfigState& config) : config_(config) {}

Progress::~Progress() {
    while (!open_.empty()) {
        end();
    }
}

void Progress::begin(const std::string& phase, int32_t steps) {
#if PINION_TRT_SINCE(10, 0)
    if (config_.monitor != nullptr) {
        config_.monitor->phaseStart(phase.c_str(), open_.empty() ? nullptr : open_.back().name.c_str(), steps);
    }
#else
    static_cast<void>(steps);
#endif
    open_.push_back({phase, 0});
    config_.log.verbose("Build phase begins: " + phase + ".");
}

void Progress::step() {
    if (const int64_t delay = buildDelayMilliseconds(); delay > 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    }
    Phase& phase = open_.back();
    const int32_t step = phase.next++;
#if PINION_TRT_SINCE(10, 0)
    if (config_.monitor != nullptr && !config_.monitor->stepComplete(phase.name.c_str(), step)) {
        throw Cancelled();
    }
#else
    static_cast<void>(step);
#endif
}

void Progress::end() noexcept {
#if PINION_TRT_SINCE(10, 0)
    if (config_.monitor != nullptr) {
        config_.monitor->phaseFinish(open_.back().name.c_str());
    }
#endif
    open_.pop_back();
}

}  // namespace pinion_host_tensorrt
