// TensorRT's timing cache in a file that several builders share: none loses another's entries.
#pragma once

#include <NvInfer.h>

#include <string>

#include "shared_file.h"
#include "tensorrt_compat.h"

namespace pinion {

class TimingCache {
public:
    // Reads the file if there is one and gives it to the config. Throws PN_IO or PN_NOT_FOUND at once if the file could
    // not be written later; a file that TensorRT refuses is logged and replaced.
    TimingCache(nvinfer1::IBuilderConfig& config, const std::string& path);

    // After the build: adds this build's entries to what the file holds by now. A failure is logged, since the plan is
    // worth more than the cache.
    void save() noexcept;

private:
    SharedFile file_;
    TimingCacheData data_;
};

}  // namespace pinion
