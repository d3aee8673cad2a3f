namespace Pinion.Zoo;

/// <summary>
/// Dual Path Networks (Chen et al., "Dual Path Networks"), as PaddleClas writes them: each block adds to a residual path
/// and appends to a dense path, and reads both. Widths are those of stage 1; they double from stage to stage.
/// </summary>
internal sealed record Dpn(int StemChannels, int StemKernel, int Width, int Groups, int[] Depths, int[] Increments, int ResidualWidth)
{
    /// <summary>How much a block adds to the residual path and how large what it appends is, against what it reads.</summary>
    private const double BranchGain = 0.3;

    public static IReadOnlyDictionary<string, Dpn> Networks { get; } = new Dictionary<string, Dpn>
    {
        ["DPN68"] = new(StemChannels: 10, StemKernel: 3, Width: 128, Groups: 32, [3, 4, 12, 3], [16, 32, 32, 64], ResidualWidth: 64),
        ["DPN92"] = new(StemChannels: 64, StemKernel: 7, Width: 96, Groups: 32, [3, 4, 20, 3], [16, 32, 24, 128], ResidualWidth: 256),
        ["DPN98"] = new(StemChannels: 96, StemKernel: 7, Width: 160, Groups: 40, [3, 6, 20, 3], [16, 32, 32, 128], ResidualWidth: 256),
        ["DPN107"] = new(StemChannels: 128, StemKernel: 7, Width: 200, Groups: 50, [4, 8, 20, 3], [20, 64, 64, 128], ResidualWidth: 256),
        ["DPN131"] = new(StemChannels: 128, StemKernel: 7, Width: 160, Groups: 40, [4, 8, 28, 3], [16, 32, 32, 128], ResidualWidth: 256),
    };

    public Tensor Build(GraphBuilder g, Tensor image)
    {
        Tensor x = Stem(g, image);
        int number = 1;
        for (int stage = 0; stage < Depths.Length; ++stage)
        {
            using GraphBuilder.Restore group = g.Stage($"stage {stage + 1}");
            Paths paths = FirstBlock(g, x, stage, number++);
            for (int block = 1; block < Depths[stage]; ++block)
            {
                paths = Block(g, paths, stage, number++);
            }

            x = g.Concat(paths.Residual, paths.Dense);
        }

        using GraphBuilder.Restore head = g.Stage("head");
        x = g.Relu(g.BatchNorm(x, "conv5_x_x_bn"));
        return g.Linear(g.GlobalAveragePool(x), "out", NetworkTable.Classes, gain: 2);
    }

    private Tensor Stem(GraphBuilder g, Tensor image)
    {
        using GraphBuilder.Restore group = g.Stage("stem");
        Tensor x = g.ConvBatchNorm(image, "conv1_x_1_func", StemChannels, StemKernel, stride: 2);
        return g.MaxPool(x, kernel: 3, stride: 2, pad: 1);
    }

    /// <summary>Opens a stage: a 1x1 convolution with a batch norm of its own makes both paths from the stage before.</summary>
    private Paths FirstBlock(GraphBuilder g, Tensor x, int stage, int number)
    {
        using GraphBuilder.Restore scope = g.Scope($"dpn{number}");
        int stride = stage == 0 ? 1 : 2;
        int residual = ResidualWidth << stage;
        int dense = 2 * Increments[stage];
        Tensor[] opened = g.Split(BnReluConv(g, x, "c1x1_w_func", residual + dense, kernel: 1, stride), axis: 1, residual, dense);
        return Branch(g, x, new Paths(opened[0], opened[1]), stage, stride);
    }

    private Paths Block(GraphBuilder g, Paths paths, int stage, int number)
    {
        using GraphBuilder.Restore scope = g.Scope($"dpn{number}");
        return Branch(g, g.Concat(paths.Residual, paths.Dense), paths, stage, stride: 1);
    }

    /// <summary>1x1, grouped 3x3, 1x1; the first channels are added to the residual path, the rest joins the dense one.</summary>
    private Paths Branch(GraphBuilder g, Tensor x, Paths paths, int stage, int stride)
    {
        int residual = ResidualWidth << stage;
        x = BnReluConv(g, x, "c1x1_a_func", Width << stage, kernel: 1);
        x = BnReluConv(g, x, "c3x3_b_func", Width << stage, kernel: 3, stride, Groups);
        x = BnReluConv(g, x, "c1x1_c_func", residual + Increments[stage], kernel: 1, gain: BranchGain);
        Tensor[] parts = g.Split(x, axis: 1, residual, Increments[stage]);
        return new Paths(g.Add(paths.Residual, parts[0]), g.Concat(paths.Dense, parts[1]));
    }

    /// <summary>Batch norm and ReLU come before the convolution: name._batch_norm, name._conv.</summary>
    private static Tensor BnReluConv(
        GraphBuilder g, Tensor x, string name, int channels, int kernel, int stride = 1, int groups = 1, double gain = 1)
    {
        using GraphBuilder.Restore scope = g.Scope(name);
        x = g.Relu(g.BatchNorm(x, "_batch_norm"));
        return g.Conv(x, "_conv", channels, kernel, stride, (kernel - 1) / 2, groups, gain: Blocks.AfterRelu * gain);
    }

    private readonly record struct Paths(Tensor Residual, Tensor Dense);
}
