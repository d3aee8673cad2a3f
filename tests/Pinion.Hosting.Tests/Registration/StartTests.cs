using Microsoft.Extensions.DependencyInjection;

namespace Pinion.Hosting.Tests;

public sealed class StartTests
{
    [Test]
    public async Task Every_model_that_does_not_load_is_named()
    {
        await using var host = TestHost.Create((services, _, folder) =>
        {
            byte[] damaged = [.. AddModels.Plan(1)];
            damaged[damaged.Length / 2] ^= 0xFF;
            File.WriteAllBytes(folder["damaged.plan"], damaged);
            File.WriteAllText(folder["garbage.plan"], "no plan at all");
            services.AddPinion()
                .AddModel("garbage", "garbage.plan")
                .AddModel("good", AddModels.Save(folder["good.plan"]))
                .AddModel("damaged", "damaged.plan")
                .AddModel("misfit", "good.plan", o => o.MaxBatch = AddModels.MaxBatch + 1);
        });

        ModelStartException error = (await Assert.ThrowsAsync<ModelStartException>(() => host.Host.StartAsync()))!;

        Assert.That(error.Errors.Keys, Is.EquivalentTo(new[] { "garbage", "damaged", "misfit" }));
        Assert.That(error.Errors["garbage"], Is.InstanceOf<PinionException>());
        Assert.That(error.Errors["damaged"], Is.InstanceOf<PinionException>());
        Assert.That(error.Errors["misfit"], Is.InstanceOf<ArgumentException>().With.Message.Contains("17"));
        foreach ((string name, Exception one) in error.Errors)
        {
            Assert.That(error.Message, Does.Contain($"Model '{name}' does not load: {one.Message}"));
        }

        Assert.That(host.Services.GetRequiredService<InferenceModels>().All.Select(m => m.State), Has.All.EqualTo(ModelState.Stopped));
    }

    [Test]
    public async Task A_start_that_is_cancelled_leaves_nothing_running()
    {
        using var cancel = new CancellationTokenSource();
        await using var host = TestHost.Create((services, _, folder) =>
        {
            services.AddPinion().AddModel("one", AddModels.Save(folder["one.plan"])).AddModel("two", "one.plan");

            // Read when the first model is to be loaded.
            services.PostConfigure<ModelOptions>("two", _ => cancel.Cancel());
        });

        Assert.That(() => host.Host.StartAsync(cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(host.Services.GetRequiredService<InferenceModels>().All.Select(m => m.State), Has.All.EqualTo(ModelState.Stopped));
    }
}
