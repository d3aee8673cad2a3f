namespace Pinion.Hosting.Tests;

/// <summary>Loading, swapping, stopping.</summary>
public sealed class LifetimeTests
{
    private static readonly OnnxModel AddTwo = new OnnxModel()
        .Input("x", OnnxType.Float32, "batch", 4).Output("y", OnnxType.Float32, "batch", 4)
        .Constant("two", [1], [2f]).Node("Add", ["x", "two"], ["y"]);

    private static string AddTwoPlan => TestPlans.PlanOf("addTwo", AddTwo, TestModels.AddOneProfile);

    [Test]
    public async Task Every_wrong_option_is_named_at_once()
    {
        ModelOptions options = new() { InstancesPerDevice = 0, MaxBatch = 0, BatchSizes = [4, 2], MaxDelay = TimeSpan.FromSeconds(-1), FailuresBeforeReload = 0 };
        ArgumentException e = await Requests.ExceptionAsync<ArgumentException>(() => InferenceModel.LoadAsync("m", options));
        foreach (string name in (string[])["Plan", "InstancesPerDevice", "MaxBatch", "BatchSizes", "MaxDelay", "FailuresBeforeReload"])
        {
            Assert.That(e.Message, Does.Contain(name));
        }

        options = new() { Plan = TestPlans.AddOne, MaxBatch = 17, BatchSizes = [1, 17] };
        options.Padding.Add(new PaddingOptions { Input = "z", Axis = 1, Sizes = [8] });
        options.WarmShapes.Add(new Dictionary<string, string> { ["w"] = "4" });
        e = await Requests.ExceptionAsync<ArgumentException>(() => InferenceModel.LoadAsync("m", options));
        foreach (string problem in (string[])["MaxBatch is 17, but the profile admits batches of 1 to 16", "BatchSizes has 17", "no input 'z'", "no input 'w'"])
        {
            Assert.That(e.Message, Does.Contain(problem));
        }
    }

    [Test]
    public async Task Sixty_four_callers_get_their_own_answers_while_plans_are_swapped()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { MaxBatch = 8, QueueCapacity = 1000 });
        int answered = 0;
        bool isDone = false;
        Task[] callers = [.. Enumerable.Range(0, 64).Select(caller => Task.Run(async () =>
        {
            for (int i = 0; !Volatile.Read(ref isDone); i++)
            {
                float first = (caller * 1000) + (i % 100);
                int rows = 1 + ((caller + i) % 3);
                using InferenceResult result = await model.InferAsync(Requests.Rows(first, rows));
                float added = result.ModelVersion == "two" ? 2 : 1;
                if (!result.GetOutput<float>("y").SequenceEqual([.. Requests.Values(first, rows).Select(v => v + added)]))
                {
                    throw new InvalidOperationException($"caller {caller} got another one's answer, or another version's");
                }

                Interlocked.Increment(ref answered);
            }
        }))];
        for (int i = 0; i < 4; i++)
        {
            int before = Volatile.Read(ref answered);
            await Requests.UntilAsync(() => Volatile.Read(ref answered) > before + 500 || callers.Any(c => c.IsCompleted), "no answers");
            await model.SwapAsync(i % 2 == 0 ? AddTwoPlan : TestPlans.AddOne, i % 2 == 0 ? "two" : "one");
        }

        Volatile.Write(ref isDone, true);
        await Task.WhenAll(callers);
        ModelStatistics statistics = model.Statistics;
        Assert.That((statistics.Succeeded, statistics.Failed, statistics.Refused), Is.EqualTo((answered, 0, 0)));
        Assert.That((statistics.Waiting, statistics.Running), Is.EqualTo((0, 0)));
        Assert.That(statistics.Batches, Is.LessThan(statistics.Succeeded), "some ran together");
        Assert.That((model.Version, model.Plan), Is.EqualTo(("one", TestPlans.AddOne)));
    }

    [Test]
    public async Task Requests_that_wait_go_to_the_new_plan()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { InstancesPerDevice = 1 });
        (Gate gate, Task held) = Gate.Hold(model, 4, "x");
        Task<InferenceResult> waiting = model.InferAsync(Requests.Rows(1)).AsTask();
        await model.SwapAsync(AddTwoPlan, "2");

        using InferenceResult result = await waiting;
        Assert.That((result.ModelVersion, result.GetOutput<float>("y")[0]), Is.EqualTo(("2", 3f)));
        Assert.That(held.IsCompleted, Is.False, "the old one still runs");
        gate.Open();
        await held;
    }

    [Test]
    public async Task A_plan_that_does_not_fit_leaves_the_old_one()
    {
        using var folder = new TemporaryFolder();
        string garbage = folder["garbage.plan"];
        await File.WriteAllBytesAsync(garbage, [1, 2, 3]);
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions());

        PinionException e = await Requests.ExceptionAsync<PinionException>(() => model.SwapAsync(garbage));
        Assert.That(e.Status, Is.EqualTo(PinionStatus.PlanCorrupt));
        await Requests.ExceptionAsync<FileNotFoundException>(() => model.SwapAsync(folder["none.plan"]));
        ArgumentException other = await Requests.ExceptionAsync<ArgumentException>(() => model.SwapAsync(TestPlans.Sum));
        Assert.That(other.Message, Does.Contain("its inputs are left"));
        OptimizationProfile narrow = new OptimizationProfile().Add("x", [1, 4], [4, 4], [8, 4]);
        other = await Requests.ExceptionAsync<ArgumentException>(() => model.SwapAsync(TestPlans.PlanOf("narrow", AddTwo, narrow)));
        Assert.That(other.Message, Does.Contain("it takes 1 to 8 rows, the old plan 1 to 16"));

        await Requests.SendAsync(model, 1);
        Assert.That((model.Version, model.Plan, model.State), Is.EqualTo(("1", TestPlans.AddOne, ModelState.Ready)));
    }

    [Test]
    public async Task Stopping_finishes_what_was_accepted()
    {
        InferenceModel model = await Requests.LoadAsync(new ModelOptions { InstancesPerDevice = 1, MaxDelay = TimeSpan.FromMinutes(10) });
        Task<RequestTimings>[] accepted = [.. Enumerable.Range(0, 3).Select(i => Requests.SendAsync(model, i))];
        Assert.That(model.Statistics.Waiting, Is.EqualTo(3));

        // Nothing is worth waiting for any more.
        await model.StopAsync();
        Assert.That((await Task.WhenAll(accepted)).Select(t => t.BatchSize), Is.All.EqualTo(3));
        Assert.That(await Requests.RefusalAsync(Requests.SendAsync(model, 1)), Is.EqualTo(RefusalReason.Stopping));
        Assert.That(model.State, Is.EqualTo(ModelState.Stopped));
        await Requests.ExceptionAsync<InvalidOperationException>(() => model.SwapAsync(TestPlans.AddOne));
        await model.DisposeAsync();
        await model.DisposeAsync();
        Assert.That(await Requests.RefusalAsync(Requests.SendAsync(model, 1)), Is.EqualTo(RefusalReason.Stopping));
    }

    [Test]
    public async Task Stopping_refuses_what_is_left_when_its_time_is_over()
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { InstancesPerDevice = 1 });
        (Gate gate, Task held) = Gate.Hold(model, 4, "x");
        Task waiting = Requests.SendAsync(model, 1);
        using var limit = new CancellationTokenSource();
        Task stopped = model.StopAsync(limit.Token);
        Assert.That(waiting.IsCompleted, Is.False);

        await limit.CancelAsync();
        Assert.That(await Requests.RefusalAsync(waiting), Is.EqualTo(RefusalReason.Stopping));
        Assert.That(stopped.IsCompleted, Is.False, "what runs is finished");
        gate.Open();
        await Task.WhenAll(stopped, held);
        Assert.That((model.Statistics.Succeeded, model.Statistics.Refused), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Under_load_a_stop_answers_every_request_once()
    {
        InferenceModel model = await Requests.LoadAsync(new ModelOptions { MaxBatch = 4, QueueCapacity = 40 });
        int sent = 0;
        int answered = 0;
        Task[] callers = [.. Enumerable.Range(0, 32).Select(caller => Task.Run(async () =>
        {
            for (bool isStopping = false; !isStopping;)
            {
                using var cancellation = new CancellationTokenSource();
                int number = Interlocked.Increment(ref sent);
                Task<RequestTimings> request = Requests.SendAsync(model, caller, cancellationToken: cancellation.Token);
                if (number % 5 == 0)
                {
                    await cancellation.CancelAsync();
                }

                try
                {
                    await request;
                }
                catch (OperationCanceledException)
                {
                }
                catch (RequestRefusedException e)
                {
                    isStopping = e.Reason == RefusalReason.Stopping;
                }

                Interlocked.Increment(ref answered);
            }
        }))];
        await Requests.UntilAsync(() => Volatile.Read(ref answered) > 2000, "no answers");
        await model.StopAsync();
        await Task.WhenAll(callers);
        await model.DisposeAsync();
        ModelStatistics s = model.Statistics;
        Assert.That(answered, Is.EqualTo(sent));
        Assert.That(s.Succeeded + s.Refused + s.Cancelled, Is.EqualTo(sent));
        Assert.That((s.Failed, s.Waiting, s.Running), Is.EqualTo((0L, 0, 0)));
    }
}
