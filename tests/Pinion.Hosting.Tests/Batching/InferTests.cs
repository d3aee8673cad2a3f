namespace Pinion.Hosting.Tests;

/// <summary>One request, from its tensors to its answer.</summary>
public sealed class InferTests
{
    [Test]
    public async Task A_request_is_answered_with_its_outputs()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions());

        using InferenceResult result = await model.InferAsync(Requests.Rows(1, rows: 2));

        Assert.That(result.GetOutput<float>("y").ToArray(), Is.EqualTo(new float[] { 2, 3, 4, 5, 6, 7, 8, 9 }));
        Assert.That(result.GetShape("y"), Is.EqualTo(new TensorShape(2, 4)));
        Assert.That(result.ModelVersion, Is.EqualTo("1"));
        Assert.That(result.Timings.BatchSize, Is.EqualTo(2));
        Assert.That(result.Timings.Total, Is.GreaterThanOrEqualTo(result.Timings.Queue));
        Assert.That(result.Timings.Inference.NativeWallMs, Is.GreaterThan(0));
        Assert.That(model.MaxBatch, Is.EqualTo(16));
        Assert.That((model.State, model.StateReason), Is.EqualTo((ModelState.Ready, (string?)null)));
        Assert.That(model.BatchLatencies.Keys, Is.EqualTo(Enumerable.Range(1, 16)));
        Assert.That(model.BatchLatencies.Values, Is.All.GreaterThan(TimeSpan.Zero));
    }

    [Test]
    public async Task Inputs_are_found_by_name_in_any_order()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { Plan = TestPlans.Sum });
        TensorInput[] inputs =
        [
            TensorInput.Create("right", [2, 3], new float[] { 10, 20, 30, 40, 50, 60 }),
            TensorInput.Create("left", [2, 3], new float[] { 1, 2, 3, 4, 5, 6 }),
        ];

        using InferenceResult result = await model.InferAsync(inputs);

        Assert.That(result.GetOutput<float>("sum").ToArray(), Is.EqualTo(new float[] { 11, 22, 33, 44, 55, 66 }));
        Assert.That(result.Outputs.Single().Shape, Is.EqualTo(new TensorShape(2, 3)));
    }

    [Test]
    public async Task Half_precision_goes_in_and_out_as_it_is()
    {
        string plan = TestPlans.PlanOf("half", TestModels.IdentityOf(OnnxType.Float16));
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { Plan = plan });
        Half[] values = [(Half)1.5f, Half.NaN, Half.PositiveInfinity, Half.NegativeInfinity, Half.Epsilon, (Half)(-0f)];

        using InferenceResult result = await model.InferAsync(TensorInput.Create("x", [6], values));

        Assert.That(result.GetOutput<Half>("y").ToArray(), Is.EqualTo(values));
    }

    [Test]
    public async Task Bytes_stand_for_any_type_and_what_is_no_number_passes()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions());
        float[] values = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 1];
        byte[] bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

        using InferenceResult result = await model.InferAsync(TensorInput.Create<byte>("x", [1, 4], bytes));

        Assert.That(result.GetOutput<float>("y").ToArray(), Is.EqualTo(new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, 2 }));
        Assert.That(result.GetOutput<byte>("y").ToArray(), Is.EqualTo(result.GetOutputBytes(0).ToArray()));
        Assert.That(model.Statistics.Failed, Is.Zero);
    }

    [Test]
    public async Task Without_a_batch_dimension_requests_run_one_by_one()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { Plan = TestPlans.Identity, InstancesPerDevice = 1, QueueCapacity = 10 });
        Task<float>[] requests = [.. Enumerable.Range(0, 4).Select(async i =>
        {
            using InferenceResult result = await model.InferAsync(TensorInput.Create("x", [16], Enumerable.Repeat((float)i, 16).ToArray()));
            return result.GetOutput<float>("y")[15];
        })];

        Assert.That(await Task.WhenAll(requests), Is.EqualTo(new float[] { 0, 1, 2, 3 }));
        Assert.That(model.MaxBatch, Is.Zero);
        Assert.That(model.Statistics.Batches, Is.EqualTo(4));
    }

    [Test]
    public async Task With_batching_off_requests_run_one_by_one_with_the_rows_they_have()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { Batching = false, InstancesPerDevice = 1 });
        Task<float>[] requests = [.. Enumerable.Range(0, 6).Select(async i =>
        {
            using InferenceResult result = await model.InferAsync(TensorInput.Create("x", [2, 4], Enumerable.Repeat((float)i, 8).ToArray()));
            Assert.That(result.Outputs.Single().Shape, Is.EqualTo(new TensorShape(2, 4)));
            return result.GetOutput<float>("y")[7];
        })];

        Assert.That(await Task.WhenAll(requests), Is.EqualTo(new float[] { 1, 2, 3, 4, 5, 6 }));
        Assert.That(model.MaxBatch, Is.Zero);
        Assert.That(model.Statistics.Batches, Is.EqualTo(6));
    }

    [Test]
    public async Task Outputs_that_do_not_follow_the_batch_make_requests_run_one_by_one()
    {
        OnnxModel twice = new OnnxModel().Input("x", OnnxType.Float32, "batch", 4).Output("y", OnnxType.Float32, "rows", 4)
            .Node("Concat", ["x", "x"], ["y"], attributes: [OnnxAttributes.Int("axis", 0)]);
        string plan = TestPlans.PlanOf("twice", twice, TestModels.AddOneProfile);
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { Plan = plan });

        using InferenceResult result = await model.InferAsync(Requests.Rows(1, rows: 3));

        Assert.That(model.MaxBatch, Is.Zero);
        Assert.That(result.GetShape("y"), Is.EqualTo(new TensorShape(6, 4)));

        await model.SwapAsync(plan, "2");

        using InferenceResult swapped = await model.InferAsync(Requests.Rows(1, rows: 2));
        Assert.That((swapped.ModelVersion, swapped.GetShape("y")), Is.EqualTo(("2", new TensorShape(4, 4))));
    }

    /// <summary>Each shape is in its range, but the two do not go together: that is the request's fault, not the instance's.</summary>
    [Test]
    public async Task Shapes_that_do_not_go_together_fail_their_request_and_nothing_else()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { Plan = TestPlans.Sum, FailuresBeforeReload = 1 });
        TensorInput[] wrong = [TensorInput.Create("left", [1, 10], new float[10]), TensorInput.Create("right", [1, 20], new float[20])];
        TensorInput[] right = [TensorInput.Create("left", [1, 2], new float[] { 1, 2 }), TensorInput.Create("right", [1, 2], new float[] { 3, 4 })];
        for (int i = 0; i < 5; i++)
        {
            Assert.That(async () => await model.InferAsync(wrong), Throws.InstanceOf<PinionException>());
            Assert.That(model.State, Is.EqualTo(ModelState.Ready));
        }

        using InferenceResult result = await model.InferAsync(right);
        Assert.That(result.GetOutput<float>("sum").ToArray(), Is.EqualTo(new float[] { 4, 6 }));
        Assert.That((model.Statistics.Failed, model.Statistics.Reloads), Is.EqualTo((5, 0)));
    }

    [Test]
    public async Task A_request_that_does_not_fit_is_an_argument_error()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { Plan = TestPlans.Sum });
        var left = TensorInput.Create("left", [1, 2], new float[2]);
        var right = TensorInput.Create("right", [1, 2], new float[2]);
        var wrong = new Dictionary<string, TensorInput[]>
        {
            ["'right' is missing"] = [left],
            ["There is no input 'middle'"] = [left, TensorInput.Create("middle", [1, 2], new float[2])],
            ["'left' is given twice"] = [left, left],
            ["There are 3 inputs"] = [left, right, right],
            ["has 9 rows: a request carries 1 to 8"] = [left, TensorInput.Create("right", [9, 2], new float[18])],
            ["has 0 rows"] = [TensorInput.Create("left", [0, 2], Array.Empty<float>()), right],
            ["the same first dimension"] = [left, TensorInput.Create("right", [2, 2], new float[4])],
            ["1x33 of the input 'right' lies outside the profile"] = [left, TensorInput.Create("right", [1, 33], new float[33])],
            ["1x-1 of the input 'right' lies outside"] = [left, TensorInput.Create("right", [1, -1], new float[2])],
            ["1x2x1 of the input 'right' lies outside"] = [left, TensorInput.Create("right", [1, 2, 1], new float[2])],
            ["'right' is Float32: give Single"] = [left, TensorInput.Create("right", [1, 2], new int[2])],
            ["has 8 bytes, but 12 are given"] = [left, TensorInput.Create("right", [1, 2], new float[3])],
            ["There is no input ''"] = [left, default],
        };
        foreach ((string message, TensorInput[] inputs) in wrong)
        {
            ArgumentException e = await Requests.ExceptionAsync<ArgumentException>(async () => await model.InferAsync(inputs));
            Assert.That(e.Message, Does.Contain(message));
        }

        using InferenceResult result = await model.InferAsync(new[] { left, right });
        Assert.That(result.Outputs, Has.Count.EqualTo(1));
        Assert.That(model.Statistics.Succeeded, Is.EqualTo(1));
    }

    [Test]
    public async Task A_result_that_is_disposed_gives_nothing_away()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions());
        InferenceResult result = await model.InferAsync(Requests.Rows(1));
        ReadOnlyMemory<byte> memory = result.GetOutputBytes(0);
        Assert.Throws<ArgumentException>(() => result.GetOutput<int>("y"));
        Assert.Throws<ArgumentException>(() => result.GetOutput<float>("z"));
        Assert.Throws<ArgumentOutOfRangeException>(() => result.GetOutputBytes(1));
        result.Dispose();
        result.Dispose();

        // What was its memory is another one's now.
        using InferenceResult other = await model.InferAsync(Requests.Rows(100));
        Assert.Throws<ObjectDisposedException>(() => result.GetOutput<float>("y"));
        Assert.Throws<ObjectDisposedException>(() => result.GetOutputBytes(0));
        Assert.Throws<ObjectDisposedException>(() => _ = memory.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => memory.Pin());
        Assert.That(other.GetOutput<float>("y")[0], Is.EqualTo(101));
    }

    [Test]
    public async Task A_pin_keeps_the_memory_of_a_disposed_result()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions());
        InferenceResult result = await model.InferAsync(Requests.Rows(1));
        float pinned;
        unsafe
        {
            using System.Buffers.MemoryHandle pin = result.GetOutputBytes(0).Pin();
            result.Dispose();
            using InferenceResult other = model.InferAsync(Requests.Rows(100)).AsTask().GetAwaiter().GetResult();
            pinned = *(float*)pin.Pointer;
        }

        Assert.That(pinned, Is.EqualTo(2));
    }
}
