namespace Pinion.Zoo;

/// <summary>
/// Res2Net (Gao et al., "Res2Net: A New Multi-scale Backbone Architecture"), as PaddleClas writes it: a ResNet whose 3x3
/// convolution is cut into scales that feed each other. The vd form has a deep stem and pools before strided shortcuts.
/// </summary>
internal sealed record Res2Net(bool Vd, int[] Depths, int Width, int Scales)
{
    /// <summary>Channels after each stage.</summary>
    private static readonly int[] StageChannels = [256, 512, 1024, 2048];

    /// <summary>How much a block adds to what passes by it: small, so that 66 blocks stay within FP16.</summary>
    private const double BranchGain = 0.15;

    public static IReadOnlyDictionary<string, Res2Net> Networks { get; } = new Dictionary<string, Res2Net>
    {
        ["Res2Net50_26w_4s"] = new(Vd: false, Depths: [3, 4, 6, 3], Width: 26, Scales: 4),
        ["Res2Net50_14w_8s"] = new(Vd: false, Depths: [3, 4, 6, 3], Width: 14, Scales: 8),
        ["Res2Net50_vd_26w_4s"] = new(Vd: true, Depths: [3, 4, 6, 3], Width: 26, Scales: 4),
        ["Res2Net101_vd_26w_4s"] = new(Vd: true, Depths: [3, 4, 23, 3], Width: 26, Scales: 4),
        ["Res2Net200_vd_26w_4s"] = new(Vd: true, Depths: [3, 12, 48, 3], Width: 26, Scales: 4),
    };

    public Tensor Build(GraphBuilder g, Tensor image)
    {
        Tensor x = Stem(g, image);
        for (int stage = 0; stage < Depths.Length; ++stage)
        {
            using GraphBuilder.Restore group = g.Stage($"stage {stage + 1}");
            for (int block = 0; block < Depths[stage]; ++block)
            {
                x = Block(g, x, stage, block);
            }
        }

        using GraphBuilder.Restore head = g.Stage("head");
        return g.Linear(g.GlobalAveragePool(x), "out", NetworkTable.Classes, gain: 2);
    }

    private Tensor Stem(GraphBuilder g, Tensor x)
    {
        using GraphBuilder.Restore group = g.Stage("stem");
        if (Vd)
        {
            x = g.ConvBatchNorm(x, "conv1_1", 32, kernel: 3, stride: 2);
            x = g.ConvBatchNorm(x, "conv1_2", 32, kernel: 3);
            x = g.ConvBatchNorm(x, "conv1_3", 64, kernel: 3);
        }
        else
        {
            x = g.ConvBatchNorm(x, "conv1", 64, kernel: 7, stride: 2);
        }

        return g.MaxPool(x, kernel: 3, stride: 2, pad: 1);
    }

    private Tensor Block(GraphBuilder g, Tensor x, int stage, int block)
    {
        using GraphBuilder.Restore scope = g.Scope($"bb_{stage}_{block}");
        int stride = stage > 0 && block == 0 ? 2 : 1;
        Tensor y = g.ConvBatchNorm(x, "conv0", (Width * Scales) << stage, kernel: 1);
        y = MultiScale(g, y, $"{StageLabel(stage)}{BlockLabel(stage, block)}_branch2b", stride);
        y = g.ConvBatchNorm(y, "conv2", StageChannels[stage], kernel: 1, relu: false, gain: BranchGain);
        return g.Relu(g.Add(block == 0 ? Shortcut(g, x, stage, stride) : x, y));
    }

    /// <summary>
    /// Each chunk but the last has its own 3x3 convolution; without a stride, each also takes the sum of the one before.
    /// Stage 1's first block has stride 1 and so sums too: PaddleClas' reading, not that of the authors' PyTorch code.
    /// </summary>
    private Tensor MultiScale(GraphBuilder g, Tensor x, string name, int stride)
    {
        Tensor[] chunks = g.SplitEvenly(x, axis: 1, Scales);
        for (int i = 0; i < Scales - 1; ++i)
        {
            Tensor input = stride == 1 && i > 0 ? g.Add(chunks[i], chunks[i - 1]) : chunks[i];
            chunks[i] = g.ConvBatchNorm(input, $"{name}_{i + 1}", input.Shape[1], kernel: 3, stride);
        }

        if (stride == 2)
        {
            chunks[^1] = g.AveragePool(chunks[^1], kernel: 3, stride: 2, pad: 1);
        }

        return g.Concat(chunks);
    }

    private Tensor Shortcut(GraphBuilder g, Tensor x, int stage, int stride)
    {
        if (Vd && stride == 2)
        {
            // Paddle rounds this pool's size up; every side is even here, so there is nothing to round.
            x = g.AveragePool(x, kernel: 2, stride: 2, pad: 0);
            stride = 1;
        }

        return g.ConvBatchNorm(x, "short", StageChannels[stage], kernel: 1, stride, relu: false);
    }

    private static string StageLabel(int stage) => $"res{stage + 2}";

    /// <summary>a, b, c..; in the long third stage of the 101 and 200 layer networks a, b1, b2...</summary>
    private string BlockLabel(int stage, int block) =>
        stage == 2 && Depths[2] > 6 ? block == 0 ? "a" : $"b{block}" : $"{(char)('a' + block)}";
}
