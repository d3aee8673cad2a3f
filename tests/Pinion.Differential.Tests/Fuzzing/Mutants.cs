using Google.Protobuf;

namespace Pinion.Differential.Tests;

/// <summary>Models that nobody thought of: examples of the table changed several times, put behind each other, and damaged as bytes. One number makes one model.</summary>
internal static class Mutants
{
    private const int MostChanges = 3;
    private const int MostNodes = 4;

    public static Case Make(int seed)
    {
        var random = new Random(seed);
        int opset = random.Next(Operator.FirstOpset, Operator.LastOpset + 1);
        ModelProto model = Changed(random, opset);
        for (int nodes = random.Next(MostNodes); nodes > 0; nodes--)
        {
            model = Behind(model, Changed(random, opset), random);
        }

        byte[] bytes = random.Next(6) == 0 ? Damaged(model.ToByteArray(), random) : model.ToByteArray();
        return new Case($"fuzz/{seed}", opset, null, () => bytes);
    }

    private static ModelProto Changed(Random random, int opset)
    {
        while (true)
        {
            Operator op = Any(random, OperatorTable.Operators);
            Example example = Any(random, op.Examples);
            for (int changes = random.Next(MostChanges + 1); changes > 0; changes--)
            {
                example = Any(random, [.. Variants.Changes(example).Append(example)]);
            }

            OnnxType type = random.Next(3) == 0 ? Any(random, [.. Elements.Types.Values]) : op.Exchanged;
            // Not every mixture of changes can be written down.
            if (example.Inputs.All(i => i is not { IsConstant: true } || (i.Shape is not null && Elements.CanBeConstant(i.Type ?? type) && i.Shape.All(a => a.Size >= 0))))
            {
                return example.ToModel(op.Name, opset, type);
            }
        }
    }

    /// <summary>The first output of one model is an input of the other.</summary>
    private static ModelProto Behind(ModelProto first, ModelProto second, Random random)
    {
        string prefix = $"n{first.Graph.Node.Count}_";
        var renamed = new Dictionary<string, string> { [""] = "" };
        if (second.Graph.Input.Count > 0 && first.Graph.Output.Count > 0)
        {
            renamed[Any(random, second.Graph.Input).Name] = Any(random, first.Graph.Output).Name;
        }

        string New(string name) => renamed.TryGetValue(name, out string? given) ? given : renamed[name] = prefix + name;
        ModelProto joined = first.Clone();
        foreach (ValueInfoProto input in second.Graph.Input.Where(i => !renamed.ContainsKey(i.Name)).ToArray())
        {
            input.Name = New(input.Name);
            joined.Graph.Input.Add(input);
        }

        foreach (TensorProto constant in second.Graph.Initializer)
        {
            constant.Name = New(constant.Name);
            joined.Graph.Initializer.Add(constant);
        }

        foreach (NodeProto node in second.Graph.Node)
        {
            string[] inputs = [.. node.Input.Select(New)];
            string[] outputs = [.. node.Output.Select(New)];
            joined.Graph.Node.Add(new NodeProto { OpType = node.OpType, Name = prefix + node.Name, Input = { inputs }, Output = { outputs }, Attribute = { node.Attribute } });
        }

        foreach (ValueInfoProto output in second.Graph.Output)
        {
            output.Name = New(output.Name);
            joined.Graph.Output.Add(output);
        }

        return joined;
    }

    private static byte[] Damaged(byte[] bytes, Random random)
    {
        for (int flips = random.Next(1, 4); flips > 0; flips--)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        return random.Next(4) == 0 ? bytes[..random.Next(1, bytes.Length)] : bytes;
    }

    private static T Any<T>(Random random, IEnumerable<T> items)
    {
        T[] all = [.. items];
        return all[random.Next(all.Length)];
    }
}
