namespace Pinion;

/// <summary>What kind of failure the native layer reports.</summary>
public enum PinionStatus
{
    /// <summary>No failure.</summary>
    Ok = 0,

    /// <summary>A value was wrong; nothing was done.</summary>
    InvalidArgument = 1,

    /// <summary>The call does not fit the state of the object.</summary>
    InvalidState = 2,

    /// <summary>This TensorRT version, device or build cannot do it.</summary>
    Unsupported = 3,

    /// <summary>A file, tensor or library does not exist.</summary>
    NotFound = 4,

    /// <summary>Reading or writing a file failed.</summary>
    IO = 5,

    /// <summary>Host memory is exhausted.</summary>
    OutOfMemory = 6,

    /// <summary>Device or pinned memory is exhausted.</summary>
    DeviceOutOfMemory = 7,

    /// <summary>The CUDA runtime reported an error.</summary>
    Cuda = 8,

    /// <summary>TensorRT refused; see <see cref="PinionException.TensorRtLog"/>.</summary>
    TensorRt = 9,

    /// <summary>The ONNX model was not understood.</summary>
    Parse = 10,

    /// <summary>The builder produced no engine.</summary>
    Build = 11,

    /// <summary>Not a plan, or a truncated or damaged one.</summary>
    PlanCorrupt = 12,

    /// <summary>A sound plan of another TensorRT version or device; see <see cref="PlanMismatchException"/>.</summary>
    PlanMismatch = 13,

    /// <summary>The build was cancelled.</summary>
    Cancelled = 14,

    /// <summary>Work is still in flight.</summary>
    NotReady = 15,

    /// <summary>A session is in use by another thread or still in flight.</summary>
    Busy = 16,

    /// <summary>There is no usable device.</summary>
    NoDevice = 17,

    /// <summary>A defect in Pinion.</summary>
    Internal = 18,

    /// <summary>The process of an isolated build crashed, most likely in the parser or the builder; this one did not.</summary>
    Crashed = 19,

    /// <summary>The process of an isolated build was ended by somebody else, most likely by a system that ran out of memory.</summary>
    Killed = 20,

    /// <summary>An isolated build took longer than <c>IsolationOptions.TimeLimit</c> and was ended.</summary>
    TimeLimit = 21,

    /// <summary>An isolated build took more memory than <c>IsolationOptions.MemoryLimitBytes</c> and was ended.</summary>
    MemoryLimit = 22,
}
