using Pinion.Hosting;

namespace Pinion.Triton;

/// <summary>A model that was found, ready to be loaded. Immutable but for <see cref="Options"/>, which are the caller's.</summary>
public sealed record RepositoryModel
{
    /// <summary>The name to serve it by: its folder's, or its file's without the extension.</summary>
    public required string Name { get; init; }

    /// <summary>The version served: the folder's number, or 1 for a plan file.</summary>
    public required string Version { get; init; }

    /// <summary>The plan's file, its whole path.</summary>
    public required string PlanPath { get; init; }

    /// <summary>How to serve it, plan and version included. What the configuration does not say has its default.</summary>
    public required ModelOptions Options { get; init; }

    /// <summary>What of the configuration is not used or differs here from Triton, each with file and line.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The configuration; null where there is none.</summary>
    public ModelConfig? Config { get; init; }
}
