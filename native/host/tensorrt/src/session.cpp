#include "session.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "files.h"
#include "onnx_model.h"
#include "refusal.h"
#include "types.h"

namespace pinion_host_tensorrt {
namespace {

struct AllocatedName {
    explicit AllocatedName(char* name) : text(name) {}
    ~AllocatedName() {
        const OrtLibrary& ort = ortLibrary();
        ort.api->ReleaseStatus(ort.api->AllocatorFree(ort.allocator, text));
    }
    AllocatedName(const AllocatedName&) = delete;
    AllocatedName& operator=(const AllocatedName&) = delete;
    char* text;
};

template <typename Get>
std::string nameOf(const OrtLibrary& ort, const OrtSession* session, size_t index, Get get) {
    char* text = nullptr;
    ort.check((ort.api->*get)(session, index, ort.allocator, &text), "tell a tensor's name");
    return AllocatedName(text).text;
}

OrtOwned<OrtTypeInfo> inputType(const OrtLibrary& ort, const OrtSession* session, size_t index) {
    OrtTypeInfo* info = nullptr;
    ort.check(ort.api->SessionGetInputTypeInfo(session, index, &info), "tell an input's type");
    return OrtOwned<OrtTypeInfo>(info);
}

OrtOwned<OrtTypeInfo> outputType(const OrtLibrary& ort, const OrtSession* session, size_t index) {
    OrtTypeInfo* info = nullptr;
    ort.check(ort.api->SessionGetOutputTypeInfo(session, index, &info), "tell an output's type");
    return OrtOwned<OrtTypeInfo>(info);
}

OrtOwned<OrtValueInfo> valueInfo(const OrtLibrary& ort, const std::string& name, const OrtTypeInfo* type) {
    OrtValueInfo* info = nullptr;
    ort.check(ort.editor->CreateValueInfo(name.c_str(), type, &info), "describe a tensor");
    return OrtOwned<OrtValueInfo>(info);
}

std::vector<OrtValueInfo*> borrowed(const std::vector<OrtOwned<OrtValueInfo>>& owned) {
    std::vector<OrtValueInfo*> out;
    for (const auto& info : owned) {
        out.push_back(info.get());
    }
    return out;
}

// ONNX Runtime writes a run's profile as a JSON list of events; only kernel times of nodes are of interest here.
std::vector<NodeTime> readProfile(const std::string& json) {
    constexpr std::string_view kSuffix = "_kernel_time";
    const auto textAfter = [&](const std::string& line, const char* key) -> std::string {
        const size_t at = line.find(key);
        const size_t begin = at == std::string::npos ? at : line.find('"', at + std::strlen(key));
        const size_t end = begin == std::string::npos ? begin : line.find('"', begin + 1);
        return end == std::string::npos ? "" : line.substr(begin + 1, end - begin - 1);
    };
    std::vector<NodeTime> times;
    for (size_t begin = 0; begin < json.size();) {
        const size_t end = std::min(json.find('\n', begin), json.size());
        const std::string line = json.substr(begin, end - begin);
        begin = end + 1;
        std::string name = textAfter(line, "\"name\" :");
        if (name.size() <= kSuffix.size() || name.compare(name.size() - kSuffix.size(), kSuffix.size(), kSuffix) != 0) {
            continue;
        }
        name.resize(name.size() - kSuffix.size());
        const size_t duration = line.find("\"dur\" :");
        if (duration != std::string::npos) {
            constexpr float kMicrosPerMilli = 1000.0f;
            const float micros = std::strtof(line.c_str() + duration + std::strlen("\"dur\" :"), nullptr);
            times.push_back({std::move(name), micros / kMicrosPerMilli});
        }
    }
    return times;
}

}  // namespace

// Hands weights to ONNX Runtime, which gives each one back as soon as it has packed it, or with the session.
struct Session::Deleter {
    explicit Deleter(WeightMemory& block, const std::vector<Weight>& weights) : memory(block) {
        entries.version = kOrtApiVersion;
        entries.Free = [](OrtAllocator* self, void* pointer) {
            auto* const deleter = reinterpret_cast<Deleter*>(self);
            const auto size = deleter->sizes.find(pointer);
            if (size != deleter->sizes.end()) {
                deleter->memory.release(static_cast<uint64_t>(static_cast<char*>(pointer) - deleter->memory.data()),
                                        size->second);
            }
        };
        entries.Info = [](const OrtAllocator*) -> const OrtMemoryInfo* { return ortLibrary().cpu; };
        for (const Weight& weight : weights) {
            sizes.emplace(block.data() + weight.offset, weight.size);
        }
    }

    OrtAllocator entries{};  // first, so that a pointer to it is one to this
    WeightMemory& memory;
    std::unordered_map<const void*, uint64_t> sizes;
};

ModelParts copyOf(const ModelParts& parts) {
    ModelParts copy{parts.graph, parts.weights, std::make_unique<WeightMemory>(parts.memory->size())};
    if (parts.memory->size() != 0) {
        std::memcpy(copy.memory->data(), parts.memory->data(), static_cast<size_t>(parts.memory->size()));
    }
    return copy;
}

OrtOwned<OrtSessionOptions> sessionOptions(GraphOptimizationLevel level) {
    const OrtLibrary& ort = ortLibrary();
    OrtSessionOptions* raw = nullptr;
    ort.check(ort.api->CreateSessionOptions(&raw), "make session options");
    OrtOwned<OrtSessionOptions> options(raw);
    ort.check(ort.api->SetSessionGraphOptimizationLevel(raw, level), "set the optimization level");
    if (ort.threads > 0) {
        ort.check(ort.api->SetIntraOpNumThreads(raw, ort.threads), "set the number of threads");
    }
    return options;
}

std::vector<std::pair<std::string, OrtOwned<OrtTypeInfo>>> outputTypes(const OrtSession* session) {
    const OrtLibrary& ort = ortLibrary();
    std::vector<std::pair<std::string, OrtOwned<OrtTypeInfo>>> out;
    size_t count = 0;
    ort.check(ort.api->SessionGetOutputCount(session, &count), "count the outputs");
    for (size_t i = 0; i < count; ++i) {
        out.emplace_back(nameOf(ort, session, i, &OrtApi::SessionGetOutputName), outputType(ort, session, i));
    }
    return out;
}

OrtOwned<OrtValue> tensorOver(void* memory, size_t bytes, const Shape& shape, int32_t type) {
    const OrtLibrary& ort = ortLibrary();
    OrtValue* value = nullptr;
    ort.check(ort.api->CreateTensorWithDataAsOrtValue(ort.cpu, memory, bytes, shape.data(), shape.size(),
                                                      static_cast<ONNXTensorElementDataType>(type), &value),
              "make a tensor");
    return OrtOwned<OrtValue>(value);
}

Session::Session(ModelParts parts, SessionTensors tensors, const Log& log)
    : parts_(std::move(parts)), tensors_(std::move(tensors)) {
    for (const std::string& name : tensors_.inputs) {
        inputPointers_.push_back(name.c_str());
    }
    for (const std::string& name : tensors_.outputs) {
        outputPointers_.push_back(name.c_str());
    }
    const OrtLogScope scope(log);
    create(log);
}

Session::~Session() = default;

void Session::create(const Log& log) {
    const OrtLibrary& ort = ortLibrary();
    // The graph was optimised when the plan was built.
    const OrtOwned<OrtSessionOptions> options = sessionOptions(ORT_DISABLE_ALL);
    OrtSession* raw = nullptr;
    if (parts_.weights.empty()) {
        ort.check(ort.api->CreateSessionFromArray(ort.environment, parts_.graph.data(), parts_.graph.size(),
                                                  options.get(), &raw),
                  "load the model");
        session_.reset(raw);
        return;
    }
    // The graph has the weights as inputs. A second graph, applied to it, replaces its inputs by the true ones and
    // brings the weights, by reference.
    ort.check(ort.editor->CreateModelEditorSessionFromArray(ort.environment, parts_.graph.data(), parts_.graph.size(),
                                                            options.get(), &raw),
              "load the model");
    session_.reset(raw);
    std::unordered_set<std::string> weightNames;
    for (const Weight& weight : parts_.weights) {
        weightNames.insert(weight.name);
    }
    std::vector<OrtOwned<OrtValueInfo>> inputs;
    std::vector<OrtOwned<OrtValueInfo>> outputs;
    size_t count = 0;
    ort.check(ort.api->SessionGetInputCount(raw, &count), "count the inputs");
    for (size_t i = 0; i < count; ++i) {
        const std::string name = nameOf(ort, raw, i, &OrtApi::SessionGetInputName);
        if (weightNames.count(name) == 0) {
            inputs.push_back(valueInfo(ort, name, inputType(ort, raw, i).get()));
        }
    }
    ort.check(ort.api->SessionGetOutputCount(raw, &count), "count the outputs");
    for (size_t i = 0; i < count; ++i) {
        const std::string name = nameOf(ort, raw, i, &OrtApi::SessionGetOutputName);
        outputs.push_back(valueInfo(ort, name, outputType(ort, raw, i).get()));
    }
    OrtGraph* rawGraph = nullptr;
    ort.check(ort.editor->CreateGraph(&rawGraph), "make a graph");
    OrtOwned<OrtGraph> graph(rawGraph);
    // The graph takes over what it is given.
    const auto giveInputs = borrowed(inputs);
    ort.check(ort.editor->SetGraphInputs(rawGraph, const_cast<OrtValueInfo**>(giveInputs.data()), giveInputs.size()),
              "set the inputs");
    for (auto& info : inputs) {
        static_cast<void>(info.release());
    }
    const auto giveOutputs = borrowed(outputs);
    ort.check(ort.editor->SetGraphOutputs(rawGraph, const_cast<OrtValueInfo**>(giveOutputs.data()), giveOutputs.size()),
              "set the outputs");
    for (auto& info : outputs) {
        static_cast<void>(info.release());
    }
    deleter_ = std::make_unique<Deleter>(*parts_.memory, parts_.weights);
    for (const Weight& weight : parts_.weights) {
        OrtValue* value = nullptr;
        ort.check(
            ort.api->CreateTensorWithDataAndDeleterAsOrtValue(
                &deleter_->entries, parts_.memory->data() + weight.offset, static_cast<size_t>(weight.size),
                weight.dims.data(), weight.dims.size(), static_cast<ONNXTensorElementDataType>(weight.type), &value),
            "take a weight");
        OrtOwned<OrtValue> owned(value);
        ort.check(ort.editor->AddInitializerToGraph(rawGraph, weight.name.c_str(), value, true), "add a weight");
        static_cast<void>(owned.release());
    }
    OrtModel* rawModel = nullptr;
    ort.check(ort.editor->CreateModel(nullptr, nullptr, 0, &rawModel), "make a model");
    OrtOwned<OrtModel> model(rawModel);
    ort.check(ort.editor->AddGraphToModel(rawModel, rawGraph), "complete the model");
    static_cast<void>(graph.release());
    ort.check(ort.editor->ApplyModelToModelEditorSession(raw, rawModel), "apply the weights");
    model.reset();
    ort.check(ort.editor->FinalizeModelEditorSession(raw, options.get(), nullptr), "prepare the model");
    log.verbose(format("%zu weights of %llu bytes; ONNX Runtime packed %s.", parts_.weights.size(),
                       static_cast<unsigned long long>(parts_.memory->size()),
                       parts_.memory->anyReleased() ? "some of them" : "none of them"));
}

bool Session::holdsAllWeights() const noexcept {
    return parts_.memory == nullptr || !parts_.memory->anyReleased();
}

namespace {

std::string statusText(const OrtLibrary& ort, OrtStatus* status) {
    if (status == nullptr) {
        return "";
    }
    const std::string text = ort.api->GetErrorMessage(status);
    ort.api->ReleaseStatus(status);
    return text.empty() ? "unknown error" : text;
}

}  // namespace

std::string Session::run(const OrtValue* const* inputs, OrtValue** outputs) const {
    const OrtLibrary& ort = ortLibrary();
    return statusText(ort, ort.api->Run(session_.get(), nullptr, inputPointers_.data(), inputs, inputPointers_.size(),
                                        outputPointers_.data(), outputPointers_.size(), outputs));
}

std::string Session::runProfiled(const OrtValue* const* inputs, OrtValue** outputs,
                                 std::vector<NodeTime>& times) const {
    const OrtLibrary& ort = ortLibrary();
    times.clear();
    const TemporaryFolder folder;
    OrtRunOptions* raw = nullptr;
    ort.check(ort.api->CreateRunOptions(&raw), "make run options");
    const OrtOwned<OrtRunOptions> options(raw);
    const std::filesystem::path prefix = std::filesystem::path(folder.path()) / "profile";
    ort.check(ort.api->RunOptionsEnableProfiling(raw, prefix.c_str()), "turn on profiling");
    const std::string problem =
        statusText(ort, ort.api->Run(session_.get(), raw, inputPointers_.data(), inputs, inputPointers_.size(),
                                     outputPointers_.data(), outputPointers_.size(), outputs));
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
        for (NodeTime& time : readProfile(readFile(entry.path().string()))) {
            times.push_back(std::move(time));
        }
    }
    return problem;
}

namespace {

void fillWithOnes(int32_t type, void* data, size_t elements) {
    const auto fill = [&](auto one) { std::fill_n(static_cast<decltype(one)*>(data), elements, one); };
    constexpr uint16_t kHalfOne = 0x3c00;
    switch (type) {
        case onnx::kFloat:
            return fill(1.0f);
        case onnx::kDouble:
            return fill(1.0);
        case onnx::kFloat16:
            return fill(kHalfOne);
        default:
            switch (onnx::elementSize(type)) {
                case 1:
                    return fill(int8_t{1});
                case 4:
                    return fill(int32_t{1});
                case 8:
                    return fill(int64_t{1});
                default:
                    return;
            }
    }
}

}  // namespace

std::string Session::runOn(bool ones, const std::vector<Shape>& inputs, std::vector<OrtOwned<OrtValue>>& outputs,
                           double& milliseconds) const {
    std::vector<std::vector<char>> data;
    std::vector<OrtOwned<OrtValue>> values;
    std::vector<const OrtValue*> pointers;
    size_t shapeTensor = tensors_.inputs.size();
    for (size_t i = 0; i < tensors_.inputs.size(); ++i) {
        const int32_t type = tensors_.inputTypes[i];
        const auto elements = static_cast<size_t>(std::max<int64_t>(elementCount(inputs[i]), 0));
        const size_t bytes = elements * onnx::elementSize(type);
        data.emplace_back(bytes + 1);  // never empty, so that there is an address
        if (tensors_.isShape[i]) {
            convert(onnx::kInt64, inputs[shapeTensor++].data(), type, data.back().data(), elements);
        } else if (ones) {
            fillWithOnes(type, data.back().data(), elements);
        }
        values.push_back(tensorOver(data.back().data(), bytes, inputs[i], type));
        pointers.push_back(values.back().get());
    }
    std::vector<OrtValue*> made(tensors_.outputs.size(), nullptr);
    const auto begin = std::chrono::steady_clock::now();
    std::string problem = run(pointers.data(), made.data());
    milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    outputs.clear();
    for (OrtValue* output : made) {
        outputs.emplace_back(output);
    }
    return problem;
}

std::vector<Shape> Session::measureOutputs(const std::vector<Shape>& inputs, double& milliseconds) const {
    const OrtLibrary& ort = ortLibrary();
    std::vector<OrtOwned<OrtValue>> owned;
    const std::string problem = runOn(false, inputs, owned, milliseconds);
    // A division by zero is no fault of the shapes.
    const bool fails = !problem.empty() && !runOn(true, inputs, owned, milliseconds).empty();
    if (fails) {
        std::string at;
        for (const Shape& shape : inputs) {
            at += (at.empty() ? "" : ", ") + toString(shape);
        }
        refuse(ErrorCode::kFAILED_EXECUTION, "the model does not run with inputs of " + at + ": " + problem);
    }
    std::vector<Shape> shapes;
    for (const auto& output : owned) {
        OrtTensorTypeAndShapeInfo* raw = nullptr;
        ort.check(ort.api->GetTensorTypeAndShape(output.get(), &raw), "tell an output's shape");
        const OrtOwned<OrtTensorTypeAndShapeInfo> info(raw);
        size_t rank = 0;
        ort.check(ort.api->GetDimensionsCount(raw, &rank), "tell an output's rank");
        Shape shape(rank);
        ort.check(ort.api->GetDimensions(raw, shape.data(), rank), "tell an output's shape");
        shapes.push_back(std::move(shape));
    }
    return shapes;
}

}  // namespace pinion_host_tensorrt
