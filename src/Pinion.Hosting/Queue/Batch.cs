namespace Pinion.Hosting;

/// <summary>
/// The requests that run together on one instance, used again and again. Owner: the instance; filled and emptied under the model's lock,
/// read by whoever runs it.
/// </summary>
internal sealed class Batch(int maxRows)
{
    /// <summary>The first <see cref="Count"/> are set. Each has one row at least.</summary>
    public PendingRequest[] Requests { get; } = new PendingRequest[maxRows];

    public int Count { get; private set; }

    public int Rows { get; private set; }

    public ShapeGroup Group { get; private set; } = null!;

    /// <summary>When it was formed, or prepared where that came later; in ticks of the model's clock.</summary>
    public long StartedAt { get; set; }

    /// <summary>The requests are in their places.</summary>
    public void Begin(ShapeGroup group, int count, int rows, long now) => (Group, Count, Rows, StartedAt) = (group, count, rows, now);

    public void Clear()
    {
        Array.Clear(Requests, 0, Count);
        Count = 0;
    }
}
