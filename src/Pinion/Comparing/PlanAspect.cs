namespace Pinion;

/// <summary>What of two plans differs.</summary>
public enum PlanAspect
{
    /// <summary>What built it, from what, for what.</summary>
    Header = 0,

    /// <summary>A build option.</summary>
    Option = 1,

    /// <summary>An input or output.</summary>
    Tensor = 2,

    /// <summary>An optimization profile.</summary>
    Profile = 3,

    /// <summary>A layer: it is in one only, or what it is.</summary>
    Layer = 4,

    /// <summary>The precision or format of a layer.</summary>
    Precision = 5,

    /// <summary>The implementation that TensorRT chose for a layer.</summary>
    Tactic = 6,
}
