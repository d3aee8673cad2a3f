// Host TensorRT: basic types, and the interfaces that the caller implements (logger, recorder, allocator).
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "NvInferVersion.h"

#define TRT_DEPRECATED
#define TRT_DEPRECATED_ENUM
#define TRT_DEPRECATED_API
#define TENSORRTAPI
#define TRTNOEXCEPT

#if PINION_TRT_SINCE(10, 0)
#define NV_TENSORRT_VERSION_INT(major, minor, patch) ((major)*10000L + (minor)*100L + (patch)*1L)
#define NV_TENSORRT_VERSION NV_TENSORRT_VERSION_INT(NV_TENSORRT_MAJOR, NV_TENSORRT_MINOR, NV_TENSORRT_PATCH)
#else
#define NV_TENSORRT_VERSION nvinfer1::kNV_TENSORRT_VERSION_IMPL
#endif

namespace nvinfer1 {

#if !PINION_TRT_SINCE(10, 0)
static constexpr int32_t kNV_TENSORRT_VERSION_IMPL =
    NV_TENSORRT_MAJOR * 1000 + NV_TENSORRT_MINOR * 100 + NV_TENSORRT_PATCH;
#endif

using char_t = char;
using AsciiChar = char_t;

namespace impl {
template <typename T>
struct EnumMaxImpl;
}  // namespace impl

// Number of values of an enumeration.
template <typename T>
constexpr int32_t EnumMax() noexcept {
    return impl::EnumMaxImpl<T>::kVALUE;
}

#define PINION_TRT_ENUM_MAX(type, count)         \
    namespace impl {                             \
    template <>                                  \
    struct EnumMaxImpl<type> {                   \
        static constexpr int32_t kVALUE = count; \
    };                                           \
    }

enum class DataType : int32_t {
    kFLOAT = 0,
    kHALF = 1,
    kINT8 = 2,
    kINT32 = 3,
    kBOOL = 4,
#if PINION_TRT_SINCE(8, 5)
    kUINT8 = 5,
#endif
#if PINION_TRT_SINCE(8, 6)
    kFP8 = 6,
#endif
#if PINION_TRT_SINCE(10, 0)
    kBF16 = 7,
    kINT64 = 8,
    kINT4 = 9,
#endif
#if PINION_TRT_SINCE(11, 0)
    kFP4 = 10,
    kE8M0 = 11,
#endif
};
#if PINION_TRT_SINCE(11, 0)
PINION_TRT_ENUM_MAX(DataType, 12)
#elif PINION_TRT_SINCE(10, 0)
PINION_TRT_ENUM_MAX(DataType, 10)
#elif PINION_TRT_SINCE(8, 6)
PINION_TRT_ENUM_MAX(DataType, 7)
#else
PINION_TRT_ENUM_MAX(DataType, 5)
#endif

// A shape. An extent of -1 is unknown; nbDims of -1 is an invalid or unknown shape.
#if PINION_TRT_SINCE(10, 0)
class Dims64 {
public:
    static constexpr int32_t MAX_DIMS{8};
    int32_t nbDims;
    int64_t d[MAX_DIMS];
};
using Dims = Dims64;
#else
class Dims32 {
public:
    static constexpr int32_t MAX_DIMS{8};
    int32_t nbDims;
    int32_t d[MAX_DIMS];
};
using Dims = Dims32;
#endif

enum class TensorFormat : int32_t {
    kLINEAR = 0,
    kCHW2 = 1,
    kHWC8 = 2,
    kCHW4 = 3,
    kCHW16 = 4,
    kCHW32 = 5,
    kDHWC8 = 6,
    kCDHW32 = 7,
    kHWC = 8,
    kDLA_LINEAR = 9,
    kDLA_HWC4 = 10,
    kHWC16 = 11,
#if PINION_TRT_SINCE(8, 6)
    kDHWC = 12,
#endif
};
#if PINION_TRT_SINCE(8, 6)
PINION_TRT_ENUM_MAX(TensorFormat, 13)
#else
PINION_TRT_ENUM_MAX(TensorFormat, 12)
#endif
using PluginFormat = TensorFormat;

#if PINION_TRT_SINCE(8, 5)
enum class TensorIOMode : int32_t { kNONE = 0, kINPUT = 1, kOUTPUT = 2 };
PINION_TRT_ENUM_MAX(TensorIOMode, 3)
#endif

#if PINION_TRT_SINCE(10, 0)
using InterfaceKind = char const*;

class InterfaceInfo {
public:
    InterfaceKind kind;
    int32_t major;
    int32_t minor;
};

enum class APILanguage : int32_t { kCPP = 0, kPYTHON = 1 };
PINION_TRT_ENUM_MAX(APILanguage, 2)

// Base of the interfaces that the caller implements; names the interface and its version.
class IVersionedInterface {
public:
    virtual APILanguage getAPILanguage() const noexcept { return APILanguage::kCPP; }
    virtual InterfaceInfo getInterfaceInfo() const noexcept = 0;
    virtual ~IVersionedInterface() noexcept = default;

protected:
    IVersionedInterface() = default;
    IVersionedInterface(IVersionedInterface const&) = default;
    IVersionedInterface(IVersionedInterface&&) = default;
    IVersionedInterface& operator=(IVersionedInterface const&) & = default;
    IVersionedInterface& operator=(IVersionedInterface&&) & = default;
};
#endif

enum class AllocatorFlag : int32_t { kRESIZABLE = 0 };
PINION_TRT_ENUM_MAX(AllocatorFlag, 1)
using AllocatorFlags = uint32_t;

// Device memory by the caller's rules. The host accepts one and keeps it, but has no weights on a device to allocate.
#if PINION_TRT_SINCE(10, 0)
namespace v_1_0 {
class IGpuAllocator : public IVersionedInterface {
public:
    IGpuAllocator() = default;
    ~IGpuAllocator() override = default;
    virtual void* allocate(uint64_t const size, uint64_t const alignment, AllocatorFlags const flags) noexcept = 0;
    virtual void* reallocate(void* const /*baseAddr*/, uint64_t /*alignment*/, uint64_t /*newSize*/) noexcept {
        return nullptr;
    }
    virtual bool deallocate(void* const memory) noexcept = 0;
    virtual void* allocateAsync(uint64_t const size, uint64_t const alignment, AllocatorFlags const flags,
                                cudaStream_t /*stream*/) noexcept {
        return allocate(size, alignment, flags);
    }
    virtual bool deallocateAsync(void* const memory, cudaStream_t /*stream*/) noexcept { return deallocate(memory); }
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IGpuAllocator", 1, 0}; }
};
}  // namespace v_1_0
using IGpuAllocator = v_1_0::IGpuAllocator;
#else
class IGpuAllocator {
public:
    IGpuAllocator() = default;
    virtual ~IGpuAllocator() = default;
    virtual void* allocate(uint64_t const size, uint64_t const alignment, AllocatorFlags const flags) noexcept = 0;
    virtual void free(void* const memory) noexcept = 0;
    virtual void* reallocate(void* /*baseAddr*/, uint64_t /*alignment*/, uint64_t /*newSize*/) noexcept {
        return nullptr;
    }
#if PINION_TRT_SINCE(8, 2)
    virtual bool deallocate(void* const memory) noexcept {
        this->free(memory);
        return true;
    }
#endif
};
#endif

// Where messages go; called from any thread, and kept by reference until everything made with it is destroyed.
#if PINION_TRT_SINCE(11, 0)
namespace v_1_0 {
class ILogger : public IVersionedInterface {
#else
class ILogger {
#endif
public:
    enum class Severity : int32_t { kINTERNAL_ERROR = 0, kERROR = 1, kWARNING = 2, kINFO = 3, kVERBOSE = 4 };

    ILogger() = default;
#if PINION_TRT_SINCE(11, 0)
    ~ILogger() override = default;
    InterfaceInfo getInterfaceInfo() const noexcept override {
        return {"ILogger", 1, 0};
    }
#else
    virtual ~ILogger() = default;
#endif
    virtual void log(Severity severity, AsciiChar const* msg) noexcept = 0;

protected:
    ILogger(ILogger const&) = default;
    ILogger(ILogger&&) = default;
    ILogger& operator=(ILogger const&) & = default;
    ILogger& operator=(ILogger&&) & = default;
};
#if PINION_TRT_SINCE(11, 0)
}  // namespace v_1_0
using ILogger = v_1_0::ILogger;
#endif
PINION_TRT_ENUM_MAX(ILogger::Severity, 5)

enum class ErrorCode : int32_t {
    kSUCCESS = 0,
    kUNSPECIFIED_ERROR = 1,
    kINTERNAL_ERROR = 2,
    kINVALID_ARGUMENT = 3,
    kINVALID_CONFIG = 4,
    kFAILED_ALLOCATION = 5,
    kFAILED_INITIALIZATION = 6,
    kFAILED_EXECUTION = 7,
    kFAILED_COMPUTATION = 8,
    kINVALID_STATE = 9,
    kUNSUPPORTED_STATE = 10,
};
PINION_TRT_ENUM_MAX(ErrorCode, 11)

// Receives an object's errors, which then do not go to the log.
#if PINION_TRT_SINCE(10, 0)
namespace v_1_0 {
class IErrorRecorder : public IVersionedInterface {
#else
class IErrorRecorder {
#endif
public:
    using ErrorDesc = char const*;
    using RefCount = int32_t;
    static constexpr size_t kMAX_DESC_LENGTH{127U};

    IErrorRecorder() = default;
#if PINION_TRT_SINCE(10, 0)
    ~IErrorRecorder() noexcept override = default;
    InterfaceInfo getInterfaceInfo() const noexcept override {
        return {"IErrorRecorder", 1, 0};
    }
#else
    virtual ~IErrorRecorder() noexcept = default;
#endif
    virtual int32_t getNbErrors() const noexcept = 0;
    virtual ErrorCode getErrorCode(int32_t errorIdx) const noexcept = 0;
    virtual ErrorDesc getErrorDesc(int32_t errorIdx) const noexcept = 0;
    virtual bool hasOverflowed() const noexcept = 0;
    virtual void clear() noexcept = 0;
    virtual bool reportError(ErrorCode val, ErrorDesc desc) noexcept = 0;
    virtual RefCount incRefCount() noexcept = 0;
    virtual RefCount decRefCount() noexcept = 0;

protected:
    IErrorRecorder(IErrorRecorder const&) = default;
    IErrorRecorder(IErrorRecorder&&) = default;
    IErrorRecorder& operator=(IErrorRecorder const&) & = default;
    IErrorRecorder& operator=(IErrorRecorder&&) & = default;
};
#if PINION_TRT_SINCE(10, 0)
}  // namespace v_1_0
using IErrorRecorder = v_1_0::IErrorRecorder;

#if PINION_TRT_SINCE(11, 0)
enum class SeekPosition : int32_t { kSET = 0, kCUR = 1, kEND = 2 };
#endif

namespace v_1_0 {
// A plan read piece by piece; read returns the bytes delivered, less than asked at the end or on an error.
#if PINION_TRT_SINCE(11, 0)
class IStreamReaderV2 : public IVersionedInterface {
public:
    IStreamReaderV2() = default;
    ~IStreamReaderV2() override = default;
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IStreamReaderV2", 1, 0}; }
    virtual int64_t read(void* destination, int64_t nbBytes, cudaStream_t stream) noexcept = 0;
    virtual bool seek(int64_t offset, SeekPosition where) noexcept = 0;
};
#else
class IStreamReader : public IVersionedInterface {
public:
    IStreamReader() = default;
    ~IStreamReader() override = default;
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"IStreamReader", 1, 0}; }
    virtual int64_t read(void* destination, int64_t nbBytes) = 0;
};
#endif
}  // namespace v_1_0
#if PINION_TRT_SINCE(11, 0)
using IStreamReaderV2 = v_1_0::IStreamReaderV2;
#else
using IStreamReader = v_1_0::IStreamReader;
#endif
#endif

}  // namespace nvinfer1

// The version of the library, in the form of NV_TENSORRT_VERSION.
extern "C" TENSORRTAPI int32_t getInferLibVersion() noexcept;
