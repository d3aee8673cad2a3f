// Optimization profiles are checked against the model before TensorRT sees them.
#include <gtest/gtest.h>

#include "fixture.h"

namespace {

using namespace native_test;
using onnx_writer::kFloat;
using onnx_writer::Model;

// Two dynamic inputs and a static one: y = image + row, z = scale.
Model threeInputs() {
    return Model()
        .input("image", kFloat, {"N", 3, "H", "W"})
        .input("row", kFloat, {"N", 3, 1, "W"})
        .input("scale", kFloat, {2})
        .node("Add", {"image", "row"}, {"y"}, "sum")
        .node("Identity", {"scale"}, {"z"}, "copy")
        .output("y", kFloat, {"N", 3, "H", "W"})
        .output("z", kFloat, {2});
}

const Range kImage = {"image", {1, 3, 8, 8}, {2, 3, 16, 16}, {4, 3, 32, 32}};
const Range kRow = {"row", {1, 3, 1, 8}, {2, 3, 1, 16}, {4, 3, 1, 32}};

Range inProfile(Range range, int32_t profile) {
    range.profile = profile;
    return range;
}

TEST(ProfilesTest, AreReadBackFromTheEngine) {
    if (!canRun()) {
        GTEST_SKIP() << "engines are only built here";
    }
    const Range second = {"image", {1, 3, 1, 1}, {1, 3, 1, 1}, {1, 3, 2, 2}, 1};
    const Range secondRow = {"row", {1, 3, 1, 1}, {1, 3, 1, 1}, {1, 3, 1, 2}, 1};
    // In any order; the static input may be left out or given.
    const EngineHandle engine =
        makeEngine(threeInputs(), {second, kRow, {"scale", {2}, {2}, {2}, 0}, kImage, secondRow});
    ASSERT_NE(engine, nullptr);
    int32_t count = 0;
    ASSERT_OK(pn_engine_profile_count, engine.get(), &count);
    EXPECT_EQ(count, 2);
    int64_t min[PN_MAX_RANK] = {};
    int64_t opt[PN_MAX_RANK] = {};
    int64_t max[PN_MAX_RANK] = {};
    ASSERT_OK(pn_engine_profile_shape, engine.get(), 0, 0, min, opt, max);
    EXPECT_TRUE(std::equal(kImage.min.begin(), kImage.min.end(), min));
    EXPECT_TRUE(std::equal(kImage.opt.begin(), kImage.opt.end(), opt));
    EXPECT_TRUE(std::equal(kImage.max.begin(), kImage.max.end(), max));
    ASSERT_OK(pn_engine_profile_shape, engine.get(), 1, 0, min, opt, max);
    EXPECT_TRUE(std::equal(second.max.begin(), second.max.end(), max));
    ASSERT_OK(pn_engine_profile_shape, engine.get(), 1, 2, min, opt, max);
    EXPECT_EQ(min[0], 2);
    EXPECT_EQ(max[0], 2);
}

struct BadProfile {
    const char* name;
    std::vector<Range> ranges;
    std::vector<std::string> parts;  // of the message
};

class BadProfileTest : public testing::TestWithParam<BadProfile> {};

TEST_P(BadProfileTest, IsRefusedWithTheReason) {
    std::string plan;
    const Failure failure = BuildRequest(GetParam().ranges).build(threeInputs(), &plan);
    EXPECT_EQ(failure.status, PN_INVALID_ARGUMENT) << failure.message;
    EXPECT_EQ(failure.operation, "build");
    EXPECT_EQ(plan, "");
    for (const std::string& part : GetParam().parts) {
        EXPECT_NE(failure.message.find(part), std::string::npos) << failure.message;
    }
}

const std::vector<BadProfile>& badProfiles() {
    static const std::vector<BadProfile> cases = {
        {"None",
         {},
         {"'image' (-1x3x-1x-1)", "'row' (-1x3x1x-1)", "image:min=1x3x224x224,opt=4x3x224x224,max=8x3x224x224"}},
        {"UnknownTensor", {kImage, kRow, {"imgae", {1}, {1}, {1}}}, {"no input 'imgae'", "did you mean 'image'"}},
        {"OutputTensor", {kImage, kRow, {"y", {1}, {1}, {1}}}, {"no input 'y'"}},
        {"MissingInput", {kImage}, {"profile 0", "'row'", "row:min=1x3x1x224"}},
        {"MissingInputInSecond", {kImage, kRow, inProfile(kRow, 1)}, {"profile 1", "'image'"}},
        {"Gap", {kImage, kRow, inProfile(kImage, 2), inProfile(kRow, 2)}, {"profile 1"}},
        {"WrongRank", {kRow, {"image", {1, 3, 8}, {1, 3, 8}, {1, 3, 8}}}, {"'image'", "rank 3", "-1x3x-1x-1, rank 4"}},
        {"MinAboveOpt",
         {kRow, {"image", {3, 3, 8, 8}, {2, 3, 8, 8}, {4, 3, 8, 8}}},
         {"'image'", "dimension 0", "min 3, opt 2, max 4"}},
        {"OptAboveMax",
         {kRow, {"image", {1, 3, 8, 8}, {2, 3, 9, 8}, {4, 3, 8, 8}}},
         {"dimension 2", "min 8, opt 9, max 8"}},
        {"FixedDimension",
         {kRow, {"image", {1, 1, 8, 8}, {2, 3, 8, 8}, {4, 3, 8, 8}}},
         {"dimension 1", "fixed at 3", "min 1, opt 3, max 3"}},
        {"StaticInput", {kImage, kRow, {"scale", {2}, {2}, {3}}}, {"'scale'", "fixed at 2"}},
        {"Zero", {kRow, {"image", {0, 3, 8, 8}, {2, 3, 8, 8}, {4, 3, 8, 8}}}, {"dimension 0", "min 0"}},
        {"Negative", {kRow, {"image", {1, 3, -1, 8}, {2, 3, 8, 8}, {4, 3, 8, 8}}}, {"dimension 2", "min -1"}},
        {"TooLarge", {kRow, {"image", {1, 3, 8, 8}, {2, 3, 8, 8}, {1LL << 40, 3, 8, 8}}}, {"max 1099511627776"}},
        {"Twice", {kImage, kRow, kImage}, {"two ranges", "'image'"}},
    };
    return cases;
}

INSTANTIATE_TEST_SUITE_P(All, BadProfileTest, testing::ValuesIn(badProfiles()),
                         [](const testing::TestParamInfo<BadProfile>& info) { return info.param.name; });

TEST(ProfilesTest, AStaticModelNeedsNoneAndHasOne) {
    if (!canRun()) {
        GTEST_SKIP() << "engines are only built here";
    }
    const EngineHandle engine = makeEngine(identityModel());
    ASSERT_NE(engine, nullptr);
    int32_t count = 0;
    ASSERT_OK(pn_engine_profile_count, engine.get(), &count);
    EXPECT_EQ(count, 1);
    int64_t min[PN_MAX_RANK] = {};
    int64_t opt[PN_MAX_RANK] = {};
    int64_t max[PN_MAX_RANK] = {};
    ASSERT_OK(pn_engine_profile_shape, engine.get(), 0, 0, min, opt, max);
    EXPECT_EQ(min[0], 16);
    EXPECT_EQ(max[0], 16);
}

// Its values decide shapes, and a profile would have to have values of it.
TEST(ProfilesTest, AShapeTensorIsRefusedByItsName) {
    const auto shaped = [](const std::string& op, const std::vector<std::string>& inputs) {
        return Model()
            .input("x", kFloat, {1, 1, 4, 6})
            .input("sizes", onnx_writer::kInt64, {4})
            .node(op, inputs, {"y"}, "resize")
            .outputOfUnknownShape("y", kFloat);
    };
    for (const Model& model : {shaped("Reshape", {"x", "sizes"}), shaped("Resize", {"x", "", "", "sizes"}),
                               shaped("Expand", {"x", "sizes"})}) {
        std::string plan;
        EXPECT_FAILURE(BuildRequest().build(model, &plan), PN_UNSUPPORTED,
                       "'sizes' is a shape tensor: its values decide other shapes");
        EXPECT_EQ(plan, "");
        EXPECT_FAILURE(BuildRequest({{"sizes", {4}, {4}, {4}}}).build(model), PN_UNSUPPORTED,
                       "make it a constant of the model, or a dimension of an input");
    }
}

TEST(ProfilesTest, CopiesAreInvisibleToTheCaller) {
    if (!canRun()) {
        GTEST_SKIP() << "engines are only built here";
    }
    for (const int32_t copies : {0, 1, 3}) {
        const EngineHandle engine =
            makeEngine(threeInputs(), {kImage, kRow, inProfile(kImage, 1), inProfile(kRow, 1)}, copies);
        ASSERT_NE(engine, nullptr);
        int32_t count = 0;
        ASSERT_OK(pn_engine_profile_count, engine.get(), &count);
        EXPECT_EQ(count, 2) << copies << " copies";
    }
}

TEST(ProfilesTest, MalformedRangesAreRefusedBeforeAnyWork) {
    BuildRequest request;
    pn_shape_range range = toRange(kImage);
    request.options.ranges = &range;
    request.options.range_count = -1;
    EXPECT_FAILURE(request.build(threeInputs()), PN_INVALID_ARGUMENT, "range_count is -1");
    request.options.range_count = 1;
    range.rank = 9;
    EXPECT_FAILURE(request.build(threeInputs()), PN_INVALID_ARGUMENT, "ranges[0].rank is 9; it must be 0 to 8");
    range = toRange(kImage);
    range.profile = -1;
    EXPECT_FAILURE(request.build(threeInputs()), PN_INVALID_ARGUMENT, "ranges[0].profile is -1");
    range = toRange(kImage);
    range.tensor = nullptr;
    EXPECT_FAILURE(request.build(threeInputs()), PN_INVALID_ARGUMENT, "ranges[0].tensor is NULL");
    request.options.ranges = nullptr;
    EXPECT_FAILURE(request.build(threeInputs()), PN_INVALID_ARGUMENT, "ranges is NULL");
}

}  // namespace
