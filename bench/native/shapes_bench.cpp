// What a request waits for whose shapes are new to a session: their preparation and a run, or their admission and a
// run.
#include <algorithm>

#include "clock.h"
#include "onnx_writer.h"
#include "support.h"

namespace bench {
namespace {

constexpr int64_t kColumns = 1024;
constexpr int64_t kMaxRows = 64;
constexpr int kRounds = 5;

std::string doubling() {
    using namespace onnx_writer;
    return Model()
        .input("x", kFloat, {"N", kColumns})
        .node("Add", {"x", "x"}, {"y"})
        .output("y", kFloat, {"N", kColumns})
        .bytes();
}

}  // namespace

Results benchShapes() {
    pn_shape_range range{};
    range.tensor = "x";
    range.rank = 2;
    range.min[0] = 1;
    range.opt[0] = 1;
    range.max[0] = kMaxRows;
    range.min[1] = range.opt[1] = range.max[1] = kColumns;
    const EngineHandle engine = buildEngine(doubling(), {range});
    pn_session_options options{};
    options.struct_size = sizeof(options);
    std::vector<double> prepared;
    std::vector<double> admitted;
    for (int round = 0; round < kRounds; ++round) {
        const SessionHandle session = createSession(engine, options);
        for (int64_t rows = 1; rows <= kMaxRows; ++rows) {
            const bool admits = (rows + round) % 2 == 0;
            pn_shape shape{};
            shape.rank = 2;
            shape.dims[0] = rows;
            shape.dims[1] = kColumns;
            int32_t variant = -1;
            pn_error* error = nullptr;
            const int64_t start = nowNs();
            check((admits ? pn_session_admit : pn_session_prepare)(session.get(), &shape, 1, &variant, &error), error,
                  "shapes");
            check(pn_session_run(session.get(), variant, &error), error, "run");
            (admits ? admitted : prepared).push_back(static_cast<double>(nowNs() - start) * 1e-3);
        }
    }
    const double prepare = median(prepared);
    const double admit = median(admitted);
    return {{"prepareAndRunUs", prepare}, {"admitAndRunUs", admit}, {"admitOverPrepare", admit / prepare}};
}

}  // namespace bench
