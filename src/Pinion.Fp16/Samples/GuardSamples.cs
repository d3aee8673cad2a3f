namespace Pinion.Fp16;

/// <summary>Inputs that a guard runs a model on. Threads: one at a time.</summary>
public abstract class GuardSamples
{
    private protected GuardSamples(IReadOnlyList<TensorInfo> inputs) => Inputs = inputs;

    /// <summary>How many there are.</summary>
    public abstract int Count { get; }

    /// <summary>What they are, in words for a report.</summary>
    public abstract string Description { get; }

    /// <summary>The model's inputs.</summary>
    public IReadOnlyList<TensorInfo> Inputs { get; }

    /// <summary>Text that is the same for the same samples.</summary>
    internal abstract string Digest { get; }

    /// <summary>Real inputs from a folder; the headers of all files are checked at once.</summary>
    /// <param name="folder">
    /// Each .npz file is a sample, with an array for every input; so is each folder in it, with a NAME.npy for every input; so are NAME.npy files
    /// right in it. For a model of one input every .npy file right in the folder is a sample. Files are named as <c>pinion run --output-dir</c> names them: letters, digits, dots and dashes as they are, <c>_</c> for the rest.
    /// </param>
    /// <param name="inputs">The model's inputs, as <see cref="EngineBuilder.DescribeModel"/> tells them.</param>
    /// <exception cref="GuardException">There is no sample, or one does not fit the model.</exception>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static GuardSamples Open(string folder, IReadOnlyList<TensorInfo> inputs) => new FolderSamples(folder, inputs);

    /// <summary>Text that is the same for the same samples in a folder, whatever its name and place.</summary>
    /// <exception cref="GuardException">There is no such folder.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static string DigestOf(string folder) => FolderSamples.DigestOfFolder(folder);

    /// <summary>Inputs drawn from seeds, the same on every machine: floats in [-1, 1), whole numbers in [0, 128).</summary>
    /// <param name="count">How many, 1 to 100,000.</param>
    /// <param name="inputs">The model's inputs.</param>
    /// <param name="shapes">Shapes of dynamic inputs; a first dimension that is dynamic is 1 where its input is not named.</param>
    /// <param name="seed">The first sample's seed; each further one's is one more.</param>
    /// <exception cref="GuardException">A dimension has no size, or no values are drawn for an input.</exception>
    public static GuardSamples Seeded(int count, IReadOnlyList<TensorInfo> inputs, IReadOnlyDictionary<string, TensorShape>? shapes = null, ulong seed = 0) =>
        new SeededSamples(count, inputs, shapes ?? new Dictionary<string, TensorShape>(), seed);

    internal abstract TensorShape ShapeOf(int sample, TensorInfo input);

    /// <summary>Writes an input's elements.</summary>
    internal abstract void Fill(int sample, TensorInfo input, Span<byte> destination);

    /// <summary>The shapes of dynamic inputs where all samples have the same; empty otherwise.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyList<long>> CommonShapes()
    {
        TensorInfo[] open = [.. Inputs.Where(i => i.Shape.IsDynamic)];
        return Enumerable.Range(1, Count - 1).All(sample => open.All(i => ShapeOf(sample, i) == ShapeOf(0, i)))
            ? open.ToDictionary(i => i.Name, i => (IReadOnlyList<long>)ShapeOf(0, i).ToArray()) : new Dictionary<string, IReadOnlyList<long>>();
    }

    /// <summary>The profile that holds all samples; null where the model is static.</summary>
    /// <param name="prefix">What stands before the names of the inputs.</param>
    internal OptimizationProfile? Profile(string prefix = "")
    {
        OptimizationProfile? profile = null;
        foreach (TensorInfo input in Inputs.Where(i => i.Shape.IsDynamic))
        {
            var range = ShapeRange.Covering([.. Enumerable.Range(0, Count).Select(sample => ShapeOf(sample, input))]);
            profile ??= new OptimizationProfile();
            profile.Add(prefix + input.Name, range.Min, ShapeOf(0, input), range.Max);
        }

        return profile;
    }
}
