using Pinion.Onnx;
using static Pinion.Onnx.OnnxAttributes;

namespace Pinion.Benchmarks;

/// <summary>The models that the benchmarks write themselves.</summary>
internal static class BenchmarkModels
{
    public const int IdentityLength = 16;

    /// <summary>x to y, 16 floats: what is left is the cost of running anything at all.</summary>
    public static byte[] Identity() => new OnnxModel("identity")
        .Input("x", OnnxType.Float32, IdentityLength)
        .Output("y", OnnxType.Float32, IdentityLength)
        .Node("Identity", ["x"], ["y"])
        .ToBytes();

    /// <summary>x to y, rows of 16 floats.</summary>
    public static byte[] BatchedIdentity() => new OnnxModel("rows")
        .Input("x", OnnxType.Float32, "batch", IdentityLength)
        .Output("y", OnnxType.Float32, "batch", IdentityLength)
        .Node("Identity", ["x"], ["y"])
        .ToBytes();

    /// <summary>An image of 1x3x224x224 floats to its mean: a large input, a small output, next to no computing.</summary>
    public static byte[] ImageMean() => new OnnxModel("mean")
        .Input("x", OnnxType.Float32, 1, 3, 224, 224)
        .Output("y", OnnxType.Float32, 1, 3, 1, 1)
        .Node("GlobalAveragePool", ["x"], ["y"])
        .ToBytes();

    /// <summary>Convolutions of 512 to 512 channels, 3x3, on a small image: weights are nearly all of it.</summary>
    /// <returns>The bytes of the weights.</returns>
    public static long SaveConvolutions(string path, long atLeastBytes)
    {
        const int Channels = 512;
        const long LayerBytes = sizeof(float) * 9L * Channels * Channels;
        int layers = (int)((atLeastBytes + LayerBytes - 1) / LayerBytes);
        OnnxModel model = new OnnxModel("convolutions").Input("x", OnnxType.Float32, 1, Channels, 8, 8).Output("y", OnnxType.Float32, 1, Channels, 8, 8);
        string value = "x";
        for (int i = 0; i < layers; i++)
        {
            // Activations keep their size from layer to layer: the variance of a sum of 9 * 512 products is 1.
            string output = i == layers - 1 ? "y" : $"r{i}";
            AddRandomWeight(model, i, MathF.Sqrt(6f / (9 * Channels)), Channels, Channels, 3, 3);
            model.Node("Conv", [value, $"w{i}"], [$"c{i}"], attributes: [Ints("kernel_shape", 3, 3), Ints("pads", 1, 1, 1, 1)]);
            model.Node("Relu", [$"c{i}"], [output]);
            value = output;
        }

        model.Save(path);
        return layers * LayerBytes;
    }

    /// <summary>Convolutions on a large image that give a smaller one, by the stride of the last: copies and compute both take time.</summary>
    public static byte[] Image(int channels, int size, int layers, int stride)
    {
        OnnxModel model = new OnnxModel("image")
            .Input("x", OnnxType.Float32, 1, channels, size, size)
            .Output("y", OnnxType.Float32, 1, channels, size / stride, size / stride);
        string value = "x";
        for (int i = 0; i < layers; i++)
        {
            bool isLast = i == layers - 1;
            long step = isLast ? stride : 1;
            AddRandomWeight(model, i, MathF.Sqrt(6f / (9 * channels)), channels, channels, 3, 3);
            model.Node("Conv", [value, $"w{i}"], [$"c{i}"], attributes: [Ints("kernel_shape", 3, 3), Ints("pads", 1, 1, 1, 1), Ints("strides", step, step)]);
            model.Node("Relu", [$"c{i}"], [isLast ? "y" : $"r{i}"]);
            value = $"r{i}";
        }

        return model.ToBytes();
    }

    /// <summary>Random floats, uniform in -scale .. scale, made while they are written: large models are never held as a whole.</summary>
    private static void AddRandomWeight(OnnxModel model, int number, float scale, params ReadOnlySpan<long> shape)
    {
        ulong state = 0;
        model.Weight($"w{number}", shape, (offset, elements) =>
        {
            if (offset == 0)
            {
                state = 0x9E3779B97F4A7C15 ^ ((ulong)(number + 1) * 0xD1342543DE82EF95);
            }

            // xorshift64*: quick, and the same on every machine.
            foreach (ref float element in elements)
            {
                state ^= state >> 12;
                state ^= state << 25;
                state ^= state >> 27;
                element = scale * (((state * 0x2545F4914F6CDD1D) >> 40) / (float)(1 << 23) - 1);
            }
        });
    }
}
