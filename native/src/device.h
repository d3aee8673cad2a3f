// CUDA devices: enumeration, and the current device of a thread.
#pragma once

#include <cstdint>

#include "pinion/pinion.h"

namespace pinion {

// Throws PN_NO_DEVICE with CUDA's own words when there is none.
int32_t deviceCount();

pn_device_info deviceInfo(int32_t device);

// Makes a device current for this thread and goes back afterwards. Throws PN_INVALID_ARGUMENT for an unknown index.
class DeviceScope {
public:
    explicit DeviceScope(int32_t device);
    ~DeviceScope();
    DeviceScope(const DeviceScope&) = delete;
    DeviceScope& operator=(const DeviceScope&) = delete;

private:
    int32_t former_ = 0;
};

}  // namespace pinion
