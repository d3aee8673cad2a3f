namespace Pinion.Cli;

/// <summary>Reads optimization profiles from options and checks what can be checked without the model.</summary>
internal static class ProfileText
{
    private const string Form = "write INPUT:min=1x3x48x48,opt=4x3x48x320,max=8x3x48x960, several inputs of one profile separated by ';'";

    /// <summary>Reads one --profile: <c>x:min=...,opt=...,max=...[;y:...]</c>. A missing opt is max, a missing min is opt.</summary>
    public static OptimizationProfile Parse(string text)
    {
        var profile = new OptimizationProfile();
        var seen = new HashSet<string>();
        foreach (string entry in ShapeGrammar.SplitOutsideQuotes(text, ';').Select(e => e.Trim()).Where(e => e.Length > 0))
        {
            (string name, Dictionary<string, long[]> parts) = ParseEntry(entry);
            if (!seen.Add(name))
            {
                throw new UsageException($"--profile '{text}' names input '{name}' twice; repeat --profile for another profile.");
            }
            AddRange(profile, name, parts.GetValueOrDefault("min"), parts.GetValueOrDefault("opt"), parts.GetValueOrDefault("max"), "--profile");
        }
        return seen.Count > 0 ? profile : throw new UsageException($"--profile '{text}' is empty; {Form}.");
    }

    /// <summary>Makes one profile from trtexec's three lists; an empty result means none was given.</summary>
    public static OptimizationProfile? FromLists(string? min, string? opt, string? max, (string Min, string Opt, string Max) options)
    {
        if (min is null && opt is null && max is null)
        {
            return null;
        }
        Dictionary<string, long[]> mins = ToDictionary(min, options.Min);
        Dictionary<string, long[]> opts = ToDictionary(opt, options.Opt);
        Dictionary<string, long[]> maxes = ToDictionary(max, options.Max);
        var profile = new OptimizationProfile();
        foreach (string name in mins.Keys.Concat(opts.Keys).Concat(maxes.Keys).Distinct())
        {
            AddRange(profile, name, mins.GetValueOrDefault(name), opts.GetValueOrDefault(name), maxes.GetValueOrDefault(name), $"{options.Min}/{options.Opt}/{options.Max}");
        }
        return profile;
    }

    private static void AddRange(OptimizationProfile profile, string name, long[]? min, long[]? opt, long[]? max, string option)
    {
        long[]? anchor = opt ?? max ?? min;
        if (anchor is null)
        {
            throw new UsageException($"{option} gives no shape for '{name}'; {Form}.");
        }
        if (max is null && opt is null)
        {
            throw new UsageException($"{option} gives only the smallest shape for '{name}'; add opt and max.");
        }
        long[] middle = opt ?? max!;
        long[] least = min ?? middle;
        long[] most = max ?? middle;
        if (least.Length != middle.Length || most.Length != middle.Length)
        {
            throw new UsageException(
                $"{option}: the shapes of '{name}' differ in rank: min {TensorText.Shape(least)}, opt {TensorText.Shape(middle)}, max {TensorText.Shape(most)}.");
        }
        for (int i = 0; i < middle.Length; i++)
        {
            if (least[i] > middle[i] || middle[i] > most[i])
            {
                throw new UsageException(
                    $"{option}: dimension {i} of '{name}' is min {least[i]}, opt {middle[i]}, max {most[i]}; it must be min <= opt <= max.");
            }
        }
        profile.Add(name, new TensorShape(least), new TensorShape(middle), new TensorShape(most));
    }

    private static (string Name, Dictionary<string, long[]> Parts) ParseEntry(string entry)
    {
        (string? name, string rest) = ShapeText.SplitName(entry, "--profile");
        if (string.IsNullOrEmpty(name))
        {
            throw new UsageException($"--profile '{entry}' names no input; {Form}.");
        }
        var parts = new Dictionary<string, long[]>();
        foreach (string part in rest.Split(','))
        {
            string[] pair = part.Trim().Split('=', 2);
            if (pair.Length != 2 || pair[0] is not ("min" or "opt" or "max"))
            {
                throw new UsageException($"--profile: '{part}' is neither min=SHAPE, opt=SHAPE nor max=SHAPE; {Form}.");
            }
            if (!parts.TryAdd(pair[0], ShapeText.ParseDimensions(pair[1], "--profile").ToArray()))
            {
                throw new UsageException($"--profile '{entry}' gives {pair[0]} twice.");
            }
        }
        return (name, parts);
    }

    private static Dictionary<string, long[]> ToDictionary(string? text, string option)
    {
        var shapes = new Dictionary<string, long[]>();
        foreach ((string? given, TensorShape shape) in text is null ? [] : ShapeText.ParseList(text, option))
        {
            string name = given ?? throw new UsageException($"{option} '{text}' names no input; write NAME:1x3x224x224.");
            shapes[name] = shape.ToArray();
        }
        return shapes;
    }
}
