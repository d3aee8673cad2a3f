using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Pinion.Vision;

/// <summary>
/// OpenCV's INTER_LINEAR on bytes, to the bit: half-pixel centres, weights of 11 bits, columns first into 32-bit sums, then rows, each of the two products cut
/// to 16 bits before they are added.
/// </summary>
internal sealed class OpenCvBilinear : RowResizer
{
    private const float One = 1 << 11;

    private (ImageSize Source, ImageSize Resized, CropArea Crop) _tablesOf;
    private Tap[] _columns = [];
    private Tap[] _rows = [];

    /// <summary>The two source rows that the last row was made of, their columns resized: four sums a pixel.</summary>
    private int[] _upper = [];
    private int[] _lower = [];
    private int _upperRow = -1;
    private int _lowerRow = -1;

    public override void Start(ReadOnlySpan<byte> pixels, ImageSize source, ImageSize resized, CropArea crop)
    {
        (_upperRow, _lowerRow) = (-1, -1);
        if (_tablesOf == (source, resized, crop))
        {
            return;
        }

        Grow(ref _columns, crop.Width);
        Grow(ref _rows, crop.Height);
        Grow(ref _upper, crop.Width * 4);
        Grow(ref _lower, crop.Width * 4);
        MakeColumns(source.Width, resized.Width, crop.Left, _columns.AsSpan(0, crop.Width));
        MakeRows(source.Height, resized.Height, crop.Top, _rows.AsSpan(0, crop.Height));
        _tablesOf = (source, resized, crop);
    }

    public override void MakeRow(ReadOnlySpan<byte> pixels, int row, Span<byte> destination)
    {
        Tap tap = _rows[row];
        if (_upperRow != tap.First)
        {
            // Going down, what was the lower row is often the upper one now.
            (_upper, _lower) = (_lower, _upper);
            (_upperRow, _lowerRow) = (_lowerRow, _upperRow);
            Resize(pixels, tap.First, _upper, ref _upperRow);
        }

        int[] lower = _upper;
        if (tap.Second != tap.First)
        {
            Resize(pixels, tap.Second, _lower, ref _lowerRow);
            lower = _lower;
        }

        int width = _tablesOf.Crop.Width;
        var firstWeight = Vector128.Create(tap.FirstWeight);
        var secondWeight = Vector128.Create(tap.SecondWeight);
        ref int first = ref MemoryMarshal.GetArrayDataReference(_upper);
        ref int second = ref MemoryMarshal.GetArrayDataReference(lower);
        for (int x = 0; x < width; x++)
        {
            Vector128<int> a = (Vector128.LoadUnsafe(ref first, (nuint)x * 4) >> 4) * firstWeight >> 16;
            Vector128<int> b = (Vector128.LoadUnsafe(ref second, (nuint)x * 4) >> 4) * secondWeight >> 16;
            Unsafe.WriteUnaligned(ref destination[x * 4], Lanes.ToBytes((a + b + Vector128.Create(2)) >> 2));
        }
    }

    private void Resize(ReadOnlySpan<byte> pixels, int row, int[] sums, ref int holds)
    {
        if (holds == row)
        {
            return;
        }

        ImageSize source = _tablesOf.Source;
        ReadOnlySpan<byte> line = pixels.Slice(row * source.Width * 4, source.Width * 4);
        ref byte start = ref MemoryMarshal.GetReference(line);
        ref int to = ref MemoryMarshal.GetArrayDataReference(sums);
        ReadOnlySpan<Tap> columns = _columns.AsSpan(0, _tablesOf.Crop.Width);
        for (int x = 0; x < columns.Length; x++)
        {
            Tap tap = columns[x];
            Vector128<int> sum = (Lanes.Load(ref Unsafe.Add(ref start, tap.First * 4)) * tap.FirstWeight) + (Lanes.Load(ref Unsafe.Add(ref start, tap.Second * 4)) * tap.SecondWeight);
            sum.StoreUnsafe(ref to, (nuint)x * 4);
        }

        holds = row;
    }

    /// <summary>Beyond the outermost columns a column has the whole weight.</summary>
    private static void MakeColumns(int source, int resized, int from, Span<Tap> taps)
    {
        double scale = Scale(source, resized);
        for (int i = 0; i < taps.Length; i++)
        {
            (int at, float fraction) = Place(from + i, scale);
            if (at < 0)
            {
                (at, fraction) = (0, 0);
            }
            else if (at >= source - 1)
            {
                (at, fraction) = (source - 1, 0);
            }

            taps[i] = new Tap(at, Math.Min(at + 1, source - 1), fraction);
        }
    }

    /// <summary>Beyond the outermost rows a row is taken twice, with both weights: the two products are cut apart.</summary>
    private static void MakeRows(int source, int resized, int from, Span<Tap> taps)
    {
        double scale = Scale(source, resized);
        for (int i = 0; i < taps.Length; i++)
        {
            (int at, float fraction) = Place(from + i, scale);
            taps[i] = new Tap(Math.Clamp(at, 0, source - 1), Math.Clamp(at + 1, 0, source - 1), fraction);
        }
    }

    /// <summary>OpenCV divides twice.</summary>
    private static double Scale(int source, int resized) => 1.0 / ((double)resized / source);

    private static (int At, float Fraction) Place(int i, double scale)
    {
        float place = (float)(((i + 0.5) * scale) - 0.5);
        float at = MathF.Floor(place);
        return ((int)at, place - at);
    }

    /// <summary>Two source pixels and their weights.</summary>
    private readonly struct Tap(int first, int second, float fraction)
    {
        public readonly int First = first;
        public readonly int Second = second;
        public readonly int FirstWeight = (int)MathF.Round((1f - fraction) * One);
        public readonly int SecondWeight = (int)MathF.Round(fraction * One);
    }
}
