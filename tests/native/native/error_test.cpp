// Errors at the C edge: the guard, the error object, and what is left when memory runs out.
#include "error.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

#include "fixture.h"
#include "log.h"

namespace {
// Allocations of this thread fail while it is set.
thread_local bool tlsOutOfMemory = false;
}  // namespace

void* operator new(size_t bytes) {
    void* memory = tlsOutOfMemory ? nullptr : std::malloc(bytes);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
    std::free(memory);
}

namespace {

using namespace pinion;
using native_test::Failure;

template <typename Body>
Failure guarded(Body body) {
    return native_test::call([&](pn_error** error) { return guard("test", error, body); });
}

TEST(ErrorTest, CarriesStatusMessageAndOperation) {
    const Failure failure = guarded([] { throw Error(PN_NOT_FOUND, "no such thing"); });
    EXPECT_EQ(failure.status, PN_NOT_FOUND);
    EXPECT_EQ(failure.message, "no such thing");
    EXPECT_EQ(failure.operation, "test");
    EXPECT_EQ(failure.log, "");
    EXPECT_EQ(failure.builtWith, "");
    EXPECT_EQ(failure.runningOn, "");
}

TEST(ErrorTest, CarriesBothSidesOfAMismatch) {
    const Failure failure = guarded([] {
        Error error(PN_PLAN_MISMATCH, "no fit");
        error.builtWith = "there";
        error.runningOn = "here";
        throw error;
    });
    EXPECT_EQ(failure.builtWith, "there");
    EXPECT_EQ(failure.runningOn, "here");
}

TEST(ErrorTest, CollectsTheLogOfItsOperationAlone) {
    pn_log_set_callback([](void*, int32_t, const char*) {}, nullptr, PN_SEVERITY_WARNING, nullptr);
    const Failure first = guarded([] {
        logMessage(PN_SEVERITY_ERROR, "cause");
        logMessage(PN_SEVERITY_INFO, "chatter");
        // A nested operation adds to the outer one's lines.
        (void)guard("inner", nullptr, [] { logMessage(PN_SEVERITY_WARNING, "hint"); });
        std::thread([] { logMessage(PN_SEVERITY_ERROR, "another thread"); }).join();
        throw Error(PN_TENSORRT, "failed");
    });
    const Failure second = guarded([] { throw Error(PN_TENSORRT, "failed"); });
    pn_log_set_callback(nullptr, nullptr, PN_SEVERITY_WARNING, nullptr);
    EXPECT_EQ(first.log, "cause\nhint");
    EXPECT_EQ(second.log, "");
}

TEST(ErrorTest, TranslatesEveryKindOfException) {
    EXPECT_EQ(guarded([] {}).status, PN_OK);
    EXPECT_EQ(guarded([] { throw std::bad_alloc(); }).status, PN_OUT_OF_MEMORY);
    EXPECT_EQ(guarded([] { (void)std::vector<int>().at(1); }).status, PN_INTERNAL);
    EXPECT_EQ(guarded([] { throw 1; }).status, PN_INTERNAL);
}

TEST(ErrorTest, TranslatesCudaErrors) {
    const Failure memory = guarded([] { checkCuda(cudaErrorMemoryAllocation, "cudaMalloc(&p, n)"); });
    EXPECT_FAILURE(memory, PN_DEVICE_OUT_OF_MEMORY, "cudaMalloc(&p, n)");
    EXPECT_FAILURE(guarded([] { checkCuda(cudaErrorInvalidValue, "call"); }), PN_CUDA, "cudaErrorInvalidValue");
    EXPECT_FAILURE(guarded([] { checkCuda(cudaErrorNoDevice, "call"); }), PN_NO_DEVICE, "cudaErrorNoDevice");
    EXPECT_EQ(guarded([] { checkCuda(cudaSuccess, "call"); }).status, PN_OK);
}

TEST(ErrorTest, NeedsNoErrorObject) {
    EXPECT_EQ(guard("test", nullptr, [] { throw Error(PN_IO, "x"); }), PN_IO);
    EXPECT_EQ(report(PN_BUSY, "test", "busy", nullptr), PN_BUSY);
    pn_error* error = nullptr;
    EXPECT_EQ(report(PN_BUSY, "test", "busy", &error), PN_BUSY);
    EXPECT_STREQ(pn_error_message(error), "busy");
    pn_error_destroy(error);
}

TEST(ErrorTest, LeavesTheErrorAloneOnSuccess) {
    auto* const untouched = reinterpret_cast<pn_error*>(0x1234);
    pn_error* error = untouched;
    EXPECT_EQ(guard("test", &error, [] {}), PN_OK);
    EXPECT_EQ(error, untouched);
}

TEST(ErrorTest, ReportsOutOfMemoryWithoutMemory) {
    pn_error* error = nullptr;
    tlsOutOfMemory = true;
    const int32_t status = guard("test", &error, [] { throw Error(PN_IO, std::string(1000, 'x')); });
    const int32_t plain = report(PN_BUSY, "a name longer than the small strings are", "busy", nullptr);
    tlsOutOfMemory = false;
    EXPECT_EQ(plain, PN_BUSY);
    EXPECT_EQ(status, PN_OUT_OF_MEMORY);
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(pn_error_status(error), PN_OUT_OF_MEMORY);
    EXPECT_STREQ(pn_error_message(error), "out of host memory");
    // It is shared and outlives its destruction.
    pn_error_destroy(error);
    pn_error_destroy(error);
    EXPECT_EQ(pn_error_status(error), PN_OUT_OF_MEMORY);
}

TEST(ErrorTest, SurvivesLoggingWithoutMemory) {
    const LogScope scope;
    tlsOutOfMemory = true;
    logMessage(PN_SEVERITY_ERROR, "");
    logger().log(nvinfer1::ILogger::Severity::kINTERNAL_ERROR, "lost");
    tlsOutOfMemory = false;
    EXPECT_EQ(LogScope::lines(), "");
}

TEST(ErrorTest, TakesNullEverywhere) {
    pn_error_destroy(nullptr);
    EXPECT_EQ(pn_error_status(nullptr), PN_OK);
    EXPECT_STREQ(pn_error_message(nullptr), "");
    EXPECT_STREQ(pn_error_operation(nullptr), "");
    EXPECT_STREQ(pn_error_log(nullptr), "");
    EXPECT_STREQ(pn_error_built_with(nullptr), "");
    EXPECT_STREQ(pn_error_running_on(nullptr), "");
}

}  // namespace
