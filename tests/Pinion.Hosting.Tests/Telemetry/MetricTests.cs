using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Pinion.Hosting.Tests;

public sealed class MetricTests
{
    private static readonly string[] Terms = ["managed_call", "h2d", "enqueue", "compute", "d2h", "wake_up"];

    [Test]
    public async Task Requests_and_batches_are_recorded_with_the_models_name()
    {
        using var seen = new Recorder();
        using var folder = new TemporaryFolder();
        string name = TestContext.CurrentContext.Test.ID;
        var options = new ModelOptions { Plan = AddModels.Save(folder["add.plan"]), MaxBatch = 4, TimingInterval = 1 };
        await using (InferenceModel model = await InferenceModel.LoadAsync(name, options))
        {
            seen.Clear();
            for (int i = 0; i < 3; i++)
            {
                await AddModels.AddAsync(model, i);
            }

            Assert.That(async () => (await model.InferAsync(AddModels.Row(1), cancellationToken: new CancellationToken(canceled: true))).Dispose(),
                Throws.InstanceOf<OperationCanceledException>());
            Assert.That(async () => (await model.InferAsync(AddModels.Row(1), new RequestOptions { Deadline = TimeSpan.FromTicks(1) })).Dispose(),
                Throws.InstanceOf<RequestRefusedException>());

            seen.Observe();
            Assert.That(seen.Of("pinion.requests.in_flight", name), Is.EqualTo(new[] { 0.0 }));
            Assert.That(seen.Of("pinion.requests.waiting", name), Is.EqualTo(new[] { 0.0 }));
            Assert.That(seen.Of("pinion.model.state", name), Is.EqualTo(new[] { 0.0 }));
            Assert.That(seen.Of("pinion.model.reloads", name), Is.EqualTo(new[] { 0.0 }));
            Assert.That(seen.Of("pinion.device.memory.used", name).Single(), Is.Positive);
        }

        Assert.That(seen.Of("pinion.request.duration", name, ("outcome", "succeeded")), Has.Length.EqualTo(3).And.All.Positive);
        Assert.That(seen.Of("pinion.request.duration", name, ("outcome", "refused"), ("reason", "deadline")), Has.Length.EqualTo(1));
        Assert.That(seen.Of("pinion.request.duration", name, ("outcome", "cancelled")), Has.Length.EqualTo(1));
        Assert.That(seen.Of("pinion.request.queue.duration", name), Has.Length.EqualTo(3).And.All.GreaterThanOrEqualTo(0));
        Assert.That(seen.Of("pinion.batch.size", name), Is.EqualTo(new[] { 1.0, 1, 1 }));
        double[][] terms = [.. Terms.Select(t => seen.Of($"pinion.inference.{t}.duration", name))];
        Assert.That(terms, Has.All.Length.EqualTo(3));
        double[] totals = seen.Of("pinion.request.duration", name, ("outcome", "succeeded"));
        double[] queues = seen.Of("pinion.request.queue.duration", name);
        for (int i = 0; i < 3; i++)
        {
            Assert.That(terms.Sum(t => t[i]), Is.Positive.And.LessThanOrEqualTo(totals[i] - queues[i] + 1e-6), "parts of the request's time");
        }

        seen.Clear();
        seen.Observe();
        Assert.That(seen.Of("pinion.model.state", name), Is.Empty, "a model that is gone is not told of");
    }

    [TestCase(0, 0)]
    [TestCase(1, 6)]
    [TestCase(3, 2)]
    public async Task Terms_are_recorded_for_one_batch_of_so_many(int interval, int recorded)
    {
        using var seen = new Recorder();
        using var folder = new TemporaryFolder();
        string name = TestContext.CurrentContext.Test.ID;
        var options = new ModelOptions { Plan = AddModels.Save(folder["add.plan"]), InstancesPerDevice = 1, TimingInterval = interval };
        await using (InferenceModel model = await InferenceModel.LoadAsync(name, options))
        {
            for (int i = 0; i < 6; i++)
            {
                await AddModels.AddAsync(model, i);
            }
        }

        Assert.That(Terms.Select(t => seen.Of($"pinion.inference.{t}.duration", name).Length), Has.All.EqualTo(recorded));
        Assert.That(seen.Of("pinion.batch.size", name), Has.Length.EqualTo(6));
    }

    [Test]
    public void Recording_allocates_nothing_with_a_listener_and_without()
    {
        var tags = new ModelTags("allocation");
        var timings = new Timings { HasDeviceTimes = true, HostToDeviceMs = 0.1f, GpuComputeMs = 1, DeviceToHostMs = 0.1f, EnqueueMs = 0.2f, NativeWallMs = 1.5, WallMs = 1.6 };
        void Record()
        {
            BatchStart start = PinionTelemetry.BatchStarting();
            PinionTelemetry.BatchDone(tags, 4, timings, start);
            PinionTelemetry.RequestSucceeded(tags, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2));
            PinionTelemetry.RequestFailed(tags, TimeSpan.FromMilliseconds(2));
            PinionTelemetry.RequestCancelled(tags, TimeSpan.FromMilliseconds(2));
            PinionTelemetry.RequestRefused(tags, RefusalReason.QueueFull, TimeSpan.Zero);
            PinionTelemetry.EndInfer(PinionTelemetry.StartInfer(tags), tags.Succeeded, 4, null);
        }

        Assert.That(AllocatedBy(Record), Is.Zero, "nobody listens");
        using var listener = new MeterListener();
        int count = 0;
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == PinionTelemetry.Name)
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => count++);
        listener.SetMeasurementEventCallback<int>((_, _, _, _) => count++);
        listener.Start();
        Assert.That(AllocatedBy(Record), Is.Zero, "somebody listens");
        Assert.That(count, Is.Positive);
    }

    [Test]
    public void The_terms_add_up_to_the_batchs_wall_time()
    {
        using var seen = new Recorder();
        string name = TestContext.CurrentContext.Test.ID;
        var tags = new ModelTags(name);

        var timings = new Timings { HasDeviceTimes = true, HostToDeviceMs = 0.5f, GpuComputeMs = 4, DeviceToHostMs = 0.25f, EnqueueMs = 1, NativeWallMs = 5, WallMs = 6 };
        PinionTelemetry.BatchDone(tags, 4, timings, PinionTelemetry.BatchStarting());

        double[] terms = [.. Terms.Select(t => seen.Of($"pinion.inference.{t}.duration", name).Single() * 1e3)];
        Assert.That(terms[1], Is.EqualTo(0.5).Within(1e-6));
        Assert.That(terms[2], Is.EqualTo(0.25).Within(1e-6), "the part of the enqueue that the device did not work");
        Assert.That(terms[3], Is.EqualTo(4).Within(1e-6));
        Assert.That(terms.Sum(), Is.EqualTo(6).Within(1e-6));
        Assert.That(seen.Of("pinion.batch.size", name), Is.EqualTo(new[] { 4.0 }));

        PinionTelemetry.BatchDone(tags, 2, timings with { HasDeviceTimes = false, HostToDeviceMs = 0, GpuComputeMs = 0, DeviceToHostMs = 0 }, PinionTelemetry.BatchStarting());
        Assert.That(Terms.Select(t => seen.Of($"pinion.inference.{t}.duration", name).Length), Has.All.EqualTo(1), "without device times there are no terms");
        Assert.That(seen.Of("pinion.batch.size", name), Is.EqualTo(new[] { 4.0, 2.0 }));
    }

    [Test]
    public void A_pause_is_counted_once_for_batches_that_overlap()
    {
        using var seen = new Recorder();
        var tags = new ModelTags("pauses");
        PinionTelemetry.BatchDone(tags, 1, default, PinionTelemetry.BatchStarting());
        seen.Clear();

        TimeSpan atFirst = GC.GetTotalPauseDuration();
        BatchStart first = PinionTelemetry.BatchStarting();
        BatchStart second = PinionTelemetry.BatchStarting();
        TimeSpan before = GC.GetTotalPauseDuration();
        GC.Collect();
        TimeSpan pause = GC.GetTotalPauseDuration() - before;
        PinionTelemetry.BatchDone(tags, 1, default, first);
        PinionTelemetry.BatchDone(tags, 1, default, second);
        TimeSpan most = GC.GetTotalPauseDuration() - atFirst;

        Assert.That(pause, Is.GreaterThan(TimeSpan.Zero));
        Assert.That(seen.All("pinion.gc.pause.duration").Sum(), Is.InRange(pause.TotalSeconds - 1e-9, most.TotalSeconds + 1e-9));
    }

    [Test]
    public void The_docs_table_has_every_instrument_and_no_other()
    {
        using var seen = new Recorder();
        string page = File.ReadAllText(Path.Combine(Child.RepositoryRoot, "docs", "services.md"));
        IEnumerable<string> rows = page.Split('\n').Where(l => l.StartsWith("| `pinion.", StringComparison.Ordinal));

        Assert.That(
            rows.Select(r => $"{r.Split('`')[1]} {r.Split('|')[3].Trim()}".Trim()),
            Is.EquivalentTo(seen.Instruments.Select(i => $"{i.Name} {i.Unit ?? ""}".Trim())));
        Assert.That(seen.Instruments.Select(i => i.Description), Has.None.Null.And.None.Empty);
    }

    private static long AllocatedBy(Action action)
    {
        // Twice for what is made once.
        action();
        action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            action();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>Keeps every measurement of the meter.</summary>
    private sealed class Recorder : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentQueue<(string Instrument, double Value, Dictionary<string, object?> Tags)> _measurements = new();

        public Recorder()
        {
            // Touched, so that the meter is there even if this is the first test.
            _ = PinionTelemetry.Source;
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Pinion")
                {
                    Instruments.Add(instrument);
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>(Add);
            _listener.SetMeasurementEventCallback<int>((i, v, t, s) => Add(i, v, t, s));
            _listener.SetMeasurementEventCallback<long>((i, v, t, s) => Add(i, v, t, s));
            _listener.Start();
        }

        public List<Instrument> Instruments { get; } = [];

        public void Clear() => _measurements.Clear();

        public void Observe() => _listener.RecordObservableInstruments();

        public double[] All(string instrument) => [.. _measurements.Where(m => m.Instrument == instrument).Select(m => m.Value)];

        public double[] Of(string instrument, string model, params (string Key, string Value)[] tags) =>
        [
            .. _measurements.Where(m => m.Instrument == instrument && (string?)m.Tags.GetValueOrDefault("model") == model
                && tags.All(t => (string?)m.Tags.GetValueOrDefault(t.Key) == t.Value)).Select(m => m.Value),
        ];

        public void Dispose() => _listener.Dispose();

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
            _measurements.Enqueue((instrument.Name, value, new Dictionary<string, object?>(tags.ToArray())));
    }
}
