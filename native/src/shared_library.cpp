#include "shared_library.h"

#include <filesystem>

#include "file.h"

#ifdef _WIN32
#include <windows.h>

#include <system_error>
#else
#include <dlfcn.h>
#endif

namespace pinion {

#ifdef _WIN32

void* openLibrary(const std::string& path, std::string& why) {
    void* const library = LoadLibraryW(toPath(path.c_str()).c_str());
    if (library == nullptr) {
        why = path + ": " + std::system_category().message(static_cast<int>(GetLastError()));
    }
    return library;
}

void* findSymbol(void* library, const char* name) {
    return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name));
}

std::string folderOf(const void* function) {
    HMODULE library = nullptr;
    wchar_t path[32768];
    const DWORD flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    if (GetModuleHandleExW(flags, static_cast<LPCWSTR>(function), &library) == 0 ||
        GetModuleFileNameW(library, path, static_cast<DWORD>(std::size(path))) == 0) {
        return "";
    }
    return toUtf8(std::filesystem::path(path).parent_path());
}

#else

void* openLibrary(const std::string& path, std::string& why) {
    void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        const char* const text = dlerror();
        why = text == nullptr ? "unknown reason" : text;
    }
    return library;
}

void* findSymbol(void* library, const char* name) {
    return dlsym(library, name);
}

std::string folderOf(const void* function) {
    Dl_info info{};
    if (dladdr(function, &info) == 0 || info.dli_fname == nullptr) {
        return "";
    }
    return toUtf8(std::filesystem::path(info.dli_fname).parent_path());
}

#endif

}  // namespace pinion
