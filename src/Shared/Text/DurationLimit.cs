namespace Pinion;

/// <summary>The longest value of a duration that may come from a configuration, where a number alone counts days.</summary>
/// <param name="Longest">Less than a day, so that a whole number never passes.</param>
/// <param name="Unit">What a number alone was probably meant to count: <see cref="Milliseconds"/> or <see cref="Seconds"/>.</param>
internal readonly record struct DurationLimit(TimeSpan Longest, TimeSpan Unit)
{
    public static readonly TimeSpan Milliseconds = TimeSpan.FromMilliseconds(1);

    public static readonly TimeSpan Seconds = TimeSpan.FromSeconds(1);

    /// <summary>A sentence with the option, its value, the limit and what to write instead; null where the value is within.</summary>
    public string? FindExcess(string option, TimeSpan value)
    {
        if (value <= Longest)
        {
            return null;
        }

        bool isNumber = value.Ticks % TimeSpan.TicksPerDay == 0 && value.Days * Unit <= Longest;
        return $"{option} is {value}; it may be {Longest} at most. {(isNumber ? "A number alone counts days: write" : "Write")} {Example(isNumber ? value.Days : 2)}.";
    }

    /// <summary>Such as <c>00:00:00.002 for 2 ms</c>.</summary>
    public string Example(int count) => Unit == Milliseconds
        ? $"{count * Unit:hh\\:mm\\:ss\\.fff} for {count} ms"
        : $"{count * Unit:hh\\:mm\\:ss} for {count} s";
}
