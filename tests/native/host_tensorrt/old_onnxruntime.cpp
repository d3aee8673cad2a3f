// All that is asked of a library before it is refused for its age.
#include <onnxruntime_c_api.h>

namespace {

const OrtApi* ORT_API_CALL noApi(uint32_t) noexcept {
    return nullptr;
}

const char* ORT_API_CALL version() noexcept {
    return "1.20.3";
}

}  // namespace

const OrtApiBase* ORT_API_CALL OrtGetApiBase() noexcept {
    static const OrtApiBase base{&noApi, &version};
    return &base;
}
