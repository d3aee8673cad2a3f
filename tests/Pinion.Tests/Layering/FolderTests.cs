using System.Text.RegularExpressions;
using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>The folders of a library use each other in one direction: each can be read without those above it.</summary>
public sealed partial class FolderTests
{
    /// <summary>
    /// The one exception. Users look for CreateSession on the engine, and a session keeps the engine's tensors: the two are one
    /// subject in two rooms, as a session alone would be as large as the rest.
    /// </summary>
    private static readonly (string Lower, string Upper)[] Exceptions = [("Engines", "Sessions")];

    [TestCase("Pinion")]
    [TestCase("Pinion.Onnx")]
    [TestCase("Pinion.Serving")]
    public void Folders_use_each_other_in_one_direction(string project)
    {
        Dictionary<string, HashSet<string>> uses = Uses(Path.Combine(Child.RepositoryRoot, "src", project));
        Assert.That(uses, Has.Count.GreaterThan(3), "the folders are found");
        foreach ((string lower, string upper) in Exceptions.Where(e => uses.ContainsKey(e.Lower)))
        {
            Assert.That(uses[lower].Remove(upper), "an exception that is no longer needed");
        }

        var cycles = uses.Keys.Where(folder => Reached(uses, folder).Contains(folder)).ToList();
        Assert.That(cycles, Is.Empty, string.Join("; ", cycles.Select(c => $"{c} uses {string.Join(", ", uses[c])}")));
    }

    /// <summary>By folder, the other folders whose types its files name outside of comments and texts.</summary>
    private static Dictionary<string, HashSet<string>> Uses(string root)
    {
        (string Folder, string Code)[] files = [.. Directory.GetFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(file => (Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar), Code: Uninteresting().Replace(File.ReadAllText(file), "")))
            .Select(file => (file.Item1.Length > 1 ? file.Item1[0] : "", file.Code))];
        var homes = files.SelectMany(file => Declaration().Matches(file.Code).Select(m => (Type: m.Groups[1].Value, file.Folder)))
            .DistinctBy(d => d.Type).ToDictionary(d => d.Type, d => d.Folder);
        return files.GroupBy(file => file.Folder).ToDictionary(
            group => group.Key,
            group => group.SelectMany(file => Word().Matches(file.Code)).Select(m => homes.GetValueOrDefault(m.Value, group.Key)).Where(home => home != group.Key).ToHashSet());
    }

    private static HashSet<string> Reached(Dictionary<string, HashSet<string>> uses, string from)
    {
        var reached = new HashSet<string>();
        var open = new Queue<string>(uses[from]);
        while (open.TryDequeue(out string? folder))
        {
            if (reached.Add(folder))
            {
                uses[folder].ToList().ForEach(open.Enqueue);
            }
        }

        return reached;
    }

    [GeneratedRegex(@"//[^\n]*|""(\\.|[^""\\\n])*""")]
    private static partial Regex Uninteresting();

    [GeneratedRegex(@"(?m)^(?:public|internal)\b[^\n=;(]*?\b(?:class|struct|interface|enum|record struct|record)\s+(\w+)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\b[A-Z]\w+\b")]
    private static partial Regex Word();
}
