#include "timing_cache.h"

#include <exception>
#include <vector>

#include "error.h"
#include "log.h"

namespace pinion {

TimingCache::TimingCache(nvinfer1::IBuilderConfig& config, const std::string& path) : file_(path), data_(config) {
    bool isLoaded = false;
    {
        // Taken here too: a folder that cannot be written is told now, not after minutes of building.
        const FileLock lock = file_.lock();
        isLoaded = data_.load(file_.read());
    }
    if (!isLoaded) {
        logMessage(PN_SEVERITY_WARNING, "the timing cache '" + file_.path() +
                                            "' is of another TensorRT version or device, or damaged; it is replaced");
        if (!data_.load({})) {
            throw Error(PN_TENSORRT, "TensorRT made no timing cache");
        }
    }
}

void TimingCache::save() noexcept {
    try {
        const FileLock lock = file_.lock();
        file_.replace(data_.mergedWith(file_.read()));
    } catch (const std::exception& error) {
        logMessage(PN_SEVERITY_WARNING, std::string("the timing cache was not saved: ") + error.what());
    }
}

}  // namespace pinion
