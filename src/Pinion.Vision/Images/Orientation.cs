namespace Pinion.Vision;

/// <summary>What is done to stored pixels so that they stand upright: transposed first, then mirrored.</summary>
[Flags]
internal enum Orientation
{
    Upright = 0,
    Transpose = 1,
    FlipColumns = 2,
    FlipRows = 4,
}
