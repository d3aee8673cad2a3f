#include "optimizer.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <unordered_set>

#include "files.h"
#include "prepare.h"
#include "refusal.h"
#include "wire.h"

namespace pinion_host_tensorrt {
namespace {

using wire::Field;
using wire::Reader;
using wire::Type;
namespace f = onnx::field;

constexpr const char* kWeightsFile = "weights";
constexpr const char* kGraphFile = "graph.onnx";

// Smaller constants stay in the graph, where ONNX's shape inference sees them.
constexpr const char* kSmallestWeight = "1024";

// Copies a message field by field; where replace handles a field, its result stands in for the copy.
std::string rewrite(std::string_view message, const std::function<bool(const Field&, std::string&)>& replace) {
    std::string out;
    Reader reader(message);
    Field field;
    while (reader.next(field)) {
        if (!replace(field, out)) {
            wire::putField(out, field);
        }
    }
    return out;
}

std::string inputDeclaration(const onnx::Tensor& tensor) {
    std::string shape;
    for (int64_t extent : tensor.dims) {
        std::string dim;
        wire::putVarint(dim, f::kDimValue, static_cast<uint64_t>(extent));
        wire::putBytes(shape, f::kShapeDim, dim);
    }
    std::string tensorType;
    wire::putVarint(tensorType, f::kTensorTypeElement, static_cast<uint64_t>(tensor.type));
    wire::putBytes(tensorType, f::kTensorTypeShape, shape);
    std::string type;
    wire::putBytes(type, f::kTypeTensor, tensorType);
    std::string value;
    wire::putBytes(value, f::kValueName, tensor.name);
    wire::putBytes(value, f::kValueType, type);
    return value;
}

// Takes the written model apart: large constants of the main graph become inputs, those of subgraphs move back in.
class Dismantling {
public:
    explicit Dismantling(const std::string& folder) : folder_(folder) {}

    std::string graph(std::string_view model) {
        return rewrite(model, [&](const Field& field, std::string& out) {
            if (field.number != f::kModelGraph) {
                return false;
            }
            wire::putBytes(out, f::kModelGraph, mainGraph(field.bytes));
            return true;
        });
    }

    struct Found {
        Weight weight;
        uint64_t fileOffset = 0;
    };
    const std::vector<Found>& weights() const noexcept { return weights_; }

private:
    std::string mainGraph(std::string_view graph) {
        std::string inputs;
        std::string out = rewrite(graph, [&](const Field& field, std::string& copy) {
            if (field.number == f::kGraphNode) {
                wire::putBytes(copy, f::kGraphNode, node(field.bytes));
                return true;
            }
            if (field.number != f::kGraphInitializer) {
                return false;
            }
            const onnx::Tensor tensor = onnx::parseTensor(field.bytes);
            if (!tensor.external) {
                return false;
            }
            Found found;
            found.weight.name = tensor.name;
            found.weight.type = tensor.type;
            found.weight.dims = tensor.dims;
            found.weight.size = tensor.byteSize();
            found.fileOffset = tensor.offset;
            weights_.push_back(std::move(found));
            wire::putBytes(inputs, f::kGraphInput, inputDeclaration(tensor));
            return true;
        });
        return out + inputs;
    }

    std::string node(std::string_view bytes) {
        return rewrite(bytes, [&](const Field& field, std::string& out) {
            if (field.number != f::kNodeAttribute) {
                return false;
            }
            wire::putBytes(out, f::kNodeAttribute, rewrite(field.bytes, [&](const Field& part, std::string& copy) {
                               if (part.number != f::kAttributeGraph && part.number != f::kAttributeGraphs) {
                                   return false;
                               }
                               wire::putBytes(copy, part.number, subgraph(part.bytes));
                               return true;
                           }));
            return true;
        });
    }

    // ONNX Runtime 1.30 writes the large constants of a subgraph twice, inside and outside; one of them must go.
    std::string subgraph(std::string_view bytes) {
        std::unordered_set<std::string> inside;
        const onnx::Graph graph = onnx::parseGraph(bytes);
        for (const onnx::Tensor& tensor : graph.initializers) {
            if (!tensor.external) {
                inside.insert(tensor.name);
            }
        }
        return rewrite(bytes, [&](const Field& field, std::string& out) {
            if (field.number == f::kGraphNode) {
                wire::putBytes(out, f::kGraphNode, node(field.bytes));
                return true;
            }
            if (field.number != f::kGraphInitializer) {
                return false;
            }
            const onnx::Tensor tensor = onnx::parseTensor(field.bytes);
            if (tensor.external && inside.insert(tensor.name).second) {
                wire::putBytes(out, f::kGraphInitializer, inlined(field.bytes));
            }
            return tensor.external;
        });
    }

    std::string inlined(std::string_view bytes) {
        const onnx::Tensor tensor = onnx::parseTensor(bytes);
        std::string data(static_cast<size_t>(tensor.byteSize()), '\0');
        std::ifstream file(folder_ + "/" + kWeightsFile, std::ios::binary);
        file.seekg(static_cast<std::streamoff>(tensor.offset));
        if (!file.read(data.data(), static_cast<std::streamsize>(data.size()))) {
            refuse(ErrorCode::kINTERNAL_ERROR, "cannot read back the constant " + quote(tensor.name));
        }
        std::string out = rewrite(bytes, [](const Field& field, std::string&) {
            return field.number == f::kTensorExternal || field.number == f::kTensorLocation;
        });
        wire::putBytes(out, f::kTensorRaw, data);
        return out;
    }

    std::string folder_;
    std::vector<Found> weights_;
};

std::vector<LayerInfo> layersOf(const onnx::Graph& graph) {
    std::unordered_set<std::string> constants;
    for (const onnx::Tensor& tensor : graph.initializers) {
        constants.insert(tensor.name);
    }
    const auto isLifted = [](const std::string& name) { return name.find(kLiftMark) != std::string::npos; };
    const auto plain = [](const std::string& name) { return name.substr(0, name.find(kLiftMark)); };
    std::vector<LayerInfo> layers;
    for (const onnx::Node& node : graph.nodes) {
        // The casts around a node that is lifted are no layers of an engine.
        if (node.op == "Cast" && (isLifted(node.inputs.at(0)) || isLifted(node.outputs.at(0)))) {
            continue;
        }
        LayerInfo layer{plain(node.label()), node.op, {}, {}};
        for (const std::string& input : node.inputs) {
            if (!input.empty() && constants.count(input) == 0) {
                layer.inputs.push_back(plain(input));
            }
        }
        for (const std::string& output : node.outputs) {
            if (!output.empty()) {
                layer.outputs.push_back(plain(output));
            }
        }
        layers.push_back(std::move(layer));
    }
    return layers;
}

// Lays the weights out in one block and reads them into it.
void gather(const std::vector<Dismantling::Found>& found, const std::string& path, ModelParts& parts) {
    uint64_t size = 0;
    for (const Dismantling::Found& item : found) {
        Weight weight = item.weight;
        weight.offset = size;
        size = (size + weight.size + kWeightAlignment - 1) / kWeightAlignment * kWeightAlignment;
        parts.weights.push_back(std::move(weight));
    }
    parts.memory = std::make_unique<WeightMemory>(size);
    std::ifstream file;
    if (!found.empty()) {
        file.open(path, std::ios::binary);
    }
    for (size_t i = 0; i < found.size(); ++i) {
        file.seekg(static_cast<std::streamoff>(found[i].fileOffset));
        if (!file.read(parts.memory->data() + parts.weights[i].offset,
                       static_cast<std::streamsize>(parts.weights[i].size))) {
            refuse(ErrorCode::kINTERNAL_ERROR, "cannot read back the constant " + quote(parts.weights[i].name));
        }
    }
}

}  // namespace

OptimizedModel optimize(const std::string& model, const ModelView& view, const std::string& folder,
                        GraphOptimizationLevel level, const Log& log) {
    const OrtLibrary& ort = ortLibrary();
    const OrtLogScope scope(log);
    const TemporaryFolder temporary;
    const std::filesystem::path written = std::filesystem::path(temporary.path()) / kGraphFile;
    {
        const OrtOwned<OrtSessionOptions> options = sessionOptions(level);
        const auto set = [&](const char* key, const std::string& value) {
            ort.check(ort.api->AddSessionConfigEntry(options.get(), key, value.c_str()), "set a session option");
        };
        ort.check(ort.api->SetOptimizedModelFilePath(options.get(), written.c_str()), "set the model's path");
        set("session.optimized_model_external_initializers_file_name", kWeightsFile);
        set("session.optimized_model_external_initializers_min_size_in_bytes", kSmallestWeight);
        set("session.model_external_initializers_file_folder_path", folder.empty() ? "." : folder);
        const std::string prepared = modelToRun(model, onnx::parse(model), view, folder);
        OrtSession* session = nullptr;
        ort.check(
            ort.api->CreateSessionFromArray(ort.environment, prepared.data(), prepared.size(), options.get(), &session),
            "optimise the model");
        ort.api->ReleaseSession(session);
    }
    const std::string bytes = readFile(written.string());
    Dismantling dismantling(temporary.path());
    OptimizedModel out;
    out.parts.graph = dismantling.graph(bytes);
    out.layers = layersOf(onnx::parse(bytes).graph);
    gather(dismantling.weights(), temporary.path() + "/" + kWeightsFile, out.parts);
    return out;
}

}  // namespace pinion_host_tensorrt
