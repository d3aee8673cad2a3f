// The C entry points of sessions.
#include <algorithm>

#include "arguments.h"
#include "blob.h"
#include "error.h"
#include "session.h"

using pinion::requirePointer;

extern "C" {

int32_t pn_session_create(pn_engine* engine, const pn_session_options* options, pn_session** out_session,
                          pn_error** out_error) {
    return pinion::guard("create session", out_error, [&] {
        requirePointer(engine, "engine");
        requirePointer(out_session, "out_session");
        *out_session = new pn_session{{engine->engine, pinion::readStruct(options, "pn_session_options")}};
    });
}

void pn_session_destroy(pn_session* session) {
    if (session != nullptr && session->session.isCallbackThread()) {
        pinion::logMessage(PN_SEVERITY_ERROR,
                           "pn_session_destroy was called by a completion callback, which it would wait for: ignored");
        return;
    }
    delete session;
}

int32_t pn_session_close(pn_session* session, pn_error** out_error) {
    return pinion::guard("close", out_error, [&] {
        requirePointer(session, "session");
        session->session.close();
    });
}

int32_t pn_session_state(const pn_session* session) {
    return session == nullptr ? PN_RUN_CLOSED : session->session.state();
}

int32_t pn_session_prepare(pn_session* session, const pn_shape* shapes, int32_t count, int32_t* out_variant,
                           pn_error** out_error) {
    return pinion::guard("prepare", out_error, [&] {
        requirePointer(session, "session");
        requirePointer(out_variant, "out_variant");
        *out_variant = session->session.prepare(shapes, count);
    });
}

int32_t pn_session_admit(pn_session* session, const pn_shape* shapes, int32_t count, int32_t* out_variant,
                         pn_error** out_error) {
    return pinion::guard("admit", out_error, [&] {
        requirePointer(session, "session");
        requirePointer(out_variant, "out_variant");
        *out_variant = session->session.admit(shapes, count);
    });
}

int32_t pn_session_discard(pn_session* session, int32_t variant, pn_error** out_error) {
    return pinion::guard("discard", out_error, [&] {
        requirePointer(session, "session");
        session->session.discard(variant);
    });
}

int32_t pn_session_shape(const pn_session* session, int32_t variant, int32_t tensor, int64_t* out_dims,
                         int32_t* out_rank, pn_error** out_error) {
    return pinion::guard("shape", out_error, [&] {
        requirePointer(session, "session");
        requirePointer(out_dims, "out_dims");
        requirePointer(out_rank, "out_rank");
        int32_t rank = 0;
        const pinion::Dims dims = session->session.shape(variant, tensor, rank);
        std::copy_n(dims.begin(), rank, out_dims);
        *out_rank = rank;
    });
}

int32_t pn_session_variant_info(const pn_session* session, int32_t variant, pn_variant_info* out_info,
                                pn_error** out_error) {
    return pinion::guard("variant info", out_error, [&] {
        requirePointer(session, "session");
        requirePointer(out_info, "out_info");
        pinion::writeStruct(out_info, session->session.variantInfo(variant), "pn_variant_info");
    });
}

int32_t pn_session_device_bytes(const pn_session* session, int64_t* out_bytes, pn_error** out_error) {
    return pinion::guard("session memory", out_error, [&] {
        requirePointer(session, "session");
        requirePointer(out_bytes, "out_bytes");
        *out_bytes = session->session.deviceBytes();
    });
}

int32_t pn_session_buffer(const pn_session* session, int32_t tensor, void** out_data, uint64_t* out_bytes,
                          pn_error** out_error) {
    return pinion::guard("buffer", out_error, [&] {
        requirePointer(session, "session");
        requirePointer(out_data, "out_data");
        requirePointer(out_bytes, "out_bytes");
        *out_data = session->session.buffer(tensor, *out_bytes);
    });
}

int32_t pn_session_bind(pn_session* session, int32_t tensor, int32_t kind, void* data, uint64_t bytes,
                        pn_error** out_error) {
    return pinion::guard("bind", out_error, [&] {
        requirePointer(session, "session");
        session->session.bind(tensor, kind, data, bytes);
    });
}

int32_t pn_session_run(pn_session* session, int32_t variant, pn_error** out_error) {
    return pinion::guard("run", out_error, [&] {
        requirePointer(session, "session");
        session->session.run(variant);
    });
}

int32_t pn_session_enqueue(pn_session* session, int32_t variant, pn_error** out_error) {
    return pinion::guard("enqueue", out_error, [&] {
        requirePointer(session, "session");
        session->session.enqueue(variant);
    });
}

int32_t pn_session_poll(pn_session* session, pn_error** out_error) {
    bool isFinished = false;
    const int32_t status = pinion::guard("poll", out_error, [&] {
        requirePointer(session, "session");
        isFinished = session->session.poll();
    });
    return status == PN_OK && !isFinished ? PN_NOT_READY : status;
}

int32_t pn_session_wait(pn_session* session, pn_error** out_error) {
    return pinion::guard("wait", out_error, [&] {
        requirePointer(session, "session");
        session->session.wait();
    });
}

int32_t pn_session_set_completion(pn_session* session, pn_completion_callback callback, void* user,
                                  pn_error** out_error) {
    return pinion::guard("set completion", out_error, [&] {
        requirePointer(session, "session");
        session->session.setCompletion(callback, user);
    });
}

int32_t pn_session_enqueue_async(pn_session* session, int32_t variant, pn_error** out_error) {
    return pinion::guard("enqueue", out_error, [&] {
        requirePointer(session, "session");
        session->session.enqueueAsync(variant);
    });
}

int32_t pn_session_timings(const pn_session* session, pn_timings* out_timings, pn_error** out_error) {
    return pinion::guard("timings", out_error, [&] {
        requirePointer(session, "session");
        requirePointer(out_timings, "out_timings");
        pinion::writeStruct(out_timings, session->session.timings(), "pn_timings");
    });
}

int32_t pn_session_profile_layers(pn_session* session, int32_t variant, int32_t iterations, pn_blob** out_json,
                                  pn_error** out_error) {
    return pinion::guard("profile layers", out_error, [&] {
        requirePointer(session, "session");
        requirePointer(out_json, "out_json");
        *out_json = pinion::makeBlob(session->session.profileLayers(variant, iterations));
    });
}

}  // extern "C"
