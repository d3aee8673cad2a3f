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

TimingCache::TimingCache(nvinfer1::IBuilderConfig& config, const std::string& path) : path_(path), data_(config) {
    bool isLoaded = false;
    {
        // Taken here too: a folder that cannot be written is told now, not after minutes of building.
        const FileLock lock(lockPath(path_));
        isLoaded = data_.load(readIfPresent(path_));
    }
    if (!isLoaded) {
        logMessage(PN_SEVERITY_WARNING, "the timing cache '" + path_ +
                                            "' is of another TensorRT version or device, or damaged; it is replaced");
        if (!data_.load({})) {
            throw Error(PN_TENSORRT, "TensorRT made no timing cache");
        }
    }
}

void TimingCache::save() noexcept {
    try {
        merge();
    } catch (const std::exception& error) {
        logMessage(PN_SEVERITY_WARNING, std::string("the timing cache was not saved: ") + error.what());
    }
}

void TimingCache::merge() const {
    const FileLock lock(lockPath(path_));
    const std::vector<uint8_t> bytes = data_.mergedWith(readIfPresent(path_));
    replaceFile(toPath(path_.c_str()), bytes.data(), bytes.size());
}

}  // namespace pinion
