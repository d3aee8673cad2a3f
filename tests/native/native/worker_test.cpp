// A build in a process of its own, as its parent sees it through the pipes: every way in which it can end.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <random>
#include <thread>

#include "fixture.h"
#include "sdk.h"
#include "tensorrt_compat.h"
#include "worker_channel.h"
#include "worker_frame.h"

namespace {

using namespace native_test;
using namespace pinion;

struct Frame {
    FrameKind kind{};
    std::string payload;
};

// The program pinion-builder with pipes to its stdin and from its stdout.
class Builder {
public:
    explicit Builder(const char* library = PINION_LIBRARY, const char* faults = "") {
        int toChild[2];
        int fromChild[2];
        EXPECT_EQ(pipe2(toChild, O_CLOEXEC), 0);
        EXPECT_EQ(pipe2(fromChild, O_CLOEXEC), 0);
        const int output = fcntl(1, F_DUPFD_CLOEXEC, 3);
        process_ = fork();
        if (process_ == 0) {
            dup2(toChild[0], 0);
            dup2(fromChild[1], 1);
            setenv("PINION_HOST_TENSORRT_FAULTS", faults, 1);
            execl(PINION_BUILDER, PINION_BUILDER, library, static_cast<char*>(nullptr));
            _exit(127);
        }
        close(output);
        close(toChild[0]);
        close(fromChild[1]);
        input_ = toChild[1];
        output_ = fromChild[0];
    }
    ~Builder() {
        closeInput();
        close(output_);
        if (process_ > 0) {
            (void)end();
        }
    }
    Builder(const Builder&) = delete;
    Builder& operator=(const Builder&) = delete;

    void sendBytes(const std::string& bytes) const {
        EXPECT_EQ(write(input_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    }
    void send(FrameKind kind, const std::string& payload) const {
        const FrameHeader header{kind, 0, payload.size()};
        sendBytes(std::string(reinterpret_cast<const char*>(&header), sizeof(header)) + payload);
    }
    void closeInput() {
        if (input_ >= 0) {
            close(input_);
            input_ = -1;
        }
    }

    // The next frame; nothing at the end of the stream.
    bool read(Frame* frame) const {
        FrameHeader header{};
        if (!readAll(&header, sizeof(header))) {
            return false;
        }
        frame->kind = header.kind;
        frame->payload.resize(header.bytes);
        return readAll(frame->payload.data(), header.bytes);
    }
    // All frames, up to the end of the stream.
    std::vector<Frame> readToEnd() const {
        std::vector<Frame> frames;
        for (Frame frame; read(&frame);) {
            frames.push_back(frame);
        }
        return frames;
    }
    void kill(int signal) const { ::kill(process_, signal); }
    // What waitpid says.
    int end() {
        int status = 0;
        EXPECT_EQ(waitpid(process_, &status, 0), process_);
        process_ = -1;
        return status;
    }

private:
    bool readAll(void* into, size_t bytes) const {
        auto* next = static_cast<char*>(into);
        while (bytes > 0) {
            const ssize_t count = ::read(output_, next, bytes);
            if (count <= 0) {
                return false;
            }
            next += count;
            bytes -= static_cast<size_t>(count);
        }
        return true;
    }

    pid_t process_ = -1;
    int input_ = -1;
    int output_ = -1;
};

std::string request(const BuildRequest& build, bool hasModel, const std::string& path = "",
                    int32_t severity = PN_SEVERITY_WARNING, uint32_t abi = pn_abi_version()) {
    PayloadWriter payload;
    payload.number(abi).number(severity).number(int32_t{hasModel}).number(build.options);
    for (int32_t i = 0; i < build.options.range_count; ++i) {
        payload.number(build.options.ranges[i]);
    }
    for (int32_t i = 0; i < build.options.range_count; ++i) {
        payload.text(build.options.ranges[i].tensor);
    }
    return payload.text("").text(path).bytes();
}

std::vector<Frame> build(Builder& builder, const std::string& onnx, const BuildRequest& options = BuildRequest(),
                         int32_t severity = PN_SEVERITY_WARNING) {
    builder.send(FrameKind::kRequest, request(options, true, "", severity));
    builder.send(FrameKind::kModel, onnx);
    return builder.readToEnd();
}

const Frame* find(const std::vector<Frame>& frames, FrameKind kind) {
    const auto frame = std::find_if(frames.begin(), frames.end(), [&](const Frame& f) { return f.kind == kind; });
    return frame == frames.end() ? nullptr : &*frame;
}

Failure errorIn(const std::vector<Frame>& frames) {
    Failure failure;
    const Frame* frame = find(frames, FrameKind::kError);
    if (frame == nullptr) {
        ADD_FAILURE() << "no error among " << frames.size() << " frames";
        return failure;
    }
    PayloadReader reader(frame->payload);
    failure.status = reader.value<int32_t>();
    failure.operation = reader.text();
    failure.message = reader.text();
    failure.log = reader.text();
    failure.builtWith = reader.text();
    failure.runningOn = reader.text();
    reader.expectEnd();
    return failure;
}

struct Crash {
    int32_t signal = 0;
    int32_t nodes = 0;
    std::string phase;
    std::string node;
};

Crash crashIn(const std::vector<Frame>& frames) {
    Crash crash;
    const Frame* frame = find(frames, FrameKind::kCrash);
    if (frame == nullptr) {
        ADD_FAILURE() << "no crash among " << frames.size() << " frames";
        return crash;
    }
    PayloadReader reader(frame->payload);
    crash.signal = reader.value<int32_t>();
    crash.nodes = reader.value<int32_t>();
    crash.phase = reader.text();
    crash.node = reader.text();
    reader.expectEnd();
    return crash;
}

bool hasExited(int status, int code) {
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
}
bool diedOf(int status, int signal) {
    return WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

TEST(WorkerTest, ItsPlanIsThatOfABuildInProcess) {
    Builder builder;
    const std::vector<Frame> frames = build(builder, affineModel().bytes(), BuildRequest({affineRange()}));
    EXPECT_TRUE(hasExited(builder.end(), 0));

    ASSERT_GE(frames.size(), 3u);
    ASSERT_EQ(frames.front().kind, FrameKind::kHello);
    PayloadReader hello(frames.front().payload);
    EXPECT_EQ(hello.value<uint32_t>(), pn_abi_version());
    EXPECT_EQ(hello.value<int32_t>(), sdk());
    EXPECT_GT(hello.value<int32_t>(), 0);
    EXPECT_EQ(hello.value<int32_t>(), tensorRtBuild());
    hello.expectEnd();

    ASSERT_EQ(frames.back().kind, FrameKind::kEnd);
    PayloadReader end(frames.back().payload);
    EXPECT_GT(end.value<uint64_t>(), uint64_t{1} << 20);
    EXPECT_GT(end.value<double>(), 0);
    end.expectEnd();

    const Frame* plan = find(frames, FrameKind::kPlan);
    ASSERT_NE(plan, nullptr);
    expectLoads(plan->payload);
    pn_blob* json = nullptr;
    ASSERT_OK(pn_plan_describe_memory, static_cast<const void*>(plan->payload.data()), uint64_t{plan->payload.size()},
              &json);
    EXPECT_NE(textOf(json).find(R"("min": [1, 4], "opt": [2, 4], "max": [8, 4])"), std::string::npos) << textOf(json);
    pn_blob_destroy(json);
}

TEST(WorkerTest, BuildsAFileAndReportsItsProgress) {
    const TemporaryFolder folder;
    identityModel().save(folder.file("model.onnx"));
    Builder builder;
    builder.send(FrameKind::kRequest, request(BuildRequest(), false, folder.file("model.onnx")));
    const std::vector<Frame> frames = builder.readToEnd();
    ASSERT_EQ(frames.back().kind, FrameKind::kEnd);
    std::vector<std::string> phases;
    for (const Frame& frame : frames) {
        if (frame.kind == FrameKind::kProgress) {
            PayloadReader reader(frame.payload);
            EXPECT_GE(reader.value<int32_t>(), 0);
            EXPECT_GE(reader.value<int32_t>(), 0);
            EXPECT_GE(reader.value<double>(), 0);
            const std::string phase = reader.text();
            if (reader.text().empty()) {
                phases.push_back(phase);
            }
            reader.expectEnd();
        }
    }
    EXPECT_EQ(phases, (std::vector<std::string>{"parse", "parse", "build", "build", "serialize", "serialize"}));
}

TEST(WorkerTest, SendsLogLinesOnlyAsFarAsAskedFor) {
    Builder quiet;
    EXPECT_EQ(find(build(quiet, identityModel().bytes()), FrameKind::kLog), nullptr);
    Builder verbose;
    EXPECT_NE(find(build(verbose, identityModel().bytes(), BuildRequest(), PN_SEVERITY_VERBOSE), FrameKind::kLog),
              nullptr);
}

TEST(WorkerTest, ErrorsAreThoseOfABuildInProcess) {
    const std::string onnx = affineModel().bytes();
    const Failure here = BuildRequest().buildBytes(onnx);
    Builder builder;
    const Failure there = errorIn(build(builder, onnx));
    EXPECT_EQ(there.status, here.status);
    EXPECT_EQ(there.operation, here.operation);
    EXPECT_EQ(there.message, here.message);
    EXPECT_EQ(there.log, here.log);
    EXPECT_TRUE(hasExited(builder.end(), 0));
}

TEST(WorkerTest, ARequestOfAnotherAbiIsRefused) {
    Builder builder;
    builder.send(FrameKind::kRequest,
                 request(BuildRequest(), true, "", PN_SEVERITY_WARNING, pn_abi_version() + 0x10000));
    EXPECT_FAILURE(errorIn(builder.readToEnd()), PN_IO, "they are of different releases");
}

TEST(WorkerTest, TornAndSenselessRequestsAreRefused) {
    const std::string whole = request(BuildRequest({affineRange()}), true);
    struct Case {
        const char* name;
        std::function<void(Builder&)> send;
        const char* part;
    };
    const Case cases[] = {
        {"nothing", [](Builder&) {}, "torn"},
        {"half a header", [](Builder& b) { b.sendBytes("1234567"); }, "torn"},
        {"half a request",
         [&](Builder& b) {
             const FrameHeader header{FrameKind::kRequest, 0, whole.size()};
             b.sendBytes(std::string(reinterpret_cast<const char*>(&header), sizeof(header)) + whole.substr(0, 100));
         },
         "torn"},
        {"another kind", [&](Builder& b) { b.send(FrameKind::kPlan, whole); }, "kind 8"},
        {"a huge length",
         [](Builder& b) {
             const FrameHeader header{FrameKind::kRequest, 0, UINT64_MAX};
             b.sendBytes(std::string(reinterpret_cast<const char*>(&header), sizeof(header)));
         },
         "18446744073709551615"},
        {"too short", [&](Builder& b) { b.send(FrameKind::kRequest, whole.substr(0, whole.size() - 1)); }, "field"},
        {"too long", [&](Builder& b) { b.send(FrameKind::kRequest, whole + "x"); }, "fields end"},
        {"no model", [&](Builder& b) { b.send(FrameKind::kRequest, whole); }, "torn"},
    };
    for (const Case& test : cases) {
        SCOPED_TRACE(test.name);
        Builder builder;
        test.send(builder);
        builder.closeInput();
        EXPECT_FAILURE(errorIn(builder.readToEnd()), PN_IO, test.part);
        EXPECT_TRUE(hasExited(builder.end(), 0));
    }
}

TEST(WorkerTest, AnyBytesAsARequestEndInAnErrorOrARefusedBuild) {
    const std::string whole = request(BuildRequest({affineRange()}), false, "/nowhere/model.onnx");
    std::mt19937 random(1);
    for (int i = 0; i < 20; ++i) {
        std::string damaged = whole;
        // Behind the ABI version, the severity and where the model is.
        for (int flips = 0; flips < 3; ++flips) {
            damaged[12 + random() % (damaged.size() - 12)] ^= static_cast<char>(1 << random() % 8);
        }
        Builder builder;
        builder.send(FrameKind::kRequest, damaged);
        builder.closeInput();
        const std::vector<Frame> frames = builder.readToEnd();
        const int status = builder.end();
        // With the input closed, a build that has begun may be ended before it can answer.
        EXPECT_TRUE(hasExited(status, 3) || (hasExited(status, 0) && find(frames, FrameKind::kError) != nullptr)) << i;
    }
}

TEST(WorkerTest, ALibraryThatDoesNotLoadIsNamed) {
    for (const char* library : {"/nowhere/libpinion_host.so", "libc.so.6"}) {
        Builder builder(library);
        const std::vector<Frame> frames = builder.readToEnd();
        ASSERT_EQ(frames.size(), 1u);
        EXPECT_EQ(frames[0].kind, FrameKind::kUnloaded);
        EXPECT_NE(frames[0].payload.find(library[0] == '/' ? library : "pn_worker_run"), std::string::npos)
            << frames[0].payload;
        EXPECT_TRUE(hasExited(builder.end(), 1));
    }
}

TEST(WorkerTest, DiesQuietlyOfAKill) {
    Builder builder;
    Frame hello;
    ASSERT_TRUE(builder.read(&hello));
    builder.kill(SIGKILL);
    EXPECT_TRUE(builder.readToEnd().empty());
    EXPECT_TRUE(diedOf(builder.end(), SIGKILL));
}

TEST(WorkerTest, TellsASignalFromOutsideAsACrash) {
    Builder builder;
    Frame hello;
    ASSERT_TRUE(builder.read(&hello));
    builder.kill(SIGBUS);
    const Crash crash = crashIn(builder.readToEnd());
    EXPECT_EQ(crash.signal, SIGBUS);
    EXPECT_EQ(crash.nodes, 0);
    EXPECT_EQ(crash.phase, "");
    EXPECT_TRUE(diedOf(builder.end(), SIGBUS));
}

#if PINION_HOST
TEST(WorkerTest, ACrashInTheParserIsToldWithItsNode) {
    Builder builder(PINION_LIBRARY, "parse:2=crash");
    const Crash crash = crashIn(build(builder, affineModel().bytes(), BuildRequest({affineRange()})));
    EXPECT_EQ(crash.signal, SIGSEGV);
    EXPECT_EQ(crash.nodes, 2);
    EXPECT_EQ(crash.phase, "parse");
    EXPECT_EQ(crash.node, "increment [Add]");
    EXPECT_TRUE(diedOf(builder.end(), SIGSEGV));
}

TEST(WorkerTest, ACrashInTheBuilderIsTold) {
    Builder builder(PINION_LIBRARY, "build:1=crash");
    const Crash crash = crashIn(build(builder, identityModel().bytes()));
    EXPECT_EQ(crash.signal, SIGSEGV);
    EXPECT_EQ(crash.phase, "build");
    EXPECT_TRUE(diedOf(builder.end(), SIGSEGV));
}

TEST(WorkerTest, TheEndOfItsParentEndsABuildThatHangs) {
    Builder builder(PINION_LIBRARY, "build:1=hang");
    builder.send(FrameKind::kRequest, request(BuildRequest(), true));
    builder.send(FrameKind::kModel, identityModel().bytes());
    Frame frame;
    do {
        ASSERT_TRUE(builder.read(&frame));
    } while (frame.payload.find("build") == std::string::npos);
    builder.closeInput();
    EXPECT_TRUE(builder.readToEnd().empty());
    EXPECT_TRUE(hasExited(builder.end(), 3));
}
#else
// The models of ModelTest.FlippedBitsNeverCrash, of which NVIDIA's parser kills that test's process.
TEST(WorkerTest, EveryEndOfADamagedModelIsTold) {
    std::string onnx = affineModel().bytes();
    int crashes = 0;
    int errors = 0;
    for (size_t byte = 0; byte < onnx.size(); ++byte) {
        SCOPED_TRACE(byte);
        const char original = onnx[byte];
        onnx[byte] = static_cast<char>(original ^ 1 << byte % 8);
        Builder builder;
        const std::vector<Frame> frames = build(builder, onnx, BuildRequest({affineRange()}));
        onnx[byte] = original;
        const int status = builder.end();
        if (find(frames, FrameKind::kCrash) != nullptr) {
            const Crash crash = crashIn(frames);
            EXPECT_TRUE(diedOf(status, crash.signal));
            std::printf("byte %zu: signal %d in phase '%s', node %d '%s'\n", byte, crash.signal, crash.phase.c_str(),
                        crash.nodes, crash.node.c_str());
            ++crashes;
        } else if (find(frames, FrameKind::kError) != nullptr) {
            EXPECT_NE(errorIn(frames).message, "");
            ++errors;
        } else {
            EXPECT_NE(find(frames, FrameKind::kEnd), nullptr);
        }
    }
    std::printf("%d crashes and %d errors of %zu models\n", crashes, errors, onnx.size());
    EXPECT_GT(errors, static_cast<int>(onnx.size()) / 4);
}
#endif

}  // namespace
