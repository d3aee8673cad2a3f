#include "identity.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>
#if defined(_WIN32)
#include <windows.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#else
#include <unistd.h>
#endif

namespace hostcuda {
namespace {

#if defined(_WIN32)

std::string readCpuName() {
    char name[256] = {};
    DWORD size = sizeof(name) - 1;
    RegGetValueA(HKEY_LOCAL_MACHINE, "HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0", "ProcessorNameString",
                 RRF_RT_REG_SZ, nullptr, name, &size);
    return name;
}

int readCpuClockKhz() {
    DWORD mhz = 0;
    DWORD size = sizeof(mhz);
    RegGetValueA(HKEY_LOCAL_MACHINE, "HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0", "~MHz", RRF_RT_REG_DWORD,
                 nullptr, &mhz, &size);
    return static_cast<int>(mhz) * 1000;
}

#elif defined(__APPLE__)

template <class T>
T readSysctl(const char* name) {
    T value = 0;
    size_t size = sizeof(value);
    return sysctlbyname(name, &value, &size, nullptr, 0) == 0 ? value : T{0};
}

std::string readCpuName() {
    char name[256] = {};
    size_t size = sizeof(name) - 1;
    sysctlbyname("machdep.cpu.brand_string", name, &size, nullptr, 0);
    return name;
}

int readCpuClockKhz() {
    return static_cast<int>(readSysctl<int64_t>("hw.cpufrequency_max") / 1000);
}

#else

// The value after "key :" in /proc/cpuinfo or "key:" in /proc/meminfo; empty if there is none.
std::string readProc(const char* path, const std::string& key) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line.compare(0, key.size(), key) == 0) {
            const size_t colon = line.find(':');
            const size_t begin = colon == std::string::npos ? colon : line.find_first_not_of(" \t", colon + 1);
            return begin == std::string::npos ? std::string() : line.substr(begin);
        }
    }
    return {};
}

std::string readCpuName() {
    std::string name = readProc("/proc/cpuinfo", "model name");
    if (name.empty()) {
        std::ifstream("/sys/firmware/devicetree/base/model") >> name;
    }
    return name;
}

int readCpuClockKhz() {
    int khz = 0;
    std::ifstream("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq") >> khz;
    return khz > 0 ? khz : static_cast<int>(std::strtod(readProc("/proc/cpuinfo", "cpu MHz").c_str(), nullptr) * 1000);
}

#endif

}  // namespace

const std::string& cpuName() {
    static const auto& name = *new std::string(readCpuName());
    return name;
}

int cpuClockKhz() {
    static const int khz = readCpuClockKhz();
    return khz;
}

int cpuCount() {
    return static_cast<int>(std::thread::hardware_concurrency());
}

int l2CacheBytes() {
#if defined(_SC_LEVEL2_CACHE_SIZE)
    const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
    return bytes > 0 ? static_cast<int>(bytes) : 0;
#elif defined(__APPLE__)
    return static_cast<int>(readSysctl<int64_t>("hw.l2cachesize"));
#else
    return 0;
#endif
}

size_t machineMemory() {
#if defined(_WIN32)
    MEMORYSTATUSEX status = {};
    status.dwLength = sizeof(status);
    return GlobalMemoryStatusEx(&status) ? static_cast<size_t>(status.ullTotalPhys) : 0;
#elif defined(__APPLE__)
    return static_cast<size_t>(readSysctl<uint64_t>("hw.memsize"));
#else
    return static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
#endif
}

size_t machineMemoryAvailable() {
#if defined(__linux__)
    const std::string text = readProc("/proc/meminfo", "MemAvailable");
    const size_t kib = std::strtoull(text.c_str(), nullptr, 10);
    return kib != 0 ? kib * 1024 : machineMemory();
#elif defined(_WIN32)
    MEMORYSTATUSEX status = {};
    status.dwLength = sizeof(status);
    return GlobalMemoryStatusEx(&status) ? static_cast<size_t>(status.ullAvailPhys) : 0;
#else
    return machineMemory();
#endif
}

}  // namespace hostcuda
