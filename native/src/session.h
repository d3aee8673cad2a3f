// A session: who may call, completion by callback, and the end. What a call does is its runner's.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "engine.h"
#include "run_state.h"
#include "runner.h"
#include "watcher.h"

namespace pinion {

// All functions but state and isCallbackThread throw Error. Threads: as pinion.h says of pn_session; whoever is refused
// touches nothing that close frees.
class Session {
public:
    Session(std::shared_ptr<Engine> engine, const pn_session_options& options);
    // Closes. Not on a completion callback's thread.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void close();
    pn_run_state state() const noexcept { return state_.get(); }
    bool isCallbackThread() const noexcept { return watcher_.isCurrentThread(); }

    int32_t prepare(const pn_shape* shapes, int32_t count);
    int32_t admit(const pn_shape* shapes, int32_t count);
    void discard(int32_t variant);
    void bind(int32_t tensor, int32_t kind, void* data, uint64_t bytes);
    void setCompletion(pn_completion_callback callback, void* user);
    std::string profileLayers(int32_t variant, int32_t iterations);

    Dims shape(int32_t variant, int32_t tensor, int32_t& outRank) const;
    pn_variant_info variantInfo(int32_t variant) const;
    int64_t deviceBytes() const;
    void* buffer(int32_t tensor, uint64_t& outBytes) const;

    void run(int32_t variant);
    void enqueue(int32_t variant);
    bool poll();
    void wait();
    void enqueueAsync(int32_t variant);
    pn_timings timings() const;

private:
    const Runner& openRunner() const;
    void closeOnce() noexcept;
    void complete() noexcept;

    const int32_t device_;
    const bool manyDevices_;  // only then does a call care for the thread's current device
    mutable RunState state_;
    std::mutex closeMutex_;  // a second thread that closes waits for the first
    // Whoever has claimed the session uses it. For prepare, discard, bind and close that takes the lock too, so that
    // the lock alone is enough to read shapes and buffers while a run is in flight. NULL once closed.
    std::unique_ptr<Runner> runner_;
    mutable std::mutex runnerMutex_;
    // Change with the session claimed.
    pn_completion_callback callback_ = nullptr;
    void* callbackUser_ = nullptr;
    std::atomic<bool> inCallback_{false};
    Watcher watcher_;
};

}  // namespace pinion

// The object behind the C handle.
struct pn_session {
    pinion::Session session;
};
