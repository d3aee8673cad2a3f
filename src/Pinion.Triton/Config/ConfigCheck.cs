using System.Globalization;

namespace Pinion.Triton;

/// <summary>Compares a configuration with its plan and finds every difference.</summary>
internal static class ConfigCheck
{
    public static void Run(ModelConfig config, PlanFile plan, int profile, ConfigLog log)
    {
        if (config.Platform is not (null or "" or "tensorrt_plan"))
        {
            log.Problem(0, $"platform is \"{config.Platform}\"; Pinion serves \"tensorrt_plan\" alone.");
        }

        if (config.Backend is not (null or "" or "tensorrt"))
        {
            log.Problem(0, $"backend is \"{config.Backend}\"; Pinion serves \"tensorrt\" alone.");
        }

        if (profile >= Math.Max(plan.Profiles.Count, 1))
        {
            log.Problem(0, Text($"profile \"{profile}\" is not in the plan, which has {Math.Max(plan.Profiles.Count, 1)}, counted from 0."));
            return;
        }

        CheckBatch(config, plan, profile, log);
        CheckTensors("input", config.Inputs, plan.Inputs, config, plan, profile, log);
        CheckTensors("output", config.Outputs, plan.Outputs, config, plan, profile, log);
        if (config.Inputs.Count > 0)
        {
            foreach (TensorInfo missing in plan.Inputs.Where(p => config.Inputs.All(c => c.Name != p.Name)))
            {
                log.Problem(0, $"the plan's input '{missing.Name}' is missing; list all inputs or none.");
            }
        }

        foreach (TensorInfo extra in plan.Outputs.Where(p => config.Outputs.Count > 0 && config.Outputs.All(c => c.Name != p.Name)))
        {
            log.Warn(0, $"the plan's output '{extra.Name}' is not listed; it is served too.");
        }
    }

    private static void CheckBatch(ModelConfig config, PlanFile plan, int profile, ConfigLog log)
    {
        if (config.MaxBatchSize == 0)
        {
            return;
        }

        foreach (TensorInfo tensor in plan.Inputs.Concat(plan.Outputs).Where(t => t.Shape.Rank == 0 || t.Shape[0] >= 0))
        {
            log.Problem(0, $"max_batch_size is {config.MaxBatchSize}, but '{tensor.Name}' is {tensor.Shape} in the plan, without a dynamic batch: it must be 0, and dims whole shapes.");
        }

        if (plan.IsBatched && plan.Batches(profile) is var rows && (config.MaxBatchSize > rows.Max || config.MaxBatchSize < rows.Min))
        {
            log.Problem(0, Text($"max_batch_size is {config.MaxBatchSize}; the plan's profile {profile} admits {rows.Min} to {rows.Max}."));
        }
    }

    private static void CheckTensors(
        string kind, IReadOnlyList<TensorConfig> configured, IReadOnlyList<TensorInfo> present, ModelConfig config, PlanFile plan, int profile, ConfigLog log)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (TensorConfig tensor in configured)
        {
            if (!seen.Add(tensor.Name))
            {
                log.Problem(tensor.Line, $"{kind} '{tensor.Name}' is there twice.");
                continue;
            }

            if (present.FirstOrDefault(t => t.Name == tensor.Name) is not { } info)
            {
                log.Problem(tensor.Line, $"the plan has no {kind} '{tensor.Name}'; it has {string.Join(", ", present.Select(t => $"'{t.Name}'"))}.");
                continue;
            }

            if (tensor.DataType is { } type && type != info.DataType)
            {
                log.Problem(tensor.Line, $"{kind} '{tensor.Name}' is {TritonTypes.NameOf(type)}; in the plan it is {TritonTypes.NameOf(info.DataType) ?? info.DataType.ToString()}.");
            }

            if (tensor.Dims is { } dims)
            {
                CheckDims(kind, tensor, dims, info, config, plan, profile, log);
            }
        }
    }

    private static void CheckDims(
        string kind, TensorConfig tensor, IReadOnlyList<long> dims, TensorInfo info, ModelConfig config, PlanFile plan, int profile, ConfigLog log)
    {
        int skipped = config.MaxBatchSize > 0 ? 1 : 0;
        string text = $"[{string.Join(", ", dims)}]";
        if (dims.Count + skipped != info.Shape.Rank)
        {
            string batch = skipped == 1 ? " behind the batch" : "";
            log.Problem(tensor.Line, $"{kind} '{tensor.Name}' has dims {text}; the plan's shape {info.Shape} has {info.Shape.Rank - skipped}{batch}.");
            return;
        }

        for (int i = 0; i < dims.Count; i++)
        {
            long size = info.Shape[i + skipped];
            if (size >= 0 && dims[i] != size)
            {
                log.Problem(tensor.Line, $"{kind} '{tensor.Name}' has dims {text}; in the plan, {info.Shape}, dimension {i + skipped} is {size}.");
            }
            else if (size < 0 && dims[i] >= 0 && info.Mode == TensorMode.Input && plan.Range(profile, info, i + skipped) is { } range)
            {
                if (dims[i] < range.Min || dims[i] > range.Max)
                {
                    log.Problem(tensor.Line, Text($"{kind} '{tensor.Name}' has dims {text}; the plan's profile {profile} admits {range.Min} to {range.Max} for dimension {i + skipped}."));
                }
                else if (range.Min != range.Max)
                {
                    log.Warn(tensor.Line, Text($"{kind} '{tensor.Name}' has dims {text}; Pinion takes what the plan takes, {range.Min} to {range.Max} for dimension {i + skipped}."));
                }
            }
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
