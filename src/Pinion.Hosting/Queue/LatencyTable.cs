namespace Pinion.Hosting;

/// <summary>
/// Latency by batch size, in ticks: what was measured at the start, kept up to date by the runs. Threads: one at a time,
/// under the model's lock.
/// </summary>
internal sealed class LatencyTable
{
    private readonly long[] _measured;
    private readonly double[] _current;

    /// <param name="measured">By rows; 0 where nothing was measured.</param>
    public LatencyTable(long[] measured)
    {
        _measured = measured;
        _current = [.. measured.Select(m => (double)m)];
    }

    /// <summary>What a run of this size takes at present.</summary>
    public long Current(int rows) => (long)At(_current, rows);

    /// <summary>The least that a run of this size may take: the lower of the measurement at the start and the present one, so that a
    /// slow spell cannot lead to everything being refused for good.</summary>
    public long Best(int rows) => (long)Math.Min(At(_current, rows), At(_measured, rows));

    /// <summary>A guess for other shapes: in proportion, and never a reason to refuse what could run at once.</summary>
    public LatencyTable Scale(double factor)
    {
        var guess = new LatencyTable(new long[_measured.Length]);
        for (int rows = 0; rows < _measured.Length; rows++)
        {
            guess._current[rows] = _measured[rows] * factor;
        }

        return guess;
    }

    /// <summary>A run took this long. One that stands out, as for a GC pause, moves the estimate by an eighth at most.</summary>
    public void Observe(int rows, long ticks)
    {
        if ((uint)rows >= (uint)_current.Length)
        {
            return;
        }

        double known = _current[rows];
        _current[rows] = known <= 0 ? ticks : known + ((Math.Clamp(ticks, known / 2, known * 2) - known) / 8);
    }

    /// <summary>Between sizes that are known, on the line between them; beyond, in proportion to the nearest. 0 if nothing is known.</summary>
    private static double At<T>(T[] table, int rows)
        where T : struct, System.Numerics.INumber<T>
    {
        rows = Math.Max(rows, 1);
        if (rows < table.Length && table[rows] > T.Zero)
        {
            return double.CreateSaturating(table[rows]);
        }

        int below = Math.Min(rows, table.Length) - 1;
        while (below > 0 && table[below] <= T.Zero)
        {
            below--;
        }

        int above = rows + 1;
        while (above < table.Length && table[above] <= T.Zero)
        {
            above++;
        }

        double low = below > 0 ? double.CreateSaturating(table[below]) : 0;
        double high = above < table.Length ? double.CreateSaturating(table[above]) : 0;
        return (below > 0, above < table.Length) switch
        {
            (true, true) => low + ((high - low) * (rows - below) / (above - below)),
            (true, false) => low * rows / below,

            // A smaller batch is not known to be faster.
            (false, true) => high,
            _ => 0,
        };
    }
}
