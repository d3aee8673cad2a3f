using Pinion.Onnx;

namespace Pinion.Cli;

/// <summary>Tensors as .npy files that a command writes.</summary>
internal static class NpyTensors
{
    /// <exception cref="NpyException">.npy has no form for the type; nothing is written.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, TensorDataType type, TensorShape shape, ReadOnlySpan<byte> data)
    {
        using var file = OutputFile.Create(path);
        NpyFile.Write(file.Stream, OnnxTypeExtensions.Parse(type.GetName()), shape.ToArray(), data);
        file.Commit();
    }
}
