using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Pinion.Vision;

/// <summary>
/// Pillow's resize on bytes, to the bit: columns first, rounded to bytes, then rows, rounded again. Of the rows between, only as many are kept as one row of
/// the crop is made of.
/// </summary>
internal sealed class PillowResizer(PillowFilter filter) : RowResizer
{
    private readonly PillowWeights _columns = new(filter);
    private readonly PillowWeights _rows = new(filter);
    private (ImageSize Source, ImageSize Resized, CropArea Crop) _tablesOf;

    /// <summary>Source row r, its columns resized, lies at r modulo the most that a row is made of.</summary>
    private byte[] _ring = [];
    private int _next;

    public override void Start(ReadOnlySpan<byte> pixels, ImageSize source, ImageSize resized, CropArea crop)
    {
        _next = 0;
        if (_tablesOf == (source, resized, crop))
        {
            return;
        }

        // Until they are made, they are nobody's.
        _tablesOf = default;
        _columns.Make(source.Width, resized.Width, crop.Left, crop.Width);
        _rows.Make(source.Height, resized.Height, crop.Top, crop.Height);
        Grow(ref _ring, _rows.MostTaps * crop.Width * 4);
        _tablesOf = (source, resized, crop);
    }

    public override void MakeRow(ReadOnlySpan<byte> pixels, int row, Span<byte> destination)
    {
        int first = _rows.First(row);
        int count = _rows.Count(row);
        int stride = _tablesOf.Crop.Width * 4;
        for (_next = Math.Max(_next, first); _next < first + count; _next++)
        {
            ResizeColumns(pixels.Slice(_next * _tablesOf.Source.Width * 4, _tablesOf.Source.Width * 4), _ring.AsSpan(_next % _rows.MostTaps * stride, stride));
        }

        ref byte ring = ref MemoryMarshal.GetArrayDataReference(_ring);
        ReadOnlySpan<int> weights = _rows.Weights(row);
        int start = first % _rows.MostTaps * stride;
        int end = _rows.MostTaps * stride;
        for (int x = 0; x < stride; x += 4)
        {
            var sum = Vector128.Create(1 << (PillowWeights.Bits - 1));
            int at = start;
            for (int i = 0; i < weights.Length; i += 4)
            {
                sum += Lanes.Load(ref Unsafe.Add(ref ring, at + x)) * weights[i];
                at += stride;
                at = at == end ? 0 : at;
            }

            Unsafe.WriteUnaligned(ref destination[x], ToBytes(sum));
        }
    }

    private void ResizeColumns(ReadOnlySpan<byte> line, Span<byte> destination)
    {
        for (int x = 0; x < _tablesOf.Crop.Width; x++)
        {
            ReadOnlySpan<int> weights = _columns.Weights(x);
            ref byte pixel = ref MemoryMarshal.GetReference(line.Slice(_columns.First(x) * 4, weights.Length));
            ref int weight = ref MemoryMarshal.GetReference(weights);
            var sum = Vector128.Create(1 << (PillowWeights.Bits - 1));
            for (int i = 0; i < weights.Length; i += 4)
            {
                sum += Lanes.Load(ref Unsafe.Add(ref pixel, i)) * Vector128.LoadUnsafe(ref weight, (nuint)i);
            }

            Unsafe.WriteUnaligned(ref destination[x * 4], ToBytes(sum));
        }
    }

    private static uint ToBytes(Vector128<int> sum) =>
        Lanes.ToBytes(Vector128.Min(Vector128.Max(sum >> PillowWeights.Bits, Vector128<int>.Zero), Vector128.Create(255)));
}
