namespace Pinion.Bindings;

/// <summary>The builds of the native library, by the names that PINION_SDK takes.</summary>
internal static class NativeSdk
{
    internal const string Nvidia = "nvidia";
    internal const string Rtx = "rtx";
    internal const string Cuda = "cuda";
    internal const string Host = "host";

    /// <summary>In order of preference.</summary>
    internal static IReadOnlyList<string> All { get; } = [Nvidia, Rtx, Cuda, Host];

    /// <summary>Whether engines run on a GPU with it; with the others the CPU computes.</summary>
    internal static bool ComputesOnGpu(string sdk) => sdk is Nvidia or Rtx;

    /// <summary>The package that has the library for this system.</summary>
    internal static string Package(string sdk) => $"Pinion.Runtime.{sdk}.{NativeSearchFolders.PortableRid()}";

    /// <summary>What to do for a library that an application lacks. No package of ours carries the one that stands on TensorRT for RTX.</summary>
    internal static string HowToAdd(string sdk) =>
        sdk == Rtx ? "build it with NVIDIA's TensorRT for RTX, ./build.sh rtx --sdk DIR, and name its folder in PINION_NATIVE_DIR" : $"add the package {Package(sdk)}";

    internal static string FileName(string sdk)
    {
        if (OperatingSystem.IsWindows())
        {
            return $"pinion_{sdk}.dll";
        }

        return OperatingSystem.IsMacOS() ? $"libpinion_{sdk}.dylib" : $"libpinion_{sdk}.so";
    }
}
