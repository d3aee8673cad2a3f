#include "inference.h"

#include "learning.h"
#include "ort_library.h"
#include "ort_words.h"
#include "refinement.h"
#include "session.h"

namespace pinion_host_tensorrt {
namespace {

// ONNX Runtime's own names of extents of which it knows nothing.
constexpr const char* kUnknownExtent = "unk__";

onnx::Value describe(const OrtLibrary& ort, const OrtTypeInfo* type) {
    onnx::Value value;
    const OrtTensorTypeAndShapeInfo* info = nullptr;
    ort.check(ort.api->CastTypeInfoToTensorInfo(type, &info), "tell a tensor's type");
    if (info == nullptr) {
        return value;
    }
    value.isTensor = true;
    ONNXTensorElementDataType element{};
    ort.check(ort.api->GetTensorElementType(info, &element), "tell a tensor's type");
    value.type = toldType(static_cast<int32_t>(element));
    value.hasShape = ort.api->TensorTypeAndShape_HasShape(info);
    size_t rank = 0;
    ort.check(ort.api->GetDimensionsCount(info, &rank), "tell a tensor's rank");
    Shape shape(rank);
    std::vector<const char*> symbols(rank);
    ort.check(ort.api->GetDimensions(info, shape.data(), rank), "tell a tensor's shape");
    ort.check(ort.api->GetSymbolicDimensions(info, symbols.data(), rank), "tell the names of a tensor's extents");
    for (size_t i = 0; i < rank; ++i) {
        const std::string symbol = shape[i] < 0 && symbols[i] != nullptr ? symbols[i] : "";
        value.dims.push_back({shape[i], symbol.rfind(kUnknownExtent, 0) == 0 ? "" : symbol});
    }
    return value;
}

// A session of the model editor, which resolves the graph and makes no kernels before it is finalized. Null where ONNX
// Runtime refuses the model, with its words.
OrtOwned<OrtSession> resolve(const OrtLibrary& ort, const std::string& model, const OrtSessionOptions* options,
                             std::string& message) {
    OrtSession* raw = nullptr;
    OrtStatus* const status =
        ort.editor->CreateModelEditorSessionFromArray(ort.environment, model.data(), model.size(), options, &raw);
    OrtOwned<OrtSession> session(raw);
    if (status != nullptr) {
        message = ort.api->GetErrorMessage(status);
        ort.api->ReleaseStatus(status);
        session.reset();
    }
    return session;
}

}  // namespace

Inference infer(const std::string& bytes, const onnx::Model& model, const Log& log, const std::vector<Shape>* inputs,
                const ModelView* view, size_t nodes) {
    const OrtLibrary& ort = ortLibrary();
    const OrtLogScope scope(log);
    Inference out = declaredValues(model);
    Learning learning(
        model, [&](size_t first) { return infer(bytes, model, log, inputs, &out.view, first); }, out);
    if (view != nullptr) {
        out.view = *view;
    } else {
        learning.viewNodes(nodes);
    }
    const OrtOwned<OrtSessionOptions> options = sessionOptions(ORT_DISABLE_ALL);
    OrtOwned<OrtSession> session;
    while (session == nullptr) {
        std::string message;
        session = resolve(ort, modelToInfer(bytes, model, out.view, inputs, nodes), options.get(), message);
        if (session == nullptr) {
            const NamedNode blamed = findNodeToken(message, model.graph);
            out.node = blamed.node;
            out.inner = blamed.inner;
            if (!learning.learn(message)) {
                out.problem = withToldTypes(reasonIn(message));
                return out;
            }
            out.node = -1;
            out.inner = nullptr;
        }
    }
    for (const auto& [name, type] : outputTypes(session.get())) {
        onnx::Value value = describe(ort, type.get());
        value.name = name;
        out.values[name] = std::move(value);
    }
    if (learning.recheck(nodes)) {
        return infer(bytes, model, log, inputs, &out.view, nodes);
    }
    refine(model, nodes, out);
    return out;
}

std::unordered_map<std::string, int32_t> inferTypes(const std::string& prepared, const Log& log) {
    const OrtLibrary& ort = ortLibrary();
    const OrtLogScope scope(log);
    const OrtOwned<OrtSessionOptions> options = sessionOptions(ORT_DISABLE_ALL);
    std::unordered_map<std::string, int32_t> types;
    std::string message;
    const OrtOwned<OrtSession> session = resolve(ort, prepared, options.get(), message);
    if (session == nullptr) {
        log.verbose("The types inside of a body are not known: " + message);
        return types;
    }
    for (const auto& [name, type] : outputTypes(session.get())) {
        if (const onnx::Value value = describe(ort, type.get()); value.isTensor) {
            types[name] = value.type;
        }
    }
    return types;
}

}  // namespace pinion_host_tensorrt
