#include "report.h"

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <mutex>

namespace hostcuda {
namespace {

// Constant-initialized and trivially destroyed, so that reports work from static destructors too.
std::atomic<uint64_t> reports{0};
std::atomic<PinionHostCudaReportFn> reportCallback{nullptr};
std::atomic<void*> reportUserData{nullptr};

}  // namespace

void report(const char* format, ...) {
    constexpr char kPrefix[] = "pinion host CUDA: CONTRACT: ";
    constexpr size_t kPrefixLength = sizeof(kPrefix) - 1;
    char line[512];
    std::snprintf(line, sizeof(line), "%s", kPrefix);
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(line + kPrefixLength, sizeof(line) - kPrefixLength - 1, format, arguments);
    va_end(arguments);

    reports.fetch_add(1);
    if (const PinionHostCudaReportFn callback = reportCallback.load()) {
        callback(line + kPrefixLength, reportUserData.load());
    } else {
        std::fprintf(stderr, "%s\n", line);
    }
}

uint64_t reportCount() {
    return reports.load();
}

void setReportCallback(PinionHostCudaReportFn callback, void* userData) {
    reportCallback.store(nullptr);
    reportUserData.store(userData);
    reportCallback.store(callback);
}

}  // namespace hostcuda
