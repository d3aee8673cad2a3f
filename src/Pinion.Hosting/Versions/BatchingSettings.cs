namespace Pinion.Hosting;

/// <summary>A model's options as they were when it was loaded, checked as far as that goes without the plan. Immutable.</summary>
internal sealed record BatchingSettings
{
    public required IReadOnlyList<int> Devices { get; init; }

    public required int InstancesPerDevice { get; init; }

    public required int Profile { get; init; }

    /// <summary>How plans are loaded, but for the device.</summary>
    public required EngineLoadOptions Load { get; init; }

    public required bool Batching { get; init; }

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
        ThrowIfAny([.. ModelOptionsProblems.Find(options)]);
        return Read(options);
    }

    /// <summary>Without the check: numbers and times may be out of range.</summary>
    public static BatchingSettings Read(ModelOptions options) => new()
    {
        Devices = options.Devices.Count == 0 ? [0] : [.. options.Devices],
        InstancesPerDevice = options.InstancesPerDevice,
        Profile = options.Profile,
        Load = new EngineLoadOptions { AllowHostCode = options.AllowHostCode, RequireVerified = options.RequireVerified },
        Batching = options.Batching,
        MaxBatch = options.MaxBatch,
        BatchSizes = [.. options.BatchSizes],
        MaxDelay = options.MaxDelay,
        LatencyTarget = options.LatencyTarget,
        QueueCapacity = options.QueueCapacity,
        WarmShapes = [.. options.WarmShapes.Select(set => set.ToDictionary(s => s.Key, s => TensorShape.Parse(s.Value), StringComparer.Ordinal))],
        Padding = [.. options.Padding.Select(p => (p.Input, p.Axis, p.Sizes.ToArray()))],
        Session = new SessionOptions
        {
            Profile = options.Profile,
            WaitMode = options.WaitMode,
            UseGraph = options.UseGraph,
            TimingInterval = options.TimingInterval,
        },
        FailuresBeforeReload = options.FailuresBeforeReload,
    };

    /// <exception cref="ArgumentException">With every problem, a line each.</exception>
    public static void ThrowIfAny(List<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, problems));
        }
    }
}
