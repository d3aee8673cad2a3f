#include "ort_words.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "onnx_model.h"

namespace pinion_host_tensorrt {

std::string reasonIn(const std::string& message) {
    for (const char* mark : {"InferenceError] ", ", Error ", "This is an invalid model. "}) {
        const size_t at = message.rfind(mark);
        if (at != std::string::npos) {
            return message.substr(at + std::string(mark).size());
        }
    }
    return message;
}

std::string withToldTypes(std::string text) {
    const std::pair<std::string, std::string> names[] = {{"tensor(double)", "tensor(bfloat16)"},
                                                         {"tensor(uint16)", "tensor(float8)"},
                                                         {"tensor(int16)", "tensor(int4)"}};
    for (const auto& [asked, told] : names) {
        for (size_t at = text.find(asked); at != std::string::npos; at = text.find(asked, at + told.size())) {
            text.replace(at, asked.size(), told);
        }
    }
    return text;
}

std::string between(const std::string& text, const std::string& before, const std::string& after) {
    const size_t at = text.find(before);
    const size_t begin = at != std::string::npos ? at + before.size() : at;
    const size_t end = begin != std::string::npos ? text.find(after, begin) : begin;
    return end != std::string::npos ? text.substr(begin, end - begin) : "";
}

int32_t typeNamed(const std::string& name) {
    struct Named {
        const char* name;
        int32_t type;
    };
    constexpr Named kNames[] = {
        {"tensor(float)", onnx::kFloat},     {"tensor(uint8)", onnx::kUint8},     {"tensor(int8)", onnx::kInt8},
        {"tensor(int32)", onnx::kInt32},     {"tensor(int64)", onnx::kInt64},     {"tensor(bool)", onnx::kBool},
        {"tensor(float16)", onnx::kFloat16}, {"tensor(double)", onnx::kBfloat16}, {"tensor(uint16)", onnx::kFloat8},
        {"tensor(int16)", onnx::kInt4},
    };
    const auto* const found =
        std::find_if(std::begin(kNames), std::end(kNames), [&](const Named& known) { return name == known.name; });
    return found != std::end(kNames) ? found->type : onnx::kUndefined;
}

}  // namespace pinion_host_tensorrt
