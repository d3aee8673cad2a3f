namespace Pinion.Hosting;

/// <summary>
/// Who runs next, together with whom. Decisions only: batches to start and requests to answer go into <see cref="Work"/>. Under the
/// model's lock.
/// </summary>
/// <param name="waiting">The requests to choose from.</param>
/// <param name="counters">Told of what runs and what is refused.</param>
/// <param name="delay">How long a batch may wait to fill.</param>
/// <param name="ticksPerSecond">Of the model's clock.</param>
internal sealed class Dispatcher(WaitingRequests waiting, Counters counters, DelayPolicy delay, long ticksPerSecond)
{
    /// <summary>The part of a second that a batch which waits to fill keeps free before the first deadline in it: 10 ms.</summary>
    private const int SpareBeforeDeadline = 100;

    private int[] _rows = [];

    /// <summary>Gives batches to idle instances as long as there are both. Without instances or delay this is a few comparisons.</summary>
    /// <param name="pool">The instances.</param>
    /// <param name="hurries">Whether no batch waits to fill any more.</param>
    /// <param name="now">The time.</param>
    /// <param name="work">Gets what is to be done.</param>
    /// <returns>When a batch that waits to fill is due; <see cref="Clock.Never"/> if there is none.</returns>
    public long Dispatch(InstancePool pool, bool hurries, long now, ref Work work)
    {
        while (waiting.Count > 0 && pool.FindIdle() is Instance instance)
        {
            if (FindReady(pool, hurries, now, out long due) is not ShapeGroup group)
            {
                return due;
            }

            Form(pool, group, instance, now, ref work);
        }

        return Clock.Never;
    }

    /// <summary>Refuses what has waited beyond its deadline.</summary>
    /// <returns>The first deadline of those that still wait; <see cref="Clock.Never"/> if none has one.</returns>
    public long RefuseExpired(long now, ref Work work)
    {
        long earliest = Clock.Never;
        for (ShapeGroup? group = waiting.Groups.Active; group is not null;)
        {
            ShapeGroup? nextGroup = group.NextActive;
            for (int level = 0; level < ShapeGroup.Levels; level++)
            {
                for (PendingRequest? request = group.FirstOf(level); request is not null;)
                {
                    PendingRequest? next = request.Next;
                    if (request.Deadline <= now)
                    {
                        waiting.Remove(request);
                        counters.Refuse(request, RefusalReason.Deadline, ref work);
                    }
                    else
                    {
                        earliest = Math.Min(earliest, request.Deadline);
                    }

                    request = next;
                }
            }

            group = nextGroup;
        }

        return earliest;
    }

    /// <summary>Refuses everything that waits.</summary>
    public void RefuseAll(RefusalReason reason, ref Work work)
    {
        while (waiting.Groups.Active is ShapeGroup group)
        {
            PendingRequest request = group.First()!;
            waiting.Remove(request);
            counters.Refuse(request, reason, ref work);
        }
    }

    /// <summary>The group whose first request goes first, of those that need not wait for more.</summary>
    /// <param name="pool">The instances.</param>
    /// <param name="hurries">Whether none has to wait.</param>
    /// <param name="now">The time.</param>
    /// <param name="due">When the first of the others is ready, if none is now.</param>
    private ShapeGroup? FindReady(InstancePool pool, bool hurries, long now, out long due)
    {
        ShapeGroup? best = null;
        PendingRequest? first = null;
        due = Clock.Never;
        hurries |= delay.IsNone || waiting.Rows > pool.WaitingLimit;
        for (ShapeGroup? group = waiting.Groups.Active; group is not null; group = group.NextActive)
        {
            if (!hurries && group.WaitingRows < pool.Sizes.Max && group.FirstOf(0) is null)
            {
                long ready = delay.ReadyAt(
                    group.OldestArrival(), group.EarliestDeadline(), group.Latencies.Current(group.WaitingRows), ticksPerSecond / SpareBeforeDeadline);
                if (ready > now)
                {
                    due = Math.Min(due, ready);
                    continue;
                }
            }

            PendingRequest candidate = group.First()!;
            if (first is null || candidate.Level < first.Level || (candidate.Level == first.Level && candidate.Arrived < first.Arrived))
            {
                (best, first) = (group, candidate);
            }
        }

        return best;
    }

    /// <summary>Gives an instance the group's next batch; those that cannot make their deadline any more are refused instead.</summary>
    private void Form(InstancePool pool, ShapeGroup group, Instance instance, long now, ref Work work)
    {
        int count = Collect(group, pool.Sizes.Max, instance.Batch.Requests, now, ref work);
        if (count == 0)
        {
            return;
        }

        int taken = BatchPlan.Choose(_rows.AsSpan(0, count), pool.Sizes);
        Array.Clear(instance.Batch.Requests, taken, count - taken);
        int rows = 0;
        for (int i = 0; i < taken; i++)
        {
            PendingRequest request = instance.Batch.Requests[i];
            waiting.Remove(request);
            counters.BeginRun(request);
            rows += request.Rows;
        }

        pool.Begin(instance, group, taken, rows, now);
        work.Add(instance);
    }

    /// <summary>The requests at the front of a group, until they have as many rows as the largest batch; their rows are noted.</summary>
    private int Collect(ShapeGroup group, int max, PendingRequest[] requests, long now, ref Work work)
    {
        if (_rows.Length < max)
        {
            _rows = new int[max];
        }

        int count = 0;
        int rows = 0;
        for (int level = 0; level < ShapeGroup.Levels && rows < max; level++)
        {
            for (PendingRequest? request = group.FirstOf(level); request is not null && rows < max;)
            {
                PendingRequest? next = request.Next;
                if (request.Deadline < Clock.After(now, group.Latencies.Best(request.Rows)))
                {
                    waiting.Remove(request);
                    counters.Refuse(request, RefusalReason.Deadline, ref work);
                }
                else
                {
                    rows += request.Rows;
                    _rows[count] = request.Rows;
                    requests[count++] = request;
                }

                request = next;
            }

            // What failed in a batch is run alone.
            if (level == 0 && count > 0)
            {
                Array.Clear(requests, 1, count - 1);
                return 1;
            }
        }

        return count;
    }
}
