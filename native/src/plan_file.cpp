#include "plan_file.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <numeric>
#include <string_view>

#include "error.h"
#include "hash.h"
#include "tensorrt_compat.h"
#include "text.h"

namespace pinion {
namespace {

// Like PNG's: a high bit, CR LF and an end-of-file character reveal a transfer that meddled with the bytes.
constexpr uint8_t kMagic[8] = {0x89, 'P', 'L', 'A', 'N', '\r', '\n', 0x1a};
constexpr uint32_t kHeaderVersion = 5;
constexpr uint32_t kAlignment = 4096;
constexpr uint32_t kMaxHeaderBytes = 64u << 20;
constexpr uint32_t kMaxMetadataBytes = 16u << 20;
constexpr size_t kBufferBytes = size_t{1} << 20;
// No engine is smaller; an aborted download often is.
constexpr uint64_t kMinRawBytes = 64;

// The fixed part. Every header version begins with the fields up to and including headerHash.
struct FileHeader {
    uint8_t magic[8];
    uint32_t headerVersion;
    uint32_t payloadOffset;
    uint64_t payloadBytes;
    uint64_t payloadHash;
    uint64_t headerHash;  // of everything before the payload, with this field zero
    int32_t tensorRtVersion;
    int32_t sdk;
    int32_t smMajor;
    int32_t smMinor;
    int32_t hardwareCompatibility;
    int32_t versionCompatible;
    int32_t profileCopies;
    uint32_t jsonBytes;
    char deviceName[256];
    char platform[32];
    uint16_t forTargets;
    uint16_t targetCount;
    int32_t targets[kMaxTargets];
    int32_t tensorRtBuild;
    uint32_t metadataBytes;
};
static_assert(sizeof(FileHeader) == 432, "the file format depends on it");

[[noreturn]] void corrupt(const std::string& message) {
    throw Error(PN_PLAN_CORRUPT, message);
}

// The first bytes, as a person would recognize them.
std::string hexOf(const uint8_t* data, size_t bytes) {
    std::string text;
    for (size_t i = 0; i < bytes; ++i) {
        text += i == 0 ? "" : " ";
        text += "0123456789abcdef"[data[i] >> 4];
        text += "0123456789abcdef"[data[i] & 15];
    }
    return text;
}

// ONNX is protobuf: field 1 (IR version, a small number) comes first in what every exporter writes.
bool looksLikeOnnx(const uint8_t* data) {
    return data[0] == 0x08 && data[1] > 0 && data[1] < 32 && data[2] != 0;
}

void refuseForeign(const uint8_t* start, uint64_t bytes) {
    if (looksLikeOnnx(start)) {
        corrupt("this looks like an ONNX model, not a plan: build it first");
    }
    if (std::memcmp(start, "PK\x03\x04", 4) == 0) {
        corrupt("this is a ZIP archive, not a plan");
    }
    if (std::all_of(start, start + 16,
                    [](uint8_t c) { return c == '\t' || c == '\n' || c == '\r' || (c >= 32 && c < 127); })) {
        corrupt("this is text, not a plan: it begins with \"" + std::string(reinterpret_cast<const char*>(start), 16) +
                "\"");
    }
    if (std::all_of(start, start + 16, [](uint8_t c) { return c == 0; })) {
        corrupt("this is not a plan: it begins with zeros (bytes " + hexOf(start, 4) + ", " + std::to_string(bytes) +
                " bytes in all)");
    }
}

uint64_t hashRange(const PlanReader& read, uint64_t offset, uint64_t bytes) {
    std::vector<uint8_t> buffer(static_cast<size_t>(std::min<uint64_t>(bytes, kBufferBytes)));
    Xxh64 hash;
    while (bytes > 0) {
        const auto count = static_cast<size_t>(std::min<uint64_t>(bytes, buffer.size()));
        read(offset, buffer.data(), count);
        hash.update(buffer.data(), count);
        offset += count;
        bytes -= count;
    }
    return hash.digest();
}

// With zeros in the place of the hash itself.
uint64_t headerHash(const std::vector<uint8_t>& bytes) {
    constexpr uint8_t kZeros[sizeof(FileHeader::headerHash)] = {};
    constexpr size_t kStart = offsetof(FileHeader, headerHash);
    constexpr size_t kEnd = kStart + sizeof(kZeros);
    Xxh64 hash;
    hash.update(bytes.data(), kStart);
    hash.update(kZeros, sizeof(kZeros));
    hash.update(bytes.data() + kEnd, bytes.size() - kEnd);
    return hash.digest();
}

template <size_t Size>
void putText(char (&field)[Size], const std::string& text) {
    std::memcpy(field, text.data(), std::min(text.size(), Size - 1));
}

template <size_t Size>
std::string getText(const char (&field)[Size]) {
    return {field, std::find(field, field + Size, '\0')};
}

// Each as two lengths, key and value.
std::string packMetadata(const std::map<std::string, std::string>& metadata) {
    std::string packed;
    for (const auto& [key, value] : metadata) {
        for (const std::string* const text : {&key, &value}) {
            const auto length = static_cast<uint32_t>(text->size());
            packed.append(reinterpret_cast<const char*>(&length), sizeof(length));
        }
        packed += key;
        packed += value;
    }
    return packed;
}

std::map<std::string, std::string> unpackMetadata(std::string_view packed) {
    std::map<std::string, std::string> metadata;
    while (!packed.empty()) {
        uint32_t lengths[2] = {};
        if (packed.size() < sizeof(lengths)) {
            corrupt("the plan's header is damaged");
        }
        std::memcpy(lengths, packed.data(), sizeof(lengths));
        packed.remove_prefix(sizeof(lengths));
        if (lengths[0] > packed.size() || lengths[1] > packed.size() - lengths[0]) {
            corrupt("the plan's header is damaged");
        }
        metadata.emplace(packed.substr(0, lengths[0]), packed.substr(lengths[0], lengths[1]));
        packed.remove_prefix(size_t{lengths[0]} + lengths[1]);
    }
    return metadata;
}

PlanHeader toPlanHeader(const FileHeader& file, const std::vector<uint8_t>& bytes) {
    PlanHeader header;
    header.raw = false;
    header.tensorRtVersion = file.tensorRtVersion;
    header.tensorRtBuild = file.tensorRtBuild;
    header.sdk = file.sdk;
    header.smMajor = file.smMajor;
    header.smMinor = file.smMinor;
    header.hardwareCompatibility = file.hardwareCompatibility;
    header.versionCompatible = file.versionCompatible != 0;
    header.profileCopies = file.profileCopies;
    header.forTargets = file.forTargets != 0;
    header.targets.assign(file.targets, file.targets + file.targetCount);
    header.payloadHash = file.payloadHash;
    header.deviceName = getText(file.deviceName);
    header.platform = getText(file.platform);
    const std::string_view texts(reinterpret_cast<const char*>(bytes.data()) + sizeof(FileHeader),
                                 size_t{file.jsonBytes} + file.metadataBytes);
    header.json = texts.substr(0, file.jsonBytes);
    header.metadata = unpackMetadata(texts.substr(file.jsonBytes));
    return header;
}

Plan readOwn(uint64_t bytes, const PlanReader& read) {
    FileHeader file{};
    if (bytes < sizeof(file)) {
        corrupt("the plan is truncated: " + std::to_string(bytes) + " bytes, less than its header");
    }
    read(0, &file, sizeof(file));
    if (file.payloadOffset < sizeof(file) || file.payloadOffset > kMaxHeaderBytes) {
        corrupt("the plan's header is damaged");
    }
    if (bytes < file.payloadOffset) {
        corrupt("the plan is truncated: " + std::to_string(bytes) + " bytes, of a header of " +
                std::to_string(file.payloadOffset));
    }
    std::vector<uint8_t> head(file.payloadOffset);
    read(0, head.data(), head.size());
    if (headerHash(head) != file.headerHash) {
        corrupt("the plan's header is damaged: its checksum does not match");
    }
    if (file.headerVersion != kHeaderVersion) {
        throw Error(PN_PLAN_MISMATCH, "the plan has header version " + std::to_string(file.headerVersion) +
                                          "; this Pinion reads version " + std::to_string(kHeaderVersion) +
                                          ": build the plan with the same release");
    }
    const uint64_t textBytes = uint64_t{file.jsonBytes} + file.metadataBytes;
    if (textBytes > head.size() - sizeof(file) || file.profileCopies < 1 || file.targetCount > kMaxTargets) {
        corrupt("the plan's header is damaged");
    }
    const uint64_t present = bytes - file.payloadOffset;
    if (present != file.payloadBytes) {
        corrupt(std::string("the plan is ") + (present < file.payloadBytes ? "truncated" : "too long") + ": " +
                std::to_string(present) + " bytes of TensorRT's, where the header says " +
                std::to_string(file.payloadBytes));
    }
    return {toPlanHeader(file, head), file.payloadOffset, file.payloadBytes, file.payloadHash};
}

// NVIDIA compiles for SM 8.0, 8.6, 8.9, 12.0 and later unless told otherwise: neither Hopper nor its data center
// successor.
bool isTarget(const PlanHeader& plan, const PlanHeader& running) {
    if (plan.targets.empty()) {
        return running.smMajor == 8 || running.smMajor >= 12;
    }
    return std::find(plan.targets.begin(), plan.targets.end(), running.smMajor * 10 + running.smMinor) !=
           plan.targets.end();
}

// TensorRT refuses a plan for a difference of the fourth number too.
bool isOtherBuild(const PlanHeader& plan, const PlanHeader& running) {
    return plan.tensorRtBuild >= 0 && running.tensorRtBuild >= 0 && plan.tensorRtBuild != running.tensorRtBuild;
}

// Why a plan does not fit, or "".
std::string misfit(const PlanHeader& plan, const PlanHeader& running) {
    if (plan.sdk != running.sdk) {
        return std::string("it was built with the ") + sdkName(plan.sdk) + " SDK";
    }
    if (plan.forTargets) {
        // Such a plan runs on every operating system, and with its own release alone.
        if (plan.tensorRtVersion != running.tensorRtVersion || isOtherBuild(plan, running)) {
            return "it was built with another release of TensorRT for RTX";
        }
        return isTarget(plan, running) ? "" : "its targets are " + targetsText(plan.targets);
    }
    if (plan.platform != running.platform) {
        return "it was built on another platform";
    }
    if ((plan.tensorRtVersion != running.tensorRtVersion || isOtherBuild(plan, running)) &&
        !(plan.versionCompatible && running.tensorRtVersion >= plan.tensorRtVersion)) {
        return "it was built with another TensorRT version";
    }
    const bool isSameSm = plan.smMajor == running.smMajor && plan.smMinor == running.smMinor;
    const bool isAmperePlus = plan.hardwareCompatibility == PN_HARDWARE_AMPERE_PLUS && running.smMajor >= 8;
    return isSameSm || isAmperePlus ? "" : "it was built on a device of another compute capability";
}

}  // namespace

PlanReader readerOf(const void* plan) {
    return [plan](uint64_t offset, void* into, size_t count) {
        std::memcpy(into, static_cast<const uint8_t*>(plan) + offset, count);
    };
}

PlanReader readerOf(InputFile& file) {
    return [&file](uint64_t offset, void* into, size_t bytes) { file.readAt(offset, into, bytes); };
}

Plan readPlan(uint64_t bytes, const PlanReader& read) {
    if (bytes == 0) {
        corrupt("the plan is empty");
    }
    uint8_t start[16] = {};
    read(0, start, static_cast<size_t>(std::min<uint64_t>(bytes, sizeof(start))));
    // A truncated file may hold only a part of the magic; compared as far as it goes.
    if (std::memcmp(start, kMagic, static_cast<size_t>(std::min<uint64_t>(bytes, sizeof(kMagic)))) == 0) {
        return readOwn(bytes, read);
    }
    // A few damaged bytes do not make it a raw plan, which has no checksum.
    const auto intact = std::inner_product(start, start + sizeof(kMagic), kMagic, 0, std::plus<>(), std::equal_to<>());
    if (intact > static_cast<int>(sizeof(kMagic)) / 2) {
        corrupt("the plan's header is damaged: it begins with " + hexOf(start, sizeof(kMagic)));
    }
    if (bytes < kMinRawBytes) {
        corrupt("this is not a plan: " + std::to_string(bytes) + " bytes, beginning with " +
                hexOf(start, static_cast<size_t>(std::min<uint64_t>(bytes, 4))));
    }
    refuseForeign(start, bytes);
    return {PlanHeader{}, 0, bytes, 0};
}

void verifyPayload(const Plan& plan, const PlanReader& read) {
    if (!plan.header.raw && hashRange(read, plan.payloadOffset, plan.payloadBytes) != plan.payloadHash) {
        corrupt("the plan is damaged: the checksum of TensorRT's bytes does not match");
    }
}

namespace {

Plan verified(uint64_t bytes, const PlanReader& read) {
    Plan plan = readPlan(bytes, read);
    verifyPayload(plan, read);
    return plan;
}

}  // namespace

Plan verifyPlan(const void* plan, uint64_t bytes) {
    return verified(bytes, readerOf(plan));
}

Plan verifyPlan(InputFile& file) {
    return verified(file.size(), readerOf(file));
}

std::vector<uint8_t> makePlanFile(const PlanHeader& header, const void* payload, uint64_t payloadBytes) {
    const std::string metadata = packMetadata(header.metadata);
    if (metadata.size() > kMaxMetadataBytes) {
        throw Error(PN_INVALID_ARGUMENT, "the plan's metadata would have " + std::to_string(metadata.size()) +
                                             " bytes, and at most " + std::to_string(kMaxMetadataBytes) + " fit");
    }
    const uint64_t textBytes = header.json.size() + metadata.size();
    const uint64_t headerBytes = (sizeof(FileHeader) + textBytes + kAlignment - 1) / kAlignment * kAlignment;
    if (headerBytes > kMaxHeaderBytes) {
        throw Error(PN_INTERNAL, "the plan's description has " + std::to_string(header.json.size()) + " bytes");
    }
    FileHeader file{};
    std::memcpy(file.magic, kMagic, sizeof(kMagic));
    file.headerVersion = kHeaderVersion;
    file.payloadOffset = static_cast<uint32_t>(headerBytes);
    file.payloadBytes = payloadBytes;
    Xxh64 hash;
    hash.update(payload, static_cast<size_t>(payloadBytes));
    file.payloadHash = hash.digest();
    file.tensorRtVersion = header.tensorRtVersion;
    file.tensorRtBuild = header.tensorRtBuild;
    file.sdk = header.sdk;
    file.smMajor = header.smMajor;
    file.smMinor = header.smMinor;
    file.hardwareCompatibility = header.hardwareCompatibility;
    file.versionCompatible = header.versionCompatible ? 1 : 0;
    file.profileCopies = header.profileCopies;
    file.jsonBytes = static_cast<uint32_t>(header.json.size());
    file.metadataBytes = static_cast<uint32_t>(metadata.size());
    file.forTargets = header.forTargets ? 1 : 0;
    file.targetCount = static_cast<uint16_t>(header.targets.size());
    std::copy(header.targets.begin(), header.targets.end(), file.targets);
    putText(file.deviceName, header.deviceName);
    putText(file.platform, header.platform);

    std::vector<uint8_t> head(static_cast<size_t>(headerBytes));
    std::memcpy(head.data(), &file, sizeof(file));
    std::memcpy(head.data() + sizeof(file), header.json.data(), header.json.size());
    std::memcpy(head.data() + sizeof(file) + header.json.size(), metadata.data(), metadata.size());
    const uint64_t checksum = headerHash(head);
    std::memcpy(head.data() + offsetof(FileHeader, headerHash), &checksum, sizeof(checksum));

    std::vector<uint8_t> bytes;
    bytes.reserve(head.size() + static_cast<size_t>(payloadBytes));
    bytes.insert(bytes.end(), head.begin(), head.end());
    const auto* first = static_cast<const uint8_t*>(payload);
    bytes.insert(bytes.end(), first, first + payloadBytes);
    return bytes;
}

std::vector<uint8_t> withMetadata(const void* plan, uint64_t bytes, const std::string& key, const char* value) {
    if (key.empty()) {
        throw Error(PN_INVALID_ARGUMENT, "the key of a plan's metadata is empty");
    }
    Plan known = verifyPlan(plan, bytes);
    if (known.header.raw) {
        throw Error(PN_INVALID_ARGUMENT,
                    "a raw plan, TensorRT's bytes alone, has no header that could keep '" + key + "'");
    }
    if (value == nullptr) {
        known.header.metadata.erase(key);
    } else {
        known.header.metadata[key] = value;
    }
    return makePlanFile(known.header, static_cast<const uint8_t*>(plan) + known.payloadOffset, known.payloadBytes);
}

JsonWriter beginDescription(const PlanHeader& header) {
    JsonWriter json;
    char checksum[17];
    std::snprintf(checksum, sizeof(checksum), "%016llx", static_cast<unsigned long long>(header.payloadHash));
    json.continueObject(header.json).member("checksum", checksum);
    if (!header.metadata.empty()) {
        json.key("metadata").beginObject();
        for (const auto& [key, value] : header.metadata) {
            json.member(key, value);
        }
        json.endObject();
    }
    return json;
}

std::string describePlan(const Plan& plan) {
    if (!plan.header.raw) {
        return beginDescription(plan.header).endObject().text();
    }
    return JsonWriter().beginObject().member("raw", true).member("bytes", plan.payloadBytes).endObject().text();
}

const char* sdkName(int32_t sdk) {
    switch (sdk) {
        case PN_SDK_NVIDIA:
            return "nvidia";
        case PN_SDK_CUDA:
            return "cuda";
        case PN_SDK_HOST:
            return "host";
        case PN_SDK_RTX:
            return "rtx";
        default:
            return "unknown";
    }
}

std::string platformName() {
#if defined(_WIN32)
    const std::string system = "windows";
#elif defined(__APPLE__)
    const std::string system = "macos";
#else
    const std::string system = "linux";
#endif
#if defined(__aarch64__) || defined(_M_ARM64)
    return system + "-arm64";
#else
    return system + "-x64";
#endif
}

namespace {

std::string advice(const PlanHeader& plan, const PlanHeader& running) {
    if (!plan.forTargets || plan.sdk != running.sdk || isTarget(plan, running)) {
        return "Build it again here";
    }
    return "Build it with the target sm" + std::to_string(running.smMajor) + std::to_string(running.smMinor) + " too";
}

}  // namespace

void checkPlanFits(const PlanHeader& plan, const PlanHeader& running) {
    if (plan.raw) {
        return;
    }
    const std::string reason = misfit(plan, running);
    if (reason.empty()) {
        return;
    }
    Error error(PN_PLAN_MISMATCH, "the plan does not fit this machine: " + reason + ". Built with " + planOrigin(plan) +
                                      "; running on " + planOrigin(running) + ". " + advice(plan, running));
    error.builtWith = planOrigin(plan);
    error.runningOn = planOrigin(running);
    throw error;
}

std::string capabilityText(int32_t target) {
    return std::to_string(target / 10) + "." + std::to_string(target % 10);
}

std::string targetsText(const std::vector<int32_t>& targets) {
    if (targets.empty()) {
        return "SM 8.0, 8.6, 8.9, 12.0 and newer";
    }
    std::vector<std::string> texts(targets.size());
    std::transform(targets.begin(), targets.end(), texts.begin(), capabilityText);
    const std::string last = texts.back();
    texts.pop_back();
    return "SM " + (texts.empty() ? last : join(texts, ", ") + " and " + last);
}

bool readStampedVersion(const void* payload, uint64_t bytes, int32_t& outVersion, int32_t& outBuild) {
    // trtexec --getPlanVersionOnly reads a plan so: a tag, the number of the format, and the version in four bytes.
    constexpr uint32_t kTag = 0x74727466;
    constexpr uint64_t kVersionOffset = 24;
    uint32_t start[2] = {};
    uint8_t version[4] = {};
    if (bytes < kVersionOffset + sizeof(version)) {
        return false;
    }
    std::memcpy(start, payload, sizeof(start));
    std::memcpy(version, static_cast<const uint8_t*>(payload) + kVersionOffset, sizeof(version));
    if (start[0] != kTag || start[1] != 0) {
        return false;
    }
    outVersion = version[0] * 10000 + version[1] * 100 + version[2];
    outBuild = version[3];
    return true;
}

std::string planOrigin(const PlanHeader& header) {
    const std::string build = header.tensorRtBuild > 0 ? "." + std::to_string(header.tensorRtBuild) : "";
    const std::string origin =
        "TensorRT " + versionText(header.tensorRtVersion) + build + " (" + sdkName(header.sdk) + "), ";
    if (header.forTargets) {
        return origin + targetsText(header.targets);
    }
    return origin + header.deviceName + " (SM " + std::to_string(header.smMajor) + "." +
           std::to_string(header.smMinor) + "), " + header.platform;
}

}  // namespace pinion
