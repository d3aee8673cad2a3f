using System.Diagnostics.CodeAnalysis;

namespace Pinion.Hosting;

/// <summary>The models being served, by name. Names are compared exactly. Threads: any; a look-up takes no lock.</summary>
public sealed class InferenceModels
{
    private volatile Dictionary<string, InferenceModel> _models = new(StringComparer.Ordinal);

    /// <summary>All of them, in the order of their names.</summary>
    public IReadOnlyList<InferenceModel> All => [.. _models.Values.OrderBy(m => m.Name, StringComparer.Ordinal)];

    /// <summary>Finds one.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out InferenceModel? model) => _models.TryGetValue(name, out model);

    /// <summary>Adds one, which is this object's from now on.</summary>
    /// <exception cref="ArgumentException">There is one of this name.</exception>
    public void Add(InferenceModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Dictionary<string, InferenceModel> before, after;
        do
        {
            before = _models;
            after = new(before, StringComparer.Ordinal);
            if (!after.TryAdd(model.Name, model))
            {
                throw new ArgumentException($"There is a model '{model.Name}' already: swap its plan, or choose another name.", nameof(model));
            }
        }
#pragma warning disable CS0420 // Interlocked is as good as volatile.
        while (Interlocked.CompareExchange(ref _models, after, before) != before);
#pragma warning restore CS0420
    }
}
