// The phases of a build, as told to a progress monitor, which can cancel the build after every step.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "builder_config.h"

namespace pinion_host_tensorrt {

// Thrown by a step that the monitor cancelled; not an error.
class Cancelled : public std::runtime_error {
public:
    Cancelled() : std::runtime_error("the progress monitor cancelled the build") {}
};

class Progress {
public:
    explicit Progress(const ConfigState& config);
    // Finishes the phases still open, as the monitor is promised, also when a build fails or is cancelled.
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void begin(const std::string& phase, int32_t steps);
    // Waits the scripted build delay, then reports the next step of the innermost phase.
    void step();
    void end() noexcept;

private:
    struct Phase {
        std::string name;
        int32_t next = 0;
    };

    const ConfigState& config_;
    std::vector<Phase> open_;
};

}  // namespace pinion_host_tensorrt
