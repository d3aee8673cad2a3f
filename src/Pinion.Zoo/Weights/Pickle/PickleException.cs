namespace Pinion.Zoo;

/// <summary>A pickle is malformed, or uses what the reader refuses.</summary>
internal sealed class PickleException(string reason, long position) : Exception($"{reason} (at byte {position})");
