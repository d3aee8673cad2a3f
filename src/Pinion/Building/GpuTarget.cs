using System.Globalization;

namespace Pinion;

/// <summary>
/// A compute capability that TensorRT for RTX compiles for, without such a GPU at hand. Source: NVIDIA's ComputeCapability in NvInfer.h of TensorRT
/// for RTX 1.6, and its list of GPUs by compute capability.
/// </summary>
/// <param name="ComputeCapability">SM version such as 8.6.</param>
/// <param name="Architecture">NVIDIA's name of the generation.</param>
/// <param name="Gpus">Common GPUs, in the form that <see cref="Parse"/> takes.</param>
public sealed record GpuTarget(Version ComputeCapability, string Architecture, IReadOnlyList<string> Gpus)
{
    private const string AllName = "all";

    // Known, and not to be had: why, and what to do instead.
    private static readonly (string[] Names, string Reason)[] Refused =
    [
        (["v100", "titan-v", "sm70", "sm72"], "is Volta, older than what TensorRT for RTX knows; TensorRT 8.0 to 10.4 builds for it on the GPU itself"),
        (["p4", "p40", "p100", "sm60", "sm61"], "is Pascal, older than what TensorRT for RTX knows; TensorRT 8 builds for it on the GPU itself"),
        (["h100", "h200", "gh200", "h20", "sm90"], "is Hopper, which TensorRT for RTX does not compile for; TensorRT 8.6 and later builds for it on the GPU itself"),
        (["b100", "b200", "gb200", "b300", "gb300", "sm100", "sm103"], "is Blackwell of the data center, which TensorRT for RTX does not compile for; TensorRT 10.8 and later builds for it on the GPU itself"),
        (["orin", "thor", "sm87", "sm110"], "is a Jetson, which TensorRT for RTX does not compile for; JetPack's TensorRT builds for it on the device itself"),
    ];

    /// <summary>Every target, the oldest first.</summary>
    public static IReadOnlyList<GpuTarget> All { get; } =
    [
        new(new Version(7, 5), "Turing", ["t4", "rtx-2060", "rtx-2070", "rtx-2080", "rtx-2080-ti", "quadro-rtx-5000", "quadro-rtx-6000", "quadro-rtx-8000"]),
        new(new Version(8, 0), "Ampere", ["a100", "a30"]),
        new(new Version(8, 6), "Ampere", ["a2", "a10", "a16", "a40", "rtx-3050", "rtx-3060", "rtx-3070", "rtx-3080", "rtx-3090", "rtx-a4000", "rtx-a5000", "rtx-a6000"]),
        new(new Version(8, 9), "Ada Lovelace", ["l4", "l40", "l40s", "rtx-4060", "rtx-4070", "rtx-4080", "rtx-4090", "rtx-6000-ada"]),
        new(new Version(12, 0), "Blackwell", ["rtx-5050", "rtx-5060", "rtx-5070", "rtx-5080", "rtx-5090", "rtx-pro-6000"]),
        new(new Version(12, 1), "Blackwell", ["gb10"]),
    ];

    /// <summary>The target by its compute capability, <c>sm86</c>.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"sm{Number}");

    /// <summary>As NVIDIA writes it in one number, 86 for SM 8.6.</summary>
    internal int Number => (ComputeCapability.Major * 10) + ComputeCapability.Minor;

    /// <summary>Reads names of GPUs or compute capabilities with commas between them: <c>t4</c>, <c>a10,l4</c>, <c>sm86,sm89</c>; <c>all</c> alone is every target.</summary>
    /// <returns>Each target once, the oldest first.</returns>
    /// <exception cref="FormatException">A name is unknown, or of a GPU that TensorRT for RTX does not compile for; or <c>all</c> has others beside it.</exception>
    public static IReadOnlyList<GpuTarget> Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        string[] names = text.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries);
        if (names is [AllName])
        {
            return All;
        }

        if (names.Contains(AllName))
        {
            throw new FormatException($"'{text}' is no list of targets: 'all' is every one, so that nothing can stand beside it.");
        }

        return [.. names.Select(One).Distinct().OrderBy(t => t.ComputeCapability)];
    }

    /// <inheritdoc/>
    public override string ToString() => $"SM {ComputeCapability}";

    /// <inheritdoc/>
    public bool Equals(GpuTarget? other) => other is not null && ComputeCapability == other.ComputeCapability;

    /// <inheritdoc/>
    public override int GetHashCode() => ComputeCapability.GetHashCode();

    private static GpuTarget One(string name)
    {
        if (All.FirstOrDefault(t => t.Name == name || t.Gpus.Contains(name)) is { } target)
        {
            return target;
        }

        if (Refused.FirstOrDefault(r => r.Names.Contains(name)).Reason is { } reason)
        {
            throw new FormatException($"Target '{name}' {reason}.");
        }

        IReadOnlyList<string> known = [.. All.SelectMany(t => t.Gpus.Prepend(t.Name)), AllName];
        string hint = NearestName.Find(name, known) is { } nearest ? $" Did you mean '{nearest}'?" : "";
        throw new FormatException($"Target '{name}' is unknown.{hint} Name a GPU such as t4, a10 or rtx-4090, a compute capability of {string.Join(", ", All.Select(t => t.Name))}, or all.");
    }
}
