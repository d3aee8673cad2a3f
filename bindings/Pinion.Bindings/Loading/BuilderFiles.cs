namespace Pinion.Bindings;

/// <summary>What a build in a process of its own is started from: found, and not loaded.</summary>
/// <param name="Sdk">A name of <see cref="NativeSdk"/>.</param>
/// <param name="Library">The SDK's library; null where there is none.</param>
/// <param name="Program">The program that loads it; null where there is none.</param>
/// <param name="OnnxRuntimeFolder">Where ONNX Runtime lies, if the library does not find it by itself.</param>
/// <param name="Folders">Where was looked.</param>
internal sealed record BuilderFiles(string Sdk, string? Library, string? Program, string? OnnxRuntimeFolder, IReadOnlyList<string> Folders)
{
    internal static string ProgramName => OperatingSystem.IsWindows() ? "pinion-builder.exe" : "pinion-builder";

    /// <param name="asked">The SDK that the program asks for, unless the environment does; null: the one that is loaded.</param>
    /// <param name="loaded">The library of this process.</param>
    internal static BuilderFiles Find(string? asked, NativeLoadResult loaded)
    {
        var options = NativeLoadOptions.FromEnvironment(asked);
        string sdk = asked is null ? loaded.Sdk! : options.ForcedSdk!;
        string? library = sdk == loaded.Sdk ? loaded.LibraryPath : options.Folders.Select(f => Path.Combine(f, NativeSdk.FileName(sdk))).FirstOrDefault(File.Exists);
        string[] beside = Path.GetDirectoryName(library) is { Length: > 0 } folder ? [folder] : [];
        IReadOnlyList<string> folders = [.. beside.Concat(options.Folders).Distinct(StringComparer.Ordinal)];
        string? onnxRuntime = library is null ? null : NativeSearchFolders.FindOnnxRuntime(sdk, library, options.Folders);
        return new BuilderFiles(
            sdk, library, folders.Select(f => Path.Combine(f, ProgramName)).FirstOrDefault(File.Exists), onnxRuntime is null ? null : Path.GetDirectoryName(onnxRuntime), folders);
    }
}
