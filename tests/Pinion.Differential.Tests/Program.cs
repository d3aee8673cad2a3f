using System.Globalization;

namespace Pinion.Differential.Tests;

/// <summary>The test runner ignores this; the lane starts it to have questions answered, and the build's verb to fuzz.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        switch (args)
        {
            case ["answer"]:
                Respondent.Run();
                return 0;
            case ["fuzz", string minutes, string seed, string folder]:
                return Fuzz(TimeSpan.FromMinutes(double.Parse(minutes, CultureInfo.InvariantCulture)), int.Parse(seed, CultureInfo.InvariantCulture), folder);
            case ["chance", string file]:
                return FindChances(file);
            default:
                Console.Error.WriteLine("usage: Pinion.Differential.Tests answer (paths of models come on the standard input) | fuzz MINUTES SEED FOLDER | chance FILE");
                return 2;
        }
    }

    /// <summary>Writes the rows of what NVIDIA's library answers otherwise when its memory holds something else.</summary>
    private static int FindChances(string file)
    {
        if (Libraries.Missing is { } missing)
        {
            Console.Error.WriteLine(missing);
            return 1;
        }

        int[] others = [255, 85];
        IReadOnlyList<Answer> usual = Libraries.Remembered.Ask(Libraries.Nvidia, Cases.Small);
        string[] rows = [.. ProposedTable.Chances(Cases.Small, [usual, .. others.Select(f => Libraries.NvidiaWith(f).Ask(Cases.Small))], Libraries.Level)];
        File.WriteAllLines(file, rows);
        Console.WriteLine($"{rows.Length} rows in {file}");
        return 0;
    }

    private static int Fuzz(TimeSpan time, int seed, string folder)
    {
        if (Libraries.Missing is { } missing)
        {
            Console.Error.WriteLine(missing);
            return 1;
        }

        new Fuzzer(Libraries.Nvidia, Libraries.Host, DifferenceTable.Read(Libraries.Level), folder).Run(time, seed);
        return 0;
    }
}
