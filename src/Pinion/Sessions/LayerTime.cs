namespace Pinion;

/// <summary>Time of one layer.</summary>
/// <param name="Name">The layer's name in the engine.</param>
/// <param name="AverageMs">Mean time of a run in milliseconds.</param>
/// <param name="MedianMs">Median time of a run in milliseconds.</param>
/// <param name="Percentage">Its share of the time of all layers.</param>
public sealed record LayerTime(string Name, double AverageMs, double MedianMs, double Percentage);
