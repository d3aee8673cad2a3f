namespace Pinion;

/// <summary>What of a model decides about a plan.</summary>
internal static class ModelIngredients
{
    internal const string Model = "model";
    internal const string DataPrefix = "weights file ";

    /// <exception cref="IOException">A file cannot be read; one that is not there is a <see cref="FileNotFoundException"/>.</exception>
    internal static void Add(IngredientList list, ModelSource model, CancellationToken cancellation)
    {
        if (model.Path is { } path)
        {
            AddFile(list, path, cancellation);
        }
        else
        {
            list.Add(Model, model.Name);
        }

        foreach (CacheIngredient ingredient in model.Ingredients)
        {
            list.Add($"{Model} {ingredient.Name}", ingredient.Value);
        }
    }

    private static void AddFile(IngredientList list, string path, CancellationToken cancellation)
    {
        if (!File.Exists(path))
        {
            throw CacheErrors.NoModel(path);
        }

        list.Add(Model, FileDigest.OfFile(path, cancellation));
        // Names are in the model's own bytes; here they only tell which file has changed.
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        foreach (string location in ExternalDataScan.Find(path))
        {
            string file = Path.Combine(folder, location);
            list.Add($"{DataPrefix}'{location}'", IsFile(file) ? FileDigest.OfFile(file, cancellation) : "missing");
        }
    }

    /// <summary>Whether two plans are of one model, by its content.</summary>
    internal static bool AreSame(IReadOnlyList<CacheIngredient> a, IReadOnlyList<CacheIngredient> b) => a.Where(IsOfModel).SequenceEqual(b.Where(IsOfModel));

    /// <summary>A model from anywhere may name anything; a device would be read without end.</summary>
    private static bool IsFile(string path) => File.Exists(path) && !FinalTarget.IsDevice(FinalTarget.Of(path));

    private static bool IsOfModel(CacheIngredient ingredient) =>
        ingredient.Name == Model || ingredient.Name.StartsWith($"{Model} ", StringComparison.Ordinal) || ingredient.Name.StartsWith(DataPrefix, StringComparison.Ordinal);
}
