using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Pinion;

/// <summary>
/// The shapes that an engine is built for: for every dynamic input a smallest, an optimal and a largest one. An engine
/// has one or several; a session uses one.
/// </summary>
public sealed partial class OptimizationProfile
{
    private readonly Dictionary<string, ShapeRange> _inputs = new(StringComparer.Ordinal);

    /// <summary>The range of each input.</summary>
    public IReadOnlyDictionary<string, ShapeRange> Inputs => _inputs;

    /// <summary>
    /// Reads trtexec-like text: <c>x:min=1x3x48x192,opt=4x3x48x320,max=8x3x48x640</c>; inputs are separated by spaces or
    /// semicolons, and <c>x:1x3x48x320</c> stands for one shape only.
    /// </summary>
    /// <exception cref="FormatException">The text is no profile, or a range is inverted.</exception>
    public static OptimizationProfile Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var profile = new OptimizationProfile();
        foreach (string part in text.Split((char[])[' ', ';', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryParseInput(part, out string? name, out ShapeRange? range))
            {
                throw Errors.BadProfile(part);
            }

            try
            {
                profile.Add(name, range.Min, range.Opt, range.Max);
            }
            catch (ArgumentException e)
            {
                throw new FormatException(e.Message, e);
            }
        }

        return profile.Inputs.Count > 0 ? profile : throw Errors.BadProfile(text);
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
            throw Errors.ProfileRanksDiffer(tensor, min, opt, max);
        }

        for (int i = 0; i < min.Rank; i++)
        {
            if (min[i] < 0 || min[i] > opt[i] || opt[i] > max[i])
            {
                throw Errors.ProfileInverted(tensor, i, min, opt, max);
            }
        }

        if (!_inputs.TryAdd(tensor, new ShapeRange(min, opt, max)))
        {
            throw Errors.ProfileRepeats(tensor);
        }

        return this;
    }

    /// <summary>The form that <see cref="Parse"/> reads.</summary>
    public override string ToString() => string.Join(' ', _inputs.Select(i => $"{i.Key}:{i.Value}"));

    private static bool TryParseInput(string text, [NotNullWhen(true)] out string? name, [NotNullWhen(true)] out ShapeRange? range)
    {
        (name, range) = (null, null);
        Match match = InputPattern().Match(text);
        if (!match.Success)
        {
            return false;
        }

        name = match.Groups["name"].Value;
        if (TensorShape.TryParse(match.Groups["only"].Value, out TensorShape only) && match.Groups["only"].Success)
        {
            range = new ShapeRange(only, only, only);
            return true;
        }

        var shapes = new Dictionary<string, TensorShape>(StringComparer.Ordinal);
        for (int i = 0; i < match.Groups["which"].Captures.Count; i++)
        {
            if (!TensorShape.TryParse(match.Groups["shape"].Captures[i].Value, out TensorShape shape)
                || !shapes.TryAdd(match.Groups["which"].Captures[i].Value, shape))
            {
                return false;
            }
        }

        if (shapes.Count != 3)
        {
            return false;
        }

        range = new ShapeRange(shapes["min"], shapes["opt"], shapes["max"]);
        return true;
    }

    // A name may hold colons: the last one before the shapes separates.
    [GeneratedRegex("^(?<name>.+):((?<which>min|opt|max)=(?<shape>[^,=:]+)(,(?!$)|$)){3}$|^(?<name>.+):(?<only>[^,=:]+)$", RegexOptions.ExplicitCapture)]
    private static partial Regex InputPattern();
}
