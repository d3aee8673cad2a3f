namespace Pinion.Cli;

/// <summary>Reads optimization profiles from options; what the text says is wrong is a wrong usage.</summary>
internal static class ProfileText
{
    /// <summary>Reads one --profile, as <see cref="OptimizationProfile.Parse"/> does.</summary>
    public static OptimizationProfile Parse(string text)
    {
        try
        {
            return OptimizationProfile.Parse(text);
        }
        catch (FormatException e)
        {
            throw new UsageException($"--profile: {e.Message}", e);
        }
    }

    /// <summary>Makes one profile from trtexec's three lists, of which an input may be missing in some; null if none was given.</summary>
    public static OptimizationProfile? FromLists(string? min, string? opt, string? max, (string Min, string Opt, string Max) options)
    {
        if (min is null && opt is null && max is null)
        {
            return null;
        }

        Dictionary<string, TensorShape> mins = ToDictionary(min, options.Min);
        Dictionary<string, TensorShape> opts = ToDictionary(opt, options.Opt);
        Dictionary<string, TensorShape> maxes = ToDictionary(max, options.Max);
        string option = $"{options.Min}/{options.Opt}/{options.Max}";
        var profile = new OptimizationProfile();
        foreach (string name in mins.Keys.Concat(opts.Keys).Concat(maxes.Keys).Distinct())
        {
            if (!opts.TryGetValue(name, out TensorShape middle) && !maxes.TryGetValue(name, out middle))
            {
                throw new UsageException($"{option} gives only the smallest shape for '{name}'; add opt and max.");
            }

            try
            {
                profile.Add(name, mins.GetValueOrDefault(name, middle), middle, maxes.GetValueOrDefault(name, middle));
            }
            catch (ArgumentException e)
            {
                throw new UsageException($"{option}: {ErrorReport.WithoutParameter(e)}", e);
            }
        }

        return profile;
    }

    private static Dictionary<string, TensorShape> ToDictionary(string? text, string option)
    {
        var shapes = new Dictionary<string, TensorShape>();
        foreach ((string? given, TensorShape shape) in text is null ? [] : ShapeText.ParseList(text, option))
        {
            string name = given ?? throw new UsageException($"{option} '{text}' names no input; write NAME:1x3x224x224.");
            shapes[name] = shape;
        }

        return shapes;
    }
}
