#include "work.h"

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

// An error that no run is the cause of: nothing waits for it.
static void reportLater(std::shared_ptr<Health> health) {
    constexpr std::chrono::milliseconds kLater(20);
    std::thread([health = std::move(health), kLater] {
        std::this_thread::sleep_for(kLater);
        health->log.error(ErrorCode::kINTERNAL_ERROR, "IExecutionContext", "scripted error after a run");
    }).detach();
}

Work::Work(std::shared_ptr<EngineState> engine, std::shared_ptr<Health> health, std::vector<Shape> shapes)
    : engine_(std::move(engine)),
      health_(std::move(health)),
      shapes_(std::move(shapes)),
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
}

cudaError_t Work::enqueue(void* const* addresses, cudaStream_t stream, cudaEvent_t inputConsumed, bool capturing) {
    for (size_t i = 0; i < inputs_; ++i) {
        if (parts_[i].bytes != 0) {
            const cudaError_t error = cudaMemcpyAsync(parts_[i].staging->data(), addresses[i], parts_[i].bytes,
                                                      cudaMemcpyDeviceToDevice, stream);
            if (error != cudaSuccess) {
                return error;
            }
        }
    }
    if (inputConsumed != nullptr) {
        if (const cudaError_t error = cudaEventRecord(inputConsumed, stream); error != cudaSuccess) {
            return error;
        }
    }
    if (const cudaError_t error = cudaLaunchHostFunc(stream, capturing ? &Work::replay : &Work::compute, this);
        error != cudaSuccess) {
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

void CUDART_CB Work::compute(void* self) {
    static_cast<Work*>(self)->run(false);
}

void CUDART_CB Work::replay(void* self) {
    static_cast<Work*>(self)->run(true);
}

// Runs on a stream's thread, so it must not call CUDA.
void Work::run(bool isReplay) {
    if (dead_) {
        report("a captured graph ran an execution context that was destroyed before");
        return;
    }
    if (running_.exchange(true)) {
        report("one execution context ran two inferences at once, on two streams");
        health_->fail("two inferences of one execution context ran at once");
        return;
    }
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
    const size_t firstOutput = inputs_;
    if (problem.empty() && firstOutput < parts_.size() && parts_[firstOutput].bytes != 0 && flipsNow(isReplay)) {
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
