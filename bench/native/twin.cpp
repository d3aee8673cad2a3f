#include "twin.h"

#include <cstdio>

#include "clock.h"
#include "counting_semaphore.h"

namespace {

// Tells the error of a call and releases it.
int32_t fail(const PinionCalls& calls, const char* what, pn_error* error, char* message, int32_t messageBytes) {
    std::snprintf(message, static_cast<size_t>(messageBytes), "%s: %s", what, calls.errorMessage(error));
    calls.errorDestroy(error);
    return 1;
}

// What a completion callback leaves for the thread that waits.
struct Completion {
    pinion::CountingSemaphore done;
    pn_error* error = nullptr;
    int32_t status = PN_OK;

    static void onDone(void* user, int32_t status, pn_error* error) {
        auto* const self = static_cast<Completion*>(user);
        self->status = status;
        self->error = error;
        self->done.post();
    }
};

}  // namespace

int32_t pinion_twin_run(const PinionCalls* calls, pn_session* session, int32_t variant, int32_t count,
                        int64_t* nanoseconds, char* message, int32_t messageBytes) {
    for (int32_t i = 0; i < count; ++i) {
        pn_error* error = nullptr;
        const int64_t start = bench::nowNs();
        const int32_t status = calls->run(session, variant, &error);
        nanoseconds[i] = bench::nowNs() - start;
        if (status != PN_OK) {
            return fail(*calls, "pn_session_run", error, message, messageBytes);
        }
    }
    return 0;
}

int32_t pinion_twin_run_async(const PinionCalls* calls, pn_session* session, int32_t variant, int32_t count,
                              int64_t* nanoseconds, char* message, int32_t messageBytes) {
    Completion completion;
    pn_error* error = nullptr;
    if (calls->setCompletion(session, &Completion::onDone, &completion, &error) != PN_OK) {
        return fail(*calls, "pn_session_set_completion", error, message, messageBytes);
    }
    int32_t result = 0;
    for (int32_t i = 0; i < count && result == 0; ++i) {
        const int64_t start = bench::nowNs();
        const int32_t status = calls->enqueueAsync(session, variant, &error);
        if (status == PN_OK) {
            completion.done.wait();
        }
        nanoseconds[i] = bench::nowNs() - start;
        if (status != PN_OK) {
            result = fail(*calls, "pn_session_enqueue_async", error, message, messageBytes);
        } else if (completion.status != PN_OK) {
            result = fail(*calls, "completion", completion.error, message, messageBytes);
        }
    }
    // Waits for the end of the last callback, which still uses completion.
    if (calls->setCompletion(session, nullptr, nullptr, &error) != PN_OK && result == 0) {
        result = fail(*calls, "pn_session_set_completion", error, message, messageBytes);
    }
    return result;
}
