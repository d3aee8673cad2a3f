namespace Pinion;

/// <summary>What a comparison needs of a plan.</summary>
/// <param name="Header">What its header says.</param>
/// <param name="Tensors">Its inputs, outputs and profiles; null for a raw plan that does not load.</param>
/// <param name="LayersJson">What TensorRT's inspector says; null where there is nothing.</param>
/// <param name="NoLayers">Why there is nothing, a sentence.</param>
internal sealed record PlanFacts(PlanDescription Header, PlanTensorFacts? Tensors, string? LayersJson, string? NoLayers)
{
    internal static PlanFacts Read(string path, EngineLoadOptions? load)
    {
        PlanDescription header = Plan.Describe(path);
        PlanTensorFacts? tensors = header.IsRaw ? null : new PlanTensorFacts(header.Inputs, header.Outputs, header.Profiles);
        try
        {
            using var engine = Engine.Load(path, load);
            tensors ??= new PlanTensorFacts(engine.Inputs, engine.Outputs, engine.Profiles);
            return new PlanFacts(header, tensors, engine.GetLayersJson(), null);
        }
        catch (PinionException e) when (e.Status != PinionStatus.PlanCorrupt)
        {
            return new PlanFacts(header, tensors, null, e.Message);
        }
    }
}

/// <summary>What a plan takes and gives.</summary>
internal sealed record PlanTensorFacts(IReadOnlyList<TensorInfo> Inputs, IReadOnlyList<TensorInfo> Outputs, IReadOnlyList<ProfileInfo> Profiles);
