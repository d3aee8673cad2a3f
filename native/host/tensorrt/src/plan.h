// The serialized engine: what it is for, the optimised graph and its weights.
//
//   preamble | description | graph | padding | weights
//
// The preamble has the sizes and a hash of each part, so that damage is found before anything is believed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "optimizer.h"
#include "profile.h"
#include "session.h"
#include "types.h"

namespace pinion_host_tensorrt {

// A network input or output.
struct TensorInfo {
    std::string name;      // of the binding
    std::string onnxName;  // in the graph
    bool input = false;
    bool isShape = false;     // its values decide shapes, and are read on the host
    bool isExecution = true;  // they are computed with too
    int32_t onnxType = 0;
    DataType type = DataType::kFLOAT;
    Shape dims;                        // -1 where it varies
    std::vector<std::string> symbols;  // one per extent; empty where the model has no name for it
};

// The shapes of all inputs, in the order of the tensors; behind them the values of those that are shape tensors.
struct ProfileInfo {
    std::vector<Shape> shapes[kSelectors];
};

// Output shapes by input shapes and values, as measured.
using ShapeTable = std::map<std::vector<Shape>, std::vector<Shape>>;

struct PlanInfo {
    std::string deviceName;
    std::string deviceInstructions;
    std::string onnxRuntime;
    std::string networkName;
    std::vector<TensorInfo> tensors;  // inputs first
    std::vector<ProfileInfo> profiles;
    ShapeTable shapes;
    bool symbolsHold = false;  // extents of one symbol were found equal in every measurement
    bool profileSharing = false;
    uint64_t flags = 0;
    uint64_t profilingVerbosity = 0;
    uint64_t tacticSources = 0;
    uint64_t hardwareCompatibility = 0;
    // Of the preamble: what the plan was compiled for (targets.h; 0 but for TensorRT for RTX), and which plan it is.
    uint64_t targets = 0;
    uint64_t identity = 0;
    std::vector<LayerInfo> layers;
    std::vector<Weight> weights;

    size_t inputCount() const noexcept;
    // The tensors that are shape tensors, inputs all of them.
    std::vector<size_t> shapeInputs() const;
    bool isDynamic() const noexcept;
    SessionTensors sessionTensors() const;
    // The measured ones, else what the symbols of the extents say; empty when neither tells.
    std::vector<Shape> outputShapes(const std::vector<Shape>& inputs) const;
};

struct Plan {
    PlanInfo info;
    ModelParts parts;
};

std::string serializePlan(const PlanInfo& info, const ModelParts& parts);

// Delivers the next bytes of a plan, or throws.
using PlanSource = std::function<void(void* target, size_t size)>;

// Throws a Refusal that says why a plan does not fit this library or this device, or what is damaged. total is the
// size of the whole plan when it is known, else 0.
Plan readPlan(const PlanSource& source, uint64_t total, const Log& log);

// Reads from memory, which may be a mapped file.
Plan readPlan(const void* blob, size_t size, const Log& log);

#if PINION_TRT_RTX
// Bytes at a plan's beginning that misfits needs.
size_t preambleSize() noexcept;

// Bits of nvinfer1::EngineInvalidityDiagnostics: why a plan that begins so cannot run here, or 0. Throws a Refusal
// where the device cannot be asked.
uint64_t misfits(const void* blob, size_t size);
#endif

// "8.6.1" from the form of NV_TENSORRT_VERSION.
std::string versionText(int64_t version);

}  // namespace pinion_host_tensorrt
