using AttributeType = Pinion.Onnx.AttributeProto.Types.AttributeType;

namespace Pinion.Differential.Tests;

/// <summary>Cases of an operator: its examples over the opsets, and what every operator is asked beside them.</summary>
internal static class Variants
{
    private const string Seed = "variants";
    private const string NoAttributeOfAny = "no_attribute_of_any";

    private static readonly string[] CommonTypes = ["f16", "bf16", "f64", "i8", "u8", "i32", "i64", "bool"];
    private static readonly string[] RareTypes = ["i16", "u16", "u32", "u64", "str", "c64", "f8e4m3", "f8e5m2", "i4", "u4"];

    public static IEnumerable<Case> Of(Operator op)
    {
        Example basic = op.Examples[0];
        foreach (Example example in op.Examples)
        {
            IEnumerable<int> opsets = Forms(op, example);
            foreach (int opset in example == basic ? opsets : opsets.Where(o => o == opsets.Max() || Case.Number(Seed, $"{op.Name}/{example.Name}/{o}") % 3 == 0))
            {
                yield return Make(op, opset, example.Name, example.IsValid, example, op.Exchanged);
            }

            foreach ((string suffix, Example changed) in OfAttributes(example))
            {
                yield return Make(op, Chosen(op, example, suffix), $"{example.Name}+{suffix}", null, changed, op.Exchanged);
            }

            if (example == basic || !example.IsValid)
            {
                yield return Between(op, Chosen(op, example, "between"), example);
            }
        }

        foreach (string type in CommonTypes.Append(RareTypes[Case.Number(Seed, op.Name) % RareTypes.Length]).Where(t => Elements.Types[t] != op.Exchanged && TakesType(basic, Elements.Types[t])))
        {
            yield return Make(op, Chosen(op, basic, type), $"{basic.Name}+{type}", null, basic, Elements.Types[type]);
        }

        foreach ((string suffix, bool? isValid, Example changed) in OfInputs(basic).Concat(OfOutputs(basic)))
        {
            yield return Make(op, Chosen(op, basic, suffix), $"{basic.Name}+{suffix}", isValid, changed, op.Exchanged);
        }

        foreach (Case odd in OfModels(op, basic))
        {
            yield return odd;
        }
    }

    /// <summary>Every way to change the node of an example.</summary>
    public static IEnumerable<Example> Changes(Example example) =>
        OfAttributes(example).Select(c => c.Changed).Concat(OfInputs(example).Concat(OfOutputs(example)).Select(c => c.Changed));

    private static Case Make(Operator op, int opset, string name, bool? isValid, Example example, OnnxType type) =>
        new(NameOf(op, opset, name), opset, HasShapes(example) ? isValid : null, () => example.ToModel(op.Name, opset, type));

    /// <summary>Without them no model is valid.</summary>
    private static bool HasShapes(Example example) => example.Outputs.All(o => o is { Shape: not null } or { IsNamed: false });

    private static string NameOf(Operator op, int opset, string name) => $"{op.Name.ToLowerInvariant()}/opset{opset}/{name}";

    private static IEnumerable<int> Forms(Operator op, Example example) => op.Opsets.Where(o => o >= example.First && o <= example.Last).DefaultIfEmpty(example.First);

    /// <summary>Another one for each variant, so that all opsets are asked much and none everything.</summary>
    private static int Chosen(Operator op, Example example, string suffix)
    {
        int[] opsets = [.. Forms(op, example)];
        return opsets[Case.Number(Seed, $"{op.Name}/{example.Name}/{suffix}") % opsets.Length];
    }

    private static bool TakesType(Example example, OnnxType type) =>
        example.Inputs.Any(i => i is { Type: null }) && (Elements.CanBeConstant(type) || !example.Inputs.Any(i => i is { Type: null, IsConstant: true }));

    private static IEnumerable<(string Suffix, Example Changed)> OfAttributes(Example example)
    {
        foreach (AttributeProto attribute in example.Attributes)
        {
            yield return ($"without-{attribute.Name}", With(example, attribute, null));
            foreach ((string suffix, AttributeProto changed) in Changes(attribute))
            {
                yield return ($"{attribute.Name}-{suffix}", With(example, attribute, changed));
            }
        }
    }

    private static IEnumerable<(string Suffix, AttributeProto Changed)> Changes(AttributeProto attribute)
    {
        string name = attribute.Name;
        switch (attribute.Type)
        {
            case AttributeType.Int:
                yield return ("minus9", OnnxAttributes.Int(name, -9));
                yield return ("9", OnnxAttributes.Int(name, 9));
                yield return ("float", OnnxAttributes.Float(name, attribute.I));
                break;
            case AttributeType.Float:
                yield return ("0", OnnxAttributes.Float(name, 0));
                yield return ("minus", OnnxAttributes.Float(name, -1));
                break;
            case AttributeType.String:
                yield return ("nonsense", OnnxAttributes.Text(name, "nonsense"));
                yield return ("int", OnnxAttributes.Int(name, 1));
                break;
            case AttributeType.Ints:
                yield return ("0", OnnxAttributes.Ints(name, [.. attribute.Ints.Select(_ => 0L)]));
                yield return ("minus", OnnxAttributes.Ints(name, [.. attribute.Ints.Select(i => -i)]));
                yield return ("short", OnnxAttributes.Ints(name, [.. attribute.Ints.Skip(1)]));
                yield return ("long", OnnxAttributes.Ints(name, [.. attribute.Ints, 1]));
                yield return ("int", OnnxAttributes.Int(name, attribute.Ints.FirstOrDefault()));
                break;
        }
    }

    private static Example With(Example example, AttributeProto old, AttributeProto? changed) =>
        Unsaid(example) with { Attributes = [.. example.Attributes.Select(a => a == old ? changed : a).OfType<AttributeProto>()] };

    private static IEnumerable<(string Suffix, bool? IsValid, Example Changed)> OfInputs(Example example)
    {
        yield return ("more-inputs", null, example with { Inputs = [.. example.Inputs, new Operand(null, [new Axis(2)])] });
        if (example.Inputs.Count == 0)
        {
            yield break;
        }

        yield return ("fewer-inputs", null, example with { Inputs = [.. example.Inputs.SkipLast(1)] });
        yield return ("no-inputs", null, example with { Inputs = [] });
        for (int i = 0; i < example.Inputs.Count; i++)
        {
            if (example.Inputs[i] is { } input)
            {
                yield return ($"without-input{i}", null, With(example, i, _ => null));
                if (input.Shape is not null && input.Shape.All(a => a.Name is null) && Elements.CanBeConstant(input.Type ?? OnnxType.Float32))
                {
                    yield return (input.IsConstant ? $"runtime-input{i}" : $"constant-input{i}", example.IsValid, With(example, i, o => o with { IsConstant = !input.IsConstant }));
                }
            }
        }

        yield return ("open-batch", example.IsValid, Shaped(example, shape => [.. shape.Take(1).Select(a => new Axis(a.Size, "N", 2 * a.Size)), .. shape.Skip(1)]));
        yield return ("open", example.IsValid, Shaped(example, shape => [.. shape.Select(a => new Axis(a.Size, $"d{a.Size}", a.Size))]));
        int names = 0;
        yield return ("open-apart", example.IsValid, Shaped(example, shape => [.. shape.Select(a => new Axis(a.Size, $"u{names++}", 2 * a.Size))]));
        yield return ("no-shape", null, Shaped(example, _ => null));
        yield return ("rank0", null, Shaped(example, _ => []));
        yield return ("rank1", null, Shaped(example, _ => [new Axis(4)]));
        yield return ("rank8", null, Shaped(example, shape => [.. Enumerable.Repeat(new Axis(1), Math.Max(0, 8 - shape.Count)), .. shape]));
        yield return ("rank9", null, Shaped(example, shape => [.. Enumerable.Repeat(new Axis(1), Math.Max(0, 9 - shape.Count)), .. shape]));
        yield return ("no-batch", null, Shaped(example, shape => [.. shape.Skip(1)]));
        yield return ("zero-first", null, Shaped(example, shape => [.. shape.Take(1).Select(_ => new Axis(0)), .. shape.Skip(1)]));
        yield return ("zero-last", null, Shaped(example, shape => [.. shape.SkipLast(1), .. shape.TakeLast(1).Select(_ => new Axis(0))]));
        yield return ("size1", null, Shaped(example, shape => [.. shape.Select(_ => new Axis(1))]));
        yield return ("negative-size", null, Shaped(example, shape => [.. shape.Take(1).Select(_ => new Axis(-3)), .. shape.Skip(1)]));
        if (example.Inputs.Any(i => i is { IsConstant: false }))
        {
            yield return ("all-constant", example.IsValid,
                example with { Inputs = [.. example.Inputs.Select(i => i is { Shape: not null } && Elements.CanBeConstant(i.Type ?? OnnxType.Float32) ? i with { IsConstant = true } : i)] });
        }
    }

    private static Example With(Example example, int index, Func<Operand, Operand?> change) =>
        Unsaid(example) with { Inputs = [.. example.Inputs.Select((input, i) => i == index ? change(input!) : input)] };

    /// <summary>Gives every input of run time another shape.</summary>
    private static Example Shaped(Example example, Func<IReadOnlyList<Axis>, IReadOnlyList<Axis>?> change)
    {
        Operand?[] inputs = [.. example.Inputs.Select(i => i is { IsConstant: false, Shape: not null } ? i with { Shape = change(i.Shape) } : i)];
        bool isOfSameRanks = inputs.Zip(example.Inputs).All(p => p.First?.Shape?.Count == p.Second?.Shape?.Count);
        return (isOfSameRanks ? Unsaid(example) : example with { Outputs = [.. example.Outputs.Select(o => o with { Shape = null })] }) with { Inputs = inputs };
    }

    /// <summary>What changes may have other outputs: their ranks alone are declared.</summary>
    private static Example Unsaid(Example example) => example with { Outputs = [.. example.Outputs.Select(o => o with { Shape = o.Shape?.Select(_ => Axis.Unsaid).ToArray() })] };

    private static IEnumerable<(string Suffix, bool? IsValid, Example Changed)> OfOutputs(Example example)
    {
        yield return ("more-outputs", null, example with { Outputs = [.. example.Outputs, new Result(null, null)] });
        if (example.Outputs.Count > 1)
        {
            yield return ("first-output", null, example with { Outputs = [.. example.Outputs.Take(1)] });
            yield return ("last-output", null, example with { Outputs = [.. example.Outputs.SkipLast(1).Select(o => o with { IsNamed = false }), example.Outputs[^1]] });
        }
    }

    /// <summary>What is wrong, or unusual, around the node.</summary>
    private static IEnumerable<Case> OfModels(Operator op, Example basic)
    {
        Case Odd(string suffix, Action<ModelProto> change, int? opset = null)
        {
            int chosen = opset ?? Chosen(op, basic, suffix);
            return new Case(NameOf(op, chosen, $"{basic.Name}+{suffix}"), chosen, null, () =>
            {
                ModelProto model = basic.ToModel(op.Name, chosen, op.Exchanged);
                change(model);
                return model;
            });
        }

        yield return Odd("unknown-attribute", m => m.Graph.Node[0].Attribute.Add(OnnxAttributes.Int(NoAttributeOfAny, 1)));
        yield return Odd("foreign-domain", m => m.Graph.Node[0].Domain = "com.example");
        yield return Odd("output-declared-wrongly", m => m.Graph.Output.ToList().ForEach(o => o.Type = Example.Info("", Opposite(o), [new Axis(77), new Axis(78)]).Type));
        yield return Odd("unnamed-node", m => m.Graph.Node[0].Name = "");
        if (op.Versions[0] > Operator.FirstOpset)
        {
            yield return Odd("before-its-time", _ => { }, op.Versions[0] - 1);
        }
    }

    private static OnnxType Opposite(ValueInfoProto value) => value.Type.TensorType.ElemType == (int)OnnxType.Float32 ? OnnxType.Int64 : OnnxType.Float32;

    /// <summary>The node is neither the first nor the last one.</summary>
    private static Case Between(Operator op, int opset, Example example) =>
        new(NameOf(op, opset, $"{example.Name}+between"), opset, HasShapes(example) ? example.IsValid : null, () =>
        {
            ModelProto model = example.ToModel(op.Name, opset, op.Exchanged);
            GraphProto graph = model.Graph;
            NodeProto middle = graph.Node[0];
            foreach (ValueInfoProto input in graph.Input)
            {
                graph.Node.Insert(0, new NodeProto { OpType = "Identity", Name = $"before_{input.Name}", Input = { input.Name }, Output = { $"{input.Name}_1" } });
                middle.Input[middle.Input.IndexOf(input.Name)] = $"{input.Name}_1";
            }

            foreach (ValueInfoProto output in graph.Output)
            {
                graph.Node.Add(new NodeProto { OpType = "Identity", Name = $"after_{output.Name}", Input = { output.Name }, Output = { $"{output.Name}_1" } });
                output.Name += "_1";
            }

            return model;
        });
}
