namespace Pinion.Hosting;

/// <summary>Whether a request is taken on. Pure but for the groups, to which new shapes are added. Under the model's lock.</summary>
internal static class Admission
{
    /// <summary>Instances for which stack memory is used.</summary>
    private const int FewInstances = 128;

    /// <summary>Why a request is not taken on; null to take it on. Finds the request's group.</summary>
    public static RefusalReason? Check(PendingRequest request, WaitingRequests waiting, InstancePool pool, long now)
    {
        if (pool.AreAllOut)
        {
            return RefusalReason.Unavailable;
        }

        request.Group = waiting.Groups.FindOrAdd(request.Shapes);
        bool isIdle = pool.FindIdle() is not null;
        if (waiting.Rows + request.Rows > pool.WaitingLimit && !isIdle)
        {
            return RefusalReason.QueueFull;
        }

        return request.Deadline != Clock.Never && EstimateAnswer(request, waiting.Groups, pool, now, isIdle) > request.Deadline
            ? RefusalReason.Deadline
            : null;
    }

    private static long EstimateAnswer(PendingRequest request, ShapeGroups groups, InstancePool pool, long now, bool isIdle)
    {
        int rowsAhead = request.Group.RowsBefore(request.Level);
        LatencyTable latencies = request.Group.Latencies;
        if (isIdle && rowsAhead == 0 && request.Group.WaitingAlone == 0)
        {
            return now + latencies.Best(request.Rows);
        }

        int max = pool.Sizes.Max;
        Span<long> freeAt = pool.All.Length <= FewInstances ? stackalloc long[pool.All.Length] : new long[pool.All.Length];
        freeAt = freeAt[..FindFree(pool, now, freeAt)];
        for (ShapeGroup? group = groups.Active; group is not null; group = group.NextActive)
        {
            DeadlineEstimate.Add(freeAt, group.WaitingAlone, group.Latencies.Current(1));
            if (!ReferenceEquals(group, request.Group) && group.RowsBefore(request.Level) is > 0 and var rows)
            {
                DeadlineEstimate.Add(freeAt, (rows + max - 1) / max, group.Latencies.Current(Math.Min(rows, max)));
            }
        }

        int last = rowsAhead % max;
        return DeadlineEstimate.AnsweredAt(
            freeAt, rowsAhead, request.Rows, max, latencies.Current(max), latencies.Current(last + request.Rows > max ? request.Rows : last + request.Rows));
    }

    /// <summary>When the instances that work are free, as far as that can be told.</summary>
    /// <returns>How many there are.</returns>
    private static int FindFree(InstancePool pool, long now, Span<long> freeAt)
    {
        int working = 0;
        foreach (Instance instance in pool.All)
        {
            switch (instance.State)
            {
                case InstanceState.Busy:
                    Batch batch = instance.Batch;
                    freeAt[working++] = Math.Max(now, batch.StartedAt + batch.Group.Latencies.Current(batch.Rows));
                    break;
                case InstanceState.Repairing:
                    freeAt[working++] = Math.Max(now, instance.RepairStartedAt + pool.RepairTicks);
                    break;
                case not InstanceState.Out:
                    freeAt[working++] = now;
                    break;
            }
        }

        return working;
    }
}
