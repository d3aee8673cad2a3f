// What the parent of a builder process asks for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pinion/pinion.h"
#include "worker_channel.h"

namespace pinion {

// Options whose pointers lead into the object itself.
class WorkerRequest {
public:
    // Reads the request, and the model where it follows. Throws PN_IO where it is torn or of another ABI version.
    explicit WorkerRequest(Channel& channel);
    WorkerRequest(const WorkerRequest&) = delete;
    WorkerRequest& operator=(const WorkerRequest&) = delete;

    // Log lines up to this severity are the parent's.
    int32_t maxSeverity() const noexcept { return maxSeverity_; }
    pn_build_options& options() noexcept { return options_; }
    int32_t build(pn_blob** outPlan, pn_error** outError) const;

private:
    const char* keep(std::string text);

    int32_t maxSeverity_ = 0;
    pn_build_options options_{};
    std::vector<std::unique_ptr<std::string>> texts_;
    std::vector<pn_shape_range> ranges_;
    std::vector<pn_layer_precision> layerPrecisions_;
    std::vector<const char*> pluginLibraries_;
    std::vector<int32_t> targets_;
    std::string path_;
    std::unique_ptr<uint8_t[]> model_;  // null: the file
    uint64_t modelBytes_ = 0;
};

}  // namespace pinion
