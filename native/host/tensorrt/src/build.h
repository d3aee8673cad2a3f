// From a network and a configuration to a plan.
#pragma once

#include <string>

#include "builder_config.h"
#include "network.h"
#include "plan.h"

namespace pinion_host_tensorrt {

// Throws a Refusal for what TensorRT's builder would refuse, and Cancelled when the progress monitor says so.
std::string buildPlan(const NetworkState& network, ConfigState& config);

// The checks alone.
void checkBuild(const NetworkState& network, const ConfigState& config);

}  // namespace pinion_host_tensorrt
