// What the native benchmarks share: engines and sessions that end the program on an error, alternating blocks, JSON.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pinion/pinion.h"

namespace bench {

template <auto Destroy>
struct Destroyer {
    template <typename T>
    void operator()(T* handle) const {
        Destroy(handle);
    }
};
using EngineHandle = std::unique_ptr<pn_engine, Destroyer<pn_engine_destroy>>;
using SessionHandle = std::unique_ptr<pn_session, Destroyer<pn_session_destroy>>;
using BlobHandle = std::unique_ptr<pn_blob, Destroyer<pn_blob_destroy>>;

// Throws the error's text.
void check(int32_t status, pn_error* error, const char* what);

EngineHandle buildEngine(const std::string& onnx, const std::vector<pn_shape_range>& ranges = {}, int32_t copies = 0);
SessionHandle createSession(const EngineHandle& engine, const pn_session_options& options);
int32_t prepare(const SessionHandle& session, const std::vector<pn_shape>& shapes = {});
void* buffer(const SessionHandle& session, int32_t tensor, uint64_t* outBytes = nullptr);

// The faults of the host CUDA and the host TensorRT from now on.
void simulate(const std::string& cuda, const std::string& tensorrt);

double median(std::vector<double> values);

// Writes the nanoseconds of as many calls as there are elements.
using Block = std::function<void(std::vector<int64_t>&)>;

// Runs the subjects in turns, so that what the machine does meanwhile hits them alike, and gives each one's median in
// microseconds. The first calls of a block warm up and are not counted.
std::vector<double> medianMicroseconds(const std::vector<Block>& subjects, int blocks, int callsPerBlock, int warmUp);

// Name and value, in order.
using Results = std::vector<std::pair<std::string, double>>;

Results benchSession();
// The model of PINION_TEST_MODELS against ONNX Runtime alone; empty without that variable.
Results benchHost();
Results benchOverlap();
Results benchTensors();
Results benchShapes();

}  // namespace bench
