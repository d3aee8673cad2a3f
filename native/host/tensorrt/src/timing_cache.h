// Measurements of past builds: with them a build need not run the model again to learn its output shapes.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "log.h"
#include "report.h"
#include "text.h"

namespace pinion_host_tensorrt {

struct Measurement {
    double milliseconds = 0;
    std::vector<Shape> outputs;
};

// The records of one cache. Measurements of one device and release mean nothing on another.
class TimingRecords {
public:
    TimingRecords();

    // Throws a Refusal when the bytes are no timing cache.
    static std::shared_ptr<TimingRecords> parse(const void* blob, size_t size);
    std::string bytes() const;

    // The key is a hash of what was measured: model, optimisation level, shapes.
    bool find(uint64_t key, Measurement& out) const;
    void add(uint64_t key, Measurement measurement);

    // Why records made elsewhere are not to be used here, or empty.
    std::string mismatch() const;
    bool merge(const TimingRecords& other, bool ignoreMismatch, std::string& why);
    void clear();
    size_t size() const;

private:
    static std::string deviceText();

    mutable std::mutex mutex_;
    uint64_t version_;
    std::string device_;
    std::map<uint64_t, Measurement> records_;
};

class TimingCache final : public nvinfer1::ITimingCache, public Buried<TimingCache> {
public:
    TimingCache(std::shared_ptr<TimingRecords> records, const Log& parent)
        : records_(std::move(records)), log_(std::make_unique<Log>(parent)) {}
    explicit TimingCache(Tombstone) {}
    ~TimingCache() noexcept override;

    nvinfer1::IHostMemory* serialize() const noexcept override;
    bool combine(nvinfer1::ITimingCache const& other, bool ignoreMismatch) noexcept override;
    bool reset() noexcept override;

    // Null when it was destroyed, after reporting it.
    std::shared_ptr<TimingRecords> records(const char* function) const noexcept;

private:
    std::shared_ptr<TimingRecords> records_;
    std::unique_ptr<Log> log_;
};

}  // namespace pinion_host_tensorrt
