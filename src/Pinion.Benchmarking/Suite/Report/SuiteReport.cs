using System.Text;

namespace Pinion.Benchmarking;

/// <summary>What people read of a run, made from its results alone.</summary>
public static class SuiteReport
{
    /// <summary>The report as Markdown.</summary>
    public const string MarkdownName = "report.md";

    /// <summary>The report as a page with charts, which needs no other file and no network.</summary>
    public const string HtmlName = HtmlReport.FileName;

    /// <summary>A row per cell and mode.</summary>
    public const string CsvName = "results.csv";

    /// <summary>Writes all three files into a folder, each whole or not at all; the page only where there is a cell.</summary>
    /// <param name="results">The run.</param>
    /// <param name="folder">It exists.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Write(SuiteResults results, string folder)
    {
        WriteText(Path.Combine(folder, CsvName), Csv(results));
        WriteText(Path.Combine(folder, MarkdownName), Markdown(results));
        if (results.Cells.Count > 0)
        {
            HtmlReport.Write(results, folder);
        }
    }

    /// <summary>The text of <see cref="MarkdownName"/>.</summary>
    public static string Markdown(SuiteResults results)
    {
        ArgumentNullException.ThrowIfNull(results);
        return MarkdownReport.Text(results);
    }

    /// <summary>The text of <see cref="CsvName"/>.</summary>
    public static string Csv(SuiteResults results)
    {
        ArgumentNullException.ThrowIfNull(results);
        return CsvReport.Text(results);
    }

    /// <summary>The text of <see cref="HtmlName"/>.</summary>
    public static string Html(SuiteResults results)
    {
        ArgumentNullException.ThrowIfNull(results);
        return HtmlReport.Page(results);
    }

    private static void WriteText(string path, string text) => AtomicFile.Write(path, 0, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
