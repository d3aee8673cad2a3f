using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Serialization;

namespace Pinion;

/// <summary>
/// The dimensions of a tensor, at most eight; -1 stands for a dynamic one. A value: it allocates nothing.
/// Written as trtexec writes it, <c>1x3x224x224</c>, in JSON as an array, and made from a collection expression, <c>[1, 3, 224, 224]</c>.
/// The default value is the scalar, of rank 0.
/// </summary>
[JsonConverter(typeof(TensorShapeConverter))]
[CollectionBuilder(typeof(TensorShape), nameof(Create))]
public readonly struct TensorShape : IEquatable<TensorShape>, IEnumerable<long>
{
    /// <summary>The largest rank, as in TensorRT.</summary>
    public const int MaxRank = NativeConstants.PN_MAX_RANK;

    private const string ScalarText = "scalar";
    private readonly Dimensions _dimensions;

    /// <summary>Makes a shape from its dimensions.</summary>
    /// <exception cref="ArgumentException">More than eight dimensions, or one less than -1.</exception>
    public TensorShape(params ReadOnlySpan<long> dimensions)
    {
        if (dimensions.Length > MaxRank)
        {
            throw TensorErrors.RankTooLarge(dimensions.Length, nameof(dimensions));
        }

        foreach (long dimension in dimensions)
        {
            if (dimension < -1)
            {
                throw TensorErrors.NegativeDimension(dimension, nameof(dimensions));
            }
        }

        dimensions.CopyTo(_dimensions);
        Rank = dimensions.Length;
    }

    /// <summary>The number of dimensions.</summary>
    public int Rank { get; }

    /// <summary>Whether a dimension is -1.</summary>
    public bool IsDynamic => Dims.Contains(-1);

    /// <summary>The product of the dimensions; 1 for a scalar.</summary>
    /// <exception cref="InvalidOperationException">The shape is dynamic.</exception>
    /// <exception cref="OverflowException">The product does not fit 64 bits.</exception>
    public long ElementCount
    {
        get
        {
            long count = 1;
            foreach (long dimension in Dims)
            {
                count = dimension < 0 ? throw TensorErrors.DynamicShapeHasNoCount(this) : checked(count * dimension);
            }

            return count;
        }
    }

    [UnscopedRef]
    internal ReadOnlySpan<long> Dims => ((ReadOnlySpan<long>)_dimensions)[..Rank];

    /// <summary>One dimension.</summary>
    /// <exception cref="IndexOutOfRangeException">The index is not less than the rank.</exception>
    public long this[int index] => Dims[index];

    /// <summary>Makes a shape from its dimensions.</summary>
    public static implicit operator TensorShape(long[] dimensions) => new(dimensions);

    /// <summary>Makes a shape from its dimensions.</summary>
    public static implicit operator TensorShape(int[] dimensions)
    {
        ArgumentNullException.ThrowIfNull(dimensions);
        return new([.. dimensions.Select(d => (long)d)]);
    }

    /// <summary>Whether rank and dimensions are equal.</summary>
    public static bool operator ==(TensorShape left, TensorShape right) => left.Equals(right);

    /// <summary>Whether rank or a dimension differs.</summary>
    public static bool operator !=(TensorShape left, TensorShape right) => !left.Equals(right);

    /// <summary>Makes a shape from its dimensions.</summary>
    public static TensorShape Create(ReadOnlySpan<long> dimensions) => new(dimensions);

    /// <summary>Reads <c>1x3x224x224</c>; <c>-1</c> or <c>?</c> is dynamic, <c>scalar</c> has rank 0.</summary>
    /// <exception cref="FormatException">The text is no shape.</exception>
    public static TensorShape Parse(ReadOnlySpan<char> text) => TryParse(text, out TensorShape shape) ? shape : throw TensorErrors.BadShape(text);

    /// <summary>Reads a shape as <see cref="Parse"/> does; false if the text is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TensorShape shape)
    {
        shape = default;
        text = text.Trim();
        if (text.Equals(ScalarText, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        Span<long> dimensions = stackalloc long[MaxRank];
        int rank = 0;
        foreach (Range part in text.Split('x'))
        {
            ReadOnlySpan<char> digits = text[part];
            long dimension = -1;
            if (rank == MaxRank || (digits is not ("-1" or "?")
                && !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out dimension)))
            {
                return false;
            }

            dimensions[rank++] = dimension;
        }

        shape = new(dimensions[..rank]);
        return true;
    }

    /// <summary>The same shape with another first dimension, the batch.</summary>
    /// <exception cref="InvalidOperationException">The shape is a scalar.</exception>
    public TensorShape WithBatch(long batch) => Rank == 0 ? throw TensorErrors.ScalarHasNoBatch() : With(0, batch);

    /// <summary>The same shape with another dimension.</summary>
    public TensorShape With(int index, long dimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Rank);
        Span<long> dimensions = stackalloc long[MaxRank];
        Dims.CopyTo(dimensions);
        dimensions[index] = dimension;
        return new(dimensions[..Rank]);
    }

    /// <summary>The dimensions as a new array.</summary>
    public long[] ToArray() => Dims.ToArray();

    /// <inheritdoc/>
    public bool Equals(TensorShape other) => Dims.SequenceEqual(other.Dims);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TensorShape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (long dimension in Dims)
        {
            hash.Add(dimension);
        }

        return hash.ToHashCode();
    }

    /// <summary>The dimensions joined by x, or <c>scalar</c>.</summary>
    public override string ToString()
    {
        if (Rank == 0)
        {
            return ScalarText;
        }

        var text = new StringBuilder();
        foreach (long dimension in Dims)
        {
            text.Append(text.Length == 0 ? "" : "x").Append(CultureInfo.InvariantCulture, $"{dimension}");
        }

        return text.ToString();
    }

    /// <summary>The dimensions in order.</summary>
    public IEnumerator<long> GetEnumerator() => ((IEnumerable<long>)ToArray()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    [InlineArray(MaxRank)]
    private struct Dimensions
    {
        private long _first;
    }
}
