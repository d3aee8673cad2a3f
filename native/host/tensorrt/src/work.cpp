#include "work.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "faults.h"
#include "onnx_model.h"
#include "refusal.h"
#include "report.h"

namespace pinion_host_tensorrt {

void Health::fail(const std::string& what) {
    {
        std::lock_guard<std::mutex> lock(mutex_);
        if (failure_.empty()) {
            failure_ = what;
        }
    }
    failed = true;
    log.error(ErrorCode::kFAILED_EXECUTION, "IExecutionContext", what);
}

std::string Health::failure() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return failure_;
}

PinnedMemory::PinnedMemory(size_t size) {
    // One byte at least, so that empty tensors have an address too.
    const cudaError_t error = cudaHostAlloc(&data_, size != 0 ? size : 1, cudaHostAllocMapped);
    if (error != cudaSuccess) {
        cudaGetLastError();
        refuse(ErrorCode::kFAILED_ALLOCATION,
               "no pinned memory for " + std::to_string(size) + " bytes: " + cudaGetErrorString(error));
    }
}

PinnedMemory::~PinnedMemory() {
    if (data_ != nullptr) {
        cudaFreeHost(data_);
    }
}

// What inferences that run now write.
class ScratchUse {
public:
    explicit ScratchUse(const Scratch& scratch) : scratch_(scratch) {
        const std::lock_guard<std::mutex> lock(mutex());
        isShared_ = std::any_of(all().begin(), all().end(), [&](const Scratch& other) {
            return scratch.data < other.data + other.bytes && other.data < scratch.data + scratch.bytes;
        });
        if (scratch.bytes > 0) {
            all().push_back(scratch);
        }
    }
    ~ScratchUse() {
        const std::lock_guard<std::mutex> lock(mutex());
        const auto own = std::find_if(all().begin(), all().end(),
                                      [this](const Scratch& other) { return other.data == scratch_.data; });
        if (own != all().end()) {
            all().erase(own);
        }
    }
    ScratchUse(const ScratchUse&) = delete;
    ScratchUse& operator=(const ScratchUse&) = delete;
    bool isShared() const noexcept { return isShared_; }

private:
    static std::mutex& mutex() {
        static auto& instance = *new std::mutex;
        return instance;
    }
    static std::vector<Scratch>& all() {
        static auto& instance = *new std::vector<Scratch>;
        return instance;
    }

    Scratch scratch_;
    bool isShared_ = false;
};

// An error that no run is the cause of: nothing waits for it.
static void reportLater(std::shared_ptr<Health> health) {
    constexpr std::chrono::milliseconds kLater(20);
    std::thread([health = std::move(health), kLater] {
        std::this_thread::sleep_for(kLater);
        health->log.error(ErrorCode::kINTERNAL_ERROR, "IExecutionContext", "scripted error after a run");
    }).detach();
}

Work::Work(std::shared_ptr<EngineState> engine, std::shared_ptr<Health> health, std::vector<Shape> shapes,
           std::vector<Shape> values)
    : engine_(std::move(engine)),
      health_(std::move(health)),
      shapes_(std::move(shapes)),
      values_(std::move(values)),
      inputs_(engine_->info.inputCount()),
      parts_(shapes_.size()) {
    for (size_t i = 0; i < parts_.size(); ++i) {
        const TensorInfo& tensor = engine_->info.tensors[i];
        Part& part = parts_[i];
        const int64_t elements = elementCount(shapes_[i]);
        if (elements < 0) {
            refuse("the shape " + toString(shapes_[i]) + " of " + quote(tensor.name) + " is not known or impossible");
        }
        part.elements = static_cast<size_t>(elements);
        part.bytes = part.elements * bytesOf(tensor.type);
        part.staging = std::make_unique<PinnedMemory>(part.bytes);
        void* memory = part.staging->data();
        size_t bytes = part.bytes;
        if (onnxType(tensor.type) != tensor.onnxType) {
            bytes = part.elements * onnx::elementSize(tensor.onnxType);
            part.converted.resize(bytes + 1);  // never empty, so that there is an address
            memory = part.converted.data();
        }
        part.value = tensorOver(memory, bytes, shapes_[i], tensor.onnxType);
        if (i < inputs_) {
            inputValues_.push_back(part.value.get());
        } else {
            outputValues_.push_back(part.value.get());
        }
    }
    for (size_t i = 0; i < values_.size(); ++i) {
        const size_t input = engine_->shapeInputs[i];
        convert(onnx::kInt64, values_[i].data(), onnxType(engine_->info.tensors[input].type),
                parts_[input].staging->data(), parts_[input].elements);
    }
}

Work::~Work() {
    for (cudaEvent_t event : {forked_, joined_}) {
        if (event != nullptr) {
            cudaEventDestroy(event);
        }
    }
    if (auxiliary_ != nullptr) {
        cudaStreamDestroy(auxiliary_);
    }
}

cudaError_t Work::enqueue(void* const* addresses, cudaStream_t stream, const Launch& launch) {
    selection_ = launch.selection;
    scratch_ = launch.scratch.data;
    scratchBytes_ = launch.scratch.bytes;
    if (launch.scratch.bytes > 0 && writesScratch()) {
        constexpr int kGarbage = 0xa5;
        const cudaError_t error = cudaMemsetAsync(launch.scratch.data, kGarbage, launch.scratch.bytes, stream);
        if (error != cudaSuccess) {
            return error;
        }
    }
    for (size_t i = 0; i < inputs_; ++i) {
        // A shape tensor's values are the work's own.
        if (parts_[i].bytes != 0 && !engine_->info.tensors[i].isShape) {
            const cudaError_t error = cudaMemcpyAsync(parts_[i].staging->data(), addresses[i], parts_[i].bytes,
                                                      cudaMemcpyDeviceToDevice, stream);
            if (error != cudaSuccess) {
                return error;
            }
        }
    }
    if (launch.inputConsumed != nullptr) {
        if (const cudaError_t error = cudaEventRecord(launch.inputConsumed, stream); error != cudaSuccess) {
            return error;
        }
    }
    cudaHostFn_t function = &Work::compute;
    void* argument = this;
    if (launch.isCaptured) {
        captures_.push_back({this, health_->changes});
        function = &Work::replay;
        argument = &captures_.back();
    }
    if (const cudaError_t error = enqueueCompute(stream, function, argument); error != cudaSuccess) {
        return error;
    }
    for (size_t i = inputs_; i < parts_.size(); ++i) {
        if (parts_[i].bytes != 0) {
            const cudaError_t error = cudaMemcpyAsync(addresses[i], parts_[i].staging->data(), parts_[i].bytes,
                                                      cudaMemcpyDeviceToDevice, stream);
            if (error != cudaSuccess) {
                return error;
            }
        }
    }
    return cudaSuccess;
}

cudaError_t Work::enqueueCompute(cudaStream_t stream, cudaHostFn_t function, void* argument) {
    if (!forksToAuxiliaryStream()) {
        return cudaLaunchHostFunc(stream, function, argument);
    }
    // As TensorRT does with streams of its own: they become part of a capture by the event that they wait for.
    cudaError_t error = cudaSuccess;
    const auto then = [&error](cudaError_t code) { error = error == cudaSuccess ? code : error; };
    if (auxiliary_ == nullptr) {
        then(cudaStreamCreateWithFlags(&auxiliary_, cudaStreamNonBlocking));
    }
    for (cudaEvent_t* event : {&forked_, &joined_}) {
        if (*event == nullptr) {
            then(cudaEventCreateWithFlags(event, cudaEventDisableTiming));
        }
    }
    if (error == cudaSuccess) {
        then(cudaEventRecord(forked_, stream));
        then(cudaStreamWaitEvent(auxiliary_, forked_, 0));
        then(cudaLaunchHostFunc(auxiliary_, function, argument));
        then(cudaEventRecord(joined_, auxiliary_));
        then(cudaStreamWaitEvent(stream, joined_, 0));
    }
    return error;
}

const char* Work::brokenRule(const Capture* capture, bool sharesScratch) const {
    if (sharesScratch) {
        return "two inferences ran at once with the same scratch memory";
    }
    if (capture != nullptr && health_->changes != capture->changes) {
        return "a graph was launched whose execution context was modified after the capture";
    }
    if (health_->selections < selection_) {
        return "an inference ran before the stream of setOptimizationProfileAsync had reached the selection";
    }
    return "";
}

void CUDART_CB Work::compute(void* self) {
    static_cast<Work*>(self)->run(nullptr);
}

void CUDART_CB Work::replay(void* capture) {
    const auto* const captured = static_cast<const Capture*>(capture);
    captured->work->run(captured);
}

// Runs on a stream's thread, so it must not call CUDA.
void Work::run(const Capture* capture) {
    if (dead_) {
        report("a captured graph ran an execution context that was destroyed before");
        return;
    }
    if (running_.exchange(true)) {
        report("one execution context ran two inferences at once, on two streams");
        health_->fail("two inferences of one execution context ran at once");
        return;
    }
    const ScratchUse scratch({scratch_, scratchBytes_});
    if (const int64_t delay = runDelayMicroseconds(); delay > 0) {
        std::this_thread::sleep_for(std::chrono::microseconds(delay));
    }
    const std::chrono::steady_clock::time_point deviceFree = occupyDevice();
    std::string problem;
    if (health_->failed) {
        // A graph replays what the context would refuse to enqueue again.
        problem = "the context failed earlier: " + health_->failure();
    } else if (const FaultEffect effect = faultAt(FaultPoint::kRun); effect == FaultEffect::kFail) {
        problem = "scripted failure of a run";
    } else {
        if (effect == FaultEffect::kLateError) {
            reportLater(health_);
        }
        const auto& tensors = engine_->info.tensors;
        for (size_t i = 0; i < inputs_; ++i) {
            if (!parts_[i].converted.empty()) {
                convert(onnxType(tensors[i].type), parts_[i].staging->data(), tensors[i].onnxType,
                        parts_[i].converted.data(), parts_[i].elements);
            }
        }
        try {
            problem = health_->profileRuns
                          ? engine_->session->runProfiled(inputValues_.data(), outputValues_.data(), health_->times)
                          : engine_->session->run(inputValues_.data(), outputValues_.data());
        } catch (const std::exception& error) {
            problem = error.what();
        }
        for (size_t i = inputs_; problem.empty() && i < parts_.size(); ++i) {
            if (!parts_[i].converted.empty()) {
                convert(tensors[i].onnxType, parts_[i].converted.data(), onnxType(tensors[i].type),
                        parts_[i].staging->data(), parts_[i].elements);
            }
        }
    }
    const std::string broken = problem.empty() ? brokenRule(capture, scratch.isShared()) : "";
    if (!broken.empty()) {
        report(broken);
        // Undefined on a GPU, and NaN here.
        for (size_t i = inputs_; i < parts_.size(); ++i) {
            std::memset(parts_[i].staging->data(), 0xff, parts_[i].bytes);
        }
    }
    const size_t firstOutput = inputs_;
    if (problem.empty() && firstOutput < parts_.size() && parts_[firstOutput].bytes != 0 &&
        flipsNow(capture != nullptr)) {
        *static_cast<unsigned char*>(parts_[firstOutput].staging->data()) ^= 1u;
    }
    if (!problem.empty()) {
        // The copies out follow whatever happens here; all bits set are NaN, never an older result.
        for (size_t i = inputs_; i < parts_.size(); ++i) {
            std::memset(parts_[i].staging->data(), 0xff, parts_[i].bytes);
        }
        health_->fail("the inference failed: " + problem);
    }
    if (deviceFree != std::chrono::steady_clock::time_point()) {
        std::this_thread::sleep_until(deviceFree);
    }
    running_ = false;
}

void Work::bury() noexcept {
    dead_ = true;
    inputValues_.clear();
    outputValues_.clear();
    parts_.clear();
    engine_.reset();
}

}  // namespace pinion_host_tensorrt
