#pragma once

#include <cstddef>
#include <string>

namespace hostcuda {

// Facts about the machine that stands in for a GPU; 0 or empty where the system does not tell.
const std::string& cpuName();
int cpuClockKhz();
int cpuCount();
int l2CacheBytes();
size_t machineMemory();
size_t machineMemoryAvailable();

}  // namespace hostcuda
