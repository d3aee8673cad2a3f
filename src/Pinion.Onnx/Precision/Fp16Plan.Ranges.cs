namespace Pinion.Onnx;

/// <content>Constants that FP16 cannot hold.</content>
internal sealed partial class Fp16Plan
{
    /// <summary>
    /// Why a node must see a constant as it is that is in its input: zero in its place would be divided by, and a Softmax of nothing but
    /// infinity is no number.
    /// </summary>
    private static string? ExtremeReason(GraphNode node)
    {
        bool repeats = OperatorKinds.Repeats(node.Operator);
        if (node.Inputs.ElementAtOrDefault(node.Operator == "Div" ? 1 : 0) is not { Extreme: { } extreme } value
            || !(repeats || (extreme <= Underflow ? node.Operator is "Div" or "Log" or "Pow" or "Reciprocal" or "Sqrt" : node.Operator is "LogSoftmax" or "Softmax")))
        {
            return null;
        }

        float left = node.Operator == "Sqrt" ? MathF.Sqrt(extreme) : extreme;
        if (repeats || (node.Operator == "Sqrt" && left <= Underflow))
        {
            SetExtreme(node, left);
        }

        return FormattableString.Invariant($"a constant of {extreme:G6} is in its input '{value.Name}', which FP16 {(extreme <= Underflow ? "rounds to zero" : "makes infinite")}");
    }

    private static void SetExtreme(GraphNode node, float extreme)
    {
        foreach (GraphValue output in node.Outputs.OfType<GraphValue>())
        {
            output.Extreme = extreme;
        }
    }

    /// <summary>Why a constant of the node does not fit FP16.</summary>
    private string? RangeReason(GraphNode node, OperatorTypes types)
    {
        if (node.Operator == "BatchNormalization" && types.Input(3) == types.Input(0))
        {
            return FoldStatistics(node);
        }

        for (int i = 0; i < node.Inputs.Count; i++)
        {
            if (!Switches(node, types, types.Input(i)) || node.Inputs[i] is not { IsFloat32: true } value || MagnitudeOf(value) is not { } known || Misfit(known) is not { } misfit)
            {
                continue;
            }

            // A bound that FP16 cannot reach bounds nothing in FP16 either: it becomes infinity.
            if (node.Operator != "Clip" || known <= Underflow)
            {
                if (OperatorKinds.Moves(node.Operator) || node.Operator is "Add" or "Clip" or "Max" or "Min" or "Sub" or "Sum" or "Where")
                {
                    SetExtreme(node, known);
                }

                return $"its constant '{value.Name}' {misfit}";
            }
        }

        if (node.Operator == "Clip" && node.Attribute("min") is { F: > 0 and <= Underflow } bound)
        {
            SetExtreme(node, bound.F);
            return $"its bound {Misfit(bound.F)}";
        }

        if (node.Operator == "ConstantOfShape" && Misfit(MovedMagnitude(node)) is { } fill)
        {
            return $"its value {fill}";
        }

        if (node.Operator == "Pad" && node.Attribute("value") is { } padding && Misfit(Math.Abs(padding.F)) is { } wrong)
        {
            return $"its value {wrong}";
        }

        return null;
    }

    private float? MagnitudeOf(GraphValue value) => value.Constant is { } tensor ? value.Magnitude ??= _constants.Magnitude(tensor) : value.Magnitude;

    /// <summary>The largest magnitude of what a node makes of constants without computing.</summary>
    private float? MovedMagnitude(GraphNode node)
    {
        if (node.Operator == "ConstantOfShape")
        {
            return node.Attribute("value")?.T is { DataType: (int)OnnxType.Float32 } fill ? _constants.Magnitude(fill) : null;
        }

        if (node.Operator == "Cast" && node.Inputs is [{ IsFloat32: false, Constant: { } source }, ..])
        {
            return ConstantFloats.SmallMagnitude(source);
        }

        float?[] magnitudes = OperatorKinds.Moves(node.Operator) || node.Operator is "Abs" or "Cast" or "Neg"
            ? [.. node.Inputs.OfType<GraphValue>().Where(i => i.IsFloat32).Select(MagnitudeOf)] : [];
        return magnitudes.Contains(null) ? null : magnitudes.Max();
    }

    private static string? Misfit(float? magnitude) =>
        magnitude is >= Overflow and < float.PositiveInfinity ? FormattableString.Invariant($"holds {magnitude:G6}, beyond FP16's 65504")
        : magnitude is > 0 and <= Underflow ? FormattableString.Invariant($"is {magnitude:G6} at most, which FP16 rounds to zero")
        : null;

    /// <summary>
    /// At opsets where its statistics have the type of its input, a BatchNormalization becomes a scale and a bias, each rounded once;
    /// the statistics themselves may well lie outside of FP16.
    /// </summary>
    private string? FoldStatistics(GraphNode node)
    {
        const string Computed = "its statistics are not constants, and this opset has none in FP32 beside an FP16 input";
        if (node.Outputs.Skip(1).Any(o => o is not null) || node.Attribute("spatial") is { I: 0 } || node.Inputs.Count != 5)
        {
            return Computed;
        }

        float[][] parts = new float[4][];
        for (int i = 0; i < parts.Length; i++)
        {
            if (node.Inputs[i + 1]?.Constant is not { DataType: (int)OnnxType.Float32 } tensor)
            {
                return Computed;
            }

            parts[i] = _constants.ReadAll(tensor);
            if (parts[i].Length != parts[0].Length)
            {
                return "its statistics are not of one length";
            }
        }

        double epsilon = node.Attribute("epsilon")?.F ?? 1e-5f;
        float[] scale = new float[parts[0].Length];
        float[] bias = new float[scale.Length];
        for (int i = 0; i < scale.Length; i++)
        {
            double factor = parts[0][i] / Math.Sqrt(parts[3][i] + epsilon);
            bias[i] = (float)(parts[1][i] - (parts[2][i] * factor));
            // The node adds its epsilon to a variance of one, and divides.
            scale[i] = (float)(factor * Math.Sqrt(1 + epsilon));
            if (!(Math.Abs(scale[i]) < Overflow) || !(Math.Abs(bias[i]) < Overflow))
            {
                return FormattableString.Invariant($"its statistics make a scale of {scale[i]:G6} and a bias of {bias[i]:G6} in channel {i}; FP16 ends at 65504");
            }
        }

        if (Misfit(scale.Select(Math.Abs).DefaultIfEmpty().Max()) is { } misfit)
        {
            return $"its scale {misfit}";
        }

        node.Folded = (scale, bias);
        return null;
    }
}
