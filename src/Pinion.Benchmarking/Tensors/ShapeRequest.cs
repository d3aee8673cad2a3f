namespace Pinion.Benchmarking;

/// <summary>What to run: shapes that are given, batch sizes, a profile; the rest comes from a model's or an engine's inputs.</summary>
/// <param name="Shapes">Shapes by input; the name may be null where the model has one input.</param>
/// <param name="Batches">Batch sizes, the first dimension of every input where it is dynamic; none: as the shapes say.</param>
/// <param name="Profile">The index of the profile to run under; null takes the first that holds the shapes.</param>
public sealed record ShapeRequest(IReadOnlyList<(string? Name, TensorShape Shape)> Shapes, IReadOnlyList<int> Batches, int? Profile = null)
{
    /// <summary>The shapes of each batch for a model that is yet to be built.</summary>
    /// <param name="inputs">The model's inputs.</param>
    /// <param name="fillMissing">True to run dimensions that nobody gave with 1, as trtexec does.</param>
    /// <exception cref="BenchmarkSettingException">A shape or a batch does not fit the model, or one is missing.</exception>
    public IReadOnlyList<EngineShapes> ForModel(IReadOnlyList<TensorInfo> inputs, bool fillMissing = false)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        Dictionary<string, TensorShape> given = ByName(inputs);
        foreach (TensorInfo input in inputs)
        {
            if (given.TryGetValue(input.Name, out TensorShape wanted))
            {
                CheckAgainst(input, input.Shape, input.Shape, wanted, "the model");
            }
        }

        var defaults = inputs.ToDictionary(i => i.Name, i => i.Shape);
        var all = new List<EngineShapes>();
        foreach (int? batch in BatchesOrNone())
        {
            (string Name, TensorShape Shape)[] shapes = [.. inputs.Zip(Make(inputs, defaults, given, batch)).Select(i => (i.First.Name, Filled(i.First, i.Second, fillMissing)))];
            all.Add(new EngineShapes(batch ?? EngineShapes.BatchOf(shapes), 0, shapes));
        }

        return all;
    }

    /// <summary>The shapes of each batch for an engine, each under the first profile that holds them.</summary>
    /// <param name="inputs">The engine's inputs.</param>
    /// <param name="profiles">Its profiles.</param>
    /// <exception cref="BenchmarkSettingException">A shape or a batch fits no profile, or there is no such profile.</exception>
    public IReadOnlyList<EngineShapes> ForEngine(IReadOnlyList<TensorInfo> inputs, IReadOnlyList<ProfileInfo> profiles)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(profiles);
        Dictionary<string, TensorShape> given = ByName(inputs);
        int count = Math.Max(profiles.Count, 1);
        if (Profile is { } asked && (asked < 0 || asked >= count))
        {
            throw new BenchmarkSettingException($"{BenchmarkSetting.Profile} {asked} is out of range; the plan has {Counted.Of(count, "profile")}, 0 to {count - 1}.");
        }

        int[] candidates = Profile is { } only ? [only] : [.. Enumerable.Range(0, count)];
        return [.. BatchesOrNone().Select(batch => UnderFirstProfile(inputs, profiles, candidates, given, batch))];
    }

    /// <summary>The profile that holds all of these shapes, tuned for the largest; null where the model is static.</summary>
    /// <param name="inputs">The model's inputs.</param>
    /// <param name="shapes">At least one, from <see cref="ForModel"/>.</param>
    public static OptimizationProfile? DeriveProfile(IReadOnlyList<TensorInfo> inputs, IReadOnlyList<EngineShapes> shapes)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(shapes);
        OptimizationProfile? profile = null;
        for (int i = 0; i < inputs.Count; i++)
        {
            if (!inputs[i].Shape.IsDynamic)
            {
                continue;
            }

            var range = ShapeRange.Covering([.. shapes.Select(s => s.Inputs[i].Shape)]);
            profile ??= new OptimizationProfile();
            profile.Add(inputs[i].Name, range.Min, range.Opt, range.Max);
        }

        return profile;
    }

    private static EngineShapes UnderFirstProfile(
        IReadOnlyList<TensorInfo> inputs, IReadOnlyList<ProfileInfo> profiles, int[] candidates, Dictionary<string, TensorShape> given, int? batch)
    {
        BenchmarkSettingException? refusal = null;
        foreach (int index in candidates)
        {
            try
            {
                return UnderProfile(inputs, profiles.Count == 0 ? null : profiles[index], given, batch, index);
            }
            catch (BenchmarkSettingException e)
            {
                refusal ??= e;
            }
        }

        throw candidates.Length switch
        {
            1 => refusal!,
            2 => refusal!.With($" The other profile does not hold it either."),
            _ => refusal!.With($" None of the other {candidates.Length - 1} profiles holds it either."),
        };
    }

    private static EngineShapes UnderProfile(
        IReadOnlyList<TensorInfo> inputs, ProfileInfo? profile, Dictionary<string, TensorShape> given, int? batch, int index)
    {
        var ranges = inputs.ToDictionary(
            i => i.Name, i => i.Shape.IsDynamic && profile is not null && profile.Inputs.TryGetValue(i.Name, out ShapeRange? range) ? range : new ShapeRange(i.Shape, i.Shape, i.Shape));
        TensorShape[] shapes = Make(inputs, ranges.ToDictionary(r => r.Key, r => r.Value.Opt), given, batch);
        foreach ((TensorInfo input, TensorShape shape) in inputs.Zip(shapes))
        {
            CheckAgainst(input, ranges[input.Name].Min, ranges[input.Name].Max, shape, $"profile {index} of the plan");
        }

        (string, TensorShape)[] named = [.. inputs.Zip(shapes).Select(i => (i.First.Name, i.Second))];
        return new EngineShapes(batch ?? EngineShapes.BatchOf(named), index, named);
    }

    /// <summary>The given shapes, else the defaults, with the batch where the first dimension is dynamic.</summary>
    private static TensorShape[] Make(
        IReadOnlyList<TensorInfo> inputs, Dictionary<string, TensorShape> defaults, Dictionary<string, TensorShape> given, int? batch)
    {
        bool batched = false;
        var shapes = new TensorShape[inputs.Count];
        for (int i = 0; i < shapes.Length; i++)
        {
            TensorInfo input = inputs[i];
            shapes[i] = given.TryGetValue(input.Name, out TensorShape wanted) ? wanted : defaults[input.Name];
            if (batch is { } size && input.Shape.Rank > 0 && shapes[i].Rank > 0 && !input.IsShapeTensor)
            {
                bool dynamic = input.Shape[0] < 0;
                batched |= dynamic || shapes[i][0] == size;
                shapes[i] = dynamic ? shapes[i].WithBatch(size) : shapes[i];
            }
        }

        if (batch is { } none && !batched)
        {
            string fixedShapes = string.Join(", ", inputs.Select(i => $"'{i.Name}' is {i.Shape}"));
            throw new BenchmarkSettingException(
                $"{BenchmarkSetting.Batches} {none}: no input has a dynamic first dimension ({fixedShapes}); export the model with a dynamic batch, or leave {BenchmarkSetting.Batches} out.");
        }

        return shapes;
    }

    /// <summary>A model's shape without dynamic dimensions: the batch is 1 unless given, others must be given.</summary>
    private static TensorShape Filled(TensorInfo input, TensorShape shape, bool fillMissing)
    {
        for (int i = 0; i < shape.Rank; i++)
        {
            if (shape[i] < 0 && (i == 0 || fillMissing))
            {
                shape = shape.With(i, 1);
            }
            else if (shape[i] < 0)
            {
                string example = string.Join('x', shape.Select((d, axis) => d >= 0 ? d : axis == 0 ? 1 : 224));
                throw new BenchmarkSettingException(
                    $"Input '{input.Name}' is {input.Shape}: dimension {i} is dynamic, so its size must be given, such as {BenchmarkSetting.Shapes} {input.Name}:{example}.");
            }
        }

        return shape;
    }

    /// <summary>Refuses a shape that a static dimension or a profile's range does not hold; -1 in the limits holds anything.</summary>
    private static void CheckAgainst(TensorInfo input, TensorShape min, TensorShape max, TensorShape wanted, string limits)
    {
        if (wanted.Rank != min.Rank)
        {
            throw new BenchmarkSettingException($"Input '{input.Name}' has {min.Rank} dimensions ({input.Shape}); {wanted} has {wanted.Rank}.");
        }

        for (int i = 0; i < wanted.Rank; i++)
        {
            if (max[i] < 0 || (wanted[i] >= min[i] && wanted[i] <= max[i]))
            {
                continue;
            }

            string allowed = min[i] == max[i] ? $"{max[i]}" : $"{min[i]} to {max[i]}";
            string help = min[i] == max[i] && input.Shape[i] >= 0 ? "That dimension is fixed in the model." : "Choose a shape inside, or build with a wider profile.";
            throw new BenchmarkSettingException($"Input '{input.Name}': shape {wanted} does not fit: dimension {i} is {wanted[i]}, {limits} allows {allowed}. {help}");
        }
    }

    private IEnumerable<int?> BatchesOrNone() => Batches.Count == 0 ? [null] : Batches.Select(b => (int?)b);

    private Dictionary<string, TensorShape> ByName(IReadOnlyList<TensorInfo> inputs)
    {
        var shapes = new Dictionary<string, TensorShape>();
        foreach ((string? given, TensorShape shape) in Shapes)
        {
            string name = given ?? (inputs.Count == 1 ? inputs[0].Name : throw new BenchmarkSettingException(
                $"Shape {shape} names no input and there are {inputs.Count}: {string.Join(", ", inputs.Select(i => i.Name))}; write NAME:SHAPE."));
            if (!inputs.Any(i => i.Name == name))
            {
                throw new BenchmarkSettingException($"There is no input '{name}'. {NearestName.Hint(name, [.. inputs.Select(i => i.Name)])}");
            }

            shapes[name] = shape;
        }

        return shapes;
    }
}
