namespace Pinion.Hosting.Tests;

/// <summary>Models without a host.</summary>
public sealed class InferenceModelsTests
{
    [Test]
    public async Task They_are_loaded_watched_stopped_and_freed_in_one_place()
    {
        using var folder = new TemporaryFolder();
        string plan = AddModels.Save(folder["add.plan"]);
        var models = new InferenceModels();
        InferenceModel add = await models.LoadAsync("add", new ModelOptions { Plan = plan, ReloadOnChange = true, ReloadInterval = TimeSpan.FromMilliseconds(10) });
        InferenceModel other = await models.LoadAsync("another", new ModelOptions { Plan = plan });
        Assert.That(models.All, Is.EqualTo(new[] { add, other }));
        Assert.That(await AddModels.AddAsync(add, 1), Is.EqualTo(2));

        File.Delete(plan);
        await Requests.UntilAsync(() => models.PlanProblem("add") is not null, "nobody looks at the plan");
        Assert.That(models.PlanProblem("add"), Does.Contain("is gone"));
        Assert.That((models.PlanProblem("another"), models.PlanProblem("none")), Is.EqualTo(((string?)null, (string?)null)));

        await models.StopAsync();
        Assert.That(models.All.Select(m => m.State), Is.All.EqualTo(ModelState.Stopped));
        await models.DisposeAsync();
        await models.DisposeAsync();
    }

    [Test]
    public async Task A_name_that_is_taken_is_refused_and_its_model_freed()
    {
        using var folder = new TemporaryFolder();
        ModelOptions options = new() { Plan = AddModels.Save(folder["add.plan"]), ReloadOnChange = true };
        await using var models = new InferenceModels();
        InferenceModel first = await models.LoadAsync("add", options);

        ArgumentException e = await Requests.ExceptionAsync<ArgumentException>(() => models.LoadAsync("add", options));
        Assert.That(e.Message, Does.Contain("There is a model 'add' already"));
        Assert.That(models.All, Is.EqualTo(new[] { first }));
        Assert.That(await AddModels.AddAsync(first, 4), Is.EqualTo(5));
    }
}
