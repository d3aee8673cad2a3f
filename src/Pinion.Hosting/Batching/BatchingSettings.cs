namespace Pinion.Hosting.Batching;

/// <summary>A model's options as they were when it was loaded, checked as far as that goes without the plan. Immutable.</summary>
internal sealed record BatchingSettings
{
    public const int MaxInstancesPerDevice = 64;

    public required IReadOnlyList<int> Devices { get; init; }

    public required int InstancesPerDevice { get; init; }

    public required int Profile { get; init; }

    public required int? MaxBatch { get; init; }

    public required IReadOnlyList<int> BatchSizes { get; init; }

    public required TimeSpan MaxDelay { get; init; }

    public required TimeSpan? LatencyTarget { get; init; }

    public required int? QueueCapacity { get; init; }

    public required IReadOnlyList<IReadOnlyDictionary<string, TensorShape>> WarmShapes { get; init; }

    public required IReadOnlyList<(string Input, int Axis, int[] Sizes)> Padding { get; init; }

    public required SessionOptions Session { get; init; }

    public required int FailuresBeforeReload { get; init; }

    /// <exception cref="ArgumentException">With every problem.</exception>
    public static BatchingSettings From(ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problems = new List<string>();
        void Require(bool holds, string problem)
        {
            if (!holds)
            {
                problems.Add(problem);
            }
        }

        int[] devices = options.Devices.Count == 0 ? [0] : [.. options.Devices];
        int[] sizes = [.. options.BatchSizes];
        Require(!string.IsNullOrEmpty(options.Plan), "Plan is empty: name the plan's file.");
        Require(!string.IsNullOrEmpty(options.Version), "Version is empty.");
        Require(devices.All(d => d >= 0) && devices.Distinct().Count() == devices.Length, "Devices has a negative number, or one twice.");
        Require(options.InstancesPerDevice is >= 1 and <= MaxInstancesPerDevice,
            $"InstancesPerDevice is {options.InstancesPerDevice}: use 1 to {MaxInstancesPerDevice}.");
        Require(options.Profile >= 0, $"Profile is {options.Profile}: profiles are numbered from 0.");
        Require(options.MaxBatch is null or >= 1, $"MaxBatch is {options.MaxBatch}: use at least 1.");
        Require(IsAscending(sizes), "BatchSizes must be positive and ascending.");
        Require(sizes.Length == 0 || options.MaxBatch is null || sizes[^1] <= options.MaxBatch,
            $"BatchSizes goes to {sizes.LastOrDefault()}, beyond MaxBatch, which is {options.MaxBatch}.");
        Require(options.MaxDelay >= TimeSpan.Zero, $"MaxDelay is {options.MaxDelay}: use zero or more.");
        Require(options.LatencyTarget is null || options.LatencyTarget > TimeSpan.Zero, $"LatencyTarget is {options.LatencyTarget}: use more than zero.");
        Require(options.LatencyTarget is null || options.MaxDelay == TimeSpan.Zero,
            "MaxDelay and LatencyTarget are both set: the target gives the delay, so set one of them.");
        Require(options.QueueCapacity is null or >= 0, $"QueueCapacity is {options.QueueCapacity}: use zero or more.");
        Require(options.FailuresBeforeReload >= 1, $"FailuresBeforeReload is {options.FailuresBeforeReload}: use at least 1.");
        Require(Enum.IsDefined(options.WaitMode), $"WaitMode is {options.WaitMode}: use Block or Spin.");
        foreach (PaddingOptions padding in options.Padding)
        {
            Require(padding.Sizes.Count > 0 && IsAscending([.. padding.Sizes]), $"Padding of '{padding.Input}': Sizes must be positive and ascending, and not empty.");
            Require(padding.Axis > 0, $"Padding of '{padding.Input}': Axis is {padding.Axis}; the batch, dimension 0, is never padded.");
        }

        Require(options.Padding.Select(p => (p.Input, p.Axis)).Distinct().Count() == options.Padding.Count, "Padding names a dimension twice.");
        List<IReadOnlyDictionary<string, TensorShape>> warm = ReadWarmShapes(options.WarmShapes, problems);
        ThrowIfAny(problems, options);
        return new BatchingSettings
        {
            Devices = devices,
            InstancesPerDevice = options.InstancesPerDevice,
            Profile = options.Profile,
            MaxBatch = options.MaxBatch,
            BatchSizes = sizes,
            MaxDelay = options.MaxDelay,
            LatencyTarget = options.LatencyTarget,
            QueueCapacity = options.QueueCapacity,
            WarmShapes = warm,
            Padding = [.. options.Padding.Select(p => (p.Input, p.Axis, p.Sizes.ToArray()))],
            Session = new SessionOptions { Profile = options.Profile, WaitMode = options.WaitMode, UseGraph = options.UseGraph },
            FailuresBeforeReload = options.FailuresBeforeReload,
        };
    }

    public static void ThrowIfAny(List<string> problems, object options)
    {
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, problems), nameof(options));
        }
    }

    private static bool IsAscending(int[] sizes) =>
        sizes.Index().All(s => s.Item > (s.Index == 0 ? 0 : sizes[s.Index - 1]));

    private static List<IReadOnlyDictionary<string, TensorShape>> ReadWarmShapes(
        IList<IDictionary<string, string>> sets, List<string> problems)
    {
        var read = new List<IReadOnlyDictionary<string, TensorShape>>();
        foreach ((int index, IDictionary<string, string> set) in sets.Index())
        {
            var shapes = new Dictionary<string, TensorShape>(StringComparer.Ordinal);
            foreach ((string input, string text) in set)
            {
                if (TensorShape.TryParse(text, out TensorShape shape) && !shape.IsDynamic)
                {
                    shapes[input] = shape;
                }
                else
                {
                    problems.Add($"WarmShapes[{index}]: '{text}' of '{input}' is no shape: write it as 3x48x320, without the batch.");
                }
            }

            read.Add(shapes);
        }

        return read;
    }
}
