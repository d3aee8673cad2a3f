// What the session tests share beside fixture.h: sessions with typed buffers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host_fixture.h"

namespace session_test {

using namespace native_test;

inline pn_session_options sessionOptions() {
    pn_session_options options{};
    options.struct_size = sizeof(options);
    return options;
}

inline pn_shape shapeOf(int32_t tensor, std::initializer_list<int64_t> dims) {
    pn_shape shape{};
    shape.tensor = tensor;
    shape.rank = static_cast<int32_t>(dims.size());
    std::copy(dims.begin(), dims.end(), shape.dims);
    return shape;
}

// Long enough for any machine; a test that hangs ends here.
constexpr std::chrono::seconds kHangGuard{120};

class Signal {
public:
    void set() {
        const std::lock_guard<std::mutex> lock(mutex_);
        isSet_ = true;
        changed_.notify_all();
    }
    bool isSet() {
        const std::lock_guard<std::mutex> lock(mutex_);
        return isSet_;
    }
    bool wait() {
        std::unique_lock<std::mutex> lock(mutex_);
        return changed_.wait_for(lock, kHangGuard, [this] { return isSet_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool isSet_ = false;
};

// A session whose tensors are float; tensor 0 is the input "x", the last the output "y" in the models above.
class TestSession {
public:
    explicit TestSession(const EngineHandle& engine, const pn_session_options& options = sessionOptions()) {
        pn_session* session = nullptr;
        EXPECT_OK(pn_session_create, engine.get(), &options, &session);
        handle_.reset(session);
    }

    pn_session* get() const { return handle_.get(); }
    void destroy() { handle_.reset(); }
    void release() { (void)handle_.release(); }

    int32_t prepare(const std::vector<pn_shape>& shapes = {}) {
        int32_t variant = -1;
        EXPECT_OK(pn_session_prepare, get(), shapes.data(), static_cast<int32_t>(shapes.size()), &variant);
        return variant;
    }
    // Rows of the models above.
    int32_t prepareRows(int64_t rows, int64_t columns = 4) { return prepare({shapeOf(0, {rows, columns})}); }

    template <typename T = float>
    T* data(int32_t tensor) const {
        void* data = nullptr;
        uint64_t bytes = 0;
        EXPECT_OK(pn_session_buffer, static_cast<const pn_session*>(get()), tensor, &data, &bytes);
        return static_cast<T*>(data);
    }
    bool usesGraph(int32_t variant) const { return variantInfo(get(), variant).uses_graph == 1; }
    pn_timings timings() const {
        pn_timings times{};
        times.struct_size = sizeof(times);
        EXPECT_OK(pn_session_timings, static_cast<const pn_session*>(get()), &times);
        return times;
    }
    Failure run(int32_t variant) { return call(pn_session_run, get(), variant); }
    Failure enqueue(int32_t variant) { return call(pn_session_enqueue, get(), variant); }
    Failure enqueueAsync(int32_t variant) { return call(pn_session_enqueue_async, get(), variant); }
    void setCompletion(pn_completion_callback callback, void* user) {
        EXPECT_OK(pn_session_set_completion, get(), callback, user);
    }
    Failure poll() { return call(pn_session_poll, get()); }
    Failure wait() { return call(pn_session_wait, get()); }
    Failure close() { return call(pn_session_close, get()); }
    int32_t state() const { return pn_session_state(get()); }

    // Fills the input with first, first + 1, ... and spoils the output.
    void fill(size_t count, float first, int32_t output = 1) {
        for (size_t i = 0; i < count; ++i) {
            data(0)[i] = first + static_cast<float>(i);
            data(output)[i] = -1e9f;
        }
    }
    // Whether the output of the affine model is right for fill(count, first).
    bool isAffine(size_t count, float first) const {
        for (size_t i = 0; i < count; ++i) {
            if (data(1)[i] != 2 * (first + static_cast<float>(i)) + 1) {
                return false;
            }
        }
        return true;
    }

private:
    SessionHandle handle_;
};

// What a completion callback was told.
struct OneCompletion {
    Signal done;
    Failure failure;

    static void onDone(void* user, int32_t status, pn_error* error) {
        auto* const self = static_cast<OneCompletion*>(user);
        self->failure = Failure(error);
        EXPECT_EQ(self->failure.status, status);
        self->done.set();
    }
};

}  // namespace session_test
