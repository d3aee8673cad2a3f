namespace Pinion.Hosting;

/// <summary>What a version's requests look like: inputs and outputs, the shapes admitted, and whether requests share a batch. Immutable.</summary>
internal sealed class RequestRules
{
    /// <summary>What the plan's profile admits.</summary>
    private readonly ShapeRange[] _profile;

    /// <summary>By input and dimension, the sizes to pad to; null where a dimension is not padded, empty where an input has none that is.</summary>
    private readonly int[]?[][] _padding;

    private RequestRules(PlanTensors plan, BatchingSettings settings, string? whyNotBatched, ShapeRange[] ranges, int[]?[][] padding, BatchSizes sizes)
    {
        Inputs = [.. plan.Inputs];
        Outputs = [.. plan.Outputs];
        WhyNotBatched = whyNotBatched;
        _profile = ranges;
        _padding = padding;
        Sizes = sizes;
        MinRows = IsBatched ? MinBatch(ranges) : 1;
        Admitted = [.. ranges.Index().Select(r => Admit(r.Item, padding[r.Index]))];
        WarmKeys = [.. ReadWarmKeys(settings).Distinct()];
    }

    public TensorInfo[] Inputs { get; }

    public TensorInfo[] Outputs { get; }

    /// <summary>Why a request is always run alone; null if it is not.</summary>
    public string? WhyNotBatched { get; }

    public bool IsBatched => WhyNotBatched is null;

    /// <summary>The largest is the most rows of a request; 1 where a request is the batch.</summary>
    public BatchSizes Sizes { get; }

    public int MinRows { get; }

    /// <summary>The shapes that a request's inputs may have, in the inputs' order. The one rule for shapes, here and for servers.</summary>
    public IReadOnlyList<ShapeRange> Admitted { get; }

    /// <summary>The shapes to make ready at the start.</summary>
    public IReadOnlyList<ShapeKey> WarmKeys { get; }

    /// <summary>As it is, but one request at a time.</summary>
    public static RequestRules Unbatched(PlanTensors plan, BatchingSettings settings, string reason) => Create(plan, settings, reason);

    /// <exception cref="ArgumentException">The options do not fit the plan; with every problem.</exception>
    public static RequestRules Create(PlanTensors plan, BatchingSettings settings) =>
        Create(plan, settings, settings.Batching ? FindWhyNotBatched(plan) : "its option Batching is off");

    /// <summary>Whether requests made for the other plan are requests for this one.</summary>
    /// <returns>The first difference; null if there is none.</returns>
    public string? FindDifference(RequestRules old)
    {
        if (FindDifference("inputs", old.Inputs, Inputs) is string input)
        {
            return input;
        }

        if (FindDifference("outputs", old.Outputs, Outputs) is string output)
        {
            return output;
        }

        if (IsBatched != old.IsBatched)
        {
            return IsBatched ? "it batches requests, the old plan does not" : $"the old plan batches requests, this one does not: {WhyNotBatched}";
        }

        if (Sizes.Max < old.Sizes.Max || MinRows > old.MinRows)
        {
            return $"it takes {MinRows} to {Sizes.Max} rows, the old plan {old.MinRows} to {old.Sizes.Max}";
        }

        for (int i = 0; i < Inputs.Length; i++)
        {
            for (int axis = IsBatched ? 1 : 0; axis < _profile[i].Min.Rank; axis++)
            {
                if (_profile[i].Min[axis] > old._profile[i].Min[axis] || _profile[i].Max[axis] < old._profile[i].Max[axis])
                {
                    return $"the input '{Inputs[i].Name}' admits {_profile[i].Min} to {_profile[i].Max}, in the old plan {old._profile[i].Min} to {old._profile[i].Max}";
                }
            }
        }

        return null;
    }

    /// <summary>Checks a request and notes its inputs, rows and shapes.</summary>
    /// <exception cref="ArgumentException">An input is missing, unknown, doubled, of the wrong type, shape or size.</exception>
    public void Read(ReadOnlySpan<TensorInput> inputs, PendingRequest request)
    {
        if (inputs.Length != Inputs.Length)
        {
            throw RequestErrors.WrongCount(inputs, Inputs);
        }

        int rows = 1;
        for (int i = 0; i < inputs.Length; i++)
        {
            ref readonly TensorInput input = ref inputs[i];
            int index = Find(input, i);
            TensorShape shape = Check(input, index);
            if (request.Inputs[index].Name is not null)
            {
                throw RequestErrors.Doubled(input);
            }

            request.Inputs[index] = input;
            if (IsBatched)
            {
                rows = i == 0 || shape[0] == rows ? (int)shape[0] : throw RequestErrors.RowsDiffer(inputs);
                shape = shape.WithBatch(1);
            }

            request.Shapes[index] = Pad(index, shape);
        }

        request.Rows = rows;
    }

    /// <summary>The shape of an input in a batch of the group.</summary>
    public TensorShape ShapeOf(ShapeKey key, int input, int rows) => IsBatched ? key.Shapes[input].WithBatch(rows) : key.Shapes[input];

    /// <summary>Whether a request of this input is written with zeros around it.</summary>
    public bool IsPadded(int input) => _padding[input].Length > 0;

    private static RequestRules Create(PlanTensors plan, BatchingSettings settings, string? whyNotBatched)
    {
        if (settings.Profile >= plan.Profiles.Count)
        {
            throw new ArgumentException($"Profile is {settings.Profile}, but the plan has {plan.Profiles.Count}, numbered from 0.");
        }

        var problems = new List<string>();
        ProfileInfo profile = plan.Profiles[settings.Profile];
        ShapeRange[] ranges = [.. plan.Inputs.Select(i => profile.Inputs[i.Name])];
        int[] sizes = whyNotBatched is null ? ReadSizes(settings, ranges, problems) : [1];
        int[]?[][] padding = ReadPadding(plan, settings, ranges, problems);
        foreach (string input in settings.WarmShapes.SelectMany(w => w.Keys).Except(plan.Inputs.Select(i => i.Name)).Distinct())
        {
            problems.Add($"WarmShapes: there is no input '{input}'.");
        }

        BatchingSettings.ThrowIfAny(problems);
        return new RequestRules(plan, settings, whyNotBatched, ranges, padding, new BatchSizes(sizes));
    }

    private static string? FindWhyNotBatched(PlanTensors plan)
    {
        foreach (TensorInfo tensor in plan.Inputs.Concat(plan.Outputs))
        {
            if (tensor.Shape.Rank == 0 || tensor.Shape[0] >= 0)
            {
                return $"the {(tensor.Mode == TensorMode.Input ? "input" : "output")} '{tensor.Name}' of shape {tensor.Shape} has no dynamic first dimension";
            }

            if (tensor.IsShapeTensor)
            {
                return $"'{tensor.Name}' is a shape tensor";
            }

            if (tensor.DataType.GetSizeBytes(1) * 2 != tensor.DataType.GetSizeBytes(2))
            {
                return $"rows of '{tensor.Name}', which is {tensor.DataType}, need not begin at a byte";
            }
        }

        return null;
    }

    private static int[] ReadSizes(BatchingSettings settings, ShapeRange[] ranges, List<string> problems)
    {
        int min = MinBatch(ranges);
        int max = (int)Math.Min(ranges.Min(r => r.Max[0]), int.MaxValue / 2);
        if (settings.MaxBatch > max || settings.MaxBatch < min)
        {
            problems.Add($"MaxBatch is {settings.MaxBatch}, but the profile admits batches of {min} to {max}.");
        }

        if (settings.BatchSizes.Any(s => s < min || s > max))
        {
            problems.Add($"BatchSizes has {string.Join(", ", settings.BatchSizes.Where(s => s < min || s > max))}, but the profile admits batches of {min} to {max}.");
        }

        int largest = settings.MaxBatch ?? max;
        if (problems.Count > 0 || settings.BatchSizes.Count == 0)
        {
            return BatchSizes.Default(Math.Min(min, largest), largest);
        }

        // The largest batch is always one that is ready: requests of that many rows are admitted.
        return settings.MaxBatch is int most && settings.BatchSizes[^1] < most ? [.. settings.BatchSizes, most] : [.. settings.BatchSizes];
    }

    /// <summary>A profile may begin at 0, a request does not.</summary>
    private static int MinBatch(ShapeRange[] ranges) => (int)Math.Max(1, ranges.Max(r => r.Min[0]));

    private static int[]?[][] ReadPadding(PlanTensors plan, BatchingSettings settings, ShapeRange[] ranges, List<string> problems)
    {
        int[]?[][] padding = [.. ranges.Select(_ => Array.Empty<int[]?>())];
        foreach ((string input, int axis, int[] sizes) in settings.Padding)
        {
            int index = plan.Inputs.Index().Where(i => i.Item.Name == input).Select(i => i.Index).DefaultIfEmpty(-1).First();
            if (index < 0)
            {
                problems.Add($"Padding: there is no input '{input}'.");
            }
            else if (axis >= ranges[index].Min.Rank)
            {
                problems.Add($"Padding of '{input}': there is no dimension {axis} in {plan.Inputs[index].Shape}.");
            }
            else if (sizes.FirstOrDefault(s => s < ranges[index].Min[axis] || s > ranges[index].Max[axis]) is int outside && outside != 0)
            {
                problems.Add($"Padding of '{input}': the profile admits {ranges[index].Min[axis]} to {ranges[index].Max[axis]} in dimension {axis}, not {outside}.");
            }
            else
            {
                padding[index] = padding[index].Length == 0 ? new int[]?[ranges[index].Min.Rank] : padding[index];
                padding[index][axis] = sizes;
            }
        }

        return padding;
    }

    private static string? FindDifference(string what, TensorInfo[] old, TensorInfo[] now) => old.SequenceEqual(now)
        ? null
        : $"its {what} are {string.Join(", ", now.Select(Describe))}; those of the old plan are {string.Join(", ", old.Select(Describe))}";

    private static string Describe(TensorInfo tensor) => $"{tensor.Name}:{tensor.DataType}:{tensor.Shape}";

    private IEnumerable<ShapeKey> ReadWarmKeys(BatchingSettings settings)
    {
        IReadOnlyList<IReadOnlyDictionary<string, TensorShape>> sets =
            settings.WarmShapes.Count > 0 ? settings.WarmShapes : [new Dictionary<string, TensorShape>()];
        foreach (IReadOnlyDictionary<string, TensorShape> set in sets)
        {
            var shapes = new TensorShape[Inputs.Length];
            for (int i = 0; i < shapes.Length; i++)
            {
                TensorShape full = _profile[i].Opt;
                if (set.TryGetValue(Inputs[i].Name, out TensorShape given))
                {
                    full = IsBatched || given.Rank < full.Rank ? new TensorShape([full.Rank > 0 ? full[0] : 1, .. given]) : given;
                }

                full = IsBatched ? Pad(i, full.WithBatch(1)) : Pad(i, full);
                shapes[i] = full;
                if (!_profile[i].Contains(IsBatched ? full.WithBatch(MinRows) : full))
                {
                    throw new ArgumentException(
                        $"WarmShapes: {given} of the input '{Inputs[i].Name}' lies outside the profile: min={_profile[i].Min}, max={_profile[i].Max}"
                        + (IsBatched ? ", of which the first dimension is the batch and is left out." : "."));
                }
            }

            yield return new ShapeKey(shapes);
        }
    }

    /// <summary>Callers mostly give the inputs in the model's order.</summary>
    private int Find(in TensorInput input, int likely)
    {
        if (Inputs[likely].Name == input.Name)
        {
            return likely;
        }

        for (int i = 0; i < Inputs.Length; i++)
        {
            if (Inputs[i].Name == input.Name)
            {
                return i;
            }
        }

        throw RequestErrors.Unknown(input, Inputs);
    }

    private TensorShape Check(in TensorInput input, int index)
    {
        TensorInfo info = Inputs[index];
        TensorShape shape = input.Shape;
        if (!Admitted[index].Contains(shape))
        {
            throw RequestErrors.NotAdmitted(input, Admitted[index], IsBatched);
        }

        Type type = input.ElementType;
        if (type != typeof(byte) && type != info.DataType.GetElementType())
        {
            throw RequestErrors.WrongType(input, info);
        }

        long bytes = info.DataType.GetSizeBytes(shape.ElementCount);
        return input.SizeBytes == bytes ? shape : throw RequestErrors.WrongSize(input, info, bytes);
    }

    /// <summary>A request's rows count instead of the profile's batch, and what is padded may be smaller than the profile's least.</summary>
    private ShapeRange Admit(ShapeRange profile, int[]?[] padding)
    {
        (TensorShape min, TensorShape opt, TensorShape max) = profile;
        if (IsBatched)
        {
            (min, opt, max) = (min.WithBatch(MinRows), opt.WithBatch(Math.Clamp(opt[0], MinRows, Sizes.Max)), max.WithBatch(Sizes.Max));
        }

        for (int axis = 0; axis < padding.Length; axis++)
        {
            min = padding[axis] is null ? min : min.With(axis, 0);
        }

        return new ShapeRange(min, opt, max);
    }

    private TensorShape Pad(int input, TensorShape shape)
    {
        int[]?[] padding = _padding[input];
        for (int axis = 0; axis < padding.Length; axis++)
        {
            if (padding[axis] is int[] sizes && Array.BinarySearch(sizes, (int)shape[axis]) is int place and < 0)
            {
                // Beyond the largest it goes as it is, with others of just that size.
                shape = ~place < sizes.Length ? shape.With(axis, sizes[~place]) : shape;
            }
        }

        return shape;
    }
}
