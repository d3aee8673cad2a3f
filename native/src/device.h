// CUDA devices: enumeration, and the current device of a thread.
#pragma once

#include <cstdint>
#include <memory>

#include "pinion/pinion.h"

namespace pinion {

// Throws PN_NO_DEVICE with CUDA's own words when there is none.
int32_t deviceCount();

// What needs no primary context on the device.
pn_device_info deviceInfo(int32_t device);

// Free and total memory in bytes. Makes the device's primary context, unlike the functions above.
void deviceMemory(int32_t device, int64_t& outFree, int64_t& outTotal);

// Makes a device current for this thread, and leaves it so: to go back would make a primary context on the device that
// was current before, 0 on most threads, which costs memory and start-up time there, and fails where another process
// has it. Throws PN_INVALID_ARGUMENT for an unknown index.
void useDevice(int32_t device);

// For destructors, which have no way to report a failure. False once CUDA has been unloaded, for static objects that
// end after it: TensorRT's objects must then be left as they are, since their ends call CUDA.
bool useDeviceToRelease(int32_t device) noexcept;

// Leaves an object without an end, though reachable, so that leak checkers know it.
void leave(std::shared_ptr<void> object);

// For an index that useDevice took.
void useKnownDevice(int32_t device);

// For the hot path: nothing at all with one device, one query if the device is current already.
inline void useDeviceHot(bool manyDevices, int32_t device) {
    if (manyDevices) {
        useKnownDevice(device);
    }
}

}  // namespace pinion
