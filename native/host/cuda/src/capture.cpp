#include "capture.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "device_streams.h"

namespace hostcuda {
namespace {

// Guards all captures and what events know of them.
std::mutex& captureMutex() {
    static auto& mutex = *new std::mutex();
    return mutex;
}

uint64_t nextId() {
    static std::atomic<uint64_t> last{0};
    return ++last;
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

// A stream that takes part in a capture, and the nodes that its next one depends on.
struct Member {
    std::shared_ptr<Stream> stream;
    std::vector<uint32_t> dependencies;
};

// One capture that has begun and not ended.
struct Capture {
    Capture(std::shared_ptr<Stream> stream, cudaStreamCaptureMode mode)
        : id(nextId()), origin(std::move(stream)), mode(mode), owner(std::this_thread::get_id()) {
        members.push_back({origin, {}});
    }

    void invalidate() { valid = false; }

    // Null if the stream takes no part.
    Member* find(const Stream& stream) {
        const auto found =
            std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.stream.get() == &stream; });
        return found != members.end() ? &*found : nullptr;
    }

    // Appends a node behind what the stream has captured so far.
    void record(Member& member, Work&& work) {
        std::visit(EndUse{}, work);
        auto node = std::make_shared<GraphNode>();
        node->work = std::move(work);
        node->dependencies = std::move(member.dependencies);
        member.dependencies.assign(1, static_cast<uint32_t>(nodes.size()));
        nodes.push_back(std::move(node));
    }

    // Lets the stream take part, or adds to what its next node depends on.
    void join(const std::shared_ptr<Stream>& stream, const std::vector<uint32_t>& added) {
        Member* const member = find(*stream);
        if (member == nullptr) {
            members.push_back({stream, added});
            return;
        }
        for (const uint32_t node : added) {
            auto& known = member->dependencies;
            if (std::find(known.begin(), known.end(), node) == known.end()) {
                known.push_back(node);
            }
        }
    }

    // True when every node leads to the origin stream's last ones.
    bool isJoined() {
        // Nodes only depend on earlier ones, so one pass from the last to the first finds all that the origin needs.
        std::vector<bool> reached(nodes.size(), false);
        for (const uint32_t node : find(*origin)->dependencies) {
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

    const uint64_t id;
    const std::shared_ptr<Stream> origin;
    const cudaStreamCaptureMode mode;
    const std::thread::id owner;
    bool valid = true;
    GraphNodes nodes;
    std::vector<Member> members;
};

std::atomic<int> activeCaptures{0};
thread_local cudaStreamCaptureMode threadMode = cudaStreamCaptureModeGlobal;

std::vector<std::unique_ptr<Capture>>& captures() {
    static auto& list = *new std::vector<std::unique_ptr<Capture>>();
    return list;
}

// The capture that the stream takes part in, or null.
Capture* captureOf(const Stream& stream) {
    for (const auto& capture : captures()) {
        if (capture->find(stream) != nullptr) {
            return capture.get();
        }
    }
    return nullptr;
}

// The capture that the event was last recorded in, or null if that has ended.
Capture* captureOf(const Event& event) {
    for (const auto& capture : captures()) {
        if (capture->id == event.captureId.load()) {
            return capture.get();
        }
    }
    return nullptr;
}

void end(const Capture* capture) {
    auto& list = captures();
    list.erase(std::find_if(list.begin(), list.end(), [&](const auto& c) { return c.get() == capture; }));
    activeCaptures.fetch_sub(1);
}

// Records something behind what the stream has captured so far. Sets `captured` if it is capturing.
template <class Record>
cudaError_t recordInto(const Stream& stream, bool& captured, const Record& record) {
    captured = false;
    if (!anyCapture()) {
        return cudaSuccess;
    }
    const std::lock_guard<std::mutex> lock(captureMutex());
    Capture* const capture = captureOf(stream);
    if (capture == nullptr) {
        return cudaSuccess;
    }
    captured = true;
    if (!capture->valid) {
        return cudaErrorStreamCaptureInvalidated;
    }
    record(*capture, *capture->find(stream));
    return cudaSuccess;
}

}  // namespace

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
    if (captureOf(*stream) != nullptr) {
        return cudaErrorIllegalState;
    }
    captures().push_back(std::make_unique<Capture>(stream, mode));
    activeCaptures.fetch_add(1);
    return cudaSuccess;
}

cudaError_t endCapture(const std::shared_ptr<Stream>& stream, cudaError_t scripted, std::shared_ptr<Graph>& graph) {
    const std::lock_guard<std::mutex> lock(captureMutex());
    Capture* const capture = captureOf(*stream);
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

void abandonCapture(const Stream& stream) {
    if (!anyCapture()) {
        return;
    }
    const std::lock_guard<std::mutex> lock(captureMutex());
    Capture* const capture = captureOf(stream);
    if (capture == nullptr) {
        return;
    }
    if (capture->origin.get() == &stream) {
        end(capture);
        return;
    }
    capture->invalidate();
    auto& members = capture->members;
    members.erase(members.begin() + (capture->find(stream) - members.data()));
}

bool isCapturing(const Stream& stream) {
    if (!anyCapture()) {
        return false;
    }
    const std::lock_guard<std::mutex> lock(captureMutex());
    return captureOf(stream) != nullptr;
}

cudaStreamCaptureStatus captureStatus(const Stream& stream, unsigned long long& id) {
    const std::lock_guard<std::mutex> lock(captureMutex());
    const Capture* const capture = captureOf(stream);
    if (capture == nullptr) {
        return cudaStreamCaptureStatusNone;
    }
    id = capture->id;
    return capture->valid ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusInvalidated;
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
    Capture* const capture = captureOf(stream);
    if (capture == nullptr) {
        return cudaSuccess;
    }
    capture->invalidate();
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
        const auto& members = capture->members;
        const bool conflicts = std::any_of(members.begin(), members.end(), [device](const Member& m) {
            return m.stream->kind == Stream::Kind::kBlocking && m.stream->device.ordinal == device;
        });
        if (conflicts) {
            refused = true;
            capture->valid = capture->valid && !invalidate;
        }
    }
    return refused ? cudaErrorStreamCaptureImplicit : cudaSuccess;
}

cudaError_t refuseIfCaptured(const Event& event) {
    if (!event.isCaptured()) {
        return cudaSuccess;
    }
    const std::lock_guard<std::mutex> lock(captureMutex());
    if (Capture* const capture = captureOf(event)) {
        capture->invalidate();
    }
    return cudaErrorCapturedEvent;
}

cudaError_t captureInstead(const Stream& stream, Work& work, bool& captured) {
    if (stream.kind == Stream::Kind::kLegacy) {
        captured = false;
        return refuseLegacyUse(stream.device.ordinal, true);
    }
    return recordInto(stream, captured,
                      [&](Capture& capture, Member& member) { capture.record(member, std::move(work)); });
}

cudaError_t enqueue(const std::shared_ptr<Stream>& stream, Work&& work) {
    bool captured = false;
    const cudaError_t error = captureInstead(*stream, work, captured);
    return captured || error != cudaSuccess ? error : submit(stream, std::move(work), [](uint64_t) {});
}

cudaError_t captureRecord(const Stream& stream, Event& event, bool& captured) {
    return recordInto(stream, captured, [&](const Capture& capture, const Member& member) {
        event.captureNodes = member.dependencies;
        event.captureId.store(capture.id);
    });
}

void forgetCapture(Event& event) {
    if (event.isCaptured()) {
        const std::lock_guard<std::mutex> lock(captureMutex());
        event.captureId.store(0);
        event.captureNodes.clear();
    }
}

cudaError_t captureWait(const std::shared_ptr<Stream>& stream, const Event& event, bool& captured) {
    captured = false;
    if (!anyCapture() && !event.isCaptured()) {
        return cudaSuccess;
    }
    const std::lock_guard<std::mutex> lock(captureMutex());
    Capture* const own = captureOf(*stream);
    if (!event.isCaptured()) {
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
    Capture* const its = captureOf(event);
    if (its == nullptr) {
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
    its->join(stream, event.captureNodes);
    return cudaSuccess;
}

}  // namespace hostcuda
