namespace Pinion.Hosting.Tests;

/// <summary>What is refused, and what its callers take back.</summary>
public sealed class AdmissionTests
{
    [Test]
    public async Task A_full_queue_refuses_at_once()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { InstancesPerDevice = 1, QueueCapacity = 5 });
        (Gate gate, Task held) = Gate.Hold(model, 4, "x");
        Task accepted = Requests.SendAsync(model, 1, rows: 3);

        ValueTask<InferenceResult> refused = model.InferAsync(Requests.Rows(2, rows: 3));
        Assert.That(refused.IsFaulted, Is.True, "it is refused before the call returns");
        RequestRefusedException e = await Requests.ExceptionAsync<RequestRefusedException>(async () => await refused);
        Assert.That((e.Reason, e.Model), Is.EqualTo((RefusalReason.QueueFull, "m")));
        Assert.That(e.Message, Does.Contain("5"));
        Task fits = Requests.SendAsync(model, 3, rows: 2);

        gate.Open();
        await Task.WhenAll(accepted, fits, held);
        Assert.That((model.Statistics.Succeeded, model.Statistics.Refused), Is.EqualTo((3, 1)));
    }

    [Test]
    public async Task A_deadline_that_cannot_be_made_is_refused_at_once()
    {
        var time = new ManualTime();
        await using InferenceModel model = await InferenceModel.LoadAsync(
            "m", new ModelOptions { Plan = TestPlans.AddOne, InstancesPerDevice = 1 }, null, time, default);

        // The batches were measured with the real clock: none of them takes less than a tick or as much as ten seconds.
        RequestOptions none = new() { Deadline = TimeSpan.Zero };
        Assert.That(await Requests.RefusalAsync(Requests.SendAsync(model, 1, options: none)), Is.EqualTo(RefusalReason.Deadline));
        await Requests.SendAsync(model, 1, options: new RequestOptions { Deadline = TimeSpan.FromSeconds(10) });
        await Requests.SendAsync(model, 1, options: new RequestOptions { Deadline = TimeSpan.MaxValue });
        Assert.That((model.Statistics.Refused, model.Statistics.Batches), Is.EqualTo((1, 2)));
    }

    [Test]
    public async Task A_deadline_that_passes_in_the_queue_is_refused_without_running()
    {
        var time = new ManualTime();
        await using InferenceModel model = await InferenceModel.LoadAsync(
            "m", new ModelOptions { Plan = TestPlans.AddOne, InstancesPerDevice = 1 }, null, time, default);
        (Gate gate, Task held) = Gate.Hold(model, 4, "x");
        Task<RequestTimings> request = Requests.SendAsync(model, 1, options: new RequestOptions { Deadline = TimeSpan.FromSeconds(20) });
        Task<RequestTimings> patient = Requests.SendAsync(model, 2, options: new RequestOptions { Deadline = TimeSpan.FromSeconds(90) });
        time.Advance(TimeSpan.FromSeconds(19));
        Assert.That(model.Statistics.Waiting, Is.EqualTo(2));

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await Requests.RefusalAsync(request), Is.EqualTo(RefusalReason.Deadline), "while the instance is still held");
        Assert.That(model.Statistics.Waiting, Is.EqualTo(1));
        gate.Open();
        await Task.WhenAll(held, patient);
        Assert.That(model.Statistics.Rows, Is.EqualTo(2));
    }

    [Test]
    public async Task A_wall_clock_that_jumps_changes_nothing()
    {
        var time = new ManualTime();
        ModelOptions options = new() { Plan = TestPlans.AddOne, InstancesPerDevice = 1, MaxDelay = TimeSpan.FromMilliseconds(10) };
        await using InferenceModel model = await InferenceModel.LoadAsync("m", options, null, time, default);
        foreach (double days in (double[])[400, -800, 0])
        {
            Task<RequestTimings> request = Requests.SendAsync(model, 1, options: new RequestOptions { Deadline = TimeSpan.FromSeconds(30) });
            time.WallClockOffset = TimeSpan.FromDays(days);
            Assert.That(model.Statistics.Waiting, Is.EqualTo(1));
            time.Advance(TimeSpan.FromMilliseconds(10));
            Assert.That((await request).Queue, Is.EqualTo(TimeSpan.FromMilliseconds(10)));
        }
    }

    [Test]
    public async Task A_request_that_waits_is_taken_out_by_its_cancellation()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { InstancesPerDevice = 1 });
        (Gate gate, Task held) = Gate.Hold(model, 4, "x");
        using var cancellation = new CancellationTokenSource();
        Task cancelled = Requests.SendAsync(model, 1, cancellationToken: cancellation.Token);
        Task stays = Requests.SendAsync(model, 2);
        await cancellation.CancelAsync();

        OperationCanceledException e = await Requests.ExceptionAsync<OperationCanceledException>(() => cancelled);
        Assert.That(e.CancellationToken, Is.EqualTo(cancellation.Token));
        Assert.That(model.Statistics.Waiting, Is.EqualTo(1));
        gate.Open();
        await Task.WhenAll(stays, held);
        await Requests.ExceptionAsync<OperationCanceledException>(() => Requests.SendAsync(model, 1, cancellationToken: cancellation.Token));
        Assert.That((model.Statistics.Cancelled, model.Statistics.Rows), Is.EqualTo((2, 2)));
    }

    [Test]
    public async Task A_request_that_runs_is_finished_and_its_result_dropped()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { InstancesPerDevice = 1 });
        // It waits at first: a caller whose own thread runs its request hears of a cancellation only after that.
        (Gate first, Task held) = Gate.Hold(model, 4, "x");
        var gate = new Gate(4);
        using var cancellation = new CancellationTokenSource();
        Task running = model.InferAsync(TensorInput.Create<float>("x", [1, 4], gate.LazyMemory), default, cancellation.Token).AsTask();
        first.Open();
        await Requests.UntilAsync(() => model.Statistics is { Running: 1, Waiting: 0 }, "it does not run");
        await cancellation.CancelAsync();
        Assert.That(running.IsCompleted, Is.False);

        gate.Open();
        await Requests.ExceptionAsync<OperationCanceledException>(() => running);
        await held;
        Assert.That((model.Statistics.Cancelled, model.Statistics.Batches), Is.EqualTo((1, 2)));
    }

    [Test]
    public async Task Memory_that_cannot_be_read_fails_its_own_request_only()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { InstancesPerDevice = 1 });
        (Gate gate, Task held) = Gate.Hold(model, 4, "x");
        var gone = new PinnedBuffer<float>(4);
        var broken = TensorInput.Create<float>("x", [1, 4], gone.Memory);
        Task<RequestTimings> before = Requests.SendAsync(model, 1);
        Task failing = model.InferAsync(broken).AsTask();
        Task<RequestTimings> after = Requests.SendAsync(model, 2);
        gone.Dispose();

        gate.Open();
        await Requests.ExceptionAsync<ObjectDisposedException>(() => failing);
        await Task.WhenAll(before, after, held);
        Assert.That((model.Statistics.Failed, model.Statistics.Succeeded, model.State), Is.EqualTo((1, 3, ModelState.Ready)));
    }
}
