using Pinion.Zoo.Counting;
using Pinion.Zoo.Onnx;

namespace Pinion.Zoo;

/// <summary>
/// Counts parameters, multiply-accumulates and layers of any ONNX model from its graph. Weights are passed over in the
/// file, so that memory stays small and files of any size are quick; external data files are not opened at all.
/// </summary>
public static class OnnxModelCounter
{
    /// <summary>Counts a file.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="options">The input shapes to count at; null for the model's own, with a batch of 1.</param>
    /// <exception cref="InvalidDataException">The file is not an ONNX model; the message names it.</exception>
    /// <exception cref="ArgumentException">A given input shape does not fit the model.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static OnnxModelReport Count(string path, OnnxCountOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        try
        {
            return Count(stream, options);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{path}': {e.Message}", e);
        }
    }

    /// <summary>Counts a model in a stream that can seek, from its current position to its end.</summary>
    /// <param name="stream">The stream; it stays open.</param>
    /// <param name="options">The input shapes to count at; null for the model's own, with a batch of 1.</param>
    /// <exception cref="InvalidDataException">The stream does not hold an ONNX model.</exception>
    /// <exception cref="ArgumentException">A given input shape does not fit the model.</exception>
    public static OnnxModelReport Count(Stream stream, OnnxCountOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Count(OnnxSkeleton.Read(stream), options ?? new OnnxCountOptions());
    }

    internal static OnnxModelReport Count(ModelProto model, OnnxCountOptions options) => new OnnxGraphWalk(model, options).Report();
}
