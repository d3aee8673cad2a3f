namespace Pinion.Hosting.Repository;

/// <summary>What a plan takes and gives, with which a configuration is compared.</summary>
internal sealed record PlanFacts(IReadOnlyList<TensorInfo> Inputs, IReadOnlyList<TensorInfo> Outputs, IReadOnlyList<ProfileInfo> Profiles)
{
    /// <summary>Reads the header; a plan without one, which is how Triton has them, is loaded for a moment.</summary>
    /// <exception cref="PinionException">The file is no plan, or does not fit this machine.</exception>
    public static PlanFacts Read(string path)
    {
        PlanDescription header = Plan.Describe(path);
        if (!header.IsRaw)
        {
            return new PlanFacts(header.Inputs, header.Outputs, header.Profiles);
        }

        using Engine engine = Engine.Load(path);
        return new PlanFacts(engine.Inputs, engine.Outputs, engine.Profiles);
    }

    /// <summary>The sizes that a profile admits for one dimension; null where the plan does not tell.</summary>
    public (long Min, long Max)? Range(int profile, TensorInfo input, int axis)
    {
        if (input.Shape[axis] >= 0)
        {
            return (input.Shape[axis], input.Shape[axis]);
        }

        return profile < Profiles.Count && Profiles[profile].Inputs.TryGetValue(input.Name, out ShapeRange? range)
            ? (range.Min[axis], range.Max[axis])
            : null;
    }

    /// <summary>The most rows that a profile admits, or null where no input has a dynamic first dimension.</summary>
    public long? MaxBatch(int profile)
    {
        long? most = null;
        foreach (TensorInfo input in Inputs.Where(i => i.Shape.Rank > 0 && i.Shape[0] < 0))
        {
            if (Range(profile, input, axis: 0) is { } range)
            {
                most = Math.Min(most ?? long.MaxValue, range.Max);
            }
        }

        return most;
    }
}
