namespace Pinion.Benchmarks;

/// <summary>A figure with what it should be.</summary>
internal sealed record Target(string Name, double Value, double Limit, bool IsFloor = false)
{
    public bool IsMet => IsFloor ? Value >= Limit : Value <= Limit;
}
