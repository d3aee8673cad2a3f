namespace Pinion.Bindings;

/// <summary>
/// Selects a library once. Success is final; a failure is not kept, so that a corrected environment works at the next
/// call. Threads: any.
/// </summary>
internal sealed class NativeLibraryChoice(Func<NativeLoadOptions> options)
{
    private readonly Lock _gate = new();
    private NativeLoadResult? _loaded;

    internal NativeLoadResult Load()
    {
        NativeLoadResult? loaded = Volatile.Read(ref _loaded);
        if (loaded is not null)
        {
            return loaded;
        }

        lock (_gate)
        {
            if (_loaded is not null)
            {
                return _loaded;
            }

            NativeLoadResult result = NativeLibrarySelector.Select(options());
            if (result.IsLoaded)
            {
                Volatile.Write(ref _loaded, result);
            }

            return result;
        }
    }
}
