using System.Globalization;

namespace Pinion.Fp16;

/// <summary>How far the outputs of an FP16 model may be from those of the FP32 model, on every sample.</summary>
public sealed record GuardLimits
{
    /// <summary>The least that <see cref="MaxRelativeError"/> is where it is not given.</summary>
    public const double StrictestOwnLimit = 0.02;

    /// <summary>The most that <see cref="MaxRelativeError"/> is where it is not given.</summary>
    public const double LoosestOwnLimit = 0.2;

    /// <summary>What <see cref="MaxRelativeError"/> is where it is not given, over the error of rounding the weights alone.</summary>
    public const double OverRoundedWeights = 4;

    /// <summary>
    /// The largest |a - b| / |b| (Euclidean norms over one output of one sample, b in FP32). Default: null, four times what rounding the weights alone to FP16's 11 bits does,
    /// at least 0.02 and at most 0.2: a network that amplifies every rounding is not blamed on a node.
    /// </summary>
    public double? MaxRelativeError { get; init; }

    /// <summary>The least cosine of the two outputs as vectors. Default 0.98.</summary>
    public double MinCosine { get; init; } = 0.98;

    /// <summary>The least share of all samples' rows with the same largest element (of whole numbers and booleans: of equal elements), 0 to 1. Default: null, it is reported and not judged, but where no output is floating point: as <see cref="MinCosine"/> then.</summary>
    public double? MinTop1Agreement { get; init; }

    /// <summary>The limit of the relative error.</summary>
    /// <param name="roundedWeights">The error of rounding the weights alone.</param>
    public double RelativeErrorFor(double roundedWeights) =>
        MaxRelativeError ?? (double.IsFinite(roundedWeights) ? Math.Clamp(OverRoundedWeights * roundedWeights, StrictestOwnLimit, LoosestOwnLimit) : LoosestOwnLimit);

    /// <summary>The least top-1 agreement; null where it is not judged.</summary>
    /// <param name="hasFloats">Whether an output is floating point.</param>
    public double? Top1AgreementFor(bool hasFloats) => MinTop1Agreement ?? (hasFloats ? null : MinCosine);

    internal void Validate()
    {
        if (MaxRelativeError is { } error && !(error > 0 && double.IsFinite(error)))
        {
            throw new GuardException($"the largest relative error is {Text(error)}; it must be above 0, such as 0.01");
        }

        if (!(MinCosine is >= -1 and <= 1))
        {
            throw new GuardException($"the least cosine is {Text(MinCosine)}; a cosine is -1 to 1, such as 0.999");
        }

        if (MinTop1Agreement is { } top1 && !(top1 is >= 0 and <= 1))
        {
            throw new GuardException($"the least top-1 agreement is {Text(top1)}; it is a share, 0 to 1, such as 0.99");
        }
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
