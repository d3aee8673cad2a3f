#include "shared_file.h"

namespace pinion {

std::vector<uint8_t> SharedFile::read() const {
    const std::filesystem::path path = toPath(path_.c_str());
    if (!std::filesystem::exists(path)) {
        return {};
    }
    InputFile file(path);
    std::vector<uint8_t> bytes(static_cast<size_t>(file.size()));
    file.readAt(0, bytes.data(), bytes.size());
    return bytes;
}

FileLock SharedFile::lock() const {
    return FileLock(toPath((path_ + ".lock").c_str()));
}

void SharedFile::replace(const std::vector<uint8_t>& bytes) const {
    replaceFile(toPath(path_.c_str()), bytes.data(), bytes.size());
}

}  // namespace pinion
