using System.Text.RegularExpressions;
using System.Xml.Linq;
using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>A project of src/ uses what lies below it, and nothing else.</summary>
public sealed class ProjectTests
{
    private static readonly string Source = Path.Combine(Child.RepositoryRoot, "src");

    /// <summary>The projects that each may reference. Pinion.Triton takes Pinion.Hosting for ModelOptions, in which a configuration is said.</summary>
    private static readonly Dictionary<string, string[]> Below = new()
    {
        ["Pinion"] = ["Pinion.Bindings"],
        ["Pinion.Onnx"] = [],
        ["Pinion.Zoo"] = ["Pinion.Onnx"],
        ["Pinion.Vision"] = ["Pinion.Onnx", "Pinion.Zoo"],
        ["Pinion.Benchmarking"] = ["Pinion", "Pinion.Onnx"],
        ["Pinion.Fp16"] = ["Pinion", "Pinion.Onnx"],
        ["Pinion.Hosting"] = ["Pinion"],
        ["Pinion.Triton"] = ["Pinion", "Pinion.Hosting"],
        ["Pinion.Serving"] = ["Pinion", "Pinion.Hosting"],
        ["Pinion.Cli"] = ["Pinion", "Pinion.Onnx", "Pinion.Zoo", "Pinion.Hosting", "Pinion.Triton", "Pinion.Serving", "Pinion.Benchmarking", "Pinion.Fp16", "Pinion.Vision"],
        ["Pinion.Runtime"] = [],
    };

    private static IEnumerable<string> Projects => Directory.GetDirectories(Source, "Pinion*").Select(f => Path.GetFileName(f));

    [TestCaseSource(nameof(Projects))]
    public void References_are_to_what_lies_below(string project) =>
        Assert.That(Items(project, "ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Replace('\\', '/'))), Is.SubsetOf(Below[project]));

    [TestCaseSource(nameof(Projects))]
    public void Internals_are_for_the_projects_own_tests(string project) =>
        Assert.That(Items(project, "InternalsVisibleTo"), Is.SubsetOf(new[] { $"{project}.Tests" }));

    /// <summary>Folders are rooms of one namespace. Extension methods on a framework's type may lie in the framework's.</summary>
    [TestCase("src")]
    [TestCase("src/samples")]
    [TestCase("bench")]
    [TestCase("tests")]
    public void A_project_is_one_namespace_named_as_the_project(string folder)
    {
        IEnumerable<string> strangers = Directory.GetDirectories(Path.Combine(Child.RepositoryRoot, folder)).Where(p => Directory.GetFiles(p, "*.csproj").Length > 0)
            .SelectMany(project => Directory.GetFiles(project, "*.cs", SearchOption.AllDirectories)
                .SelectMany(file => Regex.Matches(File.ReadAllText(file), @"(?m)^namespace ([\w.]+)").Select(m => m.Groups[1].Value))
                .Where(n => n != Path.GetFileName(project) && n != "Microsoft.Extensions.DependencyInjection")
                .Select(n => $"{Path.GetFileName(project)}: {n}"));
        Assert.That(strangers.Distinct(), Is.Empty);
    }

    /// <summary>A test is named by a sentence, its words joined by underscores: a report reads as a description then.</summary>
    [Test]
    public void Tests_are_named_by_sentences()
    {
        IEnumerable<string> humps = Directory.GetDirectories(Path.Combine(Child.RepositoryRoot, "tests"), "*.Tests")
            .SelectMany(project => Directory.GetFiles(project, "*.cs", SearchOption.AllDirectories))
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), @"\[Test[^\n]*\n(?: +\[[^\n]*\n)* +public (?:async )?(?:void|Task) (\w+)").Select(m => m.Groups[1].Value))
            .Where(name => Regex.IsMatch(name, "[a-z][A-Z][a-z]"));
        Assert.That(humps, Is.Empty);
    }

    private static IEnumerable<string> Items(string project, string kind) =>
        XDocument.Load(Path.Combine(Source, project, $"{project}.csproj")).Descendants(kind).Select(i => (string)i.Attribute("Include")!);
}
