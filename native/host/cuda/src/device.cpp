#include "device.h"

#include <algorithm>
#include <array>
#include <memory>

#include "clock.h"
#include "identity.h"
#include "settings.h"

namespace hostcuda {

cudaError_t Device::initializeNow() {
    if (settings().unavailableDevice == ordinal) {
        return cudaErrorDevicesUnavailable;
    }
    isInitialized_.store(true, std::memory_order_release);
    return cudaSuccess;
}

void Device::fail(cudaError_t error) {
    cudaError_t none = cudaSuccess;
    error_.compare_exchange_strong(none, error);
}

WaitMode Device::waitMode() const {
    switch (flags() & cudaDeviceScheduleMask) {
        case cudaDeviceScheduleSpin:
            return WaitMode::kSpin;
        case cudaDeviceScheduleYield:
            return WaitMode::kYield;
        case cudaDeviceScheduleBlockingSync:
            return WaitMode::kBlock;
        default:
            return WaitMode::kAuto;
    }
}

size_t Device::totalMemory() {
    const size_t configured = settings().deviceMemory;
    return configured != 0 ? configured : machineMemory() / 2;
}

bool Device::reserve(size_t bytes) {
    const size_t total = totalMemory();
    size_t used = used_.load();
    do {
        if (used > total || bytes > total - used) {
            return false;
        }
    } while (!used_.compare_exchange_weak(used, used + bytes));
    return true;
}

void Device::delayCopy(CopyPath path, size_t bytes, int64_t startNanos) {
    constexpr int64_t kNanosPerMicro = 1000;
    const double bytesPerNano = settings().copyBytesPerNano;
    const int64_t setupNanos = kNanosPerMicro * settings().copySetupMicros;
    if ((bytesPerNano <= 0 && setupNanos == 0) || path == CopyPath::kSameSide) {
        return;
    }
    const int64_t nanos =
        setupNanos + (bytesPerNano > 0 ? static_cast<int64_t>(static_cast<double>(bytes) / bytesPerNano) : 0);
    int64_t end = 0;
    {
        const std::lock_guard<std::mutex> lock(engineMutex_);
        int64_t& freeAt = engineFreeAt_[path == CopyPath::kHostToDevice ? 0 : 1];
        freeAt = std::max(freeAt, startNanos) + nanos;
        end = freeAt;
    }
    sleepUntilNanos(end);
}

Device& deviceAt(int ordinal) {
    static auto& devices = *[] {
        auto* all = new std::array<std::unique_ptr<Device>, kMaxDevices>();
        for (int i = 0; i < kMaxDevices; ++i) {
            (*all)[static_cast<size_t>(i)] = std::make_unique<Device>(i);
        }
        return all;
    }();
    return *devices[static_cast<size_t>(ordinal)];
}

}  // namespace hostcuda
