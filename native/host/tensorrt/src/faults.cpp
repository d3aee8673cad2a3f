#include "faults.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fault_script.h"
#include "pinion_host_tensorrt.h"
#include "refusal.h"

namespace pinion_host_tensorrt {
namespace {

constexpr size_t kPoints = static_cast<size_t>(FaultPoint::kCount);
constexpr const char* kPointNames[kPoints] = {"parse", "build", "deserialize", "context", "enqueue", "run"};

// The largest number that a script may hold.
constexpr uint64_t kMostCount = 999'999'999'999;

struct Settings {
    pinion_host::FaultSequence<FaultEffect> faults[kPoints];
    int64_t buildDelay = 0;
    int64_t runDelay = 0;
    int64_t computeTime = 0;
    int64_t compileTime = 0;
    uint64_t flipEvery = 0;
    mutable std::atomic<uint64_t> inferences{0};  // counted for flipEvery
    bool flipReplays = false;
    bool auxiliaryStream = false;
    bool writeScratch = false;
    int64_t contextDelay = 0;
    std::string problem;  // first item that could not be understood
};

FaultEffect parseEffect(const std::string& name) {
    constexpr std::pair<const char*, FaultEffect> kEffects[] = {
        {"fail", FaultEffect::kFail},         {"out_of_memory", FaultEffect::kOutOfMemory},
        {"crash", FaultEffect::kCrash},       {"hang", FaultEffect::kHang},
        {"allocate", FaultEffect::kAllocate}, {"late_error", FaultEffect::kLateError},
    };
    const auto* const effect =
        std::find_if(std::begin(kEffects), std::end(kEffects), [&](const auto& entry) { return name == entry.first; });
    return effect == std::end(kEffects) ? FaultEffect::kNone : effect->second;
}

// A real one: runtimes that handle SIGSEGV themselves let one that was only raised pass.
void crash() {
    constexpr uintptr_t kNowhere = 8;
    volatile uintptr_t address = kNowhere;
    *reinterpret_cast<volatile char*>(address) = 1;
}

[[noreturn]] void hang() {
    for (;;) {
        std::this_thread::sleep_for(std::chrono::hours(1));
    }
}

// 10 GB, at a pace at which whoever watches the process can end it in time.
void allocateSlowly() {
    constexpr size_t kBlockBytes = size_t{16} << 20;
    constexpr size_t kBlocks = size_t{10'000'000'000} / kBlockBytes;
    constexpr std::chrono::milliseconds kPause(10);
    std::vector<std::unique_ptr<char[]>> blocks;
    for (size_t i = 0; i < kBlocks; ++i) {
        blocks.emplace_back(new char[kBlockBytes]);
        std::memset(blocks.back().get(), 1, kBlockBytes);
        std::this_thread::sleep_for(kPause);
    }
}

bool parseFault(const pinion_host::ScriptItem& item, Settings& out) {
    const FaultEffect effect = parseEffect(item.value);
    const auto* const name = std::find(std::begin(kPointNames), std::end(kPointNames), item.name);
    const bool isLateRun =
        effect == FaultEffect::kLateError && item.name == kPointNames[static_cast<size_t>(FaultPoint::kRun)];
    if (effect == FaultEffect::kNone || (effect == FaultEffect::kLateError && !isLateRun) ||
        name == std::end(kPointNames) || item.occurrence.first > kMostCount) {
        return false;
    }
    out.faults[name - kPointNames].add(item.occurrence, effect);
    return true;
}

bool parseDelay(const pinion_host::ScriptItem& item, Settings& out) {
    uint64_t delay = 0;
    if (!pinion_host::parseCount(item.value, delay) || delay > kMostCount) {
        return false;
    }
    if (item.name == "build_delay") {
        out.buildDelay = static_cast<int64_t>(delay);
        return true;
    }
    if (item.name == "enqueue_delay") {
        out.runDelay = static_cast<int64_t>(delay);
        return true;
    }
    if (item.name == "compute_time") {
        out.computeTime = static_cast<int64_t>(delay);
        return true;
    }
    for (const auto& [name, flag] :
         {std::pair{"flip_replays", &Settings::flipReplays}, std::pair{"auxiliary_stream", &Settings::auxiliaryStream},
          std::pair{"write_scratch", &Settings::writeScratch}}) {
        if (item.name == name && delay <= 1) {
            out.*flag = delay == 1;
            return true;
        }
    }
    if (item.name == "context_delay") {
        out.contextDelay = static_cast<int64_t>(delay);
        return true;
    }
    if (item.name == "flip_every" && delay > 0) {
        out.flipEvery = delay;
        return true;
    }
    if (item.name == "jit") {
        out.compileTime = static_cast<int64_t>(delay);
        return true;
    }
    return false;
}

std::unique_ptr<const Settings> readSettings() {
    auto out = std::make_unique<Settings>();
    out->problem =
        pinion_host::parseScript(std::getenv("PINION_HOST_TENSORRT_FAULTS"), [&](const pinion_host::ScriptItem& item) {
            return item.isFault ? parseFault(item, *out) : parseDelay(item, *out);
        });
    if (!out->problem.empty()) {
        std::fprintf(stderr,
                     "pinion host TensorRT: PINION_HOST_TENSORRT_FAULTS: cannot understand '%s'; every build and load "
                     "fails\n",
                     out->problem.c_str());
    }
    return out;
}

// Never destroyed: streams may still run works when static objects go away.
pinion_host::LoadedSettings<Settings>& loadedSettings() {
    static auto& instance = *new pinion_host::LoadedSettings<Settings>(readSettings);
    return instance;
}

const Settings& settings() {
    return loadedSettings().get();
}

}  // namespace

FaultEffect faultAt(FaultPoint point) {
    const Settings& now = settings();
    const auto index = static_cast<size_t>(point);
    if (!now.problem.empty() && (point == FaultPoint::kBuild || point == FaultPoint::kDeserialize)) {
        return FaultEffect::kFail;
    }
    const FaultEffect effect = now.faults[index].next();
    switch (effect) {
        case FaultEffect::kCrash:
            crash();
            return FaultEffect::kNone;
        case FaultEffect::kHang:
            hang();
        case FaultEffect::kAllocate:
            allocateSlowly();
            return FaultEffect::kNone;
        default:
            return effect;
    }
}

void refuseIfScripted(FaultPoint point, ErrorCode code, const char* what) {
    const FaultEffect effect = faultAt(point);
    if (effect != FaultEffect::kNone) {
        refuse(effect == FaultEffect::kOutOfMemory ? ErrorCode::kFAILED_ALLOCATION : code,
               std::string("scripted failure of ") + what);
    }
}

int64_t buildDelayMilliseconds() {
    return settings().buildDelay;
}

int64_t contextDelayMilliseconds() {
    return settings().contextDelay;
}

bool forksToAuxiliaryStream() {
    return settings().auxiliaryStream;
}

bool writesScratch() {
    return settings().writeScratch;
}

int64_t runDelayMicroseconds() {
    return settings().runDelay;
}

bool flipsNow(bool isReplay) {
    const Settings& now = settings();
    return (isReplay && now.flipReplays) || (now.flipEvery != 0 && ++now.inferences % now.flipEvery == 0);
}

int64_t compileMicroseconds() {
    return settings().compileTime;
}

std::chrono::steady_clock::time_point occupyDevice() {
    using std::chrono::steady_clock;
    static std::mutex mutex;
    static steady_clock::time_point freeAt;
    const std::chrono::microseconds time(settings().computeTime);
    if (time.count() == 0) {
        return {};
    }
    const std::lock_guard<std::mutex> lock(mutex);
    freeAt = std::max(freeAt, steady_clock::now()) + time;
    return freeAt;
}

void reloadFaults() {
    loadedSettings().reload();
}

}  // namespace pinion_host_tensorrt
