namespace Pinion.Build;

/// <summary>A step failed or cannot start; the message says what to do about it.</summary>
internal sealed class BuildException(string message, int exitCode = 1) : Exception(message)
{
    /// <summary>Exit code where something from outside cannot be had here.</summary>
    public const int Unavailable = 3;

    /// <summary>1: the work failed. 2: wrong usage. 3: <see cref="Unavailable"/>.</summary>
    public int ExitCode { get; } = exitCode;
}
