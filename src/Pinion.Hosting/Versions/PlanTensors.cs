namespace Pinion.Hosting;

/// <summary>What a plan takes and gives, of its engine or, without a device, of its header.</summary>
internal sealed record PlanTensors(IReadOnlyList<TensorInfo> Inputs, IReadOnlyList<TensorInfo> Outputs, IReadOnlyList<ProfileInfo> Profiles)
{
    public static PlanTensors Of(Engine engine) => new(engine.Inputs, engine.Outputs, engine.Profiles);

    public static PlanTensors Of(PlanDescription plan) => new(plan.Inputs, plan.Outputs, plan.Profiles);
}
