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

// DeviceScope for destructors, which have no way to report a failing cudaSetDevice.
class ReleaseScope {
public:
    explicit ReleaseScope(int32_t device) noexcept;
    ~ReleaseScope();
    ReleaseScope(const ReleaseScope&) = delete;
    ReleaseScope& operator=(const ReleaseScope&) = delete;

private:
    int32_t former_ = 0;
};

// DeviceScope for the hot path: nothing at all with one device, one query if the device is current already.
class HotDeviceScope {
public:
    HotDeviceScope(bool manyDevices, int32_t device) {
        if (manyDevices) {
            enter(device);
        }
    }
    ~HotDeviceScope() {
        if (isChanged_) {
            leave();
        }
    }
    HotDeviceScope(const HotDeviceScope&) = delete;
    HotDeviceScope& operator=(const HotDeviceScope&) = delete;

private:
    void enter(int32_t device);
    void leave() noexcept;

    int32_t former_ = 0;
    bool isChanged_ = false;
};

}  // namespace pinion
