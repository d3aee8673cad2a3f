#include "plugins.h"

#include <mutex>
#include <set>

#ifdef _WIN32
#include <windows.h>

#include <system_error>
#else
#include <dlfcn.h>
#endif

#include "error.h"
#include "file.h"
#include "tensorrt_compat.h"

namespace pinion {
namespace {

#ifdef _WIN32

void* openLibrary(const std::string& path) {
    return LoadLibraryW(toPath(path.c_str()).c_str());
}
std::string openError() {
    return std::system_category().message(static_cast<int>(GetLastError()));
}
bool hasSymbol(void* library, const char* name) {
    return GetProcAddress(static_cast<HMODULE>(library), name) != nullptr;
}

#else

void* openLibrary(const std::string& path) {
    return dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
}
std::string openError() {
    const char* text = dlerror();
    return text == nullptr ? "unknown reason" : text;
}
bool hasSymbol(void* library, const char* name) {
    return dlsym(library, name) != nullptr;
}

#endif

// Loading runs the library's static initializers, which register most plugins; newer ones export their creators.
void open(const std::string& path) {
    void* library = openLibrary(path);
    if (library == nullptr) {
        throw Error(PN_NOT_FOUND, "cannot load the plugin library '" + path + "': " + openError());
    }
    const bool exportsCreators = hasSymbol(library, "getPluginCreators") || hasSymbol(library, "getCreators");
    if (!registerPluginLibrary(path.c_str(), exportsCreators)) {
        throw Error(PN_TENSORRT, "TensorRT refused the plugin library '" + path + "'");
    }
}

}  // namespace

void initPlugins() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (!registerOwnPlugins()) {
            throw Error(PN_TENSORRT, "TensorRT could not register its own plugins");
        }
    });
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
