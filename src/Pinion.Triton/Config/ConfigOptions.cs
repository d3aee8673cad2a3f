using System.Globalization;
using Pinion.Hosting;

namespace Pinion.Triton;

/// <summary>Says a configuration in Pinion's options.</summary>
internal static class ConfigOptions
{
    private const int EveryBatchTo = 16;

    public static ModelOptions Make(string plan, string version, ModelConfig? config, PlanFile? facts, ConfigLog log)
    {
        var options = new ModelOptions { Plan = plan, Version = version };
        if (config is null || facts is null)
        {
            return options;
        }

        options.Profile = ProfileOf(config);
        SetBatching(options, config, facts);
        SetInstances(options, config, log);
        if (config.Cuda is { } cuda)
        {
            options.UseGraph = cuda.Graphs ?? options.UseGraph;
            options.WaitMode = cuda.BusyWaitEvents ? WaitMode.Spin : options.WaitMode;
        }

        SetWarmShapes(options, config, facts, log);
        return options;
    }

    /// <summary>All instances have one profile here: that of the first group that names one.</summary>
    public static int ProfileOf(ModelConfig config) => config.InstanceGroups.Select(g => g.Profile).FirstOrDefault(p => p is not null) ?? 0;

    private static void SetBatching(ModelOptions options, ModelConfig config, PlanFile plan)
    {
        options.Batching = config.TakesBatches;
        options.MaxBatch = config.MaxBatchSize > 0 ? config.MaxBatchSize : null;

        if (config.DynamicBatching is not { } batching)
        {
            return;
        }

        options.MaxDelay = TimeSpan.FromMicroseconds(batching.MaxQueueDelayMicroseconds);
        if (batching.MaxQueueSize > 0)
        {
            // Requests there, rows here; less than a whole batch would refuse what fits.
            options.QueueCapacity = Math.Max(batching.MaxQueueSize, config.MaxBatchSize);
        }

        // The default sizes hold the usual ones already; the others are added to them.
        if (batching.PreferredBatchSizes.Any(b => b > EveryBatchTo && b != config.MaxBatchSize && !int.IsPow2(b)))
        {
            var sizes = new SortedSet<int>(batching.PreferredBatchSizes) { config.MaxBatchSize };
            for (int size = 1; size <= config.MaxBatchSize; size = size < EveryBatchTo ? size + 1 : size * 2)
            {
                sizes.Add(size);
            }

            options.BatchSizes = [.. sizes.Where(s => s >= plan.Batches(options.Profile).Min)];
        }
    }

    private static void SetInstances(ModelOptions options, ModelConfig config, ConfigLog log)
    {
        if (config.InstanceGroups.Count == 0)
        {
            options.Devices = AllDevices();
            return;
        }

        var counts = new SortedDictionary<int, int>();
        foreach (InstanceGroup group in config.InstanceGroups)
        {
            int[] devices = group.Gpus.Count > 0 ? [.. group.Gpus] : AllDevices();
            foreach (int device in devices.Length > 0 ? devices : [0])
            {
                counts[device] = counts.GetValueOrDefault(device) + group.Count;
            }
        }

        int most = counts.Values.Max();
        if (counts.Values.Any(c => c != most))
        {
            string each = string.Join(", ", counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Value} on {c.Key}")));
            log.Warn(0, $"instance_group has different numbers of instances on the devices ({each}); each gets {most}.");
        }

        if (config.InstanceGroups.Select(g => g.Profile ?? 0).Distinct().Count() > 1)
        {
            log.Warn(0, $"instance_group names several profiles; all instances use {ProfileOf(config)}.");
        }

        if (most > 64)
        {
            log.Problem(0, $"instance_group has {most} instances on a device; 64 are the limit.");
        }

        options.InstancesPerDevice = most;
        options.Devices = counts.Keys is { Count: 1 } && counts.ContainsKey(0) ? [] : [.. counts.Keys];
    }

    /// <summary>Triton takes all devices where none is named. Empty where there is but one.</summary>
    private static int[] AllDevices()
    {
        int[] all = [.. PinionRuntime.GetDevices().Select(d => d.Index)];
        return all.Length > 1 ? all : [];
    }

    private static void SetWarmShapes(ModelOptions options, ModelConfig config, PlanFile plan, ConfigLog log)
    {
        IEnumerable<(string What, IReadOnlyDictionary<string, TensorShape> Inputs)> given =
        [
            .. (config.Cuda?.GraphSpecs ?? []).Select(s => ("graph_spec", s.Inputs)),
            .. config.Warmups.Select(w => ("model_warmup", w.Inputs)),
        ];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string what, IReadOnlyDictionary<string, TensorShape> inputs) in given)
        {
            if (inputs.Count > 0 && RowShapes(what, inputs, config, plan, log) is { } shapes && seen.Add(string.Join(',', shapes.Values)))
            {
                options.WarmShapes.Add(shapes);
            }
        }
    }

    /// <summary>The shapes of one row for every input, whole ones where there are no rows; null where they do not fit the plan.</summary>
    private static Dictionary<string, string>? RowShapes(
        string what, IReadOnlyDictionary<string, TensorShape> given, ModelConfig config, PlanFile plan, ConfigLog log)
    {
        bool fits = true;
        foreach (string unknown in given.Keys.Where(name => plan.Inputs.All(i => i.Name != name)))
        {
            log.Problem(0, $"{what} has the input '{unknown}', which the plan has not.");
            fits = false;
        }

        var shapes = new Dictionary<string, string>(StringComparer.Ordinal);
        int batchAxes = plan.IsBatched && config.TakesBatches ? 1 : 0;
        foreach (TensorInfo input in plan.Inputs)
        {
            if (!given.TryGetValue(input.Name, out TensorShape dims))
            {
                ShapeRange? range = plan.Profiles.ElementAtOrDefault(ProfileOf(config))?.Inputs.GetValueOrDefault(input.Name);
                dims = [.. (range?.Opt ?? input.Shape).Skip(batchAxes)];
            }

            fits &= Check(what, input, batchAxes, dims, config, plan, log);
            shapes.Add(input.Name, dims.ToString());
        }

        return fits ? shapes : null;
    }

    private static bool Check(string what, TensorInfo input, int batchAxes, TensorShape dims, ModelConfig config, PlanFile plan, ConfigLog log)
    {
        string text = dims.ToString();
        if (dims.Rank + batchAxes != input.Shape.Rank)
        {
            log.Problem(0, $"{what} has the shape {text} for '{input.Name}', which is {input.Shape} in the plan.");
            return false;
        }

        for (int i = 0; i < dims.Rank; i++)
        {
            if (plan.Range(ProfileOf(config), input, i + batchAxes) is { } range && (dims[i] < range.Min || dims[i] > range.Max))
            {
                log.Problem(0, string.Create(
                    CultureInfo.InvariantCulture, $"{what} has the shape {text} for '{input.Name}'; dimension {i + batchAxes} is {range.Min} to {range.Max} in the plan's profile."));
                return false;
            }
        }

        return true;
    }
}
