namespace Pinion;

/// <summary>Makes a plan of a model for a cache.</summary>
/// <param name="onnxPath">The model's file.</param>
/// <param name="options">The build options that the cache was asked with.</param>
/// <param name="build">Builds a plan as the cache would, in its builder process unless it is told otherwise.</param>
/// <param name="cancellation">Ends it.</param>
public delegate Plan PlanMaker(string onnxPath, EngineBuildOptions options, Func<string, EngineBuildOptions, Plan> build, CancellationToken cancellation);

/// <summary>A model as an engine cache takes it: a file, or what is made when it is needed. Immutable. Threads: any.</summary>
public sealed class ModelSource
{
    private readonly Action<Stream, CancellationToken>? _write;

    private ModelSource(string name, string? path, IReadOnlyList<CacheIngredient> ingredients, Action<Stream, CancellationToken>? write, PlanMaker? maker = null)
    {
        Name = name;
        Path = path;
        Ingredients = ingredients;
        _write = write;
        Maker = maker;
    }

    /// <summary>What messages call it: the path of the file, or the name of what is made.</summary>
    public string Name { get; }

    /// <summary>The file; null for what is made.</summary>
    public string? Path { get; }

    /// <summary>What decides beside the name of a made model, or beside the content of a file.</summary>
    internal IReadOnlyList<CacheIngredient> Ingredients { get; }

    /// <summary>An ONNX file. Its content and that of its external data decide, its name and place do not.</summary>
    public static implicit operator ModelSource(string onnxPath) => FromFile(onnxPath);

    /// <summary>An ONNX file. Its content and that of its external data decide, its name and place do not.</summary>
    /// <param name="onnxPath">The model. External data is found beside it.</param>
    /// <param name="ingredients">What else decides about the plan, such as a recipe that the build options came from; null: nothing.</param>
    public static ModelSource FromFile(string onnxPath, IReadOnlyList<CacheIngredient>? ingredients = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(onnxPath);
        return new ModelSource(onnxPath, onnxPath, Copy(ingredients ?? []), null);
    }

    /// <summary>A model that a program makes, by name and by all that decides its bytes: none is made where the cache has the plan.</summary>
    /// <param name="name">Such as <c>zoo:DPN68</c>. A part of what decides.</param>
    /// <param name="ingredients">What decides the bytes beside the name, such as the seed of the weights and the version of the generator.</param>
    /// <param name="write">Writes the ONNX model to a stream, front to back. External data has no place.</param>
    public static ModelSource FromMaker(string name, IReadOnlyList<CacheIngredient> ingredients, Action<Stream, CancellationToken> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(write);
        return new ModelSource(name, null, Copy(ingredients), write);
    }

    /// <summary>The same model whose plan is made in a way of its own, such as from what it was converted to.</summary>
    /// <param name="ingredients">What decides about the plan beside the model and the build options.</param>
    /// <param name="maker">Makes the plan; what it throws is thrown by the cache, which then keeps nothing.</param>
    public ModelSource MadeBy(IReadOnlyList<CacheIngredient> ingredients, PlanMaker maker)
    {
        ArgumentNullException.ThrowIfNull(maker);
        ModelSource more = With(ingredients);
        return new ModelSource(Name, Path, more.Ingredients, _write, maker);
    }

    /// <summary>The same model where more decides about the plan.</summary>
    /// <param name="ingredients">What decides beside the model and the build options.</param>
    public ModelSource With(IReadOnlyList<CacheIngredient> ingredients)
    {
        Errors.ThrowIfAnyNull(ingredients, nameof(ingredients));
        return new ModelSource(Name, Path, Copy([.. Ingredients, .. ingredients]), _write, Maker);
    }

    /// <summary>Makes the plan; null where the cache builds it of the model as it is.</summary>
    internal PlanMaker? Maker { get; }

    private static CacheIngredient[] Copy(IReadOnlyList<CacheIngredient> ingredients)
    {
        Errors.ThrowIfAnyNull(ingredients, nameof(ingredients));
        return ingredients.DistinctBy(i => i.Name, StringComparer.Ordinal).Count() == ingredients.Count
            ? [.. ingredients]
            : throw CacheErrors.RepeatedIngredient(ingredients.GroupBy(i => i.Name, StringComparer.Ordinal).First(g => g.Count() > 1).Key, nameof(ingredients));
    }

    /// <summary>Writes a model that is made.</summary>
    internal void Write(Stream stream, CancellationToken cancellation) => _write!(stream, cancellation);
}
