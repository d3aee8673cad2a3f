namespace Pinion;

/// <summary>The precision that a builder may compute in.</summary>
public enum Precision
{
    /// <summary>32-bit floating point; TF32 only if <see cref="EngineBuildOptions.AllowTf32"/> says so.</summary>
    Fp32 = 0,

    /// <summary>16-bit floating point where the builder finds it faster.</summary>
    Fp16 = 1,
}
