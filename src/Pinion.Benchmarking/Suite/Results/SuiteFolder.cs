using System.Text.Json;

namespace Pinion.Cli.Suite.Run;

/// <summary>The folder of one run: results.json, and beside it samples, engines, reference outputs and exported models. One process at a time.</summary>
internal sealed class SuiteFolder : IDisposable
{
    public const string ResultsName = "results.json";

    private const string LockName = ".lock";

    private readonly FileStream _lock;

    private SuiteFolder(string root, FileStream held)
    {
        Root = root;
        _lock = held;
    }

    public string Root { get; }

    public string Results => Path.Combine(Root, ResultsName);

    public string Samples => Path.Combine(Root, "samples");

    public string Engines => Path.Combine(Root, "engines");

    public string Reference => Path.Combine(Root, "reference");

    public string Models => Path.Combine(Root, "models");

    private string[] Folders => [Samples, Engines, Reference, Models];

    /// <summary>Where child processes leave their answers for a moment; not part of the run.</summary>
    public string Answers { get; } = Directory.CreateTempSubdirectory("pinion-suite-").FullName;

    /// <summary>Opens or creates the folder and holds it until disposed.</summary>
    /// <exception cref="WorkException">It is something else's, or another process works in it, or it cannot be written.</exception>
    public static SuiteFolder Open(string path, bool resume)
    {
        string root = Path.GetFullPath(path);
        if (File.Exists(root))
        {
            throw new WorkException($"{path} is a file; give a folder for the suite's results.");
        }
        bool exists = Directory.Exists(root);
        bool hasRun = exists && File.Exists(Path.Combine(root, ResultsName));
        if (resume && !hasRun)
        {
            throw new WorkException($"{path} has no run to resume: there is no {ResultsName} in it. Leave --resume out to begin one.");
        }
        if (!hasRun && exists && Directory.EnumerateFileSystemEntries(root).FirstOrDefault(e => Path.GetFileName(e) != LockName) is { } other)
        {
            throw new WorkException($"{path} holds something else ({Path.GetFileName(other)}) and no {ResultsName}; give an empty or new folder.");
        }
        if (hasRun && !resume)
        {
            SuiteResults run = Read(root);
            int planned = SuitePlan.CellCount(run);
            throw new WorkException($"{path} holds run {run.Id} with {run.Cells.Count} of {planned} cells; give --resume to continue it, or another folder.");
        }
        try
        {
            Directory.CreateDirectory(root);
            return new SuiteFolder(root, new FileStream(Path.Combine(root, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
        }
        catch (IOException) when (File.Exists(Path.Combine(root, LockName)))
        {
            throw new WorkException($"{path} is in use by another pinion suite.");
        }
        catch (Exception e) when (AtomicFile.IsWriteError(e))
        {
            throw new WorkException($"{path} cannot be written: {AtomicFile.Reason(e)}.", e);
        }
    }

    /// <summary>Makes the folders that a run writes into.</summary>
    public void CreateFolders()
    {
        foreach (string folder in Folders)
        {
            Directory.CreateDirectory(folder);
        }
        DeleteUnfinished();
    }

    /// <summary>Deletes what processes have left that were ended while they wrote.</summary>
    public void DeleteUnfinished()
    {
        foreach (string folder in Folders.Where(Directory.Exists))
        {
            foreach (string file in Directory.EnumerateFiles(folder, "*.tmp"))
            {
                File.Delete(file);
            }
            foreach (string unfinished in Directory.EnumerateDirectories(folder, "*.tmp"))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }
    }

    public void Save(SuiteResults results) => OutputFile.Write(Results, JsonOutput.Bytes(results, SuiteForms.Default.SuiteResults));

    /// <summary>Reads the results of a folder, or of a results.json itself.</summary>
    /// <exception cref="WorkException">There are none, they are damaged, or of another schema; they are left as they are.</exception>
    public static SuiteResults Read(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, ResultsName) : path;
        if (!File.Exists(file))
        {
            throw new WorkException($"{path} has no {ResultsName}: it is no folder of a suite run.");
        }
        try
        {
            byte[] bytes = File.ReadAllBytes(file);
            using JsonDocument document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("schemaVersion", out JsonElement version))
            {
                throw new WorkException($"{file} is no file of suite results: it has no schemaVersion.");
            }
            if (!version.TryGetInt32(out int number) || number != SuiteResults.CurrentSchemaVersion)
            {
                throw new WorkException($"{file} is of schema version {version.GetRawText()}; this pinion reads {SuiteResults.CurrentSchemaVersion}. Use the pinion that wrote it, or another folder.");
            }
            return JsonSerializer.Deserialize(bytes, SuiteForms.Default.SuiteResults)!;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new WorkException($"{file} is damaged and was left as it is: {e.Message.TrimEnd('.')}. Give another folder, or restore the file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WorkException($"{file} cannot be read: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        _lock.Dispose();
        Directory.Delete(Answers, recursive: true);
    }
}
