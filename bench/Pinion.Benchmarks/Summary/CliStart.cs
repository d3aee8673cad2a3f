using System.Diagnostics;

namespace Pinion.Benchmarks;

/// <summary>Start of the command line against the least that .NET takes.</summary>
/// <param name="Ratio">Median of `pinion --version` over median of the empty program, process start to exit.</param>
/// <param name="PinionMs">Median.</param>
/// <param name="EmptyProgramMs">Median.</param>
/// <param name="RatioP25">Lower quartile of the ratio of neighbouring runs.</param>
/// <param name="RatioP75">Upper quartile of the same.</param>
/// <param name="Runs">Of each, in turns.</param>
internal sealed record CliStartResult(double Ratio, double PinionMs, double EmptyProgramMs, double RatioP25, double RatioP75, int Runs);

/// <summary>Both programs are published the same way: for this runtime identifier, framework-dependent, compiled ahead of time.</summary>
internal static class CliStart
{
    private const int Runs = 40;
    private const int WarmUp = 5;

    public static CliStartResult Measure()
    {
        string pinion = Settings.Require("PINION_TEST_CLI");
        string empty = Settings.Require("PINION_EMPTY_PROGRAM");
        var ofPinion = new List<double>();
        var ofEmpty = new List<double>();
        for (int i = -WarmUp; i < Runs; i++)
        {
            bool pinionFirst = i % 2 == 0;
            double first = pinionFirst ? Time(pinion, "--version") : Time(empty);
            double second = pinionFirst ? Time(empty) : Time(pinion, "--version");
            if (i >= 0)
            {
                ofPinion.Add(pinionFirst ? first : second);
                ofEmpty.Add(pinionFirst ? second : first);
            }
        }

        double[] ratios = [.. ofPinion.Zip(ofEmpty, (p, e) => p / e)];
        return new CliStartResult(
            Statistics.Median(Statistics.Sorted(ofPinion)) / Statistics.Median(Statistics.Sorted(ofEmpty)),
            Statistics.Median(Statistics.Sorted(ofPinion)),
            Statistics.Median(Statistics.Sorted(ofEmpty)),
            Statistics.Percentile(Statistics.Sorted(ratios), 25),
            Statistics.Percentile(Statistics.Sorted(ratios), 75),
            Runs);
    }

    /// <returns>Milliseconds from its start to its exit.</returns>
    internal static double Time(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        long before = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        double milliseconds = Stopwatch.GetElapsedTime(before).TotalMilliseconds;
        bool isGood = process.ExitCode == 0 && output.Length > 0 == arguments.Length > 0;
        return isGood ? milliseconds : throw new InvalidOperationException($"{program} ended with exit code {process.ExitCode} and printed '{output}'");
    }
}
