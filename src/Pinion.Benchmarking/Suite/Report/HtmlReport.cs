using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Pinion.Benchmarking;

/// <summary>report.html: one page that holds its data, its scripts and the chart library, and asks nothing of any network.</summary>
internal static partial class HtmlReport
{
    public const string FileName = "report.html";

    // One after another in one script: later files use what earlier ones define.
    private static readonly string[] Scripts = ["page.js", "table.js", "charts.js", "sections.js"];

    /// <summary>Writes <see cref="FileName"/> into <paramref name="folder"/>, whole or not at all.</summary>
    /// <exception cref="BenchmarkException">The run has no cells.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(SuiteResults results, string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (results.Cells.Count == 0)
        {
            throw new BenchmarkException($"{path} was not written: the run has no cell yet, so there is nothing to report. Measure at least one cell first.");
        }

        AtomicFile.Write(path, 0, stream => stream.Write(Encoding.UTF8.GetBytes(Page(results))));
    }

    /// <summary>The chart library with its licence; empty where the build of this program had none, and the page then says so.</summary>
    public static string ChartLibrary { get; } = typeof(HtmlReport).Assembly.GetManifestResourceInfo("report/chart.umd.min.js") is null ? ""
        : $"/*\n{Part("chart.LICENSE.md").TrimEnd()}\n*/\n{SourceMap().Replace(Part("chart.umd.min.js"), "")}";

    /// <summary>The page as text.</summary>
    public static string Page(SuiteResults results) => Page(results, ChartLibrary);

    /// <summary>The page with these scripts as its chart library.</summary>
    public static string Page(SuiteResults results, string charts)
    {
        string style = Part("report.css");
        string script = string.Join('\n', Scripts.Select(Part));
        var parts = new Dictionary<string, string>
        {
            ["policy"] = $"default-src 'none'; script-src {Hash(charts)} {Hash(script)}; style-src {Hash(style)}; base-uri 'none'; form-action 'none'",
            ["style"] = style,
            ["charts"] = charts,
            ["script"] = script,
            ["results"] = Json(results),
        };

        // In one pass, so that a model called {{script}} stays a model's name.
        return Placeholder().Replace(Part("report.html"), match => parts[match.Groups[1].Value]);
    }

    /// <summary>Every character that HTML could take for markup is escaped, and what JSON has no number for is null.</summary>
    private static string Json(SuiteResults results)
    {
        var options = new JsonSerializerOptions(SuiteForms.Default.Options) { Encoder = JavaScriptEncoder.Default, WriteIndented = false };
        options.Converters.Add(new FiniteNumber());
        return JsonSerializer.Serialize(results, new SuiteForms(options).SuiteResults);
    }

    /// <summary>The policy lets these scripts and styles run and no other, whatever finds its way into the page.</summary>
    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private static string Part(string name)
    {
        using Stream stream = typeof(HtmlReport).Assembly.GetManifestResourceStream($"report/{name}")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        // A checkout may have changed line ends; browsers hash what they parsed, and they parse \n.
        return reader.ReadToEnd().Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"^//# sourceMappingURL=.*$", RegexOptions.Multiline)]
    private static partial Regex SourceMap();

    private sealed class FiniteNumber : System.Text.Json.Serialization.JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
            {
                writer.WriteNumberValue(value);
            }
            else
            {
                writer.WriteNullValue();
            }
        }
    }
}
