namespace Pinion.Hosting;

/// <summary>What was added to the builder, for the start of the host.</summary>
internal sealed class ModelRegistrations
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>The models' names in the order in which they were added.</summary>
    public List<string> Names { get; } = [];

    /// <summary>Sections of the configuration that were to have models and have none.</summary>
    public List<string> EmptySections { get; } = [];

    /// <summary>By model, what the configuration says; models that come from code have none.</summary>
    public Dictionary<string, Lazy<ModelSection>> Sections { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the host's start does not wait for the models.</summary>
    public bool LoadInBackground { get; set; }

    public bool TryAdd(string name)
    {
        if (!_names.Add(name))
        {
            return false;
        }

        Names.Add(name);
        return true;
    }
}
