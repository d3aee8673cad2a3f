namespace Pinion.Benchmarking;

/// <summary>Precisions as results name them.</summary>
internal static class Precisions
{
    public const string Fp32 = "fp32";

    public const string Fp16 = "fp16";

    public static readonly string[] Names = [Fp32, Fp16];
}
