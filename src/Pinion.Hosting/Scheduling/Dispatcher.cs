namespace Pinion.Hosting.Batching;

/// <summary>Who runs next, and who is not taken on. Under the lock but for the timer.</summary>
internal sealed partial class Scheduler
{
    /// <summary>Rows that stack memory is used for.</summary>
    private const int FewInstances = 128;

    /// <summary>The part of a second that a batch which waits to fill keeps free before the first deadline in it: 10 ms.</summary>
    private const int SpareBeforeDeadline = 100;

    /// <summary>Why not; null to take it on. Finds the request's group.</summary>
    private RefusalReason? Admit(PendingRequest request, long now)
    {
        if (_isStopping)
        {
            return RefusalReason.Stopping;
        }

        if (_out == _set.Instances.Length)
        {
            return RefusalReason.Unavailable;
        }

        request.Group = _groups.FindOrAdd(request.Shapes);
        bool isIdle = FindIdle() is not null;
        if (_waitingRows + request.Rows > _set.WaitingLimit && !isIdle)
        {
            return RefusalReason.QueueFull;
        }

        return request.Deadline != long.MaxValue && EstimateAnswer(request, now, isIdle) > request.Deadline ? RefusalReason.Deadline : null;
    }

    private long EstimateAnswer(PendingRequest request, long now, bool isIdle)
    {
        int rowsAhead = request.Group.RowsBefore(request.Level);
        LatencyTable latencies = request.Group.Latencies;
        if (isIdle && rowsAhead == 0 && request.Group.WaitingAlone == 0)
        {
            return now + latencies.Best(request.Rows);
        }

        int max = _set.Layout.Sizes.Max;
        Instance[] instances = _set.Instances;
        Span<long> freeAt = instances.Length <= FewInstances ? stackalloc long[instances.Length] : new long[instances.Length];
        int working = 0;
        foreach (Instance instance in instances)
        {
            if (instance.State is InstanceState.Busy)
            {
                freeAt[working++] = Math.Max(now, instance.StartedAt + instance.Group.Latencies.Current(instance.Rows));
            }
            else if (instance.State is InstanceState.Repairing)
            {
                freeAt[working++] = Math.Max(now, instance.StartedAt + _repairTicks);
            }
            else if (instance.State is not InstanceState.Out)
            {
                freeAt[working++] = now;
            }
        }

        freeAt = freeAt[..working];
        for (ShapeGroup? group = _groups.Active; group is not null; group = group.NextActive)
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

    /// <summary>Gives batches to idle instances as long as there are both. Without instances or delay this is a few comparisons.</summary>
    private void Dispatch(long now, ref Work work)
    {
        while (_waiting > 0 && FindIdle() is Instance instance)
        {
            if (FindReady(now, out long due) is not ShapeGroup group)
            {
                WakeAt(due, now);
                return;
            }

            Form(group, instance, now, ref work);
        }
    }

    /// <summary>An idle instance of the device with the fewest at work.</summary>
    private Instance? FindIdle()
    {
        Instance? best = null;
        int[] busy = _set.Busy;
        foreach (Instance instance in _set.Instances)
        {
            if (instance.State == InstanceState.Idle && (best is null || busy[instance.Place] < busy[best.Place]))
            {
                best = instance;
            }
        }

        return best;
    }

    /// <summary>The group whose first request goes first, of those that need not wait for more.</summary>
    /// <param name="now">The time.</param>
    /// <param name="due">When the first of the others is ready, if none is now.</param>
    private ShapeGroup? FindReady(long now, out long due)
    {
        ShapeGroup? best = null;
        PendingRequest? first = null;
        due = long.MaxValue;
        bool hurries = _delay.IsNone || _isStopping || _waitingRows > _set.WaitingLimit;
        int max = _set.Layout.Sizes.Max;
        for (ShapeGroup? group = _groups.Active; group is not null; group = group.NextActive)
        {
            if (!hurries && group.WaitingRows < max && group.FirstOf(0) is null)
            {
                long ready = _delay.ReadyAt(
                    group.OldestArrival(), group.EarliestDeadline(), group.Latencies.Current(group.WaitingRows), _time.TimestampFrequency / SpareBeforeDeadline);
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
    private void Form(ShapeGroup group, Instance instance, long now, ref Work work)
    {
        int max = _set.Layout.Sizes.Max;
        if (_rowsScratch.Length < max)
        {
            _rowsScratch = new int[max];
        }

        int count = 0;
        int rows = 0;
        for (int level = 0; level < ShapeGroup.Levels && rows < max; level++)
        {
            for (PendingRequest? request = group.FirstOf(level); request is not null && rows < max;)
            {
                PendingRequest? next = request.Next;
                if (request.Deadline < AddSaturating(now, group.Latencies.Best(request.Rows)))
                {
                    Dequeue(request);
                    RefuseWaiting(request, RefusalReason.Deadline, ref work);
                }
                else
                {
                    rows += request.Rows;
                    _rowsScratch[count] = request.Rows;
                    instance.Batch[count++] = request;
                }

                request = next;
            }

            // What failed in a batch is run alone.
            if (level == 0 && count > 0)
            {
                count = 1;
                break;
            }
        }

        int taken = count == 0 ? 0 : BatchPlan.Choose(_rowsScratch.AsSpan(0, count), _set.Layout.Sizes);
        Array.Clear(instance.Batch, taken, count - taken);
        if (taken > 0)
        {
            Take(group, instance, taken, now);
            work.Add(instance);
        }
    }

    private void Take(ShapeGroup group, Instance instance, int count, long now)
    {
        int rows = 0;
        for (int i = 0; i < count; i++)
        {
            PendingRequest request = instance.Batch[i];
            Dequeue(request);
            request.State = RequestState.Running;
            group.Users++;
            rows += request.Rows;
        }

        _running += count;
        (instance.State, instance.Group, instance.Count, instance.Rows, instance.StartedAt) = (InstanceState.Busy, group, count, rows, now);
        _set.Busy[instance.Place]++;
    }

    private void RefuseWaiting(PendingRequest request, RefusalReason reason, ref Work work)
    {
        if (request.Failure is Exception failure)
        {
            // It did run, and that is what its caller has to know.
            (request.Error, request.Outcome) = (failure, Outcome.Failed);
        }
        else
        {
            (request.Outcome, request.Reason) = (Outcome.Refused, reason);
        }

        Answered(request, ref work);
    }

    private static long AddSaturating(long now, long ticks) => now > long.MaxValue - ticks ? long.MaxValue : now + ticks;

    private void WakeForDeadline(PendingRequest request, long now)
    {
        if (request.Deadline != long.MaxValue && request.State == RequestState.Waiting)
        {
            WakeAt(request.Deadline, now);
        }
    }

    /// <summary>Timers count whole milliseconds: the next one after the time.</summary>
    private void WakeAt(long due, long now)
    {
        if (due < _timerDue && !_isClosed)
        {
            _timerDue = due;
            double milliseconds = Math.Ceiling((due - now) * 1000.0 / _time.TimestampFrequency);
            _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 1, int.MaxValue)), Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        Work work = default;
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            _timerDue = long.MaxValue;
            RefuseExpired(now, ref work);
            Dispatch(now, ref work);
        }

        Perform(work, inlineLast: false);
    }

    private void RefuseExpired(long now, ref Work work)
    {
        long earliest = long.MaxValue;
        for (ShapeGroup? group = _groups.Active; group is not null;)
        {
            ShapeGroup? nextGroup = group.NextActive;
            for (int level = 0; level < ShapeGroup.Levels; level++)
            {
                for (PendingRequest? request = group.FirstOf(level); request is not null;)
                {
                    PendingRequest? next = request.Next;
                    if (request.Deadline <= now)
                    {
                        Dequeue(request);
                        RefuseWaiting(request, RefusalReason.Deadline, ref work);
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

        if (earliest != long.MaxValue)
        {
            WakeAt(earliest, now);
        }
    }
}
