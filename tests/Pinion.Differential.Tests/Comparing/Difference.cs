using System.Text.RegularExpressions;

namespace Pinion.Differential.Tests;

/// <summary>Something that the two SDKs say differently of a model.</summary>
/// <param name="Case">The model's name.</param>
/// <param name="What">Verdicts, NVIDIA's first, as "accepted/parse"; or "node", "inputs", "outputs" where these agree.</param>
/// <param name="Nvidia">What NVIDIA's library said.</param>
/// <param name="Host">What the host SDK said.</param>
internal sealed partial record Difference(string Case, string What, Answer Nvidia, Answer Host)
{
    public static Difference? Between(string name, Answer nvidia, Answer host)
    {
        string? what = nvidia.Verdict != host.Verdict ? $"{nvidia.Verdict}/{host.Verdict}".ToLowerInvariant()
            : nvidia.Node != host.Node && nvidia.Verdict == Verdict.Parse ? "node"
            : !nvidia.Inputs.SequenceEqual(host.Inputs) ? "inputs"
            : !nvidia.Outputs.SequenceEqual(host.Outputs) ? "outputs"
            : null;
        return what is null ? null : new Difference(name, what, nvidia, host);
    }

    /// <summary>Why one of them refused, the host if it did, without what is a single model's.</summary>
    public string Cause => What switch
    {
        "node" or "inputs" or "outputs" => "",
        _ => Own().Replace(Short(Host.Verdict == Verdict.Accepted ? Nvidia.Message : Host.Message), "#"),
    };

    public override string ToString() => What switch
    {
        "node" => $"{Case}: {What}: NVIDIA blames {Or(Nvidia.Node)}, host {Or(Host.Node)}; NVIDIA: {Short(Nvidia.Message)}; host: {Short(Host.Message)}",
        "inputs" => $"{Case}: {What}: NVIDIA [{string.Join(", ", Nvidia.Inputs)}], host [{string.Join(", ", Host.Inputs)}]",
        "outputs" => $"{Case}: {What}: NVIDIA [{string.Join(", ", Nvidia.Outputs)}], host [{string.Join(", ", Host.Outputs)}]",
        _ => $"{Case}: {What}: NVIDIA: {Or(Short(Nvidia.Message))}; host: {Or(Short(Host.Message))}",
    };

    private static string Or(string text) => text.Length > 0 ? text : "none";

    private static string Short(string text)
    {
        const int Length = 300;
        return text.Length <= Length ? text : $"{text[..Length]}...";
    }

    [GeneratedRegex(@"The model is of ONNX opset \d+; this release of TensorRT imports up to \d+\. |'[^']*'|""[^""]*""|\w+_0|[\d.x-]*\d")]
    private static partial Regex Own();
}
