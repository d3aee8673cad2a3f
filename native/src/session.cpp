#include "session.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "arguments.h"
#include "device.h"
#include "error.h"
#include "log.h"
#include "text.h"

namespace pinion {
namespace {

constexpr int32_t kMaxSlots = 64;
// TensorRT's documented alignment of tensor addresses.
constexpr uintptr_t kDeviceAlignment = 256;

SlotOptions slotOptions(const pn_session_options& options) {
    SlotOptions result;
    result.profile = options.profile;
    result.spin = options.wait_mode == PN_WAIT_SPIN;
    result.timings = options.disable_timings == 0;
    result.transfers = options.skip_transfers == 0;
    result.highPriority = options.high_priority != 0;
    // Events inside a graph have times since CUDA 11.1 only: before, timings and graphs exclude each other.
    result.graph = options.disable_graph == 0 && (CUDART_VERSION >= 11010 || !result.timings);
    return result;
}

int32_t slotCount(const Engine& engine, const pn_session_options& options) {
    requireIndex("profile", options.profile, engine.profileCount());
    requireRange("slots", options.slots, 0, kMaxSlots);
    requireRange("wait_mode", options.wait_mode, PN_WAIT_BLOCK, PN_WAIT_SPIN);
    return std::max(options.slots, 1);
}

// DeviceScope for the hot path: nothing at all with one device, one query if the device is current already.
class CurrentDevice {
public:
    CurrentDevice(bool manyDevices, int32_t device) {
        if (manyDevices) {
            PN_CHECK_CUDA(cudaGetDevice(&former_));
            if (former_ != device) {
                PN_CHECK_CUDA(cudaSetDevice(device));
                changed_ = true;
            }
        }
    }
    ~CurrentDevice() {
        if (changed_) {
            (void)cudaSetDevice(former_);
        }
    }
    CurrentDevice(const CurrentDevice&) = delete;
    CurrentDevice& operator=(const CurrentDevice&) = delete;

private:
    int former_ = 0;
    bool changed_ = false;
};

}  // namespace

// One slot in this thread's hands until the end of the scope.
class Session::OneSlot {
public:
    OneSlot(Slot& slot, SlotState from) : slot_(slot) {
        if (!slot.exchange(from, SlotState::claimed)) {
            throwTaken(slot.state(), from);
        }
    }
    ~OneSlot() {
        if (isClaimed_) {
            slot_.release();
        }
    }
    OneSlot(const OneSlot&) = delete;
    OneSlot& operator=(const OneSlot&) = delete;

    Slot* operator->() const noexcept { return &slot_; }
    // Instead of idle, and now.
    void releaseAs(SlotState state) noexcept {
        isClaimed_ = false;
        slot_.release(state);
    }

private:
    [[noreturn]] static void throwTaken(SlotState state, SlotState wanted) {
        if (wanted == SlotState::inFlight && state == SlotState::idle) {
            throw Error(PN_INVALID_STATE, "nothing was enqueued on the slot");
        }
        throw Error(PN_BUSY, state == SlotState::inFlight ? "the slot is in flight; poll or wait until it is done"
                             : state == SlotState::inFlightAsync ? "the slot is in flight; its callback tells the end"
                                                                 : "another thread is using the slot");
    }

    Slot& slot_;
    bool isClaimed_ = true;
};

// Every slot in this thread's hands until the end of the scope.
class Session::AllSlots {
public:
    explicit AllSlots(Session& session) : session_(session) {
        for (; claimed_ < session.lanes_.size(); ++claimed_) {
            if (!session.lanes_[claimed_].slot->claim()) {
                const std::string busy = std::to_string(claimed_);
                release();
                throw Error(PN_BUSY, "slot " + busy + " is in use; this call needs every slot idle");
            }
        }
    }
    ~AllSlots() { release(); }
    AllSlots(const AllSlots&) = delete;
    AllSlots& operator=(const AllSlots&) = delete;

private:
    void release() noexcept {
        while (claimed_ > 0) {
            session_.lanes_[--claimed_].slot->release();
        }
    }

    Session& session_;
    size_t claimed_ = 0;
};

Session::Session(std::shared_ptr<Engine> engine, const pn_session_options& options)
    : engine_(std::move(engine)),
      options_(slotOptions(options)),
      manyDevices_(deviceCount() > 1),
      lanes_(static_cast<size_t>(slotCount(*engine_, options))) {
    for (const TensorInfo& tensor : engine_->tensors()) {
        if (tensor.isShapeTensor) {
            throw Error(PN_UNSUPPORTED, "'" + tensor.name +
                                            "' is a shape tensor, whose values decide other shapes; make it a constant "
                                            "of the model, or a dimension of an input");
        }
    }
    const DeviceScope device(engine_->device());
    try {
        for (size_t i = 0; i < lanes_.size(); ++i) {
            const auto number = static_cast<int32_t>(i);
            lanes_[i].slot = std::make_unique<Slot>(*engine_, options_, number);
            lanes_[i].watcher = std::make_unique<Watcher>([this, number] { complete(number); });
        }
    } catch (...) {
        // While the device is current.
        lanes_.clear();
        throw;
    }
}

Session::~Session() {
    closing_ = true;
    for (Lane& lane : lanes_) {
        lane.watcher->stop();
    }
    for (size_t i = 0; i < lanes_.size(); ++i) {
        Slot& slot = *lanes_[i].slot;
        // In flight: the slot's destructor waits. Claimed: another thread is about to return from its call.
        while (!slot.claim() && !slot.exchange(SlotState::inFlight, SlotState::claimed)) {
            if (slot.state() == SlotState::inFlightAsync) {
                // Enqueued by another slot's callback when this one's watcher had stopped.
                complete(static_cast<int32_t>(i));
            } else {
                std::this_thread::yield();
            }
        }
    }
    int former = 0;
    (void)cudaGetDevice(&former);
    (void)cudaSetDevice(engine_->device());
    lanes_.clear();
    (void)cudaSetDevice(former);
}

Slot& Session::slot(int32_t number) const {
    requireIndex("slot", number, static_cast<int64_t>(lanes_.size()));
    return *lanes_[static_cast<size_t>(number)].slot;
}

void Session::checkTensor(int32_t tensor) const {
    requireIndex("tensor", tensor, static_cast<int64_t>(engine_->tensors().size()));
}

const Variant& Session::variant(int32_t number) const {
    const auto index = static_cast<size_t>(number);
    if (number < 0 || index >= variants_.size() || variants_[index] == nullptr) {
        throw Error(PN_INVALID_ARGUMENT,
                    "variant " + std::to_string(number) + " does not exist; prepare makes variants");
    }
    return *variants_[index];
}

int32_t Session::prepare(const pn_shape* shapes, int32_t count) {
    const AllSlots claimed(*this);
    const DeviceScope device(engine_->device());
    const std::lock_guard<std::mutex> lock(tables_);
    auto made = std::make_unique<Variant>();
    made->shapes = resolveInputShapes(engine_->tensors(), engine_->inputCount(), options_.profile, shapes, count);
    size_t number = variants_.size();
    for (size_t i = variants_.size(); i-- > 0;) {
        if (variants_[i] == nullptr) {
            number = i;
        } else if (std::equal(made->shapes.begin(), made->shapes.end(), variants_[i]->shapes.begin())) {
            return static_cast<int32_t>(i);
        }
    }
    if (number == variants_.size()) {
        variants_.emplace_back();
    }
    const auto result = static_cast<int32_t>(number);
    std::string graphProblem;
    try {
        for (const Lane& lane : lanes_) {
            const std::string problem = lane.slot->prepare(result, *made);
            graphProblem = graphProblem.empty() ? problem : graphProblem;
        }
    } catch (...) {
        for (const Lane& lane : lanes_) {
            lane.slot->discard(result);
        }
        throw;
    }
    variants_[number] = std::move(made);
    warnIfSlow(result, graphProblem);
    return result;
}

// One warning for all slots; a variant has a graph on each of them or on none.
void Session::warnIfSlow(int32_t number, const std::string& graphProblem) {
    const Variant& variant = *variants_[static_cast<size_t>(number)];
    if (!graphProblem.empty()) {
        for (const Lane& lane : lanes_) {
            lane.slot->dropGraph(number);
        }
        logMessage(PN_SEVERITY_WARNING,
                   "no CUDA graph for " + describe(variant) + ", plain enqueues instead: " + graphProblem);
    }
    if (!hasWarnedOfSharing_ && lanes_[0].slot->sharesContext(number)) {
        hasWarnedOfSharing_ = true;
        logMessage(PN_SEVERITY_WARNING, describe(variant) +
                                            " shares an execution context with other shapes, so that changing between "
                                            "them takes set-up: profile " +
                                            std::to_string(options_.profile) +
                                            " has no copy left; build the plan with more profile copies");
    }
}

std::string Session::describe(const Variant& variant) const {
    std::vector<std::string> parts;
    for (size_t i = 0; i < static_cast<size_t>(engine_->inputCount()); ++i) {
        const TensorInfo& tensor = engine_->tensors()[i];
        parts.push_back(tensor.name + ":" + shapeText(variant.shapes[i], tensor.rank));
    }
    return join(parts, ",");
}

void Session::discard(int32_t number) {
    const AllSlots claimed(*this);
    const DeviceScope device(engine_->device());
    const std::lock_guard<std::mutex> lock(tables_);
    (void)variant(number);
    for (const Lane& lane : lanes_) {
        lane.slot->discard(number);
    }
    variants_[static_cast<size_t>(number)].reset();
}

void Session::checkBinding(int32_t tensor, int32_t kind, const void* data, uint64_t bytes) const {
    const std::string& name = engine_->tensors()[static_cast<size_t>(tensor)].name;
    if (kind == PN_MEMORY_SESSION) {
        if (data != nullptr || bytes != 0) {
            throw Error(PN_INVALID_ARGUMENT, "PN_MEMORY_SESSION takes no data: '" + name + "' has the session's own");
        }
        return;
    }
    if (kind != PN_MEMORY_HOST && kind != PN_MEMORY_DEVICE) {
        throw Error(PN_INVALID_ARGUMENT, "kind is " + std::to_string(kind) + ", which is no pn_memory_kind");
    }
    if (data == nullptr) {
        throw Error(PN_INVALID_ARGUMENT, "data for '" + name + "' is NULL");
    }
    cudaPointerAttributes attributes{};
    if (cudaPointerGetAttributes(&attributes, data) != cudaSuccess) {
        // CUDA 10 says so of memory that it does not know.
        (void)cudaGetLastError();
        attributes.type = cudaMemoryTypeUnregistered;
    }
    if (kind == PN_MEMORY_HOST && attributes.type != cudaMemoryTypeHost) {
        throw Error(PN_INVALID_ARGUMENT, "host memory for '" + name +
                                             "' is not pinned: allocate it with pn_pinned_alloc or register it with "
                                             "pn_pinned_register");
    }
    if (kind == PN_MEMORY_DEVICE) {
        if (attributes.type != cudaMemoryTypeDevice && attributes.type != cudaMemoryTypeManaged) {
            throw Error(PN_INVALID_ARGUMENT, "memory for '" + name + "' is not device memory");
        }
        if (attributes.type == cudaMemoryTypeDevice && attributes.device != engine_->device()) {
            throw Error(PN_INVALID_ARGUMENT, "memory for '" + name + "' is on device " +
                                                 std::to_string(attributes.device) + ", the engine is on device " +
                                                 std::to_string(engine_->device()));
        }
        if (reinterpret_cast<uintptr_t>(data) % kDeviceAlignment != 0) {
            throw Error(PN_INVALID_ARGUMENT, "device memory for '" + name + "' is not aligned to " +
                                                 std::to_string(kDeviceAlignment) + " bytes, as TensorRT wants it");
        }
    }
}

void Session::bind(int32_t slotNumber, int32_t tensor, int32_t kind, void* data, uint64_t bytes) {
    Slot& target = slot(slotNumber);
    checkTensor(tensor);
    const AllSlots claimed(*this);
    const DeviceScope device(engine_->device());
    checkBinding(tensor, kind, data, bytes);
    const std::lock_guard<std::mutex> lock(tables_);
    const std::string problem = target.bind(tensor, static_cast<pn_memory_kind>(kind), data, bytes);
    if (!problem.empty()) {
        logMessage(PN_SEVERITY_WARNING, "no CUDA graph after binding, plain enqueues instead: " + problem);
    }
}

void Session::setCompletion(pn_completion_callback callback, void* user) {
    const AllSlots claimed(*this);
    for (const Lane& lane : lanes_) {
        // The former callback may still be at its end, on a slot that is idle already.
        while (lane.inCallback && !lane.watcher->isCurrentThread()) {
            std::this_thread::yield();
        }
    }
    callback_ = callback;
    callbackUser_ = user;
}

std::string Session::profileLayers(int32_t number, int32_t iterations) {
    requireRange("iterations", iterations, 1, INT32_MAX);
    const OneSlot claimed(slot(0), SlotState::idle);
    const DeviceScope device(engine_->device());
    return claimed->profileLayers(number, iterations);
}

Dims Session::shape(int32_t number, int32_t tensor, int32_t& outRank) const {
    checkTensor(tensor);
    const std::lock_guard<std::mutex> lock(tables_);
    const Dims dims = variant(number).shapes[static_cast<size_t>(tensor)];
    outRank = engine_->tensors()[static_cast<size_t>(tensor)].rank;
    return dims;
}

bool Session::usesGraph(int32_t number) const {
    const std::lock_guard<std::mutex> lock(tables_);
    (void)variant(number);
    return std::all_of(lanes_.begin(), lanes_.end(),
                       [number](const Lane& lane) { return lane.slot->usesGraph(number); });
}

void* Session::buffer(int32_t slotNumber, int32_t tensor, uint64_t& outBytes) const {
    checkTensor(tensor);
    const std::lock_guard<std::mutex> lock(tables_);
    const TensorMemory& memory = slot(slotNumber).memory(tensor);
    outBytes = memory.host == nullptr ? 0 : memory.bytes;
    return memory.host;
}

void Session::run(int32_t slotNumber, int32_t number) {
    const int64_t startNs = steadyNs();
    const OneSlot claimed(slot(slotNumber), SlotState::idle);
    const CurrentDevice device(manyDevices_, engine_->device());
    claimed->start(number, startNs);
    claimed->finish();
}

void Session::enqueue(int32_t slotNumber, int32_t number) {
    const int64_t startNs = steadyNs();
    OneSlot claimed(slot(slotNumber), SlotState::idle);
    const CurrentDevice device(manyDevices_, engine_->device());
    claimed->start(number, startNs);
    claimed.releaseAs(SlotState::inFlight);
}

bool Session::poll(int32_t slotNumber) {
    OneSlot claimed(slot(slotNumber), SlotState::inFlight);
    const bool isFinished = claimed->isFinished();
    if (!isFinished) {
        claimed.releaseAs(SlotState::inFlight);
    }
    return isFinished;
}

void Session::wait(int32_t slotNumber) {
    const OneSlot claimed(slot(slotNumber), SlotState::inFlight);
    claimed->finish();
}

void Session::enqueueAsync(int32_t slotNumber, int32_t number) {
    const int64_t startNs = steadyNs();
    OneSlot claimed(slot(slotNumber), SlotState::idle);
    if (callback_ == nullptr || closing_) {
        throw Error(PN_INVALID_STATE, closing_ ? "the session is being destroyed"
                                               : "no completion callback is set; call pn_session_set_completion");
    }
    Lane& lane = lanes_[static_cast<size_t>(slotNumber)];
    lane.watcher->start();
    const CurrentDevice device(manyDevices_, engine_->device());
    claimed->start(number, startNs);
    claimed.releaseAs(SlotState::inFlightAsync);
    lane.watcher->post();
}

// On the slot's watcher thread.
void Session::complete(int32_t slotNumber) noexcept {
    Lane& lane = lanes_[static_cast<size_t>(slotNumber)];
    pn_error* error = nullptr;
    const int32_t status = guard("run", &error, [this, &lane] {
        const CurrentDevice device(manyDevices_, engine_->device());
        lane.slot->finish();
    });
    // An idle slot lets setCompletion replace them.
    const pn_completion_callback callback = callback_;
    void* const user = callbackUser_;
    lane.inCallback = true;
    lane.slot->release();
    callback(user, slotNumber, status, error);
    lane.inCallback = false;
}

pn_timings Session::timings(int32_t slotNumber) const {
    const OneSlot claimed(slot(slotNumber), SlotState::idle);
    const CurrentDevice device(manyDevices_, engine_->device());
    return claimed->timings();
}

bool Session::isCallbackThread() const noexcept {
    return std::any_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.watcher->isCurrentThread(); });
}

}  // namespace pinion
