using System.Globalization;
using Pinion.Fp16;

namespace Pinion.Cli;

/// <summary>A build of FP16: converted, searched, built and compared, with one line of progress at a time.</summary>
internal static class VerifiedBuildRun
{
    /// <param name="terminal">Where progress goes.</param>
    /// <param name="name">The model as the user wrote it.</param>
    /// <param name="path">The model's file.</param>
    /// <param name="options">How to build and verify; what builds is set here.</param>
    /// <param name="sdk">The SDK that builds; null: this process's.</param>
    /// <param name="build">Builds a plan, with its own progress.</param>
    /// <param name="token">Ends it.</param>
    public static VerifiedBuildResult Run(
        Terminal terminal, string name, string path, VerifiedBuildOptions options, Sdk? sdk, Func<string, EngineBuildOptions, Plan> build, CancellationToken token)
    {
        using var progress = new GuardLine(terminal, $"verifying {Path.GetFileName(name)}");
        using LogTally warnings = terminal.CollectWarnings();
        return VerifiedBuild.Run(
            path,
            options with
            {
                BuilderSdk = sdk,
                Build = (model, engine) =>
                {
                    progress.End();
                    warnings.Clear();
                    return build(model, engine);
                },
                Warnings = () => [.. warnings.Lines.Where(IsOfPrecision).Distinct()],
            },
            progress, token);
    }

    /// <summary>What was made of the model, what was measured, and how the engine was judged.</summary>
    public static void Show(Terminal terminal, VerifiedBuildResult result)
    {
        if (result.Guard is { Kept.Count: > 0 } guard)
        {
            GuardText.Show(terminal, guard);
        }

        if (result.Verification is not { } verdict)
        {
            terminal.Warn("FP16 was not verified, as --no-verify says; pinion verify PLAN MODEL does it later.");
            return;
        }

        terminal.Say(Text(verdict));
    }

    /// <summary>A verdict in some lines.</summary>
    public static string Text(EngineVerification verdict)
    {
        var lines = new List<string> { verdict.ToString() };
        if (verdict.Fp16Nodes is { } half)
        {
            lines.Add($"{Counted.Of(half, "node")} in FP16, {verdict.Fp32Nodes.Count} kept in FP32");
        }

        if (verdict is { Layers: { } all, Fp16Layers: { } halves })
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{halves} of {Counted.Of(all, "layer")} take and give FP16 ({(double)halves / all:P0})"));
        }

        if (verdict.Speedup is { } speedup)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{speedup:F2} times as fast as FP32"));
        }

        lines.AddRange(verdict.Warnings.Select(w => $"TensorRT warned: {w}"));
        return string.Join(Environment.NewLine, lines);
    }

    private static bool IsOfPrecision(string line) =>
        line.Contains("FP16", StringComparison.OrdinalIgnoreCase) || line.Contains("half", StringComparison.OrdinalIgnoreCase) || line.Contains("overflow", StringComparison.OrdinalIgnoreCase);
}

/// <summary>Progress of a guard, from its first report on; it makes room for another line where something else begins.</summary>
internal sealed class GuardLine(Terminal terminal, string what) : IProgress<GuardProgress>, IDisposable
{
    private ProgressLine? _line;

    public void Report(GuardProgress value)
    {
        _line ??= terminal.StartProgress(what);
        _line.Show(Text(value));
    }

    public static string Text(GuardProgress value) => string.Create(
        CultureInfo.InvariantCulture, $"{value.Step}, {value.Done} of {value.Total}{(value.Left is { } left ? $", about {left.TotalSeconds:F0} s left" : "")}");

    public void End()
    {
        _line?.Dispose();
        _line = null;
    }

    public void Dispose() => End();
}
