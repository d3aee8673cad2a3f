// The plan file: what is read back, and that no damage passes.
#include "plan_file.h"

#include <gtest/gtest.h>

#include <cstring>
#include <iomanip>
#include <sstream>

#include "error.h"
#include "fixture.h"
#include "hash.h"

namespace {

using namespace pinion;
using namespace native_test;

PlanHeader someHeader() {
    PlanHeader header;
    header.raw = false;
    header.tensorRtVersion = 80601;
    header.sdk = PN_SDK_NVIDIA;
    header.smMajor = 7;
    header.smMinor = 5;
    header.profileCopies = 3;
    header.deviceName = "Tesla T4";
    header.platform = "linux-x64";
    header.json = R"({"raw": false})";
    return header;
}

std::string somePayload() {
    std::string payload;
    for (int i = 0; i < 3000; ++i) {
        payload += static_cast<char>(i * 31);
    }
    return payload;
}

std::string somePlan() {
    const std::string payload = somePayload();
    const std::vector<uint8_t> bytes = makePlanFile(someHeader(), payload.data(), payload.size());
    return {bytes.begin(), bytes.end()};
}

std::string checksumText(const Plan& plan) {
    std::ostringstream text;
    text << std::hex << std::setw(16) << std::setfill('0') << plan.payloadHash;
    return text.str();
}

// The status and message with which the bytes are refused; PN_OK if they are not.
Failure verify(const std::string& bytes) {
    pn_blob* blob = nullptr;
    Failure failure =
        call(pn_plan_describe_memory, static_cast<const void*>(bytes.data()), uint64_t{bytes.size()}, &blob);
    pn_blob_destroy(blob);
    return failure;
}

TEST(PlanFileTest, ReadsBackWhatWasWritten) {
    const std::string bytes = somePlan();
    const Plan plan = verifyPlan(bytes.data(), bytes.size());
    EXPECT_FALSE(plan.header.raw);
    EXPECT_EQ(plan.header.tensorRtVersion, 80601);
    EXPECT_EQ(plan.header.sdk, PN_SDK_NVIDIA);
    EXPECT_EQ(plan.header.smMajor, 7);
    EXPECT_EQ(plan.header.smMinor, 5);
    EXPECT_EQ(plan.header.profileCopies, 3);
    EXPECT_EQ(plan.header.deviceName, "Tesla T4");
    EXPECT_EQ(plan.header.platform, "linux-x64");
    EXPECT_EQ(plan.header.json, R"({"raw": false})");
    EXPECT_EQ(plan.payloadOffset % 4096, 0u);
    EXPECT_EQ(bytes.substr(plan.payloadOffset, plan.payloadBytes), somePayload());
    EXPECT_EQ(describePlan(plan), R"({"raw": false, "checksum": ")" + checksumText(plan) + "\"}");
}

TEST(PlanFileTest, ReadsAFileAsItReadsMemory) {
    const TemporaryFolder folder;
    // More than one buffer of the checksum.
    const std::string payload(3 << 20, 'p');
    const std::vector<uint8_t> bytes = makePlanFile(someHeader(), payload.data(), payload.size());
    writeFile(folder.file("a.plan"), {bytes.begin(), bytes.end()});
    InputFile file(toPath(folder.file("a.plan").c_str()));
    const Plan plan = verifyPlan(file);
    EXPECT_EQ(plan.payloadBytes, payload.size());
}

TEST(PlanFileTest, KeepsLongDescriptions) {
    PlanHeader header = someHeader();
    header.json = '"' + std::string(20000, 'x') + '"';
    header.deviceName = std::string(1000, 'd');
    const std::vector<uint8_t> bytes = makePlanFile(header, "payload", 7);
    const Plan plan = verifyPlan(bytes.data(), bytes.size());
    EXPECT_EQ(plan.header.json, header.json);
    EXPECT_EQ(plan.header.deviceName, std::string(255, 'd'));
}

TEST(PlanFileTest, KeepsTargets) {
    PlanHeader header = someHeader();
    header.sdk = PN_SDK_RTX;
    header.smMajor = header.smMinor = 0;
    header.forTargets = true;
    header.targets = {75, 89};
    const std::vector<uint8_t> bytes = makePlanFile(header, "payload", 7);
    const Plan plan = verifyPlan(bytes.data(), bytes.size());
    EXPECT_TRUE(plan.header.forTargets);
    EXPECT_EQ(plan.header.targets, header.targets);
    EXPECT_EQ(planOrigin(plan.header), "TensorRT 8.6.1 (rtx), SM 7.5 and 8.9");
}

TEST(PlanFileTest, KeepsMetadataBesideTheDescription) {
    const std::string bytes = somePlan();
    const auto set = [](const std::string& plan, const char* key, const char* value) {
        const std::vector<uint8_t> next = withMetadata(plan.data(), plan.size(), key, value);
        return std::string(next.begin(), next.end());
    };
    const std::string one = set(bytes, "pinion.a", "x \"quoted\"");
    const std::string two = set(one, "pinion.b", std::string(5000, 'b').c_str());
    const Plan plan = verifyPlan(two.data(), two.size());
    EXPECT_EQ(plan.header.json, R"({"raw": false})");
    EXPECT_EQ(plan.header.metadata.size(), 2u);
    EXPECT_EQ(plan.header.metadata.at("pinion.b"), std::string(5000, 'b'));
    EXPECT_EQ(two.substr(plan.payloadOffset), somePayload());
    EXPECT_EQ(plan.payloadOffset % 4096, 0u);
    const Plan first = verifyPlan(one.data(), one.size());
    EXPECT_EQ(describePlan(first), R"({"raw": false, "checksum": ")" + checksumText(first) +
                                       R"(", "metadata": {"pinion.a": "x \"quoted\""}})");
    // What is set anew is replaced, and what is taken away leaves nothing.
    EXPECT_EQ(set(set(one, "pinion.a", "y"), "pinion.a", "x \"quoted\""), one);
    EXPECT_EQ(set(one, "pinion.a", nullptr), bytes);
    EXPECT_EQ(set(bytes, "pinion.a", nullptr), bytes);
}

TEST(PlanFileTest, RefusesMetadataThatHasNoPlace) {
    pn_blob* blob = nullptr;
    const auto set = [&](const std::string& plan, const char* key, const std::string& value) {
        return call(pn_plan_set_metadata, static_cast<const void*>(plan.data()), uint64_t{plan.size()}, key,
                    value.c_str(), &blob);
    };
    EXPECT_FAILURE(set("ftrt" + std::string(100, '\x01'), "k", "v"), PN_INVALID_ARGUMENT, "raw plan");
    EXPECT_FAILURE(set(somePlan(), "", "v"), PN_INVALID_ARGUMENT, "empty");
    EXPECT_FAILURE(set(somePlan(), "k", std::string(17 << 20, 'v')), PN_INVALID_ARGUMENT, "16777216");
    EXPECT_FAILURE(set(somePlan().substr(0, 5000), "k", "v"), PN_PLAN_CORRUPT, "truncated");
    EXPECT_EQ(blob, nullptr);
}

TEST(PlanFileTest, RefusesEveryTruncation) {
    const std::string bytes = somePlan();
    for (size_t length = 0; length < bytes.size(); ++length) {
        const Failure failure = verify(bytes.substr(0, length));
        ASSERT_EQ(failure.status, PN_PLAN_CORRUPT) << "at " << length << ": " << failure.message;
    }
}

TEST(PlanFileTest, RefusesEveryFlippedBit) {
    std::string bytes = somePlan();
    const Plan plan = verifyPlan(bytes.data(), bytes.size());
    for (size_t byte = 0; byte < bytes.size(); ++byte) {
        // Every bit of the fixed part and the text, one of each byte of the padding and the payload.
        for (int bit = 0; bit < (byte < 464 ? 8 : 1); ++bit) {
            const char original = bytes[byte];
            bytes[byte] = static_cast<char>(original ^ 1 << (byte < 464 ? bit : byte % 8));
            const Failure failure = verify(bytes);
            ASSERT_EQ(failure.status, PN_PLAN_CORRUPT) << "byte " << byte << ", bit " << bit << ": " << failure.message;
            bytes[byte] = original;
        }
    }
    EXPECT_GT(plan.payloadOffset, 400u);
}

TEST(PlanFileTest, RefusesTrailingBytes) {
    EXPECT_FAILURE(verify(somePlan() + "x"), PN_PLAN_CORRUPT, "too long");
}

TEST(PlanFileTest, RefusesWhatIsNoPlanAndSaysWhatItIs) {
    EXPECT_FAILURE(verify(""), PN_PLAN_CORRUPT, "empty");
    EXPECT_FAILURE(verify("abc"), PN_PLAN_CORRUPT, "3 bytes, beginning with 61 62 63");
    EXPECT_FAILURE(verify(affineModel().bytes()), PN_PLAN_CORRUPT, "ONNX model");
    EXPECT_FAILURE(verify("PK\x03\x04" + std::string(100, '\x80')), PN_PLAN_CORRUPT, "ZIP");
    EXPECT_FAILURE(verify("<!DOCTYPE html><html>" + std::string(100, '\x80')), PN_PLAN_CORRUPT, "<!DOCTYPE html><");
    EXPECT_FAILURE(verify(std::string(100, '\0')), PN_PLAN_CORRUPT, "zeros");
}

TEST(PlanFileTest, TakesWhatMayBeARawPlan) {
    const std::string bytes = "ftrt" + std::string(100, '\x01');
    pn_blob* blob = nullptr;
    ASSERT_OK(pn_plan_describe_memory, static_cast<const void*>(bytes.data()), uint64_t{bytes.size()}, &blob);
    EXPECT_EQ(textOf(blob), R"({"raw": true, "bytes": 104})");
    EXPECT_EQ(static_cast<const char*>(pn_blob_data(blob))[pn_blob_size(blob)], '\0');
    pn_blob_destroy(blob);
}

TEST(PlanFileTest, RefusesANewerHeaderByItsVersion) {
    std::string bytes = somePlan();
    const Plan plan = verifyPlan(bytes.data(), bytes.size());
    // The version at byte 8, and the checksum at byte 32 made right again.
    bytes[8] = 6;
    bytes.replace(32, 8, 8, '\0');
    Xxh64 hash;
    hash.update(bytes.data(), plan.payloadOffset);
    const uint64_t checksum = hash.digest();
    std::memcpy(&bytes[32], &checksum, sizeof(checksum));
    EXPECT_FAILURE(verify(bytes), PN_PLAN_MISMATCH, "header version 6");
}

TEST(PlanFileTest, DescribesFilesAndRefusesMissingOnes) {
    const TemporaryFolder folder;
    writeFile(folder.file("a.plan"), somePlan());
    pn_blob* blob = nullptr;
    ASSERT_OK(pn_plan_describe_file, folder.file("a.plan").c_str(), &blob);
    EXPECT_EQ(textOf(blob).substr(0, 27), R"({"raw": false, "checksum": )");
    pn_blob_destroy(blob);
    EXPECT_FAILURE(call(pn_plan_describe_file, folder.file("b.plan").c_str(), &blob), PN_NOT_FOUND, "b.plan");
}

struct FitCase {
    const char* name;
    void (*change)(PlanHeader& plan, PlanHeader& running);
    const char* reason;  // NULL: it fits
};

class PlanFitTest : public testing::TestWithParam<FitCase> {};

TEST_P(PlanFitTest, SaysWhetherAPlanFits) {
    PlanHeader plan = someHeader();
    PlanHeader running = someHeader();
    GetParam().change(plan, running);
    try {
        checkPlanFits(plan, running);
        EXPECT_EQ(GetParam().reason, nullptr);
    } catch (const Error& error) {
        ASSERT_NE(GetParam().reason, nullptr) << error.what();
        EXPECT_EQ(error.status(), PN_PLAN_MISMATCH);
        EXPECT_NE(std::string(error.what()).find(GetParam().reason), std::string::npos) << error.what();
        EXPECT_EQ(error.builtWith, planOrigin(plan));
        EXPECT_EQ(error.runningOn, planOrigin(running));
        EXPECT_EQ(planOrigin(someHeader()), "TensorRT 8.6.1 (nvidia), Tesla T4 (SM 7.5), linux-x64");
    }
}

void forTargets(PlanHeader& plan, PlanHeader& running, std::vector<int32_t> targets) {
    plan.sdk = running.sdk = PN_SDK_RTX;
    plan.tensorRtVersion = running.tensorRtVersion = 10601;
    plan.smMajor = plan.smMinor = 0;
    plan.forTargets = true;
    plan.targets = std::move(targets);
}

const FitCase kFitCases[] = {
    {"Same", [](PlanHeader&, PlanHeader&) {}, nullptr},
    {"Raw", [](PlanHeader& plan, PlanHeader&) { plan = PlanHeader(); }, nullptr},
    {"OtherVersion", [](PlanHeader&, PlanHeader& running) { running.tensorRtVersion = 80503; }, "TensorRT version"},
    {"OtherPatch", [](PlanHeader&, PlanHeader& running) { running.tensorRtVersion = 80600; }, "TensorRT version"},
    {"OtherBuild",
     [](PlanHeader& plan, PlanHeader& running) {
         plan.tensorRtBuild = 2;
         running.tensorRtBuild = 6;
     },
     "TensorRT version"},
    {"UnknownBuild", [](PlanHeader& plan, PlanHeader&) { plan.tensorRtBuild = 2; }, nullptr},
    {"CompatibleOtherBuild",
     [](PlanHeader& plan, PlanHeader& running) {
         plan.versionCompatible = true;
         plan.tensorRtBuild = 6;
         running.tensorRtBuild = 2;
     },
     nullptr},
    {"CompatibleLaterVersion",
     [](PlanHeader& plan, PlanHeader& running) {
         plan.versionCompatible = true;
         running.tensorRtVersion = 100001;
     },
     nullptr},
    {"CompatibleEarlierVersion",
     [](PlanHeader& plan, PlanHeader& running) {
         plan.versionCompatible = true;
         running.tensorRtVersion = 80503;
     },
     "TensorRT version"},
    {"OtherSdk", [](PlanHeader&, PlanHeader& running) { running.sdk = PN_SDK_HOST; }, "nvidia SDK"},
    {"OtherPlatform", [](PlanHeader&, PlanHeader& running) { running.platform = "linux-arm64"; }, "platform"},
    {"OtherSm", [](PlanHeader&, PlanHeader& running) { running.smMinor = 0; }, "compute capability"},
    {"OtherModelSameSm", [](PlanHeader&, PlanHeader& running) { running.deviceName = "Quadro RTX 4000"; }, nullptr},
    {"AmperePlusOnAmpere",
     [](PlanHeader& plan, PlanHeader& running) {
         plan.hardwareCompatibility = PN_HARDWARE_AMPERE_PLUS;
         plan.smMajor = 8;
         running.smMajor = 9;
     },
     nullptr},
    {"AmperePlusOnTuring",
     [](PlanHeader& plan, PlanHeader&) {
         plan.hardwareCompatibility = PN_HARDWARE_AMPERE_PLUS;
         plan.smMajor = 8;
     },
     "compute capability"},
    {"Target",
     [](PlanHeader& plan, PlanHeader& running) {
         forTargets(plan, running, {75, 80});
     },
     nullptr},
    {"NoTarget",
     [](PlanHeader& plan, PlanHeader& running) {
         forTargets(plan, running, {80, 86, 89});
     },
     "its targets are SM 8.0, 8.6 and 8.9"},
    {"UnnamedTargetsOnTuring", [](PlanHeader& plan, PlanHeader& running) { forTargets(plan, running, {}); },
     "its targets are SM 8.0, 8.6, 8.9, 12.0 and newer"},
    {"UnnamedTargetsOnAda",
     [](PlanHeader& plan, PlanHeader& running) {
         forTargets(plan, running, {});
         running.smMajor = 8;
         running.smMinor = 9;
     },
     nullptr},
    {"UnnamedTargetsOnHopper",
     [](PlanHeader& plan, PlanHeader& running) {
         forTargets(plan, running, {});
         running.smMajor = 9;
         running.smMinor = 0;
     },
     "its targets are"},
    {"TargetOnAnotherPlatform",
     [](PlanHeader& plan, PlanHeader& running) {
         forTargets(plan, running, {75});
         running.platform = "windows-x64";
     },
     nullptr},
    {"TargetOfAnotherRelease",
     [](PlanHeader& plan, PlanHeader& running) {
         forTargets(plan, running, {75});
         running.tensorRtVersion = 10701;
     },
     "another release of TensorRT for RTX"},
};

INSTANTIATE_TEST_SUITE_P(All, PlanFitTest, testing::ValuesIn(kFitCases),
                         [](const testing::TestParamInfo<FitCase>& info) { return info.param.name; });

TEST(PlanFileTest, ReadsTheFourNumbersThatTensorRtStampsAPlanWith) {
    std::string plan("ftrt\0\0\0\0................\x08\x06\x01\x02rest", 32);
    plan.replace(8, 16, 16, '.');
    int32_t version = 0;
    int32_t build = -1;
    ASSERT_TRUE(readStampedVersion(plan.data(), plan.size(), version, build));
    EXPECT_EQ(version, 80601);
    EXPECT_EQ(build, 2);
    PlanHeader header = someHeader();
    header.tensorRtBuild = build;
    EXPECT_EQ(planOrigin(header), "TensorRT 8.6.1.2 (nvidia), Tesla T4 (SM 7.5), linux-x64");

    build = -1;
    EXPECT_FALSE(readStampedVersion(plan.data(), 27, version, build)) << "too short";
    plan[4] = 1;
    EXPECT_FALSE(readStampedVersion(plan.data(), plan.size(), version, build)) << "another format";
    plan[4] = 0;
    plan[0] = 'x';
    EXPECT_FALSE(readStampedVersion(plan.data(), plan.size(), version, build)) << "no plan of TensorRT's";
    EXPECT_EQ(build, -1);
}

}  // namespace
