namespace Pinion.Onnx;

/// <content>If, Loop and Scan.</content>
internal sealed partial class Fp16Plan
{
    private void DecideControl(GraphNode node, string? selected)
    {
        // The first Scan takes a batch, and lengths before its states.
        bool isKnown = node is { Types: { } types, Operator: "If" or "Loop" or "Scan" } && !(node.Operator == "Scan" && types.Input(0) == "i64");
        string? reason = selected ?? (isKnown ? null : $"the graphs inside of {node.Operator} stay FP32");
        if (!isKnown)
        {
            GraphNode[] inside = [.. node.Bodies.SelectMany(b => b.AllNodes)];
            foreach (GraphNode inner in inside)
            {
                Keep(inner, Selection(inner) ?? reason!);
            }

            foreach (ModelGraph body in inside.Prepend(node).SelectMany(n => n.Bodies))
            {
                for (int i = 0; i < body.Outputs.Count; i++)
                {
                    body.OutputWants[i] = body.Outputs[i].Type;
                }
            }
        }
        else if (node.Operator == "If")
        {
            DecideBranches(node, mayBeHalf: reason is null);
        }
        else
        {
            DecideLoop(node, mayBeHalf: reason is null);
        }

        bool isHalf = node.Outputs.Any(o => o is { IsFloat32: true, Native: OnnxType.Float16 }) || node.Wants.Contains(OnnxType.Float16);
        bool hasFloats = node.Outputs.Concat(node.Inputs).Any(v => v is { IsFloat32: true });
        node.Precision = isHalf ? NodePrecision.Fp16 : hasFloats ? NodePrecision.Fp32 : NodePrecision.Unchanged;
        node.Reason = isHalf ? "" : hasFloats ? reason ?? "what its bodies compute for it is FP32" : "";
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            node.Wants[i] = node.Inputs[i] is { IsFloat32: true } && node.Wants[i] == OnnxType.Undefined ? OnnxType.Float32 : node.Wants[i];
        }
    }

    private void DecideBranches(GraphNode node, bool mayBeHalf)
    {
        foreach (ModelGraph branch in node.Bodies)
        {
            Decide(branch);
        }

        for (int i = 0; i < node.Outputs.Count; i++)
        {
            GraphValue[] given = [.. node.Bodies.Where(b => i < b.Outputs.Count).Select(b => b.Outputs[i])];
            bool isHalf = mayBeHalf && given.All(v => v.IsFloat32) && given.Any(IsHalf);
            Give(node.Outputs[i], isHalf);
            foreach (ModelGraph branch in node.Bodies.Where(b => i < b.Outputs.Count && b.Outputs[i].IsFloat32))
            {
                branch.OutputWants[i] = isHalf ? OnnxType.Float16 : OnnxType.Float32;
            }
        }
    }

    /// <summary>
    /// A Loop's or a Scan's state has one type before, inside and after. FP16 is tried first; a state that the body computes in FP32
    /// stays FP32. A state made of whole numbers alone counts something.
    /// </summary>
    private void DecideLoop(GraphNode node, bool mayBeHalf)
    {
        ModelGraph body = node.Bodies[0];
        bool isLoop = node.Operator == "Loop";
        // Loop: count, condition, states; its body gives the condition before the states.
        int firstInput = isLoop ? 2 : 0;
        int firstOutput = isLoop ? 1 : 0;
        int states = isLoop ? node.Inputs.Count - firstInput : node.Inputs.Count - (int)(node.Attribute("num_scan_inputs")?.I ?? 0);
        int inputs = Math.Min(node.Inputs.Count, body.Inputs.Count);
        bool[] isHalf = [.. Enumerable.Range(0, inputs).Select(i => mayBeHalf && body.Inputs[i].IsFloat32)];
        bool[] counts = [.. Enumerable.Range(0, inputs).Select(i => i >= firstInput && node.Inputs[i] is { } given
            && (given.Origin == ValueOrigin.Integers || (given.Origin == ValueOrigin.Constant && i - firstInput < states)))];
        bool changed;
        do
        {
            changed = false;
            for (int i = 0; i < inputs; i++)
            {
                body.Inputs[i].Origin = counts[i] ? ValueOrigin.Integers : ValueOrigin.Activation;
                body.Inputs[i].Native = body.Inputs[i].IsFloat32 && isHalf[i] && !counts[i] ? OnnxType.Float16 : body.Inputs[i].Type;
            }

            Decide(body);
            for (int i = firstInput; i < Math.Min(inputs, firstInput + states); i++)
            {
                if (body.Outputs.ElementAtOrDefault(i - firstInput + firstOutput) is not { IsFloat32: true } next)
                {
                    changed |= isHalf[i];
                    isHalf[i] = false;
                }
                else if (counts[i] && next.Origin == ValueOrigin.Activation)
                {
                    counts[i] = false;
                    changed = true;
                }
                else if (isHalf[i] && !counts[i] && next.Constant is null && !IsHalf(next))
                {
                    isHalf[i] = false;
                    changed = true;
                }
            }
        }
        while (changed);

        for (int i = firstInput; i < inputs; i++)
        {
            node.Wants[i] = body.Inputs[i].IsFloat32 ? body.Inputs[i].Native : OnnxType.Undefined;
        }

        for (int i = 0; i < body.Outputs.Count; i++)
        {
            int state = i - firstOutput;
            bool half = body.Outputs[i].IsFloat32 && (state >= 0 && state < states && state + firstInput < inputs
                ? body.Inputs[state + firstInput].Native == OnnxType.Float16 : mayBeHalf && IsHalf(body.Outputs[i]));
            body.OutputWants[i] = !body.Outputs[i].IsFloat32 ? OnnxType.Undefined : half ? OnnxType.Float16 : OnnxType.Float32;
            if (state >= 0 && state < node.Outputs.Count)
            {
                Give(node.Outputs[state], half);
                if (node.Outputs[state] is { } output && state < states && state + firstInput < inputs && counts[state + firstInput])
                {
                    output.Origin = ValueOrigin.Integers;
                }
            }
        }
    }
}
