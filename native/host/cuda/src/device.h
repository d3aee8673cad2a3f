#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "cuda_runtime_api.h"

namespace hostcuda {

// How a host thread waits for work.
enum class WaitMode {
    kAuto,   // spin briefly, then block
    kSpin,   // never block
    kYield,  // never block, but give the core away
    kBlock   // block at once
};

enum class CopyPath { kHostToDevice, kDeviceToHost, kSameSide };

// One host device: its memory budget, its error, and the two copy engines of the bandwidth simulation. Its streams are
// in device_streams.h. Devices are never destroyed, so that workers and static destructors can always reach theirs.
class Device {
public:
    explicit Device(int ordinal) : ordinal(ordinal) {}
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    // The error that sticks to the device until it is reset, or success.
    cudaError_t error() const { return error_.load(std::memory_order_acquire); }
    void fail(cudaError_t error);
    void clearError() { error_.store(cudaSuccess); }

    unsigned flags() const { return flags_.load(); }
    void setFlags(unsigned flags) { flags_.store(flags); }
    WaitMode waitMode() const;

    // Makes the device's primary context, as the first call that needs it does; an error where the device is to be had
    // by another process alone.
    cudaError_t initialize() { return isInitialized_.load(std::memory_order_acquire) ? cudaSuccess : initializeNow(); }
    bool isInitialized() const { return isInitialized_.load(); }
    void deinitialize() { isInitialized_.store(false); }

    // Takes bytes from the memory budget; false if that many are not left.
    bool reserve(size_t bytes);
    void unreserve(size_t bytes) { used_.fetch_sub(bytes); }
    size_t used() const { return used_.load(); }
    static size_t totalMemory();

    // Lets a copy take the time that the simulated bandwidth allows; copies in one direction share it.
    void delayCopy(CopyPath path, size_t bytes, int64_t startNanos);

    const int ordinal;

private:
    cudaError_t initializeNow();

    std::atomic<bool> isInitialized_{false};
    std::atomic<cudaError_t> error_{cudaSuccess};
    std::atomic<unsigned> flags_{cudaDeviceScheduleAuto};
    std::atomic<size_t> used_{0};
    std::mutex engineMutex_;
    int64_t engineFreeAt_[2] = {0, 0};
};

// For ordinals below kMaxDevices, also those that the settings do not show.
Device& deviceAt(int ordinal);

}  // namespace hostcuda
