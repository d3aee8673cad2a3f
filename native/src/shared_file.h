// A file that several processes keep: read whole, and replaced under a lock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "file.h"

namespace pinion {

class SharedFile {
public:
    explicit SharedFile(std::string path) : path_(std::move(path)) {}

    const std::string& path() const noexcept { return path_; }
    // Nothing if there is no such file.
    std::vector<uint8_t> read() const;
    FileLock lock() const;
    // With the lock held.
    void replace(const std::vector<uint8_t>& bytes) const;

private:
    std::string path_;
};

}  // namespace pinion
