using Pinion.Onnx;

namespace Pinion.Fp16;

/// <summary>How a guard works.</summary>
public sealed record GuardOptions
{
    /// <summary>What is to be FP16 at all; nodes that these keep in FP32 stay so. Default: everything that can be.</summary>
    public Fp16Options Conversion { get; init; } = new();

    /// <summary>When the converted model is good enough.</summary>
    public GuardLimits Limits { get; init; } = new();

    /// <summary>How many conversions are tried at most while nodes are searched, 1 to 10,000. Default 64. When they are used up the smallest set that was found so far stands.</summary>
    public int MaxTrials { get; init; } = 64;

    /// <summary>The file for the recipe. Default: null, the output's name with <c>.recipe.json</c> for its extension.</summary>
    public string? RecipePath { get; init; }

    /// <summary>Whether each node is measured for the report where the model is within the limits anyway. Default: true.</summary>
    public bool MeasureAllNodes { get; init; } = true;

    internal void Validate()
    {
        Limits.Validate();
        if (MaxTrials is < 1 or > 10_000)
        {
            throw new GuardException($"the number of trials is {MaxTrials}; it must be 1 to 10,000");
        }
    }
}
