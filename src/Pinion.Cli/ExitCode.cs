namespace Pinion.Cli;

/// <summary>What the process says to scripts.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The arguments were fine and the work failed.</summary>
    public const int Failed = 1;

    /// <summary>An argument is wrong: it does not parse, contradicts another, or does not fit the model or plan.</summary>
    public const int Usage = 2;

    /// <summary>Stopped by Ctrl-C, as shells write it (128 + SIGINT).</summary>
    public const int Interrupted = 130;
}
