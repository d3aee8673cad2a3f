// pinion_native_bench [--out FILE] [session|host|overlap|tensors|shapes ...]: measures and writes one JSON object.
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>

#include "json.h"
#include "support.h"

namespace {

struct Benchmark {
    const char* name;
    bench::Results (*run)();
};

constexpr Benchmark kBenchmarks[] = {{"session", &bench::benchSession},
                                     {"host", &bench::benchHost},
                                     {"overlap", &bench::benchOverlap},
                                     {"tensors", &bench::benchTensors},
                                     {"shapes", &bench::benchShapes}};

bool isWanted(const char* name, const std::vector<std::string>& wanted) {
    bool found = wanted.empty();
    for (const std::string& candidate : wanted) {
        found = found || candidate == name;
    }
    return found;
}

}  // namespace

int main(int argc, char** argv) {
    std::string out;
    std::vector<std::string> wanted;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--out") == 0 && i + 1 < argc) {
            out = argv[++i];
        } else {
            wanted.emplace_back(argv[i]);
        }
    }
    try {
        pinion::JsonWriter json;
        json.beginObject();
        for (const Benchmark& benchmark : kBenchmarks) {
            if (isWanted(benchmark.name, wanted)) {
                json.key(benchmark.name).beginObject();
                for (const auto& [name, value] : benchmark.run()) {
                    json.member(name, value);
                    std::fprintf(stderr, "%-28s %.3f\n", name.c_str(), value);
                }
                json.endObject();
            }
        }
        const std::string text = json.endObject().text() + "\n";
        std::FILE* const file = out.empty() ? stdout : std::fopen(out.c_str(), "wb");
        if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size() ||
            std::fflush(file) != 0) {
            throw std::runtime_error("cannot write " + out);
        }
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "pinion_native_bench: %s\n", error.what());
        return 1;
    }
}
