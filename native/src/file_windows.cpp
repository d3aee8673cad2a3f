#ifdef _WIN32
#include <windows.h>

#include <algorithm>
#include <atomic>
#include <system_error>

#include "error.h"
#include "file.h"

namespace pinion {
namespace {

[[noreturn]] void throwLastError(const char* what, const std::string& name) {
    const DWORD code = GetLastError();
    const pn_status status = code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ? PN_NOT_FOUND : PN_IO;
    throw Error(status, std::string("cannot ") + what + " '" + name +
                            "': " + std::system_category().message(static_cast<int>(code)));
}

void writeAll(HANDLE file, const void* data, uint64_t bytes, const std::string& name) {
    const char* next = static_cast<const char*>(data);
    constexpr uint64_t kChunk = uint64_t{256} << 20;
    while (bytes > 0) {
        DWORD written = 0;
        if (!WriteFile(file, next, static_cast<DWORD>(std::min(bytes, kChunk)), &written, nullptr)) {
            throwLastError("write", name);
        }
        next += written;
        bytes -= written;
    }
}

}  // namespace

std::filesystem::path toPath(const char* utf8) {
    return std::filesystem::u8path(utf8);
}
std::string toUtf8(const std::filesystem::path& path) {
    return path.u8string();
}
std::string absoluteUtf8(const char* utf8) {
    return toUtf8(std::filesystem::absolute(toPath(utf8)));
}

InputFile::InputFile(const std::filesystem::path& path) : name_(toUtf8(path)) {
    handle_ = CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                          FILE_ATTRIBUTE_NORMAL, nullptr);
    if (handle_ == INVALID_HANDLE_VALUE) {
        throwLastError("open", name_);
    }
    LARGE_INTEGER size{};
    if (!GetFileSizeEx(handle_, &size)) {
        CloseHandle(handle_);
        throwLastError("read", name_);
    }
    size_ = static_cast<uint64_t>(size.QuadPart);
}

InputFile::~InputFile() {
    CloseHandle(handle_);
}

void InputFile::readAt(uint64_t offset, void* into, size_t bytes) {
    char* next = static_cast<char*>(into);
    while (bytes > 0) {
        OVERLAPPED position{};
        position.Offset = static_cast<DWORD>(offset);
        position.OffsetHigh = static_cast<DWORD>(offset >> 32);
        DWORD count = 0;
        if (!ReadFile(handle_, next, static_cast<DWORD>(std::min<size_t>(bytes, size_t{1} << 30)), &count, &position) ||
            count == 0) {
            throwLastError("read", name_);
        }
        next += count;
        offset += count;
        bytes -= count;
    }
}

FileMapping::FileMapping(const InputFile& file) : size_(file.size_) {
    if (size_ == 0) {
        return;
    }
    HANDLE mapping = CreateFileMappingW(file.handle_, nullptr, PAGE_READONLY, 0, 0, nullptr);
    if (mapping == nullptr) {
        throwLastError("map", file.name_);
    }
    data_ = static_cast<const uint8_t*>(MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0));
    // The view keeps the mapping alive.
    CloseHandle(mapping);
    if (data_ == nullptr) {
        throwLastError("map", file.name_);
    }
}

FileMapping::~FileMapping() {
    if (data_ != nullptr) {
        UnmapViewOfFile(data_);
    }
}

void replaceFile(const std::filesystem::path& path, const void* data, uint64_t bytes) {
    static std::atomic<uint32_t> counter{0};
    std::filesystem::path temporary = path;
    temporary += "." + std::to_string(GetCurrentProcessId()) + "." + std::to_string(counter++) + ".tmp";
    HANDLE file = CreateFileW(temporary.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (file == INVALID_HANDLE_VALUE) {
        throwLastError("create", toUtf8(temporary));
    }
    try {
        writeAll(file, data, bytes, toUtf8(temporary));
        if (!FlushFileBuffers(file)) {
            throwLastError("flush", toUtf8(temporary));
        }
        CloseHandle(file);
        file = INVALID_HANDLE_VALUE;
        if (!MoveFileExW(temporary.c_str(), path.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) {
            throwLastError("replace", toUtf8(path));
        }
    } catch (...) {
        if (file != INVALID_HANDLE_VALUE) {
            CloseHandle(file);
        }
        DeleteFileW(temporary.c_str());
        throw;
    }
}

FileLock::FileLock(const std::filesystem::path& path) {
    handle_ = CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                          OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (handle_ == INVALID_HANDLE_VALUE) {
        throwLastError("create", toUtf8(path));
    }
    OVERLAPPED range{};
    if (!LockFileEx(handle_, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &range)) {
        CloseHandle(handle_);
        throwLastError("lock", toUtf8(path));
    }
}

FileLock::~FileLock() {
    CloseHandle(handle_);
}

}  // namespace pinion
#endif
