namespace Pinion.Benchmarks.Models;

/// <summary>The models that the benchmarks write themselves.</summary>
internal static class BenchmarkModels
{
    public const int IdentityLength = 16;

    /// <summary>x to y, 16 floats: what is left is the cost of running anything at all.</summary>
    public static byte[] Identity() => new OnnxModel("identity")
        .Input("x", IdentityLength)
        .Output("y", IdentityLength)
        .Node("Identity", ["x"], "y")
        .ToBytes();

    /// <summary>x to y, rows of 16 floats.</summary>
    public static byte[] BatchedIdentity() => new OnnxModel("rows")
        .Input("x", -1, IdentityLength)
        .Output("y", -1, IdentityLength)
        .Node("Identity", ["x"], "y")
        .ToBytes();

    /// <summary>An image of 1x3x224x224 floats to its mean: a large input, a small output, next to no computing.</summary>
    public static byte[] ImageMean() => new OnnxModel("mean")
        .Input("x", 1, 3, 224, 224)
        .Output("y", 1, 3, 1, 1)
        .Node("GlobalAveragePool", ["x"], "y")
        .ToBytes();

    /// <summary>Convolutions of 512 to 512 channels, 3x3, on a small image: weights are nearly all of it.</summary>
    /// <returns>The bytes of the weights.</returns>
    public static long SaveConvolutions(string path, long atLeastBytes)
    {
        const int Channels = 512;
        const long LayerBytes = sizeof(float) * 9L * Channels * Channels;
        int layers = (int)((atLeastBytes + LayerBytes - 1) / LayerBytes);
        OnnxModel model = new OnnxModel("convolutions").Input("x", 1, Channels, 8, 8).Output("y", 1, Channels, 8, 8);
        string value = "x";
        for (int i = 0; i < layers; i++)
        {
            // Activations keep their size from layer to layer: the variance of a sum of 9 * 512 products is 1.
            string output = i == layers - 1 ? "y" : $"r{i}";
            model.Weight($"w{i}", MathF.Sqrt(6f / (9 * Channels)), Channels, Channels, 3, 3);
            model.Node("Conv", [value, $"w{i}"], $"c{i}", ("kernel_shape", [3, 3]), ("pads", [1, 1, 1, 1]));
            model.Node("Relu", [$"c{i}"], output);
            value = output;
        }

        model.Save(path);
        return layers * LayerBytes;
    }

    /// <summary>Convolutions on a large image that give a smaller one, by the stride of the last: copies and compute both take time.</summary>
    public static byte[] Image(int channels, int size, int layers, int stride)
    {
        OnnxModel model = new OnnxModel("image")
            .Input("x", 1, channels, size, size)
            .Output("y", 1, channels, size / stride, size / stride);
        string value = "x";
        for (int i = 0; i < layers; i++)
        {
            bool isLast = i == layers - 1;
            long step = isLast ? stride : 1;
            model.Weight($"w{i}", MathF.Sqrt(6f / (9 * channels)), channels, channels, 3, 3);
            model.Node("Conv", [value, $"w{i}"], $"c{i}", ("kernel_shape", [3, 3]), ("pads", [1, 1, 1, 1]), ("strides", [step, step]));
            model.Node("Relu", [$"c{i}"], isLast ? "y" : $"r{i}");
            value = $"r{i}";
        }

        return model.ToBytes();
    }
}
