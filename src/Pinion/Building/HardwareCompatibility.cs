namespace Pinion;

/// <summary>The GPUs that a plan runs on. Needs TensorRT 8.6 or later unless <see cref="Same"/>.</summary>
public enum HardwareCompatibility
{
    /// <summary>The model that it was built on: fastest.</summary>
    Same = 0,

    /// <summary>Ampere and later.</summary>
    AmperePlus = 1,

    /// <summary>Every GPU of the same compute capability.</summary>
    SameComputeCapability = 2,
}
