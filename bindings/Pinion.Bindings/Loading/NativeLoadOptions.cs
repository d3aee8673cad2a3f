namespace Pinion.Bindings;

/// <summary>What the environment asks of the resolver.</summary>
internal sealed record NativeLoadOptions
{
    internal const string SdkVariable = "PINION_SDK";
    internal const string FolderVariable = "PINION_NATIVE_DIR";

    /// <summary>The one SDK to load; null: the first that is usable.</summary>
    internal string? ForcedSdk { get; init; }

    /// <summary>Folders to search, in order, before the system loader is asked.</summary>
    internal required IReadOnlyList<string> Folders { get; init; }

    /// <summary>Whether the system loader is asked last. It also answers with a library that this process has loaded already.</summary>
    internal bool AskSystemLoader { get; init; } = true;

    internal int AbiMajor { get; init; } = NativeConstants.PN_ABI_MAJOR;

    /// <summary>The lowest minor version that has every function bound here.</summary>
    internal int AbiMinor { get; init; } = NativeConstants.PN_ABI_MINOR;

    internal static NativeLoadOptions FromEnvironment() => new()
    {
        ForcedSdk = ReadVariable(SdkVariable)?.ToLowerInvariant(),
        Folders = NativeSearchFolders.List(ReadVariable(FolderVariable)),
    };

    private static string? ReadVariable(string name)
    {
        string? value = Environment.GetEnvironmentVariable(name)?.Trim();
        return string.IsNullOrEmpty(value) ? null : value;
    }
}
