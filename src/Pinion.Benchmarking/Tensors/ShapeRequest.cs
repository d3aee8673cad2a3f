namespace Pinion.Cli;

/// <summary>What --shapes, --batch and --profile-index ask for, resolved against a model's or an engine's inputs.</summary>
internal sealed record ShapeRequest(IReadOnlyList<NamedShape> Shapes, IReadOnlyList<int> Batches, int? Profile)
{
    /// <summary>One variant per batch for a model that is yet to be built.</summary>
    /// <param name="inputs">The model's inputs.</param>
    /// <param name="fillMissing">True to run dimensions that nobody gave with 1, as trtexec does.</param>
    public IReadOnlyList<Variant> ForModel(IReadOnlyList<TensorInfo> inputs, bool fillMissing = false)
    {
        Dictionary<string, long[]> given = ByName(inputs);
        var defaults = new Dictionary<string, long[]>();
        foreach (TensorInfo input in inputs)
        {
            long[] shape = TensorText.Dimensions(input.Shape);
            defaults[input.Name] = shape;
            if (given.TryGetValue(input.Name, out long[]? wanted))
            {
                CheckAgainst(input, shape, shape, wanted, "the model");
            }
        }
        var variants = new List<Variant>();
        foreach (int? batch in BatchesOrNone())
        {
            Variant variant = Make(inputs, defaults, given, batch, profile: 0);
            foreach ((TensorInfo input, (string name, long[] shape)) in inputs.Zip(variant.Inputs))
            {
                for (int i = 0; i < shape.Length; i++)
                {
                    if (shape[i] < 0 && (i == 0 || fillMissing))
                    {
                        shape[i] = 1;
                    }
                    else if (shape[i] < 0)
                    {
                        string example = string.Join('x', shape.Select((d, axis) => d >= 0 ? d : axis == 0 ? 1 : 224));
                        throw new UsageException($"Input '{name}' is {TensorText.Shape(input.Shape)}: dimension {i} is dynamic, so its size must be given, such as --shapes {name}:{example}.");
                    }
                }
            }
            variants.Add(variant with { Batch = batch ?? BatchOf(variant.Inputs) });
        }
        return variants;
    }

    /// <summary>One variant per batch for an engine, each under the first profile that holds it.</summary>
    public IReadOnlyList<Variant> ForEngine(IReadOnlyList<TensorInfo> inputs, IReadOnlyList<ProfileInfo> profiles)
    {
        Dictionary<string, long[]> given = ByName(inputs);
        int count = Math.Max(profiles.Count, 1);
        if (Profile is { } asked && (asked < 0 || asked >= count))
        {
            throw new UsageException($"--profile-index {asked} is out of range; the plan has {count} profile{(count == 1 ? "" : "s")}, 0 to {count - 1}.");
        }
        int[] candidates = Profile is { } only ? [only] : [.. Enumerable.Range(0, count)];
        var variants = new List<Variant>();
        foreach (int? batch in BatchesOrNone())
        {
            UsageException? refusal = null;
            Variant? chosen = null;
            foreach (int index in candidates)
            {
                try
                {
                    chosen = MakeChecked(inputs, profiles.Count == 0 ? null : profiles[index], given, batch, index);
                    break;
                }
                catch (UsageException e)
                {
                    refusal ??= e;
                }
            }
            variants.Add(chosen ?? throw (candidates.Length == 1 ? refusal! : new UsageException(refusal!.Message + $" None of the other {candidates.Length - 1} profiles holds it either.")));
        }
        return variants;
    }

    /// <summary>The profile that holds all variants, tuned for the last; null where the model is static.</summary>
    public static OptimizationProfile? DeriveProfile(IReadOnlyList<TensorInfo> inputs, IReadOnlyList<Variant> variants)
    {
        OptimizationProfile? profile = null;
        for (int i = 0; i < inputs.Count; i++)
        {
            if (TensorText.Dimensions(inputs[i].Shape).All(d => d >= 0))
            {
                continue;
            }
            long[] min = [.. variants[0].Inputs[i].Shape];
            long[] max = [.. min];
            foreach (Variant variant in variants)
            {
                for (int axis = 0; axis < min.Length; axis++)
                {
                    min[axis] = Math.Min(min[axis], variant.Inputs[i].Shape[axis]);
                    max[axis] = Math.Max(max[axis], variant.Inputs[i].Shape[axis]);
                }
            }
            profile ??= new OptimizationProfile();
            profile.Add(inputs[i].Name, new TensorShape(min), new TensorShape(max), new TensorShape(max));
        }
        return profile;
    }

    private static Variant MakeChecked(
        IReadOnlyList<TensorInfo> inputs, ProfileInfo? profile, Dictionary<string, long[]> given, int? batch, int index)
    {
        var defaults = new Dictionary<string, long[]>();
        var ranges = new Dictionary<string, (long[] Min, long[] Max)>();
        foreach (TensorInfo input in inputs)
        {
            long[] shape = TensorText.Dimensions(input.Shape);
            if (Array.IndexOf(shape, -1L) >= 0 && profile is not null && profile.Inputs.TryGetValue(input.Name, out ShapeRange? range))
            {
                defaults[input.Name] = TensorText.Dimensions(range.Opt);
                ranges[input.Name] = (TensorText.Dimensions(range.Min), TensorText.Dimensions(range.Max));
            }
            else
            {
                defaults[input.Name] = shape;
                ranges[input.Name] = (shape, shape);
            }
        }
        Variant variant = Make(inputs, defaults, given, batch, index);
        foreach ((TensorInfo input, (string name, long[] shape)) in inputs.Zip(variant.Inputs))
        {
            CheckAgainst(input, ranges[name].Min, ranges[name].Max, shape, $"profile {index} of the plan");
        }
        return variant with { Batch = batch ?? BatchOf(variant.Inputs) };
    }

    private static Variant Make(
        IReadOnlyList<TensorInfo> inputs, Dictionary<string, long[]> defaults, Dictionary<string, long[]> given, int? batch, int profile)
    {
        bool batched = false;
        var shapes = new List<(string Name, long[] Shape)>();
        foreach (TensorInfo input in inputs)
        {
            long[] shape = [.. given.GetValueOrDefault(input.Name) ?? defaults[input.Name]];
            if (batch is { } size && input.Shape.Rank > 0 && !input.IsShapeTensor)
            {
                bool dynamic = input.Shape[0] < 0;
                batched |= dynamic || shape[0] == size;
                shape[0] = dynamic ? size : shape[0];
            }
            shapes.Add((input.Name, shape));
        }
        if (batch is { } wanted && !batched)
        {
            string fixedShapes = string.Join(", ", inputs.Select(i => $"'{i.Name}' is {TensorText.Shape(i.Shape)}"));
            throw new UsageException($"--batch {wanted}: no input has a dynamic first dimension ({fixedShapes}); export the model with a dynamic batch, or leave --batch out.");
        }
        return new Variant(batch ?? 1, profile, shapes);
    }

    /// <summary>Refuses a shape that a static dimension or a profile's range does not hold; -1 in the limits holds anything.</summary>
    private static void CheckAgainst(TensorInfo input, long[] min, long[] max, long[] wanted, string limits)
    {
        if (wanted.Length != min.Length)
        {
            throw new UsageException($"Input '{input.Name}' has {min.Length} dimensions ({TensorText.Shape(input.Shape)}); {TensorText.Shape(wanted)} has {wanted.Length}.");
        }
        for (int i = 0; i < wanted.Length; i++)
        {
            if (max[i] < 0 || (wanted[i] >= min[i] && wanted[i] <= max[i]))
            {
                continue;
            }
            string allowed = min[i] == max[i] ? $"{max[i]}" : $"{min[i]} to {max[i]}";
            string help = min[i] == max[i] && input.Shape[i] >= 0 ? "That dimension is fixed in the model." : "Choose a shape inside, or build with a wider profile.";
            throw new UsageException($"Input '{input.Name}': shape {TensorText.Shape(wanted)} does not fit: dimension {i} is {wanted[i]}, {limits} allows {allowed}. {help}");
        }
    }

    private static int BatchOf(IReadOnlyList<(string Name, long[] Shape)> inputs)
    {
        long[]? first = inputs.FirstOrDefault(i => i.Shape.Length > 0).Shape;
        return first is null ? 1 : (int)Math.Min(first[0], int.MaxValue);
    }

    private IEnumerable<int?> BatchesOrNone() => Batches.Count == 0 ? [null] : Batches.Select(b => (int?)b);

    private Dictionary<string, long[]> ByName(IReadOnlyList<TensorInfo> inputs)
    {
        var shapes = new Dictionary<string, long[]>();
        foreach (NamedShape shape in Shapes)
        {
            string? name = shape.Name ?? (inputs.Count == 1 ? inputs[0].Name : null);
            if (name is null)
            {
                throw new UsageException($"Shape {TensorText.Shape(shape.Dimensions)} names no input and there are {inputs.Count}: {string.Join(", ", inputs.Select(i => i.Name))}; write NAME:SHAPE.");
            }
            if (!inputs.Any(i => i.Name == name))
            {
                throw new UsageException($"There is no input '{name}'. {NearestName.Hint(name, [.. inputs.Select(i => i.Name)])}");
            }
            shapes[name] = shape.Dimensions;
        }
        return shapes;
    }
}
