using System.Text.RegularExpressions;

namespace Pinion.Packaging.Tests;

/// <summary>Code blocks of the README, by the comment line before them.</summary>
internal static class Readme
{
    /// <summary>The C# block that follows the line <c>&lt;!-- tested: NAME --&gt;</c>.</summary>
    public static string Snippet(string name)
    {
        string text = File.ReadAllText(Path.Combine(Workspace.RepositoryRoot, "README.md"));
        Match match = Regex.Match(text, $@"<!-- tested: {Regex.Escape(name)} -->\s*```csharp\n(.*?)```", RegexOptions.Singleline);
        Assert.That(match.Success, Is.True, $"README.md has no C# block after '<!-- tested: {name} -->'.");
        return match.Groups[1].Value;
    }
}
