using static Pinion.Onnx.OnnxAttributes;

namespace Pinion.Zoo;

/// <content>The layers. Each takes and returns typed values and throws where shapes do not fit.</content>
internal sealed partial class GraphBuilder
{
    /// <summary>A convolution; square kernel, symmetric zero padding. Parameters: name.weight [out, in/groups, k, k], name.bias.</summary>
    public Tensor Conv(
        Tensor x, string name, int channels, int kernel, int stride = 1, int pad = 0, int groups = 1, bool bias = false, double gain = 1)
    {
        int inputs = x.Shape[1];
        Require(x.Rank == 4 && inputs % groups == 0 && channels % groups == 0, $"Conv {name} with {groups} groups", x);
        int fanIn = inputs / groups * kernel * kernel;
        List<string> operands = [x.Name, Parameter($"{name}.weight", WeightInit.Filter(fanIn, gain), channels, inputs / groups, kernel, kernel).Name];
        if (bias)
        {
            operands.Add(Parameter($"{name}.bias", WeightInit.Uniform(0, 0.05 * gain), channels).Name);
        }

        LayerKind kind = groups > 1 ? LayerKind.GroupedConvolution : LayerKind.Convolution;
        string path = Qualify(name);
        return Layer(kind, path, () => Node(
            "Conv",
            path,
            [.. operands],
            Window(x, channels, kernel, stride, pad),
            Int("group", groups),
            Ints("kernel_shape", kernel, kernel),
            Ints("pads", pad, pad, pad, pad),
            Ints("strides", stride, stride)));
    }

    /// <summary>Batch norm over running statistics, never folded: name.weight, .bias, ._mean, ._variance.</summary>
    public Tensor BatchNorm(Tensor x, string name, double gain = 1)
    {
        int channels = x.Shape[1];
        string path = Qualify(name);
        string[] operands =
        [
            x.Name,
            Parameter($"{name}.weight", WeightInit.Scale(path, gain), channels).Name,
            Parameter($"{name}.bias", WeightInit.Uniform(0, 0.1 * gain), channels).Name,
            Parameter($"{name}._mean", WeightInit.Uniform(0, 0.1), channels).Name,
            Parameter($"{name}._variance", WeightInit.Variance(path), channels).Name,
        ];
        return Layer(LayerKind.BatchNorm, path, () => Node(
            "BatchNormalization", path, operands, [.. x.Shape], Float("epsilon", BatchNormEpsilon)));
    }

    /// <summary>Layer norm over the last axis: one operator from opset 17 on, before that the sequence that TensorRT knows as one.</summary>
    public Tensor LayerNorm(Tensor x, string name, float epsilon, double gain = 1)
    {
        int channels = x.Shape[^1];
        string path = Qualify(name);
        Tensor scale = Parameter($"{name}.weight", WeightInit.Uniform(gain, 0.2 * gain), channels);
        Tensor shift = Parameter($"{name}.bias", WeightInit.Uniform(0, 0.1 * gain), channels);
        int[] shape = [.. x.Shape];
        int[] reduced = [.. x.Shape.SkipLast(1), 1];
        return Layer(LayerKind.LayerNorm, path, () =>
        {
            if (_opset >= 17)
            {
                return Node("LayerNormalization", path, [x.Name, scale.Name, shift.Name], shape, Int("axis", -1), Float("epsilon", epsilon));
            }

            using Restore scope = Scope(name);
            Tensor mean = Node("ReduceMean", null, [x.Name], reduced, Ints("axes", -1), Int("keepdims", 1));
            Tensor centred = Node("Sub", null, [x.Name, mean.Name], shape);
            Tensor squared = Node("Pow", null, [centred.Name, Scalar(2)], shape);
            Tensor variance = Node("ReduceMean", null, [squared.Name], reduced, Ints("axes", -1), Int("keepdims", 1));
            Tensor stable = Node("Add", null, [variance.Name, Scalar(epsilon)], reduced);
            Tensor deviation = Node("Sqrt", null, [stable.Name], reduced);
            Tensor normal = Node("Div", null, [centred.Name, deviation.Name], shape);
            Tensor scaled = Node("Mul", null, [normal.Name, scale.Name], shape);
            return Node("Add", null, [scaled.Name, shift.Name], shape);
        });
    }

    /// <summary>A fully connected layer over the last axis: name.weight [in, out], name.bias.</summary>
    public Tensor Linear(Tensor x, string name, int outputs, bool bias = true, double gain = 1)
    {
        int inputs = x.Shape[^1];
        string path = Qualify(name);
        Tensor weight = Parameter($"{name}.weight", WeightInit.FanIn(inputs, gain), inputs, outputs);
        Tensor? shift = bias ? Parameter($"{name}.bias", WeightInit.Uniform(0, 0.05 * gain), outputs) : null;
        int[] shape = [.. x.Shape.SkipLast(1), outputs];
        return Layer(LayerKind.Linear, path, () =>
        {
            // A Gemm of two axes becomes TensorRT's fully connected layer, bias and all.
            if (x.Rank == 2 && shift is not null)
            {
                return Node("Gemm", path, [x.Name, weight.Name, shift.Name], shape);
            }

            Tensor product = Node("MatMul", path, [x.Name, weight.Name], shape);
            return shift is null ? product : Node("Add", $"{path}/Add", [product.Name, shift.Name], shape);
        });
    }

    /// <summary>softmax(q k^T / sqrt(d)) v in each head; q, k, v and the result are [groups, tokens, channels].</summary>
    public Tensor Attention(Tensor q, Tensor k, Tensor v, int heads)
    {
        int channels = q.Shape[2];
        int width = channels / heads;
        Require(q.Rank == 3 && channels % heads == 0 && k.Shape[1] == v.Shape[1], $"Attention with {heads} heads", q, k, v);
        return Layer(LayerKind.Attention, Qualify("attention"), () =>
        {
            // The scale comes before the product, where TensorRT's fused attention wants it; k^T is one transpose, not two.
            Tensor scaled = Node("Mul", null, [q.Name, Scalar((float)(1 / Math.Sqrt(width)))], [.. q.Shape]);
            Tensor queries = Transpose(Reshape(scaled, q.Shape[1], heads, width), 0, 2, 1, 3);
            Tensor keys = Transpose(Reshape(k, k.Shape[1], heads, width), 0, 2, 3, 1);
            Tensor values = Transpose(Reshape(v, v.Shape[1], heads, width), 0, 2, 1, 3);
            Tensor mixed = MatMul(Softmax(MatMul(queries, keys)), values);
            return Reshape(Transpose(mixed, 0, 2, 1, 3), q.Shape[1], channels);
        });
    }

    public Tensor Relu(Tensor x) => Layer(LayerKind.Relu, Qualify("relu"), () => Node("Relu", null, [x.Name], [.. x.Shape]));

    /// <summary>The exact GELU, in the order of operations that exporters write and TensorRT looks for.</summary>
    public Tensor Gelu(Tensor x) => Layer(LayerKind.Gelu, Qualify("gelu"), () =>
    {
        int[] shape = [.. x.Shape];
        Tensor scaled = Node("Div", null, [x.Name, Scalar((float)Math.Sqrt(2))], shape);
        Tensor erf = Node("Erf", null, [scaled.Name], shape);
        Tensor sum = Node("Add", null, [erf.Name, Scalar(1)], shape);
        Tensor product = Node("Mul", null, [x.Name, sum.Name], shape);
        return Node("Mul", null, [product.Name, Scalar(0.5f)], shape);
    });

    public Tensor Softmax(Tensor x) =>
        Layer(LayerKind.Softmax, Qualify("softmax"), () => Node("Softmax", null, [x.Name], [.. x.Shape], Int("axis", -1)));

    public Tensor MaxPool(Tensor x, int kernel, int stride, int pad) => Layer(LayerKind.MaxPool, Qualify("max_pool"), () => Node(
        "MaxPool",
        null,
        [x.Name],
        Window(x, x.Shape[1], kernel, stride, pad),
        Ints("kernel_shape", kernel, kernel),
        Ints("pads", pad, pad, pad, pad),
        Ints("strides", stride, stride)));

    /// <summary>Average pooling; padding never counts.</summary>
    public Tensor AveragePool(Tensor x, int kernel, int stride, int pad) => Layer(LayerKind.AveragePool, Qualify("average_pool"), () => Node(
        "AveragePool",
        null,
        [x.Name],
        Window(x, x.Shape[1], kernel, stride, pad),
        Int("count_include_pad", 0),
        Ints("kernel_shape", kernel, kernel),
        Ints("pads", pad, pad, pad, pad),
        Ints("strides", stride, stride)));

    /// <summary>[.., C, H, W] to [.., C]: the mean over all positions.</summary>
    public Tensor GlobalAveragePool(Tensor x)
    {
        Tensor pooled = Layer(LayerKind.GlobalPool, Qualify("global_pool"), () =>
            Node("GlobalAveragePool", null, [x.Name], [x.Shape[0], x.Shape[1], 1, 1]));
        return Layer(LayerKind.Reshape, Qualify("flatten"), () =>
            Node("Flatten", null, [pooled.Name], [x.Shape[0], x.Shape[1]], Int("axis", 1)));
    }

    /// <summary>[.., tokens, C] to [.., C]: the mean over the tokens.</summary>
    public Tensor MeanOverTokens(Tensor x) => Layer(LayerKind.GlobalPool, Qualify("mean_over_tokens"), () =>
        Node("ReduceMean", null, [x.Name], [x.Shape[0], x.Shape[2]], Ints("axes", 1), Int("keepdims", 0)));

    /// <summary>Adds two values of one shape, or a constant that spreads over the batch.</summary>
    public Tensor Add(Tensor a, Tensor b)
    {
        bool spreads = b.Shape[0] == 1 && a.Shape.Skip(1).SequenceEqual(b.Shape.Skip(1));
        Require(a.Shape.SequenceEqual(b.Shape) || spreads, "Add", a, b);
        return Layer(LayerKind.Add, Qualify("add"), () => Node("Add", null, [a.Name, b.Name], [.. a.Shape]));
    }

    public Tensor MatMul(Tensor a, Tensor b)
    {
        Require(a.Shape.SkipLast(2).SequenceEqual(b.Shape.SkipLast(2)) && a.Shape[^1] == b.Shape[^2], "MatMul", a, b);
        return Node("MatMul", null, [a.Name, b.Name], [.. a.Shape.SkipLast(1), b.Shape[^1]]);
    }

    /// <summary>Joins values along the channels, oldest first.</summary>
    public Tensor Concat(params Tensor[] parts)
    {
        int[] shape = [.. parts[0].Shape];
        Require(parts.All(p => p.Rank == shape.Length && p.Shape.Skip(2).SequenceEqual(shape.Skip(2))), "Concat", parts);
        shape[1] = parts.Sum(p => p.Shape[1]);
        return Layer(LayerKind.Concat, Qualify("concat"), () =>
            Node("Concat", null, [.. parts.Select(p => p.Name)], shape, Int("axis", 1)));
    }

    /// <summary>Cuts a value along an axis into parts of these sizes.</summary>
    public Tensor[] Split(Tensor x, int axis, params int[] sizes)
    {
        Require(sizes.Sum() == x.Shape[axis], $"Split into {string.Join('+', sizes)}", x);
        string name = Unique(Qualify("split"));
        Tensor[] parts = [.. sizes.Select((size, i) => new Tensor($"{name}:{i}", [.. x.Shape.Select((d, a) => a == axis ? size : d)]))];
        Layer(LayerKind.Reshape, name, () =>
        {
            Model.Node("Split", [x.Name, Vector(sizes)], [.. parts.Select(p => p.Name)], name, attributes: [Int("axis", axis)]);
            return parts[0];
        });
        return parts;
    }

    /// <summary>Cuts a value along an axis into equal parts.</summary>
    public Tensor[] SplitEvenly(Tensor x, int axis, int parts) =>
        Split(x, axis, [.. Enumerable.Repeat(x.Shape[axis] / parts, parts)]);

    /// <summary>A new shape behind the batch axis, which takes up the rest: [-1, tail...].</summary>
    public Tensor Reshape(Tensor x, params int[] tail)
    {
        long inner = tail.Aggregate(1L, (product, d) => product * d);
        Require(x.Elements % inner == 0, $"Reshape to [-1,{string.Join(',', tail)}]", x);
        return Layer(LayerKind.Reshape, Qualify("reshape"), () =>
            Node("Reshape", null, [x.Name, Vector([-1, .. tail])], [(int)(x.Elements / inner), .. tail]));
    }

    public Tensor Transpose(Tensor x, params int[] order)
    {
        Require(order.Order().SequenceEqual(Enumerable.Range(0, x.Rank)) && order[0] == 0, "Transpose", x);
        return Layer(LayerKind.Reshape, Qualify("transpose"), () =>
            Node("Transpose", null, [x.Name], [.. order.Select(axis => x.Shape[axis])], Ints("perm", [.. order.Select(axis => (long)axis)])));
    }

    /// <summary>Zero tokens before and after the tokens of [.., tokens, C].</summary>
    public Tensor PadTokens(Tensor x, int before, int after) => Layer(LayerKind.Reshape, Qualify("pad"), () =>
        Node("Pad", null, [x.Name, Vector(0, before, 0, 0, after, 0)], [x.Shape[0], before + x.Shape[1] + after, x.Shape[2]]));

    /// <summary>[.., tokens, C] to [.., C]: the first token.</summary>
    public Tensor FirstToken(Tensor x)
    {
        Tensor first = Layer(LayerKind.Reshape, Qualify("slice"), () =>
            Node("Slice", null, [x.Name, Vector(0), Vector(1), Vector(1)], [x.Shape[0], 1, x.Shape[2]]));
        return Reshape(first, x.Shape[2]);
    }

    private static int[] Window(Tensor x, int channels, int kernel, int stride, int pad)
    {
        int Side(int side) => (side + 2 * pad - kernel) / stride + 1;
        return [x.Shape[0], channels, Side(x.Shape[2]), Side(x.Shape[3])];
    }

    private static void Require(bool fits, string layer, params Tensor[] inputs)
    {
        if (!fits)
        {
            throw new InvalidOperationException($"{layer} does not take {string.Join(" and ", inputs.AsEnumerable())}");
        }
    }
}
