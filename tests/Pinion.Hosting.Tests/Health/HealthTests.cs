using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Pinion.Hosting.Tests;

public sealed class HealthTests
{
    private const string Live = "pinion-live";
    private const string Ready = "pinion-ready";

    [Test]
    public async Task Ready_follows_the_host_from_start_to_stop()
    {
        await using var host = TestHost.Create((services, _, folder) =>
        {
            services.AddPinion().AddModel("add", AddModels.Save(folder["add.plan"]));
            services.AddHealthChecks().AddPinion();
        });
        HealthReportEntry before = await host.CheckAsync(Ready);
        HealthReportEntry liveBefore = await host.CheckAsync(Live);

        await host.Host.StartAsync();
        HealthReportEntry running = await host.CheckAsync(Ready);
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        HealthReportEntry stopping = await host.CheckAsync(Ready);
        await host.Host.StopAsync();
        HealthReportEntry stopped = await host.CheckAsync(Ready);

        Assert.That(before.Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(before.Description, Does.Contain("being loaded"));
        Assert.That(liveBefore.Status, Is.EqualTo(HealthStatus.Healthy), "a process that loads is not to be killed");
        Assert.That(running.Status, Is.EqualTo(HealthStatus.Healthy));
        Assert.That(running.Data["add"], Is.EqualTo("ready"));
        Assert.That(stopping.Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(stopping.Description, Does.Contain("being stopped"));
        Assert.That(stopped.Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(stopped.Data["add"], Does.StartWith("stopped"));
    }

    [Test]
    public async Task A_plan_that_does_not_load_makes_it_degraded_with_the_reason()
    {
        await using TestHost host = await TestHost.StartAsync(o => (o.ReloadOnChange, o.ReloadInterval) = (true, TimeSpan.FromMilliseconds(5)));
        await File.WriteAllTextAsync(host.Folder["add.plan"], "no plan at all");

        HealthReportEntry entry = await UntilAsync(host, HealthStatus.Degraded);

        Assert.That(entry.Description, Does.Contain("Model 'add' is degraded").And.Contain("does not load"));
        Assert.That(entry.Data["add"], Does.Contain("does not load"));
        Assert.That(await AddModels.AddAsync(host.Model("add"), 1), Is.EqualTo(2), "the old plan answers");
        AddModels.Save(host.Folder["add.plan"], addend: 2);
        await UntilAsync(host, HealthStatus.Healthy);
        Assert.That(await AddModels.AddAsync(host.Model("add"), 1), Is.EqualTo(3));
    }

    [Test]
    public void An_instance_that_is_out_makes_it_degraded()
    {
        Device.RequireHost();

        // The 200th run fails, and neither a new engine nor another context of the old one can be had; the other instance goes on.
        string output = Child.Run("host-health", "2", ("PINION_HOST_TENSORRT_FAULTS", "run:200=fail; deserialize:2+=fail; context:3+=fail"));

        Assert.That(output, Does.Not.Contain("a request failed"), "it is run again");
        Assert.That(output, Does.Match("pinion-ready Degraded Model 'add' is degraded: 1 of 2 instances"));
        Assert.That(output, Does.Match("data add: degraded: 1 of 2 instances"));
        Assert.That(output, Does.Contain("pinion-live Healthy").And.Not.Contain("pinion-live Unhealthy"));
    }

    [Test]
    public void A_model_without_an_instance_is_not_ready_and_after_the_limit_not_alive()
    {
        Device.RequireHost();

        string output = Child.Run("host-health", "1", ("PINION_HOST_TENSORRT_FAULTS", "run:200+=fail; deserialize:2+=fail"));

        Assert.That(output, Does.Match("pinion-ready Unhealthy Model 'add' is unavailable: 1 of 1 instances"));
        Assert.That(output, Does.Match("data add: unavailable: 1 of 1 instances"));
        Assert.That(output, Does.Match("pinion-live Unhealthy Model 'add' has been unavailable for \\d+ s, the limit is 0 s: 1 of 1"));
    }

    [Test]
    public async Task The_checks_carry_the_tags_that_endpoints_select_by()
    {
        await using TestHost host = await TestHost.StartAsync();

        ICollection<HealthCheckRegistration> checks = host.Services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations;

        Assert.That(checks.Single(c => c.Name == Live).Tags, Is.EqualTo(new[] { "live" }));
        Assert.That(checks.Single(c => c.Name == Ready).Tags, Is.EqualTo(new[] { "ready" }));
    }

    [Test]
    public void A_limit_of_nothing_is_refused() =>
        Assert.That(() => new ServiceCollection().AddHealthChecks().AddPinion(TimeSpan.Zero), Throws.InstanceOf<ArgumentOutOfRangeException>());

    private static async Task<HealthReportEntry> UntilAsync(TestHost host, HealthStatus status)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            HealthReportEntry entry = await host.CheckAsync(Ready);
            if (entry.Status == status)
            {
                return entry;
            }

            await Task.Delay(5, limit.Token);
        }
    }
}
