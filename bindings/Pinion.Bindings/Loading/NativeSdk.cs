namespace Pinion.Bindings;

/// <summary>The builds of the native library, by the names that PINION_SDK takes.</summary>
internal static class NativeSdk
{
    internal const string Nvidia = "nvidia";
    internal const string Cuda = "cuda";
    internal const string Host = "host";

    /// <summary>In order of preference.</summary>
    internal static IReadOnlyList<string> All { get; } = [Nvidia, Cuda, Host];

    /// <summary>The package that has the library for this system.</summary>
    internal static string Package(string sdk) => $"Pinion.Runtime.{sdk}.{NativeSearchFolders.PortableRid()}";

    internal static string FileName(string sdk)
    {
        if (OperatingSystem.IsWindows())
        {
            return $"pinion_{sdk}.dll";
        }

        return OperatingSystem.IsMacOS() ? $"libpinion_{sdk}.dylib" : $"libpinion_{sdk}.so";
    }
}
