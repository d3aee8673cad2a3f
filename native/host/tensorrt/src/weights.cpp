#include "weights.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "refusal.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace pinion_host_tensorrt {
namespace {

uintptr_t pageSize() noexcept {
#ifdef _WIN32
    return 4096;
#else
    static const auto size = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    return size;
#endif
}

// The whole pages inside a range, as begin and length; length 0 when there are none.
struct Pages {
    char* begin;
    size_t length;
};
Pages wholePages(const char* begin, const char* end) noexcept {
    const uintptr_t page = pageSize();
    const uintptr_t first = (reinterpret_cast<uintptr_t>(begin) + page - 1) / page * page;
    const uintptr_t last = reinterpret_cast<uintptr_t>(end) / page * page;
    return {reinterpret_cast<char*>(first), last > first ? last - first : 0};
}

}  // namespace

WeightMemory::WeightMemory(uint64_t size) : size_(size) {
    if (size == 0) {
        return;
    }
#ifdef _WIN32
    void* const memory = VirtualAlloc(nullptr, static_cast<size_t>(size), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
#else
    void* memory = mmap(nullptr, static_cast<size_t>(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memory = memory == MAP_FAILED ? nullptr : memory;
#endif
    if (memory == nullptr) {
        refuse(ErrorCode::kFAILED_ALLOCATION, "no memory for " + std::to_string(size) + " bytes of weights");
    }
    data_ = static_cast<char*>(memory);
}

WeightMemory::~WeightMemory() {
    if (data_ != nullptr) {
#ifdef _WIN32
        VirtualFree(data_, 0, MEM_RELEASE);
#else
        munmap(data_, static_cast<size_t>(size_));
#endif
    }
}

void WeightMemory::release(uint64_t offset, uint64_t size) noexcept {
    released_ = true;
    const Pages pages = wholePages(data_ + offset, data_ + offset + size);
    if (pages.length != 0) {
#ifdef _WIN32
        DiscardVirtualMemory(pages.begin, pages.length);
#elif defined(__APPLE__)
        madvise(pages.begin, pages.length, MADV_FREE);
#else
        madvise(pages.begin, pages.length, MADV_DONTNEED);
#endif
    }
}

#ifdef __linux__

PageDropper::PageDropper(const void* begin, uint64_t size) noexcept {
    const auto* const first = static_cast<const char*>(begin);
    std::FILE* const maps = std::fopen("/proc/self/maps", "r");
    if (maps == nullptr) {
        return;
    }
    char line[512];
    while (std::fgets(line, sizeof line, maps) != nullptr) {
        unsigned long long low = 0;
        unsigned long long high = 0;
        unsigned long long inode = 0;
        char rights[8] = "";
        if (std::sscanf(line, "%llx-%llx %7s %*s %*s %llu", &low, &high, rights, &inode) != 4) {
            continue;
        }
        const auto address = reinterpret_cast<uintptr_t>(first);
        if (address < low || address >= high) {
            continue;
        }
        // Pages of a file come back from the file, unless private ones were written to.
        const bool shared = rights[3] == 's';
        const bool writable = rights[1] == 'w';
        if (inode != 0 && (shared || !writable)) {
            next_ = first;
            end_ = std::min(first + size, reinterpret_cast<const char*>(static_cast<uintptr_t>(high)));
        }
        break;
    }
    std::fclose(maps);
}

void PageDropper::passed(const void* position) noexcept {
    const char* const until = std::min(static_cast<const char*>(position), end_);
    if (next_ == nullptr || until <= next_) {
        return;
    }
    const Pages pages = wholePages(next_, until);
    if (pages.length != 0 && madvise(pages.begin, pages.length, MADV_DONTNEED) == 0) {
        next_ = pages.begin + pages.length;
    }
}

#else

PageDropper::PageDropper(const void*, uint64_t) noexcept {}
void PageDropper::passed(const void*) noexcept {}

#endif

}  // namespace pinion_host_tensorrt
