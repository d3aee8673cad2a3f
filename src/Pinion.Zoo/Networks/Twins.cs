namespace Pinion.Zoo;

/// <summary>
/// Twins (Chu et al., "Twins: Revisiting the Design of Spatial Attention in Vision Transformers"). PCPVT has global
/// sub-sampled attention (GSA) in every block; ALT-GVT (Twins-SVT) takes turns with attention inside windows (LSA).
/// </summary>
internal sealed record Twins(int[] Dims, int[] Heads, int[] MlpRatios, int[] Depths, bool Windows)
{
    /// <summary>GSA reduces each stage's grid (56, 28, 14, 7) to 7x7 keys and values.</summary>
    private static readonly int[] ReductionRatios = [8, 4, 2, 1];

    /// <summary>Side of an LSA window, in tokens.</summary>
    private const int Window = 7;

    /// <summary>Norms of blocks and head. Those behind a convolution (patch embedding, reduction) keep Paddle's default.</summary>
    private const float BlockEpsilon = 1e-6f;
    private const float DefaultEpsilon = 1e-5f;

    /// <summary>Size of the stream between blocks, and of what a branch adds: small, so that an epsilon shows.</summary>
    private const double StreamGain = 0.1;
    private const double BranchGain = 0.05;

    private static readonly int[] PcpvtRatios = [8, 8, 4, 4];
    private static readonly int[] GvtRatios = [4, 4, 4, 4];

    public static IReadOnlyDictionary<string, Twins> Networks { get; } = new Dictionary<string, Twins>
    {
        ["pcpvt_small"] = new([64, 128, 320, 512], [1, 2, 5, 8], PcpvtRatios, Depths: [3, 4, 6, 3], Windows: false),
        ["pcpvt_base"] = new([64, 128, 320, 512], [1, 2, 5, 8], PcpvtRatios, Depths: [3, 4, 18, 3], Windows: false),
        ["pcpvt_large"] = new([64, 128, 320, 512], [1, 2, 5, 8], PcpvtRatios, Depths: [3, 8, 27, 3], Windows: false),
        ["alt_gvt_small"] = new([64, 128, 256, 512], [2, 4, 8, 16], GvtRatios, Depths: [2, 2, 10, 4], Windows: true),
        ["alt_gvt_base"] = new([96, 192, 384, 768], [3, 6, 12, 24], GvtRatios, Depths: [2, 2, 18, 2], Windows: true),
        ["alt_gvt_large"] = new([128, 256, 512, 1024], [4, 8, 16, 32], GvtRatios, Depths: [2, 2, 18, 2], Windows: true),
    };

    public Tensor Build(GraphBuilder g, Tensor image)
    {
        Tensor? x = null;
        for (int stage = 0; stage < Depths.Length; ++stage)
        {
            using GraphBuilder.Restore group = g.Stage($"stage {stage + 1}");
            x = PatchEmbed(g, x is null ? image : g.ToImage(x), stage);
            for (int block = 0; block < Depths[stage]; ++block)
            {
                x = Block(g, x, stage, block);
                if (block == 0)
                {
                    x = PositionEncoding(g, x, stage);
                }
            }
        }

        using GraphBuilder.Restore head = g.Stage("head");
        return g.Linear(g.MeanOverTokens(g.LayerNorm(x!, "norm", BlockEpsilon)), "head", NetworkTable.Classes, gain: 2);
    }

    /// <summary>Patches of 4x4 pixels, later of 2x2 tokens, become tokens.</summary>
    private Tensor PatchEmbed(GraphBuilder g, Tensor image, int stage)
    {
        using GraphBuilder.Restore scope = g.Scope($"patch_embeds.{stage}");
        int patch = stage == 0 ? 4 : 2;
        Tensor x = g.Conv(image, "proj", Dims[stage], kernel: patch, stride: patch, bias: true, gain: stage == 0 ? StreamGain : 1);
        return g.LayerNorm(g.ToTokens(x), "norm", DefaultEpsilon, StreamGain);
    }

    private Tensor Block(GraphBuilder g, Tensor x, int stage, int block)
    {
        using GraphBuilder.Restore scope = g.Scope($"blocks.{stage}.{block}");
        Tensor y = g.LayerNorm(x, "norm1", BlockEpsilon);
        x = g.Add(x, Windows && block % 2 == 0 ? WindowAttention(g, y, stage) : GlobalAttention(g, y, stage));
        return g.Add(x, g.Mlp(g.LayerNorm(x, "norm2", BlockEpsilon), "mlp", MlpRatios[stage], BranchGain));
    }

    /// <summary>GSA: every token asks the 49 tokens that a strided convolution makes of all of them.</summary>
    private Tensor GlobalAttention(GraphBuilder g, Tensor x, int stage)
    {
        using GraphBuilder.Restore scope = g.Scope("attn");
        int channels = Dims[stage];
        int ratio = ReductionRatios[stage];
        Tensor q = g.Linear(x, "q", channels);
        Tensor reduced = x;
        if (ratio > 1)
        {
            reduced = g.Conv(g.ToImage(x), "sr", channels, kernel: ratio, stride: ratio, bias: true, gain: StreamGain);
            reduced = g.LayerNorm(g.ToTokens(reduced), "norm", DefaultEpsilon);
        }

        Tensor[] kv = g.SplitEvenly(g.Linear(reduced, "kv", 2 * channels), axis: 2, parts: 2);
        Tensor mixed = g.Attention(q, kv[0], kv[1], Heads[stage]);
        return g.Linear(mixed, "proj", channels, gain: 2 * BranchGain);
    }

    /// <summary>LSA: attention among the 49 tokens of each window.</summary>
    private Tensor WindowAttention(GraphBuilder g, Tensor x, int stage)
    {
        using GraphBuilder.Restore scope = g.Scope("attn");
        int tokens = x.Shape[1];
        int channels = Dims[stage];
        int windows = (int)Math.Sqrt(tokens) / Window;
        x = g.Transpose(g.Reshape(x, windows, Window, windows, Window, channels), 0, 1, 3, 2, 4, 5);
        x = g.Reshape(x, Window * Window, channels);
        Tensor[] qkv = g.SplitEvenly(g.Linear(x, "qkv", 3 * channels), axis: 2, parts: 3);
        x = g.Attention(qkv[0], qkv[1], qkv[2], Heads[stage]);
        x = g.Transpose(g.Reshape(x, windows, windows, Window, Window, channels), 0, 1, 3, 2, 4, 5);
        return g.Linear(g.Reshape(x, tokens, channels), "proj", channels, gain: 2 * BranchGain);
    }

    /// <summary>The PEG, a depthwise convolution around each token, is all that tells positions apart.</summary>
    private static Tensor PositionEncoding(GraphBuilder g, Tensor x, int stage)
    {
        using GraphBuilder.Restore scope = g.Scope($"pos_block.{stage}");
        Tensor image = g.ToImage(x);
        int channels = image.Shape[1];
        return g.ToTokens(g.Add(image, g.Conv(image, "proj.0", channels, kernel: 3, pad: 1, groups: channels, bias: true, gain: 0.5)));
    }
}
