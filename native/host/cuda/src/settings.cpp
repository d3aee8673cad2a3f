#include "settings.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

namespace hostcuda {
namespace {

// A non-negative number and the unit behind it.
bool parseNumber(const std::string& text, double& number, std::string& unit) {
    char* end = nullptr;
    number = std::strtod(text.c_str(), &end);
    if (end == text.c_str() || !(number >= 0)) {
        return false;
    }
    unit = pinion_host::trim(end);
    return true;
}

// Multiplies the number by its unit of size.
bool scaleBySize(const std::string& unit, double& number) {
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
    if (name == "unavailable_device" && unit.empty() && number < kMaxDevices && number == static_cast<int>(number)) {
        out.unavailableDevice = static_cast<int>(number);
        return true;
    }
    if (name == "device_memory" && scaleBySize(unit, number) && number >= 1 && number < 0x1p62) {
        out.deviceMemory = static_cast<size_t>(number);
        return true;
    }
    if (name == "malloc_delay" && unit.empty() && number <= 1e9) {
        constexpr int64_t kNanosPerMicro = 1000;
        out.mallocNanos = static_cast<int64_t>(number) * kNanosPerMicro;
        return true;
    }
    if (name == "spin_us" && unit.empty() && number <= 1e6) {
        out.spinMicros = static_cast<int>(number);
        return true;
    }
    if (name == "copy_setup_us" && unit.empty() && number <= 1e6) {
        out.copySetupMicros = static_cast<int>(number);
        return true;
    }
    if (name == "copy_bandwidth" && unit.size() > 2 && unit.compare(unit.size() - 2, 2, "ps") == 0 &&
        scaleBySize(unit.substr(0, unit.size() - 2), number) && number > 0) {
        out.copyBytesPerNano = number / 1e9;
        return true;
    }
    return false;
}

std::unique_ptr<const Settings> readSettings() {
    auto out = std::make_unique<Settings>();
    out->problem =
        pinion_host::parseScript(std::getenv("PINION_HOST_CUDA_FAULTS"), [&](const pinion_host::ScriptItem& item) {
            return item.isFault ? out->faults.add(item.name, item.occurrence, item.value)
                                : parseSetting(item.name, item.value, *out);
        });
    if (!out->problem.empty()) {
        std::fprintf(stderr, "pinion host CUDA: PINION_HOST_CUDA_FAULTS: cannot understand '%s'; every call fails\n",
                     out->problem.c_str());
    }
    if (const char* const text = std::getenv("PINION_HOST_CUDA_SM"); text != nullptr && *text != '\0') {
        double number = 0;
        std::string unit;
        if (!parseNumber(text, number, unit) || !unit.empty() || number > 999 || number != static_cast<int>(number)) {
            std::fprintf(stderr,
                         "pinion host CUDA: PINION_HOST_CUDA_SM is '%s', but must be a compute capability such as 86; "
                         "every call fails\n",
                         text);
            out->problem = text;
        }
        out->computeCapability = static_cast<int>(number);
    }
    if (std::thread::hardware_concurrency() == 1) {
        out->spinMicros = 0;
    }
    return out;
}

// Never destroyed: workers and static destructors still ask.
pinion_host::LoadedSettings<Settings>& loadedSettings() {
    static auto& instance = *new pinion_host::LoadedSettings<Settings>(readSettings);
    return instance;
}

}  // namespace

const Settings& settings() {
    return loadedSettings().get();
}

void reloadSettings() {
    loadedSettings().reload();
}

}  // namespace hostcuda
