namespace Pinion.Cli;

/// <summary>What a program of GoogleTest printed, up to its end or its crash. The file that it can write instead is not there after a crash.</summary>
internal sealed class GoogleTestOutput
{
    private const string RunMark = "[ RUN      ] ";
    private const string OkMark = "[       OK ] ";
    private const string FailedMark = "[  FAILED  ] ";
    private const string SkippedMark = "[  SKIPPED ] ";

    public int Passed { get; private set; }

    public int Skipped { get; private set; }

    /// <summary>Every test that began, in order.</summary>
    public List<string> Started { get; } = [];

    public List<FailedTest> Failures { get; } = [];

    /// <summary>The test that began and did not end; null where all did.</summary>
    public string? Unfinished { get; private set; }

    public static GoogleTestOutput Read(string text)
    {
        var result = new GoogleTestOutput();
        var said = new List<string>();
        foreach (string line in text.Split('\n'))
        {
            // A test that prints without a line end leaves the mark in the middle of a line.
            if (After(line, RunMark) is { } begun)
            {
                result.Started.Add(begun);
                result.Unfinished = begun;
                said.Clear();
            }
            else if (result.Unfinished is { } test && (Ends(line, OkMark, test) || Ends(line, FailedMark, test) || Ends(line, SkippedMark, test)))
            {
                result.End(line, test, said);
            }
            else if (line.Trim().Length > 0)
            {
                said.Add(line.TrimEnd());
            }
        }

        return result;
    }

    private void End(string line, string test, List<string> said)
    {
        Unfinished = null;
        if (line.Contains(FailedMark, StringComparison.Ordinal))
        {
            Failures.Add(new FailedTest(test, string.Join('\n', said)));
        }
        else if (line.Contains(SkippedMark, StringComparison.Ordinal))
        {
            Skipped++;
        }
        else
        {
            Passed++;
        }
    }

    private static bool Ends(string line, string mark, string test) => After(line, mark) is { } name && (name == test || name.StartsWith(test + " (", StringComparison.Ordinal) || name.StartsWith(test + ", ", StringComparison.Ordinal));

    private static string? After(string line, string mark) => line.IndexOf(mark, StringComparison.Ordinal) is var at and >= 0 ? line[(at + mark.Length)..].TrimEnd() : null;
}
