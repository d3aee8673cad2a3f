namespace Pinion.Hosting;

/// <summary>Requests of one set of shapes that wait: they may share a batch. Under the model's lock.</summary>
internal sealed class ShapeGroup
{
    /// <summary>Level 0 holds requests to be run again alone; then high, normal and low priority.</summary>
    public const int Levels = 4;

    private readonly int[] _rows = new int[Levels];
    private readonly RequestQueue[] _levels = [new(), new(), new(), new()];

    public ShapeGroup(ShapeKey key, LatencyTable latencies) => (Key, Latencies) = (key, latencies);

    public ShapeKey Key { get; }

    public LatencyTable Latencies { get; set; }

    /// <summary>Its index among the groups that are known, for tables by group; used again once the group is forgotten.</summary>
    public int Place { get; set; }

    /// <summary>The next group with the same hash.</summary>
    public ShapeGroup? NextWithHash { get; set; }

    /// <summary>Neighbours among the groups with requests that wait.</summary>
    public ShapeGroup? NextActive { get; set; }

    /// <inheritdoc cref="NextActive"/>
    public ShapeGroup? PreviousActive { get; set; }

    public int Waiting { get; private set; }

    public int WaitingRows { get; private set; }

    /// <summary>Requests of level 0, each of which is a batch of its own.</summary>
    public int WaitingAlone { get; private set; }

    /// <summary>Requests that wait or run: while there are any, the group is not forgotten.</summary>
    public int Users { get; set; }

    public static int LevelOf(RequestPriority priority) => priority > RequestPriority.Normal ? 1 : priority == RequestPriority.Normal ? 2 : 3;

    /// <summary>Rows that go before a request of a level and can share batches.</summary>
    public int RowsBefore(int level)
    {
        int rows = 0;
        for (int i = 1; i <= level; i++)
        {
            rows += _rows[i];
        }

        return rows;
    }

    public PendingRequest? FirstOf(int level) => _levels[level].First;

    /// <summary>The one that goes first.</summary>
    public PendingRequest? First()
    {
        foreach (RequestQueue level in _levels)
        {
            if (level.First is PendingRequest request)
            {
                return request;
            }
        }

        return null;
    }

    /// <summary>The arrival of the one that has waited longest.</summary>
    public long OldestArrival()
    {
        long oldest = long.MaxValue;
        foreach (RequestQueue level in _levels)
        {
            oldest = level.First is PendingRequest request ? Math.Min(oldest, request.Arrived) : oldest;
        }

        return oldest;
    }

    /// <summary>The first deadline of those that wait.</summary>
    public long EarliestDeadline()
    {
        long earliest = long.MaxValue;
        foreach (RequestQueue level in _levels)
        {
            for (PendingRequest? request = level.First; request is not null; request = request.Next)
            {
                earliest = Math.Min(earliest, request.Deadline);
            }
        }

        return earliest;
    }

    public void Add(PendingRequest request)
    {
        _levels[request.Level].AddLast(request);
        Count(request, 1);
    }

    public void Remove(PendingRequest request)
    {
        _levels[request.Level].Remove(request);
        Count(request, -1);
    }

    private void Count(PendingRequest request, int sign)
    {
        Waiting += sign;
        WaitingRows += sign * request.Rows;
        _rows[request.Level] += sign * request.Rows;
        WaitingAlone += request.Level == 0 ? sign : 0;
    }
}
