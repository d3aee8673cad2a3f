#include "pinion_host_cuda.h"
#include "report.h"
#include "runtime.h"
#include "settings.h"

using namespace hostcuda;

void pinionHostCudaSetReport(PinionHostCudaReportFn report, void* userData) {
    setReportCallback(report, userData);
}

uint64_t pinionHostCudaReportCount(void) {
    return reportCount();
}

void pinionHostCudaReloadSettings(void) {
    reloadSettings();
}

void pinionHostCudaGetUsage(PinionHostCudaUsage* usage) {
    Runtime& all = runtime();
    *usage = {};
    usage->deviceBytes = all.memory.bytes(true);
    usage->pinnedBytes = all.memory.bytes(false);
    usage->allocations = all.memory.count();
    for (int i = 0; i < kMaxDevices; ++i) {
        usage->streams += all.device(i).streams().size();
    }
    usage->events = all.events.count();
    usage->graphs = all.graphs.count();
    usage->graphExecs = all.graphExecs.count();
}
