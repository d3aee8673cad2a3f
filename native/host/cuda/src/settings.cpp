#include "settings.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

namespace hostcuda {
namespace {

constexpr size_t kFaultPoints = static_cast<size_t>(FaultPoint::kCount);
constexpr const char* kFaultPointNames[kFaultPoints] = {
    "malloc",       "malloc_async",  "host_alloc",        "host_register", "memcpy",
    "memset",       "host_func",     "graph_instantiate", "graph_launch",  "event_create",
    "event_record", "stream_create", "synchronize",       "begin_capture", "end_capture"};

struct NamedError {
    cudaError_t value;
    const char* name;
};
constexpr NamedError kErrors[] = {
#define PINION_CUDA_ERROR(enumerator, text) {enumerator, #enumerator},
#include "error_table.inc"
#undef PINION_CUDA_ERROR
};

std::string trim(const std::string& text) {
    const auto isSpace = [](unsigned char c) { return std::isspace(c) != 0; };
    const auto begin = std::find_if_not(text.begin(), text.end(), isSpace);
    const auto end = std::find_if_not(text.rbegin(), text.rend(), isSpace).base();
    return begin < end ? std::string(begin, end) : std::string();
}

// "illegal_address" means cudaErrorIllegalAddress: the enumerator in lower case, without prefix and with underscores.
bool parseError(const std::string& text, cudaError_t& error) {
    if (text == "out_of_memory") {
        error = cudaErrorMemoryAllocation;
        return true;
    }
    std::string wanted;
    for (const char c : text) {
        if (c != '_') {
            wanted += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
    }
    for (const NamedError& candidate : kErrors) {
        std::string name = candidate.name;
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        if (candidate.value != cudaSuccess && (name == wanted || name == "cudaerror" + wanted)) {
            error = candidate.value;
            return true;
        }
    }
    return false;
}

// A non-negative number and what follows it.
bool parseNumber(const std::string& text, double& number, std::string& unit) {
    char* end = nullptr;
    number = std::strtod(text.c_str(), &end);
    if (end == text.c_str() || !(number >= 0)) {
        return false;
    }
    unit = trim(end);
    return true;
}

bool scale(const std::string& unit, double& number) {
    constexpr struct {
        const char* name;
        double factor;
    } kUnits[] = {{"", 1},     {"B", 1},        {"KB", 1e3},     {"MB", 1e6},
                  {"GB", 1e9}, {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}};
    for (const auto& known : kUnits) {
        if (unit == known.name) {
            number *= known.factor;
            return true;
        }
    }
    return false;
}

bool parseSetting(const std::string& name, const std::string& value, Settings& out) {
    double number = 0;
    std::string unit;
    if (!parseNumber(value, number, unit)) {
        return false;
    }
    if (name == "devices" && unit.empty() && number <= kMaxDevices && number == static_cast<int>(number)) {
        out.devices = static_cast<int>(number);
        return true;
    }
    if (name == "device_memory" && scale(unit, number) && number >= 1 && number < 0x1p62) {
        out.deviceMemory = static_cast<size_t>(number);
        return true;
    }
    if (name == "spin_us" && unit.empty() && number <= 1e6) {
        out.spinMicros = static_cast<int>(number);
        return true;
    }
    if (name == "copy_bandwidth" && unit.size() > 2 && unit.compare(unit.size() - 2, 2, "ps") == 0 &&
        scale(unit.substr(0, unit.size() - 2), number) && number > 0) {
        out.copyBytesPerNano = number / 1e9;
        return true;
    }
    return false;
}

// Sticky errors come from running work; only these operations run any.
bool runsWork(FaultPoint point) {
    return point == FaultPoint::kMemcpy || point == FaultPoint::kMemset || point == FaultPoint::kHostFunc ||
           point == FaultPoint::kGraphLaunch;
}

// point:n=error, or point:n+=error for the n-th and all later ones.
bool parseFault(const std::string& point, const std::string& count, const std::string& error, Settings& out) {
    const auto* const name = std::find(std::begin(kFaultPointNames), std::end(kFaultPointNames), point);
    Fault fault;
    char* end = nullptr;
    fault.first = std::strtoull(count.c_str(), &end, 10);
    fault.andLater = *end == '+';
    const bool countIsGood = !count.empty() && std::isdigit(static_cast<unsigned char>(count[0])) && fault.first > 0 &&
                             end[fault.andLater ? 1 : 0] == '\0';
    if (name == std::end(kFaultPointNames) || !countIsGood || !parseError(error, fault.error)) {
        return false;
    }
    const auto index = name - kFaultPointNames;
    if (isSticky(fault.error) && !runsWork(static_cast<FaultPoint>(index))) {
        return false;
    }
    out.faults[index].push_back(fault);
    out.anyFault = true;
    return true;
}

bool parseItem(const std::string& item, Settings& out) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos) {
        return false;
    }
    const std::string name = trim(item.substr(0, equals));
    const std::string value = trim(item.substr(equals + 1));
    const size_t colon = name.find(':');
    return colon == std::string::npos
               ? parseSetting(name, value, out)
               : parseFault(trim(name.substr(0, colon)), trim(name.substr(colon + 1)), value, out);
}

struct Counters {
    std::atomic<uint64_t> atCall[kFaultPoints];
    std::atomic<uint64_t> atRun[kFaultPoints];
};
Counters counters;

std::atomic<const Settings*> current{nullptr};
std::mutex loadMutex;

const Settings* load() {
    // Earlier settings stay alive: a thread may still be reading them.
    static auto& kept = *new std::vector<std::unique_ptr<const Settings>>();
    auto fresh = std::make_unique<Settings>(Settings::parse(std::getenv("PINION_HOST_CUDA_FAULTS")));
    if (std::thread::hardware_concurrency() == 1) {
        fresh->spinMicros = 0;
    }
    if (!fresh->problem.empty()) {
        std::fprintf(stderr, "pinion host CUDA: PINION_HOST_CUDA_FAULTS: cannot understand '%s'; every call fails\n",
                     fresh->problem.c_str());
    }
    for (size_t i = 0; i < kFaultPoints; ++i) {
        counters.atCall[i] = 0;
        counters.atRun[i] = 0;
    }
    kept.push_back(std::move(fresh));
    current.store(kept.back().get(), std::memory_order_release);
    return kept.back().get();
}

cudaError_t scripted(FaultPoint point, bool atRun) {
    const Settings& now = settings();
    if (!now.anyFault) {
        return cudaSuccess;
    }
    const auto index = static_cast<size_t>(point);
    const uint64_t count = ++(atRun ? counters.atRun : counters.atCall)[index];
    for (const Fault& fault : now.faults[index]) {
        if (isSticky(fault.error) == atRun && (count == fault.first || (fault.andLater && count > fault.first))) {
            return fault.error;
        }
    }
    return cudaSuccess;
}

}  // namespace

Settings Settings::parse(const char* text) {
    Settings out;
    std::string rest = text != nullptr ? text : "";
    std::replace(rest.begin(), rest.end(), ',', ';');
    rest += ';';
    for (size_t begin = 0, end; (end = rest.find(';', begin)) != std::string::npos; begin = end + 1) {
        const std::string item = trim(rest.substr(begin, end - begin));
        if (!item.empty() && !parseItem(item, out) && out.problem.empty()) {
            out.problem = item;
        }
    }
    return out;
}

const Settings& settings() {
    const Settings* now = current.load(std::memory_order_acquire);
    if (now == nullptr) {
        const std::lock_guard<std::mutex> lock(loadMutex);
        now = current.load(std::memory_order_acquire);
        if (now == nullptr) {
            now = load();
        }
    }
    return *now;
}

void reloadSettings() {
    const std::lock_guard<std::mutex> lock(loadMutex);
    load();
}

bool isSticky(cudaError_t error) {
    switch (error) {
        case cudaErrorECCUncorrectable:
        case cudaErrorNvlinkUncorrectable:
        case cudaErrorIllegalAddress:
        case cudaErrorLaunchTimeout:
        case cudaErrorAssert:
        case cudaErrorHardwareStackError:
        case cudaErrorIllegalInstruction:
        case cudaErrorMisalignedAddress:
        case cudaErrorInvalidAddressSpace:
        case cudaErrorInvalidPc:
        case cudaErrorLaunchFailure:
        case cudaErrorExternalDevice:
            return true;
        default:
            return false;
    }
}

cudaError_t faultAtCall(FaultPoint point) {
    return scripted(point, false);
}

cudaError_t faultAtRun(FaultPoint point) {
    return scripted(point, true);
}

}  // namespace hostcuda
