// What a builder process and its parent exchange on two pipes: frames of a header and that many bytes of payload. Both
// are of one machine and, as the first frames say, of one ABI version, so numbers and structs are as the compiler has
// them. A text is its length in 32 bits and its bytes.
#pragma once

#include <cstdint>

namespace pinion {

enum class FrameKind : uint32_t {
    kRequest = 1,   // to the child: ABI version, log severity, options with their arrays, where the model is
    kModel = 2,     // to the child: the model, where the request says that it follows
    kHello = 3,     // ABI version, SDK, TensorRT version and its fourth number
    kProgress = 4,  // step, step count, elapsed seconds, phase, parent
    kLog = 5,       // severity, message
    kCrash = 6,     // signal, nodes begun, phase, node; the process dies of the signal
    kError = 7,     // status, operation, message, log, built with, running on; nothing follows
    kPlan = 8,      // the plan's bytes
    kEnd = 9,       // peak memory in bytes, seconds of the build; nothing follows
    kUnloaded = 10  // why the library does not load, the payload itself; nothing follows
};

struct FrameHeader {
    FrameKind kind;
    uint32_t reserved;  // 0
    uint64_t bytes;
};

}  // namespace pinion
