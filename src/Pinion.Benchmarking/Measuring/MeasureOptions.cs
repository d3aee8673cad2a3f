namespace Pinion.Benchmarking;

/// <summary>How long to measure, and with which inputs. The defaults are trtexec's.</summary>
public sealed record MeasureOptions
{
    /// <summary>Runs that start within so many milliseconds are dropped. Default 200.</summary>
    public double WarmUpMs { get; init; } = 200;

    /// <summary>Seconds to measure after the warm-up, at least; a negative number measures until cancelled. Default 3.</summary>
    public double DurationSeconds { get; init; } = 3;

    /// <summary>Runs to count, at least. Default 10.</summary>
    public int Iterations { get; init; } = 10;

    /// <summary>Runs to drop at the beginning, beside those that start within the warm-up. Default 0.</summary>
    public int WarmUpRuns { get; init; }

    /// <summary>Pause between two runs, in milliseconds. Default 0.</summary>
    public int IdleMs { get; init; }

    /// <summary>Seed of the inputs, drawn as <see cref="RandomInputs"/> says; null runs with the inputs that the sessions hold. Default 0.</summary>
    public ulong? Seed { get; init; } = 0;

    /// <summary>
    /// Whether a cancelled measurement ends with the runs counted so far, as <see cref="LatencyResult.IsPartial"/> says, instead of an
    /// exception; where none was counted it is the exception. Default false.
    /// </summary>
    public bool KeepWhenCancelled { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(WarmUpMs);
        ArgumentOutOfRangeException.ThrowIfEqual(DurationSeconds, double.NaN);
        ArgumentOutOfRangeException.ThrowIfNegative(Iterations);
        ArgumentOutOfRangeException.ThrowIfNegative(WarmUpRuns);
        ArgumentOutOfRangeException.ThrowIfNegative(IdleMs);
    }
}
