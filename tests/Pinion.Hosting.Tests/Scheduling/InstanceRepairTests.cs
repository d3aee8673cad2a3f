using Microsoft.Extensions.Logging.Abstractions;

namespace Pinion.Hosting.Tests;

/// <summary>Sessions and engines that are made anew, on a model that fails as told.</summary>
public sealed class InstanceRepairTests
{
    private readonly Instance _instance = new(device: 0, place: 0, maxRows: 1);

    [Test]
    public void A_session_that_can_be_made_puts_the_instance_back_at_once()
    {
        var time = new ManualTime();
        var model = new Model(time) { ReopenTakes = TimeSpan.FromMilliseconds(3) };
        _instance.RepairStartedAt = time.GetTimestamp();
        model.Repair().Replace(_instance);

        Assert.That(model.Events, Is.EqualTo(new[] { "reopen", $"back after {TimeSpan.FromMilliseconds(3).Ticks}" }));
    }

    [Test]
    public async Task An_engine_is_loaded_anew_until_it_works_and_less_and_less_often()
    {
        var time = new ManualTime();
        var model = new Model(time) { FailingReloads = 3 };
        Task reload = model.Repair().Reload(_instance, new InvalidOperationException("broken"));
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            await UntilAsync(() => model.Attempts == attempt && time.HasTimer);
            var wait = TimeSpan.FromMilliseconds(100 << (attempt - 1));
            time.Advance(wait - TimeSpan.FromMilliseconds(1));
            await Task.Delay(20);
            Assert.That(model.Attempts, Is.EqualTo(attempt), $"not before {wait}");
            time.Advance(TimeSpan.FromMilliseconds(1));
        }

        await reload;
        Assert.That(model.Events, Is.EqualTo(new[] { "still out: 1", "still out: 2", "still out: 3", "reload", "back" }));
    }

    [Test]
    public async Task A_session_that_cannot_be_made_takes_the_instance_out_and_its_engine_is_loaded()
    {
        var model = new Model(new ManualTime()) { ReopenFails = true };
        model.Repair().Replace(_instance);
        await UntilAsync(() => model.Events.Contains("back"));

        Assert.That(model.Events, Is.EqualTo(new[] { "out: no session", "reload", "back" }));
    }

    [Test]
    public async Task An_instance_that_is_not_needed_any_more_is_given_back()
    {
        var time = new ManualTime();
        var model = new Model(time) { FailingReloads = int.MaxValue };
        Task reload = model.Repair().Reload(_instance, new InvalidOperationException("broken"));
        await UntilAsync(() => model.Attempts == 1);
        model.Swap();
        await reload;

        Assert.That(model.Events, Is.EqualTo(new[] { "still out: 1", "back" }));
    }

    [Test]
    public async Task Closing_ends_the_attempts()
    {
        using var closing = new CancellationTokenSource();
        var model = new Model(new ManualTime()) { FailingReloads = int.MaxValue };
        Task reload = model.Repair(closing.Token).Reload(_instance, new InvalidOperationException("broken"));
        await UntilAsync(() => model.Attempts == 1);
        await closing.CancelAsync();
        await reload;

        Assert.That(model.Events, Is.EqualTo(new[] { "still out: 1", "back" }));
    }

    private static Task UntilAsync(Func<bool> condition) => Requests.UntilAsync(condition, "it does not happen");

    private sealed class Model(ManualTime time) : IRepairOwner
    {
        private readonly List<string> _events = [];
        private readonly TaskCompletionSource _swapped = new();
        private int _attempts;

        public bool ReopenFails { get; init; }

        public TimeSpan ReopenTakes { get; init; }

        public int FailingReloads { get; init; }

        public int Attempts => Volatile.Read(ref _attempts);

        public string[] Events
        {
            get
            {
                lock (_events)
                {
                    return [.. _events];
                }
            }
        }

        public InstanceRepair Repair(CancellationToken closing = default) => new(this, "m", NullLogger.Instance, new Clock(time), closing);

        public void Swap() => _swapped.SetResult();

        public bool IsNeeded(Instance instance) => !_swapped.Task.IsCompleted;

        public Task NotNeeded(Instance instance) => _swapped.Task;

        public void Reopen(Instance instance, CancellationToken cancellationToken)
        {
            time.Advance(ReopenTakes);
            if (ReopenFails)
            {
                throw new InvalidOperationException("no session");
            }

            Note("reopen");
        }

        public void Reload(Instance instance, CancellationToken cancellationToken)
        {
            if (Attempts < FailingReloads)
            {
                throw new InvalidOperationException($"{Attempts + 1}");
            }

            Note("reload");
        }

        public void TakeOut(Instance instance, Exception reason) => Note($"out: {reason.Message}");

        public void StillOut(Instance instance, Exception reason)
        {
            Note($"still out: {reason.Message}");
            Interlocked.Increment(ref _attempts);
        }

        public void PutBack(Instance instance, long? repairTicks) => Note(repairTicks is { } ticks ? $"back after {ticks}" : "back");

        private void Note(string what)
        {
            lock (_events)
            {
                _events.Add(what);
            }
        }
    }
}
