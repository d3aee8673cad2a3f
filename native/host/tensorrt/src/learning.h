// How importers see what ONNX Runtime refuses a model for, if they see it otherwise.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "inferred.h"
#include "onnx_model.h"
#include "prepare.h"

namespace pinion_host_tensorrt {

// Fills the view of an inference: with what is known of importers beforehand, and with what ONNX Runtime's words teach.
class Learning {
public:
    // What is known of what the first nodes make, as they are seen so far.
    using Ask = std::function<Inference(size_t nodes)>;

    Learning(const onnx::Model& model, Ask ask, Inference& out) : model_(model), ask_(std::move(ask)), out_(out) {}

    // Whether there is something new to try.
    bool learn(const std::string& message);
    // Permutations of other lengths than their inputs' ranks, which inference believes. Whether there are some.
    bool recheck(size_t nodes);
    // What is known of importers beforehand.
    void viewNodes(size_t nodes);

private:
    // What is known beforehand, in importer_views.cpp.
    void viewNode(const onnx::Node& node);
    void viewReduction(const onnx::Node& node);
    void viewValues(const onnx::Node& node);
    void viewSplit(const onnx::Node& node);
    void viewQuantization(const onnx::Node& node);
    void viewPermutation(const onnx::Node& node);
    void viewRandom(const onnx::Node& node);
    void viewScale(const onnx::Node& node);
    void viewWindow(const onnx::Node& node, const std::string& ranked);
    void replace(const onnx::Node& node, const std::string& name, const std::string& value);
    void keepAttributes(const onnx::Node& node, std::initializer_list<const char*> known);
    void atLeast(int64_t opset);
    void add(const std::vector<int64_t>& values) { view().added.push_back(longs(values)); }
    static AddedInput longs(const std::vector<int64_t>& values);

    // What ONNX Runtime's words teach: whether there is something new to try.
    bool overlook(const std::string& message);
    bool retype(const std::string& message);
    bool shorten(const std::string& message, const onnx::Node& node);
    bool lift(const std::string& message, const onnx::Node& node);
    bool divide(const std::string& message, const onnx::Node& node);
    bool repeat(const std::string& message, const onnx::Node& node);
    bool defer(const std::string& message, const onnx::Node& node);
    bool raise(const std::string& message);

    onnx::Value find(const std::string& name) const;
    int64_t rankOf(const std::string& name) const;
    std::vector<double> constantValues(const onnx::Node& node, size_t input) const;
    // What is known of the values that a node may take.
    Inference before(int node) const;
    NodeView& view() { return out_.view.nodes[out_.node]; }

    const onnx::Model& model_;
    Ask ask_;
    Inference& out_;
    int tries_ = 0;
};

}  // namespace pinion_host_tensorrt
