#include "running.h"

#include "device.h"
#include "sdk.h"
#include "tensorrt_compat.h"

namespace pinion {

namespace {

PlanHeader headerHere() {
    PlanHeader header;
    header.raw = false;
    header.tensorRtVersion = tensorRtLoaded();
    header.tensorRtBuild = tensorRtBuild();
    header.sdk = kSdk;
    header.platform = platformName();
    return header;
}

}  // namespace

PlanHeader runningHeader(int32_t device) {
    const pn_device_info info = deviceInfo(device);
    PlanHeader header = headerHere();
    header.smMajor = info.sm_major;
    header.smMinor = info.sm_minor;
    header.deviceName = info.name;
    return header;
}

PlanHeader builtHeader(int32_t device, const std::vector<int32_t>& targets) {
    if (!kBuildsForTargets) {
        return runningHeader(device);
    }
    PlanHeader header = headerHere();
    header.forTargets = true;
    header.targets = targets;
    return header;
}

void writeOrigin(JsonWriter& json, const PlanHeader& header) {
    json.member("tensorrt", versionText(header.tensorRtVersion));
    if (header.tensorRtBuild >= 0) {
        json.member("tensorrtBuild", header.tensorRtBuild);
    }
    json.member("sdk", sdkName(header.sdk));
    if (header.forTargets) {
        json.key("targets").beginArray();
        for (const int32_t target : header.targets) {
            json.value(capabilityText(target));
        }
        json.endArray();
    } else {
        json.member("device", header.deviceName)
            .member("sm", std::to_string(header.smMajor) + "." + std::to_string(header.smMinor));
    }
    json.member("platform", header.platform);
}

}  // namespace pinion
