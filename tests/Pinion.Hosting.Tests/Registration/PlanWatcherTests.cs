using Microsoft.Extensions.Logging;

namespace Pinion.Hosting.Tests;

public sealed class PlanWatcherTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    [Test]
    public async Task A_changed_file_is_served_once_it_has_settled()
    {
        await using Watched watched = await Watched.StartAsync();
        await watched.LookAsync();
        Assert.That(await watched.AddAsync(), Is.EqualTo(1), "nothing has changed");

        AddModels.Save(watched.Path, addend: 2);
        await watched.LookAsync();
        Assert.That(await watched.AddAsync(), Is.EqualTo(1), "it may still be written");
        await watched.LookAsync();

        Assert.That(await watched.AddAsync(), Is.EqualTo(2));
        Assert.That(watched.Watcher.Problem, Is.Null);
        Assert.That(watched.Errors, Is.Empty);
    }

    [Test]
    public async Task A_file_that_is_being_written_is_left_alone()
    {
        await using Watched watched = await Watched.StartAsync();
        byte[] plan = AddModels.Plan(2);
        for (int part = 1; part <= 4; part++)
        {
            File.WriteAllBytes(watched.Path, plan[..(plan.Length * part / 4)]);
            await watched.LookAsync();
        }

        Assert.That(await watched.AddAsync(), Is.EqualTo(1));
        Assert.That(watched.Errors, Is.Empty, "no half file was tried");
        await watched.LookAsync();
        Assert.That(await watched.AddAsync(), Is.EqualTo(2));
    }

    [Test]
    public async Task Garbage_leaves_the_old_plan_and_a_good_file_mends_it()
    {
        await using Watched watched = await Watched.StartAsync();
        File.WriteAllText(watched.Path, "no plan at all");
        for (int i = 0; i < 5; i++)
        {
            await watched.LookAsync();
        }

        Assert.That(await watched.AddAsync(), Is.EqualTo(1));
        Assert.That(watched.Model.State, Is.EqualTo(ModelState.Ready));
        Assert.That(watched.Watcher.Problem, Does.Contain(watched.Path).And.Contain("does not load"));
        Assert.That(watched.Errors, Has.Exactly(1).Items, "tried once");

        AddModels.Save(watched.Path, addend: 3);
        await watched.LookAsync();
        await watched.LookAsync();
        Assert.That(await watched.AddAsync(), Is.EqualTo(3));
        Assert.That(watched.Watcher.Problem, Is.Null);
    }

    [Test]
    public async Task A_file_that_is_gone_leaves_the_old_plan()
    {
        await using Watched watched = await Watched.StartAsync();
        File.Delete(watched.Path);
        await watched.LookAsync();
        await watched.LookAsync();

        Assert.That(await watched.AddAsync(), Is.EqualTo(1));
        Assert.That(watched.Watcher.Problem, Does.Contain("is gone"));
        Assert.That(watched.Errors, Has.Exactly(1).Items);

        AddModels.Save(watched.Path, addend: 2);
        await watched.LookAsync();
        await watched.LookAsync();
        Assert.That(await watched.AddAsync(), Is.EqualTo(2));
    }

    [Test]
    public async Task A_link_that_is_pointed_elsewhere_is_a_change()
    {
        using var folder = new TemporaryFolder();
        AddModels.Save(folder["1.plan"]);
        AddModels.Save(folder["2.plan"], addend: 2);
        File.SetLastWriteTimeUtc(folder["2.plan"], DateTime.UtcNow.AddDays(-1));
        string link = folder["add.plan"];
        File.CreateSymbolicLink(link, folder["1.plan"]);
        await using Watched watched = await Watched.StartAsync(link);

        File.Delete(link);
        File.CreateSymbolicLink(link, folder["2.plan"]);
        await watched.LookAsync();
        await watched.LookAsync();

        Assert.That(await watched.AddAsync(), Is.EqualTo(2));
    }

    [Test]
    public async Task A_plan_swapped_by_somebody_else_is_watched_from_then_on()
    {
        await using Watched watched = await Watched.StartAsync();
        string other = AddModels.Save(watched.Folder["other.plan"], addend: 5);
        await watched.Model.SwapAsync(other);
        await watched.LookAsync();
        await watched.LookAsync();
        Assert.That(await watched.AddAsync(), Is.EqualTo(5), "the first file is not put back");

        AddModels.Save(other, addend: 6);
        await watched.LookAsync();
        await watched.LookAsync();
        Assert.That(await watched.AddAsync(), Is.EqualTo(6));
    }

    [Test]
    public async Task The_host_swaps_under_load_without_a_failure()
    {
        await using TestHost host = await TestHost.StartAsync(o =>
        {
            (o.ReloadOnChange, o.ReloadInterval) = (true, Interval);
            o.QueueCapacity = 1000;
        });
        InferenceModel model = host.Model("add");
        Task<int>[] callers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            int count = 0;
            for (float before = 1, now = 1; now != 2; count++)
            {
                now = await AddModels.AddAsync(model, 0);
                Assert.That(now, Is.AnyOf(before, 2), "the old plan or the new, and never the old again");
                before = now;
            }

            return count;
        }))];
        AddModels.Save(host.Folder["add.plan"], addend: 2);

        int[] counts = await Task.WhenAll(callers).WaitAsync(TimeSpan.FromMinutes(2));

        ModelStatistics statistics = model.Statistics;
        Assert.That(statistics.Succeeded, Is.EqualTo(counts.Sum()));
        Assert.That(statistics.Failed + statistics.Refused + statistics.Cancelled, Is.Zero);
    }

    /// <summary>A model, its file and its watcher.</summary>
    private sealed class Watched : IAsyncDisposable
    {
        private readonly ListLogger _log = new();

        private Watched(InferenceModel model, TemporaryFolder folder)
        {
            Model = model;
            Folder = folder;
            Watcher = new PlanWatcher(model, Interval, _log.CreateLogger("watcher"));
        }

        public InferenceModel Model { get; }

        public TemporaryFolder Folder { get; }

        public PlanWatcher Watcher { get; }

        public string Path => Model.Plan;

        public IEnumerable<LogEntry> Errors => _log.In("watcher").Where(e => e.Level == LogLevel.Error);

        public static async Task<Watched> StartAsync(string? path = null)
        {
            var folder = new TemporaryFolder();
            path ??= AddModels.Save(folder["add.plan"]);
            return new Watched(await InferenceModel.LoadAsync("watched", new ModelOptions { Plan = path, MaxBatch = 2 }), folder);
        }

        /// <summary>As the timer would, but when the test says.</summary>
        public Task LookAsync() => Watcher.LookAsync(CancellationToken.None);

        /// <summary>What the plan being served adds.</summary>
        public Task<float> AddAsync() => AddModels.AddAsync(Model, 0);

        public async ValueTask DisposeAsync()
        {
            Watcher.Dispose();
            await Model.DisposeAsync();
            Folder.Dispose();
        }
    }
}
