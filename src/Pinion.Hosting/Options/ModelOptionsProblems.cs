namespace Pinion.Hosting;

/// <summary>What is wrong with options by themselves, without the plan.</summary>
internal static class ModelOptionsProblems
{
    private const int MaxInstances = 64;

    private static readonly DurationLimit Waiting = new(TimeSpan.FromHours(1), DurationLimit.Milliseconds);

    private static readonly DurationLimit Building = new(TimeSpan.FromHours(12), DurationLimit.Seconds);

    private static readonly DurationLimit Looking = new(TimeSpan.FromHours(1), DurationLimit.Seconds);

    /// <summary>Each a sentence with option, value, limit and way out.</summary>
    public static IEnumerable<string> Find(ModelOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Version))
        {
            yield return "Version is empty; leave it out for '1'.";
        }

        string[] missing = [.. Missing(options)];
        if (missing.Length > 0)
        {
            foreach (string problem in missing)
            {
                yield return problem;
            }

            yield break;
        }

        foreach (string problem in Sources(options).Concat(Numbers(options)).Concat(Times(options)).Concat(Shapes(options)))
        {
            yield return problem;
        }
    }

    /// <summary>What does not fit the plan, by its header alone. Nothing where the options of shapes are wrong by themselves, or the header cannot be
    /// read: the loading of the plan says why.</summary>
    public static IEnumerable<string> FindMisfits(ModelOptions options)
    {
        if (!File.Exists(options.Plan) || Missing(options).Any() || Shapes(options).Any())
        {
            return [];
        }

        try
        {
            PlanDescription plan = Pinion.Plan.Describe(options.Plan);
            if (!plan.IsRaw)
            {
                RequestRules.Create(PlanTensors.Of(plan), BatchingSettings.Read(options));
            }

            return [];
        }
        catch (ArgumentException e)
        {
            return e.Message.Split(Environment.NewLine);
        }
        catch (Exception e) when (e is PinionException or IOException)
        {
            return [];
        }
    }

    private static IEnumerable<string> Missing(ModelOptions options) => new (string Name, object? List)[]
    {
        (nameof(options.Devices), options.Devices), (nameof(options.BatchSizes), options.BatchSizes), (nameof(options.WarmShapes), options.WarmShapes),
        (nameof(options.Padding), options.Padding), (nameof(options.Onnx), options.Onnx), (nameof(options.Cache), options.Cache), (nameof(options.Build), options.Build),
    }.Where(l => l.List is null).Select(l => $"{l.Name} is null; leave it out for its default.");

    /// <summary>Of where the plan comes from.</summary>
    private static IEnumerable<string> Sources(ModelOptions options)
    {
        bool hasPlan = !string.IsNullOrWhiteSpace(options.Plan);
        if (options.Onnx.Length == 0)
        {
            if (!hasPlan)
            {
                yield return "Plan is empty; set it to the plan's file, or Onnx to a model that is to be built.";
            }

            foreach (string option in OfBuilds(options))
            {
                yield return $"{option} is set, and there is no Onnx to build; set Onnx to the model, or leave {option} out.";
            }

            yield break;
        }

        if (hasPlan)
        {
            yield return $"Plan is '{options.Plan}' and Onnx '{options.Onnx}'; set only one, the engine of the model is kept in Cache.";
        }

        if (string.IsNullOrWhiteSpace(options.Cache))
        {
            yield return "Cache is empty; set it to a folder in which the engine is kept.";
        }

        if (options.CacheMaxBytes < 1)
        {
            yield return $"CacheMaxBytes is {options.CacheMaxBytes}; it must be at least 1. Leave it out for no limit.";
        }

        if (options.BuildTimeLimit <= TimeSpan.Zero)
        {
            yield return $"BuildTimeLimit is {options.BuildTimeLimit}; it must be above zero. Leave it out for no limit.";
        }
        else if (options.BuildTimeLimit is { } limit && Building.FindExcess(nameof(options.BuildTimeLimit), limit) is { } excess)
        {
            yield return excess;
        }

        if (options.BuildMemoryLimitBytes < 1)
        {
            yield return $"BuildMemoryLimitBytes is {options.BuildMemoryLimitBytes}; it must be at least 1. Leave it out for no limit.";
        }

        foreach (ArgumentException problem in options.Build.FindProblems())
        {
            string text = problem.Message.Split(" (Parameter '")[0];
            yield return problem is ArgumentOutOfRangeException { ActualValue: { } value } ? $"Build.{problem.ParamName} is {value}: {text}" : $"Build: {text}";
        }

        if (options.Build.VersionCompatible && !options.AllowHostCode)
        {
            yield return "Build.VersionCompatible makes an engine that carries code, and AllowHostCode is false; set that to true, or leave VersionCompatible out.";
        }

        if (options.Build.Precision == Precision.Fp16 && options.RequireVerified is not VerificationLevel.None)
        {
            yield return $"RequireVerified is {options.RequireVerified}, and an FP16 engine that the service builds has no verdict; build it with 'pinion build MODEL.onnx --fp16 -o PLAN' and set Plan to it, or leave RequireVerified out.";
        }

        int device = options.Devices.Count == 0 ? 0 : options.Devices[0];
        if (options.Build.Device > 0 && options.Build.Device != device)
        {
            yield return $"Build.Device is {options.Build.Device}, and the engine is built on the first of Devices, {device}; leave it out.";
        }
    }

    /// <summary>Options of builds that are set.</summary>
    private static IEnumerable<string> OfBuilds(ModelOptions options) => new (string Name, bool IsSet)[]
    {
        (nameof(options.Build), options.Build != new EngineBuildOptions()), (nameof(options.Cache), options.Cache.Length > 0), (nameof(options.CacheMaxBytes), options.CacheMaxBytes is not null),
        (nameof(options.BuildTimeLimit), options.BuildTimeLimit is not null), (nameof(options.BuildMemoryLimitBytes), options.BuildMemoryLimitBytes is not null),
    }.Where(o => o.IsSet).Select(o => o.Name);

    private static IEnumerable<string> Numbers(ModelOptions options)
    {
        foreach (int device in options.Devices.Where(d => d < 0))
        {
            yield return $"Devices has {device}; devices count from 0.";
        }

        foreach (int device in options.Devices.GroupBy(d => d).Where(g => g.Count() > 1).Select(g => g.Key))
        {
            yield return $"Devices has {device} more than once; name it once and raise InstancesPerDevice instead.";
        }

        if (options.InstancesPerDevice is < 1 or > MaxInstances)
        {
            yield return $"InstancesPerDevice is {options.InstancesPerDevice}; it must be 1 to {MaxInstances}.";
        }

        if (options.QueueCapacity < 0)
        {
            yield return $"QueueCapacity is {options.QueueCapacity}; it must not be negative."
                + " Leave it out for two of the largest batches for each instance and at least 32.";
        }

        if (options.TimingInterval < 0)
        {
            yield return $"TimingInterval is {options.TimingInterval}; it must be at least 1, or 0 for no device times.";
        }

        if (options.FailuresBeforeReload < 1)
        {
            yield return $"FailuresBeforeReload is {options.FailuresBeforeReload}; it must be at least 1.";
        }

        if (!Enum.IsDefined(options.RequireVerified))
        {
            yield return $"RequireVerified is {(int)options.RequireVerified}; it must be one of {string.Join(", ", Enum.GetNames<VerificationLevel>())}.";
        }

        if (!Enum.IsDefined(options.WaitMode))
        {
            yield return $"WaitMode is {(int)options.WaitMode}; it must be one of {string.Join(", ", Enum.GetNames<WaitMode>())}.";
        }
    }

    private static IEnumerable<string> Times(ModelOptions options)
    {
        if (options.MaxDelay < TimeSpan.Zero)
        {
            yield return $"MaxDelay is {options.MaxDelay}; it must not be negative. Zero makes requests wait only for busy instances.";
        }
        else if (Waiting.FindExcess(nameof(options.MaxDelay), options.MaxDelay) is { } delay)
        {
            yield return delay;
        }

        if (options.LatencyTarget <= TimeSpan.Zero)
        {
            yield return $"LatencyTarget is {options.LatencyTarget}; it must be above zero. Leave it out to use MaxDelay.";
        }
        else if (options.LatencyTarget is { } target && Waiting.FindExcess(nameof(options.LatencyTarget), target) is { } latency)
        {
            yield return latency;
        }

        if (options.LatencyTarget is not null && options.MaxDelay != TimeSpan.Zero)
        {
            yield return $"MaxDelay is {options.MaxDelay} and LatencyTarget {options.LatencyTarget}; set only one, the delay follows from the target.";
        }

        if (options.ReloadInterval <= TimeSpan.Zero)
        {
            yield return $"ReloadInterval is {options.ReloadInterval}; it must be above zero. Set ReloadOnChange to false to leave the file alone.";
        }
        else if (Looking.FindExcess(nameof(options.ReloadInterval), options.ReloadInterval) is { } interval)
        {
            yield return interval;
        }
    }

    /// <summary>Of the options that are held against the plan.</summary>
    private static IEnumerable<string> Shapes(ModelOptions options) => Batches(options).Concat(WarmShapes(options)).Concat(Paddings(options));

    private static IEnumerable<string> Batches(ModelOptions options)
    {
        if (options.Profile < 0)
        {
            yield return $"Profile is {options.Profile}; profiles count from 0.";
        }

        if (options.MaxBatch < 1)
        {
            yield return $"MaxBatch is {options.MaxBatch}; it must be at least 1. Leave it out for the profile's largest.";
        }

        foreach (string problem in Sizes("BatchSizes", options.BatchSizes))
        {
            yield return problem;
        }

        if (options.MaxBatch is { } most && options.BatchSizes.Any(b => b > most))
        {
            yield return $"BatchSizes has {options.BatchSizes.Max()}, but MaxBatch is {most}; leave out what is larger, or raise MaxBatch.";
        }
    }

    private static IEnumerable<string> WarmShapes(ModelOptions options)
    {
        for (int i = 0; i < options.WarmShapes.Count; i++)
        {
            if (options.WarmShapes[i].Count == 0)
            {
                yield return $"WarmShapes[{i}] is empty; name each dynamic input and its shape without the batch, such as x = 3x48x320.";
            }

            foreach ((string input, string shape) in options.WarmShapes[i])
            {
                if (!TensorShape.TryParse(shape, out TensorShape parsed) || parsed.IsDynamic)
                {
                    yield return $"WarmShapes[{i}] has '{shape}' for '{input}'; write a shape without the batch, such as 3x48x320.";
                }
            }
        }
    }

    private static IEnumerable<string> Paddings(ModelOptions options)
    {
        for (int i = 0; i < options.Padding.Count; i++)
        {
            PaddingOptions padding = options.Padding[i];
            if (padding.Input.Length == 0)
            {
                yield return $"Padding[{i}].Input is empty; name the input that is padded.";
            }

            if (padding.Axis < 1)
            {
                yield return $"Padding[{i}].Axis is {padding.Axis}; it must be at least 1, 0 is the batch.";
            }

            if (padding.Sizes.Count == 0)
            {
                yield return $"Padding[{i}].Sizes is empty; give the sizes to pad to, ascending.";
            }

            foreach (string problem in Sizes($"Padding[{i}].Sizes", padding.Sizes))
            {
                yield return problem;
            }
        }

        foreach (IGrouping<(string Input, int Axis), PaddingOptions>? same in options.Padding.GroupBy(p => (p.Input, p.Axis)).Where(g => g.Count() > 1))
        {
            yield return $"Padding has axis {same.Key.Axis} of '{same.Key.Input}' {same.Count()} times; put all sizes into one.";
        }
    }

    private static IEnumerable<string> Sizes(string option, IList<int> sizes)
    {
        for (int i = 0; i < sizes.Count; i++)
        {
            if (sizes[i] < 1)
            {
                yield return $"{option} has {sizes[i]}; each must be at least 1.";
            }
            else if (i > 0 && sizes[i] <= sizes[i - 1])
            {
                yield return $"{option} has {sizes[i]} after {sizes[i - 1]}; write them ascending, each once.";
            }
        }
    }
}
