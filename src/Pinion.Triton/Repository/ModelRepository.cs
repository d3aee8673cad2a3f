using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Pinion.Triton;

/// <summary>
/// Finds models on disk: Triton's layout (<c>model/version/model.plan</c>, with <c>config.pbtxt</c> where present), folders
/// of plan files, and single ones. Reads only; what is found is not loaded, but for raw plans that a configuration describes.
/// </summary>
public static partial class ModelRepository
{
    /// <summary>The file of a configuration in a model's folder.</summary>
    public const string ConfigFileName = "config.pbtxt";

    /// <summary>The file of a plan in a version's folder.</summary>
    public const string PlanFileName = "model.plan";

    private static readonly string[] PlanExtensions = [".plan", ".engine"];

    // Folders that Triton has beside the versions.
    private static readonly string[] OtherFolders = ["configs", "warmup", "initial_state"];

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether a name can be a model's: letters, digits, <c>_</c>, <c>.</c> and <c>-</c>, at most 128, the first no dot or dash.</summary>
    public static bool IsModelName(string name) => NamePattern().IsMatch(name);

    /// <summary>
    /// Finds the models. A file is one model, named by its file name; a folder is a repository, or one model's folder, or
    /// has plan files, or both. One version of each is served: the newest that the configuration's version policy admits.
    /// Links are followed while they stay within <paramref name="path"/>; one that leads out is a mistake.
    /// </summary>
    /// <param name="path">A plan file or a folder.</param>
    /// <param name="warning">Hears what in the folder was passed over. Warnings on a model are the model's.</param>
    /// <returns>The models in the order of their names; at least one.</returns>
    /// <exception cref="ModelRepositoryException">Names, versions or configurations are wrong, or differ from the plans: all mistakes of all models.</exception>
    /// <exception cref="IOException">There is nothing at the path, or it cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static IReadOnlyList<RepositoryModel> Scan(string path, Action<string>? warning = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string root = FinalTarget.Of(path);
        var scan = new RepositoryScan(root, warning ?? (_ => { }));
        if (File.Exists(root))
        {
            scan.AddFile(Path.GetFullPath(path), Path.GetFileNameWithoutExtension(path));
        }
        else if (!Directory.Exists(root))
        {
            throw new FileNotFoundException($"{path} does not exist; give a plan, a folder of plans or a model repository.");
        }
        else if (IsModelFolder(root))
        {
            scan.AddFolder(root, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))));
        }
        else
        {
            AddAll(root, scan);
        }

        return scan.Finish(path);
    }

    internal static bool IsVersion(string name) => VersionPattern().IsMatch(name) && long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    internal static bool IsOtherFolder(string name) => name.StartsWith('.') || OtherFolders.Contains(name);

    /// <summary>The text of a configuration, or null with a problem in the log.</summary>
    internal static string? ReadText(string path, ConfigLog log)
    {
        // Four bytes a character at most.
        if (new FileInfo(path).Length > 4 * TextFormatReader.MaxLength)
        {
            log.Problem(0, $"it has {new FileInfo(path).Length} bytes; {TextFormatReader.MaxLength} characters are the limit.");
            return null;
        }

        try
        {
            string text = StrictUtf8.GetString(File.ReadAllBytes(path));
            return text.StartsWith('\uFEFF') ? text[1..] : text;
        }
        catch (DecoderFallbackException)
        {
            log.Problem(0, "it is not UTF-8 text.");
            return null;
        }
    }

    /// <summary>A folder that may not be read, such as a disk's lost+found, has nothing to serve.</summary>
    private static readonly EnumerationOptions Unreadable = new() { IgnoreInaccessible = true, AttributesToSkip = 0 };

    private static bool IsModelFolder(string folder) =>
        File.Exists(Path.Combine(folder, ConfigFileName))
        || Directory.EnumerateDirectories(folder, "*", Unreadable).Any(d => IsVersion(Path.GetFileName(d)) && File.Exists(Path.Combine(d, PlanFileName)));

    private static void AddAll(string root, RepositoryScan scan)
    {
        foreach (string folder in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(folder);
            if (name.StartsWith('.'))
            {
                continue;
            }

            if (Directory.EnumerateDirectories(folder, "*", Unreadable).Any(d => IsVersion(Path.GetFileName(d))) || File.Exists(Path.Combine(folder, ConfigFileName)))
            {
                scan.AddFolder(folder, name);
            }
            else
            {
                scan.Warn($"{name} is passed over: it has neither {ConfigFileName} nor a version's folder, such as {name}/1.");
            }
        }

        foreach (string file in Directory.EnumerateFiles(root).Order(StringComparer.Ordinal))
        {
            if (PlanExtensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase) && !Path.GetFileName(file).StartsWith('.'))
            {
                scan.AddFile(file, Path.GetFileNameWithoutExtension(file));
            }
        }
    }

    [GeneratedRegex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();

    // Triton passes over folders whose number begins with 0.
    [GeneratedRegex("^[1-9][0-9]*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex VersionPattern();
}
