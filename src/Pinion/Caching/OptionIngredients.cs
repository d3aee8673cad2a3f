namespace Pinion;

/// <summary>What of the build options decides about a plan. A test walks the properties and changes each.</summary>
internal static class OptionIngredients
{
    internal const string TimingCache = "timing cache";
    internal const string ProfilePrefix = "profile ";

    internal static void Add(IngredientList list, EngineBuildOptions options)
    {
        list.Add("precision", options.Precision.GetName());
        list.Add("TF32", options.AllowTf32);
        list.Add("workspace bytes", options.WorkspaceBytes == 0 ? null : options.WorkspaceBytes);
        list.Add("optimization level", options.OptimizationLevel);
        list.Add("timing iterations", options.TimingIterations);
        list.Add("profiling verbosity", EnumNames.Of(options.ProfilingVerbosity));
        list.Add("tactic sources", options.TacticSources?.ToString() ?? "default");
        list.Add("hardware compatibility", EnumNames.Of(options.HardwareCompatibility));
        list.Add("version compatible", options.VersionCompatible);
        list.Add("strongly typed", options.StronglyTyped);
        list.Add("renamed dimensions", options.RenameDimensions);
        list.Add("profile copies", options.ProfileCopies);
        list.Add("precision constraints", EnumNames.Of(options.PrecisionConstraints));
        list.Add("raw", options.Raw);
        list.Add("targets", options.Targets.Count == 0 ? "none named" : string.Join(", ", options.Targets.Distinct().OrderBy(t => t.ComputeCapability)));
        AddProfiles(list, options.Profiles);
        // Their order decides: of several that match a layer the last holds.
        foreach ((int index, LayerPrecision layer) in options.LayerPrecisions.Index())
        {
            list.Add($"layer precision {index + 1}", $"'{layer.Layer}' {layer.Precision.GetName()}");
        }

        foreach ((int index, string library) in options.PluginLibraries.Index())
        {
            list.Add($"plugin library {index + 1}", FileDigest.OfFile(library));
        }

        list.Add(TimingCache, options.TimingCachePath is not { } cache ? "none" : File.Exists(cache) ? FileDigest.OfFile(cache) : "empty");
    }

    /// <summary>Sessions choose profiles by number, so that those have an order. The inputs within one have none.</summary>
    private static void AddProfiles(IngredientList list, IReadOnlyList<OptimizationProfile> profiles)
    {
        foreach ((int index, OptimizationProfile profile) in profiles.Index())
        {
            string number = index == 0 ? "" : $"{index} ";
            foreach ((string input, ShapeRange range) in profile.Inputs.OrderBy(i => i.Key, StringComparer.Ordinal))
            {
                list.Add($"{ProfilePrefix}{number}{ShapeGrammar.WriteName(input)}", range.ToString());
            }
        }
    }
}
