#include "device_streams.h"
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
    const Runtime& all = runtime();
    *usage = {};
    usage->deviceBytes = memoryRegistry().bytes(true);
    usage->pinnedBytes = memoryRegistry().bytes(false);
    usage->allocations = memoryRegistry().count();
    for (int i = 0; i < kMaxDevices; ++i) {
        usage->streams += streamsOf(deviceAt(i)).size();
        usage->initializedDevices += deviceAt(i).isInitialized() ? 1 : 0;
    }
    usage->events = all.events.count();
    usage->graphs = all.graphs.count();
    usage->graphExecs = all.graphExecs.count();
}
