namespace Pinion;

/// <summary>
/// The shapes that an engine is built for: for every dynamic input a smallest, an optimal and a largest one. An engine
/// has one or several; a session uses one.
/// </summary>
public sealed class OptimizationProfile
{
    private readonly Dictionary<string, ShapeRange> _inputs = new(StringComparer.Ordinal);

    /// <summary>The range of each input.</summary>
    public IReadOnlyDictionary<string, ShapeRange> Inputs => _inputs;

    /// <summary>
    /// Reads <c>x:min=1x3x48x192,opt=4x3x48x320,max=8x3x48x640</c>, as the command line's <c>--profile</c> does; inputs are separated
    /// by spaces or semicolons. A missing opt is max, a missing min is opt, and <c>x:1x3x48x320</c> stands for one shape only. A
    /// name with spaces, commas, semicolons or quotes is put in single quotes, its own doubled.
    /// </summary>
    /// <exception cref="FormatException">The text is no profile, or a range is inverted.</exception>
    public static OptimizationProfile Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var profile = new OptimizationProfile();
        foreach (string entry in SplitInputs(text))
        {
            (string name, ShapeRange range) = ParseInput(entry);
            try
            {
                profile.Add(name, range.Min, range.Opt, range.Max);
            }
            catch (ArgumentException e)
            {
                throw new FormatException(e.Message, e);
            }
        }

        return profile.Inputs.Count > 0 ? profile : throw BuildErrors.BadProfile(text, "it is empty");
    }

    /// <summary>Sets the range of one input and gives back this profile, for chaining.</summary>
    /// <param name="tensor">The input's name.</param>
    /// <param name="min">The smallest shape.</param>
    /// <param name="opt">The shape to tune for.</param>
    /// <param name="max">The largest shape.</param>
    /// <exception cref="ArgumentException">The ranks differ, a dimension is dynamic, not min &lt;= opt &lt;= max, or the
    /// input has a range already.</exception>
    public OptimizationProfile Add(string tensor, TensorShape min, TensorShape opt, TensorShape max)
    {
        ArgumentException.ThrowIfNullOrEmpty(tensor);
        if (min.Rank != opt.Rank || opt.Rank != max.Rank)
        {
            throw BuildErrors.ProfileRanksDiffer(tensor, min, opt, max);
        }

        for (int i = 0; i < min.Rank; i++)
        {
            if (min[i] < 0 || min[i] > opt[i] || opt[i] > max[i])
            {
                throw BuildErrors.ProfileInverted(tensor, i, min, opt, max);
            }
        }

        if (!_inputs.TryAdd(tensor, new ShapeRange(min, opt, max)))
        {
            throw BuildErrors.ProfileRepeats(tensor);
        }

        return this;
    }

    /// <summary>The form that <see cref="Parse"/> reads.</summary>
    public override string ToString() => string.Join(' ', _inputs.Select(i => $"{ShapeGrammar.WriteName(i.Key)}:{i.Value}"));

    /// <summary>A space after a comma does not end an input.</summary>
    private static IEnumerable<string> SplitInputs(string text)
    {
        string pending = "";
        foreach (string part in ShapeGrammar.SplitOutsideQuotes(text, ';'))
        {
            foreach (string word in ShapeGrammar.SplitOutsideQuotes(part, char.IsWhiteSpace).Where(w => w.Length > 0))
            {
                pending += word;
                if (!pending.EndsWith(','))
                {
                    yield return pending;
                    pending = "";
                }
            }

            if (pending.Length > 0)
            {
                yield return pending;
                pending = "";
            }
        }
    }

    private static (string Name, ShapeRange Range) ParseInput(string entry)
    {
        (string? name, string shapes) = ShapeGrammar.SplitName(entry, reason => BuildErrors.BadProfile(entry, reason.TrimStart(':', ' ').TrimEnd('.')));
        if (string.IsNullOrEmpty(name))
        {
            throw BuildErrors.BadProfile(entry, "it names no input");
        }

        if (TensorShape.TryParse(shapes, out TensorShape only))
        {
            return (name, new ShapeRange(only, only, only));
        }

        var given = new Dictionary<string, TensorShape>(StringComparer.Ordinal);
        foreach (string part in shapes.Split(','))
        {
            string[] pair = part.Split('=', 2);
            if (pair.Length != 2 || pair[0] is not ("min" or "opt" or "max"))
            {
                throw BuildErrors.BadProfile(entry, $"'{part}' is neither min=SHAPE, opt=SHAPE nor max=SHAPE");
            }

            if (!TensorShape.TryParse(pair[1], out TensorShape shape))
            {
                throw BuildErrors.BadProfile(entry, $"'{pair[1]}' is no shape");
            }

            if (!given.TryAdd(pair[0], shape))
            {
                throw BuildErrors.BadProfile(entry, $"it gives {pair[0]} twice");
            }
        }

        if (!given.TryGetValue("max", out TensorShape max))
        {
            throw BuildErrors.BadProfile(entry, given.ContainsKey("opt") ? "it gives no largest shape" : "it gives only the smallest shape");
        }

        TensorShape opt = given.GetValueOrDefault("opt", max);
        return (name, new ShapeRange(given.GetValueOrDefault("min", opt), opt, max));
    }
}
