// ONNX Runtime through its C API and nothing else: what the host SDK is compared with.
#include <onnxruntime_c_api.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "clock.h"
#include "shared_library.h"
#include "twin.h"

using namespace pinion_host_tensorrt;

namespace {

// Older than what the host SDK needs, so that this one takes every library of the host SDK.
constexpr uint32_t kApiVersion = 16;

void ORT_API_CALL dropLog(void*, OrtLoggingLevel, const char*, const char*, const char*, const char*) {}

std::vector<char> readFile(const char* path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path, "rb"), &std::fclose);
    if (file == nullptr) {
        throw std::runtime_error(std::string("cannot read ") + path);
    }
    std::vector<char> bytes;
    char block[1 << 16];
    for (size_t got = 0; (got = std::fread(block, 1, sizeof(block), file.get())) > 0;) {
        bytes.insert(bytes.end(), block, block + got);
    }
    return bytes;
}

// The library stays loaded: it may be the one that the host TensorRT uses.
class OrtAlone {
public:
    explicit OrtAlone(const OrtModelDescription& model) {
        loadApi(model.libraryPath);
        check(api_->CreateEnvWithCustomLogger(&dropLog, nullptr, ORT_LOGGING_LEVEL_ERROR, "twin", &environment_));
        check(api_->CreateSessionOptions(&options_));
        check(api_->SetSessionGraphOptimizationLevel(options_, ORT_ENABLE_ALL));
        if (model.threads > 0) {
            check(api_->SetIntraOpNumThreads(options_, model.threads));
        }
        const std::vector<char> bytes = readFile(model.modelPath);
        check(api_->CreateSessionFromArray(environment_, bytes.data(), bytes.size(), options_, &session_));
        check(api_->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &cpu_));
        check(api_->CreateTensorWithDataAsOrtValue(
            cpu_, model.input, static_cast<size_t>(model.inputFloats) * sizeof(float), model.dims,
            static_cast<size_t>(model.rank), ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &input_));
        findNames();
        const std::vector<int64_t> shape = outputShape(model.outputFloats);
        check(api_->CreateTensorWithDataAsOrtValue(
            cpu_, model.output, static_cast<size_t>(model.outputFloats) * sizeof(float), shape.data(), shape.size(),
            ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &output_));
    }
    OrtAlone(const OrtAlone&) = delete;
    OrtAlone& operator=(const OrtAlone&) = delete;
    ~OrtAlone() {
        api_->ReleaseValue(output_);
        api_->ReleaseValue(input_);
        api_->ReleaseSession(session_);
        api_->ReleaseSessionOptions(options_);
    }

    void run() {
        const char* const inputName = inputName_.c_str();
        const char* const outputName = outputName_.c_str();
        const OrtValue* const input = input_;
        check(api_->Run(session_, nullptr, &inputName, &input, 1, &outputName, 1, &output_));
    }

private:
    void loadApi(const char* path) {
        std::string why;
        void* const library = openLibrary(path, why);
        if (library == nullptr) {
            throw std::runtime_error(why);
        }
        const auto getBase = reinterpret_cast<decltype(&OrtGetApiBase)>(findSymbol(library, "OrtGetApiBase"));
        api_ = getBase == nullptr ? nullptr : getBase()->GetApi(kApiVersion);
        if (api_ == nullptr) {
            throw std::runtime_error(std::string(path) + " is no ONNX Runtime that the host SDK takes");
        }
    }

    void check(OrtStatus* status) const {
        if (status != nullptr) {
            const std::string text = api_->GetErrorMessage(status);
            api_->ReleaseStatus(status);
            throw std::runtime_error(text);
        }
    }

    void findNames() {
        OrtAllocator* allocator = nullptr;
        check(api_->GetAllocatorWithDefaultOptions(&allocator));
        char* name = nullptr;
        check(api_->SessionGetInputName(session_, 0, allocator, &name));
        inputName_ = name;
        check(api_->AllocatorFree(allocator, name));
        check(api_->SessionGetOutputName(session_, 0, allocator, &name));
        outputName_ = name;
        check(api_->AllocatorFree(allocator, name));
    }

    // By a first run, in which ONNX Runtime makes the output itself.
    std::vector<int64_t> outputShape(int64_t floats) {
        run();
        OrtTensorTypeAndShapeInfo* info = nullptr;
        check(api_->GetTensorTypeAndShape(output_, &info));
        size_t rank = 0;
        check(api_->GetDimensionsCount(info, &rank));
        std::vector<int64_t> dims(rank);
        check(api_->GetDimensions(info, dims.data(), rank));
        api_->ReleaseTensorTypeAndShapeInfo(info);
        api_->ReleaseValue(output_);
        output_ = nullptr;
        int64_t elements = 1;
        for (const int64_t dim : dims) {
            elements *= dim;
        }
        if (elements != floats) {
            throw std::runtime_error("the output has " + std::to_string(elements) + " floats, not " +
                                     std::to_string(floats));
        }
        return dims;
    }

    const OrtApi* api_ = nullptr;
    OrtEnv* environment_ = nullptr;  // ONNX Runtime keeps one for the process; never released
    OrtSessionOptions* options_ = nullptr;
    OrtSession* session_ = nullptr;
    OrtMemoryInfo* cpu_ = nullptr;  // as long as the process
    OrtValue* input_ = nullptr;
    OrtValue* output_ = nullptr;
    std::string inputName_;
    std::string outputName_;
};

template <typename Body>
int32_t guarded(char* message, int32_t messageBytes, Body&& body) {
    try {
        body();
        return 0;
    } catch (const std::exception& error) {
        std::snprintf(message, static_cast<size_t>(messageBytes), "%s", error.what());
        return 1;
    }
}

}  // namespace

int32_t pinion_twin_ort_create(const OrtModelDescription* model, void** outSession, char* message,
                               int32_t messageBytes) {
    return guarded(message, messageBytes, [&] { *outSession = new OrtAlone(*model); });
}

int32_t pinion_twin_ort_run(void* session, int32_t count, int64_t* nanoseconds, char* message, int32_t messageBytes) {
    return guarded(message, messageBytes, [&] {
        for (int32_t i = 0; i < count; ++i) {
            const int64_t start = bench::nowNs();
            static_cast<OrtAlone*>(session)->run();
            nanoseconds[i] = bench::nowNs() - start;
        }
    });
}

void pinion_twin_ort_destroy(void* session) {
    delete static_cast<OrtAlone*>(session);
}
