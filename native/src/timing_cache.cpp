#include "timing_cache.h"

#include <exception>
#include <vector>

#include "error.h"
#include "file.h"
#include "log.h"

namespace pinion {
namespace {

std::filesystem::path lockPath(const std::string& path) {
    return toPath((path + ".lock").c_str());
}

std::vector<uint8_t> readIfPresent(const std::string& path) {
    if (!std::filesystem::exists(toPath(path.c_str()))) {
        return {};
    }
    InputFile file(toPath(path.c_str()));
    std::vector<uint8_t> bytes(static_cast<size_t>(file.size()));
    file.readAt(0, bytes.data(), bytes.size());
    return bytes;
}

}  // namespace

TimingCache::TimingCache(nvinfer1::IBuilderConfig& config, const std::string& path) : config_(config), path_(path) {
    {
        // Taken here too: a folder that cannot be written is told now, not after minutes of building.
        const FileLock lock(lockPath(path_));
        cache_ = load();
    }
    if (cache_ == nullptr || !config_.setTimingCache(*cache_, false)) {
        logMessage(PN_SEVERITY_WARNING, "the timing cache '" + path_ +
                                            "' is of another TensorRT version or device, or damaged; it is replaced");
        cache_.reset(config_.createTimingCache(nullptr, 0));
        if (cache_ == nullptr || !config_.setTimingCache(*cache_, false)) {
            throw Error(PN_TENSORRT, "TensorRT made no timing cache");
        }
    }
}

std::unique_ptr<nvinfer1::ITimingCache> TimingCache::load() const {
    const std::vector<uint8_t> bytes = readIfPresent(path_);
    return std::unique_ptr<nvinfer1::ITimingCache>(
        config_.createTimingCache(bytes.empty() ? nullptr : bytes.data(), bytes.size()));
}

void TimingCache::save() noexcept {
    try {
        merge();
    } catch (const std::exception& error) {
        logMessage(PN_SEVERITY_WARNING, std::string("the timing cache was not saved: ") + error.what());
    }
}

void TimingCache::merge() {
    const nvinfer1::ITimingCache* ours = config_.getTimingCache();
    if (ours == nullptr) {
        return;
    }
    const FileLock lock(lockPath(path_));
    const std::unique_ptr<nvinfer1::ITimingCache> current = load();
    const bool isCombined = current != nullptr && current->combine(*ours, false);
    const std::unique_ptr<nvinfer1::IHostMemory> bytes(isCombined ? current->serialize() : ours->serialize());
    if (bytes == nullptr) {
        throw Error(PN_TENSORRT, "TensorRT could not serialize it");
    }
    replaceFile(toPath(path_.c_str()), bytes->data(), bytes->size());
}

}  // namespace pinion
