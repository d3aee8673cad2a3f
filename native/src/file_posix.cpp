#ifndef _WIN32
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "error.h"
#include "file.h"

namespace pinion {
namespace {

[[noreturn]] void throwErrno(const char* what, const std::string& name) {
    const int code = errno;
    const pn_status status = code == ENOENT ? PN_NOT_FOUND : PN_IO;
    throw Error(status, std::string("cannot ") + what + " '" + name + "': " + std::strerror(code));
}

// Unique among the threads of this process, too.
std::string temporaryName(const std::string& target) {
    static std::atomic<uint32_t> counter{0};
    return target + "." + std::to_string(getpid()) + "." + std::to_string(counter++) + ".tmp";
}

void writeAll(int descriptor, const void* data, uint64_t bytes, const std::string& name) {
    const char* next = static_cast<const char*>(data);
    // One write at most this large: some systems refuse 2 GiB and more.
    constexpr uint64_t kChunk = uint64_t{256} << 20;
    while (bytes > 0) {
        const ssize_t written = write(descriptor, next, static_cast<size_t>(std::min(bytes, kChunk)));
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            throwErrno("write", name);
        }
        next += written;
        bytes -= static_cast<uint64_t>(written);
    }
}

// Makes the rename itself durable; a file system without that is no reason to fail.
void syncFolder(const std::filesystem::path& path) {
    const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
    const int descriptor = open(folder.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) {
        (void)fsync(descriptor);
        (void)close(descriptor);
    }
}

}  // namespace

std::filesystem::path toPath(const char* utf8) {
    return std::filesystem::path(utf8);
}
std::string toUtf8(const std::filesystem::path& path) {
    return path.string();
}
std::string absoluteUtf8(const char* utf8) {
    return toUtf8(std::filesystem::absolute(toPath(utf8)));
}

InputFile::InputFile(const std::filesystem::path& path) : name_(path.string()) {
    descriptor_ = open(name_.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) {
        throwErrno("open", name_);
    }
    struct stat status {};
    if (fstat(descriptor_, &status) != 0 || S_ISDIR(status.st_mode)) {
        const bool isFolder = S_ISDIR(status.st_mode);
        (void)close(descriptor_);
        throw Error(PN_IO, "cannot read '" + name_ + "'" + (isFolder ? ": it is a folder" : ""));
    }
    size_ = static_cast<uint64_t>(status.st_size);
}

InputFile::~InputFile() {
    (void)close(descriptor_);
}

void InputFile::readAt(uint64_t offset, void* into, size_t bytes) {
    char* next = static_cast<char*>(into);
    while (bytes > 0) {
        const ssize_t count = pread(descriptor_, next, bytes, static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            throwErrno("read", name_);
        }
        if (count == 0) {
            throw Error(PN_IO, "'" + name_ + "' became shorter while it was read");
        }
        next += count;
        offset += static_cast<uint64_t>(count);
        bytes -= static_cast<size_t>(count);
    }
}

FileMapping::FileMapping(const InputFile& file) : size_(file.size_) {
    if (size_ == 0) {
        return;
    }
    void* data = mmap(nullptr, static_cast<size_t>(size_), PROT_READ, MAP_PRIVATE, file.descriptor_, 0);
    if (data == MAP_FAILED) {
        throwErrno("map", file.name_);
    }
    data_ = static_cast<const uint8_t*>(data);
}

FileMapping::~FileMapping() {
    if (data_ != nullptr) {
        (void)munmap(const_cast<uint8_t*>(data_), static_cast<size_t>(size_));
    }
}

void replaceFile(const std::filesystem::path& path, const void* data, uint64_t bytes) {
    const std::string temporary = temporaryName(path.string());
    const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        throwErrno("create", temporary);
    }
    try {
        writeAll(descriptor, data, bytes, temporary);
        if (fsync(descriptor) != 0) {
            throwErrno("flush", temporary);
        }
        if (rename(temporary.c_str(), path.c_str()) != 0) {
            throwErrno("replace", path.string());
        }
    } catch (...) {
        (void)close(descriptor);
        (void)unlink(temporary.c_str());
        throw;
    }
    (void)close(descriptor);
    syncFolder(path);
}

FileLock::FileLock(const std::filesystem::path& path) {
    descriptor_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) {
        throwErrno("create", path.string());
    }
    while (flock(descriptor_, LOCK_EX) != 0) {
        if (errno != EINTR) {
            const int code = errno;
            (void)close(descriptor_);
            errno = code;
            throwErrno("lock", path.string());
        }
    }
}

FileLock::~FileLock() {
    (void)close(descriptor_);
}

}  // namespace pinion
#endif
