// NVIDIA's libraries that this one is not linked with: the ONNX parser and the plugins, which images that only run
// engines do not carry, and what TensorRT opens itself to build. What is loaded stays loaded, since TensorRT keeps
// pointers into it. Threads: any.
#pragma once

#include <string>

namespace pinion {

struct SdkLibrary {
    std::string file;  // as the system's loader takes it
    std::string what;  // for errors
};

// A function of the library, which is loaded at the first call. Throws PN_NOT_FOUND with the file and where it was
// looked for, PN_TENSORRT if it has no such function. A failure is tried again at the next call.
void* sdkFunction(const SdkLibrary& library, const char* name);

// TensorRT opens its builder's resources by name, and where this library looks for others does not count for that:
// those of the release beside TensorRT's own library are loaded here, once, after which they are found. Gives back why
// one is missing, for the error of a builder that misses it.
const std::string& loadBuilderResources(const std::string& release);

}  // namespace pinion
