// Runs an engine: slots, the variants they are prepared for, and completion by callback.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine.h"
#include "slot.h"
#include "variant.h"
#include "watcher.h"

namespace pinion {

// All functions throw Error. Threads: as pinion.h says of pn_session.
class Session {
public:
    Session(std::shared_ptr<Engine> engine, const pn_session_options& options);
    // Waits for work in flight. Not on a completion callback's thread.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    int32_t prepare(const pn_shape* shapes, int32_t count);
    void discard(int32_t variant);
    void bind(int32_t slot, int32_t tensor, int32_t kind, void* data, uint64_t bytes);
    void setCompletion(pn_completion_callback callback, void* user);
    std::string profileLayers(int32_t variant, int32_t iterations);

    Dims shape(int32_t variant, int32_t tensor, int32_t& outRank) const;
    bool usesGraph(int32_t variant) const;
    void* buffer(int32_t slot, int32_t tensor, uint64_t& outBytes) const;

    void run(int32_t slot, int32_t variant);
    void enqueue(int32_t slot, int32_t variant);
    bool poll(int32_t slot);
    void wait(int32_t slot);
    void enqueueAsync(int32_t slot, int32_t variant);
    pn_timings timings(int32_t slot) const;

    bool isCallbackThread() const noexcept;

private:
    class AllSlots;
    class OneSlot;

    // A slot with what completes its asynchronous runs.
    struct Lane {
        std::unique_ptr<Slot> slot;
        std::atomic<bool> inCallback{false};
        std::unique_ptr<Watcher> watcher;
    };

    Slot& slot(int32_t number) const;
    void checkTensor(int32_t tensor) const;
    const Variant& variant(int32_t number) const;
    void checkBinding(int32_t tensor, int32_t kind, const void* data, uint64_t bytes) const;
    void complete(int32_t slotNumber) noexcept;
    void warnIfSlow(int32_t number, const std::string& graphProblem);
    std::string describe(const Variant& variant) const;

    const std::shared_ptr<Engine> engine_;
    const SlotOptions options_;
    const bool manyDevices_;  // only then does a call care for the thread's current device
    std::vector<Lane> lanes_;
    // variants_ and the slots' buffers change under it, with all slots claimed; getters need nothing else.
    mutable std::mutex tables_;
    std::vector<std::unique_ptr<Variant>> variants_;
    bool hasWarnedOfSharing_ = false;
    // Change with all slots claimed.
    pn_completion_callback callback_ = nullptr;
    void* callbackUser_ = nullptr;
    std::atomic<bool> closing_{false};
};

}  // namespace pinion

// The object behind the C handle.
struct pn_session {
    pinion::Session session;
};
