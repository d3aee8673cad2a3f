// One model ready to run in ONNX Runtime. Several execution contexts share one; run() may be called from many threads.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ort_library.h"
#include "weights.h"

namespace pinion_host_tensorrt {

// A graph whose large constants are declared as its last inputs, and those constants.
struct ModelParts {
    std::string graph;  // ONNX
    std::vector<Weight> weights;
    std::unique_ptr<WeightMemory> memory;
};

ModelParts copyOf(const ModelParts& parts);

// Measured time of one node of the optimised graph.
struct NodeTime {
    std::string name;
    float milliseconds = 0;
};

// The tensors that runs are given, in the order of the bindings, under the graph's names.
struct SessionTensors {
    std::vector<std::string> inputs;
    std::vector<int32_t> inputTypes;
    std::vector<bool> isShape;  // by input
    std::vector<std::string> outputs;
};

class Session {
public:
    Session(ModelParts parts, SessionTensors tensors, const Log& log);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Outputs that are null are allocated. Empty on success, else what went wrong.
    std::string run(const OrtValue* const* inputs, OrtValue** outputs) const;
    // The same, with the time of each node.
    std::string runProfiled(const OrtValue* const* inputs, OrtValue** outputs, std::vector<NodeTime>& times) const;

    // Runs on zeros of these shapes, and on ones where it does not take zeros; throws when it takes neither. Behind the
    // shapes are the values of shape tensors.
    std::vector<Shape> measureOutputs(const std::vector<Shape>& inputs, double& milliseconds) const;

    // False once ONNX Runtime has packed weights and let go of the originals.
    bool holdsAllWeights() const noexcept;
    const ModelParts& parts() const noexcept { return parts_; }

private:
    struct Deleter;

    void create(const Log& log);
    std::string runOn(bool ones, const std::vector<Shape>& inputs, std::vector<OrtOwned<OrtValue>>& outputs,
                      double& milliseconds) const;

    ModelParts parts_;
    SessionTensors tensors_;
    std::unique_ptr<Deleter> deleter_;
    OrtOwned<OrtSession> session_;
    std::vector<const char*> inputPointers_;
    std::vector<const char*> outputPointers_;
};

// The session options that every session has: threads, and nothing else that differs from ONNX Runtime's defaults.
OrtOwned<OrtSessionOptions> sessionOptions(GraphOptimizationLevel level);

// Names and types of a session's outputs.
std::vector<std::pair<std::string, OrtOwned<OrtTypeInfo>>> outputTypes(const OrtSession* session);

// A tensor over memory that it does not own.
OrtOwned<OrtValue> tensorOver(void* memory, size_t bytes, const Shape& shape, int32_t type);

}  // namespace pinion_host_tensorrt
