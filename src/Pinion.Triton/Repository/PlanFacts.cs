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

    /// <summary>Whether every tensor has a dynamic first dimension: rows can then be joined.</summary>
    public bool IsBatched => Inputs.Concat(Outputs).All(t => t.Shape.Rank > 0 && t.Shape[0] < 0);

    /// <summary>The rows that a profile admits; only of a plan that is batched.</summary>
    public (long Min, long Max) Batches(int profile)
    {
        (long min, long max) = (1, int.MaxValue);
        foreach (TensorInfo input in Inputs)
        {
            if (Range(profile, input, axis: 0) is { } range)
            {
                (min, max) = (Math.Max(min, range.Min), Math.Min(max, range.Max));
            }
        }

        return (min, max);
    }
}
