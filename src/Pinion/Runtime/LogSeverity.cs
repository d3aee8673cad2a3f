namespace Pinion;

/// <summary>TensorRT's severities, the worst first.</summary>
public enum LogSeverity
{
    /// <summary>A defect in TensorRT.</summary>
    InternalError = 0,

    /// <summary>An operation failed.</summary>
    Error = 1,

    /// <summary>Something works, but not as one may expect.</summary>
    Warning = 2,

    /// <summary>What goes on.</summary>
    Info = 3,

    /// <summary>Every step; slows a build.</summary>
    Verbose = 4,
}
