namespace Pinion.Differential.Tests;

/// <summary>Every model of the lane, in an order that does not change.</summary>
internal static class Cases
{
    public static IReadOnlyList<Case> Small { get; } = [.. OperatorTable.Operators.SelectMany(Variants.Of).Concat(Graphs.All)];

    /// <summary>The whole networks too.</summary>
    public static IReadOnlyList<Case> All { get; } = [.. Small, .. Networks.All];
}
