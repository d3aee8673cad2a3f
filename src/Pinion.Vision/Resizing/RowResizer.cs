namespace Pinion.Vision;

/// <summary>Makes the rows of a crop of a resized image, one after the other. What lies outside the crop is never computed. Threads: one at a time.</summary>
internal abstract class RowResizer
{
    /// <summary>Begins with an image; tables are kept while sizes stay the same.</summary>
    /// <param name="pixels">Four bytes a pixel, without gaps.</param>
    /// <param name="source">Size of the image.</param>
    /// <param name="resized">Size that the whole image is resized to.</param>
    /// <param name="crop">The part of it that is wanted.</param>
    public abstract void Start(ReadOnlySpan<byte> pixels, ImageSize source, ImageSize resized, CropArea crop);

    /// <summary>Makes a row of the crop, four bytes a pixel. Rows are asked for from the first to the last.</summary>
    public abstract void MakeRow(ReadOnlySpan<byte> pixels, int row, Span<byte> destination);

    public static RowResizer For(Interpolation interpolation) => interpolation switch
    {
        Interpolation.OpenCvBilinear => new OpenCvBilinear(),
        Interpolation.PillowBilinear => new PillowResizer(PillowFilter.Bilinear),
        Interpolation.PillowBicubic => new PillowResizer(PillowFilter.Bicubic),
        Interpolation.PillowLanczos => new PillowResizer(PillowFilter.Lanczos),
        _ => throw new ArgumentOutOfRangeException(nameof(interpolation), interpolation, "There is no such interpolation."),
    };

    /// <summary>An array of at least so many elements: the same one where it is large enough.</summary>
    protected static void Grow<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            array = new T[length];
        }
    }
}

/// <summary>A part of an image.</summary>
internal readonly record struct CropArea(int Left, int Top, int Width, int Height);
