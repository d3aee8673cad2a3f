using System.Text.Json;

namespace Pinion;

/// <summary>Whether a plan that was loaded has the verdict that is asked for.</summary>
internal static class VerificationCheck
{
    /// <exception cref="PlanNotVerifiedException">It has not.</exception>
    internal static void Check(PlanDescription plan, VerificationLevel required)
    {
        if (plan.Precision == Precision.Fp32)
        {
            return;
        }

        string wanted = required == VerificationLevel.Device ? "a verdict on the engine on this GPU" : "a verdict";
        const string Remedy = "run pinion verify PLAN MODEL.onnx here, or build it with pinion build --fp16";
        if (plan.IsRaw)
        {
            throw new PlanNotVerifiedException($"{wanted} is required, and a raw plan, TensorRT's bytes alone, has none: build it without --raw");
        }

        if (plan.Verification is not { } verdict)
        {
            string has = plan.Metadata.ContainsKey(EngineVerification.MetadataKey) ? "the verdict in the plan is damaged, or of another engine" : "the FP16 plan has none";
            throw new PlanNotVerifiedException($"{wanted} is required, and {has}: {Remedy}");
        }

        if (required != VerificationLevel.Device)
        {
            return;
        }

        if (verdict.Level != VerificationLevel.Device)
        {
            throw new PlanNotVerifiedException($"{wanted} is required, and the plan's is of the model alone ({verdict}): {Remedy}");
        }

        using var document = JsonDocument.Parse(plan.Json);
        if (document.RootElement.Find("running") is { } running && (running.Text("sdk"), running.Text("tensorrt"), running.Text("sm")) is var here
            && here != (verdict.Sdk.GetName(), verdict.TensorRt, verdict.ComputeCapability))
        {
            throw new PlanNotVerifiedException($"{wanted} is required, and the plan's is of another ({verdict}); here run SDK {here.Item1}, TensorRT {here.Item2}, SM {here.Item3}: {Remedy}");
        }
    }
}
