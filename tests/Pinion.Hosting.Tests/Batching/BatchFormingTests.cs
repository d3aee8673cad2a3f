namespace Pinion.Hosting.Tests;

/// <summary>Who runs with whom, and when. An instance is held up, so that what comes after it waits together.</summary>
public sealed class BatchFormingTests
{
    [Test]
    public async Task Requests_that_wait_run_together()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { InstancesPerDevice = 1 });
        (Gate gate, Task held) = Gate.Hold(model, 4, "x");
        Task<RequestTimings>[] requests = [.. Enumerable.Range(0, 6).Select(i => Requests.SendAsync(model, i * 10, rows: 1 + (i % 2)))];
        Assert.That((model.Statistics.Waiting, model.Statistics.Running), Is.EqualTo((6, 1)));

        gate.Open();
        RequestTimings[] timings = await Task.WhenAll(requests);
        await held;

        Assert.That(timings.Select(t => t.BatchSize), Is.All.EqualTo(9));
        Assert.That((model.Statistics.Batches, model.Statistics.Rows, model.Statistics.Succeeded), Is.EqualTo((2, 10, 7)));
    }

    [Test]
    public async Task A_batch_is_no_larger_than_allowed_and_no_request_is_split()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { InstancesPerDevice = 1, MaxBatch = 8 });
        (Gate gate, Task held) = Gate.Hold(model, 4, "x");
        Task<RequestTimings>[] requests = [.. new[] { 3, 3, 3, 7 }.Select((rows, i) => Requests.SendAsync(model, i * 100, rows))];

        gate.Open();
        RequestTimings[] timings = await Task.WhenAll(requests);
        await held;

        Assert.That(timings.Select(t => t.BatchSize), Is.EqualTo(new[] { 6, 6, 3, 7 }));
    }

    [Test]
    public async Task Only_sizes_that_are_ready_are_run_where_requests_allow_it()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { InstancesPerDevice = 1, BatchSizes = [1, 4], QueueCapacity = 100 });
        (Gate gate, Task held) = Gate.Hold(model, 4, "x");
        Task<RequestTimings>[] requests = [.. Enumerable.Range(0, 6).Select(i => Requests.SendAsync(model, i))];
        Task<RequestTimings> three = Requests.SendAsync(model, 50, rows: 3);

        gate.Open();
        RequestTimings[] timings = await Task.WhenAll(requests);
        await held;

        Assert.That(timings.Select(t => t.BatchSize), Is.EqualTo(new[] { 4, 4, 4, 4, 1, 4 }));
        Assert.That((await three).BatchSize, Is.EqualTo(4));
        Assert.That((await Requests.SendAsync(model, 1, rows: 3)).BatchSize, Is.EqualTo(3));
    }

    [Test]
    public async Task Shapes_are_never_mixed()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { Plan = TestPlans.Sum, InstancesPerDevice = 1 });
        (Gate gate, Task held) = Gate.Hold(model, 8, "left", "right");
        Task<(int Batch, float[] Sum)>[] requests = [.. new[] { 4, 5, 4, 5, 4 }.Select((width, i) => SumAsync(model, width, i))];

        gate.Open();
        (int Batch, float[] Sum)[] answers = await Task.WhenAll(requests);
        await held;

        Assert.That(answers.Select(a => a.Batch), Is.EqualTo(new[] { 3, 2, 3, 2, 3 }));
        Assert.That(answers.Select(a => a.Sum.Length), Is.EqualTo(new[] { 4, 5, 4, 5, 4 }));
        Assert.That(answers.Select(a => a.Sum[3]), Is.EqualTo(new float[] { 0, 3, 6, 9, 12 }));
    }

    [Test]
    public async Task Shapes_that_come_back_get_a_graph_between_requests()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { Plan = TestPlans.Sum, InstancesPerDevice = 1 });
        var usedGraph = new List<bool>();
        foreach (int width in new[] { 5, 5, 5, 7, 5, 7, 7, 7 })
        {
            float[] row = [.. Enumerable.Range(0, width).Select(i => (float)i)];
            using InferenceResult result = await model.InferAsync([TensorInput.Create("left", [1, width], row), TensorInput.Create("right", [1, width], row)]);
            Assert.That(result.GetOutput<float>("sum").ToArray(), Is.EqualTo(row.Select(v => 2 * v)));
            usedGraph.Add(result.Timings.Inference.UsedGraph);
        }

        Assert.That(usedGraph, Is.EqualTo(new[] { false, false, true, false, true, false, true, true }));
    }

    [Test]
    public async Task Padding_brings_shapes_together()
    {
        ModelOptions options = new() { Plan = TestPlans.Sum, InstancesPerDevice = 1 };
        options.Padding.Add(new PaddingOptions { Input = "left", Axis = 1, Sizes = [8, 16] });
        options.Padding.Add(new PaddingOptions { Input = "right", Axis = 1, Sizes = [8, 16] });
        await using InferenceModel model = await Requests.LoadAsync(options);
        (Gate gate, Task held) = Gate.Hold(model, 32, "left", "right");
        Task<(int Batch, float[] Sum)>[] requests = [.. new[] { 4, 7, 8, 9, 17 }.Select((width, i) => SumAsync(model, width, i + 1))];

        gate.Open();
        (int Batch, float[] Sum)[] answers = await Task.WhenAll(requests);
        await held;

        Assert.That(answers.Select(a => a.Batch), Is.EqualTo(new[] { 3, 3, 3, 1, 1 }));
        Assert.That(answers[0].Sum, Is.EqualTo(new float[] { 3, 3, 3, 3, 0, 0, 0, 0 }));
        Assert.That(answers[1].Sum, Is.EqualTo(new float[] { 6, 6, 6, 6, 6, 6, 6, 0 }));
        Assert.That(answers.Select(a => a.Sum.Length), Is.EqualTo(new[] { 8, 8, 8, 16, 17 }));
    }

    [Test]
    public async Task Priority_goes_first_and_equals_go_in_order()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { InstancesPerDevice = 1, MaxBatch = 1, QueueCapacity = 100 });
        (Gate gate, Task held) = Gate.Hold(model, 4, "x");
        RequestPriority[] priorities =
            [RequestPriority.Low, RequestPriority.Normal, RequestPriority.High, RequestPriority.Low, RequestPriority.Normal, RequestPriority.High];
        Task<RequestTimings>[] requests = [.. priorities.Select((p, i) => Requests.SendAsync(model, i, options: new RequestOptions { Priority = p }))];

        gate.Open();
        RequestTimings[] timings = await Task.WhenAll(requests);
        await held;

        int[] order = [.. timings.Index().OrderBy(t => t.Item.Inference.StartNanoseconds).Select(t => t.Index)];
        Assert.That(order, Is.EqualTo(new[] { 2, 5, 1, 4, 0, 3 }));
    }

    [Test]
    public async Task An_idle_instance_waits_for_a_batch_to_fill_no_longer_than_told()
    {
        var time = new ManualTime();
        ModelOptions options = new() { Plan = TestPlans.AddOne, InstancesPerDevice = 1, MaxBatch = 4, MaxDelay = TimeSpan.FromMilliseconds(10) };
        await using InferenceModel model = await InferenceModel.LoadAsync("m", options, null, time, default);
        Task<RequestTimings> first = Requests.SendAsync(model, 1);
        time.Advance(TimeSpan.FromMilliseconds(6));
        Task<RequestTimings> second = Requests.SendAsync(model, 2);
        time.Advance(TimeSpan.FromMilliseconds(3));
        Assert.That((model.Statistics.Waiting, model.Statistics.Running), Is.EqualTo((2, 0)));

        time.Advance(TimeSpan.FromMilliseconds(1));
        RequestTimings[] timings = await Task.WhenAll(first, second);
        Assert.That(timings.Select(t => t.BatchSize), Is.All.EqualTo(2));
        Assert.That(timings.Select(t => t.Queue.TotalMilliseconds), Is.EqualTo(new[] { 10, 4 }));

        // A full batch does not wait.
        timings = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Requests.SendAsync(model, i)));
        Assert.That(timings.Select(t => t.BatchSize), Is.All.EqualTo(4));
    }

    [Test]
    public async Task The_wait_for_a_batch_to_fill_misses_no_deadline()
    {
        var time = new ManualTime();
        ModelOptions options = new() { Plan = TestPlans.AddOne, InstancesPerDevice = 1, MaxDelay = TimeSpan.FromMinutes(1) };
        await using InferenceModel model = await InferenceModel.LoadAsync("m", options, null, time, default);
        Task<RequestTimings> patient = Requests.SendAsync(model, 1);
        Task<RequestTimings> urgent = Requests.SendAsync(model, 2, options: new RequestOptions { Deadline = TimeSpan.FromSeconds(20) });
        time.Advance(TimeSpan.FromSeconds(15));
        Assert.That(model.Statistics.Waiting, Is.EqualTo(2));

        time.Advance(TimeSpan.FromMilliseconds(4995));
        Assert.That((await urgent).BatchSize, Is.EqualTo(2));
        await patient;
    }

    [Test]
    public async Task A_latency_target_leaves_the_wait_what_the_batch_does_not_need()
    {
        var time = new ManualTime();
        ModelOptions options = new() { Plan = TestPlans.AddOne, InstancesPerDevice = 1, LatencyTarget = TimeSpan.FromSeconds(5) };
        await using InferenceModel model = await InferenceModel.LoadAsync("m", options, null, time, default);
        Task<RequestTimings> request = Requests.SendAsync(model, 1);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.That(model.Statistics.Waiting, Is.EqualTo(1));

        time.Advance(TimeSpan.FromSeconds(3));
        Assert.That((await request).Queue, Is.EqualTo(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public async Task The_device_with_the_least_at_work_goes_first()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { InstancesPerDevice = 2 });
        (Gate one, Task first) = Gate.Hold(model, 4, "x");
        Assert.That((await Requests.SendAsync(model, 1)).BatchSize, Is.EqualTo(1), "the other instance is free");
        one.Open();
        await first;
    }

    [Test]
    public async Task Many_shapes_come_and_go()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { Plan = TestPlans.Sum, InstancesPerDevice = 1, BatchSizes = [1, 2] });
        for (int round = 0; round < 3; round++)
        {
            for (int width = 2; width <= 32; width++)
            {
                for (int rows = 1; rows <= 2; rows++)
                {
                    (int batch, float[] sum) = await SumAsync(model, width, width, rows);
                    Assert.That((batch, sum.Length, sum[^1]), Is.EqualTo((rows, rows * width, 3f * width)));
                }
            }
        }
    }

    private static async Task<(int Batch, float[] Sum)> SumAsync(InferenceModel model, int width, float value, int rows = 1)
    {
        float[] left = [.. Enumerable.Repeat(value, width * rows)];
        float[] right = [.. Enumerable.Repeat(2 * value, width * rows)];
        using InferenceResult result = await model.InferAsync(
            new[] { TensorInput.Create("left", [rows, width], left), TensorInput.Create("right", [rows, width], right) });
        return (result.Timings.BatchSize, result.GetOutput<float>("sum").ToArray());
    }
}
