using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>What runs in a child process, under an environment that the parent chose. Each prints what it saw.</summary>
internal static class Scenarios
{
    public static readonly IReadOnlyDictionary<string, Action<string[]>> All = new Dictionary<string, Action<string[]>>
    {
        ["save"] = args => Print(() =>
        {
            using Plan plan = EngineBuilder.Build(TestModels.Identity.ToBytes());
            plan.Save(args[0]);
        }),
        ["build"] = _ => Print(() => EngineBuilder.Build(TestModels.Identity.ToBytes()).Dispose()),
        ["load"] = args => Print(() => Engine.Load(args[0]).Dispose()),
        ["pin"] = _ => Repeat(3, () => new PinnedBuffer<float>(16).Dispose()),
        ["allocate"] = _ => Repeat(3, () => new DeviceBuffer(64).Dispose()),
        ["session"] = _ => CreateSessions(),
        ["run"] = args => RunPlainly(int.Parse(args[0], null), asynchronously: false),
        ["run-async"] = args => RunPlainly(int.Parse(args[0], null), asynchronously: true),
        ["graph"] = _ => RunWithLog(),
        ["first-runs"] = args => FirstRuns(args[0]),
        ["runtime"] = _ => DescribeRuntime(),
        ["pool-threads"] = _ => KeepPoolThreadsFree(),
        ["cancel"] = _ => CancelRuns(),
        ["collect"] = _ => CollectDuringRuns(),
        ["cache"] = args => Print(() => RequestFromCache(args[0], args[1]), quietly: true),
        ["cache-churn"] = args => ChurnCache(args[0], args[1]),
        ["isolated-hang"] = _ => HangInAnIsolatedBuild(),
        ["shape-memory"] = _ => MeasureShapes(),
        ["allocation"] = args => AsyncAllocation.Print(args[0]),
    };

    /// <summary>What shapes take of a device whose memory nothing else uses, and that no more than allowed stay.</summary>
    private static void MeasureShapes()
    {
        using Engine engine = TestEngines.AddOne();
        long free = PinionRuntime.GetFreeBytes();
        long one;
        using (Session session = engine.CreateSession())
        {
            long first = session.Prepare(("x", [1, 4])).DeviceBytes;
            ShapeVariant second = session.Prepare(("x", [2, 4]));
            one = second.DeviceBytes;
            bool isTold = first > 0 && one > first && session.DeviceBytes == free - PinionRuntime.GetFreeBytes();
            second.Dispose();
            Console.WriteLine(isTold && session.DeviceBytes == free - PinionRuntime.GetFreeBytes() ? "told" : $"{first} {one} {session.DeviceBytes}");
        }

        using (Session session = engine.CreateSession(new SessionOptions { MaxShapeBytes = 2 * one }))
        {
            // The session's first context is no shape's own.
            ShapeVariant kept = session.Prepare(("x", [16, 4]));
            long alone = session.DeviceBytes;
            for (int batch = 1; batch <= 5; batch++)
            {
                session.SetBatch(batch);
                session.Run();
            }

            Console.WriteLine(session.DeviceBytes - alone == 2 * one ? "bounded" : $"{session.DeviceBytes - alone} of {2 * one}");
            session.Run(kept);
            Console.WriteLine("kept");
        }

        Console.WriteLine(PinionRuntime.GetFreeBytes() == free ? "all freed" : $"{free - PinionRuntime.GetFreeBytes()} bytes left");
    }

    private static void RequestFromCache(string folder, string model)
    {
        EngineBuildOptions options = model.Contains("dense", StringComparison.Ordinal) ? new() { Profiles = [TestModels.DenseProfile] } : new();
        using CachedPlan plan = new EngineCache(folder, new EngineCacheOptions { InProcess = true }).GetOrBuild(model, options);
        if (plan.Report.NotKept is { } reason)
        {
            plan.Load().Dispose();
            Console.WriteLine($"{plan.Report.Outcome}, loads, {reason}");
            return;
        }

        Console.WriteLine(plan.Report.Outcome);
    }

    /// <summary>Builds one plan after another and keeps three, until the parent ends it.</summary>
    private static void ChurnCache(string folder, string model)
    {
        var cache = new EngineCache(folder, new EngineCacheOptions { InProcess = true, MaxBytes = 100_000 });
        for (int i = 1; ; i++)
        {
            cache.GetOrBuild(model, new EngineBuildOptions { WorkspaceBytes = 1024 * i }).Dispose();
            if (i == 5)
            {
                Console.WriteLine("warm");
            }
        }
    }

    /// <summary>Prints the number of the builder process, once it is in its build.</summary>
    private static void HangInAnIsolatedBuild()
    {
        var receiver = new IsolatedBuildTests.Receiver(p =>
        {
            if (p.Phase == "build")
            {
                Console.WriteLine(BuilderProcesses.All.Single());
            }
        });
        EngineBuilder.BuildIsolatedAsync(TestModels.Identity.ToBytes().AsMemory(), progress: receiver).GetAwaiter().GetResult().Plan.Dispose();
    }

    /// <summary>Prints the milliseconds of the first runs of two shapes, and of the first again where another engine has run it.</summary>
    private static void FirstRuns(string plan)
    {
        using (var engine = Engine.Load(plan))
        {
            using Session session = engine.CreateSession();
            Console.Write(FormattableString.Invariant($"{session.Prepare(("x", [1, 4])).FirstRunMs} {session.Prepare(("x", [2, 4])).FirstRunMs} "));
        }

        using var again = Engine.Load(plan);
        using Session later = again.CreateSession();
        Console.WriteLine(FormattableString.Invariant($"{later.Prepare(("x", [1, 4])).FirstRunMs}"));
    }

    private static void Repeat(int times, Action action)
    {
        for (int i = 0; i < times; i++)
        {
            Print(action);
        }
    }

    /// <summary>"ok", or the exception's type, status, operation and message on one line.</summary>
    private static void Print(Action action, bool quietly = false)
    {
        try
        {
            action();
            if (!quietly)
            {
                Console.WriteLine("ok");
            }
        }
        catch (PinionException e)
        {
            Console.WriteLine($"{e.GetType().Name} {e.Status} [{e.Operation}] {e.Message.ReplaceLineEndings(" ")} | {e.TensorRtLog.ReplaceLineEndings(" ")}");
        }
        catch (IOException e)
        {
            Console.WriteLine($"IOException {e.Message}");
        }
    }

    private static void CreateSessions()
    {
        using Engine engine = TestEngines.AddOne();
        Repeat(3, () =>
        {
            using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1] });
            session.Run(1);
        });
    }

    private static void RunPlainly(int times, bool asynchronously)
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession(new SessionOptions { UseGraph = false });
        for (int i = 0; i < times; i++)
        {
            session.Input<float>("x").Fill(i);
            Print(() =>
            {
                if (asynchronously)
                {
                    session.RunAsync().AsTask().GetAwaiter().GetResult();
                }
                else
                {
                    session.Run();
                }

                if (session.Output<float>("y")[15] != i)
                {
                    throw new PinionException($"wrong output in run {i}");
                }
            });
        }
    }

    private static void RunWithLog()
    {
        int warnings = 0;
        PinionRuntime.SetLog((severity, message) =>
        {
            if (severity <= LogSeverity.Warning && message.Contains("graph", StringComparison.OrdinalIgnoreCase))
            {
                Interlocked.Increment(ref warnings);
            }
        });
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();
        bool isRight = true;
        for (int i = 0; i < 5; i++)
        {
            session.Input<float>("x").Fill(i);
            session.Run();
            isRight &= session.Output<float>("y")[0] == i;
        }

        PinionRuntime.SetLog(null);
        Console.WriteLine($"graph {session.UsesGraph}, used {session.Timings.UsedGraph}, warnings {warnings}, right {isRight}");
    }

    /// <summary>Each inference takes as long as the parent said.</summary>
    private static void CancelRuns()
    {
        using Engine engine = TestEngines.Identity();
        Session session = engine.CreateSession();
        using var cancellation = new CancellationTokenSource();
        Task run = session.RunAsync(cancellation.Token).AsTask();
        cancellation.Cancel();
        var cancelled = Caught(() => run.GetAwaiter().GetResult()) as OperationCanceledException;
        Console.WriteLine($"cancelled while in flight {!session.IsIdle}, the token's own {cancelled?.CancellationToken == cancellation.Token}");
        Console.WriteLine($"busy: {Caught(session.Run).Message}");
        Hang.Until(() => session.IsIdle);
        Console.WriteLine($"no outputs: {Caught(() => _ = session.Output<float>("y").Length).Message}");
        session.Input<float>("x").Fill(3);
        session.Run();
        Console.WriteLine($"next run right {session.Output<float>("y")[15] == 3}");

        using SessionPool pool = engine.CreatePool(1);
        using var second = new CancellationTokenSource();
        using (SessionLease lease = pool.Rent())
        {
            // Not awaited by its user, who goes.
            _ = lease.Session.RunAsync(second.Token);
            second.Cancel();
        }

        using (SessionLease lease = pool.Rent())
        {
            Console.WriteLine($"pool waits for the device {lease.Session.IsIdle}");
            lease.Session.Run();
        }

        using var third = new CancellationTokenSource();
        run = session.RunAsync(third.Token).AsTask();
        third.Cancel();
        Caught(() => run.GetAwaiter().GetResult());
        session.Dispose();
        Console.WriteLine("disposed while in flight");
    }

    private static Exception Caught(Action action)
    {
        try
        {
            action();
            return new InvalidOperationException("nothing was thrown");
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private static void DescribeRuntime()
    {
        Console.WriteLine($"supported {PinionRuntime.IsSupported}");
        Console.WriteLine($"reason {PinionRuntime.UnsupportedReason?.ReplaceLineEndings(" ")}");
        Print(() => Console.WriteLine(PinionRuntime.Info.Sdk));
        Print(() => EngineBuilder.Build(TestModels.Identity.ToBytes()).Dispose());
        Print(() => new PinnedBuffer<int>(1).Dispose());
        Print(() => Engine.Load([1, 2, 3]).Dispose());
    }

    /// <summary>With as many pool threads as runs in flight, blocked ones would leave none for other work.</summary>
    private static void KeepPoolThreadsFree()
    {
        int threads = Environment.ProcessorCount;
        ThreadPool.SetMinThreads(threads, threads);
        ThreadPool.SetMaxThreads(threads, threads);
        using Engine engine = TestEngines.Identity();
        Session[] sessions = [.. Enumerable.Range(0, threads + 1).Select(_ => engine.CreateSession())];

        // Started from the pool, as a service does.
        async Task Start(Session session) => await session.RunAsync().ConfigureAwait(false);
        bool wasInFlight = false;

        // More than once: a machine that stands still for a moment may end the first run before the last one starts.
        for (int attempt = 0; attempt < 5 && !wasInFlight; attempt++)
        {
            Task[] runs = [.. sessions.Select(session => Task.Run(() => Start(session)))];
            wasInFlight = SpinWait.SpinUntil(() => sessions.All(s => !s.IsIdle), TimeSpan.FromSeconds(1))
                && Task.Run(() => runs.All(r => !r.IsCompleted)).GetAwaiter().GetResult();
            Task.WaitAll(runs);
        }

        Array.ForEach(sessions, s => s.Dispose());

        Console.WriteLine($"pool answered during the runs: {wasInFlight}");
    }

    /// <summary>Compacting collections during runs: nothing native may point into the managed heap.</summary>
    private static void CollectDuringRuns()
    {
        using Engine engine = TestEngines.AddOne();
        using SessionPool pool = engine.CreatePool(2, new SessionOptions { WarmBatches = [1] });
        bool isDone = false;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref isDone))
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            }
        });
        collector.Start();
        async Task Work(int worker)
        {
            for (int i = 0; i < 200; i++)
            {
                using SessionLease lease = await pool.RentAsync().ConfigureAwait(false);
                lease.Session.SetBatch(1);
                lease.Session.Input<float>("x").Fill((worker * 1000) + i);
                await lease.Session.RunAsync().ConfigureAwait(false);
                if (lease.Session.Output<float>("y")[3] != (worker * 1000) + i + 1)
                {
                    throw new PinionException("wrong output");
                }
            }
        }

        Print(() => Task.WaitAll([.. Enumerable.Range(0, 4).Select(w => Task.Run(() => Work(w)))]));
        Volatile.Write(ref isDone, true);
        collector.Join();
    }
}
