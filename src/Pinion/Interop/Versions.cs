namespace Pinion;

/// <summary>Version numbers as TensorRT and CUDA encode them; 0 is unknown.</summary>
internal static class Versions
{
    internal static Version? FromTensorRt(int encoded) =>
        encoded == 0 ? null : new Version(encoded / 10000, encoded / 100 % 100, encoded % 100);

    internal static Version? FromCuda(int encoded) => encoded == 0 ? null : new Version(encoded / 1000, encoded % 1000 / 10);

    internal static Version? Parse(string? text) => Version.TryParse(text, out Version? version) ? version : null;
}
