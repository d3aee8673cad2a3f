namespace Pinion.Zoo;

/// <summary>The distribution that a parameter's seeded values are drawn from.</summary>
internal readonly record struct WeightInit
{
    /// <summary>Values are uniform in [Centre - HalfWidth, Centre + HalfWidth], before a batch norm's own rule.</summary>
    public double Centre { get; private init; }

    public double HalfWidth { get; private init; }

    /// <summary>Elements that follow each other and sum to nothing: those of one filter. Zero for independent elements.</summary>
    public int ZeroSumRow { get; private init; }

    /// <summary>The batch norm whose variances this parameter holds, or must undo; null for all other parameters.</summary>
    public string? BatchNorm { get; private init; }

    /// <summary>True for the variances themselves, false for the scale that undoes them.</summary>
    public bool IsVariance { get; private init; }

    public static WeightInit Uniform(double centre, double halfWidth) => new() { Centre = centre, HalfWidth = halfWidth };

    /// <summary>Weights that turn inputs of mean square 1 into outputs of mean square gain^2.</summary>
    public static WeightInit FanIn(int inputs, double gain) => Uniform(0, gain * Math.Sqrt(3.0 / inputs));

    /// <summary>
    /// The same for the filters of a convolution, with sum zero. Behind a ReLU all values are positive; what they have in
    /// common would otherwise grow from layer to layer until every image gave the same result.
    /// </summary>
    public static WeightInit Filter(int inputs, double gain) => FanIn(inputs, gain) with { ZeroSumRow = inputs };

    /// <summary>Running variances: most near one, every eighth or so between 1e-6 and 1e-4, where an epsilon shows.</summary>
    public static WeightInit Variance(string batchNorm) => new() { BatchNorm = batchNorm, IsVariance = true };

    /// <summary>A batch norm's scale: gain times the root of variance + epsilon, so that small variances do not blow up activations.</summary>
    public static WeightInit Scale(string batchNorm, double gain) =>
        new() { BatchNorm = batchNorm, Centre = gain, HalfWidth = 0.2 * gain };
}
