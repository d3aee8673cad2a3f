namespace Pinion;

/// <summary>A sound plan does not fit this machine: another TensorRT version, GPU or SDK built it. Build it here anew.</summary>
public sealed class PlanMismatchException : PinionException
{
    /// <summary>Makes an exception. Pinion's own come with all properties set.</summary>
    public PlanMismatchException(string message, string builtWith = "", string runningOn = "", string operation = "", string tensorRtLog = "")
        : base(message, PinionStatus.PlanMismatch, operation, tensorRtLog)
    {
        BuiltWith = builtWith;
        RunningOn = runningOn;
    }

    /// <summary>What built the plan.</summary>
    public string BuiltWith { get; }

    /// <summary>What is running.</summary>
    public string RunningOn { get; }
}
