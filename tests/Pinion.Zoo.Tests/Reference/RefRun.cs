namespace Pinion.Zoo.Tests;

/// <summary>
/// Plain, slow layers in double precision, written from the architecture page and sharing nothing with the graph
/// builder. Weights come by name. Without weights only shapes, names and counts are worked out.
/// </summary>
internal sealed class RefRun(IReadOnlyDictionary<string, float[]>? weights)
{
    /// <summary>Every tensor that was asked for, with the shape it has to have.</summary>
    public Dictionary<string, int[]> State { get; } = [];

    public RefCounts Counts { get; } = new();

    public bool ShapesOnly => weights is null;

    /// <summary>The same weights with fresh counts, for layers that run more than once.</summary>
    public RefRun Again() => new(weights);

    public RefTensor Conv(RefTensor x, string name, int channels, int kernel, int stride, int pad, int groups = 1, bool bias = false)
    {
        int perGroup = x[0] / groups;
        float[]? w = Weight($"{name}.weight", channels, perGroup, kernel, kernel);
        float[]? b = bias ? Weight($"{name}.bias", channels) : null;
        int height = (x[1] + 2 * pad - kernel) / stride + 1;
        int width = (x[2] + 2 * pad - kernel) / stride + 1;
        Counts.Conv += (long)channels * height * width * perGroup * kernel * kernel;
        Counts.Convolutions++;
        Counts.Grouped += groups > 1 ? 1 : 0;
        if (ShapesOnly)
        {
            return new RefTensor(null, channels, height, width);
        }

        double[] input = x.Data;
        double[] output = new double[channels * height * width];
        Parallel.For(0, channels, o =>
        {
            int firstInput = o / (channels / groups) * perGroup;
            Span<double> sums = output.AsSpan(o * height * width, height * width);
            sums.Fill(b?[o] ?? 0);
            for (int i = 0; i < perGroup; ++i)
            {
                for (int ky = 0; ky < kernel; ++ky)
                {
                    for (int kx = 0; kx < kernel; ++kx)
                    {
                        double factor = w![((o * perGroup + i) * kernel + ky) * kernel + kx];
                        for (int row = 0; row < height; ++row)
                        {
                            int y = row * stride + ky - pad;
                            if (y < 0 || y >= x[1])
                            {
                                continue;
                            }

                            Span<double> line = input.AsSpan(((firstInput + i) * x[1] + y) * x[2], x[2]);
                            for (int column = 0; column < width; ++column)
                            {
                                int at = column * stride + kx - pad;
                                if ((uint)at < (uint)line.Length)
                                {
                                    sums[row * width + column] += factor * line[at];
                                }
                            }
                        }
                    }
                }
            }
        });
        return new RefTensor(output, channels, height, width);
    }

    public RefTensor BatchNorm(RefTensor x, string name)
    {
        float[]? gamma = Weight($"{name}.weight", x[0]);
        float[]? beta = Weight($"{name}.bias", x[0]);
        float[]? mean = Weight($"{name}._mean", x[0]);
        float[]? variance = Weight($"{name}._variance", x[0]);
        Counts.BatchNorms++;
        Counts.Statistics += 2 * x[0];
        int area = x[1] * x[2];
        return Map(x, i => gamma![i / area] * (x.Data[i] - mean![i / area]) / Math.Sqrt(variance![i / area] + 1e-5) + beta![i / area]);
    }

    public RefTensor Relu(RefTensor x)
    {
        Counts.Relus++;
        return Map(x, i => Math.Max(0, x.Data[i]));
    }

    public static RefTensor Add(RefTensor a, RefTensor b)
    {
        Assume(a.Shape.SequenceEqual(b.Shape));
        return Map(a, i => a.Data[i] + b.Data[i]);
    }

    public RefTensor MaxPool(RefTensor x)
    {
        Counts.MaxPools++;
        return Pool(x, 3, 2, 1, values => values.Max());
    }

    /// <summary>Mean over the part of each window that lies on the image.</summary>
    public RefTensor AveragePool(RefTensor x, int kernel, int stride, int pad)
    {
        Counts.AveragePools++;
        return Pool(x, kernel, stride, pad, values => values.Average());
    }

    public RefTensor GlobalAverage(RefTensor x)
    {
        int area = x[1] * x[2];
        return ShapesOnly ? new RefTensor(null, 1, x[0])
            : new RefTensor([.. Enumerable.Range(0, x[0]).Select(c => x.Data.Skip(c * area).Take(area).Average())], 1, x[0]);
    }

    public static RefTensor Channels(RefTensor x, int from, int count)
    {
        int area = x[1] * x[2];
        return new RefTensor(x.HasData ? x.Data[(from * area)..((from + count) * area)] : null, count, x[1], x[2]);
    }

    public static RefTensor Concat(params RefTensor[] parts)
    {
        Assume(parts.All(p => p[1] == parts[0][1] && p[2] == parts[0][2]));
        return new RefTensor(parts[0].HasData ? [.. parts.SelectMany(p => p.Data)] : null, parts.Sum(p => p[0]), parts[0][1], parts[0][2]);
    }

    /// <summary>Rows of x times weight [in, out].</summary>
    public RefTensor Linear(RefTensor x, string name, int outputs, bool bias = true)
    {
        int inputs = x[1];
        float[]? w = Weight($"{name}.weight", inputs, outputs);
        float[]? b = bias ? Weight($"{name}.bias", outputs) : null;
        Counts.Linear += (long)x[0] * inputs * outputs;
        Counts.Linears++;
        if (ShapesOnly)
        {
            return new RefTensor(null, x[0], outputs);
        }

        double[] output = new double[x[0] * outputs];
        Parallel.For(0, x[0], row =>
        {
            Span<double> sums = output.AsSpan(row * outputs, outputs);
            for (int o = 0; o < outputs; ++o)
            {
                sums[o] = b?[o] ?? 0;
            }

            for (int i = 0; i < inputs; ++i)
            {
                double factor = x.Data[row * inputs + i];
                Span<float> line = w.AsSpan(i * outputs, outputs);
                for (int o = 0; o < outputs; ++o)
                {
                    sums[o] += factor * line[o];
                }
            }
        });
        return new RefTensor(output, x[0], outputs);
    }

    public RefTensor LayerNorm(RefTensor x, string name, double epsilon)
    {
        int width = x[1];
        float[]? gamma = Weight($"{name}.weight", width);
        float[]? beta = Weight($"{name}.bias", width);
        Counts.LayerNorms++;
        if (ShapesOnly)
        {
            return x;
        }

        double[] output = new double[x.Data.Length];
        for (int row = 0; row < x[0]; ++row)
        {
            Span<double> values = x.Data.AsSpan(row * width, width);
            double mean = 0;
            foreach (double v in values)
            {
                mean += v / width;
            }

            double variance = 0;
            foreach (double v in values)
            {
                variance += (v - mean) * (v - mean) / width;
            }

            for (int i = 0; i < width; ++i)
            {
                output[row * width + i] = gamma![i] * (values[i] - mean) / Math.Sqrt(variance + epsilon) + beta![i];
            }
        }

        return new RefTensor(output, x.Shape);
    }

    public RefTensor Gelu(RefTensor x)
    {
        Counts.Gelus++;
        return Map(x, i => x.Data[i] * 0.5 * (1 + RefMath.Erf(x.Data[i] / Math.Sqrt(2))));
    }

    /// <summary>Head by head and query by query; q, k and v are [tokens, channels] with the heads' channels side by side.</summary>
    public RefTensor Attention(RefTensor q, RefTensor k, RefTensor v, int heads)
    {
        int width = q[1] / heads;
        Counts.Attention += 2L * q[0] * k[0] * q[1];
        Counts.Softmaxes++;
        if (ShapesOnly)
        {
            return q;
        }

        double[] output = new double[q.Data.Length];
        Parallel.For(0, heads * q[0], job =>
        {
            int head = job / q[0];
            int query = job % q[0];
            double[] scores = new double[k[0]];
            for (int key = 0; key < k[0]; ++key)
            {
                for (int c = head * width; c < (head + 1) * width; ++c)
                {
                    scores[key] += q.Data[query * q[1] + c] * k.Data[key * q[1] + c];
                }

                scores[key] /= Math.Sqrt(width);
            }

            double highest = scores.Max();
            double sum = scores.Sum(s => Math.Exp(s - highest));
            for (int key = 0; key < k[0]; ++key)
            {
                double share = Math.Exp(scores[key] - highest) / sum;
                for (int c = head * width; c < (head + 1) * width; ++c)
                {
                    output[query * q[1] + c] += share * v.Data[key * q[1] + c];
                }
            }
        });
        return new RefTensor(output, q.Shape);
    }

    /// <summary>A learned tensor that is added, such as positions.</summary>
    public RefTensor Learned(string name, params int[] shape) =>
        new(Weight(name, shape)?.Select(v => (double)v).ToArray(), shape[^2], shape[^1]);

    /// <summary>Columns from..from+count of every row.</summary>
    public static RefTensor Columns(RefTensor x, int from, int count) => Build(x, x[0], count, (row, c) => x.Data[row * x[1] + from + c]);

    /// <summary>Rows by index.</summary>
    public static RefTensor Rows(RefTensor x, int[] rows) => Build(x, rows.Length, x[1], (row, c) => x.Data[rows[row] * x[1] + c]);

    /// <summary>[C, side, side] to [side*side, C].</summary>
    public static RefTensor Tokens(RefTensor x)
    {
        int area = x[1] * x[2];
        return Build(x, area, x[0], (row, c) => x.Data[c * area + row]);
    }

    /// <summary>[side*side, C] to [C, side, side].</summary>
    public static RefTensor Image(RefTensor x, int side)
    {
        Assume(x[0] == side * side);
        return new RefTensor(Build(x, x[1], x[0], (c, at) => x.Data[at * x[1] + c]) is { HasData: true } t ? t.Data : null, x[1], side, side);
    }

    public static RefTensor Build(RefTensor like, int rows, int columns, Func<int, int, double> value)
    {
        if (!like.HasData)
        {
            return new RefTensor(null, rows, columns);
        }

        double[] data = new double[rows * columns];
        for (int row = 0; row < rows; ++row)
        {
            for (int c = 0; c < columns; ++c)
            {
                data[row * columns + c] = value(row, c);
            }
        }

        return new RefTensor(data, rows, columns);
    }

    private static RefTensor Map(RefTensor x, Func<int, double> value)
    {
        if (!x.HasData)
        {
            return x;
        }

        double[] output = new double[x.Data.Length];
        Parallel.For(0, output.Length, i => output[i] = value(i));
        return new RefTensor(output, x.Shape);
    }

    private RefTensor Pool(RefTensor x, int kernel, int stride, int pad, Func<IEnumerable<double>, double> fold)
    {
        int height = (x[1] + 2 * pad - kernel) / stride + 1;
        int width = (x[2] + 2 * pad - kernel) / stride + 1;
        if (ShapesOnly)
        {
            return new RefTensor(null, x[0], height, width);
        }

        IEnumerable<double> Window(int c, int row, int column) =>
            from y in Enumerable.Range(row * stride - pad, kernel)
            from at in Enumerable.Range(column * stride - pad, kernel)
            where y >= 0 && y < x[1] && at >= 0 && at < x[2]
            select x.Data[(c * x[1] + y) * x[2] + at];
        double[] output = new double[x[0] * height * width];
        Parallel.For(0, x[0], c =>
        {
            for (int i = 0; i < height * width; ++i)
            {
                output[c * height * width + i] = fold(Window(c, i / width, i % width));
            }
        });
        return new RefTensor(output, x[0], height, width);
    }

    private float[]? Weight(string name, params int[] shape)
    {
        State.Add(name, shape);
        if (weights is null)
        {
            return null;
        }

        float[] values = weights[name];
        Assume(values.Length == shape.Aggregate(1, (a, b) => a * b));
        return values;
    }

    private static void Assume(bool holds)
    {
        if (!holds)
        {
            throw new InvalidOperationException("shapes do not fit");
        }
    }
}

/// <summary>What a network was made of, counted while it ran.</summary>
internal sealed class RefCounts
{
    public long Conv { get; set; }

    public long Linear { get; set; }

    public long Attention { get; set; }

    public long Statistics { get; set; }

    public int Convolutions { get; set; }

    public int Grouped { get; set; }

    public int BatchNorms { get; set; }

    public int Relus { get; set; }

    public int MaxPools { get; set; }

    public int AveragePools { get; set; }

    public int Linears { get; set; }

    public int LayerNorms { get; set; }

    public int Gelus { get; set; }

    public int Softmaxes { get; set; }
}
