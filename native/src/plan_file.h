// Pinion's plan file: a small checked header in front of TensorRT's bytes, so that what does not fit is refused with
// both sides named, and damaged bytes never reach the deserializer.
//
// Layout, little-endian: the fixed part (plan_file.cpp), the JSON text, the metadata, zeros up to a multiple of 4096,
// TensorRT's bytes. One XXH64 covers everything before TensorRT's bytes, another one those.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "file.h"
#include "json.h"
#include "pinion/pinion.h"

namespace pinion {

constexpr int32_t kMaxTargets = 15;

// What must fit between a plan and the machine that loads it.
struct PlanHeader {
    bool raw = true;  // TensorRT's bytes alone: everything below is unknown
    int32_t tensorRtVersion = 0;
    int32_t tensorRtBuild = -1;  // the fourth number; -1 where it is not known
    int32_t sdk = PN_SDK_NVIDIA;
    // Whether it was compiled for compute capabilities, and not for the device that it was built on.
    bool forTargets = false;
    std::vector<int32_t> targets;  // 75 for SM 7.5; none stands for 8.0 and newer
    int32_t smMajor = 0;           // of that device
    int32_t smMinor = 0;
    int32_t hardwareCompatibility = PN_HARDWARE_SAME;
    bool versionCompatible = false;
    int32_t profileCopies = 1;  // TensorRT's profiles for each of the caller's
    std::string deviceName;
    std::string platform;      // "linux-x64"
    uint64_t payloadHash = 0;  // of TensorRT's bytes
    std::string json;          // one object with everything known of the build, for people and scripts
    // What others keep with the plan, by key: from the model at first, and added to later. UTF-8.
    std::map<std::string, std::string> metadata;
};

struct Plan {
    PlanHeader header;
    uint64_t payloadOffset = 0;
    uint64_t payloadBytes = 0;
    uint64_t payloadHash = 0;  // of a raw plan unknown
};

// Reads bytes at an offset, always within the plan.
using PlanReader = std::function<void(uint64_t offset, void* into, size_t bytes)>;

PlanReader readerOf(const void* plan);
PlanReader readerOf(InputFile& file);

// Reads and checks all but TensorRT's bytes. Throws PN_PLAN_CORRUPT with what was found.
Plan readPlan(uint64_t bytes, const PlanReader& read);
// Checks TensorRT's bytes through one small buffer. A raw plan has no checksum: it was checked for what is certainly
// none.
void verifyPayload(const Plan& plan, const PlanReader& read);

// Both.
Plan verifyPlan(const void* plan, uint64_t bytes);
Plan verifyPlan(InputFile& file);

// The whole file: header and payload.
std::vector<uint8_t> makePlanFile(const PlanHeader& header, const void* payload, uint64_t payloadBytes);

// The same plan with another value for a key, or without the key where there is no value. Throws PN_INVALID_ARGUMENT
// for a raw plan, which has no place for it, and for more than fits.
std::vector<uint8_t> withMetadata(const void* plan, uint64_t bytes, const std::string& key, const char* value);

// The header's JSON with the metadata, or what is to say of a raw plan.
std::string describePlan(const Plan& plan);
// The header's JSON with the metadata, its object still open. Not of a raw plan.
JsonWriter beginDescription(const PlanHeader& header);

// "linux-x64", of this build.
std::string platformName();
const char* sdkName(int32_t sdk);

// Throws PN_PLAN_MISMATCH with built-with and running-on unless a plan fits what runs here.
void checkPlanFits(const PlanHeader& plan, const PlanHeader& running);
// The version in the first bytes of a plan of NVIDIA's TensorRT, which alone has four numbers before TensorRT 10; false
// for other bytes.
bool readStampedVersion(const void* payload, uint64_t bytes, int32_t& outVersion, int32_t& outBuild);
// "TensorRT 8.6.1.6 (nvidia), Tesla T4 (SM 7.5), linux-x64", or for targets "TensorRT 1.6.1 (rtx), SM 8.0 and 8.9"
std::string planOrigin(const PlanHeader& header);
// "7.5" for 75.
std::string capabilityText(int32_t target);
// "SM 7.5 and 8.9", or what no targets stand for.
std::string targetsText(const std::vector<int32_t>& targets);

}  // namespace pinion
