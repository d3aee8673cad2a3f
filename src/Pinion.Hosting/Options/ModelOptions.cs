namespace Pinion.Hosting;

/// <summary>How a model is served. Settable, so that configuration can be bound to it.</summary>
public sealed class ModelOptions
{
    /// <summary>The plan's file; empty with <see cref="Onnx"/>.</summary>
    public string Plan { get; set; } = "";

    /// <summary>Instead of <see cref="Plan"/>: an ONNX model. Its engine is built once, in a process of its own, and kept in <see cref="Cache"/>. Default (empty): none.</summary>
    public string Onnx { get; set; } = "";

    /// <summary>How the engine of <see cref="Onnx"/> is built, on the first of <see cref="Devices"/>. Default: every default.</summary>
    public EngineBuildOptions Build { get; set; } = new();

    /// <summary>The folder in which engines are kept and found by all that they are made of, see <see cref="EngineCache"/>. Processes share it. Needed with <see cref="Onnx"/>.</summary>
    public string Cache { get; set; } = "";

    /// <summary>How large the cache may become, in bytes; never is an engine deleted that is in use. Default (null): as large as it becomes.</summary>
    public long? CacheMaxBytes { get; set; }

    /// <summary>How long a build may take, 12 hours at most. Default (null): as long as it takes.</summary>
    public TimeSpan? BuildTimeLimit { get; set; }

    /// <summary>How much memory the process of a build may take, in bytes. Default (null): as much as there is.</summary>
    public long? BuildMemoryLimitBytes { get; set; }

    /// <summary>What <see cref="InferenceModel.Version"/> says. Default: 1.</summary>
    public string Version { get; set; } = "1";

    /// <summary>The devices, each with engines of its own. Default (empty): device 0.</summary>
    public IList<int> Devices { get; set; } = [];

    /// <summary>Sessions for each device: inferences that overlap there, 1 to 64. Default: 2.</summary>
    public int InstancesPerDevice { get; set; } = 2;

    /// <summary>The optimization profile. Default: 0.</summary>
    public int Profile { get; set; }

    /// <summary>Whether a plan built <see cref="EngineBuildOptions.VersionCompatible"/> may run the code that it carries. Default: false, such a plan is refused.</summary>
    public bool AllowHostCode { get; set; }

    /// <summary>The verdict that an FP16 plan must have to be served, as <see cref="EngineLoadOptions.RequireVerified"/>. Default: none.</summary>
    public VerificationLevel RequireVerified { get; set; }

    /// <summary>Whether requests share batches along the first dimension. Off for a plan whose first dimension is no batch. Default: true.</summary>
    public bool Batching { get; set; } = true;

    /// <summary>The most rows in a batch. Default (null): the profile's largest.</summary>
    public int? MaxBatch { get; set; }

    /// <summary>Batches that are run, ascending; others are made up of these, never padded. Default (empty): every one to 16, then
    /// powers of two, and <see cref="MaxBatch"/>.</summary>
    public IList<int> BatchSizes { get; set; } = [];

    /// <summary>How long an idle instance waits for a batch to fill, from the arrival of its oldest request; one hour at
    /// most. In a configuration <c>00:00:00.002</c> is 2 ms, a number alone counts days. Default: zero, so that requests wait only for busy instances.</summary>
    public TimeSpan MaxDelay { get; set; }

    /// <summary>Instead of <see cref="MaxDelay"/>: the latency to keep, one hour at most; the delay is what the measured latency of the batch leaves
    /// of it. Default: none.</summary>
    public TimeSpan? LatencyTarget { get; set; }

    /// <summary>Rows that may wait; beyond that requests are refused. Default (null): two of the largest batches for each instance, at
    /// least 32.</summary>
    public int? QueueCapacity { get; set; }

    /// <summary>Sets of input shapes without the batch to prepare before the model is ready, by input name, as <c>3x48x320</c>. Default
    /// (empty): the profile's optimum.</summary>
    public IList<IDictionary<string, string>> WarmShapes { get; set; } = [];

    /// <summary>Dimensions that are padded with zeros up to the next of the given sizes. Default: none; requests of different shapes
    /// never share a batch.</summary>
    public IList<PaddingOptions> Padding { get; set; } = [];

    /// <summary>How a thread waits for the device. Default: <see cref="WaitMode.Block"/>.</summary>
    public WaitMode WaitMode { get; set; }

    /// <summary>Whether runs replay CUDA graphs. Default: true.</summary>
    public bool UseGraph { get; set; } = true;

    /// <summary>The device's times are taken in one batch of so many, for the metrics of a batch's parts; in none with 0. Events inside a
    /// CUDA graph cost time in every batch that has them. Default: 16.</summary>
    public int TimingInterval { get; set; } = 16;

    /// <summary>Failures of an instance in a row after which its engine is loaded anew. Default: 3.</summary>
    public int FailuresBeforeReload { get; set; } = 3;

    /// <summary>Whether the host swaps the plan when its file changes, and builds and swaps it when that of <see cref="Onnx"/> does. Default: false.</summary>
    public bool ReloadOnChange { get; set; }

    /// <summary>How often the file is looked at, where <see cref="ReloadOnChange"/> is set. A change counts when the file has stayed as it
    /// is from one look to the next. One hour at most. Default: 2 s.</summary>
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(2);
}

/// <summary>One dimension of one input that is padded with zeros, at its end.</summary>
public sealed class PaddingOptions
{
    /// <summary>The input's name.</summary>
    public string Input { get; set; } = "";

    /// <summary>The dimension's index, the batch being 0.</summary>
    public int Axis { get; set; }

    /// <summary>The sizes, ascending. A request takes the least that holds it.</summary>
    public IList<int> Sizes { get; set; } = [];
}
