#include "faults.h"

#include <atomic>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pinion_host_tensorrt.h"

namespace pinion_host_tensorrt {
namespace {

constexpr size_t kPoints = static_cast<size_t>(FaultPoint::kCount);
constexpr const char* kPointNames[kPoints] = {"build", "deserialize", "context", "enqueue", "run"};

struct Fault {
    uint64_t first = 0;
    bool andLater = false;
    FaultEffect effect = FaultEffect::kNone;
};

struct Settings {
    std::vector<Fault> faults[kPoints];
    int64_t buildDelay = 0;
    int64_t runDelay = 0;
    std::string problem;  // first item that could not be understood
};

std::string trim(const std::string& text) {
    size_t begin = 0;
    size_t end = text.size();
    while (begin < end && std::isspace(static_cast<unsigned char>(text[begin])) != 0) {
        ++begin;
    }
    while (end > begin && std::isspace(static_cast<unsigned char>(text[end - 1])) != 0) {
        --end;
    }
    return text.substr(begin, end - begin);
}

// Digits only, so that "-1" and "1e9" are refused.
bool parseCount(const std::string& text, uint64_t& count) {
    constexpr size_t kMostDigits = 12;
    if (text.empty() || text.size() > kMostDigits) {
        return false;
    }
    count = 0;
    for (char c : text) {
        if (std::isdigit(static_cast<unsigned char>(c)) == 0) {
            return false;
        }
        count = count * 10 + static_cast<uint64_t>(c - '0');
    }
    return true;
}

bool parseFault(const std::string& point, std::string count, const std::string& effect, Settings& out) {
    Fault fault;
    fault.effect = effect == "fail"            ? FaultEffect::kFail
                   : effect == "out_of_memory" ? FaultEffect::kOutOfMemory
                                               : FaultEffect::kNone;
    if (!count.empty() && count.back() == '+') {
        fault.andLater = true;
        count.pop_back();
    }
    if (fault.effect == FaultEffect::kNone || !parseCount(count, fault.first) || fault.first == 0) {
        return false;
    }
    for (size_t i = 0; i < kPoints; ++i) {
        if (point == kPointNames[i]) {
            out.faults[i].push_back(fault);
            return true;
        }
    }
    return false;
}

bool parseDelay(const std::string& name, const std::string& value, Settings& out) {
    uint64_t delay = 0;
    if (!parseCount(value, delay)) {
        return false;
    }
    if (name == "build_delay") {
        out.buildDelay = static_cast<int64_t>(delay);
        return true;
    }
    if (name == "enqueue_delay") {
        out.runDelay = static_cast<int64_t>(delay);
        return true;
    }
    return false;
}

Settings parse(const char* text) {
    Settings out;
    std::string rest = text != nullptr ? text : "";
    while (!rest.empty()) {
        const size_t end = rest.find_first_of(";,");
        const std::string item = trim(rest.substr(0, end));
        rest = end == std::string::npos ? "" : rest.substr(end + 1);
        if (item.empty()) {
            continue;
        }
        const size_t equals = item.find('=');
        const std::string name = trim(item.substr(0, equals));
        const std::string value = equals == std::string::npos ? "" : trim(item.substr(equals + 1));
        const size_t colon = name.find(':');
        const bool good = colon == std::string::npos
                              ? parseDelay(name, value, out)
                              : parseFault(trim(name.substr(0, colon)), trim(name.substr(colon + 1)), value, out);
        if (!good && out.problem.empty()) {
            out.problem = item;
        }
    }
    return out;
}

std::atomic<uint64_t> counters[kPoints];
std::atomic<const Settings*> current{nullptr};
std::mutex loadMutex;

const Settings* load() {
    // Earlier settings stay alive: another thread may still be reading them.
    static auto& kept = *new std::vector<std::unique_ptr<const Settings>>();
    auto fresh = std::make_unique<Settings>(parse(std::getenv("PINION_HOST_TENSORRT_FAULTS")));
    if (!fresh->problem.empty()) {
        std::fprintf(stderr,
                     "pinion host TensorRT: PINION_HOST_TENSORRT_FAULTS: cannot understand '%s'; every build and load "
                     "fails\n",
                     fresh->problem.c_str());
    }
    for (auto& counter : counters) {
        counter = 0;
    }
    kept.push_back(std::move(fresh));
    current.store(kept.back().get(), std::memory_order_release);
    return kept.back().get();
}

const Settings& settings() {
    const Settings* known = current.load(std::memory_order_acquire);
    if (known == nullptr) {
        std::lock_guard<std::mutex> lock(loadMutex);
        known = current.load(std::memory_order_acquire);
        known = known != nullptr ? known : load();
    }
    return *known;
}

}  // namespace

FaultEffect faultAt(FaultPoint point) {
    const Settings& now = settings();
    const auto index = static_cast<size_t>(point);
    if (!now.problem.empty() && (point == FaultPoint::kBuild || point == FaultPoint::kDeserialize)) {
        return FaultEffect::kFail;
    }
    if (now.faults[index].empty()) {
        return FaultEffect::kNone;
    }
    const uint64_t count = ++counters[index];
    for (const Fault& fault : now.faults[index]) {
        if (count == fault.first || (fault.andLater && count > fault.first)) {
            return fault.effect;
        }
    }
    return FaultEffect::kNone;
}

int64_t buildDelayMilliseconds() {
    return settings().buildDelay;
}

int64_t runDelayMicroseconds() {
    return settings().runDelay;
}

void reloadFaults() {
    std::lock_guard<std::mutex> lock(loadMutex);
    load();
}

}  // namespace pinion_host_tensorrt
