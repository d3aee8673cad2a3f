using System.Globalization;
using System.Text.RegularExpressions;

namespace Pinion.Build;

/// <summary>Tests counted from the runners' own output.</summary>
internal sealed partial record TestCount(int Passed, int Failed, int Skipped)
{
    public static TestCount operator +(TestCount a, TestCount b) => new(a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped);

    public override string ToString() => $"{Passed} passed, {Failed} failed, {Skipped} skipped";

    /// <summary>CTest prints one line a test: "  3/20 Test  #3: name ....   Passed    0.01 sec".</summary>
    public TestCount AddCTestLine(string line)
    {
        Match match = CTestLine().Match(line);
        return !match.Success ? this
            : match.Groups[1].Value switch
            {
                "Passed" => this with { Passed = Passed + 1 },
                "***Skipped" => this with { Skipped = Skipped + 1 },
                _ => this with { Failed = Failed + 1 },
            };
    }

    /// <summary>dotnet test prints one line an assembly: "Passed!  - Failed:     0, Passed:    12, Skipped:     0, ...".</summary>
    public TestCount AddDotnetLine(string line)
    {
        Match match = DotnetLine().Match(line);
        return match.Success ? this + new TestCount(Number(match, 2), Number(match, 1), Number(match, 3)) : this;
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\s*\d+/\d+ Test\s+#\d+: .*?(Passed|\*\*\*\w+)")]
    private static partial Regex CTestLine();

    [GeneratedRegex(@"Failed:\s+(\d+), Passed:\s+(\d+), Skipped:\s+(\d+), Total:")]
    private static partial Regex DotnetLine();
}
