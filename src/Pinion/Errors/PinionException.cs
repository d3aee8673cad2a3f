namespace Pinion;

/// <summary>The native layer, TensorRT or CUDA refused or failed. Misuse of the API throws the .NET exceptions instead.</summary>
public class PinionException : Exception
{
    /// <summary>Makes an exception. Pinion's own come with all properties set.</summary>
    public PinionException(string message, PinionStatus status = PinionStatus.Internal, string operation = "", string tensorRtLog = "",
        Exception? innerException = null)
        : base(message, innerException)
    {
        Status = status;
        Operation = operation;
        TensorRtLog = tensorRtLog;
    }

    /// <summary>The kind of failure.</summary>
    public PinionStatus Status { get; }

    /// <summary>The operation that failed, such as "build" or "load"; empty if unknown.</summary>
    public string Operation { get; }

    /// <summary>TensorRT's log lines of severity warning and worse during the operation, one a line; empty if none.</summary>
    public string TensorRtLog { get; }
}
