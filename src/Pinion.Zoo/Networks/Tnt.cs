namespace Pinion.Zoo;

/// <summary>
/// TNT (Han et al., "Transformer in Transformer"): an inner transformer over the 4x4 pixel groups of each patch feeds an
/// outer one over the patches. Pixel tokens are [196 an image, 16, c], patch tokens [1 an image, 197, C].
/// </summary>
internal sealed record Tnt(int Dim, int InnerDim, int Heads, int InnerHeads, int Depth)
{
    private const int Patch = 16;
    private const int PatchesPerSide = 14;
    private const int Patches = PatchesPerSide * PatchesPerSide;
    private const int PixelsPerPatch = 16;
    private const int MlpRatio = 4;
    private const float Epsilon = 1e-5f;

    /// <summary>Size of both streams between blocks, and of what a branch adds: small, so that an epsilon shows.</summary>
    private const double StreamGain = 0.1;
    private const double BranchGain = 0.05;

    public static IReadOnlyDictionary<string, Tnt> Networks { get; } = new Dictionary<string, Tnt>
    {
        ["TNT_small"] = new(Dim: 384, InnerDim: 24, Heads: 6, InnerHeads: 4, Depth: 12),
        ["TNT_base"] = new(Dim: 640, InnerDim: 40, Heads: 10, InnerHeads: 4, Depth: 12),
    };

    public Tensor Build(GraphBuilder g, Tensor image)
    {
        Tensor pixels, patches;
        using (g.Stage("embedding"))
        {
            pixels = PixelEmbed(g, image);
            patches = PatchEmbed(g, pixels);
        }

        for (int block = 0; block < Depth; ++block)
        {
            using GraphBuilder.Restore group = g.Stage($"block {block + 1}");
            (pixels, patches) = Block(g, pixels, patches, block);
        }

        using GraphBuilder.Restore head = g.Stage("head");
        // The norm is per token, so the one token that counts is taken out first.
        return g.Linear(g.LayerNorm(g.FirstToken(patches), "norm", Epsilon), "head", NetworkTable.Classes, gain: 2);
    }

    /// <summary>The image is cut into patches before the convolution, which therefore sees zeros around every patch.</summary>
    private Tensor PixelEmbed(GraphBuilder g, Tensor image)
    {
        Tensor x = g.Reshape(image, 3, PatchesPerSide, Patch, PatchesPerSide, Patch);
        x = g.Reshape(g.Transpose(x, 0, 2, 4, 1, 3, 5), 3, Patch, Patch);
        x = g.ToTokens(g.Conv(x, "pixel_embed.proj", InnerDim, kernel: 7, stride: 4, pad: 3, bias: true, gain: StreamGain));
        return g.Add(x, g.Parameter("pixel_pos", WeightInit.Uniform(0, StreamGain), 1, PixelsPerPatch, InnerDim));
    }

    /// <summary>All pixel tokens of a patch make its patch token; a class token goes in front.</summary>
    private Tensor PatchEmbed(GraphBuilder g, Tensor pixels)
    {
        Tensor patches = PixelsToPatches(g, pixels, bias: true, StreamGain);
        Tensor classToken = g.Parameter("cls_token", WeightInit.Uniform(0, StreamGain), 1, 1, Dim);
        Tensor positions = g.Parameter("patch_pos", WeightInit.Uniform(0, StreamGain), 1, 1 + Patches, Dim);
        // Padding and adding puts the token in front without a Concat, which would need the batch size.
        Tensor constant = g.Add(positions, g.PadTokens(classToken, before: 0, after: Patches));
        return g.Add(g.PadTokens(patches, before: 1, after: 0), constant);
    }

    private (Tensor Pixels, Tensor Patches) Block(GraphBuilder g, Tensor pixels, Tensor patches, int block)
    {
        using GraphBuilder.Restore scope = g.Scope($"blocks.{block}");
        pixels = g.Add(pixels, Attention(g, g.LayerNorm(pixels, "norm_in", Epsilon), "attn_in", InnerHeads));
        pixels = g.Add(pixels, g.Mlp(g.LayerNorm(pixels, "norm_mlp_in", Epsilon), "mlp_in", MlpRatio, BranchGain));

        // The class token gets nothing from the pixels.
        patches = g.Add(patches, g.PadTokens(PixelsToPatches(g, pixels, bias: false, BranchGain), before: 1, after: 0));
        patches = g.Add(patches, Attention(g, g.LayerNorm(patches, "norm_out", Epsilon), "attn_out", Heads));
        patches = g.Add(patches, g.Mlp(g.LayerNorm(patches, "norm_mlp", Epsilon), "mlp", MlpRatio, BranchGain));
        return (pixels, patches);
    }

    /// <summary>norm1_proj over a patch's 16*c values, proj to C, norm2_proj.</summary>
    private Tensor PixelsToPatches(GraphBuilder g, Tensor pixels, bool bias, double gain)
    {
        Tensor x = g.LayerNorm(g.Reshape(pixels, Patches, PixelsPerPatch * InnerDim), "norm1_proj", Epsilon);
        return g.LayerNorm(g.Linear(x, "proj", Dim, bias, gain: StreamGain), "norm2_proj", Epsilon, gain);
    }

    private static Tensor Attention(GraphBuilder g, Tensor x, string name, int heads)
    {
        using GraphBuilder.Restore scope = g.Scope(name);
        int channels = x.Shape[2];
        Tensor[] qk = g.SplitEvenly(g.Linear(x, "qk", 2 * channels, bias: false), axis: 2, parts: 2);
        Tensor v = g.Linear(x, "v", channels, bias: false);
        return g.Linear(g.Attention(qk[0], qk[1], v, heads), "proj", channels, gain: 2 * BranchGain);
    }
}
