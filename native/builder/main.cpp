// pinion-builder LIBRARY: builds one plan for the process that started it, with the library of an SDK that it names.
// All that the two say to each other is in native/src/worker.cpp; this only loads the library.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "worker_frame.h"

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#include <windows.h>
#else
#include <dlfcn.h>
#include <signal.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#endif

namespace {

using Run = int32_t (*)(int32_t, int32_t);

#ifdef _WIN32
Run load(const char* path, std::string& problem) {
    const int length = MultiByteToWideChar(CP_UTF8, 0, path, -1, nullptr, 0);
    std::wstring wide(static_cast<size_t>(length), L'\0');
    MultiByteToWideChar(CP_UTF8, 0, path, -1, wide.data(), length);
    const HMODULE library = LoadLibraryExW(wide.c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH);
    const auto run = library == nullptr ? nullptr : GetProcAddress(library, "pn_worker_run");
    problem = std::string(path) + ": error " + std::to_string(GetLastError());
    return reinterpret_cast<Run>(run);
}
#else
Run load(const char* path, std::string& problem) {
    void* const library = dlopen(path, RTLD_NOW);
    void* const run = library == nullptr ? nullptr : dlsym(library, "pn_worker_run");
    if (run == nullptr) {
        problem = dlerror();
    }
    return reinterpret_cast<Run>(run);
}
#endif

}  // namespace

int main(int argc, char** argv) {
#ifdef _WIN32
    _setmode(0, _O_BINARY);
    _setmode(1, _O_BINARY);
#else
    // Ctrl-C reaches every process of the terminal; the parent ends this one.
    (void)signal(SIGINT, SIG_IGN);
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
#endif
    if (argc != 2) {
        (void)std::fprintf(stderr,
                           "usage: pinion-builder LIBRARY; Pinion starts it to build plans apart from itself\n");
        return 2;
    }
    std::string problem;
    const Run run = load(argv[1], problem);
    if (run == nullptr) {
        const pinion::FrameHeader header{pinion::FrameKind::kUnloaded, 0, problem.size()};
        (void)std::fwrite(&header, sizeof(header), 1, stdout);
        (void)std::fwrite(problem.data(), 1, problem.size(), stdout);
        (void)std::fflush(stdout);
        return 1;
    }
    const int32_t code = run(0, 1);
    // The result is with the parent: what the libraries would tidy up, the end of the process does.
    (void)std::fflush(nullptr);
    std::_Exit(code);
}
