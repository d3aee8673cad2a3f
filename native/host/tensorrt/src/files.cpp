#include "files.h"

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

#include "refusal.h"
#include "text.h"

namespace pinion_host_tensorrt {

namespace fs = std::filesystem;

int64_t fileSize(const std::string& path, std::string& why) {
    std::error_code problem;
    const fs::file_status status = fs::status(path, problem);
    if (problem || status.type() == fs::file_type::not_found) {
        why = problem ? problem.message() : "no such file";
        return -1;
    }
    if (status.type() != fs::file_type::regular) {
        why = "it is no regular file";
        return -1;
    }
    const auto size = fs::file_size(path, problem);
    if (problem) {
        why = problem.message();
        return -1;
    }
    return static_cast<int64_t>(size);
}

std::string readFile(const std::string& path) {
    std::string why;
    const int64_t size = fileSize(path, why);
    std::ifstream file;
    if (size >= 0) {
        file.open(path, std::ios::binary);
        why = std::strerror(errno);
    }
    if (!file.is_open()) {
        refuse("cannot open " + quote(path) + ": " + why);
    }
    std::string content(static_cast<size_t>(size), '\0');
    if (!file.read(content.data(), static_cast<std::streamsize>(size))) {
        refuse("cannot read " + quote(path));
    }
    return content;
}

std::string folderOf(const std::string& path) {
#ifdef _WIN32
    const size_t slash = path.find_last_of("/\\");
#else
    const size_t slash = path.rfind('/');
#endif
    return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

namespace {

// Whoever finds a folder of a process that was ended can tell whose it was.
int processId() {
#ifdef _WIN32
    return _getpid();
#else
    return static_cast<int>(getpid());
#endif
}

}  // namespace

TemporaryFolder::TemporaryFolder(const std::string& parent) {
    static std::atomic<uint64_t> counter{0};
    std::error_code problem;
    const fs::path base = parent.empty() ? fs::temp_directory_path(problem) : fs::path(parent);
    for (int attempt = 0; attempt < 100 && !problem; ++attempt) {
        const fs::path folder =
            base / format("pinion-%d-%llu", processId(), static_cast<unsigned long long>(counter.fetch_add(1)));
        if (fs::create_directory(folder, problem)) {
            fs::permissions(folder, fs::perms::owner_all, problem);
            path_ = folder.string();
            return;
        }
    }
    refuse(ErrorCode::kFAILED_INITIALIZATION, "cannot make a temporary folder in " + quote(base.string()) + ": " +
                                                  (problem ? problem.message() : "all names are taken"));
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

}  // namespace pinion_host_tensorrt
