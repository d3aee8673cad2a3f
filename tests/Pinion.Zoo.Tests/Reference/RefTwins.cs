namespace Pinion.Zoo.Tests;

internal static class RefTwins
{
    public static RefTensor Logits(RefRun run, RefTensor image, int[] dims, int[] heads, int[] ratios, int[] depths, bool svt)
    {
        RefTensor? x = null;
        int side = 224;
        for (int k = 0; k < 4; ++k)
        {
            int patch = k == 0 ? 4 : 2;
            RefTensor input = x is null ? image : RefRun.Image(x, side);
            side /= patch;
            x = RefRun.Tokens(run.Conv(input, $"patch_embeds.{k}.proj", dims[k], patch, patch, 0, bias: true));
            x = run.LayerNorm(x, $"patch_embeds.{k}.norm", 1e-5);
            for (int i = 0; i < depths[k]; ++i)
            {
                string name = $"blocks.{k}.{i}";
                RefTensor y = run.LayerNorm(x, $"{name}.norm1", 1e-6);
                y = svt && i % 2 == 0 ? Local(run, y, $"{name}.attn", side, heads[k]) : Global(run, y, $"{name}.attn", side, heads[k], 8 >> k);
                x = RefRun.Add(x, y);
                y = run.LayerNorm(x, $"{name}.norm2", 1e-6);
                y = run.Linear(run.Gelu(run.Linear(y, $"{name}.mlp.fc1", dims[k] * ratios[k])), $"{name}.mlp.fc2", dims[k]);
                x = RefRun.Add(x, y);
                if (i == 0)
                {
                    RefTensor grid = RefRun.Image(x, side);
                    x = RefRun.Tokens(RefRun.Add(grid, run.Conv(grid, $"pos_block.{k}.proj.0", dims[k], 3, 1, 1, dims[k], bias: true)));
                }
            }
        }

        RefTensor tokens = run.LayerNorm(x!, "norm", 1e-6);
        RefTensor mean = RefRun.Build(tokens, 1, tokens[1], (_, c) => Enumerable.Range(0, tokens[0]).Average(t => tokens.Data[t * tokens[1] + c]));
        return run.Linear(mean, "head", 1000);
    }

    private static RefTensor Global(RefRun run, RefTensor x, string name, int side, int heads, int ratio)
    {
        int dim = x[1];
        RefTensor q = run.Linear(x, $"{name}.q", dim);
        RefTensor z = x;
        if (ratio > 1)
        {
            z = RefRun.Tokens(run.Conv(RefRun.Image(x, side), $"{name}.sr", dim, ratio, ratio, 0, bias: true));
            z = run.LayerNorm(z, $"{name}.norm", 1e-5);
        }

        RefTensor kv = run.Linear(z, $"{name}.kv", 2 * dim);
        RefTensor mixed = run.Attention(q, RefRun.Columns(kv, 0, dim), RefRun.Columns(kv, dim, dim), heads);
        return run.Linear(mixed, $"{name}.proj", dim);
    }

    /// <summary>Window by window, by the tokens' places in the grid.</summary>
    private static RefTensor Local(RefRun run, RefTensor x, string name, int side, int heads)
    {
        int dim = x[1];
        RefTensor qkv = run.Linear(x, $"{name}.qkv", 3 * dim);
        RefTensor mixed = RefRun.Build(x, x[0], dim, (_, _) => 0);
        int softmaxes = run.Counts.Softmaxes;
        for (int top = 0; top < side; top += 7)
        {
            for (int left = 0; left < side; left += 7)
            {
                int[] members = [.. Enumerable.Range(0, 49).Select(i => (top + i / 7) * side + left + i % 7)];
                RefTensor window = RefRun.Rows(qkv, members);
                RefTensor result = run.Attention(
                    RefRun.Columns(window, 0, dim), RefRun.Columns(window, dim, dim), RefRun.Columns(window, 2 * dim, dim), heads);
                for (int i = 0; i < members.Length && result.HasData; ++i)
                {
                    Array.Copy(result.Data, i * dim, mixed.Data, members[i] * dim, dim);
                }
            }
        }
        // All windows together are one attention layer.
        run.Counts.Softmaxes = softmaxes + 1;
        return run.Linear(mixed, $"{name}.proj", dim);
    }
}
