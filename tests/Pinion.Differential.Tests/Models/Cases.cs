namespace Pinion.Differential.Tests;

/// <summary>Every model of the lane, in an order that does not change.</summary>
internal static class Cases
{
    public static IReadOnlyList<Case> All { get; } = [.. OperatorTable.Operators.SelectMany(Variants.Of).Concat(Graphs.All)];
}
