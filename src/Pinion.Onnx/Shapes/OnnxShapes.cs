namespace Pinion.Onnx;

/// <summary>
/// Shapes of what a node makes, from the shapes of what it takes. Small integer values are carried along, because
/// exporters compute the shapes that Reshape and its like take from Shape, Gather and Concat.
/// </summary>
internal static partial class OnnxShapes
{
    /// <summary>What is known of the node's outputs. There may be fewer than the node has; the rest is unknown.</summary>
    public static IReadOnlyList<OnnxValue> Infer(OnnxNode node)
    {
        try
        {
            return Rule(node);
        }
        catch (Exception e) when (e is OverflowException or ArgumentOutOfRangeException or IndexOutOfRangeException or DivideByZeroException)
        {
            // A graph that contradicts itself; the nodes that depend on this one are reported as unknown.
            return [];
        }
    }

    private static OnnxValue[] Rule(OnnxNode node) => node.Operator switch
    {
        "Relu" or "LeakyRelu" or "Sigmoid" or "HardSigmoid" or "HardSwish" or "Tanh" or "Erf" or "Sqrt" or "Exp" or "Log" or "Neg" or "Abs"
            or "Floor" or "Ceil" or "Round" or "Clip" or "Elu" or "Selu" or "Celu" or "Softplus" or "Softsign" or "Softmax" or "LogSoftmax"
            or "Hardmax" or "BatchNormalization" or "InstanceNormalization" or "LayerNormalization" or "GroupNormalization"
            or "LpNormalization" or "RMSNormalization" or "LRN" or "PRelu" or "Reciprocal" or "Sin" or "Cos" or "Not" or "Sign" or "IsNaN"
            or "IsInf" or "Gelu" or "Mish" or "Swish" or "ThresholdedRelu" or "CumSum" or "Trilu" or "QuantizeLinear" or "DequantizeLinear"
            or "Dropout" or "MeanVarianceNormalization" => [OnnxValue.Of(node.Input(0).Shape)],
        "Identity" or "Cast" => [node.Input(0) with { IsConstant = false }],
        "Add" or "Sub" or "Mul" or "Div" => [Arithmetic(node)],
        "Pow" or "Mod" or "Min" or "Max" or "Sum" or "Mean" or "And" or "Or" or "Xor" or "Greater" or "Less" or "GreaterOrEqual"
            or "LessOrEqual" or "BitShift" => [OnnxValue.Of(Broadcast(node))],
        "Equal" => [Equal(node)],
        "Where" => [Where(node)],

        "Conv" => [OnnxValue.Of(Windows(node, node.Input(0), node.Input(1), node.Input(1).Dim(0)))],
        "ConvInteger" => [OnnxValue.Of(Windows(node, node.Input(0), node.Input(1), node.Input(1).Dim(0)))],
        "QLinearConv" => [OnnxValue.Of(Windows(node, node.Input(0), node.Input(3), node.Input(3).Dim(0)))],
        "ConvTranspose" => [OnnxValue.Of(Transposed(node))],
        "MaxPool" or "AveragePool" or "LpPool" => Pool(node),
        "GlobalAveragePool" or "GlobalMaxPool" or "GlobalLpPool" =>
            [OnnxValue.Of(node.Input(0).Shape?.Select((d, axis) => axis < 2 ? d : 1))],
        "Gemm" => [OnnxValue.Of([
            node.Input(0).Dim(node.Int("transA", 0) == 0 ? 0 : 1),
            node.Input(1).Dim(node.Int("transB", 0) == 0 ? 1 : 0)])],
        "MatMul" or "MatMulInteger" => [OnnxValue.Of(Product(node.Input(0), node.Input(1)))],
        "QLinearMatMul" => [OnnxValue.Of(Product(node.Input(0), node.Input(3)))],
        "Einsum" => [OnnxValue.Of(OnnxEinsum.Parse(node)?.Output)],
        "LSTM" or "GRU" or "RNN" => Recurrent(node),

        "Constant" => [Constant(node)],
        "ConstantOfShape" => [Filled(node)],
        "Shape" => [ShapeOf(node)],
        "Size" => [OnnxValue.Scalar(node.Input(0).Elements)],
        "Range" => [Range(node)],
        "Reshape" => [Reshape(node)],
        "Flatten" => [Flatten(node)],
        "Transpose" => [Transpose(node)],
        "Squeeze" => [Squeeze(node)],
        "Unsqueeze" => [Unsqueeze(node)],
        "Concat" => [Concat(node)],
        "Split" => Split(node),
        "Slice" => [Slice(node)],
        "Gather" => [Gather(node)],
        "GatherElements" => [OnnxValue.Of(node.Input(1).Shape)],
        "GatherND" => [GatherNd(node)],
        "ScatterND" or "ScatterElements" => [OnnxValue.Of(node.Input(0).Shape)],
        "Pad" => [Pad(node)],
        "Tile" => [Tile(node)],
        "Expand" => [Expand(node)],
        "Resize" or "Upsample" => [Resize(node)],
        "DepthToSpace" => [Blocks(node, outwards: true)],
        "SpaceToDepth" => [Blocks(node, outwards: false)],
        "OneHot" => [OneHot(node)],
        "TopK" => TopK(node),
        "ArgMax" or "ArgMin" => [Reduce(node, OnlyAxis(node))],
        _ when node.Operator.StartsWith("Reduce", StringComparison.Ordinal) => [Reduce(node, node.IntsOrInput("axes", 1))],
        _ => [],
    };

    /// <summary>An axis counted from the front; throws if it is none.</summary>
    private static int Axis(long axis, int rank)
    {
        long at = axis < 0 ? axis + rank : axis;
        ArgumentOutOfRangeException.ThrowIfNegative(at, nameof(axis));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(at, rank, nameof(axis));
        return (int)at;
    }

    private static long?[]? Broadcast(params IReadOnlyList<long?>?[] shapes)
    {
        if (shapes.Any(s => s is null))
        {
            return null;
        }

        long?[] result = new long?[shapes.Max(s => s!.Count)];
        Array.Fill(result, 1);
        foreach (IReadOnlyList<long?>? shape in shapes)
        {
            for (int i = 1; i <= shape!.Count; ++i)
            {
                // A size above one wins; an unknown one wins over one.
                long? mine = shape[^i];
                result[^i] = result[^i] is > 1 ? result[^i] : mine == 1 ? result[^i] : mine;
            }
        }

        return result;
    }

    private static long?[]? Broadcast(OnnxNode node) =>
        Broadcast([.. Enumerable.Range(0, node.InputCount).Select(i => node.Input(i).Shape)]);

    private static OnnxValue Arithmetic(OnnxNode node)
    {
        var result = OnnxValue.Of(Broadcast(node));
        if (node.Input(0).Integers is not { } a || node.Input(1).Integers is not { } b)
        {
            return result;
        }

        int count = Math.Max(a.Count, b.Count);
        long?[] values = new long?[count];
        for (int i = 0; i < count; ++i)
        {
            values[i] = Fold(node.Operator, a.Count == 1 ? a[0] : a[i], b.Count == 1 ? b[0] : b[i]);
        }

        return result with { Integers = values };
    }

    private static long? Fold(string operation, long? a, long? b) => operation switch
    {
        "Add" => a + b,
        "Sub" => a - b,
        "Mul" => a * b,
        _ => b == 0 ? null : a / b,
    };

    private static OnnxValue Equal(OnnxNode node)
    {
        var result = OnnxValue.Of(Broadcast(node));
        if (node.Input(0).Integers is not { } a || node.Input(1).Integers is not { } b || a.Count != b.Count)
        {
            return result;
        }

        return result with { Integers = [.. a.Zip(b, (x, y) => x is null || y is null ? null : (long?)(x == y ? 1 : 0))] };
    }

    private static OnnxValue Where(OnnxNode node)
    {
        var result = OnnxValue.Of(Broadcast(node));
        if (node.Input(0).Integers is not { } condition || node.Input(1).Integers is not { } a || node.Input(2).Integers is not { } b
            || a.Count != condition.Count || b.Count != condition.Count)
        {
            return result;
        }

        return result with { Integers = [.. condition.Select((c, i) => c is null ? null : c != 0 ? a[i] : b[i])] };
    }

    /// <summary>Output of a convolution or pool; the kernel's size is an attribute or that of the weight.</summary>
    private static long?[]? Windows(OnnxNode node, OnnxValue x, OnnxValue? weight, long? channels)
    {
        if (x.Shape is not { Count: > 2 } shape)
        {
            return null;
        }

        int axes = shape.Count - 2;
        IReadOnlyList<long>? kernel = node.Ints("kernel_shape");
        long?[] result = new long?[shape.Count];
        result[0] = shape[0];
        result[1] = channels;
        for (int i = 0; i < axes; ++i)
        {
            long? size = kernel?[i] ?? weight?.Dim(i + 2);
            result[i + 2] = Side(node, shape[i + 2], size, i, axes);
        }

        return result;
    }

    private static OnnxValue[] Pool(OnnxNode node)
    {
        var result = OnnxValue.Of(Windows(node, node.Input(0), null, node.Input(0).Dim(1)));
        return [result, result];
    }

    private static long? Side(OnnxNode node, long? input, long? kernel, int axis, int axes)
    {
        long stride = node.Ints("strides")?[axis] ?? 1;
        long dilation = node.Ints("dilations")?[axis] ?? 1;
        long? reach = (kernel - 1) * dilation + 1;
        IReadOnlyList<long>? pads = node.Ints("pads");
        long padBefore = pads?[axis] ?? 0;
        long padded = padBefore + (pads?[axis + axes] ?? 0);
        switch (node.Text("auto_pad", "NOTSET"))
        {
            case "SAME_UPPER" or "SAME_LOWER":
                return (input + stride - 1) / stride;
            case "VALID":
                padBefore = padded = 0;
                break;
        }

        long? room = input + padded - reach;
        if (node.Int("ceil_mode", 0) == 0 || room is null)
        {
            return room / stride + 1;
        }

        long? sides = (room + stride - 1) / stride + 1;
        // A window that would begin in the padding behind the input is left out.
        return (sides - 1) * stride >= input + padBefore ? sides - 1 : sides;
    }

    private static long?[]? Transposed(OnnxNode node)
    {
        if (node.Input(0).Shape is not { Count: > 2 } shape)
        {
            return null;
        }

        int axes = shape.Count - 2;
        IReadOnlyList<long>? kernel = node.Ints("kernel_shape");
        IReadOnlyList<long>? given = node.Ints("output_shape");
        long?[] result = new long?[shape.Count];
        result[0] = shape[0];
        result[1] = node.Input(1).Dim(1) * node.Int("group", 1);
        for (int i = 0; i < axes; ++i)
        {
            long stride = node.Ints("strides")?[i] ?? 1;
            long dilation = node.Ints("dilations")?[i] ?? 1;
            long extra = node.Ints("output_padding")?[i] ?? 0;
            long padded = (node.Ints("pads")?[i] ?? 0) + (node.Ints("pads")?[i + axes] ?? 0);
            long? size = kernel?[i] ?? node.Input(1).Dim(i + 2);
            result[i + 2] = given is not null
                ? given[i]
                : node.Text("auto_pad", "NOTSET").StartsWith("SAME", StringComparison.Ordinal)
                    ? shape[i + 2] * stride
                    : stride * (shape[i + 2] - 1) + extra + (size - 1) * dilation + 1 - padded;
        }

        return result;
    }

    private static List<long?>? Product(OnnxValue a, OnnxValue b)
    {
        if (a.Shape is not { Count: > 0 } left || b.Shape is not { Count: > 0 } right)
        {
            return null;
        }

        long?[] batch = Broadcast([.. left.SkipLast(2)], [.. right.SkipLast(2)])!;
        List<long?> result = [.. batch];
        if (left.Count > 1)
        {
            result.Add(left[^2]);
        }

        if (right.Count > 1)
        {
            result.Add(right[^1]);
        }

        return result;
    }

    private static OnnxValue[] Recurrent(OnnxNode node)
    {
        OnnxValue x = node.Input(0);
        long? directions = node.Input(1).Dim(0);
        long? hidden = node.Input(2).Dim(2);
        bool batchFirst = node.Int("layout", 0) == 1;
        long? sequence = x.Dim(batchFirst ? 1 : 0);
        long? batch = x.Dim(batchFirst ? 0 : 1);
        OnnxValue all = batchFirst ? OnnxValue.Of([batch, sequence, directions, hidden]) : OnnxValue.Of([sequence, directions, batch, hidden]);
        OnnxValue last = batchFirst ? OnnxValue.Of([batch, directions, hidden]) : OnnxValue.Of([directions, batch, hidden]);
        return [all, last, last];
    }
}
