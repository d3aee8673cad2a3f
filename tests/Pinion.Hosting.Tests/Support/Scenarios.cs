using Microsoft.Extensions.Logging;

namespace Pinion.Hosting.Tests;

/// <summary>What runs in a child process, under an environment that the parent chose. Each prints what it saw.</summary>
internal static class Scenarios
{
    public static readonly IReadOnlyDictionary<string, Func<string[], Task>> All = new Dictionary<string, Func<string[], Task>>
    {
        ["host-health"] = HostScenarios.HealthAsync,
        ["built"] = BuildAsync,
        ["host-stop-limit"] = HostScenarios.StopLimitAsync,
        ["load"] = args => Print(async () => await (await Requests.LoadAsync(new ModelOptions { Plan = args[0] })).DisposeAsync()),
        ["many-callers"] = args => SendUnderFaultsAsync(args[0], callers: 16, requests: 40, instances: 2, failuresBeforeReload: 3),
        ["many-callers-without-graphs"] = args =>
            SendUnderFaultsAsync(args[0], callers: 16, requests: 40, instances: 2, failuresBeforeReload: 3, useGraph: false),
        ["one-instance"] = args => SendUnderFaultsAsync(args[0], callers: 1, requests: 200, instances: 1, failuresBeforeReload: 1),
        ["two-instances"] = args => SendUnderFaultsAsync(args[0], callers: 4, requests: 50, instances: 2, failuresBeforeReload: 1),
        ["replaced-plan"] = args => ReplacePlanAsync(args[0]),
        ["storm"] = args => StormAsync(args[0]),
        ["broken"] = args => BreakAsync(args[0]),
        ["swap-without-memory"] = args => SwapWithoutMemoryAsync(args[0], args[1]),
        ["swap-often"] = args => SwapOftenAsync(args[0]),
        ["two-devices"] = args => UseTwoDevicesAsync(args[0]),
        ["deadlines"] = args => KeepDeadlinesAsync(args[0]),
        ["allocation"] = args => Allocation.PrintAsync(args[0]),
    };

    /// <summary>Serves the model through the cache, reloads an engine, and prints the answers and what the log warned of.</summary>
    private static async Task BuildAsync(string[] args)
    {
        var log = new ListLogger();
        await using InferenceModel model = await InferenceModel.LoadAsync(
            "add", new ModelOptions { Onnx = args[0], Cache = args[1], MaxBatch = 1, Build = new EngineBuildOptions { Profiles = [TestModels.AddOneProfile] } }, log.CreateLogger("add"));
        Console.WriteLine(await AddModels.AddAsync(model, 1));
        model.Scheduler.Version.Reload(model.Scheduler.Version.Pool.All[0], CancellationToken.None);
        Console.WriteLine(await AddModels.AddAsync(model, 2));
        Console.WriteLine(string.Join('\n', log.In("add").Where(e => e.Level == LogLevel.Warning).Select(e => e.Message)));
    }

    private static async Task Print(Func<Task> action)
    {
        try
        {
            await action();
            Console.WriteLine("ok");
        }
        catch (PinionException e)
        {
            Console.WriteLine($"{e.GetType().Name} {e.Status}");
        }
    }

    private static async Task SendUnderFaultsAsync(string plan, int callers, int requests, int instances, int failuresBeforeReload, bool useGraph = true)
    {
        var log = new EventCounter();
        ModelOptions options = new()
        {
            Plan = plan,
            InstancesPerDevice = instances,
            BatchSizes = [1, 2, 4],
            MaxBatch = 4,
            QueueCapacity = 1000,
            FailuresBeforeReload = failuresBeforeReload,
            UseGraph = useGraph,
        };
        await using InferenceModel model = await InferenceModel.LoadAsync("m", options, log);
        int succeeded = 0;
        int failed = 0;
        int refused = 0;
        ModelState worst = ModelState.Ready;
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            for (int i = 0; i < requests; i++)
            {
                try
                {
                    await Requests.SendAsync(model, (caller * 1000) + i);
                    Interlocked.Increment(ref succeeded);
                }
                catch (PinionException)
                {
                    Interlocked.Increment(ref failed);
                }
                catch (RequestRefusedException e) when (e.Reason == RefusalReason.Unavailable)
                {
                    Interlocked.Increment(ref refused);
                    worst = ModelState.Unavailable;

                    // As a client should: later.
                    await Requests.UntilAsync(() => model.State != ModelState.Unavailable, "it does not come back");
                }
            }
        })));
        await Requests.UntilAsync(() => model.State == ModelState.Ready, "it does not come back");
        ModelStatistics s = model.Statistics;
        bool agrees = (s.Succeeded, s.Failed, s.Refused, s.Waiting, s.Running) == (succeeded, failed, refused, 0, 0);
        Console.WriteLine($"answered {succeeded + failed + refused}, failed {failed}, refused {(refused > 0 ? "some" : "none")}, agrees {agrees}, "
            + $"failures {log[3]}, out {log[4]}, back {log[6]}, reloads {s.Reloads}, worst {worst}, reason {model.StateReason ?? "none"}");
    }

    /// <summary>Garbage lies where the plan was, and a run fails.</summary>
    private static async Task ReplacePlanAsync(string plan)
    {
        using var folder = new TemporaryFolder();
        string copy = folder["copy.plan"];
        File.Copy(plan, copy);
        ModelOptions options = new() { Plan = copy, InstancesPerDevice = 1, BatchSizes = [1], FailuresBeforeReload = 1 };
        await using InferenceModel model = await Requests.LoadAsync(options);
        await File.WriteAllTextAsync(copy, "garbage");
        int failed = 0;
        for (int i = 0; i < 100; i++)
        {
            try
            {
                await Requests.SendAsync(model, i);
            }
            catch (PinionException)
            {
                failed++;
                await Requests.UntilAsync(() => model.State == ModelState.Ready, "it does not come back");
            }
        }

        await Print(() => model.SwapAsync(copy));
        await Requests.SendAsync(model, 1);
        Console.WriteLine($"failed {failed}, reloads {model.Statistics.Reloads}, {model.State}");
    }

    /// <summary>Everything at once; each request counts once, whatever becomes of it.</summary>
    private static async Task StormAsync(string plan)
    {
        const int Callers = 32;
        const int Count = 200;
        ModelOptions options = new() { Plan = plan, BatchSizes = [1, 2, 4, 8], MaxBatch = 8, QueueCapacity = 60, FailuresBeforeReload = 1 };
        InferenceModel model = await Requests.LoadAsync(options);
        int succeeded = 0;
        int failed = 0;
        int refused = 0;
        int cancelled = 0;
        var callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            for (int i = 0; i < Count; i++)
            {
                using var cancellation = new CancellationTokenSource();
                RequestOptions request = new()
                {
                    Priority = (RequestPriority)random.Next(-1, 2),
                    Deadline = random.Next(4) == 0 ? TimeSpan.FromMilliseconds(random.Next(1, 20)) : null,
                };
                try
                {
                    Task answer = Requests.SendAsync(model, (caller * 1000) + i, random.Next(1, 5), request, cancellation.Token);
                    if (random.Next(4) == 0)
                    {
                        await Task.Yield();
                        await cancellation.CancelAsync();
                    }

                    await answer;
                    Interlocked.Increment(ref succeeded);
                }
                catch (PinionException)
                {
                    Interlocked.Increment(ref failed);
                }
                catch (RequestRefusedException)
                {
                    Interlocked.Increment(ref refused);
                    await Task.Delay(1);
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref cancelled);
                }
            }
        })));
        for (int version = 2; version < 6 && !callers.IsCompleted; version++)
        {
            try
            {
                await model.SwapAsync(plan, $"{version}");
            }
            catch (PinionException)
            {
                // A fault hit the loading: the old one stays.
            }
        }

        await callers;
        await model.StopAsync();
        ModelStatistics s = model.Statistics;
        await model.DisposeAsync();
        bool agrees = (s.Succeeded, s.Failed, s.Refused, s.Cancelled, s.Waiting, s.Running) == (succeeded, failed, refused, cancelled, 0, 0);
        Console.WriteLine($"answered {succeeded + failed + refused + cancelled}, agrees {agrees}, succeeded {(succeeded > 1000 ? "most" : succeeded)}");
        Console.Error.WriteLine(s);
    }

    /// <summary>From some run on all fail.</summary>
    private static async Task BreakAsync(string plan)
    {
        await using InferenceModel model = await Requests.LoadAsync(
            new ModelOptions { Plan = plan, InstancesPerDevice = 1, BatchSizes = [1], FailuresBeforeReload = 2 });
        Exception? failure = null;
        for (int i = 0; failure is null; i++)
        {
            try
            {
                await Requests.SendAsync(model, i);
            }
            catch (PinionException e)
            {
                failure = e;
            }
        }

        await Requests.UntilAsync(() => model.State == ModelState.Unavailable, "it is not out");
        RefusalReason reason = await Requests.RefusalAsync(Requests.SendAsync(model, 1));
        Console.WriteLine($"{model.State}, {reason}, because {model.StateReason!.ReplaceLineEndings(" ")}");
        await model.StopAsync();
    }

    /// <summary>Repeatedly, so that memory which does not come back shows.</summary>
    private static async Task SwapWithoutMemoryAsync(string plan, string other)
    {
        ModelOptions options = new() { Plan = plan, InstancesPerDevice = 1, BatchSizes = [1] };
        var input = TensorInput.Create("x", [1, Wide], new float[Wide]);
        await using (InferenceModel model = await Requests.LoadAsync(options))
        {
            for (int i = 0; i < 5; i++)
            {
                await Print(() => model.SwapAsync(other, "2"));
                using InferenceResult result = await model.InferAsync(input);
                Console.WriteLine($"version {result.ModelVersion} answers");
            }
        }

        await Print(async () => await (await Requests.LoadAsync(options)).DisposeAsync());
    }

    /// <summary>With memory for two, as often as one likes.</summary>
    private static async Task SwapOftenAsync(string plan)
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { Plan = plan, InstancesPerDevice = 1, BatchSizes = [1] });
        for (int version = 2; version <= 8; version++)
        {
            await model.SwapAsync(plan, $"{version}");
            using InferenceResult result = await model.InferAsync(TensorInput.Create("x", [1, Wide], new float[Wide]));
            Console.WriteLine($"version {result.ModelVersion} answers");
        }
    }

    public const int Wide = 65536;

    private static async Task UseTwoDevicesAsync(string plan)
    {
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { Plan = plan, Devices = [0, 1], BatchSizes = [1], MaxBatch = 1 });
        var gates = new List<(Gate Gate, Task Answered)>();
        for (int i = 0; i < 4; i++)
        {
            gates.Add(Gate.Hold(model, 4, "x"));
            Console.WriteLine($"at work: {string.Join(", ", model.Scheduler.Version.Pool.Busy)}");
        }

        gates.ForEach(g => g.Gate.Open());
        await Task.WhenAll(gates.Select(g => g.Answered));
        for (int i = 0; i < 20; i++)
        {
            await Requests.SendAsync(model, i);
        }

        Console.WriteLine($"succeeded {model.Statistics.Succeeded}");
    }

    /// <summary>A batch takes 40 ms, forty of them wait.</summary>
    private static async Task KeepDeadlinesAsync(string plan)
    {
        await using InferenceModel model = await Requests.LoadAsync(
            new ModelOptions { Plan = plan, InstancesPerDevice = 1, BatchSizes = [1], MaxBatch = 1, QueueCapacity = 100 });
        Task<RequestTimings> Send(double milliseconds, RequestPriority priority = default) => Requests.SendAsync(
            model, 1, options: new RequestOptions { Deadline = TimeSpan.FromMilliseconds(milliseconds), Priority = priority });

        Task<RequestTimings> tooShort = Send(20);
        Console.WriteLine($"20 ms on an idle model: refused at once {tooShort.IsFaulted}, {await Requests.RefusalAsync(tooShort)}");
        Task<RequestTimings>[] waiting = [.. Enumerable.Range(0, 40).Select(_ => Send(60_000))];
        Task<RequestTimings> behind = Send(200);
        Console.WriteLine($"200 ms behind forty: refused at once {behind.IsFaulted}, {await Requests.RefusalAsync(behind)}");
        Task<RequestTimings> ahead = Send(30_000, RequestPriority.High);
        await Task.WhenAll([.. waiting, ahead]);
        Console.WriteLine($"the others are answered: {model.Statistics.Succeeded}");
    }

    private sealed class EventCounter : ILogger
    {
        private readonly int[] _events = new int[16];

        public int this[int id] => Volatile.Read(ref _events[id]);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Interlocked.Increment(ref _events[eventId.Id]);
    }
}
