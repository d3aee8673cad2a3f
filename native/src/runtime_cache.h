// The kernels that TensorRT for RTX compiles on this device, in a file, so that they are compiled once per machine.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "shared_file.h"
#include "tensorrt_compat.h"

namespace pinion {

class RuntimeCache {
public:
    // Gives the contexts what the file has, if there is one. Kernels of another release or GPU, a damaged file and one
    // that cannot be read are logged and ignored: all of it can be compiled again. contexts outlives the cache.
    RuntimeCache(ContextFactory& contexts, const std::string& path);

    // Writes the file if kernels were compiled since. Of two processes at once the later one's kernels stay: TensorRT
    // cannot merge two caches, and what is missing is compiled at the next start. A failure is logged, once. Threads:
    // any.
    void save() noexcept;

private:
    ContextFactory& contexts_;
    SharedFile file_;
    std::mutex mutex_;
    std::vector<uint8_t> saved_;
    bool hasFailed_ = false;
};

}  // namespace pinion
