// Two sessions in flight against one where copies and compute take time: simulated, so that the stages are the same on
// any machine.
#include <stdexcept>

#include "clock.h"
#include "onnx_writer.h"
#include "support.h"

namespace bench {
namespace {

constexpr int64_t kFloats = 250000;  // 1 MB
constexpr int kBlocks = 6;
constexpr int kOneSessionRuns = 20;
constexpr int kTwoSessionsRuns = 80;

// The simulated device: its bus, and computing one inference at a time.
struct Simulated {
    int copyInMs;
    int computeMs;
};

struct Stages {
    std::vector<double> h2d;
    std::vector<double> compute;
    std::vector<double> d2h;
};

// y: the first quarter of x.
std::string quarter() {
    using namespace onnx_writer;
    return Model()
        .input("x", kFloat, {kFloats})
        .constant("begin", {1}, std::vector<int64_t>{0})
        .constant("end", {1}, std::vector<int64_t>{kFloats / 4})
        .node("Slice", {"x", "begin", "end"}, {"y"})
        .output("y", kFloat, {kFloats / 4})
        .bytes();
}

double oneSession(const SessionHandle& session, int32_t variant, Stages& stages) {
    pn_error* error = nullptr;
    const int64_t start = nowNs();
    for (int i = 0; i < kOneSessionRuns; ++i) {
        check(pn_session_run(session.get(), variant, &error), error, "run");
        pn_timings times{};
        times.struct_size = sizeof(times);
        check(pn_session_timings(session.get(), &times, &error), error, "timings");
        stages.h2d.push_back(times.h2d_ms);
        stages.compute.push_back(times.compute_ms);
        stages.d2h.push_back(times.d2h_ms);
    }
    return kOneSessionRuns / (static_cast<double>(nowNs() - start) * 1e-9);
}

// One session is in flight while the other is waited for. From before the first run to after the last, so that no
// stage's work lies outside.
double twoSessions(const SessionHandle (&sessions)[2], int32_t variant) {
    pn_error* error = nullptr;
    const auto enqueue = [&](int i) {
        check(pn_session_enqueue(sessions[i].get(), variant, &error), error, "enqueue");
    };
    const auto wait = [&](int i) { check(pn_session_wait(sessions[i].get(), &error), error, "wait"); };
    const int64_t start = nowNs();
    enqueue(0);
    enqueue(1);
    for (int i = 2; i < kTwoSessionsRuns; ++i) {
        wait(i % 2);
        enqueue(i % 2);
    }
    wait(0);
    wait(1);
    return kTwoSessionsRuns / (static_cast<double>(nowNs() - start) * 1e-9);
}

Results measure(const EngineHandle& engine, const std::string& name, Simulated device) {
    const int64_t bytesPerMs = kFloats * static_cast<int64_t>(sizeof(float)) / device.copyInMs;
    simulate("copy_bandwidth=" + std::to_string(static_cast<double>(bytesPerMs) / 1000) + "MBps",
             "compute_time=" + std::to_string(device.computeMs * 1000));
    pn_session_options options{};
    options.struct_size = sizeof(options);
    const SessionHandle sessions[] = {createSession(engine, options), createSession(engine, options)};
    const int32_t variant = prepare(sessions[0]);
    // The first variant of each.
    if (prepare(sessions[1]) != variant) {
        throw std::runtime_error("the sessions number their variants differently");
    }
    Stages stages;
    std::vector<double> one;
    std::vector<double> two;
    for (int block = 0; block < kBlocks; ++block) {
        one.push_back(oneSession(sessions[0], variant, stages));
        two.push_back(twoSessions(sessions, variant));
    }
    simulate("", "");
    const double h2d = median(stages.h2d);
    const double computeMs = median(stages.compute);
    const double d2h = median(stages.d2h);
    // Simulated times are bounds by themselves; measured ones hold the delay until a sleeping thread wakes up.
    const double slowest = std::max(device.copyInMs, device.computeMs);
    return {{name + "H2dMs", h2d},
            {name + "ComputeMs", computeMs},
            {name + "D2hMs", d2h},
            {name + "OneSessionQps", median(one)},
            {name + "TwoSessionsQps", median(two)},
            {name + "BoundQps", 1000 / slowest},
            {name + "Efficiency", median(two) * slowest / 1000}};
}

}  // namespace

Results benchOverlap() {
    const EngineHandle engine = buildEngine(quarter(), {}, 2);
    // Two sessions can reach the bound only if the slowest stage takes half of the whole, and some for waking up.
    Results results = measure(engine, "computeSlowest", {3, 7});
    const Results copySlowest = measure(engine, "copySlowest", {10, 4});
    results.insert(results.end(), copySlowest.begin(), copySlowest.end());
    return results;
}

}  // namespace bench
