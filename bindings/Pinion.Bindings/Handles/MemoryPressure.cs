namespace Pinion.Bindings;

/// <summary>
/// Native memory behind a small managed object, as the GC is told of it: without this, objects that are forgotten would hold gigabytes before the first collection.
/// Told until it is disposed, once; whoever frees the memory disposes it. Threads: any.
/// </summary>
internal sealed class MemoryPressure : IDisposable
{
    private static long _totalBytes;
    private long _bytes;

    /// <param name="bytes">The size of the memory; 0 where there is none.</param>
    internal MemoryPressure(long bytes)
    {
        _bytes = bytes;
        if (bytes > 0)
        {
            GC.AddMemoryPressure(bytes);
            Interlocked.Add(ref _totalBytes, bytes);
        }
    }

    /// <summary>Of all that there is.</summary>
    internal static long TotalBytes => Interlocked.Read(ref _totalBytes);

    public void Dispose()
    {
        long bytes = Interlocked.Exchange(ref _bytes, 0);
        if (bytes > 0)
        {
            GC.RemoveMemoryPressure(bytes);
            Interlocked.Add(ref _totalBytes, -bytes);
        }
    }
}
