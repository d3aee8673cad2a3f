// The include graph of each folder of native sources: no cycles, and in native/host no include of a file that stands
// higher in the layers of native/host/README.md. name.h and name.cpp are one module.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

using Graph = std::map<std::string, std::set<std::string>>;
// Names of modules, or beginnings of them with a star; the highest layer first.
using Layers = std::vector<std::vector<std::string>>;

std::string contentOf(const fs::path& file) {
    std::ifstream stream(file);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

// Every module of a folder, and the other modules of the folder that it includes.
Graph includesIn(const fs::path& folder) {
    const std::regex include("(^|\n)[ \t]*#[ \t]*include \"([^\"]+)\"");
    Graph graph;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const fs::path& file = entry.path();
        if (file.extension() != ".h" && file.extension() != ".cpp" && file.extension() != ".inc") {
            continue;
        }
        std::set<std::string>& included = graph[file.stem().string()];
        const std::string text = contentOf(file);
        for (std::sregex_iterator found(text.begin(), text.end(), include), end; found != end; ++found) {
            const fs::path target = (*found)[2].str();
            if (fs::exists(folder / target) && target.stem() != file.stem()) {
                included.insert(target.stem().string());
            }
        }
    }
    return graph;
}

// One cycle as "a -> b -> a", or empty.
std::string cycleIn(const Graph& graph) {
    std::set<std::string> finished;
    std::vector<std::string> path;
    const std::function<std::string(const std::string&)> visit = [&](const std::string& module) -> std::string {
        const auto begin = std::find(path.begin(), path.end(), module);
        if (begin != path.end()) {
            std::string cycle;
            for (auto step = begin; step != path.end(); ++step) {
                cycle += *step + " -> ";
            }
            return cycle + module;
        }
        if (!finished.count(module)) {
            path.push_back(module);
            for (const std::string& next : graph.at(module)) {
                if (const std::string cycle = visit(next); !cycle.empty()) {
                    return cycle;
                }
            }
            path.pop_back();
            finished.insert(module);
        }
        return {};
    };
    for (const auto& entry : graph) {
        if (const std::string cycle = visit(entry.first); !cycle.empty()) {
            return cycle;
        }
    }
    return {};
}

// Index of the layer that names the module, or -1.
int layerOf(const Layers& layers, const std::string& module) {
    for (size_t i = 0; i < layers.size(); ++i) {
        for (const std::string& name : layers[i]) {
            const bool matches =
                name.back() == '*' ? module.rfind(name.substr(0, name.size() - 1), 0) == 0 : module == name;
            if (matches) {
                return static_cast<int>(i);
            }
        }
    }
    return -1;
}

// Each include that goes up, and each module without a layer.
std::vector<std::string> violationsOf(const Layers& layers, const Graph& graph) {
    std::vector<std::string> violations;
    for (const auto& [module, included] : graph) {
        const int own = layerOf(layers, module);
        if (own < 0) {
            violations.push_back(module + " has no layer");
        }
        for (const std::string& target : included) {
            if (layerOf(layers, target) < own) {
                violations.push_back(module + " includes " + target + ", which is higher");
            }
        }
    }
    return violations;
}

// The lines below "folder:" in the README's list of layers: names, and behind two spaces what they are.
Layers layersOf(const std::string& readme, const std::string& folder) {
    Layers layers;
    std::istringstream text(readme);
    std::string line;
    while (std::getline(text, line) && line != folder + ":") {
    }
    while (std::getline(text, line) && line.rfind("  ", 0) == 0) {
        std::istringstream names(line.substr(2, line.find("  ", 2) - 2));
        layers.emplace_back();
        for (std::string name; names >> name;) {
            layers.back().push_back(name);
        }
    }
    return layers;
}

class SourceFolder : public testing::TestWithParam<const char*> {
protected:
    const fs::path native_ = PINION_NATIVE_FOLDER;
};

TEST_P(SourceFolder, HasNoIncludeCycle) {
    const Graph graph = includesIn(native_ / GetParam());
    ASSERT_FALSE(graph.empty());
    EXPECT_EQ(cycleIn(graph), "");
}

INSTANTIATE_TEST_SUITE_P(Native, SourceFolder,
                         testing::Values("src", "host/common/src", "host/cuda/src", "host/tensorrt/src"));

class HostFolder : public SourceFolder {};

TEST_P(HostFolder, IncludesNothingOfAHigherLayer) {
    const Layers layers = layersOf(contentOf(native_ / "host" / "README.md"), GetParam());
    ASSERT_FALSE(layers.empty()) << "native/host/README.md lists no layers of " << GetParam();
    const Graph graph = includesIn(native_ / "host" / GetParam());
    for (const std::string& violation : violationsOf(layers, graph)) {
        ADD_FAILURE() << violation;
    }
    for (const auto& layer : layers) {
        for (const std::string& name : layer) {
            EXPECT_TRUE(name.back() == '*' || graph.count(name)) << "there is no " << name << " in " << GetParam();
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Native, HostFolder, testing::Values("cuda/src", "tensorrt/src"));

TEST(Layering, SeesCyclesAndUpwardIncludes) {
    EXPECT_EQ(cycleIn({{"a", {"b"}}, {"b", {"c"}}, {"c", {"b"}}}), "b -> c -> b");
    EXPECT_EQ(cycleIn({{"a", {"b", "c"}}, {"b", {"c"}}, {"c", {}}}), "");

    const Layers layers = layersOf("text\ncuda/src:\n  api_*  functions\n  stream event  queues\n\nmore", "cuda/src");
    EXPECT_EQ(layers, (Layers{{"api_*"}, {"stream", "event"}}));
    EXPECT_TRUE(violationsOf(layers, {{"api_event", {"event"}}, {"stream", {"event"}}, {"event", {}}}).empty());
    EXPECT_EQ(violationsOf(layers, {{"event", {"api_event"}}, {"api_event", {}}}),
              std::vector<std::string>{"event includes api_event, which is higher"});
    EXPECT_EQ(violationsOf(layers, {{"graph", {}}}), std::vector<std::string>{"graph has no layer"});
}

}  // namespace
