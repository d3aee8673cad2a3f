using System.Globalization;
using Pinion.Onnx;

namespace Pinion.Fp16;

/// <summary>How far an output is from that of the FP32 model.</summary>
/// <param name="Output">The output's name.</param>
/// <param name="RelativeError">|a - b| / |b| of the worst sample; infinite where values were lost.</param>
/// <param name="Cosine">Of the worst sample.</param>
/// <param name="Top1Agreement">The share of rows with the same largest element, over all samples; of whole numbers and booleans: of equal elements. Null where there is nothing to choose from.</param>
/// <param name="Lost">Values that are finite in FP32 and not in FP16, over all samples.</param>
public sealed record OutputError(string Output, double RelativeError, double Cosine, double? Top1Agreement, long Lost);

/// <summary>How far a model is from its FP32 original.</summary>
/// <param name="Outputs">Each output.</param>
public sealed record ModelError(IReadOnlyList<OutputError> Outputs)
{
    /// <summary>The worst output's.</summary>
    public double RelativeError => Outputs.Select(o => o.RelativeError).DefaultIfEmpty(0).Max();

    /// <summary>The worst output's.</summary>
    public double Cosine => Outputs.Select(o => o.Cosine).DefaultIfEmpty(1).Min();

    /// <summary>The worst output's; null where none has a choice.</summary>
    public double? Top1Agreement => Outputs.Min(o => o.Top1Agreement);
}

/// <summary>What a node makes in FP32 on the samples that FP16 does worst on, and what FP16 does to it.</summary>
/// <param name="Node">The node, as <see cref="Fp16Decision.Node"/> has it.</param>
/// <param name="Operator">Its operator.</param>
/// <param name="Value">The value's name.</param>
/// <param name="Largest">The largest magnitude.</param>
/// <param name="Smallest">The smallest magnitude that is not zero; 0 where all are.</param>
/// <param name="BeyondShare">The share of values that FP16 makes infinite.</param>
/// <param name="SubnormalShare">The share of values that are not zero and below 6.1e-5, where FP16 loses digits.</param>
/// <param name="Depth">How many products or values are added up for one element; null where that is not known or nothing is added up.</param>
/// <param name="OwnError">The relative error of the node in FP16 on FP32 inputs, rounded; infinite where values are lost. Null where it is FP32.</param>
public sealed record NodeStatistics(
    string Node, string Operator, string Value, double Largest, double Smallest, double BeyondShare, double SubnormalShare, long? Depth, double? OwnError);

/// <summary>What a guard found.</summary>
/// <param name="IsWithinLimits">Whether the converted model meets the limits. Where it does not, nothing was written.</param>
/// <param name="Samples">What the model ran on, in words.</param>
/// <param name="SampleCount">How many samples.</param>
/// <param name="RelativeErrorLimit">The limit that was judged by.</param>
/// <param name="Limits">The limits that were asked for.</param>
/// <param name="Plain">The error with nothing kept in FP32 but what the conversion itself keeps.</param>
/// <param name="RoundedWeights">The error of the FP32 model with its weights rounded to FP16's 11 bits: what no node in FP32 cures.</param>
/// <param name="Final">The error of the model as it was written; of the last that was measured where the limits are not met.</param>
/// <param name="Kept">Nodes that are kept in FP32 for what was measured, each with the reason.</param>
/// <param name="Statistics">Every value of the model's own graph that could be measured, in its order.</param>
/// <param name="Unmeasured">Values that could not be.</param>
/// <param name="Trials">Conversions that were tried.</param>
/// <param name="IsSmallest">Whether no smaller set of the suspects would do; false where the trials were used up first.</param>
/// <param name="Conversion">What the conversion did; null where nothing was written.</param>
/// <param name="Recipe">The recipe's file; null where nothing was written.</param>
/// <param name="PlainSeconds">Time of the runs that any comparison needs: the FP32 model and the plain FP16 model, each once per sample.</param>
/// <param name="Seconds">Time of everything.</param>
public sealed record GuardReport(
    bool IsWithinLimits,
    string Samples,
    int SampleCount,
    double RelativeErrorLimit,
    GuardLimits Limits,
    ModelError Plain,
    ModelError RoundedWeights,
    ModelError Final,
    IReadOnlyDictionary<string, string> Kept,
    IReadOnlyList<NodeStatistics> Statistics,
    IReadOnlyList<string> Unmeasured,
    int Trials,
    bool IsSmallest,
    Fp16Report? Conversion,
    string? Recipe,
    double PlainSeconds,
    double Seconds)
{
    /// <summary>Why nothing was written where <see cref="IsWithinLimits"/> is false, without a full stop.</summary>
    public string WhyRefused()
    {
        NodeStatistics? beyond = Statistics.Where(s => s.BeyondShare > 0).MaxBy(s => s.Largest);
        string cause = beyond is not null
            ? string.Create(CultureInfo.InvariantCulture, $"'{beyond.Value}' of {beyond.Node} reaches {beyond.Largest:G4}, beyond FP16's 65504")
            : string.Create(CultureInfo.InvariantCulture, $"rounding adds up, and rounding the weights alone gives {RoundedWeights.RelativeError:G3}");
        string top1 = Limits.MinTop1Agreement is { } least && Plain.Top1Agreement is { } agreement
            ? string.Create(CultureInfo.InvariantCulture, $", top-1 agreement {agreement:G4} (least: {least:G4})") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"FP16 is beyond the limits, and no small set of nodes in FP32 cures it after {Counted.Of(Trials, "trial")}: relative error {Plain.RelativeError:G3} (limit {RelativeErrorLimit:G3}), "
            + $"cosine {Plain.Cosine:G6} (least: {Limits.MinCosine:G6}){top1}; {cause}");
    }
}
