// What ONNX Runtime says in its messages.
#pragma once

#include <cstdint>
#include <string>

namespace pinion_host_tensorrt {

// The part of ONNX Runtime's words that says what is wrong.
std::string reasonIn(const std::string& message);

// ONNX Runtime speaks of the types that it was asked about.
std::string withToldTypes(std::string text);

// What stands between two marks; empty where they are not there.
std::string between(const std::string& text, const std::string& before, const std::string& after);

// The type that ONNX Runtime calls so, as it was told.
int32_t typeNamed(const std::string& name);

}  // namespace pinion_host_tensorrt
