// How many CPUs this process may use.
#pragma once

#include <string>

namespace pinion_host_tensorrt {

// Those of the affinity mask, but no more than the cgroup's quota rounded up; at least 1.
int usableCpus();

// The quota that a file of a cgroup holds, in CPUs rounded up: cpu.max, or version 1's quota and period in
// microseconds. 0 without a limit.
int quotaCpus(const std::string& quota, const std::string& period);

}  // namespace pinion_host_tensorrt
