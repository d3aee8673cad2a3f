#include "inspector.h"

#if PINION_TRT_SINCE(8, 2)

namespace pinion_host_tensorrt {
namespace {

std::string jsonText(const std::string& text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += format("\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string jsonTensors(const std::vector<std::string>& names) {
    std::string out = "[";
    for (const std::string& name : names) {
        out += (out.size() > 1 ? ", " : "") + ("{\"Name\": " + jsonText(name) + ", \"Location\": \"Host\"}");
    }
    return out + "]";
}

// The real inspector tells as much as the engine's profiling verbosity allows, and so does this one.
std::string layerText(const PlanInfo& info, const LayerInfo& layer, nvinfer1::LayerInformationFormat form) {
    const auto verbosity = static_cast<nvinfer1::ProfilingVerbosity>(info.profilingVerbosity);
    const bool json = form == nvinfer1::LayerInformationFormat::kJSON;
    if (verbosity == nvinfer1::ProfilingVerbosity::kNONE) {
        return json ? "null" : "";
    }
    if (verbosity != nvinfer1::ProfilingVerbosity::kDETAILED) {
        return json ? jsonText(layer.name) : layer.name;
    }
    if (!json) {
        return layer.op + ": " + layer.name;
    }
    return "{\"Name\": " + jsonText(layer.name) + ", \"LayerType\": " + jsonText(layer.op) +
           ", \"Inputs\": " + jsonTensors(layer.inputs) + ", \"Outputs\": " + jsonTensors(layer.outputs) +
           ", \"Device\": \"host\", \"Precision\": \"FP32\"}";
}

}  // namespace

Inspector::~Inspector() noexcept {
    if (engine_ == nullptr && !released()) {
        reportDead("IEngineInspector", "destroy");
    }
}

bool Inspector::alive(const char* function) const noexcept {
    if (engine_ == nullptr) {
        reportDead("IEngineInspector", function);
    } else if (engine_->destroyed) {
        report("IEngineInspector::" + std::string(function) + " was called after its engine was destroyed");
    }
    return engine_ != nullptr && !engine_->destroyed;
}

bool Inspector::setExecutionContext(nvinfer1::IExecutionContext const* context) noexcept {
    if (!alive(__func__)) {
        return false;
    }
    context_ = context;
    return true;
}

nvinfer1::IExecutionContext const* Inspector::getExecutionContext() const noexcept {
    return alive(__func__) ? context_ : nullptr;
}

char const* Inspector::getLayerInformation(int32_t layerIndex, nvinfer1::LayerInformationFormat form) const noexcept {
    if (!alive(__func__)) {
        return nullptr;
    }
    const auto& layers = engine_->info.layers;
    if (layerIndex < 0 || static_cast<size_t>(layerIndex) >= layers.size()) {
        engine_->log.error(ErrorCode::kINVALID_ARGUMENT, "IEngineInspector::getLayerInformation",
                           "there is no layer " + std::to_string(layerIndex));
        return nullptr;
    }
    text_ = layerText(engine_->info, layers[static_cast<size_t>(layerIndex)], form);
    return text_.c_str();
}

char const* Inspector::getEngineInformation(nvinfer1::LayerInformationFormat form) const noexcept {
    if (!alive(__func__)) {
        return nullptr;
    }
    const PlanInfo& info = engine_->info;
    const bool json = form == nvinfer1::LayerInformationFormat::kJSON;
    std::string out = json ? "{\"Layers\": [" : "";
    for (size_t i = 0; i < info.layers.size(); ++i) {
        out += (json && i != 0 ? ", " : "") + layerText(info, info.layers[i], form) + (json ? "" : "\n");
    }
    if (json) {
        out += "], \"Bindings\": [";
        for (size_t i = 0; i < engine_->bindingNames.size(); ++i) {
            out += (i != 0 ? ", " : "") + jsonText(engine_->bindingNames[i]);
        }
        out += "]}";
    }
    text_ = std::move(out);
    return text_.c_str();
}

void Inspector::setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept {
    if (alive(__func__)) {
        engine_->log.setRecorder(recorder);
    }
}

nvinfer1::IErrorRecorder* Inspector::getErrorRecorder() const noexcept {
    return alive(__func__) ? engine_->log.recorder() : nullptr;
}

}  // namespace pinion_host_tensorrt

#endif
