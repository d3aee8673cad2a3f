#include "session.h"

#include <limits>
#include <utility>

#include "arguments.h"
#include "device.h"
#include "error.h"
#include "profiles.h"

namespace pinion {
namespace {

RunnerOptions runnerOptions(const pn_session_options& options) {
    RunnerOptions result;
    result.profile = options.profile;
    result.spin = options.wait_mode == PN_WAIT_SPIN;
    result.timingInterval = options.timing_interval == 0 ? 1 : options.timing_interval;
    result.transfers = options.skip_transfers == 0;
    result.highPriority = options.high_priority != 0;
    result.graph = options.disable_graph == 0;
    return result;
}

void checkOptions(const Engine& engine, const pn_session_options& options) {
    requireIndex("profile", options.profile, engine.profileCount());
    requireRange("wait_mode", options.wait_mode, PN_WAIT_BLOCK, PN_WAIT_SPIN);
    requireRange("timing_interval", options.timing_interval, -1, std::numeric_limits<int32_t>::max());
    refuseShapeTensors(engine.tensors());
}

}  // namespace

Session::Session(std::shared_ptr<Engine> engine, const pn_session_options& options)
    : device_(engine->device()), manyDevices_(deviceCount() > 1), watcher_([this] { complete(); }) {
    checkOptions(*engine, options);
    useDevice(device_);
    runner_ = std::make_unique<Runner>(std::move(engine), runnerOptions(options));
}

Session::~Session() {
    closeOnce();
}

void Session::close() {
    if (isCallbackThread()) {
        throw Error(PN_INVALID_STATE, "a completion callback cannot close its session, which waits for the callback");
    }
    closeOnce();
}

void Session::closeOnce() noexcept {
    const std::lock_guard<std::mutex> once(closeMutex_);
    state_.close();
    // An asynchronous run is complete by now; its callback may be running, and may still read its buffers.
    watcher_.stop();
    std::unique_ptr<Runner> runner;
    {
        const std::lock_guard<std::mutex> lock(runnerMutex_);
        runner = std::move(runner_);
    }
    if (!useDeviceToRelease(device_)) {
        leave(std::move(runner));
    }
}

int32_t Session::prepare(const pn_shape* shapes, int32_t count) {
    const RunClaim claim(state_);
    useDevice(device_);
    const std::lock_guard<std::mutex> lock(runnerMutex_);
    return runner_->prepare(shapes, count);
}

int32_t Session::admit(const pn_shape* shapes, int32_t count) {
    const RunClaim claim(state_);
    useDevice(device_);
    const std::lock_guard<std::mutex> lock(runnerMutex_);
    return runner_->admit(shapes, count);
}

void Session::discard(int32_t variant) {
    const RunClaim claim(state_);
    useDevice(device_);
    const std::lock_guard<std::mutex> lock(runnerMutex_);
    runner_->discard(variant);
}

void Session::bind(int32_t tensor, int32_t kind, void* data, uint64_t bytes) {
    const RunClaim claim(state_);
    useDevice(device_);
    const std::lock_guard<std::mutex> lock(runnerMutex_);
    runner_->bind(tensor, kind, data, bytes);
}

void Session::setCompletion(pn_completion_callback callback, void* user) {
    const RunClaim claim(state_);
    if (!isCallbackThread()) {
        // The former callback may still be at its end, with the session idle already.
        sleepUntil([this] { return !inCallback_; });
    }
    callback_ = callback;
    callbackUser_ = user;
}

std::string Session::profileLayers(int32_t variant, int32_t iterations) {
    requireRange("iterations", iterations, 1, INT32_MAX);
    const RunClaim claim(state_);
    useDevice(device_);
    return runner_->profileLayers(variant, iterations);
}

// With the lock held.
const Runner& Session::openRunner() const {
    if (runner_ == nullptr) {
        throwClosed();
    }
    return *runner_;
}

Dims Session::shape(int32_t variant, int32_t tensor, int32_t& outRank) const {
    const std::lock_guard<std::mutex> lock(runnerMutex_);
    return openRunner().shape(variant, tensor, outRank);
}

pn_variant_info Session::variantInfo(int32_t variant) const {
    const std::lock_guard<std::mutex> lock(runnerMutex_);
    return openRunner().variantInfo(variant);
}

int64_t Session::deviceBytes() const {
    const std::lock_guard<std::mutex> lock(runnerMutex_);
    return openRunner().deviceBytes();
}

void* Session::buffer(int32_t tensor, uint64_t& outBytes) const {
    const std::lock_guard<std::mutex> lock(runnerMutex_);
    const TensorMemory& memory = openRunner().memory(tensor);
    outBytes = memory.host == nullptr ? 0 : memory.bytes;
    return memory.host;
}

void Session::run(int32_t variant) {
    const int64_t startNs = steadyNs();
    const RunClaim claim(state_);
    useDeviceHot(manyDevices_, device_);
    runner_->start(variant, startNs);
    runner_->finish();
}

void Session::enqueue(int32_t variant) {
    const int64_t startNs = steadyNs();
    RunClaim claim(state_);
    useDeviceHot(manyDevices_, device_);
    runner_->start(variant, startNs);
    claim.leaveAs(PN_RUN_ENQUEUED);
}

bool Session::poll() {
    RunClaim claim(state_, PN_RUN_ENQUEUED);
    useDeviceHot(manyDevices_, device_);
    const bool isFinished = runner_->isFinished();
    if (!isFinished) {
        claim.leaveAs(PN_RUN_ENQUEUED);
    }
    return isFinished;
}

void Session::wait() {
    const RunClaim claim(state_, PN_RUN_ENQUEUED);
    useDeviceHot(manyDevices_, device_);
    runner_->finish();
}

void Session::enqueueAsync(int32_t variant) {
    const int64_t startNs = steadyNs();
    {
        RunClaim claim(state_);
        if (callback_ == nullptr) {
            throw Error(PN_INVALID_STATE, "no completion callback is set; call pn_session_set_completion");
        }
        watcher_.start();
        useDeviceHot(manyDevices_, device_);
        runner_->start(variant, startNs);
        claim.leaveAs(PN_RUN_ASYNC);
    }
    watcher_.post();
}

// On the watcher's thread.
void Session::complete() noexcept {
    pn_error* error = nullptr;
    const int32_t status = guard("run", &error, [this] {
        useDeviceHot(manyDevices_, device_);
        runner_->finish();
    });
    // An idle session lets setCompletion replace them.
    const pn_completion_callback callback = callback_;
    void* const user = callbackUser_;
    inCallback_ = true;
    state_.release(PN_RUN_IDLE);
    callback(user, status, error);
    inCallback_ = false;
}

pn_timings Session::timings() const {
    const RunClaim claim(state_);
    useDeviceHot(manyDevices_, device_);
    return runner_->timings();
}

}  // namespace pinion
