#include "report.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <deque>
#include <mutex>

#include "pinion_host_tensorrt.h"

namespace pinion_host_tensorrt {
namespace {

std::mutex hookMutex;
ReportHook hook = nullptr;
void* hookUser = nullptr;
std::atomic<uint64_t> reports{0};

constexpr size_t kMostGraves = 256;

struct Cemetery {
    std::mutex mutex;
    std::deque<Grave> graves;
};

// Never destroyed: objects may be deleted while static objects go away.
Cemetery& cemetery() {
    static auto& instance = *new Cemetery;
    return instance;
}

}  // namespace

void setReportHook(ReportHook newHook, void* user) noexcept {
    std::lock_guard<std::mutex> lock(hookMutex);
    hook = newHook;
    hookUser = user;
}

uint64_t reportCount() noexcept {
    return reports.load();
}

void report(const std::string& message) noexcept {
    reports.fetch_add(1);
    std::lock_guard<std::mutex> lock(hookMutex);
    if (hook != nullptr) {
        hook(message.c_str(), hookUser);
    } else {
        std::fprintf(stderr, "pinion host TensorRT: %s\n", message.c_str());
    }
}

void reportDead(const char* type, const char* function) noexcept {
    report(std::string(type) + "::" + function + " was called on an object that was destroyed before");
}

void bury(Grave grave) noexcept {
    Grave oldest{};
    {
        Cemetery& place = cemetery();
        std::lock_guard<std::mutex> lock(place.mutex);
        const auto same = [&](const Grave& known) { return known.object == grave.object; };
        if (std::any_of(place.graves.begin(), place.graves.end(), same)) {
            return;  // destroyed twice: it already rests here
        }
        place.graves.push_back(grave);
        if (place.graves.size() > kMostGraves) {
            oldest = place.graves.front();
            place.graves.pop_front();
        }
    }
    if (oldest.object != nullptr) {
        oldest.release(oldest.object);
    }
}

}  // namespace pinion_host_tensorrt
