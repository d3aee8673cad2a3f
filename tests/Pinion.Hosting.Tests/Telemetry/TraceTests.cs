using System.Collections.Concurrent;
using System.Diagnostics;

namespace Pinion.Hosting.Tests;

public sealed class TraceTests
{
    [Test]
    public async Task A_request_is_a_span_under_the_callers()
    {
        using var folder = new TemporaryFolder();
        var options = new ModelOptions { Plan = AddModels.Save(folder["add.plan"]), MaxBatch = 4 };
        await using InferenceModel model = await InferenceModel.LoadAsync("traced", options);
        var spans = new ConcurrentQueue<Activity>();
        using var callers = new ActivitySource("callers");
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name is "Pinion" or "callers",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);

        string? parent;
        using (Activity? caller = callers.StartActivity("caller"))
        {
            parent = caller!.Id;
            ValueTask<InferenceResult> request = model.InferAsync(AddModels.Row(1));
            Assert.That(Activity.Current, Is.SameAs(caller), "the request does not become the caller's activity");
            (await request).Dispose();
            Assert.That(Activity.Current, Is.SameAs(caller));
            Assert.That(async () => (await model.InferAsync(AddModels.Row(1), new RequestOptions { Deadline = TimeSpan.FromTicks(1) })).Dispose(),
                Throws.InstanceOf<RequestRefusedException>());
        }

        Activity[] requests = [.. spans.Where(s => s.OperationName == "pinion.infer")];
        Assert.That(requests, Has.Length.EqualTo(2));
        Assert.That(requests.Select(s => s.ParentId), Has.All.EqualTo(parent));
        Assert.That(requests.Select(s => s.Kind), Has.All.EqualTo(ActivityKind.Internal));
        Assert.That(requests.Select(s => s.GetTagItem("model")), Has.All.EqualTo("traced"));
        Assert.That(requests[0].GetTagItem("outcome"), Is.EqualTo("succeeded"));
        Assert.That(requests[0].GetTagItem("batch.size"), Is.EqualTo(1));
        Assert.That(requests[0].Status, Is.EqualTo(ActivityStatusCode.Unset));
        Assert.That(requests[1].GetTagItem("outcome"), Is.EqualTo("refused"));
        Assert.That(requests[1].GetTagItem("reason"), Is.EqualTo("deadline"));
        Assert.That(requests[1].GetTagItem("batch.size"), Is.Null);
        Assert.That(requests[1].Status, Is.EqualTo(ActivityStatusCode.Error));
    }
}
