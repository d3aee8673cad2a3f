using Pinion.Hosting.Tests.Support;

namespace Pinion.Hosting.Tests.Batching;

/// <summary>One request, from its tensors to its answer.</summary>
public sealed class InferTests
{
    [Test]
    public async Task A_request_is_answered_with_its_outputs()
    {
        await using InferenceModel model = await InferenceModel.LoadAsync("m", new ModelOptions { Plan = TestPlans.AddOne });

        using InferenceResult result = await model.InferAsync(TensorInput.Create("x", [2, 4], new float[] { 1, 2, 3, 4, 5, 6, 7, 8 }));

        Assert.That(result.GetOutput<float>("y").ToArray(), Is.EqualTo(new float[] { 2, 3, 4, 5, 6, 7, 8, 9 }));
        Assert.That(result.GetShape("y"), Is.EqualTo(new TensorShape(2, 4)));
        Assert.That(result.ModelVersion, Is.EqualTo("1"));
        Assert.That(result.Timings.BatchSize, Is.EqualTo(2));
        Assert.That(result.Timings.Total, Is.GreaterThanOrEqualTo(result.Timings.Queue));
        Assert.That(model.MaxBatch, Is.EqualTo(16));
        Assert.That(model.State, Is.EqualTo(ModelState.Ready));
        Assert.That(model.BatchLatencies.Keys, Is.EqualTo(Enumerable.Range(1, 16)));
    }
}
