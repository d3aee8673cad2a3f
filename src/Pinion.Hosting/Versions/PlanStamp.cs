namespace Pinion.Hosting;

/// <summary>What tells one state of a plan's file from another without reading it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Length">Its length in bytes; -1 if there is none.</param>
/// <param name="Written">When it was last written.</param>
internal readonly record struct PlanStamp(string Path, long Length, DateTime Written)
{
    public bool Exists => Length >= 0;

    public static PlanStamp Of(string path)
    {
        // A plan is often a link that is pointed elsewhere: what counts is its target.
        var file = new FileInfo(path);
        try
        {
            FileSystemInfo target = file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
            return target is FileInfo { Exists: true } found ? new(path, found.Length, found.LastWriteTimeUtc) : Missing(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Missing(path);
        }
    }

    private static PlanStamp Missing(string path) => new(path, -1, default);
}
