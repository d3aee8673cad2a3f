// Scripted faults, as far as they are the same for the host CUDA and the host TensorRT; native/host/README.md has the
// syntax.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace pinion_host {

// Which operations of one kind a fault strikes, counted from 1: the n-th, or all from the n-th on.
struct Occurrence {
    uint64_t first = 0;
    bool andLater = false;

    bool includes(uint64_t count) const { return count == first || (andLater && count > first); }
};

// One item of a script: the setting NAME=VALUE, or the fault NAME:N=VALUE or NAME:N+=VALUE.
struct ScriptItem {
    std::string name;
    std::string value;
    bool isFault = false;
    Occurrence occurrence;  // of a fault
};

std::string trim(const std::string& text);

// Digits only, so that "-1" and "1e9" are refused; what does not fit becomes the largest number.
bool parseCount(const std::string& text, uint64_t& count);

// Hands every item of a script, which may be null, to `accept`. Returns the first item that has no such form or that
// `accept` does not know; empty if all is well.
std::string parseScript(const char* script, const std::function<bool(const ScriptItem&)>& accept);

// The faults scripted for one kind of operation, and how many operations of that kind there were. Effect{} is none.
template <typename Effect>
class FaultSequence {
public:
    void add(const Occurrence& occurrence, Effect effect) { faults_.push_back({occurrence, effect}); }

    // Counts one operation and returns what is scripted for it. Any thread.
    Effect next() const {
        if (faults_.empty()) {
            return Effect{};
        }
        const uint64_t count = ++count_;
        for (const Fault& fault : faults_) {
            if (fault.occurrence.includes(count)) {
                return fault.effect;
            }
        }
        return Effect{};
    }

private:
    struct Fault {
        Occurrence occurrence;
        Effect effect;
    };
    std::vector<Fault> faults_;
    mutable std::atomic<uint64_t> count_{0};
};

// Settings that are read at their first use, and again on request. Earlier ones stay alive: another thread may still
// be reading them.
template <typename Settings>
class LoadedSettings {
public:
    explicit LoadedSettings(std::unique_ptr<const Settings> (*read)()) : read_(read) {}

    const Settings& get() {
        const Settings* settings = current_.load(std::memory_order_acquire);
        if (settings == nullptr) {
            const std::lock_guard<std::mutex> lock(mutex_);
            settings = current_.load(std::memory_order_acquire);
            settings = settings != nullptr ? settings : load();
        }
        return *settings;
    }

    void reload() {
        const std::lock_guard<std::mutex> lock(mutex_);
        load();
    }

private:
    const Settings* load() {
        all_.push_back(read_());
        current_.store(all_.back().get(), std::memory_order_release);
        return all_.back().get();
    }

    std::unique_ptr<const Settings> (*const read_)();
    std::mutex mutex_;
    std::vector<std::unique_ptr<const Settings>> all_;
    std::atomic<const Settings*> current_{nullptr};
};

}  // namespace pinion_host
