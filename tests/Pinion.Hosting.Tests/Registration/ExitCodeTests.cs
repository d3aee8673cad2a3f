using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Pinion.Hosting.Tests;

public sealed class ExitCodeTests
{
    [Test]
    public async Task Wrong_options_end_with_their_problems_and_exit_code_1()
    {
        await using var host = TestHost.Create((services, _, _) => services.AddPinion().AddModel("rec", "missing.plan", o => o.InstancesPerDevice = 0));

        Assert.That(await host.Host.RunToExitCodeAsync(), Is.EqualTo(1));
        AssertToldWithoutStack(host, "Model 'rec': InstancesPerDevice is 0; it must be 1 to 64.", "there is no such file");
    }

    [Test]
    public async Task A_plan_that_does_not_load_ends_with_its_problem_and_exit_code_1()
    {
        await using var host = TestHost.Create((services, _, folder) =>
        {
            File.WriteAllText(folder["garbage.plan"], "no plan at all");
            services.AddPinion().AddModel("rec", "garbage.plan");
        });

        Assert.That(await host.Host.RunToExitCodeAsync(), Is.EqualTo(1));
        AssertToldWithoutStack(host, "Model 'rec' does not load: ");
    }

    [Test]
    public async Task Options_of_the_service_itself_are_told_in_the_same_way()
    {
        await using var host = TestHost.Create((services, _, _) =>
        {
            services.AddPinion();
            services.AddOptions<RequestLimits>().Validate(o => o.Lines > 0, "Lines is 0; it must be at least 1.").ValidateOnStart();
            services.AddOptions<ResponseLimits>().Validate(o => o.Lines > 0, "Answer lines are 0; they must be at least 1.").ValidateOnStart();
        });

        Assert.That(await host.Host.RunToExitCodeAsync(), Is.EqualTo(1));
        AssertToldWithoutStack(host, "Lines is 0; it must be at least 1.", "Answer lines are 0; they must be at least 1.");
    }

    [Test]
    public async Task Another_failure_of_the_start_keeps_its_stack_and_has_the_same_exit_code()
    {
        await using var host = TestHost.Create((services, _, _) => services.AddHostedService<Faulty>());

        Assert.That(await host.Host.RunToExitCodeAsync(), Is.EqualTo(1));
        Assert.That(host.Log.Entries.Select(e => $"{e.Error}"), Has.Some.Contains("no luck").And.Some.Contains(nameof(Faulty.StartAsync)));
    }

    [Test]
    public async Task A_host_that_is_stopped_ends_with_exit_code_0()
    {
        await using var host = TestHost.Create((services, _, folder) =>
        {
            services.AddPinion().AddModel("add", AddModels.Save(folder["add.plan"]));
            services.AddHostedService<Stopper>();
        });

        Assert.That(await host.Host.RunToExitCodeAsync(), Is.Zero);
        Assert.That(host.Log.Entries.Where(e => e.Level >= LogLevel.Error), Is.Empty);
    }

    [Test]
    public async Task A_start_that_is_cancelled_ends_with_exit_code_0()
    {
        using var cancel = new CancellationTokenSource();
        await using var host = TestHost.Create((services, _, folder) =>
        {
            services.AddPinion().AddModel("one", AddModels.Save(folder["one.plan"])).AddModel("two", "one.plan");

            // Read when the first model is to be loaded.
            services.PostConfigure<ModelOptions>("two", _ => cancel.Cancel());
        });

        Assert.That(await host.Host.RunToExitCodeAsync(cancel.Token), Is.Zero);
    }

    private static void AssertToldWithoutStack(TestHost host, params string[] problems)
    {
        LogEntry[] errors = [.. host.Log.Entries.Where(e => e.Level >= LogLevel.Error)];
        string[] texts = [.. errors.Select(e => $"{e.Message}\n{e.Error}")];
        foreach (string problem in problems)
        {
            Assert.That(texts, Has.Exactly(1).Contains(problem));
        }

        Assert.That(texts, Has.None.Contains("   at "));
    }

    private sealed class RequestLimits
    {
        public int Lines { get; set; }
    }

    private sealed class ResponseLimits
    {
        public int Lines { get; set; }
    }

    private sealed class Faulty : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("no luck");

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Stopper(IHostApplicationLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.ApplicationStarted.Register(lifetime.StopApplication);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
