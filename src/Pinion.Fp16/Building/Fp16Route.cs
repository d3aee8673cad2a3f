namespace Pinion.Fp16;

/// <summary>How an SDK is told to build FP16.</summary>
internal enum Fp16Route
{
    /// <summary>The converted model's own types decide: TensorRT 11, TensorRT for RTX, a strongly typed network of TensorRT 10, and the host, which rounds what the types say.</summary>
    Typed,

    /// <summary>The converted model, with the flag that allows FP16 and strict types: TensorRT 8.0 and 8.1, which obey no layer's precision.</summary>
    TypedWithFlag,

    /// <summary>The FP32 model with the flag, and the nodes that stay FP32 as layer precisions that TensorRT obeys: TensorRT 8.2 to 10.</summary>
    Flag,
}

/// <summary>Which way an SDK takes.</summary>
internal static class Fp16Routes
{
    private static readonly Version FirstObedient = new(8, 2);
    private static readonly Version FirstTypedOnly = new(11, 0);

    /// <exception cref="GuardException">The device computes FP16 no faster, so that the flag may well give an FP32 engine.</exception>
    public static Fp16Route Of(Sdk sdk, Version? tensorRt, bool fastFp16, bool stronglyTyped)
    {
        if (sdk != Sdk.Nvidia || stronglyTyped || tensorRt >= FirstTypedOnly)
        {
            return Fp16Route.Typed;
        }

        return !fastFp16
            ? throw new GuardException("this device computes FP16 no faster than FP32, and TensorRT would build an FP32 engine; leave FP16 out, or build for a device that has it")
            : tensorRt >= FirstObedient ? Fp16Route.Flag : Fp16Route.TypedWithFlag;
    }
}
