namespace Pinion.Hosting;

/// <summary>When a request would be answered. Pure; times are ticks of one clock.</summary>
internal static class DeadlineEstimate
{
    /// <summary>
    /// Spreads the batches that are ahead over the instances, each to the one that is free first, and then the request's own.
    /// </summary>
    /// <param name="freeAt">When each instance is free; changed. Not empty.</param>
    /// <param name="rowsAhead">Rows that go before this request.</param>
    /// <param name="rows">The request's own.</param>
    /// <param name="maxBatch">The most rows in a batch.</param>
    /// <param name="fullLatency">Latency of the largest batch.</param>
    /// <param name="ownLatency">Latency of a batch with the request's rows and those of the last, part-filled batch ahead.</param>
    public static long AnsweredAt(Span<long> freeAt, int rowsAhead, int rows, int maxBatch, long fullLatency, long ownLatency)
    {
        // Rows that do not fill a batch share the request's own, if that has room.
        int fullBatches = rowsAhead / maxBatch;
        if ((rowsAhead % maxBatch) + rows > maxBatch)
        {
            fullBatches++;
        }

        Add(freeAt, fullBatches, fullLatency);
        return freeAt[First(freeAt)] + ownLatency;
    }

    /// <summary>Gives batches to the instances, each to the one that is free first.</summary>
    public static void Add(Span<long> freeAt, int batches, long latency)
    {
        for (int i = 0; i < batches; i++)
        {
            freeAt[First(freeAt)] += latency;
        }
    }

    private static int First(ReadOnlySpan<long> freeAt)
    {
        int first = 0;
        for (int i = 1; i < freeAt.Length; i++)
        {
            first = freeAt[i] < freeAt[first] ? i : first;
        }

        return first;
    }
}
