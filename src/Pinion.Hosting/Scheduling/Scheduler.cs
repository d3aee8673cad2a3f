using Microsoft.Extensions.Logging;

namespace Pinion.Hosting;

/// <summary>
/// Brings requests and instances together. Everything is decided here, under one short lock, by types that do nothing else; what takes
/// time (copies, runs, answers, repairs, loading) is done outside it, see <see cref="Work"/>. Invariants under the lock: a request is in exactly one
/// group's queue while it waits and in exactly one instance's batch while it runs; no instance is idle while a group is ready to run.
/// </summary>
internal sealed class Scheduler : IRequestOwner, IBatchOwner, IRepairOwner, IModelGauges, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Clock _clock;
    private readonly ILogger _logger;
    private readonly ModelTags _tags;
    private readonly int _failuresBeforeReload;
    private readonly OutputBlockPool _blocks = new();
    private readonly WaitingRequests _waiting = new();
    private readonly Counters _counters = new();
    private readonly Lifetime _lifetime = new();
    private readonly Dispatcher _dispatcher;
    private readonly BatchOutcome _outcome;
    private readonly WakeUp _wakeUp;
    private readonly Answers _answers;
    private readonly BatchRunner _runner;
    private readonly InstanceRepair _repair;
    private readonly VersionLoader _loader;
    private readonly RequestPool _requests;
    private volatile ModelVersion _version;

    /// <summary>Loads the model. Blocks until it is warm.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="settings">How it is served.</param>
    /// <param name="plan">What it is loaded from; this object's where that succeeds.</param>
    /// <param name="version">What results say.</param>
    /// <param name="logger">Told of what happens to it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    public Scheduler(string name, BatchingSettings settings, ServedPlan plan, string version, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        _failuresBeforeReload = settings.FailuresBeforeReload;
        _logger = logger;
        _clock = new Clock(time);
        _tags = new ModelTags(name);
        _dispatcher = new Dispatcher(_waiting, _counters, DelayPolicy.From(settings, _clock), _clock.TicksPerSecond);
        _outcome = new BatchOutcome(_waiting, _counters, _lifetime);
        _answers = new Answers(_tags, _clock, () => Version.Pool.WaitingLimit, () => StateReason);
        _runner = new BatchRunner(this, _clock);
        _repair = new InstanceRepair(this, name, logger, _clock, _lifetime.Closing);
        _loader = new VersionLoader(name, settings, _blocks, _runner.OnCompleted, _lifetime, logger);
        _version = _loader.Load(plan, version, null, cancellationToken);
        _requests = new RequestPool(this, _version.Rules.Inputs.Length);
        _wakeUp = new WakeUp(_clock, OnTimer);
        Learn(_version);
    }

    public string Name => _tags.Name;

    public ModelVersion Version => _version;

    public ModelState State
    {
        get
        {
            lock (_gate)
            {
                InstancePool pool = _version.Pool;
                return _lifetime.IsStopping ? ModelState.Stopped
                    : pool.Out == 0 ? ModelState.Ready
                    : pool.AreAllOut ? ModelState.Unavailable
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
                InstancePool pool = _version.Pool;
                return _lifetime.IsStopping ? "It is being stopped, or has been."
                    : pool.Out == 0 ? null
                    : $"{pool.Out} of {pool.All.Length} instances are out and being loaded anew: {pool.OutReason}";
            }
        }
    }

    public ModelStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                return _counters.Read(_waiting.Count, _lifetime.IsClosed ? 0 : _version.DeviceBytes);
            }
        }
    }

    /// <summary>Takes a request on or refuses it; where an instance is free, its batch is started before this returns.</summary>
    /// <exception cref="ArgumentException">The request does not fit the model.</exception>
    public ValueTask<InferenceResult> Submit(ReadOnlySpan<TensorInput> inputs, in RequestOptions options, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            lock (_gate)
            {
                _counters.Count(Outcome.Cancelled);
            }

            PinionTelemetry.RequestCancelled(_tags, TimeSpan.Zero);
            return ValueTask.FromCanceled<InferenceResult>(cancellationToken);
        }

        PendingRequest request = _requests.Rent();
        try
        {
            _version.Rules.Read(inputs, request);
        }
        catch
        {
            Drop(request);
            throw;
        }

        request.Arrived = _clock.Now;
        request.Deadline = options.Deadline is TimeSpan deadline ? _clock.After(request.Arrived, deadline) : Clock.Never;
        request.Level = ShapeGroup.LevelOf(options.Priority);
        request.CancellationToken = cancellationToken;
        request.Activity = PinionTelemetry.StartInfer(_tags);
        Work work = default;
        if (TryAdmit(request, ref work) is RefusalReason reason)
        {
            RequestRefusedException exception = _answers.Refuse(request, reason, options.Deadline);
            Drop(request);
            return ValueTask.FromException<InferenceResult>(exception);
        }

        // It may be answered from here on, but not given up: only who awaits this does that.
        ValueTask<InferenceResult> task = request.Task;
        Perform(work, inlineLast: false);
        request.Watch(cancellationToken);
        return task;
    }

    public void Recycle(PendingRequest request) => _requests.Return(request);

    /// <summary>What waits is taken out, what runs is marked.</summary>
    public void Cancel(PendingRequest request)
    {
        Work work = default;
        lock (_gate)
        {
            if (request.State == RequestState.Waiting)
            {
                _waiting.Remove(request);
                _counters.End(request, Outcome.Cancelled, ref work);
            }
            else if (request.State == RequestState.Running)
            {
                request.IsCancelled = true;
            }
        }

        Perform(work, inlineLast: false);
    }

    /// <summary>Puts another plan in the place of the present one, which stays if that fails.</summary>
    public Task SwapAsync(PlanSource source, string? name, CancellationToken cancellationToken) =>
        _loader.SwapAsync(source, name, () => _version, TryExchange, cancellationToken);

    /// <summary>Ends when everything that was accepted is answered.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Work work = default;
        lock (_gate)
        {
            _lifetime.Stop();
            Dispatch(_clock.Now, ref work);
        }

        Perform(work, inlineLast: false);
        SignalIfDrained();
        using (cancellationToken.UnsafeRegister(static state => ((Scheduler)state!).EndTime(), this))
        {
            await _lifetime.Drained.ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        EndTime();
        await _lifetime.CancelLoadingAsync().ConfigureAwait(false);
        await _lifetime.Drained.ConfigureAwait(false);
        await _loader.FreeAsync(Close).ConfigureAwait(false);
        await _wakeUp.DisposeAsync().ConfigureAwait(false);
        _blocks.Close();
        _lifetime.Dispose();
    }

    /// <summary>First the instance gets its next batch, then the callers their answers.</summary>
    void IBatchOwner.Completed(Instance instance, in Timings timings)
    {
        Batch batch = instance.Batch;
        BatchStart start = instance.Session.Start;
        int rows = batch.Rows;
        bool isOverdue = instance.Session.IsUpkeepOverdue;
        Work work = default;
        bool upkeep;
        lock (_gate)
        {
            long now = _clock.Now;
            instance.Failures = 0;
            batch.Group.Latencies.Observe(rows, now - batch.StartedAt);
            _outcome.Succeed(batch, ref work);
            Release(instance);
            upkeep = isOverdue && TryBeginUpkeep(instance);
            Dispatch(now, ref work);
            upkeep = upkeep || TryBeginUpkeep(instance);
        }

        if (upkeep)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static work => work.Scheduler.Upkeep(work.Instance), (Scheduler: this, Instance: instance), preferLocal: false);
        }

        PinionTelemetry.BatchDone(_tags, rows, timings, start);
        Perform(work, inlineLast: true);
    }

    /// <summary>Requests whose fault it is fail, the others run again, and nothing else happens.</summary>
    void IBatchOwner.RequestsFailed(Instance instance, Exception exception, int at)
    {
        Batch batch = instance.Batch;
        Work work = default;
        if (at < 0)
        {
            _logger.BatchFailed(exception, Name, batch.Rows, instance.Device, instance.Failures);
        }

        Exception told = exception is BatchNotFollowedException
            ? new PinionException(exception.Message, PinionStatus.InvalidArgument, "infer", innerException: exception)
            : exception;
        lock (_gate)
        {
            long now = _clock.Now;
            WakeAt(_outcome.FailRequests(batch, told, at, ref work), now);
            Release(instance);
            Dispatch(now, ref work);
        }

        Perform(work, inlineLast: false);
    }

    /// <summary>
    /// Requests run again alone, on whichever instance is free first; one that was alone and had failed before gets its exception. The
    /// session is replaced, and its engine with it after several such failures.
    /// </summary>
    void IBatchOwner.RunFailed(Instance instance, Exception exception)
    {
        Batch batch = instance.Batch;
        Work work = default;
        _logger.BatchFailed(exception, Name, batch.Rows, instance.Device, instance.Failures + 1);
        lock (_gate)
        {
            long now = _clock.Now;
            instance.Failures++;
            WakeAt(_outcome.FailRun(batch, exception, ref work), now);
            Release(instance);
            if (instance.State == InstanceState.Idle)
            {
                InstancePool.BeginRepair(instance, now);
                if (instance.Failures >= _failuresBeforeReload)
                {
                    TakeOut(instance, exception, ref work);
                }
            }

            Dispatch(now, ref work);
        }

        Perform(work, inlineLast: false);
        if (instance.State == InstanceState.Repairing)
        {
            _repair.Replace(instance);
        }
        else if (instance.State == InstanceState.Out)
        {
            _ = _repair.Reload(instance, exception);
        }
    }

    bool IRepairOwner.IsNeeded(Instance instance) => IsServed(instance);

    Task IRepairOwner.NotNeeded(Instance instance) => instance.Version.Retired;

    void IRepairOwner.Reopen(Instance instance, CancellationToken cancellationToken) => ModelVersion.Reopen(instance, cancellationToken);

    void IRepairOwner.Reload(Instance instance, CancellationToken cancellationToken)
    {
        instance.Version.Reload(instance, cancellationToken);
        lock (_gate)
        {
            _counters.CountReload();
            instance.Failures = 0;
        }
    }

    void IRepairOwner.TakeOut(Instance instance, Exception reason)
    {
        Work work = default;
        lock (_gate)
        {
            // After a swap it goes anyway.
            if (IsServed(instance) && !_lifetime.IsClosed)
            {
                TakeOut(instance, reason, ref work);
            }
        }

        Perform(work, inlineLast: false);
    }

    void IRepairOwner.StillOut(Instance instance, Exception reason)
    {
        lock (_gate)
        {
            instance.Version.Pool.OutReason = reason.Message;
        }
    }

    void IRepairOwner.PutBack(Instance instance, long? repairTicks)
    {
        Work work = default;
        lock (_gate)
        {
            InstancePool pool = instance.Version.Pool;
            pool.RepairTicks = repairTicks ?? pool.RepairTicks;
            pool.PutBack(instance);
            CloseIfNotNeeded(instance);
            Dispatch(_clock.Now, ref work);
        }

        Perform(work, inlineLast: false);
    }

    /// <summary>Under the lock: takes an idle instance that has something to do beside batches.</summary>
    private static bool TryBeginUpkeep(Instance instance)
    {
        if (instance.State != InstanceState.Idle || !instance.Session.HasUpkeep)
        {
            return false;
        }

        instance.State = InstanceState.Upkeep;
        return true;
    }

    /// <summary>What an instance in <see cref="InstanceState.Upkeep"/> has to do, until there is nothing left or a batch for it.</summary>
    private void Upkeep(Instance instance)
    {
        bool again;
        do
        {
            try
            {
                instance.Session.Upkeep();
            }
            catch (Exception e)
            {
                _logger.ShapesStayPlain(e, Name, instance.Device);
                if (e is PinionException { Status: PinionStatus.Cuda or PinionStatus.Internal })
                {
                    lock (_gate)
                    {
                        InstancePool.BeginRepair(instance, _clock.Now);
                    }

                    _repair.Replace(instance);
                    return;
                }
            }

            Work work = default;
            lock (_gate)
            {
                instance.Version.Pool.PutBack(instance);
                CloseIfNotNeeded(instance);
                Dispatch(_clock.Now, ref work);
                again = TryBeginUpkeep(instance);
            }

            Perform(work, inlineLast: false);
        }
        while (again);
    }

    private bool IsServed(Instance instance) => ReferenceEquals(instance.Version, _version);

    private void OnTimer()
    {
        Work work = default;
        lock (_gate)
        {
            long now = _clock.Now;
            _wakeUp.Fired();
            WakeAt(_dispatcher.RefuseExpired(now, ref work), now);
            Dispatch(now, ref work);
        }

        Perform(work, inlineLast: false);
    }

    /// <summary>Lets go of a request whose task was never given out.</summary>
    private void Drop(PendingRequest request)
    {
        request.Clear();
        _requests.Return(request);
    }

    private RefusalReason? TryAdmit(PendingRequest request, ref Work work)
    {
        lock (_gate)
        {
            RefusalReason? reason = _lifetime.IsStopping
                ? RefusalReason.Stopping
                : Admission.Check(request, _waiting, _version.Pool, request.Arrived);
            if (reason is not null)
            {
                _counters.Count(Outcome.Refused);
                return reason;
            }

            _waiting.Add(request);
            Dispatch(request.Arrived, ref work);
            WakeAt(request.State == RequestState.Waiting ? request.Deadline : Clock.Never, request.Arrived);
            return null;
        }
    }

    /// <summary>Under the lock. To be called whenever a request or an instance has become free for the other.</summary>
    private void Dispatch(long now, ref Work work) => WakeAt(_dispatcher.Dispatch(_version.Pool, _lifetime.IsStopping, now, ref work), now);

    /// <summary>Under the lock.</summary>
    private void WakeAt(long due, long now)
    {
        if (due != Clock.Never && !_lifetime.IsClosed)
        {
            _wakeUp.At(due, now);
        }
    }

    /// <summary>Under the lock: a batch is off the instance.</summary>
    private void Release(Instance instance)
    {
        instance.Version.Pool.End(instance);
        CloseIfNotNeeded(instance);
    }

    /// <summary>Under the lock: an idle instance is ready for a batch, or goes if its version does.</summary>
    private void CloseIfNotNeeded(Instance instance)
    {
        if (_lifetime.IsClosed || !IsServed(instance))
        {
            ModelVersion.Close(instance);
        }
    }

    /// <summary>Under the lock. With the last instance, what waits is refused: nobody knows when it could run.</summary>
    private void TakeOut(Instance instance, Exception reason, ref Work work)
    {
        InstancePool pool = instance.Version.Pool;
        pool.TakeOut(instance, reason.Message);
        if (pool.AreAllOut)
        {
            _dispatcher.RefuseAll(RefusalReason.Unavailable, ref work);
        }
    }

    /// <summary>There is no time left: what waits is refused, what runs is finished.</summary>
    private void EndTime()
    {
        Work work = default;
        lock (_gate)
        {
            _lifetime.EndTime();
            _dispatcher.RefuseAll(RefusalReason.Stopping, ref work);
        }

        Perform(work, inlineLast: false);
        SignalIfDrained();
    }

    /// <summary>Retires the version being served, once.</summary>
    private ModelVersion Close()
    {
        lock (_gate)
        {
            if (_lifetime.TryClose())
            {
                _version.Retire();
            }

            return _version;
        }
    }

    private void SignalIfDrained()
    {
        lock (_gate)
        {
            _lifetime.SignalIfDrained(_waiting.Count + _counters.Running);
        }
    }

    /// <summary>Does outside the lock what was decided under it.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="inlineLast">Whether the last caller may go on on this thread, which has nothing else to do.</param>
    private void Perform(in Work work, bool inlineLast)
    {
        // Before the answers: a caller that goes on here may be who waits for it.
        if (work.Answer is not null && _lifetime.IsStopping)
        {
            SignalIfDrained();
        }

        for (Instance? instance = work.Start; instance is not null;)
        {
            Instance? next = instance.NextToStart;
            _runner.Start(instance);
            instance = next;
        }

        for (PendingRequest? request = work.Answer; request is not null;)
        {
            PendingRequest? next = request.Next;
            _answers.Give(request, inlineLast && next is null);
            request = next;
        }
    }

    /// <summary>From here on the new version takes the batches. What the old one runs is finished, then it goes.</summary>
    private bool TryExchange(ModelVersion old, ModelVersion next)
    {
        Work work = default;
        lock (_gate)
        {
            if (_lifetime.IsStopping)
            {
                return false;
            }

            _version = next;
            Learn(next);
            old.Retire();
            Dispatch(_clock.Now, ref work);
        }

        Perform(work, inlineLast: false);
        return true;
    }

    /// <summary>Takes over what a version has measured.</summary>
    private void Learn(ModelVersion version) => _waiting.Groups.Update(
        version.Rules.WarmKeys, [.. version.Seconds.Select(byRows => new LatencyTable([.. byRows.Select(s => (long)(s * _clock.TicksPerSecond))]))]);
}
