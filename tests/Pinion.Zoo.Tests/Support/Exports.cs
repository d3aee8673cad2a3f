using System.Buffers.Binary;
using Pinion.Onnx;

namespace Pinion.Zoo.Tests;

/// <summary>Exported models as the tests look at them.</summary>
internal static class Exports
{
    /// <summary>Logits rather than probabilities: errors show better.</summary>
    public static ExportOptions Logits { get; } = new() { Softmax = false };

    public static ModelProto Load(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return ModelProto.Parser.ParseFrom(stream);
    }

    /// <summary>The float initializers of a file, by name.</summary>
    public static Dictionary<string, float[]> Weights(ModelProto model)
    {
        var weights = new Dictionary<string, float[]>();
        foreach (TensorProto tensor in model.Graph.Initializer.Where(t => t.DataType == (int)OnnxType.Float32))
        {
            ReadOnlySpan<byte> raw = tensor.RawData.Span;
            float[] values = new float[raw.Length / sizeof(float)];
            for (int i = 0; i < values.Length; ++i)
            {
                values[i] = BinaryPrimitives.ReadSingleLittleEndian(raw[(i * sizeof(float))..]);
            }

            weights.Add(tensor.Name, values);
        }

        return weights;
    }

    /// <summary>Images of uniform noise with mean 0 and variance 1, on top of a slow pattern that differs from image to image.</summary>
    public static float[] Images(int count, int seed = 1)
    {
        var random = new Random(seed);
        float[] data = new float[count * 3 * 224 * 224];
        for (int i = 0; i < data.Length; ++i)
        {
            int image = i / (3 * 224 * 224);
            int y = i / 224 % 224;
            int x = i % 224;
            double pattern = Math.Sin((x * (1 + image % 3) + y * (2 + image)) / 40.0 + i / (224 * 224));
            data[i] = (float)(pattern + 1.2 * (random.NextDouble() * 2 - 1));
        }

        return data;
    }
}
