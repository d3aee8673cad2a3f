#include "device.h"

#include <fstream>

#include "pinion_host_tensorrt.h"

#if defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#include <intrin.h>
#endif

namespace pinion_host_tensorrt {
namespace {

std::string processorName() {
#if defined(__APPLE__)
    char name[256] = "";
    size_t size = sizeof name;
    if (sysctlbyname("machdep.cpu.brand_string", name, &size, nullptr, 0) == 0) {
        return name;
    }
#elif defined(_WIN32) && (defined(_M_X64) || defined(_M_IX86))
    int registers[12] = {};
    for (int i = 0; i < 3; ++i) {
        __cpuid(registers + 4 * i, static_cast<int>(0x80000002u) + i);
    }
    return reinterpret_cast<const char*>(registers);
#else
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        for (const char* key : {"model name", "Model", "CPU part"}) {
            if (line.compare(0, std::string(key).size(), key) == 0 && line.find(": ") != std::string::npos) {
                return line.substr(line.find(": ") + 2);
            }
        }
    }
#endif
    return "processor";
}

// The sets by which ONNX Runtime chooses kernels and memory layouts.
std::string instructionSets() {
#if defined(__x86_64__) || defined(__i386__)
    std::string sets = "x86-64";
    __builtin_cpu_init();
    sets += __builtin_cpu_supports("avx") ? " avx" : "";
    sets += __builtin_cpu_supports("avx2") ? " avx2" : "";
    sets += __builtin_cpu_supports("fma") ? " fma" : "";
    sets += __builtin_cpu_supports("avx512f") ? " avx512f" : "";
    sets += __builtin_cpu_supports("avx512bw") ? " avx512bw" : "";
    sets += __builtin_cpu_supports("avx512vnni") ? " avx512vnni" : "";
    return sets;
#elif defined(_M_X64)
    int basic[4] = {};
    int extended[4] = {};
    __cpuid(basic, 1);
    __cpuidex(extended, 7, 0);
    std::string sets = "x86-64";
    sets += (basic[2] >> 28 & 1) != 0 ? " avx" : "";
    sets += (extended[1] >> 5 & 1) != 0 ? " avx2" : "";
    sets += (basic[2] >> 12 & 1) != 0 ? " fma" : "";
    sets += (extended[1] >> 16 & 1) != 0 ? " avx512f" : "";
    sets += (extended[1] >> 30 & 1) != 0 ? " avx512bw" : "";
    sets += (extended[2] >> 11 & 1) != 0 ? " avx512vnni" : "";
    return sets;
#elif defined(__aarch64__) || defined(_M_ARM64)
    return "arm64";
#else
    return "generic";
#endif
}

}  // namespace

const Device& device() {
    static const Device instance{processorName(), instructionSets()};
    return instance;
}

std::string deviceIdentity() {
    return device().name + " [" + device().instructions + "]";
}

}  // namespace pinion_host_tensorrt
