using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Spectre.Console;

namespace Pinion.Cli.Tests;

public sealed class FactTableTests
{
    private static readonly Gen<string> Number = Gen.Choose(1, 20).Select(n => "12345.67890123456789"[..n]);

    private static readonly Gen<string> Words =
        from length in Gen.Choose(1, 90)
        from letters in Gen.Elements("abcxyz/_. ".ToCharArray()).ArrayOf(length)
        select "t" + new string(letters);

    private static readonly Gen<(int Width, string[] Keys, string[] Values)> Rows =
        from width in Gen.Choose(60, 200)
        from keyCount in Gen.Choose(1, 3)
        from keys in Words.ArrayOf(keyCount)
        from valueCount in Gen.Choose(1, 12)
        from values in Gen.OneOf(Number, Words).ArrayOf(valueCount)
        select (width, keys, values);

    [Test]
    public void Any_row_is_whole_from_60_columns_on() => Check.QuickThrowOnFailure(Prop.ForAll(Rows.ToArbitrary(), row =>
    {
        string[] headings = [.. row.Keys.Concat(row.Values).Select((_, i) => $"h{i}")];
        var table = new FactTable(row.Keys.Length, headings);
        table.Row([.. row.Keys, .. row.Values]);
        var output = new Window(row.Width);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = output, Ansi = AnsiSupport.No });
        foreach (Table part in table.Fit(console))
        {
            console.Write(part);
        }

        string text = output.Text.ToString();
        IReadOnlyList<TerminalTable> parts = TerminalTable.Read(text);
        Assert.That(text.Split('\n').Max(l => l.TrimEnd().Length), Is.LessThanOrEqualTo(row.Width));
        Assert.That(parts.SelectMany(p => p.Headings.Skip(row.Keys.Length)), Is.EqualTo(headings.Skip(row.Keys.Length)), "every column is there once");
        Assert.That(parts.SelectMany(p => Whole(p).Skip(row.Keys.Length)), Is.EqualTo(row.Values.Select(WithoutSpaces)));
        foreach (TerminalTable part in parts)
        {
            Assert.That(Whole(part).Take(row.Keys.Length), Is.EqualTo(row.Keys.Select(WithoutSpaces)), "the keys are in every part");
        }

        foreach (string number in row.Values.Where(v => char.IsDigit(v[0])))
        {
            Assert.That(text, Does.Contain($"│ {number} "), "a number is not split");
        }
    }));

    /// <summary>The one row, whose first cell may be folded too.</summary>
    private static string[] Whole(TerminalTable table) => table.Rows.Aggregate((row, rest) => [.. row.Zip(rest, string.Concat)]);

    private static string WithoutSpaces(string text) => text.Replace(" ", "", StringComparison.Ordinal);

    private sealed class Window(int width) : IAnsiConsoleOutput
    {
        public StringBuilder Text { get; } = new();

        public TextWriter Writer => field ??= new StringWriter(Text);

        public bool IsTerminal => true;

        public int Width => width;

        public int Height => 50;

        public void SetEncoding(Encoding encoding)
        {
        }
    }
}
