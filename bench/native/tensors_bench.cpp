// Many small tensors: sessions copy them in one piece each way, where memory of the caller's, one piece for each
// tensor, is copied piece by piece. With the fixed cost of a copy that a real bus has.
#include <memory>
#include <string>

#include "clock.h"
#include "onnx_writer.h"
#include "support.h"

namespace bench {
namespace {

constexpr int kTensors = 16;
constexpr uint64_t kBytes = 64 * sizeof(float);
constexpr int kBlocks = 20;
constexpr int kCallsPerBlock = 50;
constexpr int kWarmUp = 10;
constexpr int kSetupMicros[] = {0, 5};

struct Unpin {
    void operator()(void* data) const { pn_pinned_free(0, data, nullptr); }
};
using Pinned = std::unique_ptr<void, Unpin>;

std::string identities() {
    using namespace onnx_writer;
    Model model;
    for (int i = 0; i < kTensors; ++i) {
        const std::string number = std::to_string(i);
        model.input("x" + number, kFloat, {64}).node("Identity", {"x" + number}, {"y" + number});
        model.output("y" + number, kFloat, {64});
    }
    return model.bytes();
}

}  // namespace

Results benchTensors() {
    const EngineHandle engine = buildEngine(identities());
    pn_session_options options{};
    options.struct_size = sizeof(options);
    options.timing_interval = -1;
    Results results;
    for (const int setupMicros : kSetupMicros) {
        simulate("copy_setup_us=" + std::to_string(setupMicros), "");
        const SessionHandle together = createSession(engine, options);
        std::vector<Pinned> memory;  // outlives the session
        const SessionHandle apart = createSession(engine, options);
        const int32_t variants[] = {prepare(together), prepare(apart)};
        for (int32_t tensor = 0; tensor < 2 * kTensors; ++tensor) {
            pn_error* error = nullptr;
            void* data = nullptr;
            check(pn_pinned_alloc(0, kBytes, &data, &error), error, "pinned memory");
            memory.emplace_back(data);
            check(pn_session_bind(apart.get(), tensor, PN_MEMORY_HOST, data, kBytes, &error), error, "bind");
        }
        const auto runs = [](const SessionHandle& session, int32_t variant) {
            return [&session, variant](std::vector<int64_t>& times) {
                pn_error* error = nullptr;
                for (int64_t& time : times) {
                    const int64_t start = nowNs();
                    check(pn_session_run(session.get(), variant, &error), error, "run");
                    time = nowNs() - start;
                }
            };
        };
        const std::vector<double> medians = medianMicroseconds({runs(together, variants[0]), runs(apart, variants[1])},
                                                               kBlocks, kCallsPerBlock, kWarmUp);
        const std::string setup = "Setup" + std::to_string(setupMicros) + "Us";
        results.insert(results.end(), {{"together" + setup, medians[0]},
                                       {"apart" + setup, medians[1]},
                                       {"togetherOverApart" + setup, medians[0] / medians[1]}});
    }
    simulate("", "");
    return results;
}

}  // namespace bench
