#include "capture.h"

#include <algorithm>
#include <functional>

#include "device.h"
#include "event.h"
#include "stream.h"

namespace hostcuda {
namespace {

std::atomic<int> activeCaptures{0};
thread_local cudaStreamCaptureMode threadMode = cudaStreamCaptureModeGlobal;

// All captures that have begun and not ended.
std::vector<std::shared_ptr<Capture>>& captures() {
    static auto& list = *new std::vector<std::shared_ptr<Capture>>();
    return list;
}

uint64_t nextId() {
    static std::atomic<uint64_t> last{0};
    return ++last;
}

// Detaches every stream. The nodes go with the capture unless they have been moved out.
void end(const std::shared_ptr<Capture>& capture) {
    for (const auto& [stream, dependencies] : capture->streams) {
        stream->capture = nullptr;
    }
    capture->streams.clear();
    capture->nodes.clear();
    capture->ended = true;
    auto& list = captures();
    list.erase(std::remove(list.begin(), list.end(), capture), list.end());
    activeCaptures.fetch_sub(1);
}

// A captured operation holds a reference to its memory but is not in flight.
struct EndUse {
    void operator()(CopyWork& work) const {
        work.toUse.endUse();
        work.fromUse.endUse();
    }
    void operator()(FillWork& work) const { work.use.endUse(); }
    template <class T>
    void operator()(T&) const {}
};

}  // namespace

Capture::Capture(std::shared_ptr<Stream> stream, cudaStreamCaptureMode mode)
    : id(nextId()), origin(std::move(stream)), mode(mode), owner(std::this_thread::get_id()) {
    streams.emplace_back(origin, std::vector<uint32_t>());
}

void Capture::record(Stream& stream, Work&& work) {
    std::visit(EndUse{}, work);
    auto node = std::make_shared<GraphNode>();
    node->work = std::move(work);
    for (auto& [member, dependencies] : streams) {
        if (member.get() == &stream) {
            node->dependencies = std::move(dependencies);
            dependencies.assign(1, static_cast<uint32_t>(nodes.size()));
        }
    }
    nodes.push_back(std::move(node));
}

void Capture::join(const std::shared_ptr<Stream>& stream, const std::vector<uint32_t>& added) {
    auto member = std::find_if(streams.begin(), streams.end(), [&](const auto& m) { return m.first == stream; });
    if (member == streams.end()) {
        stream->capture = origin->capture;
        streams.emplace_back(stream, added);
        return;
    }
    for (const uint32_t node : added) {
        if (std::find(member->second.begin(), member->second.end(), node) == member->second.end()) {
            member->second.push_back(node);
        }
    }
}

const std::vector<uint32_t>& Capture::dependenciesOf(const Stream& stream) const {
    return std::find_if(streams.begin(), streams.end(), [&](const auto& m) { return m.first.get() == &stream; })
        ->second;
}

bool Capture::isJoined() const {
    // Nodes only depend on earlier ones, so one pass from the last to the first finds all that the origin needs.
    std::vector<bool> reached(nodes.size(), false);
    for (const uint32_t node : dependenciesOf(*origin)) {
        reached[node] = true;
    }
    for (size_t i = nodes.size(); i-- > 0;) {
        if (!reached[i]) {
            return false;
        }
        for (const uint32_t node : nodes[i]->dependencies) {
            reached[node] = true;
        }
    }
    return true;
}

std::mutex& captureMutex() {
    static auto& mutex = *new std::mutex();
    return mutex;
}

bool anyCapture() {
    return activeCaptures.load(std::memory_order_acquire) != 0;
}

cudaStreamCaptureMode exchangeCaptureMode(cudaStreamCaptureMode mode) {
    return std::exchange(threadMode, mode);
}

cudaError_t beginCapture(const std::shared_ptr<Stream>& stream, cudaStreamCaptureMode mode) {
    if (stream->kind == Stream::Kind::kLegacy) {
        return cudaErrorStreamCaptureUnsupported;
    }
    const std::lock_guard<std::mutex> lock(captureMutex());
    if (stream->capture != nullptr) {
        return cudaErrorIllegalState;
    }
    auto capture = std::make_shared<Capture>(stream, mode);
    captures().push_back(capture);
    stream->capture = std::move(capture);
    activeCaptures.fetch_add(1);
    return cudaSuccess;
}

cudaError_t endCapture(const std::shared_ptr<Stream>& stream, cudaError_t scripted, std::shared_ptr<Graph>& graph) {
    const std::lock_guard<std::mutex> lock(captureMutex());
    const std::shared_ptr<Capture> capture = stream->capture;
    if (capture == nullptr) {
        return cudaErrorIllegalState;
    }
    if (capture->origin != stream) {
        return cudaErrorStreamCaptureUnmatched;
    }
    if (capture->mode != cudaStreamCaptureModeRelaxed && capture->owner != std::this_thread::get_id()) {
        return cudaErrorStreamCaptureWrongThread;
    }
    cudaError_t error = scripted;
    if (!capture->valid) {
        error = cudaErrorStreamCaptureInvalidated;
    } else if (!capture->isJoined()) {
        error = cudaErrorStreamCaptureUnjoined;
    }
    if (error == cudaSuccess) {
        graph = std::make_shared<Graph>(Graph{stream->device.ordinal, std::move(capture->nodes)});
    }
    end(capture);
    return error;
}

void abandonCapture(const std::shared_ptr<Stream>& stream) {
    if (!anyCapture()) {
        return;
    }
    const std::lock_guard<std::mutex> lock(captureMutex());
    const std::shared_ptr<Capture> capture = stream->capture;
    if (capture == nullptr) {
        return;
    }
    capture->invalidate();
    if (capture->origin == stream) {
        end(capture);
        return;
    }
    auto& members = capture->streams;
    members.erase(std::remove_if(members.begin(), members.end(), [&](const auto& m) { return m.first == stream; }),
                  members.end());
    stream->capture = nullptr;
}

cudaError_t refuseIfUnsafe() {
    if (!anyCapture() || threadMode == cudaStreamCaptureModeRelaxed) {
        return cudaSuccess;
    }
    const std::lock_guard<std::mutex> lock(captureMutex());
    bool refused = false;
    for (const auto& capture : captures()) {
        const bool mine = capture->owner == std::this_thread::get_id();
        const bool conflicts =
            mine ? capture->mode != cudaStreamCaptureModeRelaxed
                 : threadMode == cudaStreamCaptureModeGlobal && capture->mode == cudaStreamCaptureModeGlobal;
        if (conflicts) {
            capture->invalidate();
            refused = true;
        }
    }
    return refused ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

cudaError_t refuseIfCapturing(const Stream& stream) {
    if (!anyCapture()) {
        return cudaSuccess;
    }
    const std::lock_guard<std::mutex> lock(captureMutex());
    if (stream.capture == nullptr) {
        return cudaSuccess;
    }
    stream.capture->invalidate();
    return cudaErrorStreamCaptureUnsupported;
}

cudaError_t refuseIfDeviceCapturing(int device) {
    if (!anyCapture()) {
        return cudaSuccess;
    }
    const std::lock_guard<std::mutex> lock(captureMutex());
    bool refused = false;
    for (const auto& capture : captures()) {
        if (capture->origin->device.ordinal == device) {
            capture->invalidate();
            refused = true;
        }
    }
    return refused ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

cudaError_t refuseLegacyUse(int device, bool invalidate) {
    if (!anyCapture()) {
        return cudaSuccess;
    }
    const std::lock_guard<std::mutex> lock(captureMutex());
    bool refused = false;
    for (const auto& capture : captures()) {
        const bool conflicts = std::any_of(capture->streams.begin(), capture->streams.end(), [device](const auto& m) {
            return m.first->kind == Stream::Kind::kBlocking && m.first->device.ordinal == device;
        });
        if (conflicts) {
            refused = true;
            capture->valid = capture->valid && !invalidate;
        }
    }
    return refused ? cudaErrorStreamCaptureImplicit : cudaSuccess;
}

cudaError_t refuseIfCaptured(const Event& event) {
    if (!event.isCaptured.load()) {
        return cudaSuccess;
    }
    const std::lock_guard<std::mutex> lock(captureMutex());
    if (event.capture != nullptr && !event.capture->ended) {
        event.capture->invalidate();
    }
    return cudaErrorCapturedEvent;
}

cudaError_t captureRecord(const std::shared_ptr<Stream>& stream, Event& event, bool& captured) {
    captured = false;
    if (anyCapture()) {
        const std::lock_guard<std::mutex> lock(captureMutex());
        if (stream->capture != nullptr) {
            captured = true;
            if (!stream->capture->valid) {
                return cudaErrorStreamCaptureInvalidated;
            }
            event.capture = stream->capture;
            event.captureDependencies = stream->capture->dependenciesOf(*stream);
            event.isCaptured.store(true);
            return cudaSuccess;
        }
    }
    return cudaSuccess;
}

void forgetCapture(Event& event) {
    if (event.isCaptured.load()) {
        const std::lock_guard<std::mutex> lock(captureMutex());
        event.isCaptured.store(false);
        event.capture = nullptr;
        event.captureDependencies.clear();
    }
}

cudaError_t captureWait(const std::shared_ptr<Stream>& stream, Event& event, bool& captured) {
    captured = false;
    if (!anyCapture() && !event.isCaptured.load()) {
        return cudaSuccess;
    }
    const std::lock_guard<std::mutex> lock(captureMutex());
    const std::shared_ptr<Capture> own = stream->capture;
    if (!event.isCaptured.load()) {
        if (own == nullptr) {
            return cudaSuccess;
        }
        captured = true;
        if (!own->valid) {
            return cudaErrorStreamCaptureInvalidated;
        }
        own->invalidate();
        return cudaErrorStreamCaptureIsolation;
    }
    captured = true;
    const std::shared_ptr<Capture> its = event.capture;
    if (its->ended) {
        if (own == nullptr) {
            return cudaErrorCapturedEvent;
        }
        own->invalidate();
        return cudaErrorStreamCaptureIsolation;
    }
    if (own != nullptr && own != its) {
        own->invalidate();
        its->invalidate();
        return cudaErrorStreamCaptureMerge;
    }
    if (!its->valid) {
        return cudaErrorStreamCaptureInvalidated;
    }
    if (stream->kind == Stream::Kind::kLegacy) {
        its->invalidate();
        return cudaErrorStreamCaptureImplicit;
    }
    its->join(stream, event.captureDependencies);
    return cudaSuccess;
}

}  // namespace hostcuda
