#include "plan.h"

#include <algorithm>
#include <cstring>

#include "byte_stream.h"
#include "device.h"
#include "hashing.h"
#include "refusal.h"
#include "targets.h"

namespace pinion_host_tensorrt {
namespace {

constexpr uint64_t kMagic = 0x314e4c5054534850;  // "PHSTPLN1"
constexpr uint64_t kFormat = 3;
constexpr const char* kName = PINION_TRT_RTX ? "TensorRT for RTX" : "TensorRT";
constexpr uint64_t kWeightsAlignment = 4096;
// Far above any real plan; keeps damaged sizes from becoming huge allocations before their hash is checked.
constexpr uint64_t kMostDescription = uint64_t{1} << 30;

struct Preamble {
    uint64_t magic = kMagic;
    uint64_t format = kFormat;
    uint64_t version = 0;
    uint64_t descriptionSize = 0;
    uint64_t graphSize = 0;
    uint64_t weightsOffset = 0;
    uint64_t weightsSize = 0;
    uint64_t textHash = 0;  // of description and graph
    uint64_t weightsHash = 0;
    uint64_t targets = 0;
    uint64_t ownHash = 0;  // of the fields above
};
constexpr size_t kPreambleFields = sizeof(Preamble) / sizeof(uint64_t);

std::string write(const Preamble& preamble) {
    uint64_t fields[kPreambleFields];
    std::memcpy(fields, &preamble, sizeof fields);
    ByteWriter writer;
    for (size_t i = 0; i + 1 < kPreambleFields; ++i) {
        writer.u64(fields[i]);
    }
    writer.u64(hashOf(writer.bytes()));
    return writer.bytes();
}

uint64_t thisVersion() noexcept {
    return static_cast<uint64_t>(NV_TENSORRT_VERSION);
}

[[noreturn]] void damaged(const std::string& what) {
    refuse(ErrorCode::kINVALID_ARGUMENT, "the plan is damaged: " + what);
}

Preamble parsePreamble(std::string_view bytes) {
    ByteReader reader(bytes);
    uint64_t fields[kPreambleFields];
    for (uint64_t& field : fields) {
        field = reader.u64();
    }
    Preamble preamble;
    std::memcpy(&preamble, fields, sizeof preamble);
    return preamble;
}

bool isIntact(const Preamble& preamble, std::string_view bytes) {
    return preamble.ownHash == hashOf(bytes.substr(0, bytes.size() - sizeof(uint64_t)));
}

Preamble readPreamble(const std::string& bytes) {
    const Preamble preamble = parsePreamble(bytes);
    if (preamble.magic != kMagic) {
        refuse(
            "the bytes are no plan of the host TensorRT; plans built by NVIDIA's TensorRT need the GPU they were built "
            "for");
    }
    if (!isIntact(preamble, bytes)) {
        damaged("its preamble has changed");
    }
    if (preamble.format != kFormat || preamble.version != thisVersion()) {
        refuse(ErrorCode::kUNSUPPORTED_STATE, std::string("the plan was built with host ") + kName + " " +
                                                  versionText(static_cast<int64_t>(preamble.version)) + " (format " +
                                                  std::to_string(preamble.format) + ") and this is " +
                                                  versionText(thisVersion()) + " (format " + std::to_string(kFormat) +
                                                  "): please rebuild it");
    }
#if PINION_TRT_RTX
    if (const int32_t capability = deviceCapability(); !fits(preamble.targets, capability)) {
        refuse(ErrorCode::kUNSUPPORTED_STATE, "the plan is not compatible with this device of SM " +
                                                  std::to_string(capability) + ": it was compiled for " +
                                                  targetsText(preamble.targets));
    }
#endif
    return preamble;
}

void write(ByteWriter& out, const std::vector<Shape>& shapes) {
    out.list(shapes, [&](const Shape& shape) { out.shape(shape); });
}

std::vector<Shape> readShapes(ByteReader& in) {
    std::vector<Shape> shapes;
    in.list([&] { shapes.push_back(in.shape()); });
    return shapes;
}

void write(ByteWriter& out, const std::vector<std::string>& texts) {
    out.list(texts, [&](const std::string& text) { out.text(text); });
}

std::vector<std::string> readTexts(ByteReader& in) {
    std::vector<std::string> texts;
    in.list([&] { texts.push_back(in.text()); });
    return texts;
}

std::string describe(const PlanInfo& info) {
    ByteWriter out;
    out.text(info.deviceName);
    out.text(info.deviceInstructions);
    out.text(info.onnxRuntime);
    out.text(info.networkName);
    out.list(info.tensors, [&](const TensorInfo& tensor) {
        out.text(tensor.name);
        out.text(tensor.onnxName);
        out.u64((tensor.input ? 1U : 0U) | (tensor.isShape ? 2U : 0U) | (tensor.isExecution ? 4U : 0U));
        out.i64(tensor.onnxType);
        out.i64(static_cast<int64_t>(tensor.type));
        out.shape(tensor.dims);
        write(out, tensor.symbols);
    });
    out.list(info.profiles, [&](const ProfileInfo& profile) {
        for (const auto& shapes : profile.shapes) {
            write(out, shapes);
        }
    });
    out.list(info.shapes, [&](const ShapeTable::value_type& entry) {
        write(out, entry.first);
        write(out, entry.second);
    });
    out.u64(info.symbolsHold ? 1 : 0);
    out.u64(info.profileSharing ? 1 : 0);
    out.u64(info.flags);
    out.u64(info.profilingVerbosity);
    out.u64(info.tacticSources);
    out.u64(info.hardwareCompatibility);
    out.list(info.layers, [&](const LayerInfo& layer) {
        out.text(layer.name);
        out.text(layer.op);
        write(out, layer.inputs);
        write(out, layer.outputs);
    });
    out.list(info.weights, [&](const Weight& weight) {
        out.text(weight.name);
        out.i64(weight.type);
        out.shape(weight.dims);
        out.u64(weight.offset);
        out.u64(weight.size);
    });
    return out.bytes();
}

PlanInfo readDescription(const std::string& bytes) {
    ByteReader in(bytes);
    PlanInfo info;
    info.deviceName = in.text();
    info.deviceInstructions = in.text();
    info.onnxRuntime = in.text();
    info.networkName = in.text();
    in.list([&] {
        TensorInfo tensor;
        tensor.name = in.text();
        tensor.onnxName = in.text();
        const uint64_t kind = in.u64();
        tensor.input = (kind & 1U) != 0;
        tensor.isShape = (kind & 2U) != 0;
        tensor.isExecution = (kind & 4U) != 0;
        tensor.onnxType = static_cast<int32_t>(in.i64());
        tensor.type = static_cast<DataType>(in.i64());
        tensor.dims = in.shape();
        tensor.symbols = readTexts(in);
        info.tensors.push_back(std::move(tensor));
    });
    in.list([&] {
        ProfileInfo profile;
        for (auto& shapes : profile.shapes) {
            shapes = readShapes(in);
        }
        info.profiles.push_back(std::move(profile));
    });
    in.list([&] {
        std::vector<Shape> inputs = readShapes(in);
        info.shapes[std::move(inputs)] = readShapes(in);
    });
    info.symbolsHold = in.u64() != 0;
    info.profileSharing = in.u64() != 0;
    info.flags = in.u64();
    info.profilingVerbosity = in.u64();
    info.tacticSources = in.u64();
    info.hardwareCompatibility = in.u64();
    in.list([&] {
        LayerInfo layer;
        layer.name = in.text();
        layer.op = in.text();
        layer.inputs = readTexts(in);
        layer.outputs = readTexts(in);
        info.layers.push_back(std::move(layer));
    });
    in.list([&] {
        Weight weight;
        weight.name = in.text();
        weight.type = static_cast<int32_t>(in.i64());
        weight.dims = in.shape();
        weight.offset = in.u64();
        weight.size = in.u64();
        info.weights.push_back(std::move(weight));
    });
    const size_t inputs = info.inputCount() + info.shapeInputs().size();
    const bool tensorsFit = std::all_of(info.tensors.begin(), info.tensors.end(), [](const TensorInfo& tensor) {
        return tensor.symbols.size() == tensor.dims.size() && tensor.dims.size() <= nvinfer1::Dims::MAX_DIMS;
    });
    const bool profilesFit = std::all_of(info.profiles.begin(), info.profiles.end(), [&](const ProfileInfo& profile) {
        return std::all_of(std::begin(profile.shapes), std::end(profile.shapes),
                           [&](const std::vector<Shape>& shapes) { return shapes.size() == inputs; });
    });
    if (!in.atEnd() || !tensorsFit || !profilesFit || info.profiles.empty()) {
        damaged("its description contradicts itself");
    }
    return info;
}

void checkDevice(const PlanInfo& info, const Log& log) {
    if (info.deviceInstructions != device().instructions) {
        refuse(ErrorCode::kUNSUPPORTED_STATE, "the plan was built for a device with " + info.deviceInstructions +
                                                  " and this one has " + device().instructions +
                                                  ": please rebuild it here");
    }
    if (info.onnxRuntime != ortLibrary().version) {
        refuse(ErrorCode::kUNSUPPORTED_STATE, "the plan was built with ONNX Runtime " + info.onnxRuntime +
                                                  " and this is " + ortLibrary().version + ": please rebuild it");
    }
    if (info.deviceName != device().name) {
        log.warning("The plan was built on " + info.deviceName + " and runs on " + device().name +
                    "; that works, and may be slower than a plan built here.");
    }
}

}  // namespace

std::string versionText(int64_t version) {
    // TensorRT 10 widened the numbering.
    const int64_t base = PINION_TRT_RTX || version >= 100000 ? 10000 : 1000;
    return format("%lld.%lld.%lld", static_cast<long long>(version / base),
                  static_cast<long long>(version % base / 100), static_cast<long long>(version % 100));
}

size_t PlanInfo::inputCount() const noexcept {
    return static_cast<size_t>(
        std::count_if(tensors.begin(), tensors.end(), [](const TensorInfo& tensor) { return tensor.input; }));
}

std::vector<size_t> PlanInfo::shapeInputs() const {
    std::vector<size_t> found;
    for (size_t i = 0; i < tensors.size(); ++i) {
        if (tensors[i].isShape) {
            found.push_back(i);
        }
    }
    return found;
}

bool PlanInfo::isDynamic() const noexcept {
    return std::any_of(tensors.begin(), tensors.end(), [](const TensorInfo& tensor) {
        return tensor.input &&
               (tensor.isShape || std::find(tensor.dims.begin(), tensor.dims.end(), -1) != tensor.dims.end());
    });
}

SessionTensors PlanInfo::sessionTensors() const {
    SessionTensors out;
    for (const TensorInfo& tensor : tensors) {
        if (tensor.input) {
            out.inputs.push_back(tensor.onnxName);
            out.inputTypes.push_back(tensor.onnxType);
            out.isShape.push_back(tensor.isShape);
        } else {
            out.outputs.push_back(tensor.onnxName);
        }
    }
    return out;
}

std::vector<Shape> PlanInfo::outputShapes(const std::vector<Shape>& inputs) const {
    if (const auto known = shapes.find(inputs); known != shapes.end()) {
        return known->second;
    }
    if (!symbolsHold) {
        return {};
    }
    std::map<std::string, int64_t> values;
    const size_t count = inputCount();
    for (size_t i = 0; i < count; ++i) {
        for (size_t k = 0; k < inputs[i].size(); ++k) {
            const std::string& symbol = tensors[i].symbols[k];
            if (!symbol.empty() && values.emplace(symbol, inputs[i][k]).first->second != inputs[i][k]) {
                return {};  // one symbol with two values: only a run shows what the outputs become
            }
        }
    }
    std::vector<Shape> outputs;
    for (size_t i = count; i < tensors.size(); ++i) {
        Shape shape = tensors[i].dims;
        for (size_t k = 0; k < shape.size(); ++k) {
            if (shape[k] < 0) {
                const auto value = values.find(tensors[i].symbols[k]);
                if (value == values.end()) {
                    return {};
                }
                shape[k] = value->second;
            }
        }
        outputs.push_back(std::move(shape));
    }
    return outputs;
}

std::string serializePlan(const PlanInfo& info, const ModelParts& parts) {
    const std::string description = describe(info);
    Preamble preamble;
    preamble.version = thisVersion();
    preamble.targets = info.targets;
    preamble.descriptionSize = description.size();
    preamble.graphSize = parts.graph.size();
    const uint64_t textEnd = sizeof(Preamble) + description.size() + parts.graph.size();
    preamble.weightsOffset = (textEnd + kWeightsAlignment - 1) / kWeightsAlignment * kWeightsAlignment;
    preamble.weightsSize = parts.memory != nullptr ? parts.memory->size() : 0;
    Hasher text;
    text.add(description);
    text.add(parts.graph);
    preamble.textHash = text.value();
    const std::string_view weights(parts.memory != nullptr ? parts.memory->data() : nullptr,
                                   static_cast<size_t>(preamble.weightsSize));
    preamble.weightsHash = hashOf(weights);
    std::string out;
    out.reserve(static_cast<size_t>(preamble.weightsOffset + preamble.weightsSize));
    out += write(preamble);
    out += description;
    out += parts.graph;
    out.resize(static_cast<size_t>(preamble.weightsOffset), '\0');
    out += weights;
    return out;
}

#if PINION_TRT_RTX

size_t preambleSize() noexcept {
    return sizeof(Preamble);
}

uint64_t misfits(const void* blob, size_t size) {
    using Reason = nvinfer1::EngineInvalidityDiagnostics;
    const auto bit = [](bool applies, Reason reason) { return applies ? static_cast<uint64_t>(reason) : 0; };
    if (blob == nullptr || size < sizeof(Preamble)) {
        return bit(true, Reason::kMALFORMED_ENGINE);
    }
    const std::string_view bytes(static_cast<const char*>(blob), sizeof(Preamble));
    const Preamble preamble = parsePreamble(bytes);
    if (preamble.magic != kMagic || !isIntact(preamble, bytes)) {
        return bit(true, Reason::kMALFORMED_ENGINE);
    }
    return bit(preamble.format != kFormat || preamble.version != thisVersion(), Reason::kVERSION_MISMATCH) |
           bit(!fits(preamble.targets, deviceCapability()), Reason::kUNSUPPORTED_CC);
}

#endif

Plan readPlan(const PlanSource& source, uint64_t total, const Log& log) {
    std::string bytes(sizeof(Preamble), '\0');
    if (total != 0 && total < bytes.size()) {
        refuse("the plan of " + std::to_string(total) + " bytes is too short to be one");
    }
    source(bytes.data(), bytes.size());
    const Preamble preamble = readPreamble(bytes);
    const uint64_t textEnd = sizeof(Preamble) + preamble.descriptionSize + preamble.graphSize;
    if (preamble.descriptionSize > kMostDescription || preamble.graphSize > kMostDescription ||
        preamble.weightsOffset < textEnd || preamble.weightsOffset - textEnd >= kWeightsAlignment) {
        damaged("its sizes contradict each other");
    }
    if (total != 0 && (preamble.weightsOffset > total || preamble.weightsSize > total - preamble.weightsOffset)) {
        damaged("it has " + std::to_string(total) + " bytes and should have " +
                std::to_string(preamble.weightsOffset + preamble.weightsSize));
    }
    Plan plan;
    std::string description(static_cast<size_t>(preamble.descriptionSize), '\0');
    source(description.data(), description.size());
    plan.parts.graph.resize(static_cast<size_t>(preamble.graphSize));
    source(plan.parts.graph.data(), plan.parts.graph.size());
    Hasher text;
    text.add(description);
    text.add(plan.parts.graph);
    if (text.value() != preamble.textHash) {
        damaged("its description has changed");
    }
    plan.info = readDescription(description);
    plan.info.targets = preamble.targets;
    plan.info.identity = preamble.ownHash;
    checkDevice(plan.info, log);
    std::string padding(static_cast<size_t>(preamble.weightsOffset - textEnd), '\0');
    source(padding.data(), padding.size());
    plan.parts.weights = plan.info.weights;
    plan.parts.memory = std::make_unique<WeightMemory>(preamble.weightsSize);
    for (const Weight& weight : plan.parts.weights) {
        if (weight.offset > preamble.weightsSize || weight.size > preamble.weightsSize - weight.offset) {
            damaged("weight " + quote(weight.name) + " lies outside of it");
        }
    }
    constexpr uint64_t kChunk = uint64_t{1} << 20;
    Hasher weightsHash;
    for (uint64_t done = 0; done < preamble.weightsSize;) {
        const auto size = static_cast<size_t>(std::min(kChunk, preamble.weightsSize - done));
        source(plan.parts.memory->data() + done, size);
        weightsHash.add(plan.parts.memory->data() + done, size);
        done += size;
    }
    if (weightsHash.value() != preamble.weightsHash) {
        damaged("its weights have changed");
    }
    return plan;
}

Plan readPlan(const void* blob, size_t size, const Log& log) {
    if (blob == nullptr || size == 0) {
        refuse("the plan is empty");
    }
    const auto* const begin = static_cast<const char*>(blob);
    PageDropper dropper(begin, size);
    size_t at = 0;
    return readPlan(
        [&](void* target, size_t wanted) {
            if (wanted > size - at) {
                damaged("it ends after " + std::to_string(size) + " bytes");
            }
            if (wanted != 0) {
                std::memcpy(target, begin + at, wanted);
            }
            at += wanted;
            dropper.passed(begin + at);
        },
        size, log);
}

}  // namespace pinion_host_tensorrt
