using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Pinion.Zoo;

/// <summary>All names of the zoo.</summary>
public static class ZooCatalog
{
    private static readonly FrozenDictionary<string, ZooModel> ByName;

    static ZooCatalog()
    {
        Models = CatalogFile.Load();
        ByName = Models.ToFrozenDictionary(m => m.Name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The 21 names in the order of PaddleClas' tables, family by family.</summary>
    public static IReadOnlyList<ZooModel> Models { get; }

    /// <summary>Finds a model; upper and lower case are the same.</summary>
    public static bool TryGet(string name, [NotNullWhen(true)] out ZooModel? model)
    {
        ArgumentNullException.ThrowIfNull(name);
        return ByName.TryGetValue(name, out model);
    }

    /// <summary>Finds a model; upper and lower case are the same.</summary>
    /// <exception cref="UnknownModelException">There is none; the exception suggests a name that is near.</exception>
    public static ZooModel Get(string name) => TryGet(name, out ZooModel? model) ? model : throw new UnknownModelException(name, Nearest(name));

    /// <summary>The name that takes the fewest edits to reach, at most half of the longer name; case, '-' and '_' do not count.</summary>
    public static string? Nearest(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        // Nobody mistypes a name at this length, and the comparison is quadratic.
        string plain = Plain(name.Length > 100 ? name[..100] : name);
        string? nearest = NearestName.Find(plain, Models.Select(m => Plain(m.Name)));
        return Models.FirstOrDefault(m => Plain(m.Name) == nearest)?.Name;
    }

    private static string Plain(string name) => name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();
}
