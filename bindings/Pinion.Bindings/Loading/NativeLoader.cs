using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pinion.Bindings;

/// <summary>The one library of this process, behind every extern of this assembly. Threads: any.</summary>
internal static class NativeLoader
{
    private static readonly NativeLibraryChoice Choice = new(NativeLoadOptions.FromEnvironment);

    /// <summary>Loads the library if need be. Never throws: the result tells.</summary>
    internal static NativeLoadResult Load() => Choice.Load();

    /// <inheritdoc cref="NativeLibraryChoice.Ask"/>
    internal static bool Ask(string sdk) => Choice.Ask(sdk);

    /// <summary>Loads the library, or throws with every reason in the message.</summary>
    /// <exception cref="DllNotFoundException">No library is usable, or the forced one is not.</exception>
    internal static NativeLoadResult EnsureLoaded()
    {
        NativeLoadResult result = Choice.Load();
        return result.IsLoaded ? result : throw new DllNotFoundException(result.FailureMessage());
    }

    /// <summary>Tries every SDK without choosing one. For diagnosis: it loads all that load.</summary>
    internal static IReadOnlyList<NativeLoadAttempt> TryAll() =>
        NativeLibrarySelector.TryAll(NativeLoadOptions.FromEnvironment());

#pragma warning disable CA2255 // The resolver must be in place before the first extern of this assembly is called.
    [ModuleInitializer]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLoader).Assembly, Resolve);
#pragma warning restore CA2255

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) =>
        name == NativeMethods.LibraryName ? EnsureLoaded().Handle : 0;
}
