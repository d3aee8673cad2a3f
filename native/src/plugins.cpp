#include "plugins.h"

#include <mutex>
#include <set>

#include "error.h"
#include "log.h"
#include "shared_library.h"
#include "tensorrt_compat.h"

namespace pinion {
namespace {

// Loading runs the library's static initializers, which register most plugins; newer ones export their creators.
void open(const std::string& path) {
    std::string why;
    void* const library = openLibrary(path, why);
    if (library == nullptr) {
        throw Error(PN_NOT_FOUND, "cannot load the plugin library '" + path + "': " + why);
    }
    const bool exportsCreators =
        findSymbol(library, "getPluginCreators") != nullptr || findSymbol(library, "getCreators") != nullptr;
    if (!registerPluginLibrary(path.c_str(), exportsCreators)) {
        throw Error(PN_TENSORRT, "TensorRT refused the plugin library '" + path + "'");
    }
}

}  // namespace

void requirePlugins() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (!registerOwnPlugins()) {
            throw Error(PN_TENSORRT, "TensorRT could not register its own plugins");
        }
    });
}

void initPlugins() {
    const std::string missing = missingPlugins();
    if (!missing.empty()) {
        logMessage(PN_SEVERITY_INFO, missing);
    }
}

std::string missingPlugins() {
    try {
        requirePlugins();
        return "";
    } catch (const Error& error) {
        if (error.status() != PN_NOT_FOUND) {
            throw;
        }
        return error.what();
    }
}

void loadPluginLibrary(const std::string& path) {
    initPlugins();
    static std::mutex mutex;
    static std::set<std::string> loaded;
    const std::lock_guard<std::mutex> lock(mutex);
    if (loaded.count(path) == 0) {
        open(path);
        loaded.insert(path);
    }
}

void loadPluginLibraries(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        loadPluginLibrary(path);
    }
}

}  // namespace pinion
