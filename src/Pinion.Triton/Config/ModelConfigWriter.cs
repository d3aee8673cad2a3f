using System.Globalization;

namespace Pinion.Triton;

/// <summary>Makes the message of a configuration. What is not given, or is the default, is left out.</summary>
internal static class ModelConfigWriter
{
    public static TextMessage Write(ModelConfig config)
    {
        Fields root = new Fields()
            .Text("name", config.Name)
            .Text("platform", config.Platform)
            .Text("backend", config.Backend)
            .Number("max_batch_size", config.MaxBatchSize);
        foreach ((string field, IReadOnlyList<TensorConfig> tensors) in new[] { ("input", config.Inputs), ("output", config.Outputs) })
        {
            foreach (TensorConfig tensor in tensors)
            {
                Fields fields = new Fields()
                    .Text("name", tensor.Name)
                    .Word("data_type", tensor.DataType is { } type ? TritonTypes.NameOf(type) : null);
                if (tensor.Dims is { Count: 0 })
                {
                    // Triton takes no empty dims.
                    fields.Number("dims", 1).Message("reshape", new Fields());
                }

                root.Message(field, fields.Numbers("dims", tensor.Dims ?? []));
            }
        }

        WritePolicy(root, config.VersionPolicy);
        foreach (InstanceGroup group in config.InstanceGroups)
        {
            root.Message("instance_group", new Fields()
                .Number("count", group.Count)
                .Word("kind", "KIND_GPU")
                .Numbers("gpus", group.Gpus.Select(g => (long)g))
                .Text("profile", group.Profile?.ToString(CultureInfo.InvariantCulture)));
        }

        WriteBatching(root, config.DynamicBatching);
        WriteCuda(root, config.Cuda);
        foreach (ModelWarmup warmup in config.Warmups)
        {
            WriteWarmup(root, warmup, config);
        }

        root.Text("default_model_filename", config.DefaultModelFilename);
        foreach ((string key, string value) in config.CcModelFilenames)
        {
            root.Message("cc_model_filenames", new Fields().Text("key", key).Text("value", value));
        }

        foreach ((string key, string value) in config.Parameters)
        {
            root.Message("parameters", new Fields().Text("key", key).Message("value", new Fields().Text("string_value", value)));
        }

        return root.Done();
    }

    private static void WritePolicy(Fields root, VersionPolicy policy)
    {
        if (policy.Specific.Count > 0)
        {
            root.Message("version_policy", new Fields().Message("specific", new Fields().Numbers("versions", policy.Specific)));
        }
        else if (policy.All)
        {
            root.Message("version_policy", new Fields().Message("all", new Fields()));
        }
        else if (policy.Latest != 1)
        {
            root.Message("version_policy", new Fields().Message("latest", new Fields().Number("num_versions", policy.Latest)));
        }
    }

    private static void WriteBatching(Fields root, DynamicBatching? batching)
    {
        if (batching is null)
        {
            return;
        }

        Fields fields = new Fields()
            .Numbers("preferred_batch_size", batching.PreferredBatchSizes.Select(b => (long)b))
            .NumberUnlessZero("max_queue_delay_microseconds", batching.MaxQueueDelayMicroseconds)
            .NumberUnlessZero("priority_levels", batching.PriorityLevels)
            .NumberUnlessZero("default_priority_level", batching.DefaultPriorityLevel);
        if (batching.MaxQueueSize > 0)
        {
            fields.Message("default_queue_policy", new Fields().Number("max_queue_size", batching.MaxQueueSize));
        }

        root.Message("dynamic_batching", fields);
    }

    private static void WriteCuda(Fields root, CudaOptimization? cuda)
    {
        if (cuda is null)
        {
            return;
        }

        var fields = new Fields();
        fields.Word("graphs", cuda.Graphs is { } graphs ? Bool(graphs) : null);
        fields.Word("busy_wait_events", cuda.BusyWaitEvents ? Bool(true) : null);
        foreach (GraphSpec spec in cuda.GraphSpecs)
        {
            Fields one = new Fields().Number("batch_size", spec.BatchSize);
            foreach ((string input, TensorShape shape) in spec.Inputs)
            {
                one.Message("input", new Fields().Text("key", input).Message("value", new Fields().Numbers("dim", shape)));
            }

            fields.Message("graph_spec", one);
        }

        root.Message("optimization", new Fields().Message("cuda", fields));
    }

    /// <summary>Triton needs a type and values for each input; zeros will do.</summary>
    private static void WriteWarmup(Fields root, ModelWarmup warmup, ModelConfig config)
    {
        Fields fields = new Fields().Text("name", warmup.Name).Number("batch_size", warmup.BatchSize);
        foreach ((string input, TensorShape shape) in warmup.Inputs)
        {
            TensorDataType? type = config.Inputs.FirstOrDefault(i => i.Name == input)?.DataType;
            Fields value = new Fields()
                .Word("data_type", type is { } known ? TritonTypes.NameOf(known) : null)
                .Numbers("dims", shape)
                .Word("zero_data", Bool(true));
            fields.Message("inputs", new Fields().Text("key", input).Message("value", value));
        }

        root.Message("model_warmup", fields);
    }

    private static string Bool(bool value) => value ? "true" : "false";

    /// <summary>Gathers fields in order; null and empty are left out.</summary>
    private sealed class Fields
    {
        private readonly List<TextField> _fields = [];

        public Fields Text(string name, string? value) => value is null ? this : Add(name, new TextString(value, default));

        public Fields Word(string name, string? value) => value is null ? this : Add(name, new TextWord(Negative: false, value, default));

        public Fields Number(string name, long value) =>
            Add(name, new TextNumber(value < 0, Math.Abs((decimal)value).ToString(CultureInfo.InvariantCulture), default));

        public Fields NumberUnlessZero(string name, long value) => value == 0 ? this : Number(name, value);

        public Fields Numbers(string name, IEnumerable<long> values)
        {
            foreach (long value in values)
            {
                Number(name, value);
            }

            return this;
        }

        public Fields Message(string name, Fields value) => Add(name, value.Done());

        public TextMessage Done() => new(_fields, default);

        private Fields Add(string name, TextValue value)
        {
            _fields.Add(new TextField(name, value, default));
            return this;
        }
    }
}
