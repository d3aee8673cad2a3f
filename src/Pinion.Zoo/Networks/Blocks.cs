namespace Pinion.Zoo;

/// <summary>Blocks that two families share.</summary>
internal static class Blocks
{
    /// <summary>Keeps the size of activations through a ReLU, which leaves a normal value about a third of its variance.</summary>
    public const double AfterRelu = 1.7;

    /// <summary>A convolution without bias (name._conv), its batch norm (name._batch_norm), and a ReLU if asked.</summary>
    public static Tensor ConvBatchNorm(
        this GraphBuilder g, Tensor x, string name, int channels, int kernel, int stride = 1, bool relu = true, double gain = 1)
    {
        using GraphBuilder.Restore scope = g.Scope(name);
        x = g.Conv(x, "_conv", channels, kernel, stride, (kernel - 1) / 2, gain: AfterRelu);
        x = g.BatchNorm(x, "_batch_norm", gain);
        return relu ? g.Relu(x) : x;
    }

    /// <summary>Two linear layers with a GELU between them: name.fc1, name.fc2.</summary>
    public static Tensor Mlp(this GraphBuilder g, Tensor x, string name, int ratio, double gain)
    {
        using GraphBuilder.Restore scope = g.Scope(name);
        int channels = x.Shape[^1];
        return g.Linear(g.Gelu(g.Linear(x, "fc1", channels * ratio)), "fc2", channels, gain: gain);
    }

    /// <summary>[.., tokens, C] to [.., C, side, side].</summary>
    public static Tensor ToImage(this GraphBuilder g, Tensor tokens)
    {
        int side = (int)Math.Sqrt(tokens.Shape[1]);
        return g.Reshape(g.Transpose(tokens, 0, 2, 1), tokens.Shape[2], side, side);
    }

    /// <summary>[.., C, H, W] to [.., H*W, C], row by row.</summary>
    public static Tensor ToTokens(this GraphBuilder g, Tensor image) =>
        g.Transpose(g.Reshape(image, image.Shape[1], image.Shape[2] * image.Shape[3]), 0, 2, 1);
}
