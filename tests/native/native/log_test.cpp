// The log callback: what arrives, and what replacing it promises.
#include "log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "fixture.h"

namespace {

using namespace pinion;
using namespace native_test;

// Back to the initial state, whatever a test did.
class LogTest : public testing::Test {
protected:
    void TearDown() override { pn_log_set_callback(nullptr, nullptr, PN_SEVERITY_WARNING, nullptr); }
};

struct Received {
    std::vector<int32_t> severities;
    std::vector<std::string> messages;
};

void receive(void* user, int32_t severity, const char* message) {
    auto* received = static_cast<Received*>(user);
    received->severities.push_back(severity);
    received->messages.emplace_back(message);
}

TEST_F(LogTest, ForwardsTensorRtsLinesUpToTheSeverity) {
    Received received;
    EXPECT_OK(pn_log_set_callback, receive, &received, static_cast<int32_t>(PN_SEVERITY_INFO));
    logger().log(nvinfer1::ILogger::Severity::kERROR, "error");
    logger().log(nvinfer1::ILogger::Severity::kINFO, "info");
    logger().log(nvinfer1::ILogger::Severity::kVERBOSE, "verbose");
    logger().log(nvinfer1::ILogger::Severity::kWARNING, nullptr);
    EXPECT_EQ(received.messages, (std::vector<std::string>{"error", "info", ""}));
    EXPECT_EQ(received.severities, (std::vector<int32_t>{PN_SEVERITY_ERROR, PN_SEVERITY_INFO, PN_SEVERITY_WARNING}));
}

TEST_F(LogTest, TakesLinesOfBuildsElsewhereAsItsOwn) {
    Received received;
    EXPECT_OK(pn_log_set_callback, receive, &received, static_cast<int32_t>(PN_SEVERITY_INFO));
    EXPECT_OK(pn_log_write, int32_t{PN_SEVERITY_ERROR}, "error");
    EXPECT_OK(pn_log_write, int32_t{PN_SEVERITY_VERBOSE}, "verbose");
    EXPECT_EQ(received.messages, std::vector<std::string>{"error"});
    EXPECT_FAILURE(call(pn_log_write, int32_t{5}, "x"), PN_INVALID_ARGUMENT, "severity is 5");
    EXPECT_FAILURE(call(pn_log_write, int32_t{1}, static_cast<const char*>(nullptr)), PN_INVALID_ARGUMENT, "message");
}

TEST_F(LogTest, HeldErrorsAreVerboseUntilTheCallSucceeds) {
    using Severity = nvinfer1::ILogger::Severity;
    Received received;
    EXPECT_OK(pn_log_set_callback, receive, &received, static_cast<int32_t>(PN_SEVERITY_VERBOSE));
    {
        const LogHold failing;
        logger().log(Severity::kERROR, "reason");
        logger().log(Severity::kWARNING, "warning");
        EXPECT_EQ(failing.errors(), std::vector<std::string>{"reason"});
    }
    {
        LogHold succeeding;
        logger().log(Severity::kINTERNAL_ERROR, "skipped");
        succeeding.callSucceeded();
        logger().log(Severity::kERROR, "later");
    }
    EXPECT_EQ(received.messages, (std::vector<std::string>{"reason", "warning", "skipped", "skipped", "later"}));
    EXPECT_EQ(received.severities, (std::vector<int32_t>{PN_SEVERITY_VERBOSE, PN_SEVERITY_WARNING, PN_SEVERITY_VERBOSE,
                                                         PN_SEVERITY_ERROR, PN_SEVERITY_ERROR}));
}

TEST_F(LogTest, HeldErrorsAreStillOfThePinionError) {
    const LogScope scope;
    const LogHold hold;
    logger().log(nvinfer1::ILogger::Severity::kERROR, "reason");
    EXPECT_EQ(LogScope::lines(), "reason");
}

TEST_F(LogTest, RefusesAnUnknownSeverity) {
    for (const int32_t severity : {-1, 5}) {
        EXPECT_FAILURE(call(pn_log_set_callback, receive, static_cast<void*>(nullptr), severity), PN_INVALID_ARGUMENT,
                       "max_severity is " + std::to_string(severity));
    }
}

TEST_F(LogTest, WithoutACallbackWarningsGoToStandardError) {
    testing::internal::CaptureStderr();
    logMessage(PN_SEVERITY_WARNING, "seen");
    logMessage(PN_SEVERITY_INFO, "unseen");
    EXPECT_OK(pn_log_set_callback, static_cast<pn_log_callback>(nullptr), static_cast<void*>(nullptr),
              static_cast<int32_t>(PN_SEVERITY_VERBOSE));
    logMessage(PN_SEVERITY_INFO, "unseen");
    EXPECT_OK(pn_log_set_callback, static_cast<pn_log_callback>(nullptr), static_cast<void*>(nullptr),
              static_cast<int32_t>(PN_SEVERITY_ERROR));
    logMessage(PN_SEVERITY_WARNING, "unseen");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "pinion: seen\n");
}

// A callback's user data that must not be touched once the callback is replaced.
struct Target {
    std::atomic<bool> isReplaced{false};
    std::atomic<int> lateCalls{0};
    std::atomic<int> calls{0};
};

void touch(void* user, int32_t, const char*) {
    auto* target = static_cast<Target*>(user);
    ++target->calls;
    std::this_thread::yield();
    if (target->isReplaced) {
        ++target->lateCalls;
    }
}

TEST_F(LogTest, ReplacingWaitsForTheRunningCallback) {
    std::atomic<bool> stop{false};
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i) {
        writers.emplace_back([&stop] {
            while (!stop) {
                logger().log(nvinfer1::ILogger::Severity::kWARNING, "line");
            }
        });
    }
    std::vector<std::unique_ptr<Target>> targets;
    for (int i = 0; i < 50; ++i) {
        targets.push_back(std::make_unique<Target>());
        EXPECT_OK(pn_log_set_callback, touch, targets.back().get(), static_cast<int32_t>(PN_SEVERITY_VERBOSE));
        if (i > 0) {
            targets[targets.size() - 2]->isReplaced = true;
        }
        while (targets.back()->calls == 0) {
            std::this_thread::yield();
        }
    }
    stop = true;
    for (std::thread& writer : writers) {
        writer.join();
    }
    for (const auto& target : targets) {
        EXPECT_EQ(target->lateCalls, 0);
    }
}

TEST_F(LogTest, ACallbackCannotReplaceItselfNorRecurse) {
    static int32_t status;
    static int calls;
    status = PN_OK;
    calls = 0;
    const auto selfish = [](void*, int32_t, const char*) {
        ++calls;
        status = pn_log_set_callback(nullptr, nullptr, PN_SEVERITY_ERROR, nullptr);
        logMessage(PN_SEVERITY_ERROR, "from inside");
    };
    EXPECT_OK(pn_log_set_callback, static_cast<pn_log_callback>(selfish), static_cast<void*>(nullptr),
              static_cast<int32_t>(PN_SEVERITY_VERBOSE));
    logMessage(PN_SEVERITY_ERROR, "outside");
    EXPECT_EQ(status, PN_INVALID_STATE);
    EXPECT_EQ(calls, 1);
}

TEST_F(LogTest, KeepsTheLinesOfTheOutermostScopeWithinALimit) {
    pn_log_set_callback([](void*, int32_t, const char*) {}, nullptr, PN_SEVERITY_ERROR, nullptr);
    EXPECT_EQ(LogScope::lines(), "");
    const LogScope outer;
    {
        const LogScope inner;
        // Kept although the callback does not want warnings.
        logMessage(PN_SEVERITY_WARNING, "a");
    }
    EXPECT_EQ(LogScope::lines(), "a");
    const std::string line(1024, 'x');
    for (int i = 0; i < 2000; ++i) {
        logMessage(PN_SEVERITY_WARNING, line);
    }
    EXPECT_LT(LogScope::lines().size(), size_t{300} * 1024);
}

}  // namespace
