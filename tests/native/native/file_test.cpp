// Files: reading, replacing atomically, locking.
#include "file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "error.h"
#include "fixture.h"

namespace {

using namespace pinion;
using namespace native_test;

pn_status statusOf(const std::function<void()>& body) {
    try {
        body();
        return PN_OK;
    } catch (const Error& error) {
        return error.status();
    }
}

TEST(FileTest, ReadsAndMaps) {
    const TemporaryFolder folder;
    const std::string content = "0123456789";
    writeFile(folder.file("a"), content);
    InputFile file(toPath(folder.file("a").c_str()));
    EXPECT_EQ(file.size(), content.size());
    char middle[4] = {};
    file.readAt(3, middle, 3);
    EXPECT_STREQ(middle, "345");
    EXPECT_EQ(statusOf([&] { file.readAt(8, middle, 3); }), PN_IO);
    const FileMapping mapping(file);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(mapping.data()), mapping.size()), content);
}

TEST(FileTest, MapsAnEmptyFile) {
    const TemporaryFolder folder;
    writeFile(folder.file("empty"), "");
    const InputFile file(toPath(folder.file("empty").c_str()));
    const FileMapping mapping(file);
    EXPECT_EQ(mapping.size(), 0u);
}

TEST(FileTest, TellsMissingFromUnreadable) {
    const TemporaryFolder folder;
    EXPECT_EQ(statusOf([&] { InputFile(toPath(folder.file("missing").c_str())); }), PN_NOT_FOUND);
    EXPECT_EQ(statusOf([&] { InputFile(toPath(folder.file("").c_str())); }), PN_IO);
}

TEST(FileTest, ReplacesAndLeavesNoTemporaryFile) {
    const TemporaryFolder folder;
    writeFile(folder.file("a"), "old");
    replaceFile(toPath(folder.file("a").c_str()), "newer", 5);
    EXPECT_EQ(readFile(folder.file("a")), "newer");
    EXPECT_EQ(folder.names(), std::vector<std::string>{"a"});
}

// Writes beyond the limit fail as on a full disk.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &former_);
        const rlimit limit{bytes, former_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &former_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit former_{};
    void (*handler_)(int);
};

TEST(FileTest, AFullDiskLeavesTheOldFileAlone) {
    const TemporaryFolder folder;
    writeFile(folder.file("a"), "old");
    const std::string large(100000, 'x');
    {
        const FileSizeLimit limit(4096);
        EXPECT_EQ(statusOf([&] { replaceFile(toPath(folder.file("a").c_str()), large.data(), large.size()); }), PN_IO);
    }
    EXPECT_EQ(readFile(folder.file("a")), "old");
    EXPECT_EQ(folder.names(), std::vector<std::string>{"a"});
}

TEST(FileTest, AMissingFolderIsNamed) {
    const TemporaryFolder folder;
    const std::string path = folder.file("missing/a");
    EXPECT_EQ(statusOf([&] { replaceFile(toPath(path.c_str()), "x", 1); }), PN_NOT_FOUND);
    EXPECT_EQ(statusOf([&] { FileLock(toPath(path.c_str())); }), PN_NOT_FOUND);
}

TEST(FileTest, ALockExcludesOthers) {
    const TemporaryFolder folder;
    const std::filesystem::path path = toPath(folder.file("lock").c_str());
    int shared = 0;
    std::atomic<int> overlaps{0};
    std::atomic<int> inside{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 50; ++round) {
                const FileLock lock(path);
                overlaps += ++inside > 1 ? 1 : 0;
                ++shared;
                --inside;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(overlaps, 0);
    EXPECT_EQ(shared, 200);
}

}  // namespace
