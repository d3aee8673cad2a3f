using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Pinion.Hosting.Tests;

public sealed class RegistrationTests
{
    [Test]
    public async Task A_model_is_a_keyed_service_once_the_host_has_started()
    {
        await using TestHost host = await TestHost.StartAsync();

        User user = ActivatorUtilities.CreateInstance<User>(host.Services);

        Assert.That(await AddModels.AddAsync(user.Model, 41), Is.EqualTo(42));
        Assert.That(host.Services.GetRequiredService<InferenceModels>().TryGet("add", out InferenceModel? same), Is.True);
        Assert.That(same, Is.SameAs(user.Model));
    }

    [Test]
    public async Task Each_model_has_options_of_its_own()
    {
        await using var host = TestHost.Create((services, _, folder) =>
        {
            AddModels.Save(folder["one.plan"]);
            AddModels.Save(folder["two.plan"], addend: 2);
            services.AddPinion().AddModel("one", "one.plan", o => o.MaxBatch = 2);
            services.AddPinion().AddModel("two", o => (o.Plan, o.Version) = (folder["two.plan"], "7"));
        });

        await host.Host.StartAsync();

        Assert.That(host.Model("one").MaxBatch, Is.EqualTo(2));
        Assert.That(host.Model("two").MaxBatch, Is.EqualTo(AddModels.MaxBatch));
        Assert.That(host.Model("two").Version, Is.EqualTo("7"));
        Assert.That(await AddModels.AddAsync(host.Model("one"), 1), Is.EqualTo(2));
        Assert.That(await AddModels.AddAsync(host.Model("two"), 1), Is.EqualTo(3));
        Assert.That(host.Services.GetRequiredService<InferenceModels>().All.Select(m => m.Name), Is.EqualTo(new[] { "one", "two" }));
        Assert.That(host.Services.GetServices<IHostedService>().OfType<ModelHost>(), Has.Exactly(1).Items);
    }

    [Test]
    public async Task A_model_asked_for_before_the_start_says_what_to_do()
    {
        await using var host = TestHost.Create((services, _, folder) => services.AddPinion().AddModel("add", AddModels.Save(folder["add.plan"])));

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => host.Model("add"))!;

        Assert.That(error.Message, Does.Contain("'add' is not loaded yet").And.Contain(nameof(InferenceModels)));
        await host.Host.StartAsync();
        Assert.That(host.Model("add").State, Is.EqualTo(ModelState.Ready), "the failure does not stick");
    }

    [Test]
    public void A_name_is_taken_once()
    {
        PinionBuilder builder = new ServiceCollection().AddPinion().AddModel("add", "add.plan");

        Assert.That(() => builder.AddModel("add", "other.plan"), Throws.ArgumentException.With.Message.Contains("'add' already"));
        Assert.That(() => builder.AddModel("", "other.plan"), Throws.ArgumentException);
        Assert.That(() => builder.AddModel("other", ""), Throws.ArgumentException);
    }

    [Test]
    public async Task Models_are_warm_before_any_other_service_starts()
    {
        // Added before Pinion, so it would start first, were Pinion an ordinary service.
        await using var host = TestHost.Create((services, _, folder) =>
        {
            services.AddHostedService<Probe>();
            services.AddPinion().AddModel("add", AddModels.Save(folder["add.plan"]), o => o.BatchSizes = [1, 4]);
        });

        await host.Host.StartAsync();

        Probe probe = host.Services.GetServices<IHostedService>().OfType<Probe>().Single();
        Assert.That(probe.State, Is.EqualTo(ModelState.Ready));
        Assert.That(probe.Measured, Is.SupersetOf(new[] { 1, 4 }));
        Assert.That(probe.Answer, Is.EqualTo(3));
    }

    [Test]
    public async Task Options_can_be_changed_after_the_model_was_added()
    {
        await using var host = TestHost.Create((services, _, folder) =>
        {
            services.AddPinion().AddModel("add", AddModels.Save(folder["add.plan"]));
            services.Configure<ModelOptions>("add", o => o.MaxBatch = 3);
        });

        Assert.That(host.Services.GetRequiredService<IOptionsMonitor<ModelOptions>>().Get("add").MaxBatch, Is.EqualTo(3));
    }

    private sealed class User([FromKeyedServices("add")] InferenceModel model)
    {
        public InferenceModel Model { get; } = model;
    }

    private sealed class Probe(InferenceModels models) : IHostedService
    {
        public ModelState? State { get; private set; }

        public int[] Measured { get; private set; } = [];

        public float Answer { get; private set; }

        public async Task StartAsync(CancellationToken cancellationToken)
        {
            if (models.TryGet("add", out InferenceModel? model))
            {
                State = model.State;
                Measured = [.. model.BatchLatencies.Keys];
                Answer = await AddModels.AddAsync(model, 2);
            }
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
