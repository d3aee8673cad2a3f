namespace Pinion;

/// <summary>
/// The right to write one key's files, of one process or thread at a time. The system takes it from a process that ends. Its file goes with it; two may hold it in
/// the moment in which that happens, and then build the same plan twice, each whole.
/// </summary>
internal sealed class KeyLock : IDisposable
{
    private const int FirstPauseMs = 5;
    private const int LongestPauseMs = 200;

    private readonly FileStream _file;

    private KeyLock(FileStream file) => _file = file;

    /// <summary>Waits for it.</summary>
    /// <param name="folder">The cache.</param>
    /// <param name="key">Whose.</param>
    /// <param name="waiting">Called once if another has it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    internal static KeyLock Take(CacheFolder folder, string key, Action waiting, CancellationToken cancellation)
    {
        for (int pause = FirstPauseMs; ; pause = Math.Min(2 * pause, LongestPauseMs))
        {
            cancellation.ThrowIfCancellationRequested();
            if (TryTake(folder, key) is { } taken)
            {
                return taken;
            }

            if (pause == FirstPauseMs)
            {
                waiting();
            }

            cancellation.WaitHandle.WaitOne(pause);
        }
    }

    /// <returns>Null where another has it.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    internal static KeyLock? TryTake(CacheFolder folder, string key)
    {
        try
        {
            return new KeyLock(new FileStream(folder.LockPath(key), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
        }
        catch (Exception e) when (AtomicFile.IsWriteError(e))
        {
            return IsHeld(e) ? null : throw CacheErrors.CannotWrite(folder.Root, e);
        }
    }

    /// <summary>Whether a file could not be opened because another holds it.</summary>
    internal static bool IsHeld(Exception e)
    {
        const int LinuxWouldBlock = 11, MacWouldBlock = 35;
        const int WindowsSharing = unchecked((int)0x80070020), WindowsLock = unchecked((int)0x80070021);
        return e is IOException && (OperatingSystem.IsWindows() ? e.HResult is WindowsSharing or WindowsLock : e.HResult is LinuxWouldBlock or MacWouldBlock);
    }

    public void Dispose() => _file.Dispose();
}
