using System.Security.Cryptography;
using System.Text;

namespace Pinion.Onnx;

/// <summary>What tells one model from another.</summary>
public static class OnnxDigest
{
    /// <summary>The SHA-256 of a model's file and of the files that hold its weights, in lower-case hexadecimal; where the files lie does not matter.</summary>
    /// <param name="model">An ONNX file.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="InvalidDataException">The file is no ONNX model.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static string Compute(string model, CancellationToken cancellation = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string[] data = [.. OnnxExternalData.Find(model).Order(StringComparer.Ordinal)];
        foreach (string file in data.Prepend(model))
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            if (data.Length > 0)
            {
                // Bytes that move from one file to the next make another model.
                hash.AppendData(Encoding.ASCII.GetBytes($"{stream.Length}\n"));
            }

            StreamHash.Append(hash, stream, long.MaxValue, cancellation);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
