using System.Globalization;
using NUnit.Framework;
using Pinion.Onnx;

namespace Pinion.Zoo.Tests;

/// <summary>docs/zoo.md says what is true.</summary>
[TestFixture]
public sealed class DocumentationTests
{
    [Test]
    public void The_table_equals_the_catalog_and_the_counts()
    {
        string[][] rows = [.. File.ReadLines(Page())
            .Where(l => l.StartsWith("| ", StringComparison.Ordinal) && !l.StartsWith("| name", StringComparison.Ordinal))
            .Select(l => l.Trim('|', ' ').Split(" | "))];
        Assert.That(rows.Select(r => r[0]), Is.EqualTo(ZooCatalog.Models.Select(m => m.Name)));
        foreach (string[] row in rows)
        {
            ZooModel model = ZooCatalog.Get(row[0]);
            OnnxModelReport counts = ZooDescription.Of(row[0]).Counts;
            long[] figures = [.. row[1..6].Select(f => long.Parse(f, CultureInfo.InvariantCulture))];
            Assert.That(
                figures,
                Is.EqualTo(new[] { counts.Parameters, counts.State, counts.Macs.Conv, counts.Macs.Linear, counts.Macs.Attention }),
                row[0]);
            Assert.That(Published(row[6]), Is.EqualTo(model.Published.ParamsM), row[0]);
            Assert.That(Published(row[7]), Is.EqualTo(model.Published.FlopsG), row[0]);
            bool footnote = row[6].Contains('(', StringComparison.Ordinal);
            Assert.That(footnote, Is.EqualTo(model.Published.Notes.Any(n => n.Wrong)), row[0]);
        }
    }

    private static double Published(string cell) => double.Parse(cell.Split(' ')[0], CultureInfo.InvariantCulture);

    private static string Page()
    {
        for (string? folder = TestContext.CurrentContext.TestDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string page = Path.Combine(folder, "docs", "zoo.md");
            if (File.Exists(page))
            {
                return page;
            }
        }

        throw new FileNotFoundException("docs/zoo.md");
    }
}
