using System.Diagnostics;
using Google.Protobuf;

namespace Pinion.Differential.Tests;

/// <summary>Asks both SDKs about mutants, makes what they answer differently as small as it goes, and writes it down.</summary>
internal sealed class Fuzzer(Asker nvidia, Asker host, DifferenceTable table, string folder)
{
    private const int AtOnce = 200;

    /// <summary>Gives the number of models that were asked about.</summary>
    public int Run(TimeSpan time, int seed)
    {
        Directory.CreateDirectory(folder);
        var seen = new HashSet<(string What, string Cause)>();
        var since = Stopwatch.StartNew();
        int asked = 0;
        while (since.Elapsed < time)
        {
            Case[] cases = [.. Enumerable.Range(seed + asked, AtOnce).Select(Mutants.Make)];
            asked += cases.Length;
            foreach ((Case c, Difference difference) in Differences(cases).Where(d => seen.Add((d.Difference.What, d.Difference.Cause))).ToArray())
            {
                byte[] small = since.Elapsed < time ? Smaller(c, difference) : c.Write();
                string file = Path.Combine(folder, $"{c.Name.Replace('/', '-')}-{difference.What.Replace('/', '-')}.onnx");
                File.WriteAllBytes(file, small);
                File.AppendAllText(Path.Combine(folder, "differences.txt"), $"{Path.GetFileName(file)}: {difference}\n");
                Console.WriteLine($"{difference}");
            }
        }

        Console.WriteLine($"fuzz: {asked} models from seed {seed} in {since.Elapsed.TotalSeconds:F0} s, {seen.Count} kinds of differences, in {folder}");
        return asked;
    }

    private IEnumerable<(Case Case, Difference Difference)> Differences(Case[] cases)
    {
        IReadOnlyList<Answer> ours = host.Ask(cases);
        IReadOnlyList<Answer> theirs = nvidia.Ask(cases);
        for (int i = 0; i < cases.Length; i++)
        {
            if (Difference.Between(cases[i].Name, theirs[i], ours[i]) is { } difference && table.Find(difference) is null)
            {
                yield return (cases[i], difference);
            }
        }
    }

    /// <summary>Drops nodes, attributes and values as long as the same difference remains.</summary>
    private byte[] Smaller(Case c, Difference difference)
    {
        byte[] best = c.Write();
        while (true)
        {
            Case[] candidates;
            try
            {
                candidates = [.. Reductions(ModelProto.Parser.ParseFrom(best)).Select(m => m.ToByteArray()).Select(b => new Case(c.Name, c.Opset, null, () => b))];
            }
            catch (InvalidProtocolBufferException)
            {
                return best;
            }

            (Case? smaller, _) = Differences(candidates).FirstOrDefault(d => d.Difference.What == difference.What && d.Difference.Cause == difference.Cause);
            if (smaller is null)
            {
                return best;
            }

            best = smaller.Write();
        }
    }

    private static IEnumerable<ModelProto> Reductions(ModelProto model)
    {
        IEnumerable<Action<GraphProto>> Drops(GraphProto graph) =>
        [
            .. Enumerable.Range(0, graph.Node.Count).Select(i => (Action<GraphProto>)(g => g.Node.RemoveAt(i))),
            .. Enumerable.Range(0, graph.Output.Count).Select(i => (Action<GraphProto>)(g => g.Output.RemoveAt(i))),
            .. Enumerable.Range(0, graph.Input.Count).Select(i => (Action<GraphProto>)(g => g.Input.RemoveAt(i))),
            .. Enumerable.Range(0, graph.Initializer.Count).Select(i => (Action<GraphProto>)(g => g.Initializer.RemoveAt(i))),
            .. graph.Node.SelectMany((n, i) => Enumerable.Range(0, n.Attribute.Count).Select(a => (Action<GraphProto>)(g => g.Node[i].Attribute.RemoveAt(a)))),
        ];

        foreach (Action<GraphProto> drop in model.Graph is null ? [] : Drops(model.Graph))
        {
            ModelProto smaller = model.Clone();
            drop(smaller.Graph);
            yield return smaller;
        }
    }
}
