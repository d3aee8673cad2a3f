namespace Pinion.Cli;

/// <summary>Checks of paths that deserve better words than the system's.</summary>
internal static class Files
{
    public static void RequireFile(string path)
    {
        if (Directory.Exists(path))
        {
            throw new WorkException($"{path} is a folder; give a file.");
        }

        if (!File.Exists(path))
        {
            throw new WorkException($"{path} does not exist.");
        }
    }

    /// <summary>Does something with a file; a failure of the library that does not say which file it was about is made to.</summary>
    public static T About<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (PlanMismatchException e) when (!Names(e, path))
        {
            throw new PlanMismatchException($"{path}: {e.Message}", e.BuiltWith, e.RunningOn, e.Operation, e.TensorRtLog);
        }
        catch (PinionException e) when (e is not (PlanMismatchException or PinionLoadException) && !Names(e, path))
        {
            throw new PinionException($"{path}: {e.Message}", e.Status, e.Operation, e.TensorRtLog);
        }
    }

    private static bool Names(PinionException e, string path) => e.Message.Contains(Path.GetFileName(path), StringComparison.Ordinal);
}
