using System.Globalization;
using Pinion.Fp16;

namespace Pinion.Cli;

/// <summary>What a guard found, for the terminal and as JSON.</summary>
internal static class GuardText
{
    /// <summary>Rows that are shown; --explain has all.</summary>
    private const int ShownNodes = 20;

    public static GuardFacts Facts(GuardReport report, bool explain) => new(
        report.IsWithinLimits, report.Samples, report.SampleCount, report.RelativeErrorLimit, report.Limits.MinCosine, report.Limits.MinTop1Agreement, Facts(report.Plain),
        Facts(report.RoundedWeights), Facts(report.Final), [.. report.Kept.Select(k => new KeptFacts(k.Key, k.Value))], report.Trials, report.IsSmallest, report.PlainSeconds, report.Seconds,
        explain ? [.. report.Statistics.Select(s => new ValueFacts(s.Node, s.Operator, s.Value, s.Largest, s.Smallest, s.BeyondShare, s.SubnormalShare, s.Depth, Finite(s.OwnError), s.OwnError is double.PositiveInfinity))] : null,
        explain ? report.Unmeasured : null);

    public static void Show(Terminal terminal, GuardReport report)
    {
        var table = new FactTable(keys: 1, report.Samples, "relative error", "cosine", "top-1", "lost values");
        table.Row("limit", Number(report.RelativeErrorLimit), Text(report.Limits.MinCosine), report.Limits.MinTop1Agreement is { } top1 ? Text(top1) : "", "0");
        Row(table, "FP32, weights rounded to 11 bits", report.RoundedWeights);
        Row(table, "FP16, nothing kept", report.Plain);
        if (report.Kept.Count > 0)
        {
            Row(table, $"FP16, {Counted.Of(report.Kept.Count, "node")} kept in FP32", report.Final);
        }

        terminal.Show(table);
        if (report.Kept.Count > 0)
        {
            var kept = new FactTable(keys: 1, "kept for what was measured", "why");
            foreach ((string node, string reason) in report.Kept.Take(ShownNodes))
            {
                kept.Row(node, reason);
            }

            terminal.Show(kept);
        }

        if (report.Kept.Count > 0 && !report.IsSmallest)
        {
            terminal.Say($"{Counted.Of(report.Trials, "trial")} were used up; a smaller set may do: --trials allows more.");
        }

        if (report.Recipe is { } recipe)
        {
            terminal.Say($"{recipe}: the recipe; pinion convert --recipe converts the same again.");
        }
    }

    /// <summary>Why there is no model.</summary>
    public static string Refusal(GuardReport report) =>
        $"{report.WhyRefused()}. Nothing was written. --max-relative-error and --min-cosine accept more, --exclude keeps nodes in FP32.";

    private static void Row(FactTable table, string what, ModelError error) => table.Row(
        what, Number(error.RelativeError), error.Cosine.ToString("F6", CultureInfo.InvariantCulture), error.Top1Agreement is { } top1 ? top1.ToString("F4", CultureInfo.InvariantCulture) : "",
        error.Outputs.Sum(o => o.Lost).ToString("N0", CultureInfo.InvariantCulture));

    private static string Number(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    private static string Text(double limit) => limit.ToString(CultureInfo.InvariantCulture);

    private static ErrorRow Facts(ModelError error) => new(
        Finite(error.RelativeError), error.Cosine, error.Top1Agreement, [.. error.Outputs.Select(o => new OutputRow(o.Output, Finite(o.RelativeError), o.Cosine, o.Top1Agreement, o.Lost))]);

    /// <summary>JSON has no infinity: an error is null where values were lost.</summary>
    private static double? Finite(double? error) => error is { } e && double.IsFinite(e) ? e : null;
}
