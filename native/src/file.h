// Files: reading, mapping, locking, and replacing so that a reader sees the old or the new content and nothing between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pinion {

// Paths in the C ABI are UTF-8 on every system.
std::filesystem::path toPath(const char* utf8);
std::string toUtf8(const std::filesystem::path& path);
std::string absoluteUtf8(const char* utf8);

// A file opened for reading. Throws PN_NOT_FOUND if there is none, PN_IO for everything else.
class InputFile {
public:
    explicit InputFile(const std::filesystem::path& path);
    ~InputFile();
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    uint64_t size() const noexcept { return size_; }
    // Reads exactly that many bytes.
    void readAt(uint64_t offset, void* into, size_t bytes);

private:
    friend class FileMapping;
    std::string name_;
    uint64_t size_ = 0;
#ifdef _WIN32
    void* handle_ = nullptr;
#else
    int descriptor_ = -1;
#endif
};

// The whole file as read-only memory; pages are read when touched. Outlives the InputFile.
class FileMapping {
public:
    explicit FileMapping(const InputFile& file);
    ~FileMapping();
    FileMapping(const FileMapping&) = delete;
    FileMapping& operator=(const FileMapping&) = delete;

    const uint8_t* data() const noexcept { return data_; }
    uint64_t size() const noexcept { return size_; }

private:
    const uint8_t* data_ = nullptr;
    uint64_t size_ = 0;
};

// Writes a temporary file beside the target, flushes it to the disk and renames it. On failure the target is untouched
// and the temporary file is gone.
void replaceFile(const std::filesystem::path& path, const void* data, uint64_t bytes);

// Holds an exclusive lock among processes and threads while alive. The lock file stays, since removing it would race.
class FileLock {
public:
    explicit FileLock(const std::filesystem::path& path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
#ifdef _WIN32
    void* handle_ = nullptr;
#else
    int descriptor_ = -1;
#endif
};

}  // namespace pinion
