namespace Pinion.Hosting.Batching;

/// <summary>What happens to requests and instances when a run fails.</summary>
internal sealed partial class Scheduler
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>Instances of the present set that are out.</summary>
    private int _out;
    private string? _outReason;

    /// <summary>How long the latest replacement of a session took.</summary>
    private long _repairTicks;

    /// <summary>A batch cannot be run on a session that works: requests of it fail, others of it run again, and nothing else happens.</summary>
    /// <param name="instance">What has the batch.</param>
    /// <param name="exception">Why.</param>
    /// <param name="at">The request whose memory could not be read; negative where it is the whole batch, all of one group.</param>
    private void FailRequests(Instance instance, Exception exception, int at)
    {
        Work work = default;
        if (at < 0)
        {
            _logger.BatchFailed(exception, _name, instance.Rows, instance.Device, instance.Failures);
        }

        Exception told = exception is BatchNotFollowedException
            ? new PinionException(exception.Message, PinionStatus.InvalidArgument, "infer", innerException: exception)
            : exception;
        lock (_gate)
        {
            for (int i = 0; i < instance.Count; i++)
            {
                bool isAtFault = at < 0 || i == at;
                instance.Batch[i].Error = isAtFault ? told : null;
                EndFailedRun(instance.Batch[i], mayRunAgain: !isAtFault, ref work);
            }

            GiveBack(instance);
            Dispatch(_time.GetTimestamp(), ref work);
        }

        Perform(work, inlineLast: false);
    }

    /// <summary>
    /// A run failed, on a thread of the pool. Its requests run again alone, on whichever instance is free first; one that was alone
    /// and had failed before gets its exception. The contexts refuse everything from now on, so the session is replaced.
    /// </summary>
    private void Fail(Instance instance, Exception exception)
    {
        Work work = default;
        _logger.BatchFailed(exception, _name, instance.Rows, instance.Device, instance.Failures + 1);
        lock (_gate)
        {
            instance.Failures++;
            for (int i = 0; i < instance.Count; i++)
            {
                PendingRequest request = instance.Batch[i];
                bool mayRunAgain = request.Failure is null;
                request.Failure = exception;
                request.Error = exception;
                EndFailedRun(request, mayRunAgain, ref work);
            }

            GiveBack(instance);
            if (instance.State == InstanceState.Idle)
            {
                (instance.State, instance.StartedAt) = (InstanceState.Repairing, _time.GetTimestamp());
                if (instance.Failures >= _settings.FailuresBeforeReload)
                {
                    TakeOut(instance, exception, ref work);
                }
            }

            Dispatch(_time.GetTimestamp(), ref work);
        }

        Perform(work, inlineLast: false);
        if (instance.State == InstanceState.Repairing)
        {
            Repair(instance);
        }
        else if (instance.State == InstanceState.Out)
        {
            _logger.InstanceOut(_name, instance.Device, exception.Message);
            _ = ReloadAsync(instance);
        }
    }

    private void EndFailedRun(PendingRequest request, bool mayRunAgain, ref Work work)
    {
        EndRunning(request);
        if (request.IsCancelled)
        {
            request.Outcome = Outcome.Cancelled;
            Answered(request, ref work);
        }
        else if (mayRunAgain && !_refusesWaiting)
        {
            request.Error = null;
            request.Level = 0;
            Enqueue(request);
            WakeForDeadline(request, _time.GetTimestamp());
        }
        else if ((request.Error ?? request.Failure) is null)
        {
            // Another's memory spoilt the batch, and there is no time left to run it again.
            RefuseWaiting(request, RefusalReason.Stopping, ref work);
        }
        else
        {
            request.Outcome = Outcome.Failed;
            request.Error ??= request.Failure;
            Answered(request, ref work);
        }
    }

    /// <summary>Under the lock. With the last instance, what waits is refused: nobody knows when it could run.</summary>
    private void TakeOut(Instance instance, Exception exception, ref Work work)
    {
        instance.State = InstanceState.Out;
        _out++;
        _outReason = exception.Message;
        if (_out == _set.Instances.Length)
        {
            RefuseAll(RefusalReason.Unavailable, ref work);
        }
    }

    private void RefuseAll(RefusalReason reason, ref Work work)
    {
        while (_groups.Active is ShapeGroup group)
        {
            PendingRequest request = group.First()!;
            Dequeue(request);
            RefuseWaiting(request, reason, ref work);
        }
    }

    /// <summary>Replaces the session, on a thread of the pool; the instance is nobody else's meanwhile.</summary>
    private void Repair(Instance instance)
    {
        try
        {
            instance.CloseSession();
            instance.Open(_closing.Token);
            Volatile.Write(ref _repairTicks, _time.GetTimestamp() - instance.StartedAt);
        }
        catch (Exception e)
        {
            Work work = default;
            lock (_gate)
            {
                // After a swap it goes anyway.
                if (ReferenceEquals(instance.Set, _set) && !_isClosed)
                {
                    TakeOut(instance, e, ref work);
                }
            }

            Perform(work, inlineLast: false);
            _logger.InstanceOut(_name, instance.Device, e.Message);
            _ = ReloadAsync(instance);
            return;
        }

        PutBack(instance);
    }

    /// <summary>Until it works, or is not needed any more.</summary>
    private async Task ReloadAsync(Instance instance)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        TimeSpan wait = ShortestWait;
        while (ReferenceEquals(instance.Set, _set) && !_closing.IsCancellationRequested)
        {
            try
            {
                instance.CloseSession();
                instance.Set.Reload(instance, _closing.Token);
                lock (_gate)
                {
                    _reloads++;
                    instance.Failures = 0;
                }

                _logger.InstanceBack(_name, instance.Device);
                break;
            }
            catch (Exception e) when (!_closing.IsCancellationRequested)
            {
                _logger.ReloadFailed(e, _name, instance.Device, wait);
                lock (_gate)
                {
                    _outReason = e.Message;
                }
            }
            catch (Exception)
            {
                // Whatever it is, it has lost its meaning: the model is being freed.
                break;
            }

            await Task.WhenAny(Task.Delay(wait, _time, _closing.Token), instance.Set.Retired.Task).ConfigureAwait(false);
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }

        PutBack(instance);
    }

    private void PutBack(Instance instance)
    {
        Work work = default;
        lock (_gate)
        {
            if (instance.State == InstanceState.Out && ReferenceEquals(instance.Set, _set))
            {
                _out--;
            }

            MakeIdle(instance);
            Dispatch(_time.GetTimestamp(), ref work);
        }

        Perform(work, inlineLast: false);
    }
}
