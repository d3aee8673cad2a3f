using Pinion.Onnx;

namespace Pinion.Bindings.Tests;

/// <summary>The smallest useful ONNX file: y = Identity(x), both float[16].</summary>
internal static class IdentityModel
{
    internal const int Elements = 16;

    internal static byte[] Bytes() => new OnnxModel("identity")
        .Input("x", OnnxType.Float32, Elements)
        .Output("y", OnnxType.Float32, Elements)
        .Node("Identity", ["x"], ["y"])
        .ToBytes();
}
