namespace Pinion.Hosting;

/// <summary>The batch sizes that are made ready, ascending. Immutable.</summary>
internal sealed class BatchSizes
{
    private readonly bool[] _isReady;

    /// <param name="sizes">Ascending, positive, not empty.</param>
    public BatchSizes(IReadOnlyList<int> sizes)
    {
        All = sizes;
        _isReady = new bool[sizes[^1] + 1];
        foreach (int size in sizes)
        {
            _isReady[size] = true;
        }
    }

    public IReadOnlyList<int> All { get; }

    public int Max => _isReady.Length - 1;

    public bool Contains(int rows) => (uint)rows < (uint)_isReady.Length && _isReady[rows];

    /// <summary>Every size to 16, powers of two after that, and the largest.</summary>
    public static int[] Default(int min, int max)
    {
        var sizes = new SortedSet<int> { min, max };
        for (int size = min; size <= Math.Min(max, 16); size++)
        {
            sizes.Add(size);
        }

        for (long size = 32; size <= max; size *= 2)
        {
            if (size >= min)
            {
                sizes.Add((int)size);
            }
        }

        return [.. sizes];
    }
}
