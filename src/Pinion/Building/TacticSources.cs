namespace Pinion;

/// <summary>Libraries that the builder may take implementations from, in TensorRT's bits.</summary>
[Flags]
public enum TacticSources
{
    /// <summary>TensorRT's own kernels alone.</summary>
    None = 0,

    /// <summary>cuBLAS.</summary>
    CuBlas = 1 << 0,

    /// <summary>cuBLASLt.</summary>
    CuBlasLt = 1 << 1,

    /// <summary>cuDNN.</summary>
    CuDnn = 1 << 2,

    /// <summary>Convolutions by edge masks, TensorRT 8.4 and later.</summary>
    EdgeMaskConvolutions = 1 << 3,

    /// <summary>Kernels compiled during the build, TensorRT 8.5 and later.</summary>
    JitConvolutions = 1 << 4,
}
