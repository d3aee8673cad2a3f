#include "running.h"

#include "device.h"
#include "sdk.h"
#include "tensorrt_compat.h"

namespace pinion {

PlanHeader runningHeader(int32_t device) {
    const pn_device_info info = deviceInfo(device);
    PlanHeader header;
    header.raw = false;
    header.tensorRtVersion = tensorRtLoaded();
    header.sdk = kSdk;
    header.smMajor = info.sm_major;
    header.smMinor = info.sm_minor;
    header.deviceName = info.name;
    header.platform = platformName();
    return header;
}

void writeOrigin(JsonWriter& json, const PlanHeader& header) {
    json.member("tensorrt", versionText(header.tensorRtVersion))
        .member("sdk", sdkName(header.sdk))
        .member("device", header.deviceName)
        .member("sm", std::to_string(header.smMajor) + "." + std::to_string(header.smMinor))
        .member("platform", header.platform);
}

}  // namespace pinion
