namespace Pinion.Zoo.Tests;

internal static class RefRes2Net
{
    public static RefTensor Logits(RefRun run, RefTensor x, bool vd, int[] depths, int width, int scales)
    {
        if (vd)
        {
            x = ConvBn(run, x, "conv1_1", 32, 3, 2, relu: true);
            x = ConvBn(run, x, "conv1_2", 32, 3, 1, relu: true);
            x = ConvBn(run, x, "conv1_3", 64, 3, 1, relu: true);
        }
        else
        {
            x = ConvBn(run, x, "conv1", 64, 7, 2, relu: true);
        }

        x = run.MaxPool(x);
        for (int k = 0; k < 4; ++k)
        {
            for (int i = 0; i < depths[k]; ++i)
            {
                // The third stage of the 101 and 200 layer networks numbers its blocks; all others go by letters.
                string letter = k == 2 && depths[2] is (23 or 48) ? i == 0 ? "a" : $"b{i}" : "abcdefghijklmnop"[i].ToString();
                x = Block(run, x, $"bb_{k}_{i}", $"res{k + 2}{letter}", 1 << k, i == 0, k > 0 && i == 0 ? 2 : 1, vd, width, scales);
            }
        }

        return run.Linear(run.GlobalAverage(x), "out", 1000);
    }

    private static RefTensor Block(
        RefRun run, RefTensor x, string key, string label, int multiple, bool first, int stride, bool vd, int width, int scales)
    {
        int part = width * multiple;
        RefTensor y = ConvBn(run, x, $"{key}.conv0", part * scales, 1, 1, relu: true);
        var outputs = new RefTensor[scales];
        for (int s = 0; s < scales; ++s)
        {
            RefTensor chunk = RefRun.Channels(y, s * part, part);
            if (s == scales - 1)
            {
                outputs[s] = stride == 1 ? chunk : run.AveragePool(chunk, 3, 2, 1);
                continue;
            }

            if (stride == 1 && s > 0)
            {
                chunk = RefRun.Add(chunk, outputs[s - 1]);
            }

            outputs[s] = ConvBn(run, chunk, $"{key}.{label}_branch2b_{s + 1}", part, 3, stride, relu: true);
        }

        RefTensor branch = ConvBn(run, RefRun.Concat(outputs), $"{key}.conv2", 256 * multiple, 1, 1, relu: false);
        RefTensor shortcut = x;
        if (first)
        {
            bool pooled = vd && multiple > 1;
            RefTensor from = pooled ? run.AveragePool(x, 2, 2, 0) : x;
            shortcut = ConvBn(run, from, $"{key}.short", 256 * multiple, 1, pooled ? 1 : stride, relu: false);
        }

        return run.Relu(RefRun.Add(shortcut, branch));
    }

    private static RefTensor ConvBn(RefRun run, RefTensor x, string name, int channels, int kernel, int stride, bool relu)
    {
        x = run.BatchNorm(run.Conv(x, $"{name}._conv", channels, kernel, stride, kernel / 2), $"{name}._batch_norm");
        return relu ? run.Relu(x) : x;
    }
}
