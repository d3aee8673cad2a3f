namespace Pinion.Build;

/// <summary>A step failed or cannot start; the message says what to do about it.</summary>
internal sealed class BuildException(string message, int exitCode = 1) : Exception(message)
{
    /// <summary>1: the work failed. 2: wrong usage.</summary>
    public int ExitCode { get; } = exitCode;
}
