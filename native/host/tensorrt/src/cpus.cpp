#include "cpus.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <thread>
#if defined(__linux__)
#include <sched.h>
#endif

namespace pinion_host_tensorrt {
namespace {

#if defined(__linux__)

int affinityCpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 0;
}

std::string firstWord(const std::string& path, std::string* second = nullptr) {
    std::ifstream file(path);
    std::string first;
    file >> first;
    if (second != nullptr) {
        file >> *second;
    }
    return first;
}

int quotaOf(const std::string& folder) {
    std::string period;
    const std::string quota = firstWord(folder + "/cpu.max", &period);
    return quota.empty() ? quotaCpus(firstWord(folder + "/cpu.cfs_quota_us"), firstWord(folder + "/cpu.cfs_period_us"))
                         : quotaCpus(quota, period);
}

// The least quota of the cgroup and of those that it lies in; 0 where none has one.
int cgroupCpus() {
    int least = 0;
    std::ifstream groups("/proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {
        const size_t controllers = line.find(':');
        const size_t path = controllers == std::string::npos ? controllers : line.find(':', controllers + 1);
        if (path == std::string::npos) {
            continue;
        }
        const std::string list = "," + line.substr(controllers + 1, path - controllers - 1) + ",";
        const bool unified = list == ",,";
        if (!unified && list.find(",cpu,") == std::string::npos) {
            continue;
        }
        const std::string root = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";
        // In a container, the path may be the host's; what counts is then at the root of what is mounted.
        for (std::string group = line.substr(path + 1);; group.erase(group.rfind('/'))) {
            const int cpus = quotaOf(root + group);
            least = cpus > 0 && (least == 0 || cpus < least) ? cpus : least;
            if (group.empty()) {
                break;
            }
        }
    }
    return least;
}

#else

int affinityCpus() {
    return static_cast<int>(std::thread::hardware_concurrency());
}

int cgroupCpus() {
    return 0;
}

#endif

}  // namespace

int quotaCpus(const std::string& quota, const std::string& period) {
    const double micros = std::strtod(quota.c_str(), nullptr);  // "max" and -1 are no limit
    const double of = std::strtod(period.c_str(), nullptr);
    return micros > 0 && of > 0 ? static_cast<int>(std::ceil(micros / of)) : 0;
}

int usableCpus() {
    const int cpus = std::max(affinityCpus(), 1);
    const int quota = cgroupCpus();
    return quota > 0 ? std::min(cpus, quota) : cpus;
}

}  // namespace pinion_host_tensorrt
