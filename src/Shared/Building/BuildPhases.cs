using System.Globalization;

namespace Pinion;

/// <summary>
/// Where a build is, from the phases that TensorRT reports: each names its parent, begins at step 0 and is done at its last step. Threads: one at a time.
/// </summary>
internal sealed class BuildPhases
{
    // Unfinished, the innermost last.
    private readonly List<BuildProgress> _open = [];

    // When the fraction grew for the last time.
    private TimeSpan _advanced;

    /// <summary>The innermost phase that is not finished; empty before the first and between two.</summary>
    public string Current => _open is [.., var innermost]
        ? innermost.StepCount > 1 ? string.Create(CultureInfo.InvariantCulture, $"{innermost.Phase} {innermost.Step}/{innermost.StepCount}") : innermost.Phase
        : "";

    /// <summary>How much of the outermost phase of TensorRT's own is done, 0 to 1, its steps taken as equally long; null while it reports none. It never
    /// goes back: a phase may end before the step that it was.</summary>
    public double? Fraction { get; private set; }

    /// <summary>What is left if steps take as long as they took so far; null where a step takes longer than that, since nobody knows then, and at the beginning.</summary>
    public TimeSpan? TimeLeft(TimeSpan elapsed)
    {
        const double Telling = 0.1;
        if (Fraction is not { } fraction || fraction < Telling)
        {
            return null;
        }

        TimeSpan left = (_advanced / fraction) - elapsed;
        return left > TimeSpan.Zero ? left : null;
    }

    public void Report(BuildProgress value)
    {
        int index = _open.FindIndex(p => p.Phase == value.Phase);
        if (value.StepCount > 0 && value.Step >= value.StepCount)
        {
            // What was inside of it is over too, whether it said so or not.
            if (index >= 0)
            {
                _open.RemoveRange(index, _open.Count - index);
            }
        }
        else if (index >= 0)
        {
            _open[index] = value;
        }
        else
        {
            _open.Add(value);
        }

        if (Reckon() is { } fraction && (Fraction is not { } before || fraction > before))
        {
            (Fraction, _advanced) = (fraction, value.Elapsed);
        }
    }

    private double? Reckon()
    {
        int first = _open.FindIndex(p => !string.IsNullOrEmpty(p.Parent) && p.StepCount > 1);
        if (first < 0)
        {
            return null;
        }

        double fraction = 0;
        double share = 1;
        foreach (BuildProgress phase in _open.Skip(first).Where(p => p.StepCount > 0))
        {
            fraction += share * phase.Step / phase.StepCount;
            share /= phase.StepCount;
        }

        return Math.Min(fraction, 1);
    }
}
