#include "sdk_libraries.h"

#include <NvInfer.h>

#include <filesystem>
#include <system_error>

#include "error.h"
#include "file.h"
#include "shared_library.h"

namespace pinion {
namespace {

namespace fs = std::filesystem;

// The folder of TensorRT's own library.
std::string tensorRtFolder() {
    return folderOf(reinterpret_cast<void*>(&getInferLibVersion));
}

bool isBuilderResource(const std::string& file, const std::string& release) {
#ifdef _WIN32
    (void)release;
    return file.rfind("nvinfer_builder_resource", 0) == 0 && fs::path(file).extension() == ".dll";
#else
    const std::string end = ".so." + release;
    return file.rfind("libnvinfer_builder_resource", 0) == 0 && file.size() >= end.size() &&
           file.compare(file.size() - end.size(), end.size(), end) == 0;
#endif
}

// By name first, as the system's loader would have it; else beside TensorRT's own library.
void* load(const SdkLibrary& wanted) {
    std::string why;
    void* library = openLibrary(wanted.file, why);
    if (library == nullptr) {
        const std::string folder = tensorRtFolder();
        const fs::path beside = toPath(folder.c_str()) / toPath(wanted.file.c_str());
        std::error_code ignored;
        if (fs::exists(beside, ignored)) {
            library = openLibrary(toUtf8(beside), why);
        } else {
            why += "; nor is it beside TensorRT's own library in " + folder;
        }
    }
    if (library == nullptr) {
        throw Error(PN_NOT_FOUND, wanted.what + " does not load: " + why);
    }
    return library;
}

}  // namespace

void* sdkFunction(const SdkLibrary& library, const char* name) {
    void* const function = findSymbol(load(library), name);
    if (function == nullptr) {
        throw Error(PN_TENSORRT, library.what + " in " + library.file + " has no function " + name);
    }
    return function;
}

const std::string& loadBuilderResources(const std::string& release) {
    static const std::string& problem = *new std::string([&release] {
        const std::string folder = tensorRtFolder();
        std::string problems;
        std::error_code ignored;
        bool isThere = false;
        for (const fs::directory_entry& entry : fs::directory_iterator(toPath(folder.c_str()), ignored)) {
            std::string why;
            if (isBuilderResource(toUtf8(entry.path().filename()), release)) {
                isThere = true;
                if (openLibrary(toUtf8(entry.path()), why) == nullptr) {
                    problems += (problems.empty() ? "" : "; ") + why;
                }
            }
        }
        return isThere ? problems
                       : "the builder's resources of " + release + " are not beside TensorRT's own library in " +
                             folder + ": copy them there from NVIDIA's archive or package";
    }());
    return problem;
}

}  // namespace pinion
