namespace Pinion.Bindings;

/// <summary>What the environment asks of the resolver.</summary>
internal sealed record NativeLoadOptions
{
    internal const string SdkVariable = "PINION_SDK";
    internal const string FolderVariable = "PINION_NATIVE_DIR";

    /// <summary>The one SDK to load; null: the first that is usable.</summary>
    internal string? ForcedSdk { get; init; }

    /// <summary>Who asks for <see cref="ForcedSdk"/>, at the beginning of a sentence.</summary>
    internal string ForcedBy { get; init; } = "";

    /// <summary>Whether to ask in any case what can be built.</summary>
    internal bool AsksForBuilding { get; init; }

    /// <summary>Folders to search, in order, before the system loader is asked.</summary>
    internal required IReadOnlyList<string> Folders { get; init; }

    /// <summary>Whether the system loader is asked last. It also answers with a library that this process has loaded already.</summary>
    internal bool AskSystemLoader { get; init; } = true;

    /// <summary>How many GPUs NVIDIA's driver has here. Asked only where an SDK that computes on them is installed and of no use.</summary>
    internal Func<int> CountGpus { get; init; } = NvidiaDriver.CountDevices;

    internal int AbiMajor { get; init; } = NativeConstants.PN_ABI_MAJOR;

    /// <summary>The lowest minor version that has every function bound here.</summary>
    internal int AbiMinor { get; init; } = NativeConstants.PN_ABI_MINOR;

    /// <param name="asked">The SDK that the program asks for, unless the environment does; null: none.</param>
    internal static NativeLoadOptions FromEnvironment(string? asked = null)
    {
        string? named = ReadVariable(SdkVariable)?.ToLowerInvariant();
        return new()
        {
            ForcedSdk = named ?? asked,
            ForcedBy = named is not null ? $"{SdkVariable}={named}" : $"The SDK {asked}",
            Folders = NativeSearchFolders.List(ReadVariable(FolderVariable)),
        };
    }

    private static string? ReadVariable(string name)
    {
        string? value = Environment.GetEnvironmentVariable(name)?.Trim();
        return string.IsNullOrEmpty(value) ? null : value;
    }
}
