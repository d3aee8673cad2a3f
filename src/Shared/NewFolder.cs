namespace Pinion;

/// <summary>
/// A folder, made where it is missing with those above it; on disposal, those that were made and hold nothing go again. Its source is
/// part of every assembly that makes folders for what may fail to be written.
/// </summary>
internal sealed class NewFolder : IDisposable
{
    /// <summary>The deepest first.</summary>
    private readonly List<string> _made = [];

    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made.</exception>
    public NewFolder(string path)
    {
        string? folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        for (; folder is not null && !Directory.Exists(folder); folder = Path.GetDirectoryName(folder))
        {
            _made.Add(folder);
        }

        try
        {
            Directory.CreateDirectory(path);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (string folder in _made)
        {
            try
            {
                Directory.Delete(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It holds something, or was never made.
            }
        }
    }
}
