namespace Pinion.Hosting;

/// <summary>What one session has made ready for one set of shapes, by rows.</summary>
internal sealed class BatchVariants(int maxRows)
{
    private readonly OutputLayout?[] _layouts = new OutputLayout?[maxRows + 1];

    public BatchVariant?[] ByRows { get; } = new BatchVariant?[maxRows + 1];

    /// <summary>A request's outputs in a batch of this variant. Made when they are first asked for.</summary>
    public OutputLayout LayoutOf(BatchVariant variant, RequestRules rules, int rows) => _layouts[rows] ??= new OutputLayout(
        [.. rules.Outputs.Select(o => o with { Shape = rules.IsBatched ? variant.Variant.GetShape(o.Name).WithBatch(rows) : variant.Variant.GetShape(o.Name) })]);
}

/// <summary>A batch size that is ready.</summary>
internal sealed class BatchVariant(ShapeVariant variant, ShapeKey key, int rows, bool isWarm)
{
    public ShapeVariant Variant { get; } = variant;

    public ShapeKey Key { get; } = key;

    public int Rows { get; } = rows;

    /// <summary>Whether it stays ready for good.</summary>
    public bool IsWarm { get; } = isWarm;

    /// <summary>The session's count of runs at its last.</summary>
    public long LastUsed { get; set; }

    /// <summary>Runs by plain enqueues, for want of a preparation.</summary>
    public int PlainRuns { get; set; }

    /// <summary>Whether it stays with plain enqueues because preparing it failed.</summary>
    public bool StaysPlain { get; set; }
}
