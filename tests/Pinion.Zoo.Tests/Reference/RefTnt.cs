namespace Pinion.Zoo.Tests;

internal static class RefTnt
{
    private const double Epsilon = 1e-5;

    public static RefTensor Logits(RefRun run, RefTensor image, int dim, int inner, int heads)
    {
        // One [16, c] block of pixel tokens a patch, all in one list of rows.
        RefTensor pixels = Pixels(run, image, inner);
        RefTensor patches = Project(run, pixels, "", dim, inner, bias: true);
        RefTensor classToken = run.Learned("cls_token", 1, 1, dim);
        RefTensor positions = run.Learned("patch_pos", 1, 197, dim);
        RefTensor x = RefRun.Build(patches, 197, dim, (t, c) => (t == 0 ? classToken.Data[c] : patches.Data[(t - 1) * dim + c]) + positions.Data[t * dim + c]);
        for (int i = 0; i < 12; ++i)
        {
            string name = $"blocks.{i}";
            pixels = RefRun.Add(pixels, InnerAttention(run, run.LayerNorm(pixels, $"{name}.norm_in", Epsilon), $"{name}.attn_in"));
            pixels = RefRun.Add(pixels, Mlp(run, run.LayerNorm(pixels, $"{name}.norm_mlp_in", Epsilon), $"{name}.mlp_in"));
            RefTensor update = Project(run, pixels, $"{name}.", dim, inner, bias: false);
            RefTensor before = x;
            x = RefRun.Build(x, 197, dim, (t, c) => before.Data[t * dim + c] + (t == 0 ? 0 : update.Data[(t - 1) * dim + c]));
            x = RefRun.Add(x, OuterAttention(run, run.LayerNorm(x, $"{name}.norm_out", Epsilon), $"{name}.attn_out", heads));
            x = RefRun.Add(x, Mlp(run, run.LayerNorm(x, $"{name}.norm_mlp", Epsilon), $"{name}.mlp"));
        }

        x = run.LayerNorm(x, "norm", Epsilon);
        return run.Linear(RefRun.Rows(x, [0]), "head", 1000);
    }

    /// <summary>Each patch of 16x16 pixels goes through the convolution by itself.</summary>
    private static RefTensor Pixels(RefRun run, RefTensor image, int inner)
    {
        var rows = new List<double>();
        for (int patch = 0; patch < 196; ++patch)
        {
            int top = patch / 14 * 16;
            int left = patch % 14 * 16;
            var cut = new RefTensor(
                image.HasData ? [.. Enumerable.Range(0, 3 * 256).Select(i => image.Data[(i / 256 * 224 + top + i / 16 % 16) * 224 + left + i % 16])] : null,
                3,
                16,
                16);
            // The weights are the same for every patch: counted as one layer.
            RefRun single = patch == 0 ? run : run.Again();
            RefTensor grid = single.Conv(cut, "pixel_embed.proj", inner, 7, 4, 3, bias: true);
            run.Counts.Conv += patch == 0 ? 0 : single.Counts.Conv;
            if (grid.HasData)
            {
                rows.AddRange(RefRun.Tokens(grid).Data);
            }
        }

        RefTensor positions = run.Learned("pixel_pos", 1, 16, inner);
        var pixels = new RefTensor(image.HasData ? [.. rows] : null, 196 * 16, inner);
        return RefRun.Build(pixels, 196 * 16, inner, (row, c) => pixels.Data[row * inner + c] + positions.Data[row % 16 * inner + c]);
    }

    private static RefTensor Project(RefRun run, RefTensor pixels, string prefix, int dim, int inner, bool bias)
    {
        // Sixteen rows of c values after each other are one row of 16*c.
        var flat = new RefTensor(pixels.HasData ? pixels.Data : null, 196, 16 * inner);
        RefTensor x = run.LayerNorm(flat, $"{prefix}norm1_proj", Epsilon);
        return run.LayerNorm(run.Linear(x, $"{prefix}proj", dim, bias), $"{prefix}norm2_proj", Epsilon);
    }

    private static RefTensor InnerAttention(RefRun run, RefTensor x, string name)
    {
        int dim = x[1];
        (RefTensor q, RefTensor k, RefTensor v) = Qkv(run, x, name);
        RefTensor mixed = RefRun.Build(x, x[0], dim, (_, _) => 0);
        int softmaxes = run.Counts.Softmaxes;
        for (int patch = 0; patch < 196; ++patch)
        {
            int[] rows = [.. Enumerable.Range(patch * 16, 16)];
            RefTensor result = run.Attention(RefRun.Rows(q, rows), RefRun.Rows(k, rows), RefRun.Rows(v, rows), 4);
            if (result.HasData)
            {
                Array.Copy(result.Data, 0, mixed.Data, patch * 16 * dim, 16 * dim);
            }
        }

        run.Counts.Softmaxes = softmaxes + 1;
        return run.Linear(mixed, $"{name}.proj", dim);
    }

    private static RefTensor OuterAttention(RefRun run, RefTensor x, string name, int heads)
    {
        (RefTensor q, RefTensor k, RefTensor v) = Qkv(run, x, name);
        return run.Linear(run.Attention(q, k, v, heads), $"{name}.proj", x[1]);
    }

    private static (RefTensor Q, RefTensor K, RefTensor V) Qkv(RefRun run, RefTensor x, string name)
    {
        RefTensor qk = run.Linear(x, $"{name}.qk", 2 * x[1], bias: false);
        RefTensor v = run.Linear(x, $"{name}.v", x[1], bias: false);
        return (RefRun.Columns(qk, 0, x[1]), RefRun.Columns(qk, x[1], x[1]), v);
    }

    private static RefTensor Mlp(RefRun run, RefTensor x, string name) =>
        run.Linear(run.Gelu(run.Linear(x, $"{name}.fc1", 4 * x[1])), $"{name}.fc2", x[1]);
}
