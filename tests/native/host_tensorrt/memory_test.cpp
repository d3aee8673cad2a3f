// Memory: loading a large plan, and loops that must not grow.
#include "support.h"

#ifdef __linux__
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace trt_test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

#ifdef __linux__

uint64_t statusBytes(const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind(key + ":", 0) == 0) {
            return std::stoull(line.substr(key.size() + 1)) * 1024;
        }
    }
    return 0;
}

// A sanitizer keeps memory of its own, which would be measured too.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

// A file, mapped as a program would map a plan.
class MappedFile {
public:
    explicit MappedFile(const std::string& path) {
        const int file = open(path.c_str(), O_RDONLY);
        size_ = std::filesystem::file_size(path);
        data_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
        close(file);
    }
    ~MappedFile() { munmap(data_, size_); }
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    const void* data() const { return data_; }
    size_t size() const { return size_; }

private:
    void* data_ = nullptr;
    size_t size_ = 0;
};

// A chain of matrix products or convolutions with this many layers of 4 MiB.
std::string chain(bool convolutions, int layers) {
    const int64_t width = convolutions ? 340 : 1024;
    onnx_writer::Model model;
    const auto dims = convolutions ? onnx_writer::Dims{1, width, 2, 2} : onnx_writer::Dims{1, width};
    model.input("x0", onnx_writer::kFloat, dims);
    for (int i = 0; i < layers; ++i) {
        const std::string n = std::to_string(i);
        const std::vector<int64_t> shape =
            convolutions ? std::vector<int64_t>{width, width, 3, 3} : std::vector<int64_t>{width, width};
        const size_t count = convolutions ? static_cast<size_t>(width * width * 9) : static_cast<size_t>(width * width);
        // Every weight differs, so that equal ones cannot be stored once.
        model.constant("w" + n, shape, std::vector<float>(count, 0.001f * static_cast<float>(i + 1)));
        std::vector<onnx_writer::Attribute> attributes;
        if (convolutions) {
            attributes = {{"kernel_shape", {3, 3}}, {"pads", {1, 1, 1, 1}}};
        }
        model.node(convolutions ? "Conv" : "MatMul", {"x" + n, "w" + n}, {"x" + std::to_string(i + 1)}, "", attributes);
    }
    return model.output("x" + std::to_string(layers), onnx_writer::kFloat, dims).bytes();
}

TEST(Parsing, NeedsLittleMoreMemoryThanTheModel) {
    constexpr int kLayers = 24;
    const std::string model = chain(false, kLayers);
    Logger logger;
    { BuildSet(logger).parse(doublingModel()); }  // what is loaded once
    BuildSet set(logger);
    malloc_trim(0);
    if (!(std::ofstream("/proc/self/clear_refs") << "5").flush()) {
        GTEST_SKIP() << "the peak of memory cannot be reset here";
    }
    const uint64_t before = statusBytes("VmRSS");
    ASSERT_TRUE(set.parse(model)) << logger.all();
    const uint64_t peak = statusBytes("VmHWM");
    EXPECT_LE(static_cast<double>(peak - before), 1.2 * static_cast<double>(model.size()))
        << "from " << before << " to " << peak << " bytes for a model of " << model.size();
}

class PlanLoad : public testing::TestWithParam<bool> {};

TEST_P(PlanLoad, NeedsLittleMoreMemoryThanThePlan) {
    constexpr int kLayers = 24;
    Logger logger;
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("pinion-load-" + std::to_string(getpid()) + ".plan");
    {
        const std::string plan = buildPlan(logger, chain(GetParam(), kLayers));
        ASSERT_GT(plan.size(), size_t{kLayers} * 4 * 1000 * 1000) << logger.all();
        std::ofstream(path, std::ios::binary).write(plan.data(), static_cast<std::streamsize>(plan.size()));
    }
    const MappedFile plan(path.string());
    std::filesystem::remove(path);
    malloc_trim(0);
    if (!(std::ofstream("/proc/self/clear_refs") << "5").flush()) {
        GTEST_SKIP() << "the peak of memory cannot be reset here";
    }
    const uint64_t before = statusBytes("VmRSS");
    const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
    const std::unique_ptr<nvinfer1::ICudaEngine> engine(runtime->deserializeCudaEngine(plan.data(), plan.size()));
    ASSERT_NE(engine, nullptr) << logger.all();
    const uint64_t peak = statusBytes("VmHWM");
    EXPECT_LE(static_cast<double>(peak - before), 1.2 * static_cast<double>(plan.size()))
        << "from " << before << " to " << peak << " bytes for a plan of " << plan.size();
}

INSTANTIATE_TEST_SUITE_P(Models, PlanLoad, testing::Values(false, true),
                         [](const auto& info) { return info.param ? "Convolutions" : "MatrixProducts"; });

#endif

template <typename Body>
void expectNoGrowth(int rounds, uint64_t tolerance, Body&& body) {
    for (int i = 0; i < rounds; ++i) {
        body();
    }
    if (kSanitized) {
        // It keeps freed memory, and looks for leaks itself.
        return;
    }
    malloc_trim(0);
    const uint64_t before = statusBytes("VmRSS");
    for (int i = 0; i < 4 * rounds; ++i) {
        body();
    }
    malloc_trim(0);
    const uint64_t after = statusBytes("VmRSS");
    EXPECT_LE(after, before + tolerance);
}

constexpr uint64_t kMebibyte = uint64_t{1} << 20;

TEST(Growth, BuildsLeaveNothing) {
    expectNoGrowth(20, 4 * kMebibyte, [] {
        Logger logger;
        ASSERT_FALSE(buildPlan(logger, matMulModel(), {batchProfile("x", 3)}).empty()) << logger.all();
    });
}

TEST(Growth, EnginesAndContextsLeaveNothing) {
    Logger quiet;
    const std::string plan = buildPlan(quiet, doublingModel(), {batchProfile("x", 4, 1, 64, 4096)});
    DeviceBuffer x(4096 * 16);
    DeviceBuffer y(4096 * 16);
    // More contexts than the destroyed ones that are remembered, before the measurement begins.
    expectNoGrowth(100, 4 * kMebibyte, [&] {
        Logger logger;
        LoadedEngine engine(logger, plan);
        for (int i = 0; i < 4; ++i) {
            ContextRunner context(*engine.engine);
            context.bind("x", x.data());
            context.bind("y", y.data());
            ASSERT_TRUE(context.setShape("x", {4096, 4}));
            ASSERT_TRUE(context.run()) << logger.all();
        }
    });
}

TEST(Growth, RunsLeaveNothing) {
    Logger logger;
    LoadedEngine engine(logger, buildPlan(logger, doublingModel(), {batchProfile("x", 4, 1, 2, 64)}));
    ContextRunner context(*engine.engine);
    DeviceBuffer x(4096);
    DeviceBuffer y(4096);
    context.bind("x", x.data());
    context.bind("y", y.data());
    int64_t batch = 0;
    expectNoGrowth(500, kMebibyte, [&] {
        ASSERT_TRUE(context.setShape("x", {1 + batch++ % 64, 4}));
        ASSERT_TRUE(context.run());
    });
}

#endif

}  // namespace
}  // namespace trt_test
