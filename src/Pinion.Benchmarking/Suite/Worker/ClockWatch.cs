using System.Globalization;

namespace Pinion.Benchmarking;

/// <summary>A core clock, in a unit of its source's own, and what slows it down, if anything.</summary>
internal readonly record struct ClockReading(double Speed, Throttling Throttling);

/// <summary>What a device says holds its clocks down.</summary>
[Flags]
internal enum Throttling
{
    None = 0,
    PowerCap = 1,
    Heat = 2,
    PowerBrake = 4,
    Hardware = 8,
}

/// <summary>Tells the clock of what computes. Threads: one at a time.</summary>
internal interface IClockSource : IDisposable
{
    /// <summary>In words, for the results.</summary>
    string Description { get; }

    /// <summary>Whether reading leaves the measurement alone, so that it may be done meanwhile.</summary>
    bool CanReadMeanwhile { get; }

    /// <summary>Whether speeds are megahertz.</summary>
    bool IsMHz { get; }

    /// <summary>Null where the source has failed.</summary>
    ClockReading? Read();
}

/// <summary>Watches the clock over one measurement: every 100 ms where that costs nothing, else before and after it.</summary>
internal sealed class ClockWatch : IDisposable
{
    /// <summary>Clocks that move less than this are steady.</summary>
    public const double SteadyRatio = 0.97;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly IClockSource _source;
    private readonly List<ClockReading> _readings = [];
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread? _thread;

    private ClockWatch(IClockSource source, TimeSpan warmUp)
    {
        _source = source;
        if (!source.CanReadMeanwhile)
        {
            Add(source.Read());
            return;
        }
        // An idle device has low clocks: only what it does after the warm-up counts.
        _thread = new Thread(() => Watch(warmUp)) { IsBackground = true, Name = "clock watch" };
        _thread.Start();
    }

    public static ClockWatch Start(IClockSource source, TimeSpan warmUp) => new(source, warmUp);

    /// <summary>Ends the watch; null if too little was read to tell.</summary>
    public SuiteClocks? Stop()
    {
        if (_thread is null)
        {
            Add(_source.Read());
        }
        else
        {
            Join();
        }

        return Summarize(_source, _readings);
    }

    /// <summary>Ends the watch, also where the measurement failed.</summary>
    public void Dispose()
    {
        Join();
        _stop.Dispose();
    }

    /// <summary>Sentences for what should not be trusted.</summary>
    public static IEnumerable<string> Warnings(SuiteClocks? clocks)
    {
        if (clocks is null)
        {
            yield break;
        }

        if (clocks.Ratio < SteadyRatio)
        {
            string range = clocks.LowestMHz is { } low ? string.Create(CultureInfo.InvariantCulture, $" ({low} to {clocks.HighestMHz} MHz)") : "";
            yield return string.Create(CultureInfo.InvariantCulture, $"clocks moved: the lowest was {100 * clocks.Ratio:F0}% of the highest{range}. Lock them or measure longer.");
        }

        if (clocks.Throttling.Count > 0)
        {
            yield return $"throttled: the clocks were held down by {string.Join(", ", clocks.Throttling)}.";
        }
    }

    internal static SuiteClocks? Summarize(IClockSource source, IReadOnlyList<ClockReading> readings)
    {
        if (readings.Count < 2)
        {
            return null;
        }

        double low = readings.Min(r => r.Speed);
        double high = readings.Max(r => r.Speed);
        Throttling all = readings.Aggregate(Throttling.None, (t, r) => t | r.Throttling);
        return new SuiteClocks(
            source.Description, low / high, source.IsMHz ? (int)low : null, source.IsMHz ? (int)high : null,
            [.. Enum.GetValues<Throttling>().Where(t => t != Throttling.None && all.HasFlag(t)).Select(Name)]);
    }

    private static string Name(Throttling reason) => reason switch
    {
        Throttling.PowerCap => "the power cap",
        Throttling.Heat => "heat",
        Throttling.PowerBrake => "the power brake",
        _ => "the hardware",
    };

    private void Watch(TimeSpan warmUp)
    {
        for (TimeSpan wait = warmUp; !_stop.Wait(wait); wait = Interval)
        {
            Add(_source.Read());
        }
    }

    private void Join()
    {
        _stop.Set();
        _thread?.Join();
    }

    private void Add(ClockReading? reading)
    {
        if (reading is { Speed: > 0 } known)
        {
            _readings.Add(known);
        }
    }
}
