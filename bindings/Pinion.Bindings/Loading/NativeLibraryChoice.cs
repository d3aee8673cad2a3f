namespace Pinion.Bindings;

/// <summary>
/// Selects a library once. Success is final; a failure is not kept, so that a corrected environment works at the next
/// call. Threads: any.
/// </summary>
internal sealed class NativeLibraryChoice(Func<string?, NativeLoadOptions> options)
{
    private readonly Lock _gate = new();
    private NativeLoadResult? _loaded;
    private string? _asked;

    /// <summary>Asks for one SDK, as the environment variable does, which goes before. False if another is loaded already.</summary>
    internal bool Ask(string sdk)
    {
        lock (_gate)
        {
            if (_loaded is not null)
            {
                return _loaded.Sdk == sdk;
            }

            _asked = sdk;
            return true;
        }
    }

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

            NativeLoadResult result = NativeLibrarySelector.Select(options(_asked));
            if (result.IsLoaded)
            {
                Volatile.Write(ref _loaded, result);
            }

            return result;
        }
    }
}
