using System.Diagnostics;

namespace Pinion.Cli;

/// <summary>The native tests' programs, one after the other. One that crashes costs the test that it crashed in: the rest is run again without.</summary>
internal static class NativeTestsPart
{
    /// <summary>A program that crashes in every test would otherwise take all the time.</summary>
    private const int Restarts = 10;

    public static GpuCheckAnswer Run(string folder, TimeSpan limit, CancellationToken token)
    {
        long begin = Stopwatch.GetTimestamp();
        var results = new List<CheckedTests>();
        IReadOnlyList<string> programs = Programs(folder);
        foreach ((int i, string program) in programs.Index())
        {
            // One that hangs leaves the others theirs.
            TimeSpan share = (limit - Stopwatch.GetElapsedTime(begin)) / (programs.Count - i);
            long start = Stopwatch.GetTimestamp();
            results.Add(Run(program, () => share - Stopwatch.GetElapsedTime(start), token));
        }

        return new GpuCheckAnswer
        {
            NativeTests = results,
            Failures = [.. results.SelectMany(r => r.Failures.Select(f => $"{r.Program}: {f.Name}"))],
        };
    }

    /// <summary>The programs of a folder; empty where there is none.</summary>
    public static IReadOnlyList<string> Programs(string folder) => !Directory.Exists(folder) ? []
        : [.. Directory.GetFiles(folder).Where(f => Path.GetExtension(f).Length == 0 && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(f) & UnixFileMode.UserExecute) != 0)).Order(StringComparer.Ordinal)];

    private static CheckedTests Run(string program, Func<TimeSpan> left, CancellationToken token)
    {
        long begin = Stopwatch.GetTimestamp();
        int passed = 0;
        int skipped = 0;
        var failures = new List<FailedTest>();
        var done = new List<string>();
        for (int start = 0; start <= Restarts; start++)
        {
            TimeSpan limit = left();
            if (limit <= TimeSpan.Zero)
            {
                failures.Add(new FailedTest("(all that is left)", "the time of this program is over"));
                break;
            }

            string[] without = done.Count == 0 ? [] : [$"--gtest_filter=-{string.Join(':', done)}"];
            var child = ChildRun.Run(program, ["--gtest_color=no", .. without], limit, token);
            var output = GoogleTestOutput.Read(child.Output);
            passed += output.Passed;
            skipped += output.Skipped;
            failures.AddRange(output.Failures);
            done.AddRange(output.Started);
            // GoogleTest's own exit code says what the tests' lines do.
            bool ended = output.Unfinished is null && !child.TimedOut && (child.ExitCode == 0 || (child.ExitCode == 1 && output.Failures.Count > 0));
            if (ended)
            {
                if (output.Started.Count == 0 && start == 0)
                {
                    failures.Add(new FailedTest("(all)", "the program ran no test"));
                }

                break;
            }

            failures.Add(new FailedTest(output.Unfinished ?? "(between tests)", child.Ending(limit)));
            if (output.Started.Count == 0 || child.TimedOut)
            {
                break;
            }
        }

        return new CheckedTests(Path.GetFileName(program), passed, failures.Count, skipped, Stopwatch.GetElapsedTime(begin).TotalSeconds, failures);
    }
}
