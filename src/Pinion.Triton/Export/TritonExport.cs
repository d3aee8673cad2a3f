using System.Globalization;
using System.Text;

namespace Pinion.Triton;

/// <summary>What an export wrote.</summary>
/// <param name="PlanPath">The plan in the repository.</param>
/// <param name="ConfigPath">The model's configuration.</param>
public sealed record TritonExportResult(string PlanPath, string ConfigPath);

/// <summary>
/// A plan on its way into Triton's model repository: first everything is checked, then the caller may measure, then it is written.
/// Threads: one at a time.
/// </summary>
public sealed class TritonExport
{
    private const int LargestUsualBatch = 1 << 10;

    private readonly TritonExportOptions _options;
    private readonly VersionTarget _target;
    private readonly List<string> _notes = [];

    private TritonExport(string plan, string repository, TritonExportOptions options)
    {
        options.Validate();
        _options = options;
        _target = new VersionTarget(repository, options);
        Plan = PlanFile.Read(plan, options.Device);
        CheckPlan();
        // Batches are whole numbers of 32 bits in Triton.
        MaxBatch = Plan.IsBatched ? (int)Plan.Batches(options.Profile).Max : 0;
        if (options.Batches is not null && MaxBatch == 0)
        {
            throw new ExportOptionException(nameof(options.Batches), "needs a plan whose inputs and outputs all have a dynamic first dimension.");
        }

        if (options.Batches?.FirstOrDefault(b => b > MaxBatch) is > 0 and var wrong)
        {
            throw new ExportOptionException(nameof(options.Batches), $"{wrong} is above the plan's largest batch, {MaxBatch}.");
        }
    }

    /// <summary>The plan.</summary>
    public PlanFile Plan { get; }

    /// <summary>The most rows of a batch; 0 where a tensor has no dynamic first dimension.</summary>
    public int MaxBatch { get; }

    /// <summary>What who runs Triton should know of the plan, a sentence each.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Reads the plan and refuses what can be refused before minutes of measuring.</summary>
    /// <param name="plan">The plan, with Pinion's header or without.</param>
    /// <param name="repository">The model repository, a folder; made when the export is written.</param>
    /// <param name="options">Name, version and how to serve it.</param>
    /// <exception cref="ExportOptionException">An option is out of range or does not fit the plan.</exception>
    /// <exception cref="ExportException">The version exists, or Triton cannot serve such a plan.</exception>
    /// <exception cref="PinionException">The file is no plan, or has no header and does not fit this machine.</exception>
    public static TritonExport Prepare(string plan, string repository, TritonExportOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(plan);
        ArgumentException.ThrowIfNullOrEmpty(repository);
        ArgumentNullException.ThrowIfNull(options);
        return new TritonExport(plan, repository, options);
    }

    /// <summary>The batch sizes to measure and to capture graphs for, ascending; empty where there is no batch dimension.</summary>
    /// <param name="measured">What was measured already, if anything: those sizes are taken where the options name none.</param>
    public IReadOnlyList<int> BatchSizes(MeasuredLatencies? measured)
    {
        if (MaxBatch == 0)
        {
            return [];
        }

        // A profile may begin above batch 1.
        long least = Plan.Batches(_options.Profile).Min;
        IEnumerable<int> wanted = _options.Batches ?? measured?.Batches.Select(b => b.Batch) ?? UsualBatches();
        int[] sizes = [.. wanted.Where(b => b >= least).Order()];
        return sizes.Length > 0 ? sizes : [MaxBatch];
    }

    /// <summary>Writes the version whole or not at all, and the configuration.</summary>
    /// <param name="preferred">Batch sizes that are sent off as soon as they are full, such as <see cref="PreferredBatches"/> chooses.</param>
    /// <param name="graphs">The CUDA graphs to capture; not used where the options ask for none.</param>
    /// <param name="measured">What is noted in the configuration as measured.</param>
    /// <param name="cancellation">Stops the copy; nothing is left behind.</param>
    /// <exception cref="ExportException">A configuration exists and says something else, or the folder cannot be written.</exception>
    /// <exception cref="IOException">A file cannot be written, the disk is full for example.</exception>
    public TritonExportResult Write(
        IReadOnlyList<int> preferred, IReadOnlyList<GraphSpec> graphs, MeasuredLatencies? measured = null, CancellationToken cancellation = default) =>
        _target.Write(Plan, Comment(measured) + Configure(preferred, graphs).ToText(), cancellation);

    private void CheckPlan()
    {
        if (Plan.IsHost && !_options.AllowHostPlan)
        {
            throw new ExportException(
                ExportRefusal.HostPlan,
                $"{Plan.Path} was built with the host SDK: it is no TensorRT engine, and Triton cannot load it. Build it with the nvidia SDK on the GPU that it is for.");
        }

        if (Plan.Header.Sdk == Sdk.Rtx)
        {
            throw new ExportException(
                ExportRefusal.PlanNotSupported,
                $"{Plan.Path} was built with TensorRT for RTX, whose plans Triton's TensorRT cannot load. Build it with the nvidia SDK on the GPU that it is for.");
        }

        if (Plan.IsHost)
        {
            _notes.Add("this is a plan of the host SDK: pinion serve loads it here, Triton cannot.");
        }
        else
        {
            string built = Plan.Header.TensorRt is { } version ? $"TensorRT {version} on {Plan.Header.DeviceName}" : "an unknown TensorRT, as it has no header of Pinion";
            _notes.Add($"Triton must have the TensorRT and GPU that the plan is for: it was built with {built}.");
        }

        foreach (TensorInfo tensor in Plan.Inputs.Concat(Plan.Outputs))
        {
            if (TritonTypes.NameOf(tensor.DataType) is null)
            {
                throw new ExportException(ExportRefusal.PlanNotSupported, $"'{tensor.Name}' is {tensor.DataType}, for which Triton's configuration has no name.");
            }

            if (tensor.IsShapeTensor)
            {
                throw new ExportException(ExportRefusal.PlanNotSupported, $"'{tensor.Name}' is a shape tensor; write the configuration of such a model by hand.");
            }
        }

        int profiles = Math.Max(Plan.Profiles.Count, 1);
        if (_options.Profile >= profiles)
        {
            throw new ExportOptionException(
                nameof(_options.Profile), $"{_options.Profile} is out of range; the plan has {profiles} profile{(profiles == 1 ? "" : "s")}, 0 to {profiles - 1}.");
        }

        if (Plan.IsBatched && Plan.Batches(_options.Profile).Min is > 1 and var min)
        {
            _notes.Add($"the plan's profile begins at batch {min}: Triton sends smaller ones too, which the plan refuses. Build it from batch 1.");
        }
    }

    private SortedSet<int> UsualBatches()
    {
        var sizes = new SortedSet<int> { MaxBatch };
        for (int size = 1; size < MaxBatch && size <= LargestUsualBatch; size *= 2)
        {
            sizes.Add(size);
        }

        return sizes;
    }

    private ModelConfig Configure(IReadOnlyList<int> preferred, IReadOnlyList<GraphSpec> graphs) => new()
    {
        Name = _options.Name,
        Platform = "tensorrt_plan",
        MaxBatchSize = MaxBatch,
        Inputs = [.. Plan.Inputs.Select(Tensor)],
        Outputs = [.. Plan.Outputs.Select(Tensor)],
        InstanceGroups = [new InstanceGroup { Count = _options.Instances, Gpus = _options.Gpus, Profile = _options.Profile == 0 ? null : _options.Profile }],
        DynamicBatching = MaxBatch <= 1 ? null : new DynamicBatching
        {
            PreferredBatchSizes = preferred,
            MaxQueueDelayMicroseconds = (long)Math.Round(_options.MaxDelay.TotalMicroseconds),
            MaxQueueSize = _options.MaxQueue,
        },
        Cuda = new CudaOptimization { Graphs = _options.Graphs, GraphSpecs = _options.Graphs ? graphs : [] },
    };

    private TensorConfig Tensor(TensorInfo tensor) => new()
    {
        Name = tensor.Name,
        DataType = tensor.DataType,
        Dims = [.. tensor.Shape.Skip(MaxBatch > 0 ? 1 : 0)],
    };

    private string Comment(MeasuredLatencies? measured)
    {
        var text = new StringBuilder();
        string origin = Plan.Header.TensorRt is { } version ? $" (TensorRT {version}, {Plan.Header.DeviceName}, SDK {Plan.Header.Sdk?.GetName()})" : "";
        Line($"Written by {_options.Writer} from {Path.GetFileName(Plan.Path)}{origin}.");
        if (Plan.IsHost)
        {
            Line("A plan of the host SDK, which Triton cannot load.");
        }

        if (measured is not null)
        {
            Line($"Measured on: {measured.On}");
            foreach (BatchLatency b in measured.Batches)
            {
                Line(string.Create(CultureInfo.InvariantCulture, $"  batch {b.Batch}: {b.LatencyMs:G4} ms, {b.RowsPerSecond:F1} rows/s"));
            }

            Line(string.Create(CultureInfo.InvariantCulture, $"Preferred are sizes with {100 * PreferredBatches.Gain:0.#}% more rows/s than every smaller one."));
        }

        return text.ToString();

        void Line(string line) => text.Append("# ").Append(line.ReplaceLineEndings(" ")).Append('\n');
    }
}
