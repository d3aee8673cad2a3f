namespace Pinion.Cli.Suite.Report;

/// <summary>The files that people read, made from the results alone.</summary>
internal static class Reports
{
    public const string MarkdownName = "report.md";

    public const string CsvName = "results.csv";

    public static void Write(SuiteResults results, string folder)
    {
        OutputFile.Write(Path.Combine(folder, CsvName), System.Text.Encoding.UTF8.GetBytes(CsvReport.Text(results)));
        OutputFile.Write(Path.Combine(folder, MarkdownName), System.Text.Encoding.UTF8.GetBytes(MarkdownReport.Text(results)));
        if (results.Cells.Count > 0)
        {
            HtmlReport.Write(results, folder);
        }
    }
}
