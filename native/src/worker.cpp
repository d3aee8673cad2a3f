#include "worker.h"

#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#ifdef _WIN32
// After windows.h, which it needs.
#include <windows.h>
//
#include <psapi.h>
#elif !defined(__linux__)
#include <sys/resource.h>
#endif

#include "crash_report.h"
#include "error.h"
#include "log.h"
#include "pinion/pinion.h"
#include "sdk.h"
#include "tensorrt_compat.h"
#include "worker_channel.h"
#include "worker_request.h"

namespace pinion {
namespace {

#ifdef _WIN32
uint64_t peakMemoryBytes() {
    PROCESS_MEMORY_COUNTERS counters{};
    return GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof(counters)) != 0 ? counters.PeakWorkingSetSize
                                                                                       : 0;
}
#elif defined(__linux__)
// Not getrusage: its peak begins with that of the process which started this one.
uint64_t peakMemoryBytes() {
    std::ifstream status("/proc/self/status");
    std::string word;
    uint64_t kilobytes = 0;
    while (status >> word) {
        if (word == "VmHWM:" && status >> kilobytes) {
            return kilobytes << 10;
        }
    }
    return 0;
}
#else
uint64_t peakMemoryBytes() {
    rusage usage{};
    return getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<uint64_t>(usage.ru_maxrss) : 0;
}
#endif

struct Receiver {
    Channel& channel;
    int32_t maxSeverity;
};

int32_t onProgress(void* user, const char* phase, const char* parent, int32_t step, int32_t stepCount, double elapsed) {
    if (parent[0] == '\0') {
        notePhase(phase);
    }
    PayloadWriter payload;
    payload.number(step).number(stepCount).number(elapsed).text(phase).text(parent);
    static_cast<Receiver*>(user)->channel.write(FrameKind::kProgress, payload);
    return 0;
}

void onLog(void* user, int32_t severity, const char* message) {
    const auto* receiver = static_cast<Receiver*>(user);
    noteLogLine(message);
    if (severity <= receiver->maxSeverity) {
        PayloadWriter payload;
        payload.number(severity).text(message);
        receiver->channel.write(FrameKind::kLog, payload);
    }
}

void tell(Channel& channel, pn_error* error) {
    const std::unique_ptr<pn_error, decltype(&pn_error_destroy)> owned(error, &pn_error_destroy);
    PayloadWriter payload;
    payload.number(pn_error_status(error))
        .text(pn_error_operation(error))
        .text(pn_error_message(error))
        .text(pn_error_log(error))
        .text(pn_error_built_with(error))
        .text(pn_error_running_on(error));
    channel.write(FrameKind::kError, payload);
}

void build(Channel& channel, WorkerRequest& request) {
    Receiver receiver{channel, request.maxSeverity()};
    request.options().progress = &onProgress;
    request.options().progress_user = &receiver;
    // Every line, since the verbose ones tell where the parser is.
    setLogCallback(&onLog, &receiver, PN_SEVERITY_VERBOSE);
    std::thread([&channel] {
        channel.waitForEnd();
        endWithoutParent();
    }).detach();

    const auto start = std::chrono::steady_clock::now();
    pn_blob* plan = nullptr;
    pn_error* error = nullptr;
    if (request.build(&plan, &error) != PN_OK) {
        tell(channel, error);
    } else {
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        channel.write(FrameKind::kPlan, pn_blob_data(plan), pn_blob_size(plan));
        channel.write(FrameKind::kEnd, PayloadWriter().number(peakMemoryBytes()).number(seconds.count()));
    }
    pn_blob_destroy(plan);
    setLogCallback(nullptr, nullptr, PN_SEVERITY_WARNING);
}

}  // namespace

int32_t runWorker(int32_t input, int32_t output) noexcept {
    try {
        // Never destroyed: a thread waits on it until the process ends.
        Channel& channel = *new Channel(input, output);
        reportCrashesTo(channel.output());
        channel.write(FrameKind::kHello, PayloadWriter()
                                             .number(pn_abi_version())
                                             .number(int32_t{kSdk})
                                             .number(tensorRtLoaded())
                                             .number(tensorRtBuild()));
        pn_error* error = nullptr;
        std::unique_ptr<WorkerRequest> request;
        const int32_t status =
            guard("read the request", &error, [&] { request = std::make_unique<WorkerRequest>(channel); });
        if (status != PN_OK) {
            tell(channel, error);
        } else {
            build(channel, *request);
        }
        return EXIT_SUCCESS;
    } catch (const std::exception&) {
        // Without pipes or memory there is no way to tell.
        return EXIT_FAILURE;
    }
}

}  // namespace pinion
