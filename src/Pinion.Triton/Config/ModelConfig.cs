namespace Pinion.Triton;

/// <summary>
/// The part of Triton's model configuration (config.pbtxt) that Pinion reads and writes. Names are Triton's; null is what
/// is not given. Immutable.
/// </summary>
public sealed record ModelConfig
{
    /// <summary>The model's name; its folder's where not given.</summary>
    public string? Name { get; init; }

    /// <summary><c>tensorrt_plan</c>, or not given where <see cref="Backend"/> is.</summary>
    public string? Platform { get; init; }

    /// <summary><c>tensorrt</c>, or not given where <see cref="Platform"/> is.</summary>
    public string? Backend { get; init; }

    /// <summary>The most rows of a batch. 0: there is no batch dimension, and dims are whole shapes. Above 0, dims are without the batch.</summary>
    public int MaxBatchSize { get; init; }

    /// <summary>The inputs; empty where the plan's are to be taken as they are.</summary>
    public IReadOnlyList<TensorConfig> Inputs { get; init; } = [];

    /// <summary>The outputs; empty where the plan's are to be taken as they are.</summary>
    public IReadOnlyList<TensorConfig> Outputs { get; init; } = [];

    /// <summary>Whether requests share batches where the plan has a batch dimension: a largest batch is given, or nothing is said of tensors.</summary>
    internal bool TakesBatches => MaxBatchSize > 0 || Inputs.Count + Outputs.Count == 0;

    /// <summary>Which versions are served.</summary>
    public VersionPolicy VersionPolicy { get; init; } = new();

    /// <summary>How requests are joined; null where they are not.</summary>
    public DynamicBatching? DynamicBatching { get; init; }

    /// <summary>The instances and their devices.</summary>
    public IReadOnlyList<InstanceGroup> InstanceGroups { get; init; } = [];

    /// <summary>CUDA graphs and waiting.</summary>
    public CudaOptimization? Cuda { get; init; }

    /// <summary>Free parameters by name.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Requests to run before the model is ready.</summary>
    public IReadOnlyList<ModelWarmup> Warmups { get; init; } = [];

    /// <summary>The plan's file in a version's folder. Default: <c>model.plan</c>.</summary>
    public string? DefaultModelFilename { get; init; }

    /// <summary>Plans by the compute capability that they are for, such as <c>7.5</c>.</summary>
    public IReadOnlyDictionary<string, string> CcModelFilenames { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads a configuration.</summary>
    /// <param name="text">The text of config.pbtxt, at most 1 Mi characters.</param>
    /// <param name="source">What messages call it.</param>
    /// <param name="warnings">What is there and not used, with lines.</param>
    /// <exception cref="ModelRepositoryException">The text breaks the grammar, or values are wrong: all of them, with lines.</exception>
    public static ModelConfig Parse(string text, string source, out IReadOnlyList<string> warnings)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(source);
        var log = new ConfigLog(source);
        ModelConfig? config = ModelConfigReader.Read(text, log);
        warnings = log.Warnings;
        return config is not null && log.Problems.Count == 0 ? config : throw new ModelRepositoryException(log.Problems);
    }

    /// <summary>The text of config.pbtxt, which <see cref="Parse"/> reads as the same.</summary>
    public string ToText() => TextFormatWriter.Write(ModelConfigWriter.Write(this));
}

/// <summary>One input or output of a configuration.</summary>
public sealed record TensorConfig
{
    /// <summary>Its name in the plan.</summary>
    public required string Name { get; init; }

    /// <summary>The type of its elements; null where not given.</summary>
    public TensorDataType? DataType { get; init; }

    /// <summary>Its dimensions, -1 where any size will do; without the batch where <see cref="ModelConfig.MaxBatchSize"/> is above 0. Null where not given.</summary>
    public IReadOnlyList<long>? Dims { get; init; }

    internal int Line { get; init; }
}

/// <summary>Which versions of a model are served: the newest, all, or those named.</summary>
public sealed record VersionPolicy
{
    /// <summary>How many of the newest. Default: 1.</summary>
    public int Latest { get; init; } = 1;

    /// <summary>Whether all are.</summary>
    public bool All { get; init; }

    /// <summary>The ones that are, where not empty.</summary>
    public IReadOnlyList<long> Specific { get; init; } = [];
}

/// <summary>How requests are joined to batches.</summary>
public sealed record DynamicBatching
{
    /// <summary>Batches that are sent off as soon as they are full.</summary>
    public IReadOnlyList<int> PreferredBatchSizes { get; init; } = [];

    /// <summary>How long a request may wait for others, in microseconds.</summary>
    public long MaxQueueDelayMicroseconds { get; init; }

    /// <summary>The number of priorities, 1 being the first to go; 0 where there are none.</summary>
    public int PriorityLevels { get; init; }

    /// <summary>The priority of a request that names none.</summary>
    public int DefaultPriorityLevel { get; init; }

    /// <summary>Requests that may wait; 0 is without limit.</summary>
    public int MaxQueueSize { get; init; }
}

/// <summary>Instances of a model that are alike.</summary>
public sealed record InstanceGroup
{
    /// <summary>How many on each device. Default: 1.</summary>
    public int Count { get; init; } = 1;

    /// <summary>The devices; all there are where empty.</summary>
    public IReadOnlyList<int> Gpus { get; init; } = [];

    /// <summary>The optimization profile; null for the first.</summary>
    public int? Profile { get; init; }
}

/// <summary>How the device is driven.</summary>
public sealed record CudaOptimization
{
    /// <summary>Whether inferences replay CUDA graphs; null where not given.</summary>
    public bool? Graphs { get; init; }

    /// <summary>Whether a thread waits by polling.</summary>
    public bool BusyWaitEvents { get; init; }

    /// <summary>The graphs to capture.</summary>
    public IReadOnlyList<GraphSpec> GraphSpecs { get; init; } = [];
}

/// <summary>One CUDA graph: a batch size, and the shapes of the inputs without the batch.</summary>
/// <param name="BatchSize">1 to the largest batch; 0 where there is no batch dimension.</param>
/// <param name="Inputs">Shapes by input.</param>
public sealed record GraphSpec(int BatchSize, IReadOnlyDictionary<string, TensorShape> Inputs);

/// <summary>A request that is run before the model is ready; its values are of no matter here.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="BatchSize">Its rows.</param>
/// <param name="Inputs">Shapes without the batch, by input.</param>
public sealed record ModelWarmup(string Name, int BatchSize, IReadOnlyDictionary<string, TensorShape> Inputs);
