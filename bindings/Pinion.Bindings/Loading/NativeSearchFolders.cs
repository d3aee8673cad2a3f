using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Pinion.Bindings;

/// <summary>Where native libraries lie: beside a build, in a NuGet layout, in a single-file bundle's folder.</summary>
internal static class NativeSearchFolders
{
    internal static IReadOnlyList<string> List(string? preferred)
    {
        var folders = new List<string>();
        if (preferred is not null)
        {
            folders.Add(preferred);
        }

        AddWithRuntimes(folders, AppContext.BaseDirectory);
        string beside = AssemblyFolder();
        if (beside.Length > 0)
        {
            AddWithRuntimes(folders, beside);
        }

        // Set by the host: the extraction folder of a single-file bundle, package folders of an unpublished program.
        if (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is string directories)
        {
            folders.AddRange(directories.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries));
        }

        return [.. folders.Select(f => Path.TrimEndingDirectorySeparator(Path.GetFullPath(f))).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>ONNX Runtime's file where an SDK computes with it and it lies elsewhere than beside the SDK's library; null where it does not.</summary>
    internal static string? FindOnnxRuntime(string sdk, string library, IReadOnlyList<string> folders)
    {
        string file = OperatingSystem.IsWindows() ? "onnxruntime.dll" : OperatingSystem.IsMacOS() ? "libonnxruntime.dylib" : "libonnxruntime.so";
        bool isBeside = !Path.IsPathRooted(library) || File.Exists(Path.Combine(Path.GetDirectoryName(library)!, file));
        return sdk is NativeSdk.Nvidia or NativeSdk.Rtx || isBeside ? null : folders.Select(f => Path.Combine(f, file)).FirstOrDefault(File.Exists);
    }

    private static void AddWithRuntimes(List<string> folders, string root)
    {
        folders.Add(root);
        folders.Add(Path.Combine(root, "runtimes", PortableRid(), "native"));
    }

    /// <summary>The identifier that packages use; the runtime's own may name a distribution.</summary>
    internal static string PortableRid()
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
    }

    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "Empty in a single file, where it is skipped.")]
    private static string AssemblyFolder() =>
        Path.GetDirectoryName(typeof(NativeSearchFolders).Assembly.Location) ?? "";
}
