#include "runtime_config.h"

#include <chrono>
#include <thread>

#include "byte_stream.h"
#include "device.h"
#include "faults.h"
#include "hashing.h"
#include "host_memory.h"
#include "refusal.h"
#include "targets.h"

namespace pinion_host_tensorrt {

#if PINION_TRT_RTX

namespace {

using nvinfer1::CudaGraphStrategy;
using nvinfer1::DynamicShapesKernelSpecializationStrategy;
using nvinfer1::ExecutionContextAllocationStrategy;

constexpr uint64_t kMagic = 0x314348525453484f;  // "OHSTRHC1"

// Compiled kernels are for one device alone.
std::string deviceText() {
    return device().name + " SM " + std::to_string(deviceCapability());
}

}  // namespace

bool CompiledKernels::add(uint64_t key) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return keys_.insert(key).second;
}

void CompiledKernels::clear() {
    const std::lock_guard<std::mutex> lock(mutex_);
    keys_.clear();
}

std::string CompiledKernels::bytes() const {
    ByteWriter out;
    out.u64(kMagic);
    out.u64(static_cast<uint64_t>(NV_TENSORRT_VERSION));
    out.text(deviceText());
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        out.list(keys_, [&](uint64_t key) { out.u64(key); });
    }
    const uint64_t hash = hashOf(out.bytes());
    out.u64(hash);
    return out.bytes();
}

void CompiledKernels::read(const void* blob, size_t size) {
    constexpr size_t kHashSize = sizeof(uint64_t);
    if (blob == nullptr || size <= kHashSize) {
        refuse("the bytes are no runtime cache");
    }
    const std::string_view bytes(static_cast<const char*>(blob), size);
    const std::string_view content = bytes.substr(0, size - kHashSize);
    if (ByteReader(bytes.substr(content.size())).u64() != hashOf(content) || ByteReader(content).u64() != kMagic) {
        refuse("the bytes are no runtime cache, or are damaged");
    }
    ByteReader in(content);
    in.u64();
    if (in.u64() != static_cast<uint64_t>(NV_TENSORRT_VERSION)) {
        refuse("the runtime cache is of another release");
    }
    if (const std::string madeOn = in.text(); madeOn != deviceText()) {
        refuse("the runtime cache was made on " + madeOn + ", and this is " + deviceText());
    }
    std::set<uint64_t> keys;
    in.list([&] { keys.insert(in.u64()); });
    const std::lock_guard<std::mutex> lock(mutex_);
    keys_ = std::move(keys);
}

bool KernelSettings::compile(uint64_t key) const {
    if (strategy == DynamicShapesKernelSpecializationStrategy::kNONE || !compiled->add(key)) {
        return false;
    }
    // A lazy context runs with kernels of any shape meanwhile.
    const bool waits = strategy == DynamicShapesKernelSpecializationStrategy::kEAGER;
    if (waits) {
        std::this_thread::sleep_for(std::chrono::microseconds(compileMicroseconds()));
    }
    return waits;
}

// RuntimeCache

RuntimeCache::~RuntimeCache() noexcept {
    if (kernels_ == nullptr && !released()) {
        reportDead("IRuntimeCache", "destroy");
    }
}

std::shared_ptr<CompiledKernels> RuntimeCache::kernels(const char* function) const noexcept {
    if (kernels_ == nullptr) {
        reportDead("IRuntimeCache", function);
    }
    return kernels_;
}

nvinfer1::IHostMemory* RuntimeCache::serialize() const noexcept {
    const auto known = kernels(__func__);
    return known == nullptr ? nullptr
                            : guarded(*log_, "IRuntimeCache::serialize", static_cast<nvinfer1::IHostMemory*>(nullptr),
                                      [&]() -> nvinfer1::IHostMemory* { return new HostMemory(known->bytes()); });
}

bool RuntimeCache::deserialize(void const* blob, size_t size) noexcept {
    const auto known = kernels(__func__);
    return known != nullptr && guarded(*log_, "IRuntimeCache::deserialize", false, [&] {
               known->read(blob, size);
               return true;
           });
}

bool RuntimeCache::reset() noexcept {
    const auto known = kernels(__func__);
    if (known != nullptr) {
        known->clear();
    }
    return known != nullptr;
}

// RuntimeConfig

RuntimeConfig::~RuntimeConfig() noexcept {
    if (state_ == nullptr && !released()) {
        reportDead("IRuntimeConfig", "destroy");
    }
}

RuntimeConfig::State* RuntimeConfig::state(const char* function) const noexcept {
    if (state_ == nullptr) {
        reportDead("IRuntimeConfig", function);
    }
    return state_.get();
}

void RuntimeConfig::setExecutionContextAllocationStrategy(ExecutionContextAllocationStrategy strategy) noexcept {
    if (State* const config = state(__func__)) {
        config->allocation = strategy;
    }
}

ExecutionContextAllocationStrategy RuntimeConfig::getExecutionContextAllocationStrategy() const noexcept {
    const State* const config = state(__func__);
    return config != nullptr ? config->allocation : ExecutionContextAllocationStrategy{};
}

nvinfer1::IRuntimeCache* RuntimeConfig::createRuntimeCache() const noexcept {
    const State* const config = state(__func__);
    return config == nullptr ? nullptr
                             : guarded(config->log, "IRuntimeConfig::createRuntimeCache",
                                       static_cast<nvinfer1::IRuntimeCache*>(nullptr),
                                       [&]() -> nvinfer1::IRuntimeCache* { return new RuntimeCache(config->log); });
}

bool RuntimeConfig::setRuntimeCache(nvinfer1::IRuntimeCache const& cache) noexcept {
    State* const config = state(__func__);
    const auto known = static_cast<const RuntimeCache&>(cache).kernels(__func__);
    if (config == nullptr || known == nullptr) {
        return false;
    }
    config->cache = &cache;
    config->compiled = known;
    return true;
}

nvinfer1::IRuntimeCache* RuntimeConfig::getRuntimeCache() const noexcept {
    const State* const config = state(__func__);
    return config != nullptr ? const_cast<nvinfer1::IRuntimeCache*>(config->cache) : nullptr;
}

void RuntimeConfig::setDynamicShapesKernelSpecializationStrategy(
    DynamicShapesKernelSpecializationStrategy strategy) noexcept {
    if (State* const config = state(__func__)) {
        config->specialization = strategy;
    }
}

DynamicShapesKernelSpecializationStrategy RuntimeConfig::getDynamicShapesKernelSpecializationStrategy() const noexcept {
    const State* const config = state(__func__);
    return config != nullptr ? config->specialization : DynamicShapesKernelSpecializationStrategy{};
}

bool RuntimeConfig::setCudaGraphStrategy(CudaGraphStrategy strategy) noexcept {
    State* const config = state(__func__);
    const auto index = static_cast<int32_t>(strategy);
    if (config == nullptr || index < 0 || index >= nvinfer1::EnumMax<CudaGraphStrategy>()) {
        return false;
    }
    config->graphs = strategy;
    return true;
}

CudaGraphStrategy RuntimeConfig::getCudaGraphStrategy() const noexcept {
    const State* const config = state(__func__);
    return config != nullptr ? config->graphs : CudaGraphStrategy{};
}

bool RuntimeConfig::withMemory() const noexcept {
    return getExecutionContextAllocationStrategy() != ExecutionContextAllocationStrategy::kUSER_MANAGED;
}

KernelSettings RuntimeConfig::kernels() const {
    KernelSettings settings;
    if (const State* const config = state(__func__)) {
        settings.strategy = config->specialization;
        settings.compiled = config->compiled != nullptr ? config->compiled : settings.compiled;
    }
    return settings;
}

#endif

}  // namespace pinion_host_tensorrt
