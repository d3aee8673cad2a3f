using System.Globalization;

namespace Pinion;

/// <summary>
/// Build options by name, as configurations and manifests write them: the properties of <see cref="EngineBuildOptions"/> in any case, each with a text or a list of texts.
/// A test walks the properties.
/// </summary>
internal static class BuildOptionText
{
    /// <summary>An option of one value, or of several.</summary>
    private sealed record Option(string Name, bool IsList, string Form, Func<EngineBuildOptions, IReadOnlyList<string>, EngineBuildOptions?> Set);

    private static readonly Option[] Options =
    [
        Enum<Precision>(nameof(EngineBuildOptions.Precision), (o, value) => o with { Precision = value }),
        Flag(nameof(EngineBuildOptions.AllowTf32), (o, value) => o with { AllowTf32 = value }),
        new(nameof(EngineBuildOptions.WorkspaceBytes), false, "a number of bytes", (o, texts) => Number(texts, out long value) ? o with { WorkspaceBytes = value } : null),
        Number(nameof(EngineBuildOptions.OptimizationLevel), (o, value) => o with { OptimizationLevel = value }),
        Number(nameof(EngineBuildOptions.TimingIterations), (o, value) => o with { TimingIterations = value }),
        List(nameof(EngineBuildOptions.Profiles), "a list of profiles, such as [ \"x:min=1x3x48x48,opt=4x3x48x320,max=8x3x48x960\" ]", OptimizationProfile.Parse, (o, values) => o with { Profiles = values }),
        Enum<ProfilingVerbosity>(nameof(EngineBuildOptions.ProfilingVerbosity), (o, value) => o with { ProfilingVerbosity = value }),
        List(nameof(EngineBuildOptions.TacticSources), $"a list of {Names<TacticSources>()}", Member<TacticSources>, (o, values) => o with { TacticSources = values.Aggregate(TacticSources.None, (all, one) => all | one) }),
        Enum<HardwareCompatibility>(nameof(EngineBuildOptions.HardwareCompatibility), (o, value) => o with { HardwareCompatibility = value }),
        List(nameof(EngineBuildOptions.Targets), "a list of GPUs, such as [ \"t4\", \"a10\" ]", GpuTarget.Parse, (o, values) => o with { Targets = [.. values.SelectMany(v => v).Distinct().OrderBy(t => t.ComputeCapability)] }),
        Flag(nameof(EngineBuildOptions.VersionCompatible), (o, value) => o with { VersionCompatible = value }),
        Flag(nameof(EngineBuildOptions.StronglyTyped), (o, value) => o with { StronglyTyped = value }),
        Flag(nameof(EngineBuildOptions.RenameDimensions), (o, value) => o with { RenameDimensions = value }),
        Number(nameof(EngineBuildOptions.ProfileCopies), (o, value) => o with { ProfileCopies = value }),
        new(nameof(EngineBuildOptions.TimingCachePath), false, "a file", (o, texts) => texts[0].Length > 0 ? o with { TimingCachePath = texts[0] } : null),
        Enum<PrecisionConstraints>(nameof(EngineBuildOptions.PrecisionConstraints), (o, value) => o with { PrecisionConstraints = value }),
        List(nameof(EngineBuildOptions.LayerPrecisions), "a list of layers with their precisions, such as [ \"/norm*:fp32\" ]", Layer, (o, values) => o with { LayerPrecisions = values }),
        List(nameof(EngineBuildOptions.PluginLibraries), "a list of files", text => text.Length > 0 ? text : throw new FormatException("It is empty."), (o, values) => o with { PluginLibraries = values }),
        Flag(nameof(EngineBuildOptions.Raw), (o, value) => o with { Raw = value }),
        Number(nameof(EngineBuildOptions.Device), (o, value) => o with { Device = value }),
    ];

    /// <summary>All names, as C# writes them.</summary>
    internal static IReadOnlyList<string> All { get; } = [.. Options.Select(o => o.Name)];

    /// <summary>The option that a name means in any case; null where it means none.</summary>
    internal static string? Find(string name) => Lookup(name)?.Name;

    /// <summary>Whether an option has a list of values.</summary>
    internal static bool IsList(string name) => Lookup(name)!.IsList;

    /// <summary>What an option's value must be, for the end of a sentence.</summary>
    internal static string Form(string name) => Lookup(name)!.Form;

    /// <summary>Sets one option.</summary>
    /// <param name="options">Changed where the texts are understood.</param>
    /// <param name="name">One that <see cref="Find"/> gave.</param>
    /// <param name="texts">One text, or for a list any number.</param>
    /// <returns>What is wrong with the texts, for the end of a sentence that begins with option and value; null where nothing is.</returns>
    internal static string? Set(ref EngineBuildOptions options, string name, IReadOnlyList<string> texts)
    {
        Option option = Lookup(name)!;
        try
        {
            if (option.Set(options, texts) is not { } changed)
            {
                return $"it must be {option.Form}.";
            }

            options = changed;
            return null;
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return $"it must be {option.Form}. {e.Message.Split(" (Parameter '")[0]}";
        }
    }

    private static Option? Lookup(string name) => Options.FirstOrDefault(o => o.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static Option Flag(string name, Func<EngineBuildOptions, bool, EngineBuildOptions> set) =>
        new(name, false, "true or false", (o, texts) => bool.TryParse(texts[0], out bool value) ? set(o, value) : null);

    private static Option Number(string name, Func<EngineBuildOptions, int, EngineBuildOptions> set) =>
        new(name, false, "a whole number", (o, texts) => Number(texts, out long value) && value is >= int.MinValue and <= int.MaxValue ? set(o, (int)value) : null);

    private static Option Enum<T>(string name, Func<EngineBuildOptions, T, EngineBuildOptions> set)
        where T : struct, Enum => new(name, false, $"one of {Names<T>()}", (o, texts) => Find(texts[0], out T value) ? set(o, value) : null);

    private static Option List<T>(string name, string form, Func<string, T> read, Func<EngineBuildOptions, T[], EngineBuildOptions> set) =>
        new(name, true, form, (o, texts) => set(o, [.. texts.Select(read)]));

    private static bool Number(IReadOnlyList<string> texts, out long value) => long.TryParse(texts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private static string Names<T>()
        where T : struct, Enum => string.Join(", ", System.Enum.GetNames<T>());

    private static T Member<T>(string text)
        where T : struct, Enum => Find(text, out T value) ? value : throw new FormatException($"'{text}' is none.");

    /// <summary>As C# or as the command line writes it: <c>SameComputeCapability</c>, <c>same-compute-capability</c>; <c>AmperePlus</c>, <c>ampere+</c>.</summary>
    private static bool Find<T>(string text, out T value)
        where T : struct, Enum
    {
        string plain = text.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).Replace("+", "plus", StringComparison.Ordinal);
        foreach (T member in System.Enum.GetValues<T>())
        {
            if (member.ToString().Equals(plain, StringComparison.OrdinalIgnoreCase))
            {
                value = member;
                return true;
            }
        }

        value = default;
        return false;
    }

    private static LayerPrecision Layer(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && Find(text[(colon + 1)..], out Precision precision)
            ? new LayerPrecision(text[..colon], precision)
            : throw new FormatException($"'{text}' is not NAME:fp32 or NAME:fp16.");
    }
}
