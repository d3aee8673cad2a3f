using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Pinion.Hosting;

/// <summary>
/// The meter and the activity source, both named <c>Pinion</c>. Recording allocates nothing and does next to nothing when
/// nobody listens. Threads: any.
/// </summary>
internal static class PinionTelemetry
{
    public const string Name = "Pinion";

    private static readonly Meter Meter = new(Name, typeof(PinionTelemetry).Assembly.GetName().Version?.ToString(3));

    /// <summary>From 10 us to 10 s: the usual boundaries begin where an inference has long been over.</summary>
    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries =
        [
            0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
        ],
    };

    private static readonly InstrumentAdvice<int> Batches = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] };

    private static readonly Histogram<double> RequestDuration =
        Duration("pinion.request.duration", "From the arrival of a request until its answer.");

    private static readonly Histogram<double> QueueDuration =
        Duration("pinion.request.queue.duration", "From the arrival of a request until the copy into pinned memory began.");

    private static readonly Histogram<int> BatchSize =
        Meter.CreateHistogram("pinion.batch.size", "{row}", "Rows of a batch that ran.", null, Batches);

    private static readonly Histogram<double> ManagedCall =
        Duration("pinion.inference.managed_call.duration", "From the C# call until the native code began.");

    private static readonly Histogram<double> HostToDevice = Duration("pinion.inference.h2d.duration", "Copy of the inputs to the device.");

    private static readonly Histogram<double> Enqueue =
        Duration("pinion.inference.enqueue.duration", "Host time of the enqueue or graph launch, as far as the device did not work meanwhile.");

    private static readonly Histogram<double> Compute = Duration("pinion.inference.compute.duration", "Computation on the device.");

    private static readonly Histogram<double> DeviceToHost = Duration("pinion.inference.d2h.duration", "Copy of the outputs to the host.");

    private static readonly Histogram<double> WakeUp =
        Duration("pinion.inference.wake_up.duration", "From the device's end until the outputs could be read in C#.");

    private static readonly Histogram<double> GcPause =
        Duration("pinion.gc.pause.duration", "Garbage collection pauses while a batch ran, each counted once.");

    private static volatile IModelGauges[] _models = [];
    private static long _gcPausesRecorded;

    static PinionTelemetry()
    {
        Meter.CreateObservableUpDownCounter(
            "pinion.requests.in_flight", () => Observe(InFlight), "{request}", "Requests accepted and not yet answered.");
        Meter.CreateObservableGauge(
            "pinion.requests.waiting", () => Observe(m => m.Statistics.Waiting), "{request}", "Requests that wait for an instance.");
        Meter.CreateObservableGauge(
            "pinion.model.state", () => Observe(m => (int)m.State), null, "0 ready, 1 degraded, 2 unavailable, 3 stopped.");
        Meter.CreateObservableCounter(
            "pinion.model.reloads", () => Observe(m => m.Statistics.Reloads), "{reload}", "Engines loaded anew after failures.");
        Meter.CreateObservableGauge(
            "pinion.device.memory.used", () => Observe(m => m.Statistics.DeviceBytes), "By", "Device memory of a model, as far as it is known.");
    }

    /// <summary>Spans.</summary>
    public static ActivitySource Source { get; } = new(Name, Meter.Version);

    /// <summary>From now on the gauges tell of this model, until <see cref="Remove"/>.</summary>
    public static void Add(IModelGauges model) => Change(models => [.. models, model]);

    public static void Remove(IModelGauges model) => Change(models => [.. models.Where(m => m != model)]);

    /// <summary>A request has its outputs.</summary>
    public static void RequestSucceeded(ModelTags tags, TimeSpan queue, TimeSpan total)
    {
        QueueDuration.Record(queue.TotalSeconds, tags.Model);
        RequestDuration.Record(total.TotalSeconds, tags.Succeeded);
    }

    /// <summary>A request's inference failed.</summary>
    public static void RequestFailed(ModelTags tags, TimeSpan total) => RequestDuration.Record(total.TotalSeconds, tags.Failed);

    /// <summary>A request was cancelled by its caller.</summary>
    public static void RequestCancelled(ModelTags tags, TimeSpan total) => RequestDuration.Record(total.TotalSeconds, tags.Cancelled);

    /// <summary>A request was refused, at once or later.</summary>
    public static void RequestRefused(ModelTags tags, RefusalReason reason, TimeSpan total) =>
        RequestDuration.Record(total.TotalSeconds, tags.Refused(reason));

    /// <summary>To be called just before the session's run.</summary>
    public static BatchStart BatchStarting() => new(Stopwatch.GetTimestamp(), GcPause.Enabled ? GC.GetTotalPauseDuration().Ticks : -1);

    /// <summary>A batch is done. The six terms add up to its wall time; they are recorded where the device's times were taken.</summary>
    public static void BatchDone(ModelTags tags, int rows, in Timings timings, BatchStart start)
    {
        BatchSize.Record(rows, tags.Model);
        if (timings.HasDeviceTimes
            && (ManagedCall.Enabled || HostToDevice.Enabled || Enqueue.Enabled || Compute.Enabled || DeviceToHost.Enabled || WakeUp.Enabled))
        {
            RecordTerms(tags, timings, start);
        }

        if (start.GcPauseTicks >= 0)
        {
            RecordGcPause(start.GcPauseTicks);
        }
    }

    /// <summary>Begins the span of a request; null without a listener. The caller's own current activity stays as it is.</summary>
    public static Activity? StartInfer(ModelTags tags)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        Activity? current = Activity.Current;
        Activity? activity = Source.StartActivity("pinion.infer", ActivityKind.Internal, default(ActivityContext), tags.Model);
        Activity.Current = current;
        return activity;
    }

    /// <summary>Ends the span of a request, on whatever thread.</summary>
    /// <param name="activity">The span; null for none.</param>
    /// <param name="outcome">The tags of the outcome, one of <see cref="ModelTags"/>'.</param>
    /// <param name="batchSize">Rows of the batch that it ran in; 0 if it did not run.</param>
    /// <param name="error">What went wrong; null if nothing did.</param>
    public static void EndInfer(Activity? activity, KeyValuePair<string, object?>[] outcome, int batchSize, Exception? error)
    {
        if (activity is null)
        {
            return;
        }

        for (int i = 1; i < outcome.Length; i++)
        {
            activity.SetTag(outcome[i].Key, outcome[i].Value);
        }

        if (batchSize > 0)
        {
            activity.SetTag("batch.size", batchSize);
        }

        if (error is not null)
        {
            activity.SetTag("error.type", error.GetType().FullName);
            activity.SetStatus(ActivityStatusCode.Error, error.Message);
        }

        // Stop makes the activity's parent current, which is no business of this thread's.
        Activity? current = Activity.Current;
        activity.Stop();
        Activity.Current = current;
    }

    private static void RecordTerms(ModelTags tags, in Timings timings, BatchStart start)
    {
        double native = timings.NativeWallMs;
        double managed = Math.Max(timings.ManagedMs, 0);

        // Where the two clocks are not the same one, all that C# adds counts as wake-up.
        double call = (timings.StartNanoseconds - (start.Timestamp * (1e9 / Stopwatch.Frequency))) / 1e6;
        call = call >= 0 && call <= managed ? call : 0;

        // The device works while the host still enqueues; only the part of the enqueue before that shows in the wall time.
        double device = Math.Min(timings.LatencyMs, native);
        double scale = timings.LatencyMs > 0 ? device / timings.LatencyMs : 0;
        double enqueue = Math.Min(timings.EnqueueMs, native - device);
        ManagedCall.Record(call / 1e3, tags.Model);
        Enqueue.Record(enqueue / 1e3, tags.Model);
        HostToDevice.Record(timings.HostToDeviceMs * scale / 1e3, tags.Model);
        Compute.Record(timings.GpuComputeMs * scale / 1e3, tags.Model);
        DeviceToHost.Record(timings.DeviceToHostMs * scale / 1e3, tags.Model);
        WakeUp.Record((native + managed - call - enqueue - device) / 1e3, tags.Model);
    }

    /// <summary>Batches overlap: what another one has recorded is left out.</summary>
    private static void RecordGcPause(long before)
    {
        long now = GC.GetTotalPauseDuration().Ticks;
        long recorded = Volatile.Read(ref _gcPausesRecorded);
        while (now > Math.Max(before, recorded))
        {
            long seen = Interlocked.CompareExchange(ref _gcPausesRecorded, now, recorded);
            if (seen == recorded)
            {
                GcPause.Record(TimeSpan.FromTicks(now - Math.Max(before, recorded)).TotalSeconds);
                return;
            }

            recorded = seen;
        }
    }

    private static int InFlight(IModelGauges model)
    {
        ModelStatistics now = model.Statistics;
        return now.Waiting + now.Running;
    }

    private static Histogram<double> Duration(string name, string description) =>
        Meter.CreateHistogram(name, "s", description, null, Durations);

    private static IEnumerable<Measurement<T>> Observe<T>(Func<IModelGauges, T> value)
        where T : struct => [.. _models.Select(m => new Measurement<T>(value(m), new KeyValuePair<string, object?>("model", m.Name)))];

    private static void Change(Func<IModelGauges[], IModelGauges[]> change)
    {
        IModelGauges[] before;
        do
        {
            before = _models;
        }
#pragma warning disable CS0420 // Interlocked is as good as volatile.
        while (Interlocked.CompareExchange(ref _models, change(before), before) != before);
#pragma warning restore CS0420
    }
}
