using System.Text;

namespace Pinion.Zoo;

/// <summary>A weights file is sound, but its tensors are not those of the network.</summary>
public sealed class WeightsMismatchException : WeightsFileException
{
    /// <summary>How many names of each list the message has.</summary>
    public const int Named = 5;

    internal WeightsMismatchException(
        string path,
        string network,
        IReadOnlyList<string> missing,
        IReadOnlyList<string> extra,
        IReadOnlyList<string> mismatched,
        string? fits,
        string? prefix)
        : base(path, Describe(network, missing, extra, mismatched, fits, prefix))
    {
        Missing = missing;
        Extra = extra;
        Mismatched = mismatched;
        Fits = fits;
    }

    /// <summary>Names that the network has and the file lacks.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Names that the file has and the network lacks.</summary>
    public IReadOnlyList<string> Extra { get; }

    /// <summary>Tensors of another shape or type: name, what the network has, what the file has.</summary>
    public IReadOnlyList<string> Mismatched { get; }

    /// <summary>The network whose tensors the file does hold; null if none.</summary>
    public string? Fits { get; }

    private static string Describe(
        string network,
        IReadOnlyList<string> missing,
        IReadOnlyList<string> extra,
        IReadOnlyList<string> mismatched,
        string? fits,
        string? prefix)
    {
        var text = new StringBuilder($"its tensors are not those of {network}");
        if (fits is not null)
        {
            text.Append($" (they are those of {fits})");
        }

        if (prefix is not null)
        {
            text.Append($"; every missing name is there with '{prefix}' in front");
        }

        Append(text, "missing", missing);
        Append(text, "not of this network", extra);
        Append(text, "of another shape or type", mismatched);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string what, IReadOnlyList<string> names)
    {
        if (names.Count > 0)
        {
            text.Append($"; {names.Count} {what}: {string.Join(", ", names.Take(Named))}{(names.Count > Named ? $" and {names.Count - Named} more" : "")}");
        }
    }
}
