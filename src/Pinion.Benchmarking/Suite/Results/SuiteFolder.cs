namespace Pinion.Benchmarking;

/// <summary>The folder of one run: results.json, and beside it samples, engines, reference outputs and exported models. One process at a time.</summary>
internal sealed class SuiteFolder : IDisposable
{
    private const string LockName = ".lock";

    private readonly FileStream _lock;

    private SuiteFolder(string root, FileStream held)
    {
        Root = root;
        _lock = held;
    }

    public string Root { get; }

    public string Samples => Path.Combine(Root, "samples");

    public string Engines => Path.Combine(Root, "engines");

    public string Reference => Path.Combine(Root, "reference");

    public string Models => Path.Combine(Root, "models");

    private string[] Folders => [Root, Samples, Engines, Reference, Models];

    /// <summary>Where child processes leave their answers for a moment; not part of the run.</summary>
    public string Answers { get; } = Directory.CreateTempSubdirectory("pinion-suite-").FullName;

    /// <summary>Opens or creates the folder and holds it until disposed.</summary>
    /// <exception cref="SuiteResultsException">It is something else's, or another process works in it, or it cannot be written.</exception>
    public static SuiteFolder Open(string path, bool resume)
    {
        string root = Path.GetFullPath(path);
        if (File.Exists(root))
        {
            throw new SuiteResultsException($"{path} is a file; give a folder for the suite's results.");
        }

        bool exists = Directory.Exists(root);
        bool hasRun = exists && File.Exists(Path.Combine(root, SuiteResults.FileName));
        if (resume && !hasRun)
        {
            throw new SuiteResultsException($"{path} has no run to resume: there is no {SuiteResults.FileName} in it. Leave {BenchmarkSetting.Resume} out to begin one.");
        }

        if (!hasRun && exists && Directory.EnumerateFileSystemEntries(root).FirstOrDefault(e => Path.GetFileName(e) != LockName) is { } other)
        {
            throw new SuiteResultsException($"{path} holds something else ({Path.GetFileName(other)}) and no {SuiteResults.FileName}; give an empty or new folder.");
        }

        if (hasRun && !resume)
        {
            var run = SuiteResults.Load(root);
            throw new SuiteResultsException($"{path} holds run {run.Id} with {run.Cells.Count} of {Counted.Of(run.PlannedCells, "cell")}; give {BenchmarkSetting.Resume} to continue it, or another folder.");
        }

        try
        {
            Directory.CreateDirectory(root);
            return new SuiteFolder(root, new FileStream(Path.Combine(root, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
        }
        catch (IOException) when (File.Exists(Path.Combine(root, LockName)))
        {
            throw new SuiteResultsException($"{path} is in use by another suite.");
        }
        catch (Exception e) when (AtomicFile.IsWriteError(e))
        {
            throw new SuiteResultsException($"{path} cannot be written: {AtomicFile.Reason(e)}.", e);
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

    public void Dispose()
    {
        _lock.Dispose();
        Directory.Delete(Answers, recursive: true);
    }
}
