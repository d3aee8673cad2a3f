namespace Pinion.Zoo.Tests;

internal static class RefDpn
{
    public static RefTensor Logits(
        RefRun run, RefTensor image, int stem, int stemKernel, int r, int groups, int[] depths, int[] increments, int bw)
    {
        RefTensor x = run.Conv(image, "conv1_x_1_func._conv", stem, stemKernel, 2, stemKernel / 2);
        x = run.MaxPool(run.Relu(run.BatchNorm(x, "conv1_x_1_func._batch_norm")));
        int number = 0;
        for (int k = 0; k < 4; ++k)
        {
            RefTensor? residual = null;
            RefTensor? dense = null;
            int inc = increments[k];
            for (int i = 0; i < depths[k]; ++i)
            {
                string name = $"dpn{++number}";
                int stride = k > 0 && i == 0 ? 2 : 1;
                if (i == 0)
                {
                    RefTensor opened = Brc(run, x, $"{name}.c1x1_w_func", bw + 2 * inc, 1, stride, 1);
                    residual = RefRun.Channels(opened, 0, bw);
                    dense = RefRun.Channels(opened, bw, 2 * inc);
                }
                else
                {
                    x = RefRun.Concat(residual!, dense!);
                    // The page's own formula for what a block takes in.
                    if (x[0] != bw + (2 + i) * inc)
                    {
                        throw new InvalidOperationException($"{name} takes {x[0]} channels");
                    }
                }

                RefTensor y = Brc(run, x, $"{name}.c1x1_a_func", r, 1, 1, 1);
                y = Brc(run, y, $"{name}.c3x3_b_func", r, 3, stride, groups);
                y = Brc(run, y, $"{name}.c1x1_c_func", bw + inc, 1, 1, 1);
                residual = RefRun.Add(residual!, RefRun.Channels(y, 0, bw));
                dense = RefRun.Concat(dense!, RefRun.Channels(y, bw, inc));
            }

            x = RefRun.Concat(residual!, dense!);
            bw *= 2;
            r *= 2;
        }

        x = run.Relu(run.BatchNorm(x, "conv5_x_x_bn"));
        return run.Linear(run.GlobalAverage(x), "out", 1000);
    }

    private static RefTensor Brc(RefRun run, RefTensor x, string name, int channels, int kernel, int stride, int groups) =>
        run.Conv(run.Relu(run.BatchNorm(x, $"{name}._batch_norm")), $"{name}._conv", channels, kernel, stride, kernel / 2, groups);
}
