#include "timing_cache.h"

#include <cmath>

#include "byte_stream.h"
#include "device.h"
#include "hashing.h"
#include "host_memory.h"
#include "plan.h"
#include "refusal.h"

namespace pinion_host_tensorrt {
namespace {

constexpr uint64_t kMagic = 0x31484354534f4850;  // "PHOSTCH1"
constexpr double kMicrosPerMilli = 1000.0;

}  // namespace

TimingRecords::TimingRecords() : version_(static_cast<uint64_t>(NV_TENSORRT_VERSION)), device_(deviceText()) {}

std::string TimingRecords::deviceText() {
    return device().name + " " + device().instructions;
}

std::shared_ptr<TimingRecords> TimingRecords::parse(const void* blob, size_t size) {
    auto out = std::make_shared<TimingRecords>();
    if (size == 0) {
        return out;
    }
    if (blob == nullptr) {
        refuse("the timing cache is null");
    }
    const std::string_view bytes(static_cast<const char*>(blob), size);
    constexpr size_t kHashSize = sizeof(uint64_t);
    if (size <= kHashSize) {
        refuse("the bytes are no timing cache");
    }
    const std::string_view content = bytes.substr(0, size - kHashSize);
    if (ByteReader(bytes.substr(content.size())).u64() != hashOf(content) || ByteReader(content).u64() != kMagic) {
        refuse("the bytes are no timing cache of the host TensorRT, or are damaged");
    }
    ByteReader in(content);
    in.u64();
    out->version_ = in.u64();
    out->device_ = in.text();
    in.list([&] {
        const uint64_t key = in.u64();
        Measurement& measurement = out->records_[key];
        measurement.milliseconds = static_cast<double>(in.u64()) / kMicrosPerMilli;
        in.list([&] { measurement.outputs.push_back(in.shape()); });
    });
    return out;
}

std::string TimingRecords::bytes() const {
    std::lock_guard<std::mutex> lock(mutex_);
    ByteWriter out;
    out.u64(kMagic);
    out.u64(version_);
    out.text(device_);
    out.list(records_, [&](const auto& record) {
        out.u64(record.first);
        out.u64(static_cast<uint64_t>(std::llround(record.second.milliseconds * kMicrosPerMilli)));
        out.list(record.second.outputs, [&](const Shape& shape) { out.shape(shape); });
    });
    const uint64_t hash = hashOf(out.bytes());
    out.u64(hash);
    return out.bytes();
}

bool TimingRecords::find(uint64_t key, Measurement& out) const {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto known = records_.find(key);
    if (known == records_.end()) {
        return false;
    }
    out = known->second;
    return true;
}

void TimingRecords::add(uint64_t key, Measurement measurement) {
    std::lock_guard<std::mutex> lock(mutex_);
    records_[key] = std::move(measurement);
}

std::string TimingRecords::mismatch() const {
    std::lock_guard<std::mutex> lock(mutex_);
    if (version_ != static_cast<uint64_t>(NV_TENSORRT_VERSION)) {
        return "it was made by host TensorRT " + versionText(static_cast<int64_t>(version_));
    }
    return device_ == deviceText() ? "" : "it was made on " + device_;
}

bool TimingRecords::merge(const TimingRecords& other, bool ignoreMismatch, std::string& why) {
    if (&other == this) {
        return true;
    }
    std::scoped_lock lock(mutex_, other.mutex_);
    if (!ignoreMismatch && (other.version_ != version_ || other.device_ != device_)) {
        why = "the other cache was made by another release or on another device";
        return false;
    }
    records_.insert(other.records_.begin(), other.records_.end());
    return true;
}

void TimingRecords::clear() {
    std::lock_guard<std::mutex> lock(mutex_);
    records_.clear();
    version_ = static_cast<uint64_t>(NV_TENSORRT_VERSION);
    device_ = deviceText();
}

size_t TimingRecords::size() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return records_.size();
}

TimingCache::~TimingCache() noexcept {
    if (records_ == nullptr && !released()) {
        reportDead("ITimingCache", "destroy");
    }
}

std::shared_ptr<TimingRecords> TimingCache::records(const char* function) const noexcept {
    if (records_ == nullptr) {
        reportDead("ITimingCache", function);
    }
    return records_;
}

nvinfer1::IHostMemory* TimingCache::serialize() const noexcept {
    const auto known = records("serialize");
    return known == nullptr ? nullptr
                            : guarded(*log_, "ITimingCache::serialize", static_cast<nvinfer1::IHostMemory*>(nullptr),
                                      [&]() -> nvinfer1::IHostMemory* { return new HostMemory(known->bytes()); });
}

bool TimingCache::combine(nvinfer1::ITimingCache const& other, bool ignoreMismatch) noexcept {
    const auto mine = records("combine");
    const auto theirs = static_cast<const TimingCache&>(other).records("combine");
    return mine != nullptr && theirs != nullptr && guarded(*log_, "ITimingCache::combine", false, [&] {
               std::string why;
               if (!mine->merge(*theirs, ignoreMismatch, why)) {
                   refuse(why);
               }
               return true;
           });
}

bool TimingCache::reset() noexcept {
    const auto known = records("reset");
    if (known != nullptr) {
        known->clear();
    }
    return known != nullptr;
}

}  // namespace pinion_host_tensorrt
