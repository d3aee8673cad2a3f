#include "worker_request.h"

#include <utility>

#include "error.h"

namespace pinion {
namespace {

constexpr uint64_t kMaxRequestBytes = uint64_t{64} << 20;
// The parser's own limit is 2 GiB, and its error says what to do.
constexpr uint64_t kMaxModelBytes = uint64_t{4} << 30;

std::string readPayload(Channel& channel) {
    const FrameHeader header = channel.expect(FrameKind::kRequest, kMaxRequestBytes);
    std::string payload(static_cast<size_t>(header.bytes), '\0');
    channel.read(payload.data(), header.bytes);
    return payload;
}

}  // namespace

WorkerRequest::WorkerRequest(Channel& channel) {
    PayloadReader reader(readPayload(channel));
    const auto abi = reader.value<uint32_t>();
    if (abi != pn_abi_version()) {
        throw Error(PN_IO, "the request is of ABI version " + std::to_string(abi >> 16) + "." +
                               std::to_string(abi & 0xffff) + ", and this library of " + std::to_string(PN_ABI_MAJOR) +
                               "." + std::to_string(PN_ABI_MINOR) + ": they are of different releases");
    }
    maxSeverity_ = reader.value<int32_t>();
    const bool hasModel = reader.value<int32_t>() != 0;
    options_ = reader.value<pn_build_options>();
    ranges_ = reader.array<pn_shape_range>(options_.range_count);
    for (pn_shape_range& range : ranges_) {
        range.tensor = keep(reader.text());
    }
    layerPrecisions_ = reader.array<pn_layer_precision>(options_.layer_precision_count);
    for (pn_layer_precision& layer : layerPrecisions_) {
        layer.layer = keep(reader.text());
    }
    for (int32_t i = 0; i < options_.plugin_library_count; ++i) {
        pluginLibraries_.push_back(keep(reader.text()));
    }
    targets_ = reader.array<int32_t>(options_.target_count);
    const std::string cache = reader.text();
    options_.ranges = ranges_.data();
    options_.layer_precisions = layerPrecisions_.data();
    options_.plugin_libraries = pluginLibraries_.data();
    options_.targets = targets_.data();
    options_.timing_cache_path = cache.empty() ? nullptr : keep(cache);
    path_ = reader.text();
    reader.expectEnd();
    if (hasModel) {
        modelBytes_ = channel.expect(FrameKind::kModel, kMaxModelBytes).bytes;
        model_.reset(new uint8_t[static_cast<size_t>(modelBytes_) + 1]);
        channel.read(model_.get(), modelBytes_);
    }
}

int32_t WorkerRequest::build(pn_blob** outPlan, pn_error** outError) const {
    return model_ == nullptr ? pn_plan_build_file(path_.c_str(), &options_, outPlan, outError)
                             : pn_plan_build_memory(model_.get(), modelBytes_, path_.empty() ? nullptr : path_.c_str(),
                                                    &options_, outPlan, outError);
}

const char* WorkerRequest::keep(std::string text) {
    texts_.push_back(std::make_unique<std::string>(std::move(text)));
    return texts_.back()->c_str();
}

}  // namespace pinion
