namespace Pinion.Fp16;

/// <summary>A guard cannot work with what it was given: samples, limits, a recipe. The message names it and says what to do.</summary>
public sealed class GuardException : Exception
{
    /// <summary>Makes one with a message.</summary>
    public GuardException(string message)
        : base(message)
    {
    }

    /// <summary>Whether what was measured is beyond the limits, rather than anything wrong with what was given.</summary>
    public bool IsBeyondLimits { get; private init; }

    internal static GuardException BeyondLimits(string message) => new(message) { IsBeyondLimits = true };

    /// <summary>Makes one with a message and what caused it.</summary>
    public GuardException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
