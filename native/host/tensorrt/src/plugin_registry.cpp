// The registry of plugins. Creators are kept and found as in TensorRT; the host runs none of their plugins.
#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "NvInferPlugin.h"
#include "log.h"
#include "report.h"
#include "shared_library.h"
#include "text.h"

namespace pinion_host_tensorrt {
namespace {

#if PINION_TRT_SINCE(10, 0)
using AnyCreator = nvinfer1::IPluginCreatorInterface;
#else
using AnyCreator = nvinfer1::IPluginCreator;
#endif

struct Identity {
    std::string name;
    std::string version;
};

Identity identityOf(AnyCreator& creator) {
#if PINION_TRT_SINCE(10, 0)
    if (std::strcmp(creator.getInterfaceInfo().kind, "PLUGIN CREATOR_V1") == 0) {
        auto& old = static_cast<nvinfer1::IPluginCreator&>(creator);
        return {old.getPluginName(), old.getPluginVersion()};
    }
    auto& one = static_cast<nvinfer1::IPluginCreatorV3One&>(creator);
    return {one.getPluginName(), one.getPluginVersion()};
#else
    return {creator.getPluginName(), creator.getPluginVersion()};
#endif
}

class PluginRegistry final : public nvinfer1::IPluginRegistry {
public:
#if !PINION_TRT_SINCE(11, 0)
    bool registerCreator(nvinfer1::IPluginCreator& creator, char const* const space) noexcept override {
        return add(creator, space);
    }
    nvinfer1::IPluginCreator* const* getPluginCreatorList(int32_t* const count) const noexcept override {
        std::lock_guard<std::mutex> lock(mutex_);
        listed_.clear();
        for (const Entry& entry : entries_) {
            if (entry.old != nullptr) {
                listed_.push_back(entry.old);
            }
        }
        *count = static_cast<int32_t>(listed_.size());
        return listed_.data();
    }
    nvinfer1::IPluginCreator* getPluginCreator(char const* const name, char const* const version,
                                               char const* const space) noexcept override {
        std::lock_guard<std::mutex> lock(mutex_);
        const Entry* const entry = find(name, version, space);
        return entry != nullptr ? entry->old : nullptr;
    }
    bool deregisterCreator(nvinfer1::IPluginCreator const& creator) noexcept override {
        return remove(creator);
    }
#endif
    void setErrorRecorder(nvinfer1::IErrorRecorder* const recorder) noexcept override {
        recorder_ = recorder;
    }
    nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override {
        return recorder_;
    }
#if PINION_TRT_SINCE(8, 6)
    bool isParentSearchEnabled() const override {
        return parentSearch_;
    }
    void setParentSearchEnabled(bool const enabled) override {
        parentSearch_ = enabled;
    }
    PluginLibraryHandle loadLibrary(char const* path) noexcept override {
        std::string why = "the path is null";
        void* const library = path != nullptr ? openLibrary(path, why) : nullptr;
        if (library == nullptr && getLogger() != nullptr) {
            Log(getLogger()).error(ErrorCode::kINVALID_ARGUMENT, "IPluginRegistry::loadLibrary", why);
        }
        return library;
    }
    void deregisterLibrary(PluginLibraryHandle handle) noexcept override {
        if (handle != nullptr) {
            closeLibrary(handle);
        }
    }
#endif
#if PINION_TRT_SINCE(10, 0)
    bool registerCreator(nvinfer1::IPluginCreatorInterface& creator, char const* const space) noexcept override {
        return add(creator, space);
    }
    nvinfer1::IPluginCreatorInterface* const* getAllCreators(int32_t* const count) const noexcept override {
        std::lock_guard<std::mutex> lock(mutex_);
        all_.clear();
        for (const Entry& entry : entries_) {
            all_.push_back(entry.creator);
        }
        *count = static_cast<int32_t>(all_.size());
        return all_.data();
    }
    nvinfer1::IPluginCreatorInterface* getCreator(char const* const name, char const* const version,
                                                  char const* const space) noexcept override {
        std::lock_guard<std::mutex> lock(mutex_);
        const Entry* const entry = find(name, version, space);
        return entry != nullptr ? entry->creator : nullptr;
    }
    bool deregisterCreator(nvinfer1::IPluginCreatorInterface const& creator) noexcept override {
        return remove(creator);
    }
#endif

private:
    struct Entry {
        AnyCreator* creator = nullptr;
        nvinfer1::IPluginCreator* old = nullptr;  // the same, when it makes plugins of the older interface
        Identity identity;
        std::string space;
    };

    template <typename Creator>
    bool add(Creator& creator, char const* space) noexcept {
        std::lock_guard<std::mutex> lock(mutex_);
        Entry entry;
        entry.creator = &creator;
        entry.identity = identityOf(creator);
        entry.space = space != nullptr ? space : "";
#if PINION_TRT_SINCE(10, 0)
        const bool isOld = std::strcmp(creator.getInterfaceInfo().kind, "PLUGIN CREATOR_V1") == 0;
        entry.old = isOld ? static_cast<nvinfer1::IPluginCreator*>(entry.creator) : nullptr;
#else
        entry.old = &creator;
#endif
        if (find(entry.identity.name.c_str(), entry.identity.version.c_str(), entry.space.c_str()) != nullptr) {
            return false;
        }
        entries_.push_back(std::move(entry));
        return true;
    }

    bool remove(const AnyCreator& creator) noexcept {
        std::lock_guard<std::mutex> lock(mutex_);
        const auto found = std::find_if(entries_.begin(), entries_.end(),
                                        [&](const Entry& entry) { return entry.creator == &creator; });
        if (found == entries_.end()) {
            return false;
        }
        entries_.erase(found);
        return true;
    }

    const Entry* find(const char* name, const char* version, const char* space) const {
        const auto same = [&](const Entry& entry) {
            return entry.identity.name == (name != nullptr ? name : "") &&
                   entry.identity.version == (version != nullptr ? version : "") &&
                   entry.space == (space != nullptr ? space : "");
        };
        const auto found = std::find_if(entries_.begin(), entries_.end(), same);
        return found != entries_.end() ? &*found : nullptr;
    }

    mutable std::mutex mutex_;
    std::vector<Entry> entries_;
    mutable std::vector<nvinfer1::IPluginCreator*> listed_;
#if PINION_TRT_SINCE(10, 0)
    mutable std::vector<nvinfer1::IPluginCreatorInterface*> all_;
#endif
    nvinfer1::IErrorRecorder* recorder_ = nullptr;
    bool parentSearch_ = true;
};

PluginRegistry& registry() {
    static PluginRegistry& instance = *new PluginRegistry;
    return instance;
}

}  // namespace
}  // namespace pinion_host_tensorrt

extern "C" nvinfer1::IPluginRegistry* getPluginRegistry() noexcept {
    return &pinion_host_tensorrt::registry();
}

extern "C" nvinfer1::IPluginRegistry* getBuilderPluginRegistry(nvinfer1::EngineCapability) noexcept {
    return &pinion_host_tensorrt::registry();
}

extern "C" bool initLibNvInferPlugins(void*, char const*) {
    return true;
}
