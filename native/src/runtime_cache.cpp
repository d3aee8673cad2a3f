#include "runtime_cache.h"

#include <exception>
#include <utility>

#include "log.h"

namespace pinion {

RuntimeCache::RuntimeCache(ContextFactory& contexts, const std::string& path) : contexts_(contexts), file_(path) {
    std::string problem;
    try {
        const std::vector<uint8_t> bytes = file_.read();
        if (bytes.empty() || contexts_.loadKernels(bytes)) {
            saved_ = contexts_.kernels();
            return;
        }
        problem = "it is of another release, GPU or driver, or damaged";
    } catch (const std::exception& error) {
        problem = error.what();
    }
    logMessage(PN_SEVERITY_WARNING, "the runtime cache '" + file_.path() + "' is not used: " + problem);
}

void RuntimeCache::save() noexcept {
    const std::lock_guard<std::mutex> once(mutex_);
    try {
        std::vector<uint8_t> bytes = contexts_.kernels();
        if (bytes == saved_) {
            return;
        }
        saved_ = std::move(bytes);
        const FileLock lock = file_.lock();
        file_.replace(saved_);
    } catch (const std::exception& error) {
        if (!std::exchange(hasFailed_, true)) {
            logMessage(PN_SEVERITY_WARNING,
                       "compiled kernels are not kept in the runtime cache '" + file_.path() + "': " + error.what());
        }
    }
}

}  // namespace pinion
