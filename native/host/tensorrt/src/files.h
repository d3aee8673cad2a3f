// Whole files and temporary ones.
#pragma once

#include <cstdint>
#include <string>

namespace pinion_host_tensorrt {

// Throws with the path and the system's reason.
std::string readFile(const std::string& path);

// Size of a regular file, or -1 with the reason in why.
int64_t fileSize(const std::string& path, std::string& why);

// The folder part of a path with its separator, or empty.
std::string folderOf(const std::string& path);

// A new empty folder, removed with its files at the end. An empty parent means the system's temporary folder.
class TemporaryFolder {
public:
    explicit TemporaryFolder(const std::string& parent = "");
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

}  // namespace pinion_host_tensorrt
