// The timing cache file: written, reused, merged by concurrent builders, and never in the way of a plan.
#include <gtest/gtest.h>

#include <thread>

#include "fixture.h"
#include "tensorrt_compat.h"

#if !PN_TENSORRT_RTX  // which takes no timing cache

namespace {

using namespace native_test;
using onnx_writer::kFloat;
using onnx_writer::Model;

Failure build(const Model& model, const std::string& cache, std::string* plan = nullptr) {
    BuildRequest request;
    request.options.timing_cache_path = cache.c_str();
    return request.build(model, plan);
}

// A model of its own for each number: another operator, another entry of the cache.
Model numberedModel(int number) {
    return Model()
        .input("x", kFloat, {4 + number})
        .node(number % 2 == 0 ? "Relu" : "Sigmoid", {"x"}, {"y"}, "layer" + std::to_string(number))
        .output("y", kFloat, {4 + number});
}

TEST(TimingCacheTest, IsWrittenAndTakenAgain) {
    const TemporaryFolder folder;
    const std::string cache = folder.file("cache");
    ASSERT_EQ(build(identityModel(), cache).status, PN_OK);
    const std::string first = readFile(cache);
    EXPECT_FALSE(first.empty());
    EXPECT_EQ(folder.names(), (std::vector<std::string>{"cache", "cache.lock"}));
    LogCapture log;
    ASSERT_EQ(build(identityModel(), cache).status, PN_OK);
    EXPECT_EQ(log.warnings("timing cache"), 0);
    EXPECT_EQ(readFile(cache), first);
}

TEST(TimingCacheTest, GathersTheEntriesOfAllBuilds) {
    const TemporaryFolder folder;
    ASSERT_EQ(build(numberedModel(0), folder.file("a")).status, PN_OK);
    ASSERT_EQ(build(numberedModel(0), folder.file("both")).status, PN_OK);
    ASSERT_EQ(build(numberedModel(1), folder.file("both")).status, PN_OK);
    EXPECT_GT(readFile(folder.file("both")).size(), readFile(folder.file("a")).size());
}

TEST(TimingCacheTest, ConcurrentBuildersLoseNothing) {
    const TemporaryFolder folder;
    constexpr int kBuilders = 6;
    for (int i = 0; i < kBuilders; ++i) {
        ASSERT_EQ(build(numberedModel(i), folder.file("serial")).status, PN_OK);
    }
    std::vector<std::thread> builders;
    for (int i = 0; i < kBuilders; ++i) {
        builders.emplace_back(
            [&folder, i] { EXPECT_EQ(build(numberedModel(i), folder.file("shared")).status, PN_OK); });
    }
    for (std::thread& builder : builders) {
        builder.join();
    }
    EXPECT_EQ(readFile(folder.file("shared")).size(), readFile(folder.file("serial")).size());
}

TEST(TimingCacheTest, ADamagedFileIsReplacedWithAWarning) {
    const TemporaryFolder folder;
    const std::string cache = folder.file("cache");
    writeFile(cache, "this is no timing cache at all, whoever wrote it");
    LogCapture log;
    ASSERT_EQ(build(identityModel(), cache).status, PN_OK);
    EXPECT_EQ(log.warnings("it is replaced"), 1);
    ASSERT_EQ(build(identityModel(), cache).status, PN_OK);
    EXPECT_EQ(log.warnings("it is replaced"), 1);
}

TEST(TimingCacheTest, AnUnwritablePlaceIsToldBeforeTheBuild) {
    const TemporaryFolder folder;
    std::vector<std::string> phases;
    BuildRequest request;
    const std::string cache = folder.file("missing/cache");
    request.options.timing_cache_path = cache.c_str();
    request.options.progress_user = &phases;
    request.options.progress = [](void* user, const char* phase, const char*, int32_t, int32_t, double) {
        static_cast<std::vector<std::string>*>(user)->emplace_back(phase);
        return 0;
    };
    EXPECT_FAILURE(request.build(identityModel()), PN_NOT_FOUND, "missing/cache.lock");
    EXPECT_EQ(std::count(phases.begin(), phases.end(), "build"), 0);
}

TEST(TimingCacheTest, AFailedSaveCostsTheCacheAndNotThePlan) {
    const TemporaryFolder folder;
    const std::string cache = folder.file("cache");
    BuildRequest request;
    request.options.timing_cache_path = cache.c_str();
    request.options.progress_user = const_cast<char*>(cache.c_str());
    // Once the build has begun, a folder takes the file's place: it cannot be replaced by a file.
    request.options.progress = [](void* user, const char* phase, const char*, int32_t step, int32_t, double) {
        if (std::string(phase) == "build" && step == 0) {
            std::filesystem::create_directories(std::filesystem::path(static_cast<const char*>(user)) / "full");
        }
        return 0;
    };
    LogCapture log;
    std::string plan;
    const Failure failure = request.build(numberedModel(1), &plan);
    EXPECT_EQ(failure.status, PN_OK) << failure.text();
    EXPECT_NE(plan, "");
    EXPECT_EQ(log.warnings("the timing cache was not saved"), 1);
    EXPECT_EQ(folder.names(), (std::vector<std::string>{"cache", "cache.lock"}));
}

}  // namespace

#endif
