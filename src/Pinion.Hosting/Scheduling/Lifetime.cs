using Microsoft.Extensions.Logging;

namespace Pinion.Hosting.Batching;

/// <summary>Load, swap, stop, free.</summary>
internal sealed partial class Scheduler
{
    private readonly SemaphoreSlim _swapping = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Over once the plan before the present one is freed.</summary>
    private Task _previousFreed = Task.CompletedTask;
    /// <summary>The time to finish is over: what fails now is not run again.</summary>
    private bool _refusesWaiting;
    private bool _isStopping;
    private bool _isClosed;

    public ModelState State
    {
        get
        {
            lock (_gate)
            {
                return _isStopping ? ModelState.Stopped
                    : _out == 0 ? ModelState.Ready
                    : _out == _set.Instances.Length ? ModelState.Unavailable
                    : ModelState.Degraded;
            }
        }
    }

    public string? StateReason
    {
        get
        {
            lock (_gate)
            {
                return _isStopping ? "It is being stopped, or has been."
                    : _out == 0 ? null
                    : $"{_out} of {_set.Instances.Length} instances are out and being loaded anew: {_outReason}";
            }
        }
    }

    /// <summary>Blocks until the model is warm.</summary>
    public static Scheduler Load(string name, ModelOptions options, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        var settings = BatchingSettings.From(options);
        var scheduler = new Scheduler(name, settings, logger, time);
        try
        {
            scheduler.Begin(scheduler.LoadSet(options.Plan, options.Version, null, cancellationToken));
            return scheduler;
        }
        catch
        {
            scheduler._timer.Dispose();
            throw;
        }
    }

    public async Task SwapAsync(string plan, string? version, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(plan);
        await _swapping.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            InstanceSet old = _set;
            ThrowIfStopping();

            // The device holds two at most.
            await _previousFreed.WaitAsync(cancellationToken).ConfigureAwait(false);
            InstanceSet next = await LoadNextAsync(plan, version ?? old.Version, old.Layout, cancellationToken).ConfigureAwait(false);
            if (!TryExchange(old, next))
            {
                next.Close();
                ThrowIfStopping();
            }

            _logger.Swapped(_name, old.Version, next.Version);
        }
        finally
        {
            _swapping.Release();
        }
    }

    /// <summary>Ends when everything that was accepted is answered.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Work work = default;
        lock (_gate)
        {
            _isStopping = true;
            Dispatch(_time.GetTimestamp(), ref work);
            SignalIfDrained();
        }

        Perform(work, inlineLast: false);
        using (cancellationToken.UnsafeRegister(static state => ((Scheduler)state!).RefuseWaiting(), this))
        {
            await _drained.Task.ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isStopping = true;
            SignalIfDrained();
        }

        RefuseWaiting();
        if (!_closing.IsCancellationRequested)
        {
            await _closing.CancelAsync().ConfigureAwait(false);
        }

        await _drained.Task.ConfigureAwait(false);
        await _swapping.WaitAsync().ConfigureAwait(false);
        try
        {
            lock (_gate)
            {
                if (!_isClosed)
                {
                    _isClosed = true;
                    Retire(_set);
                }
            }

            await _previousFreed.ConfigureAwait(false);
            await _set.Freed.Task.ConfigureAwait(false);
        }
        finally
        {
            _swapping.Release();
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        _blocks.Close();
    }

    private async Task<InstanceSet> LoadNextAsync(string plan, string version, ModelLayout old, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            return await Task.Run(() => LoadSet(plan, version, old, either.Token), either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            ThrowIfStopping();
            throw;
        }
    }

    private InstanceSet LoadSet(string plan, string version, ModelLayout? old, CancellationToken cancellationToken)
    {
        var set = InstanceSet.Load(plan, version, _settings, _blocks, OnCompleted, old, cancellationToken);
        _logger.Loaded(_name, version, set.Instances.Length, set.Layout.IsBatched ? set.Layout.Sizes.Max : 0);
        if (set.Layout.WhyNotBatched is string reason)
        {
            _logger.NotBatched(_name, reason);
        }

        return set;
    }

    private void Begin(InstanceSet set)
    {
        _requests = new RequestPool(this, set.Layout.Inputs.Length);
        lock (_gate)
        {
            Use(set);
        }
    }

    private void Use(InstanceSet set)
    {
        _set = set;
        set.Open = set.Instances.Length;
        _out = 0;
        _groups.Update(set.Layout, [.. set.Seconds.Select(byRows => new LatencyTable([.. byRows.Select(s => (long)(s * _time.TimestampFrequency))]))]);
    }

    /// <summary>From here on the new plan takes the batches. What the old one runs is finished, then it goes.</summary>
    private bool TryExchange(InstanceSet old, InstanceSet next)
    {
        Work work = default;
        lock (_gate)
        {
            if (_isStopping)
            {
                return false;
            }

            Use(next);
            Retire(old);
            _previousFreed = old.Freed.Task;
            Dispatch(_time.GetTimestamp(), ref work);
        }

        Perform(work, inlineLast: false);
        return true;
    }

    /// <summary>Idle instances go at once, the others when they are done.</summary>
    private void Retire(InstanceSet set)
    {
        set.Retired.TrySetResult();
        foreach (Instance instance in set.Instances)
        {
            if (instance.State == InstanceState.Idle)
            {
                Close(instance);
            }
        }
    }

    /// <summary>Under the lock: the instance is ready for a batch, or goes if it is not needed any more.</summary>
    private void MakeIdle(Instance instance)
    {
        instance.State = InstanceState.Idle;
        if (_isClosed || !ReferenceEquals(instance.Set, _set))
        {
            Close(instance);
        }
    }

    /// <summary>Freeing takes a while, and no lock.</summary>
    private void Close(Instance instance)
    {
        instance.State = InstanceState.Closed;
        ThreadPool.UnsafeQueueUserWorkItem(static work => work.Scheduler.Free(work.Instance), (Scheduler: this, Instance: instance), preferLocal: false);
    }

    private void Free(Instance instance)
    {
        instance.Close();
        lock (_gate)
        {
            if (--instance.Set.Open == 0)
            {
                instance.Set.Freed.TrySetResult();
            }
        }
    }

    private void SignalIfDrained()
    {
        if (_isStopping && _waiting == 0 && _running == 0)
        {
            _drained.TrySetResult();
        }
    }

    private void RefuseWaiting()
    {
        Work work = default;
        lock (_gate)
        {
            _refusesWaiting = true;
            RefuseAll(RefusalReason.Stopping, ref work);
        }

        Perform(work, inlineLast: false);
    }

    private void ThrowIfStopping()
    {
        lock (_gate)
        {
            if (_isStopping)
            {
                throw new InvalidOperationException($"Model '{_name}' is being stopped, or has been: load it anew.");
            }
        }
    }
}
