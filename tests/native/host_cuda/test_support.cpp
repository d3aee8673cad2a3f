#include "test_support.h"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>

namespace {

constexpr auto kPatience = std::chrono::seconds(60);

void setEnvironment(const char* name, const char* value) {
#if defined(_WIN32)
    _putenv_s(name, value);
#else
    setenv(name, value, 1);
#endif
}

}  // namespace

void HostCudaTest::SetUp() {
    setFaults("");
    pinionHostCudaSetReport(&HostCudaTest::collect, this);
    for (const int device : {1, 0}) {
        setFaults("devices=2");
        ASSERT_CUDA(cudaSetDevice(device));
        ASSERT_CUDA(cudaDeviceReset());
    }
    setFaults("");
    cudaGetLastError();
    takeReports();
}

void HostCudaTest::TearDown() {
    setFaults("");
    EXPECT_CUDA(cudaDeviceReset());
    for (const std::string& report : takeReports()) {
        ADD_FAILURE() << "unexpected report: " << report;
    }
    pinionHostCudaSetReport(nullptr, nullptr);
}

void HostCudaTest::setFaults(const char* text) {
    setEnvironment("PINION_HOST_CUDA_FAULTS", text);
    pinionHostCudaReloadSettings();
}

void HostCudaTest::collect(const char* message, void* self) {
    auto& test = *static_cast<HostCudaTest*>(self);
    const std::lock_guard<std::mutex> lock(test.mutex_);
    test.reports_.emplace_back(message);
}

std::vector<std::string> HostCudaTest::takeReports() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(reports_, {});
}

void HostCudaTest::expectReport(const std::string& text) {
    const std::vector<std::string> reports = takeReports();
    ASSERT_EQ(reports.size(), 1U) << "expected a report about: " << text;
    EXPECT_NE(reports[0].find(text), std::string::npos) << reports[0];
}

void* HostCudaTest::deviceMemory(size_t bytes) {
    void* memory = nullptr;
    EXPECT_CUDA(cudaMalloc(&memory, bytes));
    return memory;
}

void* HostCudaTest::pinnedMemory(size_t bytes) {
    void* memory = nullptr;
    EXPECT_CUDA(cudaMallocHost(&memory, bytes));
    return memory;
}

cudaStream_t HostCudaTest::newStream(unsigned flags) {
    cudaStream_t stream = nullptr;
    EXPECT_CUDA(cudaStreamCreateWithFlags(&stream, flags));
    return stream;
}

cudaEvent_t HostCudaTest::newEvent(unsigned flags) {
    cudaEvent_t event = nullptr;
    EXPECT_CUDA(cudaEventCreateWithFlags(&event, flags));
    return event;
}

PinionHostCudaUsage HostCudaTest::usage() {
    PinionHostCudaUsage usage;
    pinionHostCudaGetUsage(&usage);
    return usage;
}

Gate::~Gate() {
    open();
    cudaDeviceSynchronize();
}

void Gate::enter(void* self) {
    auto& gate = *static_cast<Gate*>(self);
    std::unique_lock<std::mutex> lock(gate.mutex_);
    gate.entered_ = true;
    gate.changed_.notify_all();
    if (!gate.changed_.wait_for(lock, kPatience, [&] { return gate.open_; })) {
        ADD_FAILURE() << "a gate was never opened";
    }
    gate.left_.store(true);
}

void Gate::open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
}

bool Gate::waitEntered() {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return entered_; });
}

Marks::~Marks() {
    cudaDeviceSynchronize();
}

void Marks::add(cudaStream_t stream, int mark) {
    entries_.push_back(std::make_unique<Entry>(Entry{this, mark}));
    ASSERT_CUDA(cudaLaunchHostFunc(stream, &Marks::run, entries_.back().get()));
}

void Marks::addNow(int mark) {
    const std::lock_guard<std::mutex> lock(mutex_);
    marks_.push_back(mark);
}

std::vector<int> Marks::get() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return marks_;
}

void Marks::run(void* entry) {
    const auto& it = *static_cast<Entry*>(entry);
    it.marks->addNow(it.mark);
}

bool becomesIdle(cudaStream_t stream) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (cudaStreamQuery(stream) == cudaErrorNotReady) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}
