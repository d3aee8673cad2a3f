using System.Globalization;

namespace Pinion.Cli;

/// <summary>
/// Where a build is, from the phases that TensorRT reports: each names its parent, begins at step 0 and is done at its last step. Threads: one at a time.
/// </summary>
internal sealed class BuildPhases
{
    // Unfinished, the innermost last.
    private readonly List<BuildProgress> _open = [];

    /// <summary>The innermost phase that is not finished; empty before the first and between two.</summary>
    public string Current => _open is [.., var innermost]
        ? innermost.StepCount > 1 ? string.Create(CultureInfo.InvariantCulture, $"{innermost.Phase} {innermost.Step}/{innermost.StepCount}") : innermost.Phase
        : "";

    /// <summary>How much of the outermost phase of TensorRT's own is done, 0 to 1, its steps taken as equally long; null while it reports none.</summary>
    public double? Fraction
    {
        get
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
    }
}
