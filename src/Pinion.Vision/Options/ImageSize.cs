namespace Pinion.Vision;

/// <summary>A size in pixels.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public readonly record struct ImageSize(int Width, int Height)
{
    /// <summary>As errors and reports write it.</summary>
    public override string ToString() => $"{Width} x {Height}";
}
