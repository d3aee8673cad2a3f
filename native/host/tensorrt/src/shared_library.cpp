#include "shared_library.h"

#include <cstdlib>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace pinion_host_tensorrt {

#ifdef _WIN32

void* openLibrary(const std::string& path, std::string& why) {
    // An absolute path also searches the library's own folder for what it needs.
    const bool absolute = path.find_first_of("/\\") != std::string::npos;
    HMODULE module = LoadLibraryExA(path.c_str(), nullptr, absolute ? LOAD_WITH_ALTERED_SEARCH_PATH : 0);
    if (module == nullptr) {
        const DWORD code = GetLastError();
        char text[512] = "";
        FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, code, 0, text, sizeof text,
                       nullptr);
        why = "error " + std::to_string(code) + ": " + text;
    }
    return module;
}

void closeLibrary(void* library) noexcept {
    FreeLibrary(static_cast<HMODULE>(library));
}

void* findSymbol(void* library, const char* name) noexcept {
    return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name));
}

std::string ownFolder() {
    HMODULE module = nullptr;
    char path[MAX_PATH * 4] = "";
    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       reinterpret_cast<const char*>(&ownFolder), &module);
    GetModuleFileNameA(module, path, sizeof path);
    const std::string text = path;
    const size_t slash = text.find_last_of("/\\");
    return slash == std::string::npos ? "" : text.substr(0, slash);
}

#else

void* openLibrary(const std::string& path, std::string& why) {
    void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        const char* const text = dlerror();
        why = text != nullptr ? text : "unknown loader error";
    }
    return library;
}

void closeLibrary(void* library) noexcept {
    dlclose(library);
}

void* findSymbol(void* library, const char* name) noexcept {
    return dlsym(library, name);
}

std::string ownFolder() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&ownFolder), &info) == 0 || info.dli_fname == nullptr) {
        return "";
    }
    const std::string path = info.dli_fname;
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

#endif

std::string environmentVariable(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

}  // namespace pinion_host_tensorrt
