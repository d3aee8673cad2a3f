// Bytes that the library hands to its caller.
#pragma once

#include <string>

#include "NvInferRuntime.h"
#include "report.h"

namespace pinion_host_tensorrt {

class HostMemory final : public nvinfer1::IHostMemory, public Buried<HostMemory> {
public:
    explicit HostMemory(std::string bytes) : bytes_(std::move(bytes)), alive_(true) {}
    explicit HostMemory(Tombstone) {}
    ~HostMemory() noexcept override {
        if (!alive_ && !released()) {
            reportDead("IHostMemory", "destroy");
        }
    }

    void* data() const noexcept override { return alive("data") ? const_cast<char*>(bytes_.data()) : nullptr; }
    std::size_t size() const noexcept override { return alive("size") ? bytes_.size() : 0; }
    nvinfer1::DataType type() const noexcept override {
        alive("type");
        return nvinfer1::DataType::kINT8;
    }

private:
    bool alive(const char* function) const noexcept {
        if (!alive_) {
            reportDead("IHostMemory", function);
        }
        return alive_;
    }

    std::string bytes_;
    bool alive_ = false;
};

}  // namespace pinion_host_tensorrt
