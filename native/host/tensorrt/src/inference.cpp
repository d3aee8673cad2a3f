#include "inference.h"

#include <cstring>

#include "ort_library.h"
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
    value.type = static_cast<int32_t>(element);
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

// The part of ONNX Runtime's words that says what is wrong.
std::string reasonIn(const std::string& message) {
    for (const char* mark : {"InferenceError] ", ", Error ", "This is an invalid model. "}) {
        const size_t at = message.rfind(mark);
        if (at != std::string::npos) {
            return message.substr(at + std::string(mark).size());
        }
    }
    return message;
}

// Importers ask for the attributes that they know, and never see others, nor those of another type.
std::string refusedAttribute(const std::string& message) {
    constexpr const char* kUnknown = "Unrecognized attribute: ";
    constexpr const char* kOfAnotherType = "Mismatched attribute type in '";
    const size_t unknown = message.find(kUnknown);
    if (unknown != std::string::npos) {
        const size_t begin = unknown + std::strlen(kUnknown);
        return message.substr(begin, message.find(" for operator", begin) - begin);
    }
    const size_t mistyped = message.find(kOfAnotherType);
    const size_t begin = mistyped != std::string::npos ? message.find(" : ", mistyped) : mistyped;
    return begin != std::string::npos ? message.substr(begin + 3, message.find('\'', begin) - begin - 3) : "";
}

}  // namespace

Inference declaredValues(const onnx::Model& model) {
    Inference out;
    for (const onnx::Value& input : model.graph.inputs) {
        onnx::Value value = input;
        value.hasShape = true;
        out.values.emplace(input.name, std::move(value));
    }
    for (const onnx::Tensor& tensor : model.graph.initializers) {
        onnx::Value value;
        value.name = tensor.name;
        value.type = tensor.type;
        value.isTensor = true;
        value.hasShape = true;
        for (int64_t extent : tensor.dims) {
            value.dims.push_back({extent, ""});
        }
        out.values[tensor.name] = std::move(value);
    }
    return out;
}

Inference infer(const std::string& bytes, const onnx::Model& model, const Log& log, const std::vector<Shape>* inputs) {
    const OrtLibrary& ort = ortLibrary();
    const OrtLogScope scope(log);
    Inference out = declaredValues(model);
    const OrtOwned<OrtSessionOptions> options = sessionOptions(ORT_DISABLE_ALL);
    OrtOwned<OrtSession> session;
    while (session == nullptr) {
        const std::string prepared = modelToInfer(bytes, model, out.overlooked, inputs);
        OrtSession* raw = nullptr;
        // A session of the model editor resolves the graph, and makes no kernels before it is finalized.
        OrtStatus* const status = ort.editor->CreateModelEditorSessionFromArray(ort.environment, prepared.data(),
                                                                                prepared.size(), options.get(), &raw);
        session.reset(raw);
        if (status != nullptr) {
            std::string message = ort.api->GetErrorMessage(status);
            ort.api->ReleaseStatus(status);
            const std::string attribute = refusedAttribute(message);
            out.node = findNodeToken(message, model.graph);
            if (attribute.empty() || out.node < 0 || !out.overlooked.emplace(out.node, attribute).second) {
                out.problem = reasonIn(message);
                return out;
            }
            out.node = -1;
        }
    }
    for (const auto& [name, type] : outputTypes(session.get())) {
        onnx::Value value = describe(ort, type.get());
        value.name = name;
        out.values[name] = std::move(value);
    }
    return out;
}

}  // namespace pinion_host_tensorrt
