// Libraries and headers of different releases.
#include <gtest/gtest.h>

#include "error.h"
#include "fixture.h"
#include "tensorrt_compat.h"

namespace {

using pinion::requireVersion;

std::string problem(int32_t loaded, int32_t compiled) {
    try {
        requireVersion("TensorRT", loaded, compiled);
        return "";
    } catch (const pinion::Error& error) {
        EXPECT_EQ(error.status(), PN_TENSORRT);
        return error.what();
    }
}

TEST(VersionTest, TheSameAndLaterReleasesOfAMajorVersionAreTaken) {
    EXPECT_EQ(problem(80601, 80601), "");
    EXPECT_EQ(problem(80601, 80003), "");
    EXPECT_EQ(problem(10701, 10601), "");
}

TEST(VersionTest, OlderOnesAndOtherMajorVersionsAreRefusedByNumber) {
    for (const auto& [loaded, compiled] :
         {std::pair{80003, 80601}, {100001, 80601}, {80601, 100001}, {10400, 10601}, {0, 80601}}) {
        const std::string text = problem(loaded, compiled);
        EXPECT_NE(text.find(pinion::versionText(loaded)), std::string::npos) << text;
        EXPECT_NE(text.find("compiled for " + pinion::versionText(compiled)), std::string::npos) << text;
    }
}

TEST(VersionTest, TensorRtForRtxServesTheDevicesThatItMakesEnginesFor) {
    for (const auto& [major, minor] : {std::pair{7, 5}, {8, 0}, {8, 7}, {8, 9}, {12, 0}, {0, 0}}) {
        EXPECT_TRUE(pinion::isServed(major, minor)) << major << "." << minor;
    }
    for (const auto& [major, minor] : {std::pair{7, 0}, {9, 0}, {10, 0}}) {
        EXPECT_EQ(pinion::isServed(major, minor), !PN_TENSORRT_RTX) << major << "." << minor;
    }
}

TEST(VersionTest, WhatIsLoadedHereFits) {
    EXPECT_NO_THROW(requireVersion("it", pinion::tensorRtLoaded(), pinion::kTensorRtCompiled));
    EXPECT_OK(pn_runtime_probe, int32_t{PN_PURPOSE_BUILD});
}

}  // namespace
