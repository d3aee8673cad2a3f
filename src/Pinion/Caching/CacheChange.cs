namespace Pinion;

/// <summary>An ingredient that two plans differ in.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Was">Its value in the older plan; null where that has none.</param>
/// <param name="Now">Its value now; null where there is none.</param>
public sealed record CacheChange(string Name, string? Was, string? Now)
{
    private const int HashDigits = 12;
    private const int Sha256Digits = 64;

    /// <summary>In words, such as <c>TensorRT 10.4.0.26 instead of 10.3.0.26</c>.</summary>
    public override string ToString()
    {
        if (Name.StartsWith(OptionIngredients.ProfilePrefix, StringComparison.Ordinal) && Was?.Split(',') is { } was && Now?.Split(',') is { } now && was.Length == now.Length)
        {
            // min=1x3,opt=4x3,max=8x3: only what differs.
            return string.Join(", ", was.Zip(now).Where(p => p.First != p.Second).Select(p => $"{Name} {Text(p.Second.Replace('=', ' '))} instead of {p.First[(p.First.IndexOf('=', StringComparison.Ordinal) + 1)..]}"));
        }

        bool isContent = IsHash(Was) && IsHash(Now);
        return (Was, Now) switch
        {
            (null, _) => $"{Name} {Text(Now)}, which there was none of",
            (_, null) => $"no {Name}, which was {Text(Was)}",
            _ when isContent => $"the content of the {Name} ({Text(Now)} instead of {Text(Was)})",
            _ => $"{Name} {Text(Now)} instead of {Text(Was)}",
        };
    }

    /// <summary>What two lists differ in, in the order of the newer.</summary>
    internal static IReadOnlyList<CacheChange> Between(IReadOnlyList<CacheIngredient> was, IReadOnlyList<CacheIngredient> now)
    {
        var old = was.ToDictionary(i => i.Name, i => i.Value, StringComparer.Ordinal);
        var names = now.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. now.Where(i => old.GetValueOrDefault(i.Name) != i.Value).Select(i => new CacheChange(i.Name, old.GetValueOrDefault(i.Name), i.Value)),
            .. was.Where(i => !names.Contains(i.Name)).Select(i => new CacheChange(i.Name, i.Value, null)),
        ];
    }

    private static bool IsHash(string? value) => value is { Length: Sha256Digits } && value.All(char.IsAsciiHexDigitLower);

    private static string Text(string? value) => IsHash(value) ? value![..HashDigits] : value ?? "";
}
