using System.Diagnostics;

namespace Pinion.Cli;

/// <summary>Many runs of one session with other values each: every output right, and nothing that grows.</summary>
internal static class SoakPart
{
    private const long Runs = 100_000;
    private const long QuickRuns = 1_000;
    private const int Block = 1_000;

    /// <summary>Beyond what a driver and a runtime take once in a while.</summary>
    private const long GrowthBytes = 32 << 20;

    /// <summary>Part of the time in which the runs end by themselves.</summary>
    private const double Useful = 0.7;

    public static GpuCheckAnswer Run(GpuCheckSettings settings, CancellationToken token)
    {
        using Plan plan = EngineBuilder.Build(CheckModels.Identity(), cancellationToken: token);
        using var engine = Engine.Load(plan);
        using Session session = engine.CreateSession(new SessionOptions { WaitMode = WaitMode.Spin });
        long asked = settings.Quick ? QuickRuns : Runs;
        // What is made at first use is there before anything is counted.
        long wrong = Repeat(session, 0, Block);
        long free = PinionRuntime.GetFreeBytes();
        long resident = Environment.WorkingSet;
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long begin = Stopwatch.GetTimestamp();
        long runs = 0;
        while (runs < asked && Stopwatch.GetElapsedTime(begin) < settings.Limit * Useful)
        {
            token.ThrowIfCancellationRequested();
            wrong += Repeat(session, runs, Block);
            runs += Block;
        }

        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        double perRun = (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)runs;
        var facts = new SoakFacts(
            runs, asked, wrong, seconds, runs / seconds, perRun, Math.Max(free - PinionRuntime.GetFreeBytes(), 0), Math.Max(Environment.WorkingSet - resident, 0));
        return new GpuCheckAnswer { Soak = facts, Failures = [.. Problems(facts)], Notes = runs < asked ? [FormattableString.Invariant($"{runs:N0} of {asked:N0} runs in the time that the part has.")] : [] };
    }

    internal static IEnumerable<string> Problems(SoakFacts facts)
    {
        if (facts.Wrong > 0)
        {
            yield return $"{Counted.Of(facts.Wrong, "run")} gave wrong outputs.";
        }

        // A stray allocation of the runtime's is none of a run's.
        if (facts.AllocatedBytesPerRun >= 1)
        {
            yield return FormattableString.Invariant($"a run allocates {facts.AllocatedBytesPerRun:F1} bytes of managed memory.");
        }

        if (facts.DeviceBytesLost > GrowthBytes)
        {
            yield return FormattableString.Invariant($"{facts.DeviceBytesLost:N0} bytes of device memory were lost in {facts.Runs:N0} runs.");
        }

        if (facts.HostBytesGrown > GrowthBytes)
        {
            yield return FormattableString.Invariant($"the process grew by {facts.HostBytesGrown:N0} bytes in {facts.Runs:N0} runs.");
        }
    }

    private static long Repeat(Session session, long first, int runs)
    {
        long wrong = 0;
        Span<float> x = session.Input<float>("x");
        for (long run = first; run < first + runs; run++)
        {
            float value = run % (1 << 20);
            x[0] = value;
            x[^1] = -value;
            session.Run();
            ReadOnlySpan<float> y = session.Output<float>("y");
            wrong += y[0] == value && y[^1] == -value ? 0 : 1;
        }

        return wrong;
    }
}
