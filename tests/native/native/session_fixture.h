// What the session tests share beside fixture.h: sessions with typed buffers.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "fixture.h"

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
    T* data(int32_t slot, int32_t tensor) const {
        void* data = nullptr;
        uint64_t bytes = 0;
        EXPECT_OK(pn_session_buffer, static_cast<const pn_session*>(get()), slot, tensor, &data, &bytes);
        return static_cast<T*>(data);
    }
    bool usesGraph(int32_t variant) const {
        int32_t usesGraph = -1;
        EXPECT_OK(pn_session_uses_graph, static_cast<const pn_session*>(get()), variant, &usesGraph);
        return usesGraph == 1;
    }
    pn_timings timings(int32_t slot) const {
        pn_timings times{};
        times.struct_size = sizeof(times);
        EXPECT_OK(pn_session_timings, static_cast<const pn_session*>(get()), slot, &times);
        return times;
    }
    Failure run(int32_t slot, int32_t variant) { return call(pn_session_run, get(), slot, variant); }

    // Fills the input with first, first + 1, ... and spoils the output.
    void fill(int32_t slot, size_t count, float first, int32_t output = 1) {
        for (size_t i = 0; i < count; ++i) {
            data(slot, 0)[i] = first + static_cast<float>(i);
            data(slot, output)[i] = -1e9f;
        }
    }
    // Whether the output of the affine model is right for fill(slot, count, first).
    bool isAffine(int32_t slot, size_t count, float first) const {
        for (size_t i = 0; i < count; ++i) {
            if (data(slot, 1)[i] != 2 * (first + static_cast<float>(i)) + 1) {
                return false;
            }
        }
        return true;
    }

private:
    SessionHandle handle_;
};

}  // namespace session_test
