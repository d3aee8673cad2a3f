using System.Globalization;

namespace Pinion.Triton;

/// <summary>Makes a configuration of a text; what is wrong or not used goes to the log.</summary>
internal static class ModelConfigReader
{
    private const int MaxCount = 1 << 20;

    /// <summary>Null where the text breaks the grammar; the log says where.</summary>
    public static ModelConfig? Read(string text, ConfigLog log)
    {
        TextMessage message;
        try
        {
            message = TextFormatReader.Read(text);
        }
        catch (TextFormatException e)
        {
            log.Problem(e.Position, string.Create(CultureInfo.InvariantCulture, $"column {e.Position.Column}: {e.Message}."));
            return null;
        }

        var root = new FieldReader(message, "", log);
        RefuseWhatChangesAnswers(root, log);
        int maxBatch = (int)(root.Integer("max_batch_size", 0, MaxCount) ?? 0);
        var config = new ModelConfig
        {
            Name = root.Text("name"),
            Platform = root.Text("platform"),
            Backend = root.Text("backend"),
            MaxBatchSize = maxBatch,
            Inputs = [.. root.Messages("input").Select(m => ReadTensor(m, log, isInput: true)).OfType<TensorConfig>()],
            Outputs = [.. root.Messages("output").Select(m => ReadTensor(m, log, isInput: false)).OfType<TensorConfig>()],
            VersionPolicy = ReadVersionPolicy(root.Message("version_policy"), log),
            DynamicBatching = ReadBatching(root.Message("dynamic_batching"), maxBatch, log),
            InstanceGroups = [.. root.Messages("instance_group").Select(m => ReadGroup(m, log))],
            Cuda = ReadOptimization(root.Message("optimization"), maxBatch, log),
            Parameters = root.Map("parameters", ReadParameter),
            Warmups = [.. root.Messages("model_warmup").Select(m => ReadWarmup(m, log))],
            DefaultModelFilename = root.Text("default_model_filename"),
            CcModelFilenames = root.Map("cc_model_filenames", (entry, _) => entry.Text("value")),
        };
        root.Ignore("metric_tags", "/metrics has the labels that Pinion documents");
        root.Ignore("response_cache", "nothing is cached");
        root.Ignore("model_metrics", "/metrics has the instruments that Pinion documents");
        root.Ignore("runtime", "the TensorRT that Pinion has loaded is taken");
        root.Finish();
        return config;
    }

    private static void RefuseWhatChangesAnswers(FieldReader root, ConfigLog log)
    {
        root.Refuse("sequence_batching", "requests that belong together are not supported; use dynamic_batching");
        root.Refuse("ensemble_scheduling", "ensembles are not supported; serve their models one by one");
        root.Refuse("batch_input", "inputs made of whole batches are not supported");
        root.Refuse("batch_output", "outputs made of whole batches are not supported");
        root.Refuse("model_operations", "it is for ONNX models");
        root.Refuse("model_repository_agents", "agents are not supported");
        if (root.Message("model_transaction_policy") is { } policy)
        {
            TextPosition position = policy.PositionOf("decoupled");
            if (policy.Bool("decoupled") == true)
            {
                log.Problem(position, "model_transaction_policy.decoupled cannot be served: a request has one answer.");
            }

            policy.Finish();
        }
    }

    private static TensorConfig? ReadTensor(FieldReader tensor, ConfigLog log, bool isInput)
    {
        string kind = isInput ? "input" : "output";
        TextPosition typePosition = tensor.PositionOf("data_type");
        TextPosition reshapePosition = tensor.PositionOf("reshape");
        string? name = tensor.Text("name");
        string? word = tensor.Word("data_type", TritonTypes.Names);
        TensorDataType? type = word is null ? null : TritonTypes.Parse(word);
        if (word is not (null or "TYPE_INVALID") && type is null)
        {
            log.Problem(typePosition, $"{kind} '{name}' is {word}, which no plan has.");
        }

        IReadOnlyList<long>? dims = tensor.Has("dims") ? tensor.Integers("dims", -1, int.MaxValue) : null;
        if (tensor.Message("reshape") is { } reshape)
        {
            IReadOnlyList<long> shape = reshape.Integers("shape", -1, int.MaxValue);
            reshape.Finish();
            if (dims is [1] && shape.Count == 0)
            {
                // Triton's way to write a tensor that has the batch as its only dimension.
                log.Warn(reshapePosition, $"{kind} '{name}' is served with the plan's shape, the batch alone, not with a dimension of 1 behind it.");
                dims = [];
            }
            else if (dims is null || !shape.SequenceEqual(dims))
            {
                log.Problem(reshapePosition, $"{kind} '{name}' has a reshape, which is not supported: let dims be the plan's own.");
            }
        }

        if (isInput)
        {
            ReadInputOnly(tensor, name, log);
        }
        else
        {
            tensor.Ignore("label_filename", "answers hold numbers, not labels");
        }

        if (tensor.Bool("is_shape_tensor") == true)
        {
            log.Problem(tensor.Position, $"{kind} '{name}' is a shape tensor, which is not served.");
        }

        if (tensor.Bool("is_non_linear_format_io") == true)
        {
            log.Problem(tensor.Position, $"{kind} '{name}' has a vectorized format; Pinion reads and writes linear tensors.");
        }

        tensor.Finish();
        if (string.IsNullOrEmpty(name))
        {
            log.Problem(tensor.Position, $"an {kind} has no name.");
            return null;
        }

        if (dims?.Count > TensorShape.MaxRank)
        {
            log.Problem(tensor.Position, $"{kind} '{name}' has {dims.Count} dims; {TensorShape.MaxRank} are the limit.");
            dims = null;
        }

        return new TensorConfig { Name = name, DataType = type, Dims = dims, Line = tensor.Position.Line };
    }

    private static void ReadInputOnly(FieldReader tensor, string? name, ConfigLog log)
    {
        // A hint to clients: the plan's layout is what it is.
        tensor.Skip("format");
        TextPosition position = tensor.PositionOf("optional");
        if (tensor.Bool("optional") == true)
        {
            log.Warn(position, $"input '{name}' is optional; Pinion needs all inputs in every request.");
        }

        position = tensor.PositionOf("allow_ragged_batch");
        if (tensor.Bool("allow_ragged_batch") == true)
        {
            log.Problem(position, $"input '{name}' allows ragged batches, which is not supported: rows of a batch have one shape.");
        }
    }

    private static VersionPolicy ReadVersionPolicy(FieldReader? policy, ConfigLog log)
    {
        if (policy is null)
        {
            return new VersionPolicy();
        }

        string[] given = [.. new[] { "latest", "all", "specific" }.Where(policy.Has)];
        if (given.Length > 1)
        {
            log.Problem(policy.Position, $"version_policy has {string.Join(" and ", given)}; one of them is right.");
        }

        int latest = 1;
        if (policy.Message("latest") is { } newest)
        {
            latest = (int)(newest.Integer("num_versions", 1, int.MaxValue) ?? 1);
            newest.Finish();
        }

        FieldReader? all = policy.Message("all");
        all?.Finish();
        IReadOnlyList<long> versions = [];
        if (policy.Message("specific") is { } specific)
        {
            versions = specific.Integers("versions", 1, long.MaxValue);
            if (versions.Count == 0)
            {
                log.Problem(specific.Position, "version_policy.specific names no version.");
            }

            specific.Finish();
        }

        policy.Finish();
        return new VersionPolicy { Latest = latest, All = all is not null, Specific = versions };
    }

    private static DynamicBatching? ReadBatching(FieldReader? batching, int maxBatch, ConfigLog log)
    {
        if (batching is null)
        {
            return null;
        }

        if (maxBatch == 0)
        {
            log.Problem(batching.Position, "dynamic_batching needs a max_batch_size above 0.");
        }

        int levels = (int)(batching.Integer("priority_levels", 0, MaxCount) ?? 0);
        int queue = 0;
        if (batching.Message("default_queue_policy") is { } policy)
        {
            queue = (int)(policy.Integer("max_queue_size", 0, int.MaxValue) ?? 0);
            policy.Ignore("default_timeout_microseconds", "a request has the deadline that it asks for, by default none");
            policy.Ignore("allow_timeout_override", "a request may always ask for a deadline");
            policy.Ignore("timeout_action", "a request that cannot make its deadline is refused");
            policy.Finish();
        }

        batching.Ignore("preserve_ordering", "answers go out as they are ready");
        batching.Ignore("priority_queue_policy", "all priorities share one limit");
        var read = new DynamicBatching
        {
            PreferredBatchSizes = [.. batching.Integers("preferred_batch_size", 1, Math.Max(maxBatch, 1)).Select(b => (int)b)],
            MaxQueueDelayMicroseconds = batching.Integer("max_queue_delay_microseconds", 0, 3_600_000_000) ?? 0,
            PriorityLevels = levels,
            DefaultPriorityLevel = (int)(batching.Integer("default_priority_level", levels == 0 ? 0 : 1, levels) ?? 0),
            MaxQueueSize = queue,
        };
        batching.Finish();
        return read;
    }

    private static InstanceGroup ReadGroup(FieldReader group, ConfigLog log)
    {
        group.Skip("name");
        TextPosition kindPosition = group.PositionOf("kind");
        string? kind = group.Word("kind", "KIND_AUTO", "KIND_GPU", "KIND_CPU", "KIND_MODEL");
        if (kind is "KIND_CPU" or "KIND_MODEL")
        {
            log.Problem(kindPosition, $"an instance group is of {kind}; a plan runs on devices: write KIND_GPU.");
        }

        TextPosition profilePosition = group.PositionOf("profile");
        IReadOnlyList<string> profiles = group.Texts("profile");
        int? profile = null;
        if (profiles.Count > 0)
        {
            if (int.TryParse(profiles[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index))
            {
                profile = index;
            }
            else
            {
                log.Problem(profilePosition, $"profile is \"{profiles[0]}\"; it must be the number of an optimization profile, from 0.");
            }
        }

        if (profiles.Count > 1)
        {
            log.Warn(profilePosition, $"an instance group names {profiles.Count} profiles; the first is used alone.");
        }

        group.Ignore("host_policy", "threads run where the system puts them");
        group.Ignore("rate_limiter", "instances are limited by their number alone");
        group.Ignore("secondary_devices", "DLA is not supported");
        group.Ignore("passive", "every instance takes requests");
        var read = new InstanceGroup
        {
            Count = (int)(group.Integer("count", 1, 64) ?? 1),
            Gpus = [.. group.Integers("gpus", 0, 1023).Select(g => (int)g)],
            Profile = profile,
        };
        group.Finish();
        return read;
    }

    private static CudaOptimization? ReadOptimization(FieldReader? optimization, int maxBatch, ConfigLog log)
    {
        if (optimization is null)
        {
            return null;
        }

        // Pinned memory is always used; the others are no matter of answers.
        optimization.Skip("input_pinned_memory", "output_pinned_memory", "gather_kernel_buffer_threshold", "eager_batching", "graph");
        optimization.Ignore("priority", "all models run at one priority");
        optimization.Ignore("execution_accelerators", "it is for other backends");
        CudaOptimization? read = null;
        if (optimization.Message("cuda") is { } cuda)
        {
            cuda.Skip("output_copy_stream");
            read = new CudaOptimization
            {
                Graphs = cuda.Bool("graphs"),
                BusyWaitEvents = cuda.Bool("busy_wait_events") ?? false,
                GraphSpecs = [.. cuda.Messages("graph_spec").Select(s => ReadSpec(s, maxBatch, log))],
            };
            cuda.Finish();
        }

        optimization.Finish();
        return read;
    }

    private static GraphSpec ReadSpec(FieldReader spec, int maxBatch, ConfigLog log)
    {
        spec.Ignore("graph_lower_bound", "a graph serves the shape that it was captured with, and no other");
        var read = new GraphSpec(
            (int)(spec.Integer("batch_size", maxBatch == 0 ? 0 : 1, maxBatch) ?? Math.Min(maxBatch, 1)),
            spec.Map("input", (entry, path) => entry.Value(path) is { } shape ? ReadShape(shape, "dim", log) : null).ToDictionary(s => s.Key, s => s.Value.Value));
        spec.Finish();
        return read;
    }

    private static ModelWarmup ReadWarmup(FieldReader warmup, ConfigLog log)
    {
        // Values and repetitions: shapes are what counts here.
        warmup.Skip("count");
        var read = new ModelWarmup(
            warmup.Text("name") ?? "",
            (int)(warmup.Integer("batch_size", 1, MaxCount) ?? 1),
            warmup.Map("inputs", (entry, path) => ReadWarmupInput(entry.Value(path), log)).ToDictionary(s => s.Key, s => s.Value.Value));
        warmup.Finish();
        return read;
    }

    private static Boxed? ReadWarmupInput(FieldReader? input, ConfigLog log)
    {
        input?.Skip("data_type", "zero_data", "random_data", "input_data_file");
        return input is null ? null : ReadShape(input, "dims", log);
    }

    private static Boxed? ReadShape(FieldReader shape, string field, ConfigLog log)
    {
        IReadOnlyList<long> dims = shape.Integers(field, 0, int.MaxValue);
        shape.Finish();
        if (dims.Count <= TensorShape.MaxRank)
        {
            return new Boxed([.. dims]);
        }

        log.Problem(shape.Position, $"a shape has {dims.Count} dimensions; {TensorShape.MaxRank} are the limit.");
        return null;
    }

    private static string? ReadParameter(FieldReader entry, string path)
    {
        if (entry.Value(path) is not { } value)
        {
            return null;
        }

        string text = value.Text("string_value") ?? "";
        value.Finish();
        return text;
    }

    /// <summary>A shape that can be absent from a map.</summary>
    private sealed record Boxed(TensorShape Value);
}
