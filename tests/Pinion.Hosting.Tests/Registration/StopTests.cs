using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Pinion.Hosting.Tests;

public sealed class StopTests
{
    [Test]
    public async Task What_was_accepted_is_answered_under_load()
    {
        const int Callers = 16;
        await using TestHost host = await TestHost.StartAsync(o => o.QueueCapacity = 1000);
        InferenceModel model = host.Model("add");
        using var isLoaded = new CountdownEvent(Callers);

        async Task<RefusalReason> Call(int caller)
        {
            bool isFirst = true;
            for (int i = 0; ; i++)
            {
                try
                {
                    float value = (caller * 10_000) + i;
                    Assert.That(await AddModels.AddAsync(model, value), Is.EqualTo(value + 1));
                }
                catch (RequestRefusedException e)
                {
                    return e.Reason;
                }

                if (isFirst)
                {
                    isLoaded.Signal();
                    isFirst = false;
                }
            }
        }

        Task<RefusalReason>[] callers = [.. Enumerable.Range(0, Callers).Select(c => Task.Run(() => Call(c)))];
        isLoaded.Wait();
        await host.Host.StopAsync();

        Assert.That(await Task.WhenAll(callers).WaitAsync(TimeSpan.FromMinutes(1)), Has.All.EqualTo(RefusalReason.Stopping));
        Assert.That(model.State, Is.EqualTo(ModelState.Stopped));
        Assert.That(model.Statistics.Waiting + model.Statistics.Running, Is.Zero);
    }

    [Test]
    public async Task Services_that_stop_can_still_use_the_models()
    {
        await using TestHost host = await TestHost.StartAsync(more: services => services.AddHostedService<LastWord>());

        await host.Host.StopAsync();

        Assert.That(host.Services.GetServices<IHostedService>().OfType<LastWord>().Single().Answer, Is.EqualTo(8));
    }

    [Test]
    public async Task Stopping_twice_or_not_at_all_is_fine()
    {
        TestHost host = await TestHost.StartAsync();
        await host.Host.StopAsync();
        await host.Host.StopAsync();
        await host.DisposeAsync();

        TestHost other = await TestHost.StartAsync();
        InferenceModel model = other.Model("add");
        await other.DisposeAsync();
        Assert.That(model.State, Is.EqualTo(ModelState.Stopped));
    }

    [TestCase("60000", "answered 40")]
    [TestCase("1", "answered [12]?[0-9]")]
    public void The_hosts_shutdown_limit_is_kept(string milliseconds, string expected)
    {
        Device.RequireHost();

        string output = Child.Run("host-stop-limit", milliseconds, ("PINION_HOST_TENSORRT_FAULTS", "enqueue_delay=20000"));

        string[] lines = output.Split('\n');
        Assert.That(lines, Has.Some.Match($"^{expected}$"));
        Assert.That(lines, Has.Some.EqualTo("state Stopped"));
        int answered = lines.Where(l => l.StartsWith("answered ", StringComparison.Ordinal) || l.StartsWith("Stopping ", StringComparison.Ordinal))
            .Sum(l => int.Parse(l.Split(' ')[1], CultureInfo.InvariantCulture));
        Assert.That(answered, Is.EqualTo(40), "each is answered once, or refused");
    }

    private sealed class LastWord(InferenceModels models) : IHostedService
    {
        public float Answer { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            models.TryGet("add", out InferenceModel? model);
            Answer = await AddModels.AddAsync(model!, 7);
        }
    }
}
