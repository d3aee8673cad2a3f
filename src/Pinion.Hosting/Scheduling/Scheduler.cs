using Microsoft.Extensions.Logging;

namespace Pinion.Hosting.Batching;

/// <summary>
/// Brings requests and instances together. One short lock; what takes time (copies, starts, answers) happens outside it, see
/// <see cref="Work"/>. Invariants under the lock: a request is in exactly one group's queue while it waits and in exactly one
/// instance's batch while it runs; no instance is idle while a group is ready to run.
/// </summary>
internal sealed partial class Scheduler : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly ModelTags _tags;
    private readonly BatchingSettings _settings;
    private readonly DelayPolicy _delay;
    private readonly OutputBlockPool _blocks = new();
    private readonly ShapeGroups _groups = new();
    private readonly ITimer _timer;
    private RequestPool _requests = null!;
    private volatile InstanceSet _set = null!;
    private int[] _rowsScratch = [];
    private long _timerDue = long.MaxValue;
    private int _waiting;
    private int _waitingRows;
    private int _running;

    private Scheduler(string name, BatchingSettings settings, ILogger logger, TimeProvider time)
    {
        (_name, _settings, _logger, _time) = (name, settings, logger, time);
        _tags = new ModelTags(name);
        _delay = new DelayPolicy(Ticks(settings.MaxDelay), settings.LatencyTarget is TimeSpan target ? Ticks(target) : -1);
        _timer = time.CreateTimer(static state => ((Scheduler)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Name => _name;

    public InstanceSet Set => _set;

    /// <summary>Takes a request on or refuses it; where an instance is free, its batch is started before this returns.</summary>
    /// <exception cref="ArgumentException">The request does not fit the model.</exception>
    public ValueTask<InferenceResult> Submit(ReadOnlySpan<TensorInput> inputs, in RequestOptions options, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            CountCancelled();
            return ValueTask.FromCanceled<InferenceResult>(cancellationToken);
        }

        PendingRequest request = _requests.Rent();
        try
        {
            _set.Layout.Read(inputs, request);
        }
        catch
        {
            request.Clear();
            _requests.Return(request);
            throw;
        }

        long now = _time.GetTimestamp();
        request.Arrived = now;
        request.Deadline = options.Deadline is TimeSpan deadline ? AddSaturating(now, deadline) : long.MaxValue;
        request.Level = ShapeGroup.LevelOf(options.Priority);
        request.CancellationToken = cancellationToken;
        request.Activity = PinionTelemetry.StartInfer(_tags);
        Work work = default;
        RefusalReason? reason;
        lock (_gate)
        {
            reason = Admit(request, now);
            if (reason is null)
            {
                Enqueue(request);
                Dispatch(now, ref work);
                WakeForDeadline(request, now);
            }
            else
            {
                _refused++;
            }
        }

        if (reason is RefusalReason refusal)
        {
            RequestRefusedException exception = Refuse(refusal, _time.GetElapsedTime(now), options.Deadline);
            PinionTelemetry.EndInfer(request.Activity, _tags.Refused(refusal), 0, exception);
            request.Clear();
            _requests.Return(request);
            return ValueTask.FromException<InferenceResult>(exception);
        }

        // It may be answered from here on, but not given up: only who awaits this does that.
        ValueTask<InferenceResult> task = request.Task;
        Perform(work, inlineLast: false);
        request.Watch(cancellationToken);
        return task;
    }

    /// <summary>A request's caller has taken its answer.</summary>
    public void Recycle(PendingRequest request) => _requests.Return(request);

    /// <summary>Its caller gives up: what waits is taken out, what runs is marked.</summary>
    public void Cancel(PendingRequest request)
    {
        Work work = default;
        lock (_gate)
        {
            if (request.State == RequestState.Waiting)
            {
                Dequeue(request);
                request.Outcome = Outcome.Cancelled;
                Answered(request, ref work);
            }
            else if (request.State == RequestState.Running)
            {
                request.IsCancelled = true;
            }
        }

        Perform(work, inlineLast: false);
    }

    private long Ticks(TimeSpan span) => (long)Math.Min(span.TotalSeconds * _time.TimestampFrequency, long.MaxValue / 4.0);

    private long AddSaturating(long now, TimeSpan span) => Ticks(span) is long ticks && ticks >= long.MaxValue / 4 ? long.MaxValue : now + ticks;

    private void Enqueue(PendingRequest request)
    {
        ShapeGroup group = request.Group;
        request.State = RequestState.Waiting;
        if (group.Waiting == 0)
        {
            _groups.Activate(group);
        }

        group.Add(request);
        group.Users++;
        _waiting++;
        _waitingRows += request.Rows;
    }

    private void Dequeue(PendingRequest request)
    {
        ShapeGroup group = request.Group;
        group.Remove(request);
        group.Users--;
        if (group.Waiting == 0)
        {
            _groups.Deactivate(group);
        }

        _waiting--;
        _waitingRows -= request.Rows;
    }

    /// <summary>The one place where a request ends. It is in no queue and no batch.</summary>
    private void Answered(PendingRequest request, ref Work work)
    {
        request.State = RequestState.Answered;
        switch (request.Outcome)
        {
            case Outcome.Succeeded:
                _succeeded++;
                break;
            case Outcome.Failed:
                _failed++;
                break;
            case Outcome.Refused:
                _refused++;
                break;
            default:
                _cancelled++;
                break;
        }

        work.Add(request);
        SignalIfDrained();
    }

    /// <summary>Does outside the lock what was decided under it.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="inlineLast">Whether the last caller may go on on this thread, which has nothing else to do.</param>
    private void Perform(in Work work, bool inlineLast)
    {
        for (Instance? instance = work.Start; instance is not null;)
        {
            Instance? next = instance.NextToStart;
            StartBatch(instance);
            instance = next;
        }

        for (PendingRequest? request = work.Answer; request is not null;)
        {
            PendingRequest? next = request.Next;
            Answer(request, inlineLast && next is null);
            request = next;
        }
    }

    private void StartBatch(Instance instance)
    {
        if (instance.IsReady())
        {
            FillAndRun(instance);
        }
        else
        {
            // Milliseconds of set-up are nothing for a caller's thread.
            ThreadPool.UnsafeQueueUserWorkItem(static work => work.Scheduler.PrepareAndRun(work.Instance), (Scheduler: this, Instance: instance), preferLocal: false);
        }
    }

    private void PrepareAndRun(Instance instance)
    {
        try
        {
            instance.Prepare(instance.Group.Key, instance.Rows, isWarm: false);
            instance.IsReady();

            // Set-up is no part of the latency that is learnt.
            instance.StartedAt = _time.GetTimestamp();
        }
        catch (Exception e) when (e is not PinionException { Status: PinionStatus.Cuda or PinionStatus.Internal })
        {
            // Shapes that do not go together, or no memory for one more: the session is as it was.
            FailRequests(instance, e, at: -1);
            return;
        }
        catch (Exception e)
        {
            Fail(instance, e);
            return;
        }

        FillAndRun(instance);
    }

    private void FillAndRun(Instance instance)
    {
        long now = _time.GetTimestamp();
        for (int i = 0; i < instance.Count; i++)
        {
            instance.Batch[i].FillStarted = now;
        }

        try
        {
            instance.Fill();
        }
        catch (Exception e)
        {
            // Somewhere else, so that a row of bad requests cannot pile up on this stack.
            ThreadPool.UnsafeQueueUserWorkItem(
                static work => work.Scheduler.FailRequests(work.Instance, work.Exception, work.Instance.Filling), (Scheduler: this, Instance: instance, Exception: e), preferLocal: false);
            return;
        }

        try
        {
            instance.Run();
        }
        catch (Exception e)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static work => work.Scheduler.Fail(work.Instance, work.Exception), (Scheduler: this, Instance: instance, Exception: e), preferLocal: false);
        }
    }

    /// <summary>A batch is over, on a thread of the pool. First the instance gets its next, then the callers their answers.</summary>
    private void OnCompleted(Instance instance)
    {
        Timings timings;
        try
        {
            instance.EndRun();
            timings = instance.Timings;
        }
        catch (Exception e)
        {
            Fail(instance, e);
            return;
        }

        long done = _time.GetTimestamp();
        BatchStart start = instance.Start;
        int rows = instance.Rows;
        CopyOut(instance, done, timings);
        Work work = default;
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            _batches++;
            _rows += rows;
            instance.Failures = 0;
            instance.Group.Latencies.Observe(rows, now - instance.StartedAt);
            for (int i = 0; i < instance.Count; i++)
            {
                PendingRequest request = instance.Batch[i];

                // The token is asked as well: the thread that submits a request may run it before it listens for a cancellation.
                bool isCancelled = request.IsCancelled || request.CancellationToken.IsCancellationRequested;
                request.Outcome = isCancelled ? Outcome.Cancelled : request.Error is null ? Outcome.Succeeded : Outcome.Failed;
                EndRunning(request);
                Answered(request, ref work);
            }

            GiveBack(instance);
            Dispatch(now, ref work);
        }

        PinionTelemetry.BatchDone(_tags, rows, timings, start);
        Perform(work, inlineLast: true);
    }

    private void CopyOut(Instance instance, long done, in Timings timings)
    {
        int row = 0;
        for (int i = 0; i < instance.Count; i++)
        {
            PendingRequest request = instance.Batch[i];
            var times = new RequestTimings
            {
                Queue = _time.GetElapsedTime(request.Arrived, request.FillStarted),
                Total = _time.GetElapsedTime(request.Arrived, done),
                BatchSize = instance.Rows,
                Inference = timings,
            };
            try
            {
                request.Result = instance.CopyOut(request, row, times);
            }
            catch (Exception e)
            {
                request.Error = e is OutOfMemoryException
                    ? new PinionException("There is no memory for the outputs.", PinionStatus.OutOfMemory, "infer", innerException: e)
                    : e;
            }

            row += request.Rows;
        }
    }

    private void EndRunning(PendingRequest request)
    {
        _running--;
        request.Group.Users--;
    }

    /// <summary>A batch is off the instance: it takes the next one, or goes if there is a newer plan.</summary>
    private void GiveBack(Instance instance)
    {
        Array.Clear(instance.Batch, 0, instance.Count);
        instance.Count = 0;
        instance.Set.Busy[instance.Place]--;
        MakeIdle(instance);
    }
}
